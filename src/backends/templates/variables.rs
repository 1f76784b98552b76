//! The variables of templates, derived from the types that templates get.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::identity_context::IdentityContext;
use super::terraform_context::TerraformContext;
use crate::backends::config_connector::ConfigConnectorContext;
use crate::model::workload::Workload;

/// A variable of templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name in a template; `[]` stands for each element of a list.
    pub path: String,
    /// Its type.
    pub kind: String,
    /// What it is.
    pub meaning: String,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Variables<'a> {
    /// File name of the spec.
    spec: String,
    /// The Google Cloud side of the app.
    identity: IdentityContext<'a>,
    /// The Kubernetes side of the app.
    workload: Workload,
    /// The Google Cloud side in the syntax of Terraform; none with another `cloud.format`.
    terraform: Option<TerraformContext>,
    /// The Google Cloud side as objects of Config Connector; none with another `cloud.format`.
    config_connector: Option<ConfigConnectorContext>,
}

/// Every variable, a table before its keys.
pub fn variables() -> Vec<Variable> {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<Variables>().to_value();
    let mut found = Vec::new();
    walk(&schema, "", &mut found);
    found
}

/// Adds the variables below a node. Variants of an enum share their entries.
fn walk(node: &Value, path: &str, found: &mut Vec<Variable>) {
    for (key, below) in node["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let kind = name(below);
        // The key that tells variants apart has the description of its variant.
        let meaning = match below.get("const") {
            Some(_) => format!("{kind}: {}", text(node)),
            None if below["description"].is_null() => text(node),
            None => text(below),
        };
        match found.iter_mut().find(|known| known.path == path) {
            None => found.push(Variable { path: path.clone(), kind, meaning }),
            Some(known) => {
                for name in kind.split(" or ") {
                    if !known.kind.split(" or ").any(|known| known == name) {
                        known.kind = format!("{} or {name}", known.kind);
                    }
                }
                if !known.meaning.contains(&meaning) {
                    known.meaning = format!("{} {meaning}", known.meaning);
                }
            }
        }
        walk(below, &path, found);
    }
    for variants in ["oneOf", "anyOf"] {
        for variant in node[variants].as_array().into_iter().flatten() {
            walk(variant, path, found);
        }
    }
    if node["items"].is_object() {
        walk(&node["items"], &format!("{path}[]"), found);
    }
}

fn text(node: &Value) -> String {
    node["description"].as_str().unwrap_or_default().replace('\n', " ")
}

/// The type of a variable, in a word or two.
fn name(node: &Value) -> String {
    if let Some(variants) = node["oneOf"].as_array().or(node["anyOf"].as_array()) {
        let mut names: Vec<String> = Vec::new();
        for variant in variants {
            let name = name(variant);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        return names.join(" or ");
    }
    if let Some(constant) = node.get("const").and_then(Value::as_str) {
        return format!("\"{constant}\"");
    }
    if let Some(values) = node["enum"].as_array() {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" or ");
    }
    let names = node["type"].as_str().into_iter();
    let names =
        names.chain(node["type"].as_array().into_iter().flatten().filter_map(Value::as_str));
    let names: Vec<&str> = names
        .map(|name| match name {
            "array" => "list",
            "object" => "table",
            "null" => "none",
            other => other,
        })
        .collect();
    if names.is_empty() { "any".to_owned() } else { names.join(" or ") }
}
