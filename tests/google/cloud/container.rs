//! GKE: clusters, node pools, and the operations that change them.

use serde_json::{Value, json};

use super::answer::Answer;
use super::request::{Request, only};
use super::world::World;

/// A cluster. [`Cluster::default`] is a standard one without Workload Identity, with one node pool.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// The workload pool, where Workload Identity is on.
    pub(crate) pool: Option<String>,
    pub(crate) autopilot: bool,
    /// Name and metadata mode of each node pool: `GCE_METADATA`, `GKE_METADATA`, or nothing.
    pub(crate) node_pools: Vec<(String, String)>,
    /// `RUNNING`; or what else the API says.
    pub(crate) status: String,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            pool: None,
            autopilot: false,
            node_pools: vec![("default-pool".into(), String::new())],
            status: "RUNNING".into(),
        }
    }
}

impl Cluster {
    /// A standard cluster that uses this pool, on all its nodes.
    pub(crate) fn with_pool(pool: &str) -> Self {
        let node_pools = vec![("default-pool".into(), "GKE_METADATA".into())];
        Self { pool: Some(pool.into()), node_pools, ..Self::default() }
    }

    /// An Autopilot cluster that uses this pool.
    pub(crate) fn autopilot(pool: &str) -> Self {
        Self { autopilot: true, ..Self::with_pool(pool) }
    }

    pub(super) fn state(&self) -> Value {
        json!({
            "pool": self.pool,
            "autopilot": self.autopilot,
            "nodePools": self.node_pools,
            "status": self.status,
        })
    }
}

/// What an operation does to its cluster when it is done.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Create,
    Pool(String),
    Metadata {
        node_pool: String,
        mode: String,
    },
    Delete,
    /// Somebody else's business.
    Other,
}

