//! The app spec as the user wrote it. The JSON Schema is derived from these types: every comment
//! here is what an editor shows.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::diagnostics::Code;
use crate::google::resources::ResourceType;
use crate::kubernetes::WorkloadKind;
use crate::spec::{kubernetes_tables, names};

/// One app and its Google Cloud identity.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "wigen app spec")]
pub struct App {
    /// The JSON Schema of this file, for editors. wigen does not read it.
    #[serde(rename = "$schema")]
    #[schemars(example = &"app.schema.json")]
    pub schema: Option<String>,

    /// Name of the workload, and of everything that has no name of its own.
    #[schemars(schema_with = "names::dns_label", example = &"fastapi-books")]
    pub name: String,

    /// Kubernetes namespace of the app.
    #[serde(default = "default_namespace")]
    #[schemars(schema_with = "names::dns_label", example = &"default")]
    pub namespace: String,

    /// ID (not the name, not the number) of the Google Cloud project. Grants, cluster and account
    /// are in it unless they name another.
    #[schemars(schema_with = "names::project_id", example = &"my-project")]
    pub project: String,

    /// Number of that project. Direct federation needs it. Default: the script looks it up.
    #[serde(default, deserialize_with = "whole_number")]
    #[schemars(range(min = 1), example = 123_456_789_012_u64)]
    pub project_number: Option<u64>,

    /// The GKE cluster the app runs on.
    pub cluster: Cluster,

    /// The Kubernetes `ServiceAccount` of the app's pods.
    #[serde(default)]
    pub service_account: ServiceAccount,

    /// The Google Cloud service account that the pods act as. An empty table takes every default.
    /// Without the table, roles are granted directly to the pods (direct federation): no account,
    /// no annotation.
    pub google_service_account: Option<GoogleServiceAccount>,

    /// What the identity may do, in the project or on one resource. Grant on the resource if there
    /// is one: a role on the project reaches everything in it. Give the name of a resource in its
    /// project, or its path from `projects/` on.
    #[serde(default)]
    #[schemars(example = json!([{"roles": ["roles/secretmanager.secretAccessor"]}]))]
    pub grants: Vec<Grant>,

    /// The app's container. Without it, wigen renders the identity and no workload; `workloads`
    /// selects the workloads that get the identity.
    pub container: Option<Container>,

    /// Workloads managed elsewhere that get this identity when wigen is a transformer of Kustomize
    /// or kpt. Only for an app without `container`. An entry selects the workloads that match all
    /// of its keys. Default: the workload with the app's name.
    #[serde(default)]
    #[schemars(length(min = 1), example = json!([{"kind": "Deployment", "name": "fastapi-books"}]))]
    pub workloads: Option<Vec<WorkloadSelector>>,

    /// Labels of every object, the pods included.
    #[serde(default)]
    #[schemars(schema_with = "names::labels", example = json!({"team": "books"}))]
    pub labels: IndexMap<String, String>,

    /// Annotations of every object, the pods included.
    #[serde(default)]
    #[schemars(schema_with = "names::annotations", example = json!({"example.com/owner": "books@example.com"}))]
    pub annotations: IndexMap<String, String>,

    /// Schedule pods only on nodes with the GKE metadata server; on others they would get the
    /// identity of the node. For Standard clusters: all nodes of an Autopilot cluster have it.
    #[serde(default)]
    #[schemars(example = true)]
    pub require_metadata_server: bool,

    /// Add an init container that waits, for five minutes and more, until the metadata server knows
    /// the pods by the app's identity and has a token for them. A new node takes seconds, a new
    /// binding minutes. `true` uses busybox; a string is the image to use, which needs `sh` and
    /// `wget`. Apps should still retry. Default: `false`.
    #[serde(default)]
    #[schemars(schema_with = "names::wait_for_metadata", example = true)]
    pub wait_for_metadata: Option<WaitForMetadata>,

    /// Fields of a Kubernetes `PodSpec`: `volumes`, `nodeSelector`, `initContainers`, ….
    #[serde(default)]
    #[schemars(schema_with = "kubernetes_tables::pod", example = json!({"terminationGracePeriodSeconds": 60, "securityContext": {"runAsNonRoot": true}}))]
    pub pod: Map<String, Value>,

