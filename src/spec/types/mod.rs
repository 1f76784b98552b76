//! The app spec as the user wrote it. A spec is valid if it deserializes and Kubernetes accepts its
//! Kubernetes fields. The published JSON Schema is derived from these types; editors show the comments.

mod cloud;
mod container;
mod grant;

pub use cloud::{Cloud, CloudFormat, DeletionPolicy, ScriptLibrary};
pub use container::{
    Container, Env, EnvPlace, EnvVariable, Pod, WaitForMetadata, WorkloadSelector,
};
pub use grant::{Condition, Grant};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::diagnostics::Code;
use crate::kubernetes::WorkloadKind;
use crate::spec::deserialize::deserialize;
use crate::spec::names::{
    AccountEmail, AccountId, ClusterName, DnsLabel, DnsSubdomain, GoogleApis, IpRange,
    NodePoolName, NulFree, ProjectId, Region, WorkloadPool, Zone,
};
use crate::spec::{fields, kubernetes_tables};
use crate::text::{Node, OrderedMap};

/// One app and its Google Cloud identity.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "wigen app spec")]
pub struct App {
    /// The JSON Schema of this file, for editors. wigen does not read it.
    #[serde(rename = "$schema", default, deserialize_with = "fields::given")]
    #[schemars(example = &"app.schema.json")]
    pub schema: Option<String>,

    /// Name of the workload, and of everything that has no name of its own.
    #[schemars(example = &"fastapi-books")]
    pub name: DnsLabel,

    /// Kubernetes namespace of the app.
    #[serde(default = "DnsLabel::default_namespace")]
    #[schemars(example = &"default")]
    pub namespace: DnsLabel,

    /// Render the Namespace, too, with `labels` and `annotations`. If `false`, it must exist before
    /// the manifests are applied. Only one app of a namespace should render it.
    #[serde(default)]
    #[schemars(example = true)]
    pub create_namespace: bool,

    /// ID (not the name, not the number) of the Google Cloud project. Grants, cluster and account
    /// are in it unless they name another.
    #[schemars(example = &"my-project")]
    pub project: ProjectId,

    /// Number of that project. Direct federation needs it. Default: the script looks it up.
    #[serde(default, deserialize_with = "fields::positive")]
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
    #[serde(default, deserialize_with = "fields::given")]
    pub google_service_account: Option<GoogleServiceAccount>,

    /// What the identity may do, in the project or on one resource. Grant on the resource if there
    /// is one: a role on the project reaches everything in it. Give the name of a resource in its
    /// project, or its path from `projects/` on.
    #[serde(default)]
    #[schemars(example = json!([{"roles": ["roles/secretmanager.secretAccessor"]}]))]
    pub grants: Vec<Grant>,

    /// Which tool owns the Google Cloud side of the app.
    #[serde(default)]
    pub cloud: Cloud,

    /// The app's container. Without it, wigen renders the identity and no workload; `workloads`
    /// selects the workloads that get the identity.
    #[serde(default, deserialize_with = "fields::given")]
    pub container: Option<Container>,

    /// Workloads managed elsewhere that get this identity when wigen is a transformer of Kustomize
    /// or kpt. Only for an app without `container`. An entry selects the workloads that match all
    /// of its keys. Default: the workload with the app's name.
    #[serde(default, deserialize_with = "container::workloads")]
    #[schemars(length(min = 1), example = json!([{"kind": "Deployment", "name": "fastapi-books"}]))]
    pub workloads: Option<Vec<WorkloadSelector>>,

    /// Labels of every object, the pods included.
    #[serde(default, deserialize_with = "fields::labels")]
    #[schemars(schema_with = "fields::labels_schema", example = json!({"team": "books"}))]
    pub labels: OrderedMap<String>,

    /// Annotations of every object, the pods included.
    #[serde(default, deserialize_with = "fields::annotations")]
    #[schemars(schema_with = "fields::annotations_schema", example = json!({"example.com/owner": "books@example.com"}))]
    pub annotations: OrderedMap<String>,

    /// Labels that select the pods, to take over a workload that runs. They are added to the pods'
    /// labels. A selector can never change: another one needs the workload to be recreated. Default:
    /// `app.kubernetes.io/name` with the app's name.
    #[serde(default, deserialize_with = "fields::match_labels")]
    #[schemars(schema_with = "fields::match_labels_schema", example = json!({"app": "books"}))]
    pub selector: OrderedMap<String>,

    /// Render a NetworkPolicy that lets the pods reach what the identity needs, and nothing else: the
    /// GKE metadata server, DNS and Google APIs. An empty table takes every default.
    #[serde(default, deserialize_with = "fields::given")]
    pub network_policy: Option<NetworkPolicy>,

    /// Schedule pods only on nodes with the GKE metadata server; on others they would get the
    /// identity of the node. For Standard clusters: all nodes of an Autopilot cluster have it.
    #[serde(default)]
    #[schemars(example = true)]
    pub require_metadata_server: bool,

