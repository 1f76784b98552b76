//! Changes of the cluster: where the app runs, and what the script does there.

use super::change::{Change, ChangeType, Effect, Resolved, Subject};
use crate::model::identity::{Cluster, ClusterLocation, Identity};
use crate::spec::types::{CloudFormat, ClusterType, Setup};

pub(super) fn changes(old: Option<&Resolved>, new: Option<&Resolved>) -> Vec<Change> {
    // Config Connector does nothing about a cluster.
    let is_left_alone = |side: &Resolved| {
        [CloudFormat::ConfigConnector, CloudFormat::None].contains(&side.identity.format)
    };
    if new.or(old).is_none_or(is_left_alone) {
        return Vec::new();
    }
    let cluster = |side: Option<&Resolved>| side.and_then(|side| side.identity.cluster.clone());
    match (cluster(old), cluster(new)) {
        (Some(old), Some(new)) if is_same_place(&old, &new) => same_cluster(&old, &new),
        (Some(old), Some(new)) => {
            let detail = format!(
                "was {}; apply the manifests there, and delete what is in the old one",
                place(&old)
            );
            vec![change(ChangeType::Changed, &new).detail(detail).effect(Effect::Stays)]
        }
        (None, Some(cluster)) => {
            vec![change(ChangeType::Added, &cluster).detail(setup(&cluster))]
        }
        (Some(cluster), None) => {
            vec![change(ChangeType::Removed, &cluster).detail("gcloud.sh leaves it as it is")]
        }
        (None, None) => Vec::new(),
    }
}

/// Whether both apps run on one cluster, as far as the specs say.
pub(super) fn is_same(old: &Identity, new: &Identity) -> bool {
    match (&old.cluster, &new.cluster) {
        (Some(old), Some(new)) => is_same_place(old, new),
        _ => old.pods.pool == new.pods.pool,
    }
}

fn is_same_place(one: &Cluster, other: &Cluster) -> bool {
    (&one.name, &one.project, &one.location) == (&other.name, &other.project, &other.location)
}

fn place(cluster: &Cluster) -> String {
    let location = match &cluster.location {
        ClusterLocation::Region(name) => format!("region {name}"),
        ClusterLocation::Zone(name) => format!("zone {name}"),
    };
    format!("{} in {location}, project {}", cluster.name, cluster.project)
}

fn change(change_type: ChangeType, cluster: &Cluster) -> Change {
    Change::new(Subject::Cluster, change_type, format!("cluster {}", place(cluster)))
}

/// What the script does about the cluster.
fn setup(cluster: &Cluster) -> &'static str {
    match (cluster.setup, cluster.kind) {
        (Setup::Create, ClusterType::Autopilot) => "gcloud.sh creates it if it is missing",
        (Setup::Create, ClusterType::Standard) => {
            "gcloud.sh creates it if it is missing, and turns on Workload Identity if it is off"
        }
        (Setup::Update, ClusterType::Standard) => {
            "gcloud.sh turns on Workload Identity if it is off"
        }
        _ => "gcloud.sh checks it and changes nothing",
    }
}

fn same_cluster(old: &Cluster, new: &Cluster) -> Vec<Change> {
    let mut changes = Vec::new();
    if old.kind != new.kind {
        let kind = |cluster: &Cluster| match cluster.kind {
            ClusterType::Autopilot => "an Autopilot cluster",
            ClusterType::Standard => "a Standard cluster",
        };
        let detail = format!(
            "is {}, was {}: gcloud.sh stops if that is wrong; a cluster cannot be converted to the other type",
            kind(new),
            kind(old)
        );
        changes.push(change(ChangeType::Changed, new).detail(detail));
    }
    if old.setup != new.setup {
        changes.push(change(ChangeType::Changed, new).detail(format!("now {}", setup(new))));
    }
    let pools = |change_type, these: &Cluster, but: &Cluster| -> Vec<Change> {
        let pools = these.node_pools.iter().filter(|pool| !but.node_pools.contains(pool));
        let name = |pool: &String| format!("node pool {pool} of cluster {}", these.name);
        pools.map(|pool| Change::new(Subject::Cluster, change_type, name(pool))).collect()
    };
    let gained = pools(ChangeType::Added, new, old).into_iter();
    changes.extend(gained.map(|pool| {
        let detail = "gcloud.sh switches it to the GKE metadata server, which recreates its nodes, unless it has it already";
        pool.detail(detail).effect(Effect::Rolls)
    }));
    let lost = pools(ChangeType::Removed, old, new).into_iter();
    changes.extend(lost.map(|pool| pool.detail("gcloud.sh leaves it as it is")));
    changes
}