    /// Containers next to the app's own: a list of Kubernetes `Container`s. A native sidecar goes
    /// into `pod.initContainers`, with `restartPolicy = "Always"`.
    #[serde(default)]
    #[schemars(schema_with = "kubernetes_tables::sidecars", example = json!([{"name": "proxy", "image": "envoyproxy/envoy:v1.31.0"}]))]
    pub sidecars: Vec<Map<String, Value>>,

    /// Render a Deployment, as without any kind. Fields of a `DeploymentSpec`: `replicas`,
    /// `strategy`, ….
    #[serde(default)]
    #[schemars(schema_with = "kubernetes_tables::deployment", example = json!({"replicas": 3}))]
    pub deployment: Option<Map<String, Value>>,

    /// Render a StatefulSet. Fields of a `StatefulSetSpec`: `volumeClaimTemplates`,
    /// `podManagementPolicy`, …. `serviceName` is the app's name unless given; you create the
    /// Service.
    #[serde(default)]
    #[schemars(schema_with = "kubernetes_tables::stateful_set", example = json!({"replicas": 3, "serviceName": "fastapi-books"}))]
    pub stateful_set: Option<Map<String, Value>>,

    /// Render a DaemonSet. Fields of a `DaemonSetSpec`: `updateStrategy`, ….
    #[serde(default)]
    #[schemars(schema_with = "kubernetes_tables::daemon_set", example = json!({"updateStrategy": {"type": "OnDelete"}}))]
    pub daemon_set: Option<Map<String, Value>>,

    /// Render a Job. Fields of a `JobSpec`: `backoffLimit`, `ttlSecondsAfterFinished`, ….
    #[serde(default)]
    #[schemars(schema_with = "kubernetes_tables::job", example = json!({"backoffLimit": 2}))]
    pub job: Option<Map<String, Value>>,

    /// Render a CronJob. Fields of a `CronJobSpec`: `schedule`, `timeZone`, …; those of its Jobs
    /// are in `jobTemplate.spec`.
    #[serde(default)]
    #[schemars(schema_with = "kubernetes_tables::cron_job", example = json!({"schedule": "0 3 * * *", "timeZone": "Etc/UTC"}))]
    pub cron_job: Option<Map<String, Value>>,

    /// The environment to use unless `--env` names another.
    #[serde(default)]
    #[schemars(schema_with = "names::environment", example = &"prod")]
    pub environment: Option<String>,

    /// Environments by name, each with the keys that differ there: any key of the spec except
    /// `$schema`, `environment` and `environments`. Tables are merged key by key; everything else,
    /// lists too, is replaced.
    #[serde(default)]
    #[schemars(schema_with = "names::environments", example = json!({"prod": {"project": "my-project-prod"}}))]
    pub environments: IndexMap<String, Map<String, Value>>,

    /// Settings for warnings.
    #[serde(default)]
    pub lint: Lint,
}

/// What need not be said of a spec.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"allow": {"key-file": "the sidecar brings a key of its own"}}))]
pub struct Lint {
    /// Warnings to suppress in this spec, by code, each with the reason.
    #[serde(default)]
    #[schemars(schema_with = "names::allowances", example = json!({"key-file": "the sidecar brings a key of its own"}))]
    pub allow: IndexMap<Code, String>,
}

/// The GKE cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"name": "fastapi-cluster", "region": "us-central1"}))]
pub struct Cluster {
    /// Name of the cluster.
    #[schemars(schema_with = "names::cluster_name", example = &"fastapi-cluster")]
    pub name: String,

    /// Region of a regional cluster. A cluster has either `region` or `zone`.
    #[serde(default)]
    #[schemars(schema_with = "names::region", example = &"us-central1")]
    pub region: Option<String>,

    /// Zone of a zonal cluster. A cluster has either `region` or `zone`.
    #[serde(default)]
    #[schemars(schema_with = "names::zone", example = &"us-central1-a")]
    pub zone: Option<String>,