    /// Add an init container that waits, for five minutes and more, until the metadata server knows
    /// the pods by the app's identity and has a token for them. A new node takes seconds, a new
    /// binding minutes. `true` uses busybox; a string is the image to use, which needs `sh` and
    /// `wget`. Apps should still retry. Default: `false`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(schema_with = "fields::wait_for_metadata_schema", example = true)]
    pub wait_for_metadata: Option<WaitForMetadata>,

    /// Fields of a Kubernetes `PodSpec`: `volumes`, `nodeSelector`, `initContainers`, …; and the
    /// pods' own labels and annotations.
    #[serde(default)]
    pub pod: Pod,

    /// Containers next to the app's own: a list of Kubernetes `Container`s. A native sidecar goes
    /// into `pod.initContainers`, with `restartPolicy = "Always"`.
    #[serde(default, deserialize_with = "fields::kubernetes_list")]
    #[schemars(schema_with = "kubernetes_tables::sidecars", example = json!([{"name": "proxy", "image": "envoyproxy/envoy:v1.31.0"}]))]
    pub sidecars: Vec<Map<String, Value>>,

    /// Render a Deployment, as without any kind. Fields of a `DeploymentSpec`: `replicas`,
    /// `strategy`, ….
    #[serde(default, deserialize_with = "fields::kubernetes_kind")]
    #[schemars(schema_with = "kubernetes_tables::deployment", example = json!({"replicas": 3}))]
    pub deployment: Option<Map<String, Value>>,

    /// Render a StatefulSet. Fields of a `StatefulSetSpec`: `volumeClaimTemplates`,
    /// `podManagementPolicy`, …. `serviceName` is the app's name unless given; you create the
    /// Service.
    #[serde(default, deserialize_with = "fields::kubernetes_kind")]
    #[schemars(schema_with = "kubernetes_tables::stateful_set", example = json!({"replicas": 3, "serviceName": "fastapi-books"}))]
    pub stateful_set: Option<Map<String, Value>>,

    /// Render a DaemonSet. Fields of a `DaemonSetSpec`: `updateStrategy`, ….
    #[serde(default, deserialize_with = "fields::kubernetes_kind")]
    #[schemars(schema_with = "kubernetes_tables::daemon_set", example = json!({"updateStrategy": {"type": "OnDelete"}}))]
    pub daemon_set: Option<Map<String, Value>>,

    /// Render a Job. Fields of a `JobSpec`: `backoffLimit`, `ttlSecondsAfterFinished`, ….
    #[serde(default, deserialize_with = "fields::kubernetes_kind")]
    #[schemars(schema_with = "kubernetes_tables::job", example = json!({"backoffLimit": 2}))]
    pub job: Option<Map<String, Value>>,

    /// Render a CronJob. Fields of a `CronJobSpec`: `schedule`, `timeZone`, …; those of its Jobs
    /// are in `jobTemplate.spec`.
    #[serde(default, deserialize_with = "fields::kubernetes_kind")]
    #[schemars(schema_with = "kubernetes_tables::cron_job", example = json!({"schedule": "0 3 * * *", "timeZone": "Etc/UTC"}))]
    pub cron_job: Option<Map<String, Value>>,

    /// The environment to use unless `--env` names another.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"prod")]
    pub environment: Option<String>,

    /// Environments by name, each with the keys that differ there: any key of the spec except
    /// `$schema`, `environment` and `environments`. Tables are merged key by key; everything else,
    /// lists too, is replaced.
    #[serde(default, deserialize_with = "fields::environments")]
    #[schemars(schema_with = "fields::environments_schema", extend("default" = json!({})), example = json!({"prod": {"project": "my-project-prod"}}))]
    pub environments: OrderedMap<IgnoredAny>,

    /// Settings for warnings.
    #[serde(default)]
    pub lint: Lint,
}

/// What pods can reach besides the metadata server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"googleApis": ["restricted"]}))]
pub struct NetworkPolicy {
    /// Addresses of Google APIs: `private` for private.googleapis.com, `restricted` for
    /// restricted.googleapis.com, `private-ipv6` and `restricted-ipv6` for their IPv6 addresses, or
    /// ranges of addresses. Default: `["private"]`.
    #[serde(default = "GoogleApis::private")]
    #[schemars(example = json!(["restricted"]))]
    pub google_apis: Vec<GoogleApis>,

    /// More addresses of DNS servers, besides kube-dns, NodeLocal DNSCache and Cloud DNS: ranges of
    /// addresses.
    #[serde(default)]
    #[schemars(example = json!(["10.0.0.10/32"]))]
    pub dns: Vec<IpRange>,
}

