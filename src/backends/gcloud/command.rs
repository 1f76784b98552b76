//! Parts of gcloud commands that change IAM policies: the command group of a resource type, the argument
//! and the flags that name a resource, and the value of `--condition`. Source: gcloud 528.

use crate::google::resources::{BindingSupport, ResourceRef, ResourceType, Segment};
use crate::spec::names::ConditionText;
use crate::spec::types::Condition;

/// The command group that has `add-iam-policy-binding`; empty for BigQuery, which has bq.
pub(crate) fn group(resource_type: ResourceType) -> &'static [&'static str] {
    match resource_type {
        ResourceType::Project => &["projects"],
        ResourceType::Folder => &["resource-manager", "folders"],
        ResourceType::Organization => &["organizations"],
        ResourceType::Secret => &["secrets"],
        ResourceType::Bucket => &["storage", "buckets"],
        ResourceType::Topic => &["pubsub", "topics"],
        ResourceType::Subscription => &["pubsub", "subscriptions"],
        ResourceType::Repository => &["artifacts", "repositories"],
        ResourceType::KmsKey => &["kms", "keys"],
        ResourceType::RunService => &["run", "services"],
        ResourceType::Dataset | ResourceType::Table => &[],
        ResourceType::SpannerInstance => &["spanner", "instances"],
        ResourceType::SpannerDatabase => &["spanner", "databases"],
        ResourceType::BigtableInstance => &["bigtable", "instances"],
        ResourceType::BigtableTable => &["bigtable", "tables"],
        ResourceType::ServiceAccount => &["iam", "service-accounts"],
    }
}

/// Whether the commands of the group have `--condition`.
pub(crate) fn has_condition_flag(resource_type: ResourceType) -> bool {
    match resource_type.bindings() {
        BindingSupport::Conditional | BindingSupport::PolicyVersion1 => true,
        BindingSupport::Unconditional => false,
    }
}

/// The argument that names a resource.
pub(crate) fn argument(resource: &ResourceRef) -> String {
    match resource.resource_type {
        ResourceType::Bucket => format!("gs://{}", resource.name()),
        ResourceType::Dataset | ResourceType::Table => {
            let names: Vec<&str> = resource.segments.iter().map(|one| one.name.as_str()).collect();
            format!("{}:{}", resource.project.as_deref().unwrap_or_default(), names.join("."))
        }
        _ => resource.name().to_owned(),
    }
}

/// The flags that say what a resource is in, below its project.
pub(crate) fn flags(resource: &ResourceRef) -> impl Iterator<Item = (&'static str, &str)> {
    let flag = |parent: &Segment| match (resource.resource_type, parent.collection) {
        (ResourceType::RunService, "locations") => Some("--region"),
        (_, "locations") => Some("--location"),
        (_, "keyRings") => Some("--keyring"),
        (_, "instances") => Some("--instance"),
        _ => None,
    };
    resource.parents().iter().filter_map(move |parent| Some((flag(parent)?, parent.name.as_str())))
}

/// The value of `--condition`: a dictionary with a delimiter that no value contains. Source:
/// `gcloud topic escaping`.
pub(crate) fn condition(condition: &Condition) -> String {
    let values = [
        ("title", Some(&condition.title)),
        ("expression", Some(&condition.expression)),
        ("description", condition.description.as_ref()),
    ];
    let values: Vec<(&str, &ConditionText)> =
        values.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let is_free = |c: &char| values.iter().all(|(_, value)| !value.contains(*c));
    // No value contains a control character.
    let delimiter = ":;|~#@!%+*".chars().find(is_free).unwrap_or('\u{1f}');
    let pairs: Vec<String> = values.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("^{delimiter}^{}", pairs.join(&delimiter.to_string()))
}
