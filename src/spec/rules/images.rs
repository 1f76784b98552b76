//! Rules for the images of containers.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::containers::native_containers;
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::kubernetes::names;
use crate::spec::types::{App, WaitForMetadata};

struct Image<'a> {
    repository: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

fn parts(image: &str) -> Image<'_> {
    let (rest, digest) =
        image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let (repository, tag) = match rest.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (rest, None),
    };
    Image { repository, tag, digest }
}

/// The image of a container, its pull policy, and the pointer of the container.
struct ContainerImage<'a> {
    pointer: Cow<'static, str>,
    image: &'a str,
    policy: Option<&'a str>,
}

impl ContainerImage<'_> {
    fn place(&self) -> Location {
        Location::value(format!("{}/image", self.pointer))
    }
}

/// The images of all containers, the app's own first.
fn images<'a>(app: &'a App) -> impl Iterator<Item = ContainerImage<'a>> {
    let policy = |container: &'a Map<String, Value>| container.get("imagePullPolicy")?.as_str();
    let own = app.container.iter().map(move |own| ContainerImage {
        pointer: "/container".into(),
        image: &own.image,
        policy: policy(&own.kubernetes),
    });
    let native = native_containers(app).filter_map(move |(pointer, container)| {
        let image = container.get("image")?.as_str()?;
        Some(ContainerImage { pointer: pointer.into(), image, policy: policy(container) })
    });
    own.chain(native)
}

/// Image references: the lengths that a pattern cannot count, and the pattern itself for images in
/// Kubernetes fields.
pub(super) fn references(app: &App, found: &mut Vec<Diagnostic>) {
    let mut check = |image: &str, place: &dyn Fn() -> Location| {
        if let Some(wrong) = wrong_with(image) {
            let message = format!("{} is not {}: {wrong}", quoted(image), names::IMAGE.noun);
            found.push(Diagnostic::new(Code::IMAGE, place(), message).help(names::IMAGE.words));
        }
    };
    for one in images(app) {
        check(one.image, &|| one.place());
    }
    if let Some(WaitForMetadata::Image(image)) = &app.wait_for_metadata {
        check(image, &|| Location::value("/waitForMetadata"));
    }
}

/// What is wrong with an image reference. Source: the grammar in the `reference` package of the
/// distribution project.
fn wrong_with(image: &str) -> Option<String> {
    let Image { repository, tag, digest } = parts(image);
    let (registry, path) = match repository.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("", repository),
    };
    let hex = digest.map(|digest| digest.rsplit_once(':').map_or("", |(_, hex)| hex));
    if repository.len() > 255 {
        Some(format!("its repository has {} characters; the maximum is 255", repository.len()))
    } else if let Some(tag) = tag.filter(|tag| tag.len() > 128) {
        Some(format!("its tag has {} characters; the maximum is 128", tag.len()))
    } else if let Some(hex) = hex.filter(|hex| hex.len() < 32) {
        Some(format!("its digest has {} digits; the minimum is 32", hex.len()))
    } else if let Some(part) =
        path.split('/').find(|part| part.contains([':', '@']) || !names::IMAGE.matches(part))
    {
        Some(format!("{} is not a valid part of a path", quoted(part)))
    } else if let Some(tag) = tag.filter(|tag| {
        !tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            || !tag.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    }) {
        Some(format!("{} is not a tag", quoted(tag)))
    } else if registry.ends_with("-docker.pkg.dev") {
        // The path of a domain-scoped project has one more part.
        let least =
            if path.split('/').next().is_some_and(|first| first.contains('.')) { 4 } else { 3 };
        (path.split('/').count() < least)
            .then(|| "in Artifact Registry it is `PROJECT/REPOSITORY/IMAGE`".to_owned())
    } else {
        None
    }
}

/// Google's projects with public images.
const PUBLIC: [&str; 6] = [
    "cloud-sql-connectors",
    "cloudrun",
    "distroless",
    "gke-release",
    "google-containers",
    "google-samples",
];

crate::diagnostics::declare_code! {
    IMAGE_PROJECT: Warning = "image-project",
    what: "The image is in the registry of a project other than the cluster's.",
    why: "Nodes pull images with their own service account, never with the identity of the pods. Without a role in that project the pods stay in ImagePullBackOff, and no grant in this spec helps.",
    example: "[container]\nimage = \"us-docker.pkg.dev/shared-images/books/api:1\"",
    instead: "[container]\nimage = \"us-docker.pkg.dev/shared-images/books/api:1\"\n[lint.allow]\nimage-project = \"the nodes may read the shared registry\"",
    source: "GKE, About Workload Identity Federation for GKE, limitations: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
}

