//! Rules for the cluster and its workload pool.

use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::regions;
use crate::spec::types::{App, ClusterType, Setup};

crate::diagnostics::declare_code! {
    CLUSTER_LOCATION: Error = "cluster-location",
    what: "A cluster has exactly one location: `region` for a regional cluster, `zone` for a zonal one. This one has both, or none. Only `setup = \"none\"` needs no location.",
    why: "gcloud finds a cluster by its name and its location.",
    example: "[cluster]\nregion = \"us-central1\"\nzone = \"us-central1-a\"",
    instead: "[cluster]\nregion = \"us-central1\"",
    source: "GKE, About cluster configuration choices: https://cloud.google.com/kubernetes-engine/docs/concepts/configuration-overview",
}

crate::diagnostics::declare_code! {
    CLUSTER_TYPE: Error = "cluster-type",
    what: "This type of cluster cannot have this key: Autopilot clusters are regional and Google manages their node pools; and node pools are only switched if `setup` lets the script change the cluster.",
    why: "gcloud would refuse the command, or the script would change what it must not touch.",
    example: "[cluster]\ntype = \"autopilot\"\nnodePools = [\"default-pool\"]",
    instead: "[cluster]\ntype = \"autopilot\"",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// A cluster has a region or a zone.
pub(super) fn location(app: &App, found: &mut Vec<Diagnostic>) {
    let cluster = &app.cluster;
    match (&cluster.region, &cluster.zone) {
        (Some(region), Some(zone)) => found.push(
            Diagnostic::new(
                Code::CLUSTER_LOCATION,
                Location::key("/cluster/zone"),
                format!("the cluster has both the region {} and the zone {}", quoted(region), quoted(zone)),
            )
            .related(Location::key("/cluster/region"), "the region")
            .help("keep `region` for a regional cluster, `zone` for a zonal one"),
        ),
        (None, None) if cluster.setup != Setup::None => found.push(
            Diagnostic::new(
                Code::CLUSTER_LOCATION,
                Location::key("/cluster"),
                "the cluster has neither a region nor a zone",
            )
            .help("add `region`, for example \"us-central1\", or `zone`, for example \"us-central1-a\""),
        ),
        (None, Some(zone)) if cluster.kind == ClusterType::Autopilot => found.push(
            Diagnostic::new(
                Code::CLUSTER_TYPE,
                Location::value("/cluster/zone"),
                format!("an Autopilot cluster is regional, and {} is a zone", quoted(zone)),
            )
            .related(Location::value("/cluster/type"), "Autopilot here")
            .help("set its `region` instead"),
        ),
        _ => {}
    }
}

/// Node pools are listed only for a cluster whose node pools the script may change.
pub(super) fn node_pools(app: &App, found: &mut Vec<Diagnostic>) {
    let cluster = &app.cluster;
    if cluster.node_pools.is_empty() {
        return;
    }
    let (message, other, label) = if cluster.kind == ClusterType::Autopilot {
        ("Google manages the node pools of an Autopilot cluster", "/cluster/type", "Autopilot here")
    } else if matches!(cluster.setup, Setup::Verify | Setup::None) {
        (
            "node pools are switched only if the script may change the cluster",
            "/cluster/setup",
            "it only checks here",
        )
    } else {
        return;
    };
    found.push(
        Diagnostic::new(Code::CLUSTER_TYPE, Location::key("/cluster/nodePools"), message)
            .related(Location::value(other), label)
            .help("remove `nodePools`, or set `setup` to \"update\" for a Standard cluster"),
    );
}

crate::diagnostics::declare_code! {
    DOMAIN_SCOPED_POOL: Warning = "domain-scoped-pool",
    what: "The project ID has a domain (`example.com:books`) and `cluster.workloadPool` is not set. wigen assumes that the pool is the ID plus `.svc.id.goog`; no public document says so.",
    why: "If the pool has another name, the binding applies to nobody and the pods get a 403.",
    example: "project = \"example.com:books-api\"",
    instead: "project = \"example.com:books-api\"\n[cluster]\nworkloadPool = \"example.com:books-api.svc.id.goog\"\n[container]\nimage = \"us-docker.pkg.dev/example.com/books-api/books/api:1\"",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// No public document says what the workload pool of a domain-scoped project is called.
pub(super) fn domain_scoped_pool(app: &App, found: &mut Vec<Diagnostic>) {
    let (place, project) = match &app.cluster.project {
        Some(project) => ("/cluster/project", project),
        None => ("/project", &app.project),
    };
    if project.contains(':') && app.cluster.workload_pool.is_none() {
        found.push(
            Diagnostic::new(
                Code::DOMAIN_SCOPED_POOL,
                Location::value(place),
                format!(
                    "wigen assumes that the workload pool of {} is `{project}.svc.id.goog`",
                    quoted(project)
                ),
            )
            .help("look it up on a cluster of the project, and set `cluster.workloadPool`"),
        );
    }
}

crate::diagnostics::declare_code! {
    FOREIGN_POOL: Warning = "foreign-pool",
    what: "`cluster.workloadPool` belongs to a project other than the cluster's.",
    why: "A cluster uses the pool of its own project: bindings for another pool apply to nobody, and the pods get a 403. Only clusters of a fleet can share the pool of another project.",
    example: "[cluster]\nworkloadPool = \"other-project.svc.id.goog\"",
    instead: "[cluster]\nworkloadPool = \"my-project.svc.id.goog\"",
    source: "GKE, About Workload Identity Federation for GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
}

/// The workload pool of a cluster is that of its project. A fleet may share one, so this is not an error.
/// Source: GKE, "About Workload Identity Federation for GKE", identity sameness.
pub(super) fn foreign_pool(app: &App, found: &mut Vec<Diagnostic>) {
    let (place, project) = match &app.cluster.project {
        Some(project) => ("/cluster/project", project),
        None => ("/project", &app.project),
    };
    let Some(pool) = &app.cluster.workload_pool else { return };
    let named = pool.strip_suffix(".svc.id.goog").unwrap_or(pool);
    // Pools of other universes and of domain-scoped projects may have another form.
    if named != project && !named.contains(['.', ':']) && !project.contains(':') {
        found.push(
            Diagnostic::new(
                Code::FOREIGN_POOL,
                Location::value("/cluster/workloadPool"),
                format!("{} is not the workload pool of {}", quoted(pool), quoted(project)),
            )
            .related(Location::value(place), "the project of the cluster")
            .help("remove `workloadPool`, unless the cluster is in the fleet of that project"),
        );
    }
}

crate::diagnostics::declare_code! {
    UNKNOWN_LOCATION: Warning = "unknown-location",
    what: "The region, or the region of the zone, is not in wigen's list of Google Cloud regions, but resembles one that is.",
    why: "gcloud would look for the cluster in a location that does not exist. Unknown regions that resemble no other are not reported: Google adds some every year.",
    example: "[cluster]\nregion = \"us-centrl1\"",
    instead: "[cluster]\nregion = \"us-central1\"",
    source: "Compute Engine, Regions and zones: https://cloud.google.com/compute/docs/regions-zones",
}

/// Misspelt regions, and zones of misspelt regions.
pub(super) fn unknown_location(app: &App, found: &mut Vec<Diagnostic>) {
    let cluster = &app.cluster;
    let region = cluster.region.as_deref().map(|region| ("/cluster/region", region, ""));
    let zone = cluster.zone.as_deref().and_then(|zone| {
        let (region, letter) = zone.rsplit_once('-')?;
        Some(("/cluster/zone", region, letter))
    });
    for (place, name, letter) in region.into_iter().chain(zone) {
        let Some(similar) = regions::similar(name) else { continue };
        let similar = match letter {
            "" => similar.to_owned(),
            letter => format!("{similar}-{letter}"),
        };
        let message = format!("wigen does not know the region {}", quoted(name));
        found.push(
            Diagnostic::new(Code::UNKNOWN_LOCATION, Location::value(place), message)
                .help(format!("there is `{similar}`"))
                .replacement(format!("\"{similar}\"")),
        );
    }
}

crate::diagnostics::declare_code! {
    SYSTEM_NAMESPACE: Warning = "system-namespace",
    what: "The namespace starts with `kube-`, `gke-` or `gmp-`.",
    why: "The cluster runs its own workloads there: upgrades may change it, Autopilot rejects pods there, and whoever can act there can act as the system.",
    example: "namespace = \"kube-system\"",
    instead: "namespace = \"books\"",
    source: "GKE, Autopilot security features: https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-security",
}

/// Namespaces that belong to the system of the cluster.
pub(super) fn system_namespace(app: &App, found: &mut Vec<Diagnostic>) {
    let namespace = &app.namespace;
    if namespace.starts_with("kube-")
        || namespace.starts_with("gke-")
        || namespace.starts_with("gmp-")
    {
        found.push(
            Diagnostic::new(
                Code::SYSTEM_NAMESPACE,
                Location::value("/namespace"),
                format!("the namespace {} belongs to the system", quoted(namespace)),
            )
            .help("give the app its own namespace"),
        );
    }
}

/// A project number without the project that it belongs to.
pub(super) fn project_number(app: &App, found: &mut Vec<Diagnostic>) {
    if app.cluster.project_number.is_some() && app.cluster.project.is_none() {
        found.push(
            Diagnostic::new(
                Code::PROJECT_ID,
                Location::key("/cluster/projectNumber"),
                "the cluster does not set the project that this is the number of",
            )
            .help("write `projectNumber` next to the app's `project`"),
        );
    }
}
