//! Which fields of two manifests differ, and which of them are immutable.

use serde_json::{Map, Value, json};

use crate::kubernetes::WorkloadKind;

/// The deepest paths at which two values differ: `spec.replicas`, `metadata.labels[example.com/team]`,
/// `containers[books].image`. Elements of a list are compared by name if all have one and their order
/// stays; any other list differs as a whole.
pub(super) fn differing(at: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let value = |object: &Map<String, Value>| object.get(key).cloned();
                let (old, new) = (value(old), value(new));
                differing(
                    &step(at, key),
                    &old.unwrap_or_default(),
                    &new.unwrap_or_default(),
                    found,
                );
            }
        }
        (Value::Array(_), Value::Array(_)) => match (by_name(old), by_name(new)) {
            (Some(old), Some(new)) if is_same_order(&old, &new) => {
                let added = new.keys().filter(|name| !old.contains_key(*name));
                for name in old.keys().chain(added) {
                    let at = format!("{at}[{name}]");
                    match (old.get(name), new.get(name)) {
                        (Some(old), Some(new)) => differing(&at, old, new, found),
                        _ => found.push(at),
                    }
                }
            }
            _ => found.push(at.to_owned()),
        },
        _ => found.push(at.to_owned()),
    }
}

fn step(at: &str, key: &str) -> String {
    match (at.is_empty(), key.contains(['.', '/', '[', ']'])) {
        (_, true) => format!("{at}[{key}]"),
        (true, false) => key.to_owned(),
        (false, false) => format!("{at}.{key}"),
    }
}

/// The elements of a list by name, such as containers and variables.
fn by_name(list: &Value) -> Option<Map<String, Value>> {
    let elements = list.as_array()?;
    let name = |element: &Value| element.get("name").or(element.pointer("/metadata/name")).cloned();
    let named: Option<Map<String, Value>> = elements
        .iter()
        .map(|element| Some((name(element)?.as_str()?.to_owned(), element.clone())))
        .collect();
    named.filter(|named| named.len() == elements.len())
}

/// Whether the common elements are in the same order, which matters for variables and init containers.
fn is_same_order(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    let common = old.keys().filter(|name| new.contains_key(*name));
    common.eq(new.keys().filter(|name| old.contains_key(*name)))
}

/// The manifest with the defaults of Kubernetes for immutable fields, so that writing out a default is no
/// change. Source: Kubernetes,
/// `pkg/apis/apps/v1/defaults.go`, `pkg/apis/batch/v1/defaults.go`.
pub(super) fn with_defaults(kind: WorkloadKind, manifest: &Value) -> Value {
    let mut manifest = manifest.clone();
    let Some(spec) = manifest["spec"].as_object_mut() else { return manifest };
    let mut default = |key: &str, value: Value| {
        spec.entry(key).or_insert(value);
    };
    match kind {
        WorkloadKind::StatefulSet => {
            default("podManagementPolicy", "OrderedReady".into());
            default("revisionHistoryLimit", 10.into());
            let claims = spec.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut);
            for claim in claims.into_iter().flatten() {
                if let Some(spec) = claim["spec"].as_object_mut() {
                    spec.entry("volumeMode").or_insert("Filesystem".into());
                }
            }
        }
        WorkloadKind::Job => {
            default("completionMode", "NonIndexed".into());
            if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
                spec.insert("completions".to_owned(), 1.into());
            }
            spec.entry("parallelism").or_insert(1.into());
        }
        WorkloadKind::Deployment | WorkloadKind::DaemonSet | WorkloadKind::CronJob => {}
    }
    manifest
}

/// The only mutable fields in the spec of a StatefulSet. Source: Kubernetes, `ValidateStatefulSetUpdate`
/// in `pkg/apis/apps/validation/validation.go`. Servers before 1.33 reject `revisionHistoryLimit` too.
const STATEFUL_SET: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// The immutable fields in the spec of a Job, besides its template and `completions`. Source:
/// Kubernetes, `ValidateJobSpecUpdate` in `pkg/apis/batch/validation/validation.go`.
const JOB: [&str; 6] = [
    "selector",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
];

/// The fields of a Job's pods that are mutable while it is suspended and has never run. Source: Kubernetes,
/// "Jobs", Mutable Scheduling Directives; `validatePodTemplateUpdate` in the same file.
const SCHEDULING: [&str; 6] = [
    "metadata.labels",
    "metadata.annotations",
    "spec.nodeSelector",
    "spec.tolerations",
    "spec.schedulingGates",
    "spec.affinity.nodeAffinity",
];