    /// What the script does about the cluster. `create`: create it if it is missing, otherwise act
    /// as `update`. `update`: turn on Workload Identity if it is off. `verify`: check it, and stop
    /// with the command that helps. `none`: leave clusters alone; no location is needed.
    #[serde(default)]
    #[schemars(schema_with = "names::setup", example = &"create")]
    pub setup: Setup,

    /// ID of the cluster's project. Default: the app's `project`.
    #[serde(default)]
    #[schemars(schema_with = "names::project_id", example = &"my-clusters")]
    pub project: Option<String>,

    /// Number of the cluster's project, if it is not the app's. Default: the script looks it up.
    #[serde(default, deserialize_with = "whole_number")]
    #[schemars(range(min = 1), example = 123_456_789_012_u64)]
    pub project_number: Option<u64>,

    /// Type of the cluster: `standard` or `autopilot`.
    #[serde(default, rename = "type")]
    #[schemars(schema_with = "names::cluster_type", example = &"autopilot")]
    pub kind: ClusterType,

    /// Node pools that the script may switch to the GKE metadata server, which recreates their
    /// nodes. It only reports the other pools.
    #[serde(default)]
    #[schemars(schema_with = "names::node_pools", example = json!(["default-pool"]))]
    pub node_pools: Vec<String>,

    /// Workload identity pool of the cluster, for projects with a domain and for other universes.
    /// Default: `PROJECT.svc.id.goog`.
    #[serde(default)]
    #[schemars(schema_with = "names::workload_pool", example = &"my-project.svc.id.goog")]
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
    /// Name of the `ServiceAccount`. Default: the app's name.
    #[serde(default)]
    #[schemars(schema_with = "names::dns_subdomain", example = &"fastapi-sa")]
    pub name: Option<String>,

    /// Labels of this object only.
    #[serde(default)]
    #[schemars(schema_with = "names::labels", example = json!({"tier": "identity"}))]
    pub labels: IndexMap<String, String>,

    /// Annotations of this object only.
    #[serde(default)]
    #[schemars(schema_with = "names::annotations", example = json!({"example.com/ticket": "BOOKS-42"}))]
    pub annotations: IndexMap<String, String>,

    /// Whether pods get a token for the Kubernetes API. Workload Identity works either way.
    #[schemars(example = false)]
    pub automount_service_account_token: Option<bool>,

    /// Whether to render it. If `false`, it is managed elsewhere; the head of `gcloud.sh` says
    /// which annotation it needs.
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
    /// Account ID, the part of the email before the `@`. wigen never shortens it: if the app's name
    /// is not a valid account ID, set this key. Default: the app's name.
    #[serde(default)]
    #[schemars(schema_with = "names::account_id", example = &"fastapi-gke-sa")]
    pub name: Option<String>,

    /// Display name, at most 100 bytes of UTF-8. Only set when the account is created.
    #[serde(default)]
    #[schemars(schema_with = "names::text", example = &"FastAPI GKE Service Account")]
    pub display_name: Option<String>,

    /// Description, at most 256 bytes of UTF-8. Only set when the account is created.
    #[serde(default)]
    #[schemars(schema_with = "names::text", example = &"Reads the secrets of the books API")]
    pub description: Option<String>,

    /// Email of an account that exists, instead of `name`.
    #[serde(default)]
    #[schemars(schema_with = "names::account_email", example = &"books@other-project.iam.gserviceaccount.com")]
    pub email: Option<String>,

    /// ID of the account's project. Default: the app's `project`.
    #[serde(default)]
    #[schemars(schema_with = "names::project_id", example = &"my-accounts")]
    pub project: Option<String>,

    /// Whether the script creates the account. If `false`, it exists; the script neither creates
    /// nor deletes it. Default: `true`, with `email` `false`.
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
    #[schemars(schema_with = "names::roles", example = json!(["roles/secretmanager.secretAccessor"]))]
    pub roles: Vec<String>,

    /// ID of the project that the roles, or the resource, are in. Default: the app's `project`.
    #[serde(default)]
    #[schemars(schema_with = "names::project_id", example = &"my-data")]
    pub project: Option<String>,

    /// Folder, by its number.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"123456789012")]
    pub folder: Option<String>,

    /// Organization, by its number.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"123456789012")]
    pub organization: Option<String>,

