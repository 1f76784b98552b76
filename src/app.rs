//! The app spec as the user wrote it. The JSON Schema is derived from these types: every comment
//! here is what an editor shows.

mod native;
mod published;
mod strings;

pub use published::{app_schema, defaults_schema, krm_schema, schema_of};
pub use strings::string as schema_of_text;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::diagnostic::Code;
use crate::kubernetes::WorkloadKind;

/// One app and its Google Cloud identity.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "wigen app spec")]
pub struct App {
    /// The JSON Schema of this file, for editors.
    #[serde(rename = "$schema")]
    #[schemars(example = &"app.schema.json")]
    pub schema: Option<String>,

    /// Name of the workload, and of everything that has no name of its own.
    #[schemars(schema_with = "strings::dns_label", example = &"fastapi-books")]
    pub name: String,

    /// Kubernetes namespace of the app.
    #[serde(default = "default_namespace")]
    #[schemars(schema_with = "strings::dns_label", example = &"default")]
    pub namespace: String,

    /// ID (not the name, not the number) of the Google Cloud project.
    #[schemars(schema_with = "strings::project_id", example = &"my-project")]
    pub project: String,

    /// Number of that project. Without it the script looks it up, where it needs it.
    #[serde(default, deserialize_with = "whole_number")]
    #[schemars(range(min = 1), example = 123_456_789_012_u64)]
    pub project_number: Option<u64>,

    /// The GKE cluster the app runs on.
    pub cluster: Cluster,

    /// The Kubernetes `ServiceAccount` of the app's pods.
    #[serde(default)]
    pub service_account: ServiceAccount,

    /// The Google Cloud service account that the pods act as. An empty table takes every default.
    /// Without the table the pods are granted the roles themselves: direct federation.
    pub google_service_account: Option<GoogleServiceAccount>,

    /// What the identity may do.
    #[serde(default)]
    #[schemars(example = json!([{"roles": ["roles/secretmanager.secretAccessor"]}]))]
    pub grants: Vec<Grant>,

    /// The app's container. Without it there is no workload to render: somebody else makes it, and
    /// `workloads` says which it is.
    pub container: Option<Container>,

    /// The workloads of others that are to have this identity, where wigen is started by Kustomize or
    /// kpt; for an app without `container`. Unless given, that which is called like the app.
    #[serde(default)]
    #[schemars(length(min = 1), example = json!([{"kind": "Deployment", "name": "fastapi-books"}]))]
    pub workloads: Option<Vec<WorkloadSelector>>,

    /// Labels of every object, the pods included.
    #[serde(default)]
    #[schemars(schema_with = "strings::labels", example = json!({"team": "books"}))]
    pub labels: IndexMap<String, String>,

    /// Annotations of every object, the pods included.
    #[serde(default)]
    #[schemars(schema_with = "strings::annotations", example = json!({"example.com/owner": "books@example.com"}))]
    pub annotations: IndexMap<String, String>,

    /// Pods run only on nodes that have the GKE metadata server; on others they would have the
    /// nodes' identity. For Standard clusters: every node of an Autopilot cluster has it.
    #[serde(default)]
    #[schemars(example = true)]
    pub require_metadata_server: bool,

    /// An init container waits until the metadata server knows the pods by the app's identity and
    /// has a token for them. A text is the image that it runs in, which needs `sh` and `wget`;
    /// `true` takes busybox.
    #[serde(default)]
    #[schemars(schema_with = "strings::wait_for_metadata", example = true)]
    pub wait_for_metadata: Option<WaitForMetadata>,

    /// Fields of the pods: those of a Kubernetes `PodSpec`, under their own names.
    #[serde(default)]
    #[schemars(schema_with = "native::pod", example = json!({"terminationGracePeriodSeconds": 60, "securityContext": {"runAsNonRoot": true}}))]
    pub pod: Map<String, Value>,

