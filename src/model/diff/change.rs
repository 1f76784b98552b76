//! A change between two specs, and the two sides that are compared.

use serde_json::Value;

use crate::kubernetes::Version;
use crate::model::identity::Identity;
use crate::model::workload::Workload;

/// One side of a comparison: a spec, resolved.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The Google Cloud side.
    pub identity: Identity,
    /// The Kubernetes side.
    pub workload: Workload,
    /// The rendered manifest of the workload; `None` if the workload is managed elsewhere.
    pub manifest: Option<Value>,
    /// The other rendered manifests: of the Namespace and of the NetworkPolicy.
    pub objects: Vec<Value>,
    /// The version of Kubernetes that it is for.
    pub version: Version,
}

/// A change, as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// Whether that was added, removed or changed.
    pub change_type: ChangeType,
    /// The name of the thing in IAM or Kubernetes.
    pub name: String,
    /// What to know about it; may be empty.
    pub detail: String,
    /// What it does to what is running.
    pub effect: Effect,
    /// The only way to apply it that the API server rejects; `None` for both, or if it is not rejected.
    pub rejected_by: Option<ApplyMode>,
    /// The paths of the manifest that differ; elements of lists by their names.
    pub fields: Vec<String>,
}

/// How a manifest is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyMode {
    /// By `kubectl apply`.
    ClientSide,
    /// By `kubectl apply --server-side`, Flux, Config Sync.
    ServerSide,
}

impl ApplyMode {
    /// Every mode.
    pub const ALL: [Self; 2] = [Self::ClientSide, Self::ServerSide];

    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSide => "client-side",
            Self::ServerSide => "server-side",
        }
    }
}

/// What a change is about. Changes are reported in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The app itself.
    App,
    /// The pods, as Google Cloud knows them: `POOL[NAMESPACE/SERVICEACCOUNT]`.
    Identity,
    /// Who is granted the roles.
    Member,
    /// The Google Cloud service account.
    Account,
    /// A role on a resource.
    Role,
    /// The role that lets the pods impersonate the account.
    Impersonation,
    /// The cluster, and what the script does about it.
    Cluster,
    /// The Kubernetes `ServiceAccount`.
    ServiceAccount,
    /// The Namespace or the NetworkPolicy.
    Object,
    /// The workload and its pods.
    Workload,
}

impl Subject {
    /// Every subject, in order.
    pub const ALL: [Self; 10] = [
        Self::App,
        Self::Identity,
        Self::Member,
        Self::Account,
        Self::Role,
        Self::Impersonation,
        Self::Cluster,
        Self::ServiceAccount,
        Self::Object,
        Self::Workload,
    ];

    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Identity => "identity",
            Self::Member => "member",
            Self::Account => "account",
            Self::Role => "role",
            Self::Impersonation => "impersonation",
            Self::Cluster => "cluster",
            Self::ServiceAccount => "service-account",
            Self::Object => "object",
            Self::Workload => "workload",
        }
    }
}

/// How a thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeType {
    /// Only the new spec has it.
    Added,
    /// Only the old spec has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

impl ChangeType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Added, Self::Removed, Self::Changed];

    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// What a change does to what is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing, or it only adds something.
    None,
    /// What the old spec created stays until somebody removes it.
    Stays,
    /// Pods are replaced.
    Rolls,
    /// The API server rejects it.
    Refused,
}

impl Effect {
    /// Every effect, the worst last.
    pub const ALL: [Self; 4] = [Self::None, Self::Stays, Self::Rolls, Self::Refused];

    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Stays => "stays",
            Self::Rolls => "rolls",
            Self::Refused => "refused",
        }
    }
}

impl Change {
    pub(super) fn new(subject: Subject, change_type: ChangeType, name: impl Into<String>) -> Self {
        Self {
            subject,
            change_type,
            name: name.into(),
            detail: String::new(),
            effect: Effect::None,
            rejected_by: None,
            fields: Vec::new(),
        }
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    pub(super) fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    pub(super) fn fields(mut self, fields: Vec<String>) -> Self {
        self.fields = fields;
        self
    }
}
