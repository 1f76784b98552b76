//! The resource types of the google provider: what binds a role on a resource, its arguments, and how its
//! bindings are imported. Source: the google provider 5.12 to 8.7.

use crate::google::resources::{ResourceRef, ResourceType};
use crate::model::identity::Binding;

/// What binds roles on a resource.
pub(crate) struct BindingType {
    /// The type of the resource block.
    pub(crate) name: &'static str,
    /// The arguments that name the resource.
    pub(crate) arguments: Vec<(&'static str, String)>,
    /// The first part of an ID to import; `None` if the provider imports none.
    pub(crate) import: Option<String>,
}

/// The oldest version of the provider that keeps a binding on a resource. Source: its changelog.
pub(crate) fn oldest_version(binding: &Binding) -> (u32, u32) {
    let is_regional = !binding.resource.parents().is_empty();
    match binding.resource.resource_type {
        // The argument `instance_name`.
        ResourceType::BigtableTable => (6, 50),
        ResourceType::Secret if is_regional => (6, 4),
        // Older ones read the policies of secrets without conditions.
        ResourceType::Secret if binding.condition.is_some() => (5, 33),
        _ => OLDEST_VERSION,
    }
}

/// The oldest version that is supported. It has all other resource types.
pub(crate) const OLDEST_VERSION: (u32, u32) = (5, 12);

/// What binds roles on a resource. Never `*_iam_binding` or `*_iam_policy`, which remove the members of
/// others, nor `google_bigquery_dataset_iam_member`, which removes authorized views.
pub(crate) fn binding_type(resource: &ResourceRef) -> BindingType {
    let project = resource.project.as_deref().unwrap_or_default();
    let names: Vec<&str> = resource.segments.iter().map(|one| one.name.as_str()).collect();
    let path = || {
        let segments = resource.segments.iter();
        let segments = segments.map(|one| format!("/{}/{}", one.collection, one.name));
        format!("projects/{project}{}", segments.collect::<String>())
    };
    let slashes = || format!("{project}/{}", names.join("/"));
    let (name, in_project, arguments, import): (_, _, &[&'static str], _) = match resource
        .resource_type
    {
        ResourceType::Project => ("google_project_iam_member", true, &[], project.to_owned()),
        ResourceType::Folder => {
            let folder = format!("folders/{}", resource.name());
            return BindingType {
                name: "google_folder_iam_member",
                arguments: vec![("folder", folder.clone())],
                import: Some(folder),
            };
        }
        ResourceType::Organization => {
            let id = resource.name().to_owned();
            ("google_organization_iam_member", false, &["org_id"], id)
        }
        ResourceType::Secret if names.len() > 1 => (
            "google_secret_manager_regional_secret_iam_member",
            true,
            &["location", "secret_id"],
            path(),
        ),
        ResourceType::Secret => {
            ("google_secret_manager_secret_iam_member", true, &["secret_id"], path())
        }
        ResourceType::Bucket => {
            let id = format!("b/{}", resource.name());
            ("google_storage_bucket_iam_member", false, &["bucket"], id)
        }
        ResourceType::Topic => ("google_pubsub_topic_iam_member", true, &["topic"], path()),
        ResourceType::Subscription => {
            ("google_pubsub_subscription_iam_member", true, &["subscription"], path())
        }
        ResourceType::Repository => (
            "google_artifact_registry_repository_iam_member",
            true,
            &["location", "repository"],
            path(),
        ),
        ResourceType::KmsKey => {
            return BindingType {
                name: "google_kms_crypto_key_iam_member",
                arguments: vec![("crypto_key_id", path())],
                import: Some(slashes()),
            };
        }
        ResourceType::RunService => {
            ("google_cloud_run_v2_service_iam_member", true, &["location", "name"], path())
        }
        ResourceType::Dataset => {
            let arguments =
                vec![("project", project.to_owned()), ("dataset_id", resource.name().to_owned())];
            return BindingType { name: "google_bigquery_dataset_access", arguments, import: None };
        }
        ResourceType::Table => {
            ("google_bigquery_table_iam_member", true, &["dataset_id", "table_id"], path())
        }
        ResourceType::SpannerInstance => {
            ("google_spanner_instance_iam_member", true, &["instance"], slashes())
        }
        ResourceType::SpannerDatabase => {
            ("google_spanner_database_iam_member", true, &["instance", "database"], slashes())
        }
        ResourceType::BigtableInstance => {
            ("google_bigtable_instance_iam_member", true, &["instance"], path())
        }
        ResourceType::BigtableTable => {
            ("google_bigtable_table_iam_member", true, &["instance_name", "table"], path())
        }
        ResourceType::ServiceAccount => {
            return BindingType {
                name: "google_service_account_iam_member",
                arguments: vec![("service_account_id", path())],
                import: Some(path()),
            };
        }
    };
    let project = in_project.then(|| ("project", project.to_owned()));
    let names =
        arguments.iter().zip(&names).map(|(argument, name)| (*argument, (*name).to_owned()));
    let arguments = project.into_iter().chain(names).collect();
    BindingType { name, arguments, import: Some(import) }
}

/// The name of a role in the access list of a dataset, which has older names for some. Terraform would
/// change the others for ever.
pub(crate) fn dataset_role(role: &str) -> &str {
    match role {
        "roles/bigquery.dataOwner" => "OWNER",
        "roles/bigquery.dataEditor" => "WRITER",
        "roles/bigquery.dataViewer" => "READER",
        role => role,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::members::Member;
    use crate::spec::types::Condition;

    #[test]
    fn versions() {
        let condition = || Condition {
            title: "t".to_owned().try_into().unwrap(),
            expression: "true".to_owned().try_into().unwrap(),
            description: None,
        };
        for (resource_type, name, has_condition, expected) in [
            (ResourceType::Secret, "db", false, (5, 12)),
            (ResourceType::Secret, "db", true, (5, 33)),
            (ResourceType::Secret, "us-central1/db", true, (6, 4)),
            (ResourceType::Bucket, "data", true, (5, 12)),
            (ResourceType::BigtableTable, "cache-1/loans", false, (6, 50)),
        ] {
            let resource = resource_type.parse(name, "my-project").unwrap();
            let (member, roles) = (Member::ServiceAccount(String::new()), Vec::new());
            let condition = has_condition.then(condition);
            let binding = Binding { roles, member, resource, condition };
            assert_eq!(oldest_version(&binding), expected, "{name}");
        }
    }
}