    /// Containers beside the app's own: Kubernetes `Container`s, as they are. One that must be up
    /// before the app starts goes into `pod.initContainers`, with `restartPolicy = "Always"`.
    #[serde(default)]
    #[schemars(schema_with = "native::sidecars", example = json!([{"name": "proxy", "image": "envoyproxy/envoy:v1.31.0"}]))]
    pub sidecars: Vec<Map<String, Value>>,

    /// The app is a Deployment, as it is where no kind is given. Fields of a `DeploymentSpec`.
    #[serde(default)]
    #[schemars(schema_with = "native::deployment", example = json!({"replicas": 3}))]
    pub deployment: Option<Map<String, Value>>,

    /// The app is a StatefulSet. Fields of a `StatefulSetSpec`.
    #[serde(default)]
    #[schemars(schema_with = "native::stateful_set", example = json!({"replicas": 3, "serviceName": "fastapi-books"}))]
    pub stateful_set: Option<Map<String, Value>>,

    /// The app is a DaemonSet. Fields of a `DaemonSetSpec`.
    #[serde(default)]
    #[schemars(schema_with = "native::daemon_set", example = json!({"updateStrategy": {"type": "OnDelete"}}))]
    pub daemon_set: Option<Map<String, Value>>,

    /// The app is a Job. Fields of a `JobSpec`.
    #[serde(default)]
    #[schemars(schema_with = "native::job", example = json!({"backoffLimit": 2}))]
    pub job: Option<Map<String, Value>>,

    /// The app is a CronJob. Fields of a `CronJobSpec`; those of its Jobs are in
    /// `jobTemplate.spec`.
    #[serde(default)]
    #[schemars(schema_with = "native::cron_job", example = json!({"schedule": "0 3 * * *", "timeZone": "Etc/UTC"}))]
    pub cron_job: Option<Map<String, Value>>,

    /// The environment that is meant, unless `--env` names another.
    #[serde(default)]
    #[schemars(schema_with = "strings::environment", example = &"prod")]
    pub environment: Option<String>,

    /// What is different in environments, each under its name: the same keys, laid over those of the
    /// spec. Tables are merged by their keys; everything else, lists too, is replaced.
    #[serde(default)]
    #[schemars(schema_with = "strings::environments", example = json!({"prod": {"project": "my-project-prod"}}))]
    pub environments: IndexMap<String, Map<String, Value>>,

    /// What need not be said of this spec.
    #[serde(default)]
    pub lint: Lint,
}

/// What need not be said of a spec.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"allow": {"key-file": "the sidecar brings a key of its own"}}))]
pub struct Lint {
    /// Warnings that are meant to be so, by their codes, each with the reason.
    #[serde(default)]
    #[schemars(schema_with = "strings::allowances", example = json!({"key-file": "the sidecar brings a key of its own"}))]
    pub allow: IndexMap<Code, String>,
}

/// The GKE cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"name": "fastapi-cluster", "region": "us-central1"}))]
pub struct Cluster {
    /// Name of the cluster.
    #[schemars(schema_with = "strings::cluster_name", example = &"fastapi-cluster")]
    pub name: String,

    /// Region of a regional cluster. A zonal cluster has `zone` instead.
    #[serde(default)]
    #[schemars(schema_with = "strings::region", example = &"us-central1")]
    pub region: Option<String>,

    /// Zone of a zonal cluster. A regional cluster has `region` instead.
    #[serde(default)]
    #[schemars(schema_with = "strings::zone", example = &"us-central1-a")]
    pub zone: Option<String>,

    /// What the script does about the cluster. `create`: make it if it is absent, otherwise act as
    /// `update`. `update`: turn Workload Identity on if it is off. `verify`: check, and stop with
    /// the right command. `none`: leave clusters alone.
    #[serde(default)]
    #[schemars(schema_with = "strings::setup", example = &"create")]
    pub setup: Setup,

    /// ID of the cluster's project, where it is another than the app's.
    #[serde(default)]
    #[schemars(schema_with = "strings::project_id", example = &"my-clusters")]
    pub project: Option<String>,

