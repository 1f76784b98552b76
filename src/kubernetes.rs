//! What Kubernetes says of the native parts of a spec: their official shapes, the kinds of workload,
//! and the fields that are not free because wigen writes them.

mod kind;
mod owned;
mod quantity;

pub use kind::WorkloadKind;
pub use owned::{OWNED, Owned};

use std::sync::{LazyLock, OnceLock};

use indexmap::IndexMap;
use serde_json::Value;

/// `schemas/kubernetes.json`: a closed subset of the official JSON Schemas.
const DEFINITIONS: &str = include_str!("../schemas/kubernetes.json");

/// The native tables of a spec that are no kind of workload, and what Kubernetes calls them.
const TABLES: [(&str, &str); 2] = [("pod", "PodSpec"), ("sidecars", "Container")];

/// Name of the definition of the app's container.
pub const CONTAINER: &str = "Container";

/// What a value is not that its definition says it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem<'a> {
    /// Where the value stands.
    pub pointer: String,
    /// The value.
    pub value: &'a Value,
    /// What the definition says of it.
    pub node: &'static Value,
    /// What is wrong.
    pub kind: ProblemKind<'a>,
}

/// What can be wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind<'a> {
    /// A key that the table does not have.
    UnknownKey(&'a str),
    /// A key that the table cannot do without, though it may be one that wigen writes.
    MissingKey(&'static str),
    /// Another type.
    Type,
    /// None of the few values it takes.
    Value,
    /// An integer beyond this many bits.
    Range(u32),
    /// A text that is no quantity.
    Quantity,
}

/// The native tables of a spec, each with the name of its definition; that of `sidecars` describes
/// one element of the list.
pub fn tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    let kinds = WorkloadKind::ALL.into_iter().map(|kind| (kind.key(), kind.definition()));
    TABLES.into_iter().chain(kinds)
}

/// The definition of this name; null where there is none. What is not asked for is not parsed.
pub fn definition(name: &str) -> &'static Value {
    /// A definition: its text, and what has been parsed of it.
    type Entry = (&'static str, OnceLock<Value>);
    static INDEX: LazyLock<IndexMap<&'static str, Entry>> = LazyLock::new(|| {
        let mut index = IndexMap::new();
        // Each definition begins on a line of its own, without indent.
        for block in DEFINITIONS.split("\n\"").skip(1) {
            if let Some((name, text)) = block.split_once("\": ") {
                index.insert(name, (text, OnceLock::new()));
            }
        }
        index
    });
    static NONE: Value = Value::Null;
    INDEX.get(name).map_or(&NONE, |(text, parsed)| {
        parsed.get_or_init(|| {
            // What follows the definition, a comma or the end of the file, is not its own.
            let mut parser = serde_json::Deserializer::from_str(text);
            serde::Deserialize::deserialize(&mut parser).unwrap_or_default()
        })
    })
}

/// Everything in a value that does not fit a node of a definition.
pub fn problems<'a>(node: &'static Value, value: &'a Value, pointer: &str) -> Vec<Problem<'a>> {
    let mut found = Vec::new();
    check(node, value, &mut pointer.to_owned(), &mut found);
    found
}

fn check<'a>(
    node: &'static Value,
    value: &'a Value,
    pointer: &mut String,
    found: &mut Vec<Problem<'a>>,
) {
    let node = resolved(node);
    let mut wrong = |pointer: &str, kind| {
        found.push(Problem { pointer: pointer.to_owned(), value, node, kind });
    };
    if !types(node).any(|name| is(value, name)) {
        return wrong(pointer, ProblemKind::Type);
    }
    if let Some(values) = node["enum"].as_array()
        && !values.contains(value)
    {
        wrong(pointer, ProblemKind::Value);
    }
    match node["format"].as_str() {
        Some("int32") if value.as_i64().is_none_or(|n| i32::try_from(n).is_err()) => {
            wrong(pointer, ProblemKind::Range(32));
        }
        Some("int64") if value.as_i64().is_none() => wrong(pointer, ProblemKind::Range(64)),
        Some("quantity") if value.as_str().is_some_and(|text| !quantity::is_quantity(text)) => {
            wrong(pointer, ProblemKind::Quantity);
        }
        _ => {}
    }
    match value {
        Value::Object(entries) => {
            for key in node["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !entries.contains_key(key) {
                    wrong(pointer, ProblemKind::MissingKey(key));
                }
            }
            let properties = &node["properties"];
            let others = &node["additionalProperties"];
            for (key, value) in entries {
                match properties.get(key) {
                    Some(below) => below_key(below, key, value, pointer, found),
                    None if others.is_object() => below_key(others, key, value, pointer, found),
                    // The definition of an object without keys says nothing of its keys.
                    None if properties.is_null() => {}
                    None => found.push(Problem {
                        pointer: pointer.clone(),
                        value,
                        node,
                        kind: ProblemKind::UnknownKey(key),
                    }),
                }
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                below_key(&node["items"], &index.to_string(), element, pointer, found);
            }
        }
        _ => {}
    }
}

