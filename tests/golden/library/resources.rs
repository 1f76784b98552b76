//! The names of resources.

use wigen::google::resources::{InvalidName, ResourceRef, ResourceType};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        names_alone_are_in_the_project_and_a_path_says_where,
        buckets_and_accounts_are_the_same_by_their_names,
        an_invalid_name_is_explained,
    ]
}

fn parse(resource_type: ResourceType, text: &str) -> Result<ResourceRef, InvalidName> {
    resource_type.parse(text, "my-project")
}

fn names_alone_are_in_the_project_and_a_path_says_where() {
    let short = parse(ResourceType::KmsKey, "europe/ring/key").unwrap();
    assert_eq!((short.name(), short.project.as_deref()), ("key", Some("my-project")));
    let parents: Vec<(&str, &str)> =
        short.parents().iter().map(|parent| (parent.collection, parent.name.as_str())).collect();
    assert_eq!(parents, [("locations", "europe"), ("keyRings", "ring")]);
    let path = "projects/p-2/locations/europe/keyRings/ring/cryptoKeys/key";
    let long = parse(ResourceType::KmsKey, path).unwrap();
    assert_eq!(long, ResourceRef { project: Some("p-2".to_owned()), ..short });
    let regional = parse(ResourceType::Secret, "us-central1/db").unwrap();
    let [location] = regional.parents() else { panic!("{regional:?}") };
    assert_eq!((location.collection, location.name.as_str()), ("locations", "us-central1"));
    let folder = parse(ResourceType::Folder, "folders/12").unwrap();
    assert_eq!(folder, parse(ResourceType::Folder, "12").unwrap());
    assert_eq!((folder.name(), &folder.project), ("12", &None));
    let project = parse(ResourceType::Project, "p-2").unwrap();
    assert_eq!((project.name(), project.parents()), ("p-2", [].as_slice()));
}

fn buckets_and_accounts_are_the_same_by_their_names() {
    let bucket = parse(ResourceType::Bucket, "books-data").unwrap();
    let topic = parse(ResourceType::Topic, "books").unwrap();
    let elsewhere = |resource: &ResourceRef| ResourceRef {
        project: Some("p-2".to_owned()),
        ..resource.clone()
    };
    assert!(bucket.is_same(&elsewhere(&bucket)));
    assert!(topic.is_same(&topic) && !topic.is_same(&elsewhere(&topic)));
}

fn an_invalid_name_is_explained() {
    use ResourceType::{Bucket, Folder, Repository, Secret, ServiceAccount, Topic};
    for (resource_type, text, message) in [
        (Secret, "a/b/c", "does not name a secret"),
        (Secret, "secrets/db", "does not name a secret"),
        (Secret, "projects/p/topics/t", "is not the path of a secret"),
        (Secret, "", "has nothing in the place of a name"),
        (Topic, "t", "has `t` in the place of a name"),
        (Repository, "books", "does not name a repository"),
        (Bucket, "gs://books", "is not the name of a bucket"),
        (Bucket, "goog-books", "is not the name of a bucket"),
        (Bucket, "192.168.1.1", "is not the name of a bucket"),
        (Topic, "google-books", "has `google-books` in the place of a name"),
        (Folder, "books", "is not a number"),
        (ServiceAccount, "a@example.com", "is not the email of a service account"),
    ] {
        let invalid = parse(resource_type, text).unwrap_err();
        assert_eq!(invalid.message, message, "{resource_type:?} {text}");
    }
    assert_eq!(
        parse(Repository, "books").unwrap_err().help,
        "write `LOCATION/REPOSITORY` or `projects/PROJECT/locations/LOCATION/repositories/REPOSITORY`"
    );
}
