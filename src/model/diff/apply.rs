//! What the API server makes of a changed manifest: what it stores, and what it refuses.

use serde_json::{Map, Value, json};

use super::change::ApplyMode;
use super::manifest::differing;
use crate::kubernetes::{Quantities, Version, WorkloadKind, store};

/// A workload on the API server to which a changed manifest is applied.
pub(super) struct Live<'a> {
    kind: WorkloadKind,
    version: Version,
    manifest: &'a Value,
    /// What the server has stored for the manifest.
    pub(super) stored: Value,
}

/// What comes of it.
pub(super) struct Applied {
    /// What the server stores, unless it refuses.
    pub(super) stored: Value,
    pub(super) refused: Vec<String>,
    /// Fields that it has filled in itself, that stay, and that the changed ones exclude.
    pub(super) leftovers: Vec<String>,
}

impl<'a> Live<'a> {
    pub(super) fn new(kind: WorkloadKind, version: Version, manifest: &'a Value) -> Self {
        Self { kind, version, manifest, stored: stored(kind, manifest.clone()) }
    }

    pub(super) fn apply(&self, new: &Value, mode: ApplyMode) -> Applied {
        let merge = Merge { mode, only_given: false };
        let stored = stored(self.kind, merge.values(self.manifest, &self.stored, new));
        let mut refused = Vec::new();
        let (was, is) = (self.immutable(&self.stored, &stored), self.immutable(&stored, &stored));
        differing("", &was, &is, &mut refused);
        Applied { leftovers: leftovers(self.kind, &stored), stored, refused }
    }

    /// The immutable part of an object that is replaced by `new`. Sources: Kubernetes, `ValidateUpdate` in
    /// `pkg/registry/apps/{deployment,daemonset}/strategy.go`, `ValidateStatefulSetUpdate` in
    /// `pkg/apis/apps/validation/validation.go`, `ValidateJobSpecUpdate` in
    /// `pkg/apis/batch/validation/validation.go`.
    fn immutable(&self, object: &Value, new: &Value) -> Value {
        let mut spec = object["spec"].as_object().cloned().unwrap_or_default();
        match self.kind {
            WorkloadKind::Deployment | WorkloadKind::DaemonSet => {
                spec.retain(|field, _| field == "selector");
            }
            WorkloadKind::StatefulSet => {
                let keeps_history = self.version < Version::HISTORY_LIMIT_IS_MUTABLE;
                spec.retain(|field, _| {
                    !MUTABLE_IN_STATEFUL_SET.contains(&field.as_str())
                        || keeps_history && field == "revisionHistoryLimit"
                });
            }
            WorkloadKind::Job => {
                let new = &new["spec"];
                // Only together with `parallelism`.
                let is_elastic =
                    new["completionMode"] == "Indexed" && new["completions"] == new["parallelism"];
                spec.retain(|field, _| {
                    IMMUTABLE_IN_JOB.contains(&field.as_str())
                        || field == "completions" && !is_elastic
                });
                let template = spec.get_mut("template");
                if let Some(template) = template.filter(|_| self.stored["spec"]["suspend"] == true)
                {
                    self.remove_mutable_if_suspended(template);
                }
            }
            WorkloadKind::CronJob => spec.clear(),
        }
        json!({ "spec": spec })
    }

    /// Removes what a suspended Job may change in its pods. Sources: Kubernetes, "Jobs", Mutable Scheduling
    /// Directives, and Mutable Pod Resources; `validatePodTemplateUpdate` in the validation of Jobs.
    fn remove_mutable_if_suspended(&self, template: &mut Value) {
        remove_below(template, "metadata", &["labels", "annotations"]);
        let Some(pod) = template.get_mut("spec") else { return };
        remove(pod, &["nodeSelector", "tolerations", "schedulingGates"]);
        remove_below(pod, "affinity", &["nodeAffinity"]);
        if self.version < Version::RESOURCES_OF_JOBS_ARE_MUTABLE {
            return;
        }
        for list in ["containers", "initContainers"] {
            for container in pod.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                remove_below(container, "resources", &["limits", "requests"]);
            }
        }
    }
}