fn below_key<'a>(
    node: &'static Value,
    key: &str,
    value: &'a Value,
    pointer: &mut String,
    found: &mut Vec<Problem<'a>>,
) {
    let end = pointer.len();
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    check(node, value, pointer, found);
    pointer.truncate(end);
}

/// The node itself, or the definition that it refers to.
pub fn resolved(node: &'static Value) -> &'static Value {
    match node["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        Some(name) => definition(name),
        None => node,
    }
}

/// The types that a node takes, under the names of JSON Schema.
pub fn types(node: &Value) -> impl Iterator<Item = &str> {
    let one = node["type"].as_str();
    one.into_iter().chain(node["type"].as_array().into_iter().flatten().filter_map(Value::as_str))
}

/// As the API server reads it: `8000.0` is no integer there.
fn is(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || (name == "integer" && !number.is_f64()),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(name: &str, value: &Value) -> Vec<(String, String)> {
        let found = problems(definition(name), value, "");
        found.into_iter().map(|p| (p.pointer, format!("{:?}", p.kind))).collect()
    }

    #[test]
    fn every_definition_is_there_and_refers_to_others_that_are() {
        let whole: Value = serde_json::from_str(DEFINITIONS).unwrap();
        let all = whole["definitions"].as_object().unwrap();
        for (name, expected) in all {
            assert_eq!(definition(name), expected, "{name}");
            let text = expected.to_string();
            for reference in text.split("#/definitions/").skip(1) {
                let reference = reference.split('"').next().unwrap();
                assert!(all.contains_key(reference), "{name} refers to {reference}");
            }
        }
        for (table, name) in tables() {
            assert!(definition(name).is_object(), "{table}");
        }
        assert!(definition("NoSuchThing").is_null());
    }

    #[test]
    fn what_is_wrong_is_found_where_it_is() {
        let found = of(
            "PodSpec",
            &json!({
                "containers": [{"name": "a", "ports": [{"containerPort": "80"}], "resources": {"limits": {"cpu": 0.5, "memory": "1Gb"}}}],
                "volumes": [{"emptyDir": {}}],
                "terminationGracePeriodSeconds": 30.0,
                "dnsPolicy": "Cluster",
                "nodeSelector": {"a/b": 1},
                "hostNetwrk": true,
                "tolerations": null,
            }),
        );
        let expected = [
            ("/containers/0/ports/0/containerPort", "Type"),
            ("/containers/0/resources/limits/memory", "Quantity"),
            ("/volumes/0", "MissingKey(\"name\")"),
            ("/terminationGracePeriodSeconds", "Type"),
            ("/dnsPolicy", "Value"),
            ("/nodeSelector/a~1b", "Type"),
            ("", "UnknownKey(\"hostNetwrk\")"),
            ("/tolerations", "Type"),
        ];
        assert_eq!(found, expected.map(|(pointer, kind)| (pointer.into(), kind.into())));
    }

    #[test]
    fn integers_have_the_bits_that_kubernetes_gives_them() {
        assert_eq!(of("DeploymentStrategy", &json!({"rollingUpdate": {"maxSurge": "25%"}})), []);
        let found = of("ContainerPort", &json!({"containerPort": 2_147_483_648_u64}));
        assert_eq!(found, [("/containerPort".into(), "Range(32)".into())]);
        let found = of("PodSpec", &json!({"containers": [], "activeDeadlineSeconds": u64::MAX}));
        assert_eq!(found, [("/activeDeadlineSeconds".into(), "Range(64)".into())]);
    }
}
