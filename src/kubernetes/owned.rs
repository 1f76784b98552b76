//! The native fields that wigen writes itself, so that they agree with the identity.

/// A native field that is not for a spec to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// Where it stands in the flat form.
    pub pointer: &'static str,
    /// What to write instead, or why there is nothing to write.
    pub instead: &'static str,
}

const ACCOUNT: &str = "`serviceAccount.name` names the ServiceAccount";
const CONTAINERS: &str = "`container` is the app's container, `sidecars` are those beside it";
const SELECTOR: &str = "take it out: it is the label that names the app";
const SELECTOR_OF_JOB: &str = "take it out: Kubernetes gives every Job a selector of its own";
const TEMPLATE: &str =
    "`pod` has the fields of its spec; `labels` and `annotations` are its metadata";
const METADATA: &str = "`labels` and `annotations` are those of every object";
const EPHEMERAL: &str =
    "take it out: `kubectl debug` adds them to a running pod, and no template has them";

/// Every native field that wigen writes itself, by its pointer into the flat form.
pub const OWNED: [Owned; 17] = [
    owned("/pod/containers", CONTAINERS),
    owned("/pod/ephemeralContainers", EPHEMERAL),
    owned("/pod/serviceAccount", ACCOUNT),
    owned("/pod/serviceAccountName", ACCOUNT),
    owned("/deployment/selector", SELECTOR),
    owned("/deployment/template", TEMPLATE),
    owned("/statefulSet/selector", SELECTOR),
    owned("/statefulSet/template", TEMPLATE),
    owned("/daemonSet/selector", SELECTOR),
    owned("/daemonSet/template", TEMPLATE),
    owned("/job/manualSelector", SELECTOR_OF_JOB),
    owned("/job/selector", SELECTOR_OF_JOB),
    owned("/job/template", TEMPLATE),
    owned("/cronJob/jobTemplate/metadata", METADATA),
    owned("/cronJob/jobTemplate/spec/manualSelector", SELECTOR_OF_JOB),
    owned("/cronJob/jobTemplate/spec/selector", SELECTOR_OF_JOB),
    owned("/cronJob/jobTemplate/spec/template", TEMPLATE),
];

const fn owned(pointer: &'static str, instead: &'static str) -> Owned {
    Owned { pointer, instead }
}
