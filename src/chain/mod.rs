//! Whose identity pods get, and why: every link from the cluster to the grants, as a spec promises it, and
//! as manifests, policies and scripts show it. Both sides have the same type, and one function compares
//! them. Links that are broken carry the diagnostics that `wigen lint` reports.

mod binding;
mod cloud;
mod compare;
mod credentials;
mod evidence;
mod link;
mod network;
mod node;
mod observe;
mod promise;
mod service_account;

pub(crate) use binding::{malformed, misspelt_role};
pub(crate) use cloud::{clusters_without_pool, node_pools_without_server};
pub use compare::{compare, compare_all};
pub use link::{
    Access, Answer, Chain, Fact, Link, LinkDifference, LinkName, LinkState, ServiceAccount,
    Workload, json_schema,
};
pub use observe::observe;
pub(crate) use observe::observe_world;
pub use promise::promise;
pub(crate) use service_account::email_problem;
