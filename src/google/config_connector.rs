//! How Config Connector refers to the resources that roles are granted on. Source: GoogleCloudPlatform,
//! k8s-config-connector 1.155, `config/servicemappings`.

use super::resources::{ResourceRef, ResourceType};

/// The API group of service accounts and bindings.
pub(crate) const IAM_GROUP: &str = "iam.cnrm.cloud.google.com";

/// The annotation for the project of an object. Without it, the project is that of the namespace, or has its name.
pub(crate) const PROJECT_ANNOTATION: &str = "cnrm.cloud.google.com/project-id";

/// The annotation that keeps what an object made when the object is deleted.
pub(crate) const DELETION_POLICY: &str = "cnrm.cloud.google.com/deletion-policy";

/// A kind of object whose IAM policy Config Connector can change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResourceKind {
    /// The first part of its API group.
    service: &'static str,
    pub(crate) kind: &'static str,
}

/// A regional secret is a secret in a location, which has no kind. A BigQueryDataset has an access list, and no policy.
const KINDS: [(ResourceType, ResourceKind); 16] = [
    (ResourceType::Project, kind("resourcemanager", "Project")),
    (ResourceType::Folder, kind("resourcemanager", "Folder")),
    (ResourceType::Organization, kind("resourcemanager", "Organization")),
    (ResourceType::ServiceAccount, kind("iam", "IAMServiceAccount")),
    (ResourceType::Secret, kind("secretmanager", "SecretManagerSecret")),
    (ResourceType::Bucket, kind("storage", "StorageBucket")),
    (ResourceType::Topic, kind("pubsub", "PubSubTopic")),
    (ResourceType::Subscription, kind("pubsub", "PubSubSubscription")),
    (ResourceType::Repository, kind("artifactregistry", "ArtifactRegistryRepository")),
    (ResourceType::KmsKey, kind("kms", "KMSCryptoKey")),
    (ResourceType::RunService, kind("run", "RunService")),
    (ResourceType::Table, kind("bigquery", "BigQueryTable")),
    (ResourceType::SpannerInstance, kind("spanner", "SpannerInstance")),
    (ResourceType::SpannerDatabase, kind("spanner", "SpannerDatabase")),
    (ResourceType::BigtableInstance, kind("bigtable", "BigtableInstance")),
    (ResourceType::BigtableTable, kind("bigtable", "BigtableTable")),
];

const fn kind(service: &'static str, kind: &'static str) -> ResourceKind {
    ResourceKind { service, kind }
}

impl ResourceKind {
    /// The kind of a resource; `None` if Config Connector cannot change its policy.
    pub(crate) fn new(resource: &ResourceRef) -> Option<Self> {
        let resource_type = resource.resource_type;
        let is_regional = resource_type == ResourceType::Secret && !resource.parents().is_empty();
        let known = KINDS.iter().find(|(known, _)| *known == resource_type && !is_regional)?;
        Some(known.1)
    }

    /// The type of resource that a kind is for.
    pub(crate) fn resource_type(kind: &str) -> Option<ResourceType> {
        KINDS.iter().find(|(_, known)| known.kind == kind).map(|(resource_type, _)| *resource_type)
    }

    pub(crate) fn api_version(self) -> String {
        format!("{}.cnrm.cloud.google.com/v1beta1", self.service)
    }
}

/// The `external` name of a resource: what the Terraform provider in Config Connector imports it by.
pub(crate) fn external(resource: &ResourceRef) -> String {
    match resource.resource_type {
        ResourceType::Bucket | ResourceType::Organization => resource.name().to_owned(),
        _ => resource.path(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_names() {
        for (resource_type, name, expected) in [
            (ResourceType::Project, "example.com:data", "projects/example.com:data"),
            (ResourceType::Folder, "folders/12", "folders/12"),
            (ResourceType::Organization, "12", "12"),
            (ResourceType::Bucket, "data", "data"),
            (ResourceType::Secret, "db", "projects/p/secrets/db"),
            (ResourceType::Topic, "projects/q/topics/t-1", "projects/q/topics/t-1"),
            (ResourceType::KmsKey, "eu/r/k", "projects/p/locations/eu/keyRings/r/cryptoKeys/k"),
            (ResourceType::RunService, "eu/books", "projects/p/locations/eu/services/books"),
            (ResourceType::Table, "d/t", "projects/p/datasets/d/tables/t"),
            (
                ResourceType::ServiceAccount,
                "a-books@q.iam.gserviceaccount.com",
                "projects/q/serviceAccounts/a-books@q.iam.gserviceaccount.com",
            ),
        ] {
            let resource = resource_type.parse(name, "p").unwrap();
            assert_eq!(external(&resource), expected);
        }
    }
}
