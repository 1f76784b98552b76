//! The published JSON Schemas, derived from the types. The files in `schemas/` are what this makes;
//! the program carries the files, and a test keeps the two equal.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value, json};

use crate::spec::envelope::{API_VERSION, KIND, METADATA};
use crate::spec::environments::{ENVIRONMENT, ENVIRONMENTS};
use crate::spec::types::App;

/// The JSON Schema (draft 7, which every editor reads) of the flat form: `schemas/app.schema.json`.
pub fn app_schema() -> Value {
    let mut schema = schema_of::<App>();
    let environment = partial(&schema);
    schema["properties"][ENVIRONMENTS]["additionalProperties"] = environment;
    schema
}

/// The schema of a table that is laid under specs: what an environment may have, and environments. A
/// name is the one thing that no two specs share.
pub fn defaults_schema() -> Value {
    let mut app = app_schema();
    let mut environments = app["properties"][ENVIRONMENTS].take();
    let mut defaults = environments["additionalProperties"].take();
    if let Some(keys) = defaults["properties"].as_object_mut() {
        keys.shift_remove("name");
    }
    environments["additionalProperties"] = defaults.clone();
    defaults["properties"][ENVIRONMENTS] = environments;
    defaults
}

/// The schema of a file that people write, whole, and without what only Rust knows.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(without_null).transform(&mut schema);
    headed(schema.to_value())
}

/// The schema of an environment: the keys of the app's, of which none must be there, and what kind of
/// value each has. The rest is for the program to check, which judges each environment merged with its
/// spec by the schema of the spec: twice the whole schema would take twice as long to compile.
fn partial(app: &Value) -> Value {
    let mut part = app.clone();
    weaken(&mut part, false);
    part["description"] = "What is different in this environment.".into();
    if let Some(keys) = part["properties"].as_object_mut() {
        for key in ["$schema", ENVIRONMENT, ENVIRONMENTS] {
            keys.shift_remove(key);
        }
    }
    part
}

/// Leaves of a node what a part of a spec is held to. The elements of lists are whole, since lists are
/// replaced.
fn weaken(node: &mut Value, in_list: bool) {
    let Some(keywords) = node.as_object_mut() else { return };
    let is_table = keywords.contains_key("properties");
    keywords.retain(|keyword, _| match keyword.as_str() {
        "description" | "type" | "enum" | "properties" | "additionalProperties" | "items" => true,
        // The definition of a native table.
        "$comment" => is_table,
        "required" => in_list,
        _ => false,
    });
    for (keyword, below) in keywords {
        match (keyword.as_str(), below) {
            ("properties", Value::Object(keys)) => {
                for key in keys.values_mut() {
                    // Of native fields only the names.
                    if key["description"].is_null() {
                        *key = json!({});
                    }
                    weaken(key, in_list);
                }
            }
            ("additionalProperties", below) => weaken(below, in_list),
            ("items", below) => weaken(below, true),
            _ => {}
        }
    }
}

/// The schema with what a reader looks for first in front.
fn headed(mut schema: Value) -> Value {
    let mut ordered = serde_json::Map::new();
    if let Some(keywords) = schema.as_object_mut() {
        for keyword in ["$schema", "title", "description"] {
            ordered.extend(keywords.shift_remove_entry(keyword));
        }
        ordered.append(keywords);
    }
    Value::Object(ordered)
}

/// TOML has no null, and an empty key in YAML is a slip: an optional key is given or left out.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
    // Of the number formats only Rust knows (`uint16`), the limits say what there is to say.
    schema.remove("format");
}

/// The JSON Schema of the form in the envelope: `schemas/krm.schema.json`. Made from the flat one:
/// the name and the namespace move under `metadata`, the rest under `spec`.
pub fn krm_schema() -> Value {
    let mut spec = app_schema();
    let mut take =
        |key: &str| spec["properties"].as_object_mut().and_then(|keys| keys.shift_remove(key));
    let mut metadata: serde_json::Map<String, Value> =
        METADATA.into_iter().filter_map(|key| Some((key.to_owned(), take(key)?))).collect();
    take("$schema");
    if let Some(required) = spec["required"].as_array_mut() {
        required.retain(|key| !METADATA.iter().any(|moved| key == moved));
    }
    for keyword in ["$schema", "title"] {
        spec.as_object_mut().and_then(|spec| spec.shift_remove(keyword));
    }
    for what in ["labels", "annotations"] {
        let description = format!("Kubernetes {what} of this object; they are not rendered.");
        metadata.insert(
            what.to_owned(),
            json!({
                "description": description,
                "type": "object",
                "additionalProperties": { "type": "string" },
                "examples": [{ "example.com/owner": "books" }],
            }),
        );
    }
    json_schema!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "wigen app spec, as a Kubernetes object",
        "description": "One app and its Google Cloud identity, for Kustomize and kpt.",
        "type": "object",
        "properties": {
            "apiVersion": {
                "description": "Version of the spec language.",
                "type": "string",
                "enum": [API_VERSION],
                "examples": [API_VERSION],
            },
            "kind": {
                "description": "The kind of a spec.",
                "type": "string",
                "enum": [KIND],
                "examples": [KIND],
            },
            "metadata": {
                "description": "Name and namespace of the app.",
                "type": "object",
                "properties": metadata,
                "required": ["name"],
                "additionalProperties": false,
                "examples": [{ "name": "fastapi-books", "namespace": "default" }],
            },
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
    })
    .to_value()
}