/// What need not be said of a spec.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"allow": {"key-file": "the sidecar brings a key of its own"}}))]
pub struct Lint {
    /// Warnings to suppress in this spec, by code, each with the reason.
    #[serde(default, deserialize_with = "fields::allowances")]
    #[schemars(schema_with = "fields::allowances_schema", example = json!({"key-file": "the sidecar brings a key of its own"}))]
    pub allow: IndexMap<Code, String>,
}

/// The GKE cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"name": "fastapi-cluster", "region": "us-central1"}))]
pub struct Cluster {
    /// Name of the cluster.
    #[schemars(example = &"fastapi-cluster")]
    pub name: ClusterName,

    /// Region of a regional cluster. A cluster has either `region` or `zone`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"us-central1")]
    pub region: Option<Region>,

    /// Zone of a zonal cluster. A cluster has either `region` or `zone`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"us-central1-a")]
    pub zone: Option<Zone>,

    /// What the script does about the cluster. `create`: create it if it is missing, otherwise act
    /// as `update`. `update`: turn on Workload Identity if it is off. `verify`: check it, and stop
    /// with the command that helps. `none`: leave clusters alone; no location is needed.
    #[serde(default)]
    #[schemars(schema_with = "fields::words_schema::<Setup>", example = &"create")]
    pub setup: Setup,

    /// ID of the cluster's project. Default: the app's `project`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"my-clusters")]
    pub project: Option<ProjectId>,

    /// Number of the cluster's project, if it is not the app's. Default: the script looks it up.
    #[serde(default, deserialize_with = "fields::positive")]
    #[schemars(range(min = 1), example = 123_456_789_012_u64)]
    pub project_number: Option<u64>,

    /// Type of the cluster: `standard` or `autopilot`.
    #[serde(default, rename = "type")]
    #[schemars(schema_with = "fields::words_schema::<ClusterType>", example = &"autopilot")]
    pub kind: ClusterType,

    /// Node pools that the script may switch to the GKE metadata server, which recreates their
    /// nodes. It only reports the other pools.
    #[serde(default)]
    #[schemars(example = json!(["default-pool"]))]
    pub node_pools: Vec<NodePoolName>,

    /// Workload identity pool of the cluster, for projects with a domain and for other universes.
    /// Default: `PROJECT.svc.id.goog`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"my-project.svc.id.goog")]
    pub workload_pool: Option<WorkloadPool>,
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
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"fastapi-sa")]
    pub name: Option<DnsSubdomain>,

    /// Labels of this object only.
    #[serde(default, deserialize_with = "fields::labels")]
    #[schemars(schema_with = "fields::labels_schema", example = json!({"tier": "identity"}))]
    pub labels: OrderedMap<String>,

    /// Annotations of this object only.
    #[serde(default, deserialize_with = "fields::annotations")]
    #[schemars(schema_with = "fields::annotations_schema", example = json!({"example.com/ticket": "BOOKS-42"}))]
    pub annotations: OrderedMap<String>,

    /// Whether pods get a token for the Kubernetes API. Workload Identity works either way.
    #[serde(default, deserialize_with = "fields::given")]
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
            labels: OrderedMap::default(),
            annotations: OrderedMap::default(),
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
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"fastapi-gke-sa")]
    pub name: Option<AccountId>,

    /// Display name, at most 100 bytes of UTF-8. Only set when the account is created.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"FastAPI GKE Service Account")]
    pub display_name: Option<NulFree>,

    /// Description, at most 208 bytes of UTF-8. Only set when the account is created, with a sentence
    /// after it that says so.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"Reads the secrets of the books API")]
    pub description: Option<NulFree>,

    /// Email of an account that exists, instead of `name`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"books@other-project.iam.gserviceaccount.com")]
    pub email: Option<AccountEmail>,

    /// ID of the account's project. Default: the app's `project`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"my-accounts")]
    pub project: Option<ProjectId>,

    /// Whether the script creates the account. If `false`, it exists; the script neither creates
    /// nor deletes it. Default: `true`, with `email` `false`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = false)]
    pub create: Option<bool>,
}

impl App {
    /// Deserializes the flat form of a spec.
    pub fn from_node(flat: &Node) -> Result<Self, serde_json::Error> {
        deserialize(flat)
    }

    /// Name of the Kubernetes ServiceAccount.
    pub fn service_account_name(&self) -> &str {
        self.service_account.name.as_deref().unwrap_or(&self.name)
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

    /// Whether there is a gcloud script that sources a library which it shares with other apps.
    pub fn has_shared_library(&self) -> bool {
        self.cloud.format == CloudFormat::Gcloud
            && self.cloud.gcloud.library == ScriptLibrary::Shared
    }

    /// The kind of workload that the app is.
    pub fn kind(&self) -> WorkloadKind {
        self.kinds().next().map(|(kind, _)| kind).unwrap_or_default()
    }
}

fn yes() -> bool {
    true
}
