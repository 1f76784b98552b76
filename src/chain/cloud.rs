//! The links of the cluster and of the Google Cloud service account, as far as scripts create them and
//! gcloud describes them.

use super::evidence::Evidence;
use super::link::{Fact, Link, LinkName, LinkState};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::names::METADATA_SERVER_LABEL;
use crate::observed::{AccountState, Binding, Cluster, NodePool, Pods, Setting, World};

/// The label of nodes with the name of their node pool. Source: GKE, "About node pools".
const NODE_POOL_LABEL: &str = "cloud.google.com/gke-nodepool";

/// The clusters without a workload identity pool, as far as that is known.
pub(crate) fn clusters_without_pool<'w>(
    world: &'w World<'_>,
) -> impl Iterator<Item = &'w Cluster> + use<'w> {
    let clusters = &world.facts.clusters;
    let has_pool = move |one: &&Cluster| {
        let mut same = clusters.iter().filter(|other| other.name == one.name);
        same.any(|one| matches!(one.pool, Setting::Is(_)) || one.is_autopilot == Some(true))
    };
    let without = clusters.iter().filter(|one| one.pool == Setting::Absent);
    without.filter(move |one| !has_pool(one))
}

/// The node pools without the GKE metadata server, as far as that is known.
pub(crate) fn node_pools_without_server<'w>(
    world: &'w World<'_>,
) -> impl Iterator<Item = &'w NodePool> + use<'w> {
    let clusters = &world.facts.clusters;
    let is_autopilot = move |pool: &NodePool| match &pool.cluster {
        Setting::Is(name) => {
            clusters.iter().any(|one| one.name == *name && one.is_autopilot == Some(true))
        }
        Setting::Unknown | Setting::Absent => false,
    };
    let is_off = |one: &&NodePool| match &one.metadata_mode {
        Setting::Is(mode) => mode.is("GCE_METADATA"),
        Setting::Absent => true,
        Setting::Unknown => false,
    };
    world.facts.node_pools.iter().filter(is_off).filter(move |pool| !is_autopilot(pool))
}

/// Whether a node pool is known to have the GKE metadata server.
fn has_server(node_pool: &NodePool) -> bool {
    matches!(&node_pool.metadata_mode, Setting::Is(mode) if mode.is("GKE_METADATA"))
}

/// The pool of the cluster, and the metadata server of its nodes. Which of several clusters the pods run
/// in is not known.
pub(super) fn cluster_links(world: &World<'_>) -> [Link; 2] {
    const NEEDS: &str = "the cluster (`gcloud container clusters describe`)";
    let facts = &world.facts;
    let pools = facts.clusters.iter().filter_map(|one| match &one.pool {
        Setting::Is(pool) => {
            Some((pool.as_known()?, one.pool_place.as_ref().or(one.place.as_ref())))
        }
        Setting::Unknown | Setting::Absent => None,
    });
    let mut pools: Vec<_> = pools.collect();
    pools.dedup_by_key(|(pool, _)| *pool);
    let without = clusters_without_pool(world).next();
    let fact = |value: &str, place: Option<&Location>| Fact {
        value: value.to_owned(),
        place: place.cloned(),
    };
    let pool = match (pools.as_slice(), without) {
        ([(pool, place)], None) => Link::ok(LinkName::ClusterPool, fact(pool, *place)),
        ([], Some(cluster)) => {
            let found = fact("none", cluster.place.as_ref());
            Link::broken(LinkName::ClusterPool, found, "PROJECT.svc.id.goog", None)
        }
        _ => Link::unknown(LinkName::ClusterPool, NEEDS),
    };
    let is_autopilot = |one: &Cluster| one.is_autopilot == Some(true);
    let off: Vec<&NodePool> = node_pools_without_server(world).collect();
    let on = facts.node_pools.iter().find(|one| has_server(one));
    let nodes = match (off.first(), on) {
        (None, Some(pool)) => {
            Link::ok(LinkName::NodePool, fact("GKE_METADATA", pool.place.as_ref()))
        }
        (Some(pool), None) => {
            let found = fact("GCE_METADATA", pool.place.as_ref());
            Link::broken(LinkName::NodePool, found, "GKE_METADATA", None)
        }
        (Some(_), Some(_)) => Link::unknown(LinkName::NodePool, "which node pool the pods run in"),
        (None, None) if !facts.clusters.is_empty() && facts.clusters.iter().all(is_autopilot) => {
            Link::ok(LinkName::NodePool, "GKE_METADATA")
        }
        (None, None) => Link::unknown(LinkName::NodePool, NEEDS),
    };
    [pool, nodes]
}

/// Whether pods select nodes by the label of those that have the metadata server.
pub(super) fn selects_server(selector: &Link) -> bool {
    let starts = |found: &Fact| found.value.starts_with(METADATA_SERVER_LABEL);
    matches!(&selector.state, LinkState::Ok { found } if starts(found))
}

