//! The cluster: where the app runs, and what the script does there.

use super::{Change, Effect, How, Kind, Side};
use crate::model::identity::{Cluster, Identity, Location};
use crate::spec::types::{ClusterType, Setup};

pub(super) fn changes(old: Option<&Side>, new: Option<&Side>) -> Vec<Change> {
    let cluster = |side: Option<&Side>| side.and_then(|side| side.identity.cluster.clone());
    match (cluster(old), cluster(new)) {
        (Some(old), Some(new)) if is_same_place(&old, &new) => same_cluster(&old, &new),
        (Some(old), Some(new)) => {
            let words = format!(
                "was {}; apply the manifests there, and take away what is in the old one",
                place(&old)
            );
            vec![of_cluster(How::Changed, &new).words(words).effect(Effect::Stays)]
        }
        (None, Some(cluster)) => {
            vec![of_cluster(How::Added, &cluster).words(setup(&cluster))]
        }
        (Some(cluster), None) => {
            vec![of_cluster(How::Removed, &cluster).words("gcloud.sh leaves it as it is")]
        }
        (None, None) => Vec::new(),
    }
}

/// Whether the objects of the two are in one cluster, as far as can be told.
pub(super) fn is_same(old: &Identity, new: &Identity) -> bool {
    match (&old.cluster, &new.cluster) {
        (Some(old), Some(new)) => is_same_place(old, new),
        _ => old.workload_pool == new.workload_pool,
    }
}

fn is_same_place(one: &Cluster, other: &Cluster) -> bool {
    (&one.name, &one.project, &one.location) == (&other.name, &other.project, &other.location)
}

fn place(cluster: &Cluster) -> String {
    let location = match &cluster.location {
        Location::Region(name) => format!("region {name}"),
        Location::Zone(name) => format!("zone {name}"),
    };
    format!("{} in {location}, project {}", cluster.name, cluster.project)
}

fn of_cluster(how: How, cluster: &Cluster) -> Change {
    Change::new(Kind::Cluster, how, format!("cluster {}", place(cluster)))
}

/// How far the script goes.
fn setup(cluster: &Cluster) -> &'static str {
    match (cluster.setup, cluster.kind) {
        (Setup::Create, ClusterType::Autopilot) => "gcloud.sh creates it where it is absent",
        (Setup::Create, ClusterType::Standard) => {
            "gcloud.sh creates it where it is absent, and turns Workload Identity on where it is off"
        }
        (Setup::Update, ClusterType::Standard) => {
            "gcloud.sh turns Workload Identity on where it is off"
        }
        _ => "gcloud.sh looks at it and changes nothing",
    }
}

fn same_cluster(old: &Cluster, new: &Cluster) -> Vec<Change> {
    let mut changes = Vec::new();
    if old.kind != new.kind {
        let kind = |cluster: &Cluster| match cluster.kind {
            ClusterType::Autopilot => "an Autopilot cluster",
            ClusterType::Standard => "a Standard cluster",
        };
        let words = format!(
            "is {}, was {}: gcloud.sh stops where that is not so, and no cluster can be turned into the other kind",
            kind(new),
            kind(old)
        );
        changes.push(of_cluster(How::Changed, new).words(words));
    }
    if old.setup != new.setup {
        changes.push(of_cluster(How::Changed, new).words(format!("now {}", setup(new))));
    }
    let pools = |how, these: &Cluster, but: &Cluster| -> Vec<Change> {
        let pools = these.node_pools.iter().filter(|pool| !but.node_pools.contains(pool));
        let subject = |pool: &String| format!("node pool {pool} of cluster {}", these.name);
        pools.map(|pool| Change::new(Kind::Cluster, how, subject(pool))).collect()
    };
    let gained = pools(How::Added, new, old).into_iter();
    changes.extend(gained.map(|change| {
        let words = "gcloud.sh switches it to the GKE metadata server, which makes its nodes anew, unless it has that";
        change.words(words).effect(Effect::Rolls)
    }));
    let lost = pools(How::Removed, old, new).into_iter();
    changes.extend(lost.map(|change| change.words("gcloud.sh leaves it as it is")));
    changes
}
