//! Rules for the cluster and its workload pool.

use crate::app::{App, ClusterType, Setup};
use crate::diagnostic::{Code, Diagnostic, Place, quoted};

/// A cluster stands in a region or in a zone.
pub(super) fn location(app: &App, found: &mut Vec<Diagnostic>) {
    let cluster = &app.cluster;
    match (&cluster.region, &cluster.zone) {
        (Some(region), Some(zone)) => found.push(
            Diagnostic::new(
                Code::ClusterLocation,
                Place::key("/cluster/zone"),
                format!("the cluster has both the region {} and the zone {}", quoted(region), quoted(zone)),
            )
            .related(Place::key("/cluster/region"), "the region")
            .help("keep `region` for a regional cluster, `zone` for a zonal one"),
        ),
        (None, None) if cluster.setup != Setup::None => found.push(
            Diagnostic::new(
                Code::ClusterLocation,
                Place::key("/cluster"),
                "the cluster has neither a region nor a zone",
            )
            .help("add `region`, for example \"us-central1\", or `zone`, for example \"us-central1-a\""),
        ),
        (None, Some(zone)) if cluster.kind == ClusterType::Autopilot => found.push(
            Diagnostic::new(
                Code::ClusterType,
                Place::value("/cluster/zone"),
                format!("an Autopilot cluster is regional, and {} is a zone", quoted(zone)),
            )
            .related(Place::value("/cluster/type"), "Autopilot here")
            .help("give its `region` instead"),
        ),
        _ => {}
    }
}

/// Who may touch node pools.
pub(super) fn node_pools(app: &App, found: &mut Vec<Diagnostic>) {
    let cluster = &app.cluster;
    if cluster.node_pools.is_empty() {
        return;
    }
    let (message, other, label) = if cluster.kind == ClusterType::Autopilot {
        ("the node pools of an Autopilot cluster are Google's", "/cluster/type", "Autopilot here")
    } else if matches!(cluster.setup, Setup::Verify | Setup::None) {
        (
            "node pools are switched only where the script may change the cluster",
            "/cluster/setup",
            "it only looks here",
        )
    } else {
        return;
    };
    found.push(
        Diagnostic::new(Code::ClusterType, Place::key("/cluster/nodePools"), message)
            .related(Place::value(other), label)
            .help("take `nodePools` out, or set `setup` to \"update\" for a Standard cluster"),
    );
}

/// The pool of a project with a domain is in no public document.
pub(super) fn domain_scoped_pool(app: &App, found: &mut Vec<Diagnostic>) {
    let (place, project) = match &app.cluster.project {
        Some(project) => ("/cluster/project", project),
        None => ("/project", &app.project),
    };
    if project.contains(':') && app.cluster.workload_pool.is_none() {
        found.push(
            Diagnostic::new(
                Code::DomainScopedPool,
                Place::value(place),
                format!(
                    "the workload pool of {} is taken to be `{project}.svc.id.goog`",
                    quoted(project)
                ),
            )
            .help("read it from a cluster of the project, and say it in `cluster.workloadPool`"),
        );
    }
}

/// Namespaces in which the system of the cluster lives.
pub(super) fn system_namespace(app: &App, found: &mut Vec<Diagnostic>) {
    let namespace = &app.namespace;
    if namespace.starts_with("kube-")
        || namespace.starts_with("gke-")
        || namespace.starts_with("gmp-")
    {
        found.push(
            Diagnostic::new(
                Code::SystemNamespace,
                Place::value("/namespace"),
                format!("the namespace {} is the system's", quoted(namespace)),
            )
            .help("give the app a namespace of its own"),
        );
    }
}

/// A number belongs to the project beside it.
pub(super) fn project_number(app: &App, found: &mut Vec<Diagnostic>) {
    if app.cluster.project_number.is_some() && app.cluster.project.is_none() {
        found.push(
            Diagnostic::new(
                Code::ProjectId,
                Place::key("/cluster/projectNumber"),
                "the cluster has no project of its own that this could be the number of",
            )
            .help("write `projectNumber` beside the app's `project`"),
        );
    }
}
