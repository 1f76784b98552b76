//! The keys of a spec and of `wigen.toml`, and what each of them takes, without patterns.

use Shape::{
    Allowances, Container, Defaults, Flag, List, Name, Named, Native, Number, OneOf, Table, Text,
};

use crate::google::names::{self, Grammar};
use crate::kubernetes::CONTAINER;

/// What a key of a spec takes.
pub(super) enum Shape {
    /// Any text.
    Text,
    /// A text that the grammar takes.
    Name(&'static Grammar),
    /// One of a few texts.
    OneOf(&'static [&'static str]),
    Flag,
    /// A whole number from 1 on.
    Number(u64),
    /// So many elements at least.
    List(&'static Shape, usize),
    /// Values under names that the grammar takes.
    Named(&'static Grammar, &'static Shape),
    /// These keys, of which the first so many must be there.
    Table(Keys, usize),
    /// A native table, with its key in the spec, of this definition.
    Native(&'static str, &'static str, &'static [&'static str]),
    /// The app's container: own keys, and those of its definition.
    Container(Keys),
    /// The value of an environment variable.
    Variable(Keys),
    /// Codes of warnings, and why each is allowed.
    Allowances,
    /// What the specs of a workspace share.
    Defaults,
}

pub(super) type Keys = &'static [(&'static str, Shape)];

const LABELS: Shape = Named(&names::QUALIFIED_NAME, &Name(&names::LABEL_VALUE));
const ANNOTATIONS: Shape = Named(&names::QUALIFIED_NAME, &Text);

/// The keys of a spec; the first three must be there.
pub(super) const SPEC: Keys = &[
    ("name", Name(&names::DNS_LABEL)),
    ("project", Name(&names::PROJECT_ID)),
    ("cluster", Table(CLUSTER, 1)),
    ("namespace", Name(&names::DNS_LABEL)),
    ("projectNumber", Number(u64::MAX)),
    ("serviceAccount", Table(SERVICE_ACCOUNT, 0)),
    ("googleServiceAccount", Table(GOOGLE_SERVICE_ACCOUNT, 0)),
    ("grants", List(&Table(GRANT, 1), 0)),
    ("container", Container(OWN_OF_CONTAINER)),
    ("labels", LABELS),
    ("annotations", ANNOTATIONS),
    ("requireMetadataServer", Flag),
    ("pod", Native("pod", "PodSpec", &[])),
    ("sidecars", List(&Native("sidecars", CONTAINER, &["name", "image"]), 0)),
    ("deployment", Native("deployment", "DeploymentSpec", &[])),
    ("statefulSet", Native("statefulSet", "StatefulSetSpec", &[])),
    ("daemonSet", Native("daemonSet", "DaemonSetSpec", &[])),
    ("job", Native("job", "JobSpec", &[])),
    ("cronJob", Native("cronJob", "CronJobSpec", &["schedule"])),
    ("lint", Table(&[("allow", Allowances)], 0)),
];

/// The keys that only a whole spec has.
pub(super) const OF_WHOLE: Keys = &[
    ("$schema", Text),
    ("environment", Text),
    ("environments", Named(&names::DNS_LABEL, &Table(SPEC, 0))),
];

/// The keys that the specs of a workspace can share: all but the name.
pub(super) const SHARED: Keys = SPEC.split_at(1).1;

/// The keys that only the defaults as a whole have.
pub(super) const OF_DEFAULTS: Keys =
    &[("environments", Named(&names::DNS_LABEL, &Table(SHARED, 0)))];

/// The keys of a `wigen.toml`; the first must be there.
// A pattern is any text but an empty one.
pub(super) const WORKSPACE: Keys = &[
    ("members", List(&Name(&names::CONDITION_TEXT), 1)),
    ("$schema", Text),
    ("exclude", List(&Name(&names::CONDITION_TEXT), 0)),
    ("out", Name(&names::CONDITION_TEXT)),
    ("environments", List(&Name(&names::DNS_LABEL), 0)),
    ("defaults", Defaults),
];

const CLUSTER: Keys = &[
    ("name", Name(&names::CLUSTER_NAME)),
    ("region", Name(&names::REGION)),
    ("zone", Name(&names::ZONE)),
    ("setup", OneOf(&["create", "update", "verify", "none"])),
    ("project", Name(&names::PROJECT_ID)),
    ("projectNumber", Number(u64::MAX)),
    ("type", OneOf(&["standard", "autopilot"])),
    ("nodePools", List(&Name(&names::NODE_POOL_NAME), 0)),
    ("workloadPool", Name(&names::WORKLOAD_POOL)),
];

const SERVICE_ACCOUNT: Keys = &[
    ("name", Name(&names::DNS_SUBDOMAIN)),
    ("labels", LABELS),
    ("annotations", ANNOTATIONS),
    ("automountServiceAccountToken", Flag),
    ("create", Flag),
];

const GOOGLE_SERVICE_ACCOUNT: Keys = &[
    ("name", Name(&names::ACCOUNT_ID)),
    ("displayName", Name(&names::TEXT)),
    ("description", Name(&names::TEXT)),
    ("email", Name(&names::ACCOUNT_EMAIL)),
    ("project", Name(&names::PROJECT_ID)),
    ("create", Flag),
];

const GRANT: Keys = &[
    ("roles", List(&Name(&names::ROLE), 1)),
    ("project", Name(&names::PROJECT_ID)),
    ("folder", Text),
    ("organization", Text),
    ("secret", Text),
    ("bucket", Text),
    ("topic", Text),
    ("subscription", Text),
    ("repository", Text),
    ("kmsKey", Text),
    ("runService", Text),
    ("dataset", Text),
    ("table", Text),
    ("spannerInstance", Text),
    ("spannerDatabase", Text),
    ("bigtableInstance", Text),
    ("bigtableTable", Text),
    ("serviceAccount", Text),
    ("condition", Table(CONDITION, 2)),
];

const CONDITION: Keys = &[
    ("title", Name(&names::CONDITION_TEXT)),
    ("expression", Name(&names::CONDITION_TEXT)),
    ("description", Name(&names::CONDITION_TEXT)),
];

/// The keys of the app's container that have a schema of their own; the first must be there.
const OWN_OF_CONTAINER: Keys = &[
    ("image", Name(&names::IMAGE)),
    ("name", Name(&names::DNS_LABEL)),
    ("port", Number(65535)),
    ("env", Named(&names::ENV_NAME, &Shape::Variable(SOURCE))),
];

/// Where the value of a variable comes from.
// A path of a field is any text but an empty one.
const SOURCE: Keys = &[
    ("configMapKeyRef", Table(KEY, 2)),
    ("secretKeyRef", Table(KEY, 2)),
    ("fieldRef", Table(&[("fieldPath", Name(&names::CONDITION_TEXT))], 1)),
    ("resourceFieldRef", Table(RESOURCE, 1)),
];

const RESOURCE: Keys = &[
    ("resource", Name(&names::CONDITION_TEXT)),
    ("containerName", Name(&names::DNS_LABEL)),
    ("divisor", Name(&names::QUANTITY)),
];

const KEY: Keys =
    &[("name", Name(&names::DNS_SUBDOMAIN)), ("key", Name(&names::CONFIG_KEY)), ("optional", Flag)];

/// What a key takes, if it is one of these.
pub(super) fn find<'a>(keys: &'a [(&str, Shape)], key: &str) -> Option<&'a Shape> {
    keys.iter().find(|(known, _)| *known == key).map(|(_, shape)| shape)
}