    /// Number of the cluster's project, where that is another than the app's.
    #[serde(default, deserialize_with = "whole_number")]
    #[schemars(range(min = 1), example = 123_456_789_012_u64)]
    pub project_number: Option<u64>,

    /// Kind of cluster.
    #[serde(default, rename = "type")]
    #[schemars(schema_with = "strings::cluster_type", example = &"autopilot")]
    pub kind: ClusterType,

    /// Node pools that may be switched to the GKE metadata server, which makes their nodes anew.
    #[serde(default)]
    #[schemars(schema_with = "strings::node_pools", example = json!(["default-pool"]))]
    pub node_pools: Vec<String>,

    /// Workload identity pool of the cluster; `PROJECT.svc.id.goog` unless given.
    #[serde(default)]
    #[schemars(schema_with = "strings::workload_pool", example = &"my-project.svc.id.goog")]
    pub workload_pool: Option<String>,
}

/// Kind of cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClusterType {
    /// The user keeps the node pools.
    #[default]
    Standard,
    /// Google keeps them; Workload Identity is always on.
    Autopilot,
}

/// What the script does about the cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Setup {
    /// Make it if it is absent, otherwise act as `Update`. Costs money, so it is never the default.
    Create,
    /// Turn its workload pool on if that is off.
    Update,
    /// Check it and change nothing.
    #[default]
    Verify,
    /// Leave clusters alone.
    None,
}

/// The Kubernetes `ServiceAccount`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"name": "fastapi-sa"}))]
pub struct ServiceAccount {
    /// Its name; the app's name unless given.
    #[serde(default)]
    #[schemars(schema_with = "strings::dns_subdomain", example = &"fastapi-sa")]
    pub name: Option<String>,

    /// Further labels of this object alone.
    #[serde(default)]
    #[schemars(schema_with = "strings::labels", example = json!({"tier": "identity"}))]
    pub labels: IndexMap<String, String>,

    /// Further annotations of this object alone.
    #[serde(default)]
    #[schemars(schema_with = "strings::annotations", example = json!({"example.com/ticket": "BOOKS-42"}))]
    pub annotations: IndexMap<String, String>,

    /// Whether pods get a token for the Kubernetes API. Workload Identity works either way.
    #[schemars(example = false)]
    pub automount_service_account_token: Option<bool>,

    /// Whether to render it. `false`: it exists, and somebody else keeps it.
    #[serde(default = "yes")]
    #[schemars(example = false)]
    pub create: bool,
}

impl Default for ServiceAccount {
    fn default() -> Self {
        Self {
            name: None,
            labels: IndexMap::new(),
            annotations: IndexMap::new(),
            automount_service_account_token: None,
            create: true,
        }
    }
}

/// The Google Cloud service account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"name": "fastapi-gke-sa", "displayName": "FastAPI GKE Service Account"}))]
pub struct GoogleServiceAccount {
    /// Its id, the part of the e-mail before the `@`; the app's name unless given.
    #[serde(default)]
    #[schemars(schema_with = "strings::account_id", example = &"fastapi-gke-sa")]
    pub name: Option<String>,

    /// Its name for people, at most 100 bytes of UTF-8. Set when the account is created.
    #[serde(default)]
    #[schemars(schema_with = "strings::text", example = &"FastAPI GKE Service Account")]
    pub display_name: Option<String>,

    /// What it is for, at most 256 bytes of UTF-8. Set when the account is created.
    #[serde(default)]
    #[schemars(schema_with = "strings::text", example = &"Reads the secrets of the books API")]
    pub description: Option<String>,

    /// Its whole e-mail, for one that exists; instead of `name`.
    #[serde(default)]
    #[schemars(schema_with = "strings::account_email", example = &"books@other-project.iam.gserviceaccount.com")]
    pub email: Option<String>,

    /// ID of its project, where it is another than the app's.
    #[serde(default)]
    #[schemars(schema_with = "strings::project_id", example = &"my-accounts")]
    pub project: Option<String>,

    /// Whether the script creates it. `false`: it exists, and `destroy` leaves it.
    #[schemars(example = false)]
    pub create: Option<bool>,
}

