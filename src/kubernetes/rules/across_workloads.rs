//! Rules across a workload and its pods.

use serde_json::Value;

use super::findings::conflict;
use super::rule::Found;
use super::view::{Entry, WorkloadView};
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Location, one_of, quoted, similar};
use crate::kubernetes::kind::WorkloadKind;

/// A rule across the tables of a workload.
type WorkloadRule = fn(&WorkloadView<'_>, &mut Found);

/// Every rule, in words and with its function in Kubernetes.
pub(super) const RULES: &[(&str, &str, WorkloadRule)] = &[
    (
        "`restartPolicy` as the kind of workload demands",
        "apps: ValidatePodTemplateSpecForReplicaSet",
        restart_policy,
    ),
    (
        "`activeDeadlineSeconds` of pods only in Jobs",
        "apps: ValidatePodTemplateSpecForReplicaSet",
        active_deadline,
    ),
    (
        "`restartPolicy` is `Never` with `podFailurePolicy`, whose containers are there",
        "batch: validatePodFailurePolicy",
        failure_policy,
    ),
    (
        "pods of an Indexed Job have names of up to 63 characters",
        "batch: ValidateJob",
        indexed_name,
    ),
    ("no labels that a Job gives its pods", "batch: validateGeneratedSelector", job_labels),
];

crate::diagnostics::declare_code! {
    RESTART_POLICY: Error = "restart-policy",
    what: "The pods of a Deployment, StatefulSet or DaemonSet always restart their containers; those of a Job or CronJob never do, or only on failure, and never if the Job has a `podFailurePolicy`. The defaults for `pod.restartPolicy` are `Always` and `Never`.",
    why: "The API server would reject the manifest.",
    example: "[pod]\nrestartPolicy = \"Never\"",
    instead: "[pod]\nrestartPolicy = \"Never\"\n[job]\nbackoffLimit = 2",
    source: "Kubernetes, Pod Lifecycle: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy",
}

fn kind(workload: &WorkloadView<'_>) -> Option<WorkloadKind> {
    WorkloadKind::ALL.into_iter().find(|kind| kind.as_str() == workload.kind)
}

/// The allowed restart policies depend on the kind of workload.
fn restart_policy(workload: &WorkloadView<'_>, found: &mut Found) {
    let Some(kind) = kind(workload) else { return };
    let (allowed, policy) = (kind.restart_policies(), workload.pod.restart_policy());
    if allowed.contains(&policy) {
        return;
    }
    let place = Location::value(workload.pod.place("restartPolicy"));
    let is_given = workload.pod.spec.contains_key("restartPolicy");
    let message = if is_given {
        let kind = kind.as_str();
        format!("the pods of a {kind} cannot have the restart policy {}", quoted(policy))
    } else {
        format!("the pods of a {} need a restart policy: the default is `Always`", kind.as_str())
    };
    let wrong = Diagnostic::new(Code::RESTART_POLICY, place, message)
        .label(format!("expected {}", one_of(allowed.iter().copied())));
    found.push(if kind.completes() {
        wrong.help("the pods of a Job end")
    } else {
        let jobs = one_of([WorkloadKind::Job.key(), WorkloadKind::CronJob.key()]);
        wrong.help(format!("remove it; a workload that ends is a {jobs}"))
    });
}

fn active_deadline(workload: &WorkloadView<'_>, found: &mut Found) {
    let Some(kind) = kind(workload).filter(|kind| !kind.completes()) else { return };
    if workload.pod.spec.contains_key("activeDeadlineSeconds") {
        let place = Location::key(workload.pod.place("activeDeadlineSeconds"));
        let message = format!("the pods of a {} do not end", kind.as_str());
        found.push(
            conflict(place, message).help("remove it: only the pods of a Job have a deadline"),
        );
    }
}

fn failure_policy(workload: &WorkloadView<'_>, found: &mut Found) {
    let Some((pointer, job)) = workload.job else { return };
    let Some(policy) = job.get("podFailurePolicy") else { return };
    let pod = &workload.pod;
    if pod.restart_policy() == "OnFailure" {
        let place = Location::value(pod.place("restartPolicy"));
        let message = "with `podFailurePolicy`, pods never restart their containers";
        found.push(
            Diagnostic::new(Code::RESTART_POLICY, place, message)
                .related(Location::key(format!("{pointer}/podFailurePolicy")), "set here")
                .help("remove it: `Never` is the default here")
                .replacement("\"Never\""),
        );
    }
    let names = || pod.containers.iter().map(|container| container.name);
    for (index, rule) in policy["rules"].as_array().into_iter().flatten().enumerate() {
        let Some(name) = rule["onExitCodes"]["containerName"].as_str() else { continue };
        if names().all(|known| known != name) {
            let place =
                format!("{pointer}/podFailurePolicy/rules/{index}/onExitCodes/containerName");
            let message = format!("there is no container {}", quoted(name));
            let missing = Diagnostic::new(Code::UNKNOWN_VALUE, Location::value(place), message)
                .help(format!("the containers are {}", one_of(names())));
            found.push(missing.suggestion(similar(name, names())));
        }
    }
}

/// The pods of an Indexed Job are named after it and their index.
fn indexed_name(workload: &WorkloadView<'_>, found: &mut Found) {
    let Some((_, job)) = workload.job.filter(|_| workload.kind == "Job") else { return };
    let completions = job.get("completions").and_then(Value::as_i64).unwrap_or_default();
    let is_indexed = job.get("completionMode") == Some(&Value::from("Indexed"));
    let longest = format!("{}-{}", workload.name, completions - 1);
    if is_indexed && completions > 0 && longest.len() > 63 {
        let message = format!(
            "the names of the pods have up to {} characters; the maximum is 63",
            longest.len()
        );
        found.push(
            Diagnostic::new(Code::TOO_LONG, Location::value(workload.name_pointer), message)
                .help("an Indexed Job appends a hyphen and the index to its name"),
        );
    }
}

/// A Job gives its pods its name and ID as labels.
fn job_labels(workload: &WorkloadView<'_>, found: &mut Found) {
    if workload.job.is_none_or(|(_, job)| job.get("manualSelector") == Some(&true.into())) {
        return;
    }
    for Entry { table, key: label, value } in &workload.labels {
        let name = label.strip_prefix("batch.kubernetes.io/").unwrap_or(label);
        let is_own_name = workload.kind == "Job" && *value == workload.name;
        if name == "controller-uid" || name == "job-name" && !is_own_name {
            let message = format!("Kubernetes gives the pods of a Job the label {}", quoted(label));
            found.push(conflict(Location::key(join(table, label)), message).help("remove it"));
        }
    }
}
