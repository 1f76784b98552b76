//! The schemas of the native tables: their keys, with the types that Kubernetes gives them. What
//! stands below a key is checked by the program alone, which keeps the schemas small.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::kubernetes::{self, CONTAINER, OWNED, WorkloadKind};

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

pub(crate) fn pod(_: &mut SchemaGenerator) -> Schema {
    schema(table("pod", "PodSpec"))
}

pub(crate) fn sidecars(_: &mut SchemaGenerator) -> Schema {
    let mut container = table("sidecars", CONTAINER);
    // The definition knows containers that get their image later; a workload has none.
    container["required"] = json!(["name", "image"]);
    schema(json!({ "type": "array", "items": container }))
}

/// Adds to the keys of the app's container those that Kubernetes knows.
pub(crate) fn container(schema: &mut Schema) {
    let native = table("container", CONTAINER);
    schema.insert("$comment".to_owned(), CONTAINER.into());
    schema.insert("additionalProperties".to_owned(), false.into());
    if let (Some(Value::Object(own)), Value::Object(native)) =
        (schema.get_mut("properties"), &native["properties"])
    {
        for (key, node) in native {
            own.entry(key).or_insert_with(|| node.clone());
        }
    }
}

/// A table with the keys of a definition, without those that wigen writes itself.
fn table(key: &str, definition: &str) -> Value {
    let owned = |name: &str| OWNED.iter().any(|it| it.pointer == format!("/{key}/{name}").as_str());
    // Wigen writes what of it must be there.
    let partly = |name: &str| {
        OWNED.iter().any(|it| it.pointer.starts_with(format!("/{key}/{name}/").as_str()))
    };
    let node = kubernetes::definition(definition);
    let mut properties = Map::new();
    for (name, below) in node["properties"].as_object().into_iter().flatten() {
        if !owned(name) {
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
    let required: Vec<&Value> = node["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|name| name.as_str().is_some_and(|name| !owned(name) && !partly(name)))
        .collect();
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}

fn schema(value: Value) -> Schema {
    Schema::try_from(value).unwrap_or_default()
}
