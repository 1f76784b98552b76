//! Facts from files of IAM, each with its place. What a file does not say is unknown, and never absent.

use super::bindings::Binding;
use super::partial::Partial;
use crate::diagnostics::{Location, quoted};

/// Everything that files of IAM say.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) bindings: Vec<Binding>,
    /// The bindings that a script withdraws.
    pub(crate) withdrawn: Vec<Binding>,
    /// The resources whose whole policy was read, named as in [`Binding::resource`].
    pub(crate) policies: Vec<String>,
    pub(crate) google_accounts: Vec<GoogleAccount>,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) node_pools: Vec<NodePool>,
    pub(crate) script_accounts: Vec<ScriptAccount>,
    pub(crate) repeated_flags: Vec<RepeatedFlag>,
    pub(crate) unread: Vec<Unread>,
}

impl Facts {
    /// Whether nothing was found, not even something that could not be read.
    pub(super) fn is_empty(&self) -> bool {
        self.bindings.is_empty()
            && self.withdrawn.is_empty()
            && self.google_accounts.is_empty()
            && self.clusters.is_empty()
            && self.node_pools.is_empty()
            && self.script_accounts.is_empty()
            && self.unread.is_empty()
    }

    pub(super) fn append(&mut self, mut more: Self) {
        self.bindings.append(&mut more.bindings);
        self.withdrawn.append(&mut more.withdrawn);
        self.policies.append(&mut more.policies);
        self.google_accounts.append(&mut more.google_accounts);
        self.clusters.append(&mut more.clusters);
        self.node_pools.append(&mut more.node_pools);
        self.script_accounts.append(&mut more.script_accounts);
        self.repeated_flags.append(&mut more.repeated_flags);
        self.unread.append(&mut more.unread);
    }
}

/// A setting of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Setting {
    /// The file does not say.
    #[default]
    Unknown,
    /// The file says that there is none.
    Absent,
    Is(Partial),
}

/// A Google Cloud service account.
#[derive(Debug)]
pub(crate) struct GoogleAccount {
    pub(crate) place: Location,
    pub(crate) email: Partial,
    pub(crate) state: AccountState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountState {
    Enabled,
    Disabled,
    Deleted,
}

/// A GKE cluster.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) place: Option<Location>,
    pub(crate) name: Partial,
    /// Its workload identity pool.
    pub(crate) pool: Setting,
    pub(crate) pool_place: Option<Location>,
    /// Whether only the project of the cluster is known, which has one pool.
    pub(crate) is_pool_of_project: bool,
    pub(crate) is_autopilot: Option<bool>,
    pub(crate) has_dataplane_v2: Option<bool>,
}

/// A node pool of a cluster.
#[derive(Debug, Default)]
pub(crate) struct NodePool {
    pub(crate) place: Option<Location>,
    pub(crate) cluster: Setting,
    pub(crate) name: Partial,
    /// `GKE_METADATA` or `GCE_METADATA`.
    pub(crate) metadata_mode: Setting,
}

/// A Kubernetes ServiceAccount that a script or Terraform creates or annotates.
#[derive(Debug)]
pub(crate) struct ScriptAccount {
    pub(crate) place: Location,
    /// Unknown if the command leaves it to the context of kubectl.
    pub(crate) namespace: Partial,
    pub(crate) name: Partial,
    pub(crate) annotations: Vec<ScriptAnnotation>,
}

#[derive(Debug)]
pub(crate) struct ScriptAnnotation {
    pub(crate) place: Location,
    pub(crate) key: Partial,
    pub(crate) value: Partial,
}

/// A flag that a command has twice.
#[derive(Debug)]
pub(crate) struct RepeatedFlag {
    pub(crate) flag: &'static str,
    /// The value that counts.
    pub(crate) last: Location,
    pub(crate) earlier: Location,
}

/// What could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) place: Location,
    pub(crate) message: String,
}

impl Unread {
    /// Something that is mentioned outside of what was read.
    pub(super) fn mention(place: Location, what: &str) -> Self {
        let what = quoted(what);
        let message = format!("this mentions {what}, and no command could be read from it");
        Self { place, message }
    }

    /// A binding of which the pods or the account are not known.
    pub(super) fn value(place: Location) -> Self {
        Self { place, message: "this depends on a value that could not be read".to_owned() }
    }
}