/// Roles that the identity is granted on the project, or on the one resource named here: by its
/// name in the project, or by its path from `projects/` on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"roles": ["roles/secretmanager.secretAccessor"]}))]
pub struct Grant {
    /// IAM roles, predefined or custom.
    #[schemars(schema_with = "strings::roles", example = json!(["roles/secretmanager.secretAccessor"]))]
    pub roles: Vec<String>,

    /// ID of another project.
    #[serde(default)]
    #[schemars(schema_with = "strings::project_id", example = &"my-data")]
    pub project: Option<String>,

    /// Number of a folder.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"123456789012")]
    pub folder: Option<String>,

    /// Number of an organization.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"123456789012")]
    pub organization: Option<String>,

    /// A secret.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books-db-password")]
    pub secret: Option<String>,

    /// A bucket of Cloud Storage.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books-data")]
    pub bucket: Option<String>,

    /// A Pub/Sub topic.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books-events")]
    pub topic: Option<String>,

    /// A Pub/Sub subscription.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books-worker")]
    pub subscription: Option<String>,

    /// A repository of Artifact Registry: `LOCATION/REPOSITORY`.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"us-central1/books")]
    pub repository: Option<String>,

    /// A key of Cloud KMS: `LOCATION/KEYRING/KEY`.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"us-central1/books/tokens")]
    pub kms_key: Option<String>,

    /// A Cloud Run service: `REGION/SERVICE`.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"us-central1/books")]
    pub run_service: Option<String>,

    /// A BigQuery dataset; for these gcloud has no command, and wigen says what to run instead.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books")]
    pub dataset: Option<String>,

    /// A BigQuery table: `DATASET/TABLE`; as for a dataset.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books/loans")]
    pub table: Option<String>,

    /// A Spanner instance.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books")]
    pub spanner_instance: Option<String>,

    /// A Spanner database: `INSTANCE/DATABASE`.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books/catalog")]
    pub spanner_database: Option<String>,

    /// A Bigtable instance.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books-cache")]
    pub bigtable_instance: Option<String>,

    /// A Bigtable table: `INSTANCE/TABLE`.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"books-cache/loans")]
    pub bigtable_table: Option<String>,

    /// Another service account, by its e-mail.
    #[serde(default)]
    #[schemars(schema_with = "strings::resource", example = &"signer@my-project.iam.gserviceaccount.com")]
    pub service_account: Option<String>,

    /// The grant holds only where this does.
    #[serde(default)]
    pub condition: Option<Condition>,
}

impl Grant {
    /// The resources that are named: the key and what it says. The rules allow one.
    pub fn resources(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("project", &self.project),
            ("folder", &self.folder),
            ("organization", &self.organization),
            ("secret", &self.secret),
            ("bucket", &self.bucket),
            ("topic", &self.topic),
            ("subscription", &self.subscription),
            ("repository", &self.repository),
            ("kmsKey", &self.kms_key),
            ("runService", &self.run_service),
            ("dataset", &self.dataset),
            ("table", &self.table),
            ("spannerInstance", &self.spanner_instance),
            ("spannerDatabase", &self.spanner_database),
            ("bigtableInstance", &self.bigtable_instance),
            ("bigtableTable", &self.bigtable_table),
            ("serviceAccount", &self.service_account),
        ]
        .into_iter()
        .filter_map(|(key, named)| Some((key, named.as_deref()?)))
    }
}

/// A condition of IAM. Part of the binding: the same role under another condition is another
/// binding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"title": "until-2027", "expression": "request.time < timestamp('2027-01-01T00:00:00Z')"}))]
pub struct Condition {
    /// Its name for people.
    #[schemars(schema_with = "strings::condition_text", example = &"until-2027")]
    pub title: String,

    /// The condition itself, in CEL.
    #[schemars(schema_with = "strings::condition_text", example = &"request.time < timestamp('2027-01-01T00:00:00Z')")]
    pub expression: String,

    /// What it is for.
    #[serde(default)]
    #[schemars(schema_with = "strings::condition_text", example = &"The trial ends with the year")]
    pub description: Option<String>,
}

