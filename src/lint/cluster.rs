//! Rules for clusters and node pools that were described or are created.

use super::rule::Found;
use crate::chain::{clusters_without_pool, node_pools_without_server};
use crate::diagnostics::{Code, Diagnostic, Location, Severity, quoted};
use crate::observed::World;

/// Clusters and node pools on which pods get the identity of their node.
pub(super) fn metadata_server(world: &World<'_>, found: &mut Found) {
    let mut warn = |place: &Option<Location>, message: String, help: &str| {
        let Some(place) = place else { return };
        let mut diagnostic =
            Diagnostic::new(Code::METADATA_SERVER, place.clone(), message).help(help);
        diagnostic.severity = Severity::Warning;
        found.push(diagnostic);
    };
    for cluster in clusters_without_pool(world) {
        let name = quoted(&cluster.name.shown());
        let message = format!(
            "the cluster {name} has no workload identity pool: its pods get the identity of their node"
        );
        warn(&cluster.place, message, "set `--workload-pool=PROJECT.svc.id.goog`");
    }
    for pool in node_pools_without_server(world) {
        let name = quoted(&pool.name.shown());
        let message = format!("pods on the node pool {name} get the identity of their node");
        warn(&pool.place, message, "set `--workload-metadata=GKE_METADATA`");
    }
}
