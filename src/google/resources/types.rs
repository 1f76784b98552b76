//! The types of resources that a grant may name. To add one: a variant, a row of the table, a key
//! of `spec::types::Grant`, and what each backend makes of it.

use super::format::{NameFormat, NameRule, PathPart, RESERVED};

/// A type of resource with an IAM policy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceType {
    /// A project.
    Project,
    /// A folder of an organization.
    Folder,
    /// An organization.
    Organization,
    /// A secret of Secret Manager, global or regional.
    Secret,
    /// A Cloud Storage bucket.
    Bucket,
    /// A Pub/Sub topic.
    Topic,
    /// A Pub/Sub subscription.
    Subscription,
    /// An Artifact Registry repository.
    Repository,
    /// A Cloud KMS key.
    KmsKey,
    /// A Cloud Run service.
    RunService,
    /// A BigQuery dataset.
    Dataset,
    /// A BigQuery table.
    Table,
    /// A Spanner instance.
    SpannerInstance,
    /// A Spanner database.
    SpannerDatabase,
    /// A Bigtable instance.
    BigtableInstance,
    /// A Bigtable table.
    BigtableTable,
    /// A Google Cloud service account.
    ServiceAccount,
}

/// Which bindings the gcloud script can make on a resource. Source: the commands and flags of gcloud 528 and bq 2.1.18, and
/// the version of the policy that each command requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingSupport {
    /// With conditions and without.
    Conditional,
    /// Without conditions only: the policy is read in version 1, which hides conditions.
    PolicyVersion1,
    /// Without conditions only: the command takes none.
    Unconditional,
}

/// A row of the table.
pub(super) struct Definition {
    resource_type: ResourceType,
    key: &'static str,
    noun: &'static str,
    pub(super) format: NameFormat,
    bindings: BindingSupport,
    terraform_conditions: bool,
    config_connector_conditions: bool,
}

impl ResourceType {
    /// Every type, in the order of the keys of a grant.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|definition| definition.resource_type)
    }

    /// The key of a grant that names such a resource.
    pub fn key(self) -> &'static str {
        self.definition().key
    }

    /// What a sentence calls it.
    pub fn noun(self) -> &'static str {
        self.definition().noun
    }

    /// Which bindings the gcloud script can make on it.
    pub fn bindings(self) -> BindingSupport {
        self.definition().bindings
    }

    /// Whether the Terraform provider keeps conditions on it: it reads and writes the policy in version 3.
    /// Source: magic-modules, `iam_policy` of each resource.
    pub fn has_conditions_in_terraform(self) -> bool {
        self.definition().terraform_conditions
    }

    /// Whether Config Connector accepts conditions on it. Source: k8s-config-connector,
    /// `supportsConditions` in `config/servicemappings`.
    pub fn has_conditions_in_config_connector(self) -> bool {
        self.definition().config_connector_conditions
    }

    /// Whether it contains projects, so that a role on it is inherited by all of them.
    pub fn contains_projects(self) -> bool {
        matches!(self, Self::Folder | Self::Organization)
    }

    /// Whether its name says by itself which resource it is: no project is needed to tell.
    pub fn is_globally_named(self) -> bool {
        matches!(self, Self::Folder | Self::Organization | Self::Bucket)
    }

    pub(super) fn definition(self) -> &'static Definition {
        &TABLE[self as usize]
    }
}

const fn part(collection: &'static str, noun: &'static str, name: NameRule) -> PathPart {
    PathPart { collection, noun, name }
}

/// A location: region, zone or multi-region. Source: Google Cloud, "Regions and zones".
const LOCATION: NameRule = NameRule::lower("-", 2, 63);
/// Source: googleapis, `google/cloud/secretmanager/v1/service.proto`.
const SECRET: NameRule = NameRule::any_case("-_", 1, 255);
/// Source: googleapis, `google/pubsub/v1/pubsub.proto`.
const TOPIC: NameRule = NameRule {
    letter_first: true,
    reserved: Some(RESERVED),
    ..NameRule::any_case("-_.~+%", 3, 255)
};
/// Source: googleapis, `google/cloud/kms/v1/service.proto`.
const KEY: NameRule = NameRule::any_case("-_", 1, 63);
/// Source: googleapis, `google/cloud/bigquery/v2/dataset_reference.proto`.
const DATASET: NameRule = NameRule::any_case("_", 1, 1024);
/// Source: googleapis, `google/bigtable/admin/v2/bigtable_table_admin.proto`.
const BIGTABLE_TABLE: NameRule = NameRule::any_case("-_.", 1, 50);
const BIGTABLE_INSTANCE: NameRule = NameRule::lower("-", 6, 33);
const SPANNER_INSTANCE: NameRule = NameRule::lower("-", 2, 64);

