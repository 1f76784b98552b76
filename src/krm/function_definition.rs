//! The function as Kubernetes describes functions: `schemas/krm-functions.yaml`.

use serde_json::{Map, Value, json};

use super::function_config::{APPS, OPTIONS};
use crate::spec::envelope::{API_VERSION, KIND};

/// The definitions of both kinds of function config, in the form of `KRMFunctionDefinition`. Source:
/// Kubernetes, KEP-2906 "Kustomize Function Catalog".
pub fn definitions() -> [Value; 2] {
    let app = "Renders the ServiceAccount and the workload of an app with its Google Cloud identity, gives the identity to workloads that others made, or compares what was built with what Google Cloud was set up for.";
    let apps = "Does so for every App among the items.";
    [
        definition(KIND, app, &openapi(&crate::spec::schema::published::krm_schema())),
        definition(APPS, apps, &apps_schema()),
    ]
}

fn definition(kind: &str, description: &str, schema: &Value) -> Value {
    let (group, version) = API_VERSION.split_once('/').unwrap_or_default();
    json!({
        "apiVersion": "config.kubernetes.io/v1alpha1",
        "kind": "KRMFunctionDefinition",
        "metadata": {"name": format!("{}.{group}", kind.to_lowercase())},
        "spec": {
            "group": group,
            "names": {"kind": kind},
            "description": description,
            "tags": ["generator", "mutator", "validator", "GCP", "IAM", "Workload Identity"],
            "versions": [{
                "name": version,
                "idempotent": true,
                "license": env!("CARGO_PKG_LICENSE"),
                "runtime": {"exec": {"path": "wigen"}},
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    })
}

fn apps_schema() -> Value {
    let text = json!({"type": "string"});
    let option = |(name, what): &(&str, &str)| {
        // A list may also be one text with commas, as it must be in a ConfigMap.
        let other = match *name {
            "check" => json!({"type": "boolean"}),
            "environment" | "kubeVersion" => {
                return ((*name).to_owned(), json!({"type": "string", "description": what}));
            }
            _ => json!({"type": "array", "items": text}),
        };
        ((*name).to_owned(), json!({"description": what, "anyOf": [text, other]}))
    };
    let options: Map<String, Value> = OPTIONS.iter().map(option).collect();
    json!({
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"type": "string", "enum": [API_VERSION]},
            "kind": {"type": "string", "enum": [APPS]},
            "metadata": {"type": "object"},
            "spec": {"type": "object", "properties": options},
        },
    })
}

/// What OpenAPI 3.0 has of a JSON Schema.
fn openapi(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else { return schema.clone() };
    let mut kept = Map::new();
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("$schema" | "$comment" | "propertyNames", _) => {}
            ("examples", _) => drop(kept.insert("example".to_owned(), value[0].clone())),
            // There a value has one type, or any.
            ("type", Value::Array(_)) => {
                kept.insert("x-kubernetes-preserve-unknown-fields".to_owned(), true.into());
            }
            ("properties", Value::Object(keys)) => {
                let keys = keys.iter().map(|(key, below)| (key.clone(), openapi(below)));
                kept.insert(keyword.clone(), Value::Object(keys.collect()));
            }
            ("items" | "additionalProperties", below) => {
                kept.insert(keyword.clone(), openapi(below));
            }
            _ => drop(kept.insert(keyword.clone(), value.clone())),
        }
    }
    Value::Object(kept)
}