/// Whether the API server rejects a change of this field between these two manifests. The selector of Deployment and DaemonSet: Kubernetes, "Deployments", Label selector
/// updates; "DaemonSet", Pod Selector.
pub(super) fn is_refused(kind: WorkloadKind, path: &str, old: &Value, new: &Value) -> bool {
    let Some(path) = path.strip_prefix("spec.") else { return false };
    let field = path.split(['.', '[']).next().unwrap_or(path);
    match kind {
        WorkloadKind::Deployment | WorkloadKind::DaemonSet => field == "selector",
        WorkloadKind::StatefulSet => !STATEFUL_SET.contains(&field),
        WorkloadKind::Job if field == "template" => {
            let below = path.strip_prefix("template.").unwrap_or_default();
            let within = |known: &str| {
                let rest = below.strip_prefix(known);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            let is_suspended = old["spec"]["suspend"] == json!(true);
            !(is_suspended && SCHEDULING.into_iter().any(within))
        }
        // Mutable in an Indexed Job, but only together with `parallelism`.
        WorkloadKind::Job if field == "completions" => {
            let spec = &new["spec"];
            spec["completionMode"] != "Indexed" || spec["completions"] != spec["parallelism"]
        }
        WorkloadKind::Job => JOB.contains(&field),
        WorkloadKind::CronJob => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(old: &Value, new: &Value) -> Vec<String> {
        let mut found = Vec::new();
        differing("", old, new, &mut found);
        found
    }

    #[test]
    fn fields_that_differ_are_reported_by_path() {
        let old =
            json!({"a": {"x.y/z": 1, "b": [1, 2]}, "c": [{"name": "p", "v": 1}, {"name": "q"}]});
        let new = json!({"a": {"x.y/z": 2, "b": [2, 1]}, "c": [{"name": "p", "v": 2}, {"name": "r"}], "d": 1});
        assert_eq!(paths(&old, &new), ["a[x.y/z]", "a.b", "c[p].v", "c[q]", "c[r]", "d"]);
        assert_eq!(paths(&old, &old), [""; 0]);
        // Variables refer to those above them, so their order matters. Duplicate names identify nothing.
        let swapped = json!({"c": [{"name": "q"}, {"name": "p", "v": 1}]});
        assert_eq!(paths(&json!({"c": old["c"]}), &swapped), ["c"]);
        let twice = json!({"c": [{"name": "p"}, {"name": "p"}]});
        assert_eq!(paths(&twice, &json!({"c": [{"name": "p"}, {"name": "q"}]})), ["c"]);
    }

    #[test]
    fn what_the_api_server_rejects() {
        use WorkloadKind::{CronJob, DaemonSet, Deployment, Job, StatefulSet};
        let refused = |kind, path| is_refused(kind, path, &Value::Null, &Value::Null);
        for (kind, path) in [
            (Deployment, "spec.selector.matchLabels[a/b]"),
            (DaemonSet, "spec.selector.matchLabels.a"),
            (StatefulSet, "spec.selector.matchLabels.a"),
            (StatefulSet, "spec.volumeClaimTemplates[data]"),
            (StatefulSet, "spec.serviceName"),
            (Job, "spec.template.metadata.labels.a"),
            (Job, "spec.completions"),
            (Job, "spec.podFailurePolicy.rules"),
        ] {
            assert!(refused(kind, path), "{kind:?} {path}");
        }
        for (kind, path) in [
            (Deployment, "spec.template.spec.hostname"),
            (Deployment, "metadata.labels.selector"),
            (DaemonSet, "spec.updateStrategy"),
            (StatefulSet, "spec.template.spec.hostname"),
            (StatefulSet, "spec.replicas"),
            (StatefulSet, "metadata.annotations.a"),
            (Job, "spec.parallelism"),
            (CronJob, "spec.jobTemplate.spec.completions"),
        ] {
            assert!(!refused(kind, path), "{kind:?} {path}");
        }
        let suspended = json!({"spec": {"suspend": true}});
        let of_suspended = |path| is_refused(Job, path, &suspended, &Value::Null);
        assert!(!of_suspended("spec.template.metadata.labels[a/b]"));
        assert!(!of_suspended("spec.template.spec.nodeSelector"));
        assert!(of_suspended("spec.template.spec.nodeSelectors"));
        assert!(of_suspended("spec.template.spec.affinity.podAffinity"));
    }
}
