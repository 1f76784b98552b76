//! The schemas of the spec's texts, made from the name grammars, so that each grammar is written
//! once.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::diagnostics::Code;
use crate::google::names as google;
use crate::kubernetes::names as kubernetes;
use crate::text::{NUL_FREE, NamePattern};

macro_rules! grammars {
    ($($name:ident = $grammar:path;)*) => {
        $(pub(super) fn $name(_: &mut SchemaGenerator) -> Schema {
            string(&$grammar)
        })*
    };
}

grammars! {
    dns_label = kubernetes::DNS_LABEL;
    dns_subdomain = kubernetes::DNS_SUBDOMAIN;
    kind = kubernetes::KIND;
    project_id = google::PROJECT_ID;
    account_id = google::ACCOUNT_ID;
    cluster_name = google::CLUSTER_NAME;
    region = google::REGION;
    zone = google::ZONE;
    image = kubernetes::IMAGE;
    text = NUL_FREE;
    workload_pool = google::WORKLOAD_POOL;
    account_email = google::ACCOUNT_EMAIL;
    condition_text = google::CONDITION_TEXT;
}

/// Most environments of a spec.
const MOST_ENVIRONMENTS: usize = 100;

/// The pattern of this name.
pub(super) fn pattern_named(name: &str) -> Option<&'static NamePattern> {
    let all = google::ALL.into_iter().chain(kubernetes::ALL).chain([&NUL_FREE]);
    all.into_iter().find(|pattern| pattern.name == name)
}

/// The schema of a text that this grammar allows.
pub fn string(grammar: &NamePattern) -> Schema {
    let mut schema = json_schema!({ "type": "string" });
    for (keyword, value) in name(grammar) {
        schema.insert(keyword, value);
    }
    schema
}

/// What a grammar says of a string that is known to be one.
fn name(grammar: &NamePattern) -> serde_json::Map<String, Value> {
    let mut keywords = serde_json::Map::new();
    keywords.insert("$comment".into(), grammar.name.into());
    keywords.insert("pattern".into(), grammar.pattern.into());
    if grammar.min > 0 {
        keywords.insert("minLength".into(), grammar.min.into());
    }
    if let Some(max) = grammar.max {
        keywords.insert("maxLength".into(), max.into());
    }
    keywords
}

fn map(keys: &NamePattern, values: &Value) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": name(keys),
        "additionalProperties": values,
    })
}

/// Codes of warnings, and why each is allowed.
pub(super) fn allowances(_: &mut SchemaGenerator) -> Schema {
    let codes: Vec<&str> = Code::warnings().map(Code::as_str).collect();
    json_schema!({
        "type": "object",
        "propertyNames": { "enum": codes },
        "additionalProperties": { "type": "string", "minLength": 1 },
    })
}

pub(super) fn labels(_: &mut SchemaGenerator) -> Schema {
    map(&kubernetes::QUALIFIED_NAME, string(&kubernetes::LABEL_VALUE).as_value())
}

pub(super) fn environment(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string" })
}

/// What each of them may hold is the schema of the app once more: `published` adds it.
pub(super) fn environments(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": name(&kubernetes::DNS_LABEL),
        // Each is judged together with the spec.
        "maxProperties": MOST_ENVIRONMENTS,
        "additionalProperties": { "type": "object" },
    })
}

/// Labels to choose by: none would choose everything.
pub(super) fn match_labels(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = labels(generator);
    schema.insert("minProperties".to_owned(), 1.into());
    schema
}

pub(super) fn annotations(_: &mut SchemaGenerator) -> Schema {
    map(&kubernetes::QUALIFIED_NAME, &json!({ "type": "string" }))
}

pub(super) fn setup(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["create", "update", "verify", "none"] })
}

pub(super) fn cluster_type(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["standard", "autopilot"] })
}

pub(super) fn node_pools(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": string(&google::NODE_POOL_NAME) })
}

/// What a resource is named by; the rules know the forms of each kind.
pub(super) fn resource(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string" })
}

pub(super) fn roles(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": string(&google::ROLE) })
}

/// A text, or an object with `valueFrom`. Written without alternatives (`anyOf`), which would turn
/// every mistake in the object into "matches none of the alternatives".
pub(super) fn wait_for_metadata(_: &mut SchemaGenerator) -> Schema {
    let mut schema = string(&kubernetes::IMAGE);
    schema.insert("type".to_owned(), json!(["boolean", "string"]));
    schema
}

pub(super) fn env(_: &mut SchemaGenerator) -> Schema {
    let described = |mut schema: Value, description: &str, example: Value| {
        schema["description"] = description.into();
        schema["examples"] = json!([example]);
        schema
    };
    let string = |grammar: &NamePattern| string(grammar).to_value();
    let key_of = |what: &str| {
        let name = described(
            string(&kubernetes::DNS_SUBDOMAIN),
            &format!("Name of the {what}."),
            json!("fastapi-config"),
        );
        let key = described(
            string(&kubernetes::CONFIG_KEY),
            &format!("Key in the {what}."),
            json!("log-level"),
        );
        let optional = described(
            json!({ "type": "boolean" }),
            &format!("Whether the {what} or its key may be absent."),
            json!(true),
        );
        described(
            closed(&["name", "key"], &json!({ "name": name, "key": key, "optional": optional })),
            &format!("A key of a {what}."),
            json!({ "name": "fastapi-config", "key": "log-level" }),
        )
    };
    let text = || json!({ "type": "string", "minLength": 1 });
    let field = closed(
        &["fieldPath"],
        &json!({
            "apiVersion": described(text(), "Version of the schema that the path is written in.", json!("v1")),
            "fieldPath": described(text(), "Path of the field.", json!("status.podIP")),
        }),
    );
    let resource = closed(
        &["resource"],
        &json!({
            "containerName": described(string(&kubernetes::DNS_LABEL), "Container that the resource belongs to.", json!("fastapi")),
            "divisor": described(string(&kubernetes::QUANTITY), "Unit of the value.", json!("1Mi")),
            "resource": described(text(), "Resource of the container.", json!("limits.memory")),
        }),
    );
    let mut source = closed(
        &[],
        &json!({
            "configMapKeyRef": key_of("ConfigMap"),
            "fieldRef": described(field, "A field of the pod.", json!({ "fieldPath": "status.podIP" })),
            "resourceFieldRef": described(resource, "A resource of the container.", json!({ "resource": "limits.memory" })),
            "secretKeyRef": key_of("Secret"),
        }),
    );
    source["minProperties"] = json!(1);
    source["maxProperties"] = json!(1);
    let source = described(
        source,
        "Where Kubernetes takes the value from: one of its sources.",
        json!({ "fieldRef": { "fieldPath": "status.podIP" } }),
    );
    let mut value = closed(&["valueFrom"], &json!({ "valueFrom": source }));
    value["type"] = json!(["string", "object"]);
    for (keyword, rule) in name(&NUL_FREE) {
        value[keyword] = rule;
    }
    map(&kubernetes::ENV_NAME, &value)
}

/// An object that takes these keys and no other.
fn closed(required: &[&str], properties: &Value) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}