impl Effect {
    /// The type of the operation, and what it is said to be doing.
    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Create => ("CREATE_CLUSTER", "creating"),
            Self::Pool(_) => ("UPDATE_CLUSTER", "updating"),
            Self::Metadata { .. } => ("UPDATE_NODE_POOL", "updating"),
            Self::Delete => ("DELETE_CLUSTER", "deleting"),
            Self::Other => ("UPGRADE_MASTER", "upgrading"),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Operation {
    name: String,
    /// `projects/P/locations/L/clusters/C`
    cluster: String,
    effect: Effect,
    /// How often it is seen running from now on.
    polls: usize,
    done: bool,
}

pub(super) fn answer(world: &mut World, request: &Request, path: &[&str]) -> Option<Answer> {
    let ["v1", "projects", project, "locations", location, rest @ ..] = path else { return None };
    if world.project(project).as_deref() != Some(project) {
        return Some(Answer::error(403, "The caller does not have permission"));
    }
    let parent = format!("projects/{project}/locations/{location}");
    let within = |path: &str| {
        *location == "-" && path.starts_with(&format!("projects/{project}/locations/"))
            || path.starts_with(&format!("{parent}/"))
    };
    request.has_only(&[], if request.method == "GET" { &[] } else { &KEYS })?;
    let (name, path) = match rest {
        ["clusters", name, ..] => ((*name).to_owned(), format!("{parent}/clusters/{name}")),
        _ => (String::new(), String::new()),
    };
    match (request.method.as_str(), rest) {
        ("GET", ["clusters"]) => {
            let paths: Vec<String> =
                world.clusters.keys().filter(|path| within(path)).cloned().collect();
            for path in &paths {
                poll(world, path);
            }
            let clusters: Vec<Value> = paths.iter().filter_map(|path| value(world, path)).collect();
            Some(Answer::ok(json!({ "clusters": clusters })))
        }
        ("POST", ["clusters"]) => create(world, &parent, &request.body),
        ("GET", ["operations"]) => {
            poll_all(world, within);
            let operations: Vec<Value> = world
                .operations
                .iter()
                .filter(|operation| within(&operation.cluster))
                .map(operation_value)
                .collect();
            Some(Answer::ok(json!({ "operations": operations })))
        }
        ("GET", ["operations", name]) => {
            let found = world.operations.iter().find(|operation| operation.name == *name)?.clone();
            poll(world, &found.cluster);
            let found = world.operations.iter().find(|operation| operation.name == *name)?;
            Some(Answer::ok(operation_value(found)))
        }
        ("GET", ["clusters", _]) => {
            poll(world, &path);
            Some(value(world, &path).map_or_else(|| absent(&path), Answer::ok))
        }
        _ if !world.clusters.contains_key(&path) => Some(absent(&path)),
        ("DELETE", ["clusters", _]) => Some(begin(world, &path, Effect::Delete)),
        ("PUT", ["clusters", _]) => {
            let update = &request.body["update"];
            if !only(update, &["desiredWorkloadIdentityConfig"]) {
                return None;
            }
            let pool = update["desiredWorkloadIdentityConfig"]["workloadPool"].as_str()?;
            if let Some(refusal) = wrong_pool(project, pool) {
                return Some(refusal);
            }
            Some(begin(world, &path, Effect::Pool(pool.to_owned())))
        }
        (_, ["clusters", _, "nodePools", ..]) if world.clusters[&path].autopilot => {
            Some(Answer::error(400, "Autopilot node pools cannot be accessed or modified."))
        }
        ("GET", ["clusters", _, "nodePools"]) => {
            poll(world, &path);
            let pools = value(world, &path)?["nodePools"].take();
            Some(Answer::ok(json!({ "nodePools": pools })))
        }
        (method, ["clusters", _, "nodePools", node_pool]) => {
            let cluster = &world.clusters[&path];
            if !cluster.node_pools.iter().any(|(name, _)| name == node_pool) {
                return Some(absent(&format!("{path}/nodePools/{node_pool}")));
            }
            if method == "GET" {
                poll(world, &path);
                let pools = value(world, &path)?["nodePools"].take();
                let pool = pools.as_array()?.iter().find(|pool| pool["name"] == **node_pool)?;
                return Some(Answer::ok(pool.clone()));
            }
            let mode = request.body["workloadMetadataConfig"]["mode"].as_str()?.to_owned();
            if method != "PUT" || !["GKE_METADATA", "GCE_METADATA"].contains(&mode.as_str()) {
                return None;
            }
            if mode == "GKE_METADATA" && cluster.pool.is_none() {
                // The rule is documented, the words are from memory.
                return Some(failed(format!(
                    "Workload Identity must be enabled on cluster {name} first."
                )));
            }
            let node_pool = (*node_pool).to_owned();
            Some(begin(world, &path, Effect::Metadata { node_pool, mode }))
        }
        _ => None,
    }
}

/// The keys that bodies may have.
const KEYS: [&str; 5] = ["cluster", "parent", "name", "update", "workloadMetadataConfig"];

fn create(world: &mut World, parent: &str, body: &Value) -> Option<Answer> {
    let given = &body["cluster"];
    let keys = ["name", "nodePools", "workloadIdentityConfig", "autopilot", "ipAllocationPolicy"];
    if !only(given, &keys) || body["parent"] != *parent || parent.ends_with("/-") {
        return None;
    }
    let path = format!("{parent}/clusters/{}", given["name"].as_str()?);
    if world.clusters.contains_key(&path) {
        let message = format!("Already exists: {path}.");
        return Some(Answer::named(409, "ALREADY_EXISTS", message));
    }
    let project = parent.split('/').nth(1)?;
    let autopilot = given["autopilot"]["enabled"] == true;
    let pool = match given["workloadIdentityConfig"]["workloadPool"].as_str() {
        Some(pool) => Some(pool.to_owned()),
        // Autopilot clusters have it always.
        None => autopilot.then(|| format!("{project}.svc.id.goog")),
    };
    if let Some(refusal) = pool.as_ref().and_then(|pool| wrong_pool(project, pool)) {
        return Some(refusal);
    }
    let node_pools = given["nodePools"]
        .as_array()?
        .iter()
        .map(|given| {
            let mode = match given["config"]["workloadMetadataConfig"]["mode"].as_str() {
                Some(mode) => mode,
                None if pool.is_some() => "GKE_METADATA",
                None => "",
            };
            Some((given["name"].as_str()?.to_owned(), mode.to_owned()))
        })
        .collect::<Option<_>>()?;
    let cluster = Cluster { pool, autopilot, node_pools, status: "PROVISIONING".into() };
    world.clusters.insert(path.clone(), cluster);
    Some(begin(world, &path, Effect::Create))
}

/// Starts an operation on a cluster, unless another runs.
fn begin(world: &mut World, cluster: &str, effect: Effect) -> Answer {
    poll(world, cluster);
    let running = |operation: &&Operation| operation.cluster == cluster && !operation.done;
    if let Some(operation) = world.operations.iter().find(running) {
        return failed(format!(
            "Operation {} is currently {} cluster {}. Please wait and try again once it is done.",
            operation.name,
            operation.effect.names().1,
            cluster.rsplit('/').next().unwrap_or_default(),
        ));
    }
    let polls = world.polls;
    Answer::ok(operation_value(start(world, cluster, effect, polls)))
}

/// Starts an operation on a cluster.
pub(super) fn start<'w>(
    world: &'w mut World,
    cluster: &str,
    effect: Effect,
    polls: usize,
) -> &'w Operation {
    let name = format!("operation-{}-c0ffee", world.number());
    let cluster = cluster.to_owned();
    world.operations.push(Operation { name, cluster, effect, polls, done: false });
    &world.operations[world.operations.len() - 1]
}

