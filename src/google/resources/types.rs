//! The types of resources that a grant may name. To add one: a variant, a row of the table, a key
//! of `spec::types::Grant`, and what each backend makes of it.

use super::format::{NameFormat, NameRule, PathPart, RESERVED};
use NameFormat::{AccountEmail, Bucket, Number, Path, ProjectId};

/// A type of resource with an IAM policy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Every type in the order of the enum: its key in a grant, what a sentence calls it, and how it is named. Source
/// of the paths: the `google.api.resource` annotation of each in googleapis.
#[rustfmt::skip]
static TABLE: [(ResourceType, &str, &str, NameFormat); 17] = [
    (ResourceType::Project, "project", "project", ProjectId),
    (ResourceType::Folder, "folder", "folder", Number("folders")),
    (ResourceType::Organization, "organization", "organization", Number("organizations")),
    (ResourceType::Secret, "secret", "secret", Path(&[
        &[part("secrets", "secret", SECRET)],
        &[part("locations", "location", LOCATION), part("secrets", "secret", SECRET)],
    ])),
    (ResourceType::Bucket, "bucket", "bucket", Bucket),
    (ResourceType::Topic, "topic", "topic", Path(&[&[part("topics", "topic", TOPIC)]])),
    (ResourceType::Subscription, "subscription", "subscription", Path(&[&[
        part("subscriptions", "subscription", TOPIC),
    ]])),
    (ResourceType::Repository, "repository", "repository", Path(&[&[
        part("locations", "location", LOCATION),
        part("repositories", "repository", NameRule::lower("-", 1, 63)),
    ]])),
    (ResourceType::KmsKey, "kmsKey", "key", Path(&[&[
        part("locations", "location", LOCATION),
        part("keyRings", "keyring", KEY),
        part("cryptoKeys", "key", KEY),
    ]])),
    (ResourceType::RunService, "runService", "Cloud Run service", Path(&[&[
        part("locations", "region", LOCATION),
        part("services", "service", NameRule::lower("-", 1, 63)),
    ]])),
    (ResourceType::Dataset, "dataset", "dataset", Path(&[&[part("datasets", "dataset", DATASET)]])),
    (ResourceType::Table, "table", "table", Path(&[&[
        part("datasets", "dataset", DATASET),
        part("tables", "table", NameRule::any_case("_- ", 1, 1024)),
    ]])),
    (ResourceType::SpannerInstance, "spannerInstance", "Spanner instance", Path(&[&[
        part("instances", "instance", SPANNER_INSTANCE),
    ]])),
    (ResourceType::SpannerDatabase, "spannerDatabase", "Spanner database", Path(&[&[
        part("instances", "instance", SPANNER_INSTANCE),
        part("databases", "database", NameRule::lower("_-", 2, 30)),
    ]])),
    (ResourceType::BigtableInstance, "bigtableInstance", "Bigtable instance", Path(&[&[
        part("instances", "instance", BIGTABLE_INSTANCE),
    ]])),
    (ResourceType::BigtableTable, "bigtableTable", "Bigtable table", Path(&[&[
        part("instances", "instance", BIGTABLE_INSTANCE),
        part("tables", "table", BIGTABLE_TABLE),
    ]])),
    (ResourceType::ServiceAccount, "serviceAccount", "service account", AccountEmail),
];

impl ResourceType {
    /// Every type, in the order of the keys of a grant.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// The key of a grant that names such a resource.
    pub fn key(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// What a sentence calls it.
    pub fn noun(self) -> &'static str {
        TABLE[self as usize].2
    }

    pub(super) fn format(self) -> NameFormat {
        TABLE[self as usize].3
    }

    /// Which bindings the gcloud script can make on it.
    pub fn bindings(self) -> BindingSupport {
        match self {
            Self::Repository => BindingSupport::PolicyVersion1,
            Self::Topic | Self::Subscription | Self::Dataset | Self::Table => {
                BindingSupport::Unconditional
            }
            _ => BindingSupport::Conditional,
        }
    }

    /// Whether the Terraform provider keeps conditions on it: it reads and writes the policy in version 3.
    /// Source: magic-modules, `iam_policy` of each resource.
    pub fn has_conditions_in_terraform(self) -> bool {
        !matches!(
            self,
            Self::Topic
                | Self::Subscription
                | Self::Repository
                | Self::RunService
                | Self::Dataset
                | Self::Table
                | Self::BigtableTable
        )
    }

    /// Whether Config Connector accepts conditions on it. Source: k8s-config-connector,
    /// `supportsConditions` in `config/servicemappings`.
    pub fn has_conditions_in_config_connector(self) -> bool {
        !matches!(
            self,
            Self::Secret
                | Self::Topic
                | Self::Subscription
                | Self::Repository
                | Self::RunService
                | Self::Dataset
                | Self::SpannerInstance
        )
    }

    /// Whether it contains projects, so that a role on it is inherited by all of them.
    pub fn contains_projects(self) -> bool {
        matches!(self, Self::Folder | Self::Organization)
    }

    /// Whether its name says by itself which resource it is: no project is needed to tell.
    pub fn is_globally_named(self) -> bool {
        matches!(self, Self::Folder | Self::Organization | Self::Bucket)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        assert!((0..).zip(super::ResourceType::all()).all(|(index, one)| one as usize == index));
    }
}
