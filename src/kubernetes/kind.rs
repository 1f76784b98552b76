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

/// The pointer of the pod template, by kind. Kinds outside Kubernetes that hold pods the same way are
/// included: Rollout of Argo, Service and Configuration of Knative.
const TEMPLATES: [(&str, &str); 12] = [
    ("Deployment", "/spec/template"),
    ("StatefulSet", "/spec/template"),
    ("DaemonSet", "/spec/template"),
    ("ReplicaSet", "/spec/template"),
    ("ReplicationController", "/spec/template"),
    ("Job", "/spec/template"),
    ("CronJob", "/spec/jobTemplate/spec/template"),
    ("PodTemplate", "/template"),
    ("Rollout", "/spec/template"),
    ("Service", "/spec/template"),
    ("Configuration", "/spec/template"),
    ("Pod", ""),
];

/// The pointer of the pod template in an object of this kind; `None` if it creates no pods.
pub fn pod_template(kind: &str) -> Option<&'static str> {
    TEMPLATES.iter().find(|(of, _)| *of == kind).map(|(_, path)| *path)
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
