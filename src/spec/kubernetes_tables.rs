//! The Kubernetes tables of a spec and their published schemas: their keys, with the types that
//! Kubernetes gives them. Only the program checks what is below a key, which keeps the schemas small.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::kubernetes::{self, WorkloadKind};

pub(super) const CONTAINER: &str = "Container";

pub(super) const POD: &str = "PodSpec";
pub(super) const VALUE_FROM: &str = "EnvVarSource";

/// The Kubernetes tables of a spec except `container`: their keys and definitions. The definition of
/// `sidecars` is that of an element of the list.
pub(super) fn tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    let kinds = WorkloadKind::ALL.into_iter().map(|kind| (kind.key(), kind.definition()));
    [("pod", POD), ("sidecars", CONTAINER)].into_iter().chain(kinds)
}

/// The keys that a spec must give in a Kubernetes table.
pub(super) fn required(key: &str, definition: &str) -> impl Iterator<Item = &'static str> {
    // In the definition the image may come later; in a workload it may not.
    let image = (key == "sidecars").then_some("image");
    kubernetes::required(definition).filter(move |name| !is_written(key, name)).chain(image)
}

/// Whether wigen writes a key of a Kubernetes table, or a part of its value.
fn is_written(table: &str, key: &str) -> bool {
    MANAGED_FIELDS
        .iter()
        .any(|field| field.below(table).is_some_and(|path| path.split('/').next() == Some(key)))
}

/// A Kubernetes field that a spec must not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ManagedField {
    /// JSON pointer in the flat form.
    pub(super) pointer: &'static str,
    /// What to write instead, or why nothing has to be written.
    pub(super) instead: &'static str,
}

impl ManagedField {
    /// Its path below a Kubernetes table, without the first slash; `None` if it is in another table.
    pub(super) fn below(&self, table: &str) -> Option<&'static str> {
        self.pointer.strip_prefix('/')?.strip_prefix(table)?.strip_prefix('/')
    }
}

const ACCOUNT: &str = "`serviceAccount.name` names the ServiceAccount";
const CONTAINERS: &str = "`container` is the app's container, `sidecars` are those beside it";
const SELECTOR: &str = "`selector` has the labels that select the pods";
pub(super) const SELECTOR_OF_JOB: &str = "remove it: Kubernetes gives every Job its own selector";
const TEMPLATE: &str =
    "`pod` has the fields of its spec; `pod.labels` and `pod.annotations` are its metadata";
const METADATA: &str = "`labels` and `annotations` are those of every object";
const EPHEMERAL: &str =
    "remove it: `kubectl debug` adds them to a running pod, and templates cannot have them";

/// Every Kubernetes field that wigen writes itself.
pub(super) const MANAGED_FIELDS: [ManagedField; 17] = [
    managed("/pod/containers", CONTAINERS),
    managed("/pod/ephemeralContainers", EPHEMERAL),
    managed("/pod/serviceAccount", ACCOUNT),
    managed("/pod/serviceAccountName", ACCOUNT),
    managed("/deployment/selector", SELECTOR),
    managed("/deployment/template", TEMPLATE),
    managed("/statefulSet/selector", SELECTOR),
    managed("/statefulSet/template", TEMPLATE),
    managed("/daemonSet/selector", SELECTOR),
    managed("/daemonSet/template", TEMPLATE),
    managed("/job/manualSelector", SELECTOR_OF_JOB),
    managed("/job/selector", SELECTOR_OF_JOB),
    managed("/job/template", TEMPLATE),
    managed("/cronJob/jobTemplate/metadata", METADATA),
    managed("/cronJob/jobTemplate/spec/manualSelector", SELECTOR_OF_JOB),
    managed("/cronJob/jobTemplate/spec/selector", SELECTOR_OF_JOB),
    managed("/cronJob/jobTemplate/spec/template", TEMPLATE),
];

const fn managed(pointer: &'static str, instead: &'static str) -> ManagedField {
    ManagedField { pointer, instead }
}

macro_rules! kinds {
    ($($name:ident = $kind:ident;)*) => {
        $(pub(crate) fn $name(_: &mut SchemaGenerator) -> Schema {
            let kind = WorkloadKind::$kind;
            schema(table(kind.key(), kind.definition()))
        })*
    };
}

kinds! {
    deployment = Deployment;
    stateful_set = StatefulSet;
    daemon_set = DaemonSet;
    job = Job;
    cron_job = CronJob;
}

pub(crate) fn sidecars(_: &mut SchemaGenerator) -> Schema {
    schema(json!({ "type": "array", "items": table("sidecars", CONTAINER) }))
}

/// Adds the keys that Kubernetes knows to those of the app's container.
pub(crate) fn container(schema: &mut Schema) {
    add_fields(schema, "container", CONTAINER);
}

/// Adds the keys that Kubernetes knows to those of the pods.
pub(crate) fn pod(schema: &mut Schema) {
    add_fields(schema, "pod", POD);
}

fn add_fields(schema: &mut Schema, key: &str, definition: &str) {
    let fields = table(key, definition);
    schema.insert("$comment".to_owned(), definition.into());
    schema.insert("additionalProperties".to_owned(), false.into());
    if let (Some(Value::Object(own)), Value::Object(fields)) =
        (schema.get_mut("properties"), &fields["properties"])
    {
        for (key, node) in fields {
            own.entry(key).or_insert_with(|| node.clone());
        }
    }
}

/// A table with the keys of a definition, except those that wigen writes itself.
fn table(key: &str, definition: &str) -> Value {
    let node = kubernetes::definition(definition);
    let mut properties = Map::new();
    for (name, below) in node["properties"].as_object().into_iter().flatten() {
        if !MANAGED_FIELDS.iter().any(|field| field.below(key) == Some(name)) {
            let mut shallow = kubernetes::resolved(below).clone();
            if let Some(keywords) = shallow.as_object_mut() {
                keywords.retain(|keyword, _| ["type", "enum"].contains(&keyword.as_str()));
            }
            properties.insert(name.clone(), shallow);
        }
    }
    let mut table = json!({
        "$comment": definition,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let required: Vec<&str> = required(key, definition).collect();
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}

/// Accepts Kubernetes fields without a value, which Kubernetes takes for ones that are left out.
pub(crate) fn nullable_fields(schema: &mut Schema) {
    let definition = schema.get("$comment").and_then(Value::as_str).unwrap_or_default();
    if !kubernetes::definition(definition).is_object() {
        return;
    }
    let required = schema.get("required").cloned().unwrap_or_default();
    let required = required.as_array().map(Vec::as_slice).unwrap_or_default();
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (key, field) in fields.into_iter().flatten() {
        let is_required = required.iter().any(|name| name == key);
        if field["description"].is_null() && field.is_object() && !is_required {
            for (keyword, nothing) in [("type", Value::from("null")), ("enum", Value::Null)] {
                match field.get_mut(keyword) {
                    Some(Value::Array(list)) => list.push(nothing),
                    Some(one) => *one = json!([one, nothing]),
                    None => {}
                }
            }
        }
    }
}

/// Where a variable of the app's container takes its value from.
pub(crate) fn value_from() -> Value {
    let mut table = table("valueFrom", VALUE_FROM);
    table["description"] = "Where Kubernetes takes the value from: one of its sources.".into();
    table["examples"] = json!([{ "fieldRef": { "fieldPath": "status.podIP" } }]);
    table
}

pub(crate) fn value_from_schema(_: &mut SchemaGenerator) -> Schema {
    schema(table("valueFrom", VALUE_FROM))
}

fn schema(value: Value) -> Schema {
    Schema::try_from(value).unwrap_or_default()
}
