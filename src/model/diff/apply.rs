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
    use WorkloadKind::{CronJob, DaemonSet, Deployment, Job, StatefulSet};

    fn applied(kind: WorkloadKind, old: &Value, new: &Value, mode: ApplyMode) -> Applied {
        let object = |spec: &Value| json!({ "spec": spec });
        let old = object(old);
        Live::new(kind, Version::NEWEST, &old).apply(&object(new), mode)
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a list: one entry for each change")]
    fn what_the_api_server_refuses_to_change() {
        let pod = |pod: Value| json!({"template": {"spec": pod}});
        let suspended = |pod: Value| json!({"suspend": true, "template": {"spec": pod}});
        let claim = |size: &str, more: Value| json!({"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {"resources": {"requests": {"storage": size}}, "volumeMode": more}}]});
        let container =
            |more: Value| json!({"containers": [{"name": "a", "image": "a:1", "resources": more}]});
        for (kind, old, new, refused) in [
            (
                Deployment,
                json!({"selector": {"matchLabels": {"a": "1"}}}),
                json!({"selector": {"matchLabels": {"a": "2"}}}),
                "spec.selector.matchLabels.a",
            ),
            (
                DaemonSet,
                json!({"selector": {}}),
                json!({"selector": {"matchLabels": {"a": "2"}}}),
                "spec.selector.matchLabels",
            ),
            (Deployment, pod(json!({"hostname": "a"})), pod(json!({"hostname": "b"})), ""),
            (
                StatefulSet,
                json!({"serviceName": "a"}),
                json!({"serviceName": "b"}),
                "spec.serviceName",
            ),
            (
                StatefulSet,
                json!({}),
                json!({"podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 3, "minReadySeconds": 1}),
                "",
            ),
            (StatefulSet, claim("1Gi", Value::Null), claim("1024Mi", "Filesystem".into()), ""),
            (StatefulSet, claim("1Gi", Value::Null), claim("1073741824", Value::Null), ""),
            (
                StatefulSet,
                claim("1Gi", Value::Null),
                claim("2Gi", Value::Null),
                "spec.volumeClaimTemplates[d].spec.resources.requests.storage",
            ),
            (Job, json!({}), json!({"parallelism": 2}), ""),
            (
                Job,
                json!({}),
                json!({"parallelism": 1, "completions": 1, "completionMode": "NonIndexed", "backoffLimit": 6}),
                "",
            ),
            (Job, json!({"parallelism": 2}), json!({}), "spec.completions"),
            (Job, json!({}), json!({"completions": 2}), "spec.completions"),
            (
                Job,
                json!({"completionMode": "Indexed", "completions": 2, "parallelism": 2}),
                json!({"completionMode": "Indexed", "completions": 3, "parallelism": 3}),
                "",
            ),
            (
                Job,
                json!({"completionMode": "Indexed", "completions": 2, "parallelism": 2}),
                json!({"completionMode": "Indexed", "completions": 3, "parallelism": 2}),
                "spec.completions",
            ),
            (
                Job,
                pod(json!({})),
                pod(json!({"dnsPolicy": "ClusterFirst", "hostNetwork": false})),
                "",
            ),
            (
                Job,
                pod(json!({})),
                pod(json!({"hostNetwork": true})),
                "spec.template.spec.hostNetwork",
            ),
            (
                Job,
                pod(container(json!({"limits": {"cpu": "1"}}))),
                pod(container(json!({"limits": {"cpu": "1000m"}}))),
                "",
            ),
            (
                Job,
                pod(container(json!({}))),
                pod(container(json!({"limits": {"cpu": "1"}}))),
                "spec.template.spec.containers[a].resources",
            ),
            (
                Job,
                suspended(container(json!({}))),
                suspended(container(json!({"limits": {"cpu": "1"}}))),
                "",
            ),
            (
                Job,
                suspended(json!({})),
                suspended(json!({"affinity": {"nodeAffinity": {}}, "tolerations": [{}]})),
                "",
            ),
            (
                Job,
                suspended(json!({})),
                suspended(json!({"affinity": {"podAffinity": {}}})),
                "spec.template.spec.affinity",
            ),
            (
                CronJob,
                json!({"jobTemplate": {"spec": {"completions": 1}}}),
                json!({"jobTemplate": {"spec": {"completions": 2}}}),
                "",
            ),
        ] {
            for mode in ApplyMode::ALL {
                let found = applied(kind, &old, &new, mode).refused.join(", ");
                assert_eq!(found, refused, "{kind:?} {old} {new} {mode:?}");
            }
        }
    }

    #[test]
    fn what_older_servers_refuse() {
        let job = |cpu: &str| json!({"spec": {"suspend": true, "template": {"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": cpu}}}]}}}});
        let (old, new) = (job("1"), job("2"));
        let refused = |minor: &str| {
            let live = Live::new(Job, Version::parse(minor).unwrap(), &old);
            live.apply(&new, ApplyMode::ClientSide).refused.len()
        };
        assert_eq!((refused("1.35"), refused("1.36")), (1, 0));
    }

    #[test]
    fn what_the_server_has_added_may_stay() {
        let volumes = |volume: Value| json!({"template": {"spec": {"volumes": [volume]}}});
        for (kind, old, new, client, server) in [
            (Deployment, json!({}), json!({"strategy": {"type": "Recreate"}}), 0, 1),
            (
                Deployment,
                json!({"strategy": {"type": "RollingUpdate"}}),
                json!({"strategy": {"type": "Recreate"}}),
                0,
                1,
            ),
            (
                Deployment,
                json!({"strategy": {"rollingUpdate": {"maxSurge": 1}}}),
                json!({"strategy": {"type": "Recreate"}}),
                0,
                0,
            ),
            (Deployment, json!({"strategy": {"type": "Recreate"}}), json!({}), 0, 0),
            (StatefulSet, json!({}), json!({"updateStrategy": {"type": "OnDelete"}}), 1, 1),
            (
                StatefulSet,
                json!({"updateStrategy": {"type": "RollingUpdate"}}),
                json!({"updateStrategy": {"type": "OnDelete"}}),
                0,
                0,
            ),
            (
                StatefulSet,
                json!({"updateStrategy": {"rollingUpdate": {"partition": 1}}}),
                json!({"updateStrategy": {"type": "OnDelete"}}),
                0,
                0,
            ),
            (DaemonSet, json!({}), json!({"updateStrategy": {"type": "OnDelete"}}), 0, 0),
            (
                Deployment,
                volumes(json!({"name": "a"})),
                volumes(json!({"name": "a", "secret": {"secretName": "b"}})),
                0,
                1,
            ),
            (
                Deployment,
                volumes(json!({"name": "a", "emptyDir": {}})),
                volumes(json!({"name": "a", "secret": {"secretName": "b"}})),
                0,
                0,
            ),
        ] {
            let found = ApplyMode::ALL.map(|mode| applied(kind, &old, &new, mode).leftovers.len());
            assert_eq!(found, [client, server], "{kind:?} {old} {new}");
        }
        let image = |image: &str| json!({"template": {"spec": {"containers": [{"name": "a", "image": image}]}}});
        let after = applied(Deployment, &image("a"), &image("a:1"), ApplyMode::ClientSide).stored;
        assert_eq!(after["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"], "Always");
    }
}