/// The mutable fields in the spec of a StatefulSet.
const MUTABLE_IN_STATEFUL_SET: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// The immutable fields in the spec of a Job, besides `completions`.
const IMMUTABLE_IN_JOB: [&str; 7] = [
    "selector",
    "template",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
];

fn remove(table: &mut Value, keys: &[&str]) {
    if let Some(table) = table.as_object_mut() {
        table.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

/// Removes keys of a table below a key, and the table if nothing else is in it.
fn remove_below(table: &mut Value, key: &str, keys: &[&str]) {
    let Some(below) = table.get_mut(key) else { return };
    remove(below, keys);
    if below.as_object().is_some_and(Map::is_empty) {
        remove(table, &[key]);
    }
}

/// An object as the API server stores it. Equal quantities are equal, except in the pods of a StatefulSet
/// or DaemonSet: their controllers compare revisions byte by byte.
fn stored(kind: WorkloadKind, mut object: Value) -> Value {
    let template = object["spec"]["template"].clone();
    let store_as = |definition: &str, value: &mut Value, quantities| {
        if let Some(table) = value.as_object_mut() {
            store(definition, table, quantities);
        }
    };
    store_as(kind.as_str(), &mut object, Quantities::AsNumbers);
    if let (WorkloadKind::StatefulSet | WorkloadKind::DaemonSet, mut template @ Value::Object(_)) =
        (kind, template)
    {
        store_as("PodTemplateSpec", &mut template, Quantities::AsStored);
        object["spec"]["template"] = template;
    }
    object
}

/// Applies a manifest over what is stored for an older one. A field of the older manifest that the new one
/// lacks is removed with all that is in it. A field that the server has added stays. Sources: Kubernetes,
/// "Declarative Management", How apply calculates differences; "Server-Side Apply", Field management.
#[derive(Clone, Copy)]
struct Merge {
    mode: ApplyMode,
    /// Whether a field that the server has added is removed, too.
    only_given: bool,
}

impl Merge {
    fn values(self, old: &Value, live: &Value, new: &Value) -> Value {
        match (live, new) {
            (Value::Object(live), Value::Object(new)) => {
                let kept = live.iter().filter(|(key, _)| {
                    new.contains_key(*key) || old.get(*key).is_none() && !self.only_given
                });
                let mut merged: Map<String, Value> =
                    kept.map(|(key, value)| (key.clone(), value.clone())).collect();
                for (key, value) in new {
                    let value = match live.get(key) {
                        Some(live) => self.below(key).values(&old[key], live, value),
                        None => value.clone(),
                    };
                    merged.insert(key.clone(), value);
                }
                Value::Object(merged)
            }
            (Value::Array(live), Value::Array(new)) => {
                let named = |list: &'_ [Value], name: &Value| {
                    list.iter().find(|one| one["name"] == *name).cloned()
                };
                let old = old.as_array().map(Vec::as_slice).unwrap_or_default();
                let merged = new.iter().map(|new| {
                    let name = &new["name"];
                    match named(live, name).filter(|_| name.is_string()) {
                        Some(live) => {
                            self.values(&named(old, name).unwrap_or_default(), &live, new)
                        }
                        None => new.clone(),
                    }
                });
                merged.collect()
            }
            _ => new.clone(),
        }
    }

    /// Source: the patch strategy `retainKeys` of the types in `k8s.io/api`.
    fn below(self, key: &str) -> Self {
        let retains_keys = ["strategy", "volumes", "resourceClaims"].contains(&key);
        Self { only_given: retains_keys && self.mode == ApplyMode::ClientSide, ..self }
    }
}

/// Fields that exclude each other, of which the server has added one. Source: Kubernetes,
/// `ValidateDeploymentStrategy` and `ValidateStatefulSetSpec` in `pkg/apis/apps/validation/validation.go`,
/// `validateVolumeSource` in `pkg/apis/core/validation/validation.go`.
fn leftovers(kind: WorkloadKind, object: &Value) -> Vec<String> {
    let strategy = match kind {
        WorkloadKind::Deployment => Some(("strategy", "Recreate")),
        WorkloadKind::StatefulSet => Some(("updateStrategy", "OnDelete")),
        WorkloadKind::DaemonSet | WorkloadKind::Job | WorkloadKind::CronJob => None,
    };
    let strategy = strategy.filter(|(field, excludes)| {
        let strategy = &object["spec"][field];
        strategy["type"] == *excludes && strategy.get("rollingUpdate").is_some()
    });
    let strategy = strategy.map(|(field, _)| format!("spec.{field}.rollingUpdate"));
    let template = kind.pod_template();
    let volumes = object.pointer(&format!("{template}/spec/volumes")).and_then(Value::as_array);
    let crowded = volumes.into_iter().flatten().filter(|volume| {
        volume.get("emptyDir").is_some() && volume.as_object().is_some_and(|keys| keys.len() > 2)
    });
    let path = template.trim_start_matches('/').replace('/', ".");
    let crowded = crowded.filter_map(|volume| volume["name"].as_str());
    let crowded = crowded.map(|name| format!("{path}.spec.volumes[{name}].emptyDir"));
    strategy.into_iter().chain(crowded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::Source;
    use WorkloadKind::{CronJob, DaemonSet, Deployment, Job, StatefulSet};

    fn yaml(text: &str) -> Value {
        crate::text::parse(&Source::new("a.yaml", format!("{{{text}}}"))).unwrap()
    }

    /// What comes of applying an object with this `spec` over one with another.
    fn applied(kind: WorkloadKind, old: &str, new: &str, mode: ApplyMode) -> Applied {
        let object = |spec: &str| yaml(&format!("spec: {{{spec}}}"));
        Live::new(kind, Version::NEWEST, &object(old)).apply(&object(new), mode)
    }

    fn claim(spec: &str) -> String {
        format!("volumeClaimTemplates: [{{metadata: {{name: d}}, spec: {{{spec}}}}}]")
    }

    fn pod(spec: &str) -> String {
        format!("template: {{spec: {{{spec}}}}}")
    }

    fn container(resources: &str) -> String {
        pod(&format!("containers: [{{name: a, image: 'a:1', resources: {{{resources}}}}}]"))
    }

    #[test]
    fn what_the_api_server_refuses_to_change() {
        let storage = |size: &str| claim(&format!("resources: {{requests: {{storage: {size}}}}}"));
        let file_system = claim("resources: {requests: {storage: 1024Mi}}, volumeMode: Filesystem");
        let suspended = |spec: String| "suspend: true, ".to_owned() + &spec;
        let refused = |kind, old: &str, new: &str, refused: &str| {
            for mode in [ApplyMode::ClientSide, ApplyMode::ServerSide] {
                let found = applied(kind, old, new, mode).refused.join(", ");
                assert_eq!(found, refused, "{kind:?} {old} {new} {mode:?}");
            }
        };
        let [a1, a2] = ["1", "2"].map(|a| format!("selector: {{matchLabels: {{a: '{a}'}}}}"));
        refused(Deployment, &a1, &a2, "spec.selector.matchLabels.a");
        refused(DaemonSet, "selector: {}", &a2, "spec.selector.matchLabels");
        refused(Deployment, &pod("hostname: a"), &pod("hostname: b"), "");
        refused(StatefulSet, "serviceName: a", "serviceName: b", "spec.serviceName");
        let stored =
            "podManagementPolicy: OrderedReady, revisionHistoryLimit: 3, minReadySeconds: 1";
        refused(StatefulSet, "", stored, "");
        refused(StatefulSet, &storage("1Gi"), &file_system, "");
        refused(StatefulSet, &storage("1Gi"), &storage("'1073741824'"), "");
        let field = "spec.volumeClaimTemplates[d].spec.resources.requests.storage";
        refused(StatefulSet, &storage("1Gi"), &storage("2Gi"), field);
        refused(Job, "", "parallelism: 2", "");
        let stored = "parallelism: 1, completions: 1, completionMode: NonIndexed, backoffLimit: 6";
        refused(Job, "", stored, "");
        refused(Job, "parallelism: 2", "", "spec.completions");
        refused(Job, "", "completions: 2", "spec.completions");
        let indexed = |completions: u8, parallelism: u8| {
            let mode = "completionMode: Indexed";
            format!("{mode}, completions: {completions}, parallelism: {parallelism}")
        };
        refused(Job, &indexed(2, 2), &indexed(3, 3), "");
        refused(Job, &indexed(2, 2), &indexed(3, 2), "spec.completions");
        refused(Job, &pod(""), &pod("dnsPolicy: ClusterFirst, hostNetwork: false"), "");
        refused(Job, &pod(""), &pod("hostNetwork: true"), "spec.template.spec.hostNetwork");
        let [none, one, milli] = ["", "limits: {cpu: '1'}", "limits: {cpu: 1000m}"].map(container);
        refused(Job, &one, &milli, "");
        refused(Job, &none, &one, "spec.template.spec.containers[a].resources");
        refused(Job, &suspended(none), &suspended(one), "");
        let none = suspended(pod(""));
        let nodes = suspended(pod("affinity: {nodeAffinity: {}}, tolerations: [{}]"));
        refused(Job, &none, &nodes, "");
        let pods = suspended(pod("affinity: {podAffinity: {}}"));
        refused(Job, &none, &pods, "spec.template.spec.affinity");
        let template = |count: u8| format!("jobTemplate: {{spec: {{completions: {count}}}}}");
        refused(CronJob, &template(1), &template(2), "");
    }

    #[test]
    fn what_older_servers_refuse() {
        let job = |cpu: &str| {
            let container = container(&format!("limits: {{cpu: '{cpu}'}}"));
            yaml(&format!("spec: {{suspend: true, {container}}}"))
        };
        let (old, new) = (job("1"), job("2"));
        let refused = |minor: &str| {
            let live = Live::new(Job, Version::parse(minor).unwrap(), &old);
            live.apply(&new, ApplyMode::ClientSide).refused.len()
        };
        assert_eq!((refused("1.35"), refused("1.36")), (1, 0));
    }

    #[test]
    fn what_the_server_has_added_may_stay() {
        let volume = |source: &str| pod(&format!("volumes: [{{name: a{source}}}]"));
        let leftovers = |kind, old: &str, new: &str, expected: [usize; 2]| {
            let found = [ApplyMode::ClientSide, ApplyMode::ServerSide]
                .map(|mode| applied(kind, old, new, mode).leftovers.len());
            assert_eq!(found, expected, "{kind:?} {old} {new}");
        };
        let recreate = "strategy: {type: Recreate}";
        leftovers(Deployment, "", recreate, [0, 1]);
        leftovers(Deployment, "strategy: {type: RollingUpdate}", recreate, [0, 1]);
        leftovers(Deployment, "strategy: {rollingUpdate: {maxSurge: 1}}", recreate, [0, 0]);
        leftovers(Deployment, recreate, "", [0, 0]);
        let on_delete = "updateStrategy: {type: OnDelete}";
        leftovers(StatefulSet, "", on_delete, [1, 1]);
        leftovers(StatefulSet, "updateStrategy: {type: RollingUpdate}", on_delete, [0, 0]);
        let partition = "updateStrategy: {rollingUpdate: {partition: 1}}";
        leftovers(StatefulSet, partition, on_delete, [0, 0]);
        leftovers(DaemonSet, "", on_delete, [0, 0]);
        let secret = volume(", secret: {secretName: b}");
        leftovers(Deployment, &volume(""), &secret, [0, 1]);
        leftovers(Deployment, &volume(", emptyDir: {}"), &secret, [0, 0]);
        let image = |image: &str| pod(&format!("containers: [{{name: a, image: '{image}'}}]"));
        let after = applied(Deployment, &image("a"), &image("a:1"), ApplyMode::ClientSide).stored;
        assert_eq!(after["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"], "Always");
    }
}
