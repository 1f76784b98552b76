//! What becomes of the identity and of the pods when one spec takes the place of another, in words.

mod cluster;
mod iam;
mod kubernetes;
mod manifest;

use serde_json::Value;

use crate::model::identity::Identity;
use crate::model::workload::Workload;

/// One side of a comparison: what a spec asks of Google Cloud and of Kubernetes.
#[derive(Debug, Clone)]
pub struct Side {
    /// The Google Cloud side.
    pub identity: Identity,
    /// The Kubernetes side.
    pub workload: Workload,
    /// The manifest of the workload, as it is rendered; none where somebody else makes it.
    pub manifest: Option<Value>,
}

/// A change, one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What class of thing it is about.
    pub kind: Kind,
    /// Whether that comes, goes, or is another.
    pub how: How,
    /// What it is about, by the name that IAM or Kubernetes has for it.
    pub subject: String,
    /// What is to be said of it; may be empty.
    pub words: String,
    /// What it does to what runs.
    pub effect: Effect,
    /// The fields of the manifest that differ, as paths; elements of lists by their names.
    pub fields: Vec<String>,
}

/// What a change is about. The order is the order in which changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The app itself.
    App,
    /// Who the pods are for Google Cloud: `POOL[NAMESPACE/SERVICEACCOUNT]`.
    Identity,
    /// Who is granted the roles.
    Member,
    /// The Google Cloud service account.
    Account,
    /// A role on a resource.
    Role,
    /// The role by which the pods may act as the account.
    Impersonation,
    /// The cluster, and what the script does about it.
    Cluster,
    /// The Kubernetes `ServiceAccount`.
    ServiceAccount,
    /// The workload and its pods.
    Workload,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 9] = [
        Self::App,
        Self::Identity,
        Self::Member,
        Self::Account,
        Self::Role,
        Self::Impersonation,
        Self::Cluster,
        Self::ServiceAccount,
        Self::Workload,
    ];

    /// Its name for programs.
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
            Self::Workload => "workload",
        }
    }
}

/// Whether a thing comes, goes, or is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The new spec has it, the old one has not.
    Added,
    /// The old spec has it, the new one has not.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

impl How {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Added, Self::Removed, Self::Changed];

    /// Its name for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// What a change does to what runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing runs otherwise than before, or only what is new.
    None,
    /// What the old spec made stays until somebody takes it away.
    Stays,
    /// Pods are replaced.
    Rolls,
    /// The API server refuses it.
    Refused,
}

impl Effect {
    /// Every one, from bad to worse.
    pub const ALL: [Self; 4] = [Self::None, Self::Stays, Self::Rolls, Self::Refused];

    /// Its name for programs.
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
    fn new(kind: Kind, how: How, subject: impl Into<String>) -> Self {
        let (subject, words) = (subject.into(), String::new());
        Self { kind, how, subject, words, effect: Effect::None, fields: Vec::new() }
    }

    fn words(mut self, words: impl Into<String>) -> Self {
        self.words = words.into();
        self
    }

    fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    fn fields(mut self, fields: Vec<String>) -> Self {
        self.fields = fields;
        self
    }
}

/// What changes from one spec to another, in the order of [`Kind`]; none on one side is an app that
/// comes or goes. What two specs have in common is not told.
pub fn changes(old: Option<&Side>, new: Option<&Side>) -> Vec<Change> {
    let mut changes = Vec::new();
    changes.extend(app(old, new));
    changes.extend(iam::changes(old, new));
    changes.extend(cluster::changes(old, new));
    changes.extend(kubernetes::changes(old, new));
    changes.sort_by_key(|change| change.kind);
    changes
}

/// The app as a whole.
fn app(old: Option<&Side>, new: Option<&Side>) -> Option<Change> {
    let subject = |side: &Side| format!("app {}", side.workload.name);
    match (old, new) {
        (None, Some(new)) => Some(Change::new(Kind::App, How::Added, subject(new)).words("is new")),
        (Some(old), None) => {
            let words = "is gone; `bash gcloud.sh destroy`, rendered from its spec, takes back what was done for it in Google Cloud";
            let change = Change::new(Kind::App, How::Removed, subject(old));
            Some(change.words(words).effect(Effect::Stays))
        }
        (Some(old), Some(new)) if old.workload.name != new.workload.name => {
            let was = format!("was called {}", old.workload.name);
            Some(Change::new(Kind::App, How::Changed, subject(new)).words(was))
        }
        _ => None,
    }
}