/// The app's container. Every key that is not described here is one of a Kubernetes `Container`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = native::container, example = json!({"image": "us-docker.pkg.dev/my-project/books/api:1.4.2", "port": 8000}))]
pub struct Container {
    /// Its name; the app's name unless given.
    #[serde(default)]
    #[schemars(schema_with = "strings::dns_label", example = &"fastapi")]
    pub name: Option<String>,

    /// Image reference.
    #[schemars(schema_with = "strings::image", example = &"us-docker.pkg.dev/my-project/books/api:1.4.2")]
    pub image: String,

    /// Port that the container listens on.
    #[serde(default, deserialize_with = "whole_number")]
    #[schemars(range(min = 1, max = 65535), example = 8000)]
    pub port: Option<u16>,

    /// Environment variables: texts, or `valueFrom` as in Kubernetes.
    #[serde(default)]
    #[schemars(schema_with = "strings::env", example = json!({"GCP_PROJECT": "my-project"}))]
    pub env: IndexMap<String, EnvValue>,

    /// Every other field of a Kubernetes `Container`, as it is.
    #[serde(flatten)]
    #[schemars(skip)]
    pub native: Map<String, Value>,
}

/// Which workloads of others are meant: those for which all that is given here is so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1), example = json!({"kind": "Deployment", "name": "fastapi-books"}))]
pub struct WorkloadSelector {
    /// Kind of the workload.
    #[serde(default)]
    #[schemars(schema_with = "strings::kind", example = &"Deployment")]
    pub kind: Option<String>,

    /// Name of the workload.
    #[serde(default)]
    #[schemars(schema_with = "strings::dns_subdomain", example = &"fastapi-books")]
    pub name: Option<String>,

    /// Labels of the workload, among others.
    #[serde(default)]
    #[schemars(schema_with = "strings::match_labels", example = json!({"app.kubernetes.io/instance": "books"}))]
    pub match_labels: IndexMap<String, String>,
}

/// Whether to wait for the metadata server, and in which image.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum WaitForMetadata {
    /// Whether to wait, in the image that wigen names.
    Switch(bool),
    /// Wait in this image.
    Image(String),
}

/// The value of an environment variable.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum EnvValue {
    /// The text itself.
    Text(String),
    /// Where Kubernetes takes it from.
    From {
        /// An `EnvVarSource` of Kubernetes, as it is.
        #[serde(rename = "valueFrom")]
        value_from: Value,
    },
}

impl App {
    /// Reads the flat form of a spec that the schema has accepted.
    pub fn from_value(flat: Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(flat)
    }

    /// The kinds of workload that have a table, each with its table.
    pub fn kinds(&self) -> impl Iterator<Item = (WorkloadKind, &Map<String, Value>)> {
        let tables = [
            (WorkloadKind::Deployment, &self.deployment),
            (WorkloadKind::StatefulSet, &self.stateful_set),
            (WorkloadKind::DaemonSet, &self.daemon_set),
            (WorkloadKind::Job, &self.job),
            (WorkloadKind::CronJob, &self.cron_job),
        ];
        tables.into_iter().filter_map(|(kind, table)| Some((kind, table.as_ref()?)))
    }

    /// The kind of workload that the app is.
    pub fn kind(&self) -> WorkloadKind {
        self.kinds().next().map(|(kind, _)| kind).unwrap_or_default()
    }
}

fn default_namespace() -> String {
    "default".to_owned()
}

fn yes() -> bool {
    true
}

/// JSON Schema takes `8000.0` for an integer, and so must the type.
fn whole_number<'de, D, N>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: Deserializer<'de>,
    N: TryFrom<u64>,
{
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_u64().or_else(|| format!("{}", number.as_f64()?).parse().ok());
    match whole.and_then(|whole| N::try_from(whole).ok()) {
        Some(whole) => Ok(Some(whole)),
        None => Err(serde::de::Error::custom(format!("{number} is not a whole number in range"))),
    }
}
