//! A change between two specs, and the two sides that are compared.

use serde_json::Value;
use strum::{AsRefStr, VariantArray};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum ApplyMode {
    /// By `kubectl apply`.
    ClientSide,
    /// By `kubectl apply --server-side`, Flux, Config Sync.
    ServerSide,
}

/// What a change is about. Changes are reported in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsRefStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
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

/// How a thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum ChangeType {
    /// Only the new spec has it.
    Added,
    /// Only the old spec has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

/// What a change does to what is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsRefStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
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