/// The links of the cluster and of the node selector, for pods that select a node pool by its name.
pub(super) fn on_selected_nodes(
    world: &World<'_>,
    pods: &Pods<'_>,
    [pool, nodes]: [Link; 2],
    selector: Link,
) -> ([Link; 2], Link) {
    let selected = pods.spec["nodeSelector"][NODE_POOL_LABEL].as_str();
    let is_selected = |pool: &&NodePool| selected.is_some_and(|name| pool.name.is(name));
    let mut off = node_pools_without_server(world).filter(is_selected);
    if let Some(node_pool) = off.next() {
        let found = Fact {
            value: format!("{NODE_POOL_LABEL}: {}", node_pool.name.as_str()),
            place: node_pool.place.clone(),
        };
        let expected = "a node pool with the GKE metadata server";
        let Some(other) = world.facts.node_pools.iter().find(|one| has_server(one)) else {
            return ([pool, nodes], selector);
        };
        // The pods could run on the other one.
        let other = Fact { value: "GKE_METADATA".to_owned(), place: other.place.clone() };
        let nodes = Link::ok(LinkName::NodePool, other);
        return ([pool, nodes], Link::broken(LinkName::NodeSelector, found, expected, None));
    }
    let nodes = match world.facts.node_pools.iter().find(is_selected) {
        Some(NodePool { place: Some(place), metadata_mode: Setting::Is(mode), .. }) => {
            Link::ok(LinkName::NodePool, Fact::at(mode.as_str(), place.clone()))
        }
        _ => nodes,
    };
    ([pool, nodes], selector)
}

/// Whether every cluster has Dataplane V2, or none; `None` if that is not known.
pub(super) fn has_dataplane_v2(world: &World<'_>) -> Option<bool> {
    let mut all = world.facts.clusters.iter().map(|one| one.has_dataplane_v2);
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

crate::diagnostics::declare_code! {
    DISABLED_ACCOUNT: Error = "disabled-account",
    what: "Pods are to act as a Google Cloud service account that is disabled or deleted.",
    why: "IAM gives no token for it, so the pods get a 403 or 404.",
    example: "gcloud iam service-accounts disable books@my-project.iam.gserviceaccount.com",
    instead: "gcloud iam service-accounts enable books@my-project.iam.gserviceaccount.com",
    source: crate::diagnostics::references::IAM_ADMIN,
}

/// Whether the account of an annotation exists, and is enabled. The last command or description counts.
pub(super) fn google_account_links(evidence: &Evidence<'_, '_>, annotation: &Link) -> [Link; 2] {
    const NAMES: [LinkName; 2] = [LinkName::AccountExists, LinkName::AccountEnabled];
    let found = match &annotation.state {
        LinkState::Ok { found } => found,
        LinkState::NotApplicable => return NAMES.map(Link::not_applicable),
        _ => return NAMES.map(|name| Link::unknown(name, "the annotation")),
    };
    let email = found.value.as_str();
    let Some(account) = evidence.google_accounts.get(email) else {
        if let Some(binding) = evidence.deleted.get(email) {
            let found = Fact::at("deleted", binding.place.clone());
            let enabled = Link::unknown(LinkName::AccountEnabled, "an account that exists");
            return [Link::broken(LinkName::AccountExists, found, email, None), enabled];
        }
        return NAMES.map(|name| Link::unknown(name, format!("the account {email}")));
    };
    let exists = || Link::ok(LinkName::AccountExists, Fact::at(email, account.place.clone()));
    let (name, what) = match account.state {
        AccountState::Disabled => (LinkName::AccountEnabled, "disabled"),
        AccountState::Deleted => (LinkName::AccountExists, "deleted"),
        AccountState::Enabled => {
            let enabled = Fact::at("true", account.place.clone());
            return [exists(), Link::ok(LinkName::AccountEnabled, enabled)];
        }
    };
    // A script that also binds roles on it deletes it in another of its runs.
    let binds = |one: &Binding| one.can_be_on(email) && one.place.source == account.place.source;
    if evidence.world.bindings.iter().any(binds) {
        return NAMES.map(|name| Link::unknown(name, "which part of the script runs"));
    }
    let finding = found.place.clone().map(|place| {
        let message = format!("the service account {} is {what}", quoted(email));
        Diagnostic::new(Code::DISABLED_ACCOUNT, place, message)
            .related(account.place.clone(), format!("{what} here"))
            .help("enable it, or use another account")
    });
    let state = Fact::at(what, account.place.clone());
    if name == LinkName::AccountExists {
        let enabled = Link::unknown(LinkName::AccountEnabled, "an account that exists");
        [Link::broken(name, state, email, finding), enabled]
    } else {
        [exists(), Link::broken(name, state, "true", finding)]
    }
}
