//! Grants of roles, and their conditions.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::google::resources::ResourceType;
use crate::spec::fields;
use crate::spec::names::{ConditionText, ProjectId, Role};

/// Roles that the identity is granted on the project, or on the one resource named here: by its
/// name in the project, or by its path from `projects/` on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"roles": ["roles/secretmanager.secretAccessor"]}))]
pub struct Grant {
    /// IAM roles, predefined or custom.
    #[serde(deserialize_with = "fields::not_empty")]
    #[schemars(length(min = 1), example = json!(["roles/secretmanager.secretAccessor"]))]
    pub roles: Vec<Role>,

    /// ID of the project that the roles, or the resource, are in. Default: the app's `project`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"my-data")]
    pub project: Option<ProjectId>,

    /// Folder, by its number.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"123456789012")]
    pub folder: Option<String>,

    /// Organization, by its number.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"123456789012")]
    pub organization: Option<String>,

    /// Secret: `SECRET`, or `LOCATION/SECRET` for a regional one.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books-db-password")]
    pub secret: Option<String>,

    /// Cloud Storage bucket: `BUCKET`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books-data")]
    pub bucket: Option<String>,

    /// Pub/Sub topic: `TOPIC`. Takes no condition.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books-events")]
    pub topic: Option<String>,

    /// Pub/Sub subscription: `SUBSCRIPTION`. Takes no condition.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books-worker")]
    pub subscription: Option<String>,

    /// Artifact Registry repository: `LOCATION/REPOSITORY`. Takes no condition.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"us-central1/books")]
    pub repository: Option<String>,

    /// Cloud KMS key: `LOCATION/KEYRING/KEY`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"us-central1/books/tokens")]
    pub kms_key: Option<String>,

    /// Cloud Run service: `REGION/SERVICE`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"us-central1/books")]
    pub run_service: Option<String>,

    /// BigQuery dataset: `DATASET`. Takes no condition.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books")]
    pub dataset: Option<String>,

    /// BigQuery table or view: `DATASET/TABLE`. Takes no condition.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books/loans")]
    pub table: Option<String>,

    /// Spanner instance: `INSTANCE`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books")]
    pub spanner_instance: Option<String>,

    /// Spanner database: `INSTANCE/DATABASE`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books/catalog")]
    pub spanner_database: Option<String>,

    /// Bigtable instance: `INSTANCE`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books-cache")]
    pub bigtable_instance: Option<String>,

    /// Bigtable table: `INSTANCE/TABLE`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books-cache/loans")]
    pub bigtable_table: Option<String>,

    /// Another service account, by its email.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"signer@my-project.iam.gserviceaccount.com")]
    pub service_account: Option<String>,

    /// IAM condition: the grant holds only where its expression is true.
    #[serde(default, deserialize_with = "fields::given")]
    pub condition: Option<Condition>,
}

impl Grant {
    /// What the grant is on: the type and name of each resource that has a key. The rules allow one.
    pub fn resources(&self) -> impl Iterator<Item = (ResourceType, &str)> {
        [
            (ResourceType::Folder, &self.folder),
            (ResourceType::Organization, &self.organization),
            (ResourceType::Secret, &self.secret),
            (ResourceType::Bucket, &self.bucket),
            (ResourceType::Topic, &self.topic),
            (ResourceType::Subscription, &self.subscription),
            (ResourceType::Repository, &self.repository),
            (ResourceType::KmsKey, &self.kms_key),
            (ResourceType::RunService, &self.run_service),
            (ResourceType::Dataset, &self.dataset),
            (ResourceType::Table, &self.table),
            (ResourceType::SpannerInstance, &self.spanner_instance),
            (ResourceType::SpannerDatabase, &self.spanner_database),
            (ResourceType::BigtableInstance, &self.bigtable_instance),
            (ResourceType::BigtableTable, &self.bigtable_table),
            (ResourceType::ServiceAccount, &self.service_account),
        ]
        .into_iter()
        .filter_map(|(resource_type, name)| Some((resource_type, name.as_deref()?)))
    }

    /// The type of what the grant is on; the project unless a key says otherwise.
    pub fn resource_type(&self) -> ResourceType {
        self.resources().next().map_or(ResourceType::Project, |(resource_type, _)| resource_type)
    }
}

/// A condition of IAM. Part of the binding: the same role under another condition is another
/// binding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"title": "until-2027", "expression": "request.time < timestamp('2027-01-01T00:00:00Z')"}))]
pub struct Condition {
    /// Title of the condition.
    #[schemars(example = &"until-2027")]
    pub title: ConditionText,

    /// The condition, in CEL.
    #[schemars(example = &"request.time < timestamp('2027-01-01T00:00:00Z')")]
    pub expression: ConditionText,

    /// What the condition is for.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"The trial ends with the year")]
    pub description: Option<ConditionText>,
}
