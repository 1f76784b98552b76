//! Changes of the cluster: where the app runs, and what the script does there.

use super::change::{Change, ChangeType, Effect, Resolved, Subject};
use crate::model::identity::{Cluster, ClusterLocation, Identity};
use crate::spec::types::{CloudFormat, ClusterType, Setup};

pub(super) fn changes(old: Option<&Resolved>, new: Option<&Resolved>) -> Vec<Change> {
    // Config Connector does nothing about a cluster.
    let is_left_alone = |side: &Resolved| {
        [CloudFormat::ConfigConnector, CloudFormat::None].contains(&side.identity.format)
    };
    let Some(side) = new.or(old).filter(|side| !is_left_alone(side)) else { return Vec::new() };
    let format = side.identity.format;
    let cluster = |side: Option<&Resolved>| side.and_then(|side| side.identity.cluster.clone());
    match (cluster(old), cluster(new)) {
        (Some(old), Some(new)) if is_same_place(&old, &new) => same_cluster(&old, &new, format),
        (Some(old), Some(new)) => {
            let detail = format!(
                "was {}; apply the manifests there, and delete what is in the old one",
                place(&old)
            );
            vec![change(ChangeType::Changed, &new).detail(detail).effect(Effect::Stays)]
        }
        (None, Some(cluster)) => {
            vec![change(ChangeType::Added, &cluster).detail(setup(&cluster, format))]
        }
        (Some(cluster), None) => {
            let detail = format!("{} leaves it as it is", format.tool());
            vec![change(ChangeType::Removed, &cluster).detail(detail)]
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

/// What the tool does about the cluster.
fn setup(cluster: &Cluster, format: CloudFormat) -> String {
    let action = match (cluster.setup, cluster.kind) {
        (Setup::Create, ClusterType::Autopilot) => "creates it if it is missing",
        (Setup::Create, ClusterType::Standard) => {
            "creates it if it is missing, and turns on Workload Identity if it is off"
        }
        (Setup::Update, ClusterType::Standard) => "turns on Workload Identity if it is off",
        _ => "checks it and changes nothing",
    };
    format!("{} {action}", format.tool())
}

fn same_cluster(old: &Cluster, new: &Cluster, format: CloudFormat) -> Vec<Change> {
    let mut changes = Vec::new();
    if old.kind != new.kind {
        let kind = |cluster: &Cluster| match cluster.kind {
            ClusterType::Autopilot => "an Autopilot cluster",
            ClusterType::Standard => "a Standard cluster",
        };
        let check = match format {
            CloudFormat::Gcloud => "gcloud.sh stops if that is wrong; ",
            _ => "",
        };
        let detail = format!(
            "is {}, was {}: {check}a cluster cannot be converted to the other type",
            kind(new),
            kind(old)
        );
        changes.push(change(ChangeType::Changed, new).detail(detail));
    }
    if old.setup != new.setup {
        changes
            .push(change(ChangeType::Changed, new).detail(format!("now {}", setup(new, format))));
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
    changes.extend(lost.map(|pool| pool.detail(format!("{} leaves it as it is", format.tool()))));
    changes
}
