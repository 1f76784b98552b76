//! The resource types of the google provider: what binds a role on a resource, its arguments, and how its
//! bindings are imported. Source: the google provider 5.12 to 8.7.

use crate::google::resources::{ResourceRef, ResourceType};
use crate::model::identity::Binding;

/// What binds roles on a resource.
pub(crate) struct BindingType {
    /// The type of the resource block.
    pub(crate) name: String,
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
    let mut names = resource.segments.iter().map(|one| one.name.as_str());
    let path = resource.path();
    let import = match resource.resource_type {
        ResourceType::Dataset => None,
        ResourceType::Project => Some(project.to_owned()),
        ResourceType::Organization => Some(resource.name().to_owned()),
        ResourceType::Bucket => Some(format!("b/{}", resource.name())),
        ResourceType::KmsKey | ResourceType::SpannerInstance | ResourceType::SpannerDatabase => {
            Some(names.clone().fold(project.to_owned(), |id, name| id + "/" + name))
        }
        _ => Some(path.clone()),
    };
    let (name, arguments): (_, &[&'static str]) = match resource.resource_type {
        ResourceType::Project => ("project_iam_member", &["project"]),
        ResourceType::Folder => ("folder_iam_member", &["folder"]),
        ResourceType::Organization => ("organization_iam_member", &["org_id"]),
        ResourceType::Secret if !resource.parents().is_empty() => {
            let arguments = &["project", "location", "secret_id"];
            ("secret_manager_regional_secret_iam_member", arguments)
        }
        ResourceType::Secret => ("secret_manager_secret_iam_member", &["project", "secret_id"]),
        ResourceType::Bucket => ("storage_bucket_iam_member", &["bucket"]),
        ResourceType::Topic => ("pubsub_topic_iam_member", &["project", "topic"]),
        ResourceType::Subscription => {
            ("pubsub_subscription_iam_member", &["project", "subscription"])
        }
        ResourceType::Repository => {
            let arguments = &["project", "location", "repository"];
            ("artifact_registry_repository_iam_member", arguments)
        }
        ResourceType::KmsKey => ("kms_crypto_key_iam_member", &["crypto_key_id"]),
        ResourceType::RunService => {
            ("cloud_run_v2_service_iam_member", &["project", "location", "name"])
        }
        ResourceType::Dataset => ("bigquery_dataset_access", &["project", "dataset_id"]),
        ResourceType::Table => {
            ("bigquery_table_iam_member", &["project", "dataset_id", "table_id"])
        }
        ResourceType::SpannerInstance => ("spanner_instance_iam_member", &["project", "instance"]),
        ResourceType::SpannerDatabase => {
            ("spanner_database_iam_member", &["project", "instance", "database"])
        }
        ResourceType::BigtableInstance => {
            ("bigtable_instance_iam_member", &["project", "instance"])
        }
        ResourceType::BigtableTable => {
            ("bigtable_table_iam_member", &["project", "instance_name", "table"])
        }
        ResourceType::ServiceAccount => ("service_account_iam_member", &["service_account_id"]),
    };
    let value = |argument: &&'static str| match *argument {
        "project" => (*argument, project.to_owned()),
        "folder" | "crypto_key_id" | "service_account_id" => (*argument, path.clone()),
        _ => (*argument, names.next().unwrap_or_default().to_owned()),
    };
    let arguments = arguments.iter().map(value).collect();
    BindingType { name: format!("google_{name}"), arguments, import }
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