/// Images in another project: nodes pull images with their own service account, not that of the pods.
pub(super) fn project(app: &App, found: &mut Vec<Diagnostic>) {
    let cluster = app.cluster.project.as_ref().unwrap_or(&app.project);
    let other = if app.cluster.project.is_some() { "/cluster/project" } else { "/project" };
    for image in images(app) {
        let Some(project) = project_of(image.image) else { continue };
        let is_public = PUBLIC.contains(&project.as_str()) || project.starts_with("google.com:");
        if *cluster == project.as_str() || is_public {
            continue;
        }
        let message = format!(
            "the image is in project {}, but the nodes are in {}",
            quoted(&project),
            quoted(cluster)
        );
        found.push(
            Diagnostic::new(Code::IMAGE_PROJECT, image.place(), message)
                .related(Location::value(other), "of the nodes")
                .help("grant `roles/artifactregistry.reader` there to the service account of the nodes: they pull it, not the pods"),
        );
    }
}

/// The project of an image in Artifact Registry or Container Registry.
fn project_of(image: &str) -> Option<String> {
    let (registry, path) = image.split_once('/')?;
    if !registry.ends_with("-docker.pkg.dev")
        && registry != "gcr.io"
        && !registry.ends_with(".gcr.io")
    {
        return None;
    }
    // The ID of a project in a domain stands in two parts of the path.
    let mut steps = path.split('/');
    match (steps.next(), steps.next()) {
        (Some(domain), Some(id)) if domain.contains('.') => Some(format!("{domain}:{id}")),
        (Some(id), _) => Some(id.to_owned()),
        _ => None,
    }
}

crate::diagnostics::declare_code! {
    STALE_IMAGE: Warning = "stale-image",
    what: "The image has no tag or the tag `latest`, and the pull policy is `IfNotPresent` or `Never`.",
    why: "A node that has pulled it once never pulls it again, so pods of one rollout run different code.",
    example: "[container]\nimage = \"us-docker.pkg.dev/my-project/books/api:latest\"\nimagePullPolicy = \"IfNotPresent\"",
    instead: "[container]\nimage = \"us-docker.pkg.dev/my-project/books/api:1.4.2\"\nimagePullPolicy = \"IfNotPresent\"",
    source: "Kubernetes, Images: https://kubernetes.io/docs/concepts/containers/images/",
}

/// The tag `latest` with a pull policy that keeps an old image.
pub(super) fn stale(app: &App, found: &mut Vec<Diagnostic>) {
    for image in images(app) {
        let Image { tag, digest, .. } = parts(image.image);
        let moves = digest.is_none() && matches!(tag, None | Some("latest"));
        if let Some(policy @ ("IfNotPresent" | "Never")) = image.policy
            && moves
        {
            let at = Location::value(format!("{}/imagePullPolicy", image.pointer));
            let message = format!(
                "with the pull policy {}, a node keeps the first `latest` image that it pulled",
                quoted(policy)
            );
            found.push(
                Diagnostic::new(Code::STALE_IMAGE, image.place(), message)
                    .related(at, "the policy")
                    .help("set a version, or remove `imagePullPolicy`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::wrong_with;

    #[test]
    fn references_are_those_of_the_distribution_project() {
        for right in [
            "nginx",
            "nginx:1.27",
            "localhost/a",
            "Registry.Example.com:5000/a/b_c:T_a-g.1",
            "a__b/c--d.e",
            "us-docker.pkg.dev/p/r/i@sha256:73aaf090f3d85aa34ee199857f03fa3a95c8ede2ffd4cc2cdb5b94e566b11662",
            "us-docker.pkg.dev/example.com/p/r/i",
            "gcr.io/p/i",
        ] {
            assert_eq!(wrong_with(right), None, "{right}");
        }
        for wrong in [
            "",
            "A",
            "a/B",
            "a//b",
            "a:",
            "a:-x",
            "a@sha256:12",
            "-a",
            "a___b",
            "us-docker.pkg.dev/p/i",
        ] {
            assert!(wrong_with(wrong).is_some(), "{wrong}");
        }
    }
}