    /// Secret: `SECRET`, or `LOCATION/SECRET` for a regional one.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books-db-password")]
    pub secret: Option<String>,

    /// Cloud Storage bucket: `BUCKET`.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books-data")]
    pub bucket: Option<String>,

    /// Pub/Sub topic: `TOPIC`. Takes no condition.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books-events")]
    pub topic: Option<String>,

    /// Pub/Sub subscription: `SUBSCRIPTION`. Takes no condition.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books-worker")]
    pub subscription: Option<String>,

    /// Artifact Registry repository: `LOCATION/REPOSITORY`. Takes no condition.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"us-central1/books")]
    pub repository: Option<String>,

    /// Cloud KMS key: `LOCATION/KEYRING/KEY`.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"us-central1/books/tokens")]
    pub kms_key: Option<String>,

    /// Cloud Run service: `REGION/SERVICE`.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"us-central1/books")]
    pub run_service: Option<String>,

    /// BigQuery dataset: an error that says what to run, because gcloud has no command for it.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books")]
    pub dataset: Option<String>,

    /// BigQuery table, `DATASET/TABLE`: an error that says what to run, because gcloud has no
    /// command for it.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books/loans")]
    pub table: Option<String>,

    /// Spanner instance: `INSTANCE`.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books")]
    pub spanner_instance: Option<String>,

    /// Spanner database: `INSTANCE/DATABASE`.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books/catalog")]
    pub spanner_database: Option<String>,

    /// Bigtable instance: `INSTANCE`.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books-cache")]
    pub bigtable_instance: Option<String>,

    /// Bigtable table: `INSTANCE/TABLE`.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"books-cache/loans")]
    pub bigtable_table: Option<String>,

    /// Another service account, by its email.
    #[serde(default)]
    #[schemars(schema_with = "names::resource", example = &"signer@my-project.iam.gserviceaccount.com")]
    pub service_account: Option<String>,

    /// IAM condition: the grant holds only where its expression is true.
    #[serde(default)]
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
    #[schemars(schema_with = "names::condition_text", example = &"until-2027")]
    pub title: String,

    /// The condition, in CEL.
    #[schemars(schema_with = "names::condition_text", example = &"request.time < timestamp('2027-01-01T00:00:00Z')")]
    pub expression: String,

    /// What the condition is for.
    #[serde(default)]
    #[schemars(schema_with = "names::condition_text", example = &"The trial ends with the year")]
    pub description: Option<String>,
}

/// The app's container. Every key that is not described here is one of a Kubernetes `Container`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = kubernetes_tables::container, example = json!({"image": "us-docker.pkg.dev/my-project/books/api:1.4.2", "port": 8000}))]
pub struct Container {
    /// Name of the container. Default: the app's name.
    #[serde(default)]
    #[schemars(schema_with = "names::dns_label", example = &"fastapi")]
    pub name: Option<String>,

    /// Image reference.
    #[schemars(schema_with = "names::image", example = &"us-docker.pkg.dev/my-project/books/api:1.4.2")]
    pub image: String,

    /// Port that the container listens on. It comes before those in `ports`. To name it, write only
    /// `ports`.
    #[serde(default, deserialize_with = "whole_number")]
    #[schemars(range(min = 1, max = 65535), example = 8000)]
    pub port: Option<u16>,

    /// Environment variables: strings, or tables with `valueFrom` as in Kubernetes. They keep their
    /// order, except that a variable comes after those that it refers to as `$(NAME)`.
    #[serde(default)]
    #[schemars(schema_with = "names::env", example = json!({"GCP_PROJECT": "my-project"}))]
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
    /// Kind of the workload: `Deployment`, `StatefulSet`, `Rollout`, …. Default: any.
    #[serde(default)]
    #[schemars(schema_with = "names::kind", example = &"Deployment")]
    pub kind: Option<String>,

    /// Name of the workload. Default: any.
    #[serde(default)]
    #[schemars(schema_with = "names::dns_subdomain", example = &"fastapi-books")]
    pub name: Option<String>,

    /// Labels that the workload has, among others. Default: any.
    #[serde(default)]
    #[schemars(schema_with = "names::match_labels", example = json!({"app.kubernetes.io/instance": "books"}))]
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