/// Somebody looks at a cluster: what runs on it comes nearer to its end.
fn poll(world: &mut World, cluster: &str) {
    poll_all(world, |path| path == cluster);
}

fn poll_all(world: &mut World, looked_at: impl Fn(&str) -> bool) {
    let mut ended = Vec::new();
    for operation in &mut world.operations {
        if operation.done || !looked_at(&operation.cluster) {
            continue;
        }
        if operation.polls > 0 {
            operation.polls -= 1;
        } else {
            operation.done = true;
            ended.push((operation.cluster.clone(), operation.effect.clone()));
        }
    }
    for (path, effect) in ended {
        end(world, &path, effect);
    }
}

fn end(world: &mut World, path: &str, effect: Effect) {
    let Some(cluster) = world.clusters.get_mut(path) else { return };
    match effect {
        Effect::Create => cluster.status = "RUNNING".into(),
        Effect::Pool(pool) => cluster.pool = Some(pool),
        Effect::Metadata { node_pool, mode } => {
            for (_, old) in cluster.node_pools.iter_mut().filter(|(name, _)| *name == node_pool) {
                old.clone_from(&mode);
            }
        }
        Effect::Delete => {
            world.clusters.remove(path);
            return;
        }
        Effect::Other => {}
    }
    if let Some(pool) = cluster.pool.clone() {
        let project = path.split('/').nth(1).unwrap_or_default().to_owned();
        world.pools.insert(pool, project);
    }
}

pub(super) fn value(world: &World, path: &str) -> Option<Value> {
    let cluster = world.clusters.get(path)?;
    let mut parts = path.split('/').skip(3).step_by(2);
    let (location, name) = (parts.next()?, parts.next()?);
    let changing = world.operations.iter().any(|operation| {
        operation.cluster == path && !operation.done && !matches!(operation.effect, Effect::Create)
    });
    let status = match cluster.status.as_str() {
        "RUNNING" if changing => "RECONCILING",
        status => status,
    };
    let node_pools: Vec<Value> = cluster
        .node_pools
        .iter()
        .map(|(name, mode)| {
            let config = match mode.as_str() {
                "" => json!({}),
                mode => json!({ "workloadMetadataConfig": { "mode": mode } }),
            };
            json!({ "name": name, "status": "RUNNING", "config": config })
        })
        .collect();
    let mut value = json!({
        "name": name,
        "location": location,
        "zone": location,
        "status": status,
        "endpoint": "192.0.2.1",
        "selfLink": self_link(path),
        "nodePools": node_pools,
    });
    if let Some(pool) = &cluster.pool {
        value["workloadIdentityConfig"] = json!({ "workloadPool": pool });
    }
    if cluster.autopilot {
        value["autopilot"] = json!({ "enabled": true });
    }
    Some(value)
}

fn operation_value(operation: &Operation) -> Value {
    let (parent, _) = operation.cluster.rsplit_once("/clusters/").unwrap_or_default();
    json!({
        "name": operation.name,
        "operationType": operation.effect.names().0,
        "status": if operation.done { "DONE" } else { "RUNNING" },
        "zone": parent.rsplit('/').next(),
        "selfLink": self_link(&format!("{parent}/operations/{}", operation.name)),
        "targetLink": self_link(&operation.cluster),
        "startTime": "2026-01-01T00:00:00.000000000Z",
    })
}

/// Links of zones are written otherwise than those of regions.
fn self_link(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let zonal = parts.get(3).is_some_and(|location| location.matches('-').count() == 2);
    let path = if zonal { path.replacen("/locations/", "/zones/", 1) } else { path.to_owned() };
    format!("https://container.googleapis.com/v1/{path}")
}

fn wrong_pool(project: &str, pool: &str) -> Option<Answer> {
    let only = format!("{project}.svc.id.goog");
    (pool != only).then(|| {
        let message = format!("Currently, the only supported workload pool is \"{only}\".");
        Answer::error(400, message)
    })
}

fn failed(message: String) -> Answer {
    Answer::named(400, "FAILED_PRECONDITION", message)
}

fn absent(path: &str) -> Answer {
    Answer::error(404, format!("Not found: {path}."))
}