/// Every type, in the order of the enum. Source of the paths: the `google.api.resource` annotation of
/// each in googleapis.
static TABLE: [Definition; 17] = [
    Definition {
        resource_type: ResourceType::Project,
        key: "project",
        noun: "project",
        format: NameFormat::ProjectId,
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::Folder,
        key: "folder",
        noun: "folder",
        format: NameFormat::Number("folders"),
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::Organization,
        key: "organization",
        noun: "organization",
        format: NameFormat::Number("organizations"),
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::Secret,
        key: "secret",
        noun: "secret",
        format: NameFormat::Path(&[
            &[part("secrets", "secret", SECRET)],
            &[part("locations", "location", LOCATION), part("secrets", "secret", SECRET)],
        ]),
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: false,
    },
    Definition {
        resource_type: ResourceType::Bucket,
        key: "bucket",
        noun: "bucket",
        format: NameFormat::Bucket,
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::Topic,
        key: "topic",
        noun: "topic",
        format: NameFormat::Path(&[&[part("topics", "topic", TOPIC)]]),
        bindings: BindingSupport::Unconditional,
        terraform_conditions: false,
        config_connector_conditions: false,
    },
    Definition {
        resource_type: ResourceType::Subscription,
        key: "subscription",
        noun: "subscription",
        format: NameFormat::Path(&[&[part("subscriptions", "subscription", TOPIC)]]),
        bindings: BindingSupport::Unconditional,
        terraform_conditions: false,
        config_connector_conditions: false,
    },
    Definition {
        resource_type: ResourceType::Repository,
        key: "repository",
        noun: "repository",
        format: NameFormat::Path(&[&[
            part("locations", "location", LOCATION),
            part("repositories", "repository", NameRule::lower("-", 1, 63)),
        ]]),
        bindings: BindingSupport::PolicyVersion1,
        terraform_conditions: false,
        config_connector_conditions: false,
    },
    Definition {
        resource_type: ResourceType::KmsKey,
        key: "kmsKey",
        noun: "key",
        format: NameFormat::Path(&[&[
            part("locations", "location", LOCATION),
            part("keyRings", "keyring", KEY),
            part("cryptoKeys", "key", KEY),
        ]]),
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::RunService,
        key: "runService",
        noun: "Cloud Run service",
        format: NameFormat::Path(&[&[
            part("locations", "region", LOCATION),
            part("services", "service", NameRule::lower("-", 1, 63)),
        ]]),
        bindings: BindingSupport::Conditional,
        terraform_conditions: false,
        config_connector_conditions: false,
    },
    Definition {
        resource_type: ResourceType::Dataset,
        key: "dataset",
        noun: "dataset",
        format: NameFormat::Path(&[&[part("datasets", "dataset", DATASET)]]),
        bindings: BindingSupport::Unconditional,
        terraform_conditions: false,
        config_connector_conditions: false,
    },
    Definition {
        resource_type: ResourceType::Table,
        key: "table",
        noun: "table",
        format: NameFormat::Path(&[&[
            part("datasets", "dataset", DATASET),
            part("tables", "table", NameRule::any_case("_- ", 1, 1024)),
        ]]),
        bindings: BindingSupport::Unconditional,
        terraform_conditions: false,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::SpannerInstance,
        key: "spannerInstance",
        noun: "Spanner instance",
        format: NameFormat::Path(&[&[part("instances", "instance", SPANNER_INSTANCE)]]),
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: false,
    },
    Definition {
        resource_type: ResourceType::SpannerDatabase,
        key: "spannerDatabase",
        noun: "Spanner database",
        format: NameFormat::Path(&[&[
            part("instances", "instance", SPANNER_INSTANCE),
            part("databases", "database", NameRule::lower("_-", 2, 30)),
        ]]),
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::BigtableInstance,
        key: "bigtableInstance",
        noun: "Bigtable instance",
        format: NameFormat::Path(&[&[part("instances", "instance", BIGTABLE_INSTANCE)]]),
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::BigtableTable,
        key: "bigtableTable",
        noun: "Bigtable table",
        format: NameFormat::Path(&[&[
            part("instances", "instance", BIGTABLE_INSTANCE),
            part("tables", "table", BIGTABLE_TABLE),
        ]]),
        bindings: BindingSupport::Conditional,
        terraform_conditions: false,
        config_connector_conditions: true,
    },
    Definition {
        resource_type: ResourceType::ServiceAccount,
        key: "serviceAccount",
        noun: "service account",
        format: NameFormat::AccountEmail,
        bindings: BindingSupport::Conditional,
        terraform_conditions: true,
        config_connector_conditions: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for definition in &TABLE {
            assert_eq!(definition.resource_type.key(), definition.key);
        }
    }
}
