//! The keys of specs and workspaces, from their published schemas.

use std::fs;

use serde_json::Value;

use super::markdown::{escaped, table};
use crate::support::repository;

/// A key that holds a value.
pub(super) struct Key {
    pub(super) path: String,
    required: bool,
    node: Value,
}

pub(super) fn schema(name: &str) -> Value {
    let path = repository().join("schemas").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn app_keys() -> Vec<Key> {
    let mut found = Vec::new();
    keys(&schema("app.schema.json"), "", &mut found);
    found
}

/// The keys of a workspace; those of its defaults are the keys of a spec.
pub(super) fn workspace_keys() -> Vec<Key> {
    let schema = schema("workspace.schema.json");
    let required = schema["required"].as_array().unwrap().clone();
    let keys = schema["properties"].as_object().unwrap().clone();
    let key = |(path, node): (String, Value)| Key {
        required: required.iter().any(|name| *name == path),
        path,
        node,
    };
    keys.into_iter().map(key).collect()
}

fn keys(node: &Value, path: &str, found: &mut Vec<Key>) {
    for (key, below) in node["properties"].as_object().into_iter().flatten() {
        // A field of Kubernetes, which Kubernetes describes.
        if below["description"].is_null() {
            continue;
        }
        let path = format!("{path}{key}");
        let required =
            node["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
        let described = |table: &Value| {
            let properties = table["properties"].as_object();
            properties.is_some_and(|keys| keys.values().any(|key| key["description"].is_string()))
        };
        if described(below) {
            keys(below, &format!("{path}."), found);
        } else if below["type"] == "array" && described(&below["items"]) {
            keys(&below["items"], &format!("{path}[]."), found);
        } else {
            found.push(Key { path, required, node: below.clone() });
        }
    }
}

pub(super) fn key_table(keys: &[Key]) -> String {
    let rows = keys.iter().map(|key| {
        let description = key.node["description"].as_str().unwrap().replace('\n', " ");
        let (meaning, derived) = match description.split_once(" Default: ") {
            Some((meaning, default)) => {
                (meaning.to_owned(), default.trim_end_matches('.').to_owned())
            }
            None => (description.clone(), String::new()),
        };
        let default = match &key.node["default"] {
            _ if key.required => "**required**".to_owned(),
            _ if !derived.is_empty() => escaped(&derived),
            Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
            value => format!("`{value}`"),
        };
        let example = toml(&key.node["examples"][0]);
        let example = if example.len() > 50 { String::new() } else { format!("`{example}`") };
        vec![format!("`{}`", key.path), type_name(&key.node), default, example, escaped(&meaning)]
    });
    table(&["key", "type", "default", "example", "meaning"], rows)
}

fn type_name(node: &Value) -> String {
    match &node["type"] {
        Value::Array(types) => {
            let names: Vec<&str> = types.iter().filter_map(Value::as_str).collect();
            names.join(" or ")
        }
        Value::String(name) if name == "array" => {
            format!("list of {}s", type_name(&node["items"]))
        }
        Value::String(name) if name == "object" => "table".to_owned(),
        name => name.as_str().unwrap().to_owned(),
    }
}

/// A value as TOML writes it behind `=`.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let bare =
                |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            let pair = |(key, value): (&String, &Value)| {
                let key = if bare(key) { key.clone() } else { format!("\"{key}\"") };
                format!("{key} = {}", toml(value))
            };
            format!("{{ {} }}", map.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}
