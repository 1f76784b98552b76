//! The kinds of workload.

use schemars::JsonSchema;
use serde::Serialize;

/// A workload resource, which creates and replaces the pods of an app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub enum WorkloadKind {
    /// Interchangeable pods that may be replaced at any time.
    #[default]
    Deployment,
    /// Pods that each have a stable name and storage.
    StatefulSet,
    /// One pod on every node.
    DaemonSet,
    /// Pods that run to completion.
    Job,
    /// Jobs on a schedule.
    CronJob,
}

/// The pointer of the pod template, by API group and kind: the workloads of Kubernetes, and kinds of other
/// APIs whose pods are made exactly as written.
const TEMPLATES: [(&str, &str, &str); 16] = [
    ("apps", "Deployment", "/spec/template"),
    ("apps", "StatefulSet", "/spec/template"),
    ("apps", "DaemonSet", "/spec/template"),
    ("apps", "ReplicaSet", "/spec/template"),
    ("", "ReplicationController", "/spec/template"),
    ("batch", "Job", "/spec/template"),
    ("batch", "CronJob", "/spec/jobTemplate/spec/template"),
    ("", "PodTemplate", "/template"),
    ("", "Pod", ""),
    ("argoproj.io", "Rollout", "/spec/template"),
    ("serving.knative.dev", "Service", "/spec/template"),
    ("serving.knative.dev", "Configuration", "/spec/template"),
    ("apps.openshift.io", "DeploymentConfig", "/spec/template"),
    ("apps.kruise.io", "CloneSet", "/spec/template"),
    ("apps.kruise.io", "StatefulSet", "/spec/template"),
    ("apps.kruise.io", "DaemonSet", "/spec/template"),
];

/// The pointer of the pod template in an object of this API group and kind; `None` if it has none there.
pub fn pod_template(group: &str, kind: &str) -> Option<&'static str> {
    let is_one = |(in_group, of, _): &&(&str, &str, &str)| *in_group == group && *of == kind;
    TEMPLATES.iter().find(is_one).map(|(.., path)| *path)
}

/// The group of an `apiVersion`: `apps` of `apps/v1`. The core group is empty.
pub fn api_group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether a group is of Kubernetes itself.
pub fn is_kubernetes_group(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

impl WorkloadKind {
    /// Every kind; the default first.
    pub const ALL: [Self; 5] =
        [Self::Deployment, Self::StatefulSet, Self::DaemonSet, Self::Job, Self::CronJob];

    /// Its name in Kubernetes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }

    /// The key of the spec that selects it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::StatefulSet => "statefulSet",
            Self::DaemonSet => "daemonSet",
            Self::Job => "job",
            Self::CronJob => "cronJob",
        }
    }

    /// Its API group.
    pub fn group(self) -> &'static str {
        if self.completes() { "batch" } else { "apps" }
    }

    /// The pointer of its pod template.
    pub fn pod_template(self) -> &'static str {
        pod_template(self.group(), self.as_str()).unwrap_or_default()
    }

    /// Name of the definition of its spec.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Deployment => "DeploymentSpec",
            Self::StatefulSet => "StatefulSetSpec",
            Self::DaemonSet => "DaemonSetSpec",
            Self::Job => "JobSpec",
            Self::CronJob => "CronJobSpec",
        }
    }

    /// Whether its pods run to completion. Source: Kubernetes, "Jobs", Pod Template.
    pub fn completes(self) -> bool {
        matches!(self, Self::Job | Self::CronJob)
    }

    /// The restart policies that its pods may have. Source: Kubernetes, "Pod Lifecycle",
    /// Container restart policy; "Jobs", Pod Template.
    pub fn restart_policies(self) -> &'static [&'static str] {
        if self.completes() { &["Never", "OnFailure"] } else { &["Always"] }
    }

    /// The default restart policy of its pods, if Kubernetes requires one: `Never` keeps the pods of a
    /// failed Job and their logs, and `podFailurePolicy` requires it.
    pub fn default_restart_policy(self) -> Option<&'static str> {
        self.completes().then_some("Never")
    }

    /// Most characters of its name, where that is less than the 63 of a label: Kubernetes appends a
    /// hyphen and ten digits, to name a Job or to label the pods with a revision. Source:
    /// Kubernetes, "CronJob"; `newRevision` in its controller of StatefulSets.
    pub fn longest_name(self) -> Option<usize> {
        matches!(self, Self::StatefulSet | Self::CronJob).then_some(52)
    }
}
