//! The definitions of `schemas/kubernetes.json`, each parsed when it is first used.

use std::sync::OnceLock;

use serde_json::Value;

use super::field_schema::FieldSchema;

/// `schemas/kubernetes.json`: a closed subset of the official JSON Schemas of all versions.
const DEFINITIONS: &str = include_str!("../../schemas/kubernetes.json");

/// A definition; its parts are parsed when they are first used.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: &'static str,
    text: &'static str,
    table: OnceLock<FieldSchema>,
    fields: OnceLock<Vec<Field>>,
    json: OnceLock<Value>,
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    text: &'static str,
    schema: OnceLock<FieldSchema>,
}

/// What separates the head of a definition from its keys, each of which has its own line.
const KEYS: &str = ", \"properties\": {\n";

impl Definition {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        index(name).and_then(Self::at)
    }

    /// The definition that a field refers to.
    pub(super) fn of_field(field: &FieldSchema) -> Option<&'static Self> {
        field.target.get_or_init(|| field.definition().and_then(index)).and_then(Self::at)
    }

    fn at(index: usize) -> Option<&'static Self> {
        static ALL: [OnceLock<Definition>; COUNT] = [const { OnceLock::new() }; COUNT];
        let start = STARTS.get(index)?;
        Some(ALL.get(index)?.get_or_init(|| Self::new(start.name(), text_at(index))))
    }

    fn new(name: &'static str, text: &'static str) -> Self {
        let text = text.trim_end_matches(['\n', ',']);
        let (table, fields) = (OnceLock::new(), OnceLock::new());
        Self { name, text, table, fields, json: OnceLock::new() }
    }

    /// What it says of the table itself: everything but its keys.
    pub(super) fn table(&self) -> &FieldSchema {
        self.table.get_or_init(|| match self.text.split_once(KEYS) {
            Some((head, _)) => FieldSchema::parse(&format!("{head}}}")),
            None => FieldSchema::parse(self.text),
        })
    }

    /// What it says of a key.
    pub(super) fn field(&self, key: &str) -> Option<&FieldSchema> {
        let fields = self.fields();
        let at = fields.binary_search_by_key(&key, |field| field.name).ok()?;
        let field = fields.get(at)?;
        Some(field.schema.get_or_init(|| FieldSchema::parse(field.text)))
    }

    /// Whether it says which keys there are.
    pub(super) fn has_fields(&self) -> bool {
        !self.fields().is_empty()
    }

    fn fields(&self) -> &[Field] {
        self.fields.get_or_init(|| {
            let (_, keys) = self.text.split_once(KEYS).unwrap_or_default();
            let field = |line: &'static str| {
                let (name, text) = line.strip_prefix("  \"")?.split_once('"')?;
                let text = text.strip_prefix(": ")?.trim_end_matches(',');
                Some(Field { name, text, schema: OnceLock::new() })
            };
            keys.split('\n').filter_map(field).collect()
        })
    }

    /// The whole definition as JSON, which only messages and the published schemas need.
    pub(super) fn json(&self) -> &Value {
        self.json.get_or_init(|| serde_json::from_str(self.text).unwrap_or_default())
    }
}

/// The lines without indent before the first definition: the comment, and the key `definitions`.
const LINES_BEFORE: usize = 2;

const COUNT: usize = starts::<0>().1 - LINES_BEFORE;

/// Where each definition begins, computed at compile time: on its own line, without indent. Definitions
/// and their keys are sorted.
static STARTS: [Start; COUNT] = starts::<COUNT>().0;

fn index(name: &str) -> Option<usize> {
    STARTS.binary_search_by_key(&name, |at| at.name()).ok()
}

/// Where the name of a definition is, inside its quotes.
#[derive(Clone, Copy)]
struct Start {
    name: usize,
    length: usize,
}

impl Start {
    fn name(self) -> &'static str {
        &DEFINITIONS[self.name..self.name + self.length]
    }
}

/// Where the first `MOST` definitions begin, and the number of lines without indent.
const fn starts<const MOST: usize>() -> ([Start; MOST], usize) {
    let text = DEFINITIONS.as_bytes();
    let (mut starts, mut lines, mut at) = ([Start { name: 0, length: 0 }; MOST], 0, 1);
    while at < text.len() {
        if text[at] == b'"' && text[at - 1] == b'\n' {
            if lines >= LINES_BEFORE && lines - LINES_BEFORE < MOST {
                let name = at + 1;
                let mut length = 0;
                while text[name + length] != b'"' {
                    length += 1;
                }
                starts[lines - LINES_BEFORE] = Start { name, length };
            }
            lines += 1;
        }
        at += 1;
    }
    (starts, lines)
}

fn text_at(index: usize) -> &'static str {
    let start = STARTS[index].name + STARTS[index].length + "\": ".len();
    // After the last one the file ends.
    let last = DEFINITIONS.len() - DEFINITIONS.len().min("}\n}\n".len());
    &DEFINITIONS[start..STARTS.get(index + 1).map_or(last, |next| next.name - "\"".len())]
}

#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    STARTS.iter().map(|start| start.name()).collect()
}

/// The definition of this name as JSON; null if there is none.
pub fn definition(name: &str) -> &'static Value {
    static NONE: Value = Value::Null;
    Definition::named(name).map_or(&NONE, Definition::json)
}

/// What the definitions know of a kind of manifest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ManifestKind {
    /// A known kind: the name of its definition.
    Known(&'static str),
    /// A known kind, which only another API has: this one.
    OtherApi(&'static str),
    /// A kind that is left out, or not a kind of Kubernetes.
    Unknown,
}

impl ManifestKind {
    /// The kind of a manifest with this `apiVersion`, for example `apps/v1`, and `kind`.
    pub fn find(api_version: &str, kind: &str) -> Self {
        let Some(definition) = Definition::named(kind) else { return Self::Unknown };
        let Some(api) = definition.table().api_version.as_deref() else { return Self::Unknown };
        if api == api_version {
            return Self::Known(definition.name);
        }
        let group = |api: &str| api.rsplit_once('/').map_or(0, |(group, _)| group.len());
        let (given, group) = (&api_version[..group(api_version)], &api[..group(api)]);
        // The groups of Kubernetes itself. Other groups may have other kinds of the same name, and of
        // the autoscaler two versions are served.
        let own = ["", "apps", "autoscaling", "batch", "extensions", "policy"];
        let is_own = own.contains(&given) || given.ends_with(".k8s.io") && given == group;
        if is_own && api_version != "autoscaling/v1" { Self::OtherApi(api) } else { Self::Unknown }
    }
}

/// The keys that every version requires in a table of this definition.
pub fn required(definition: &str) -> impl Iterator<Item = &'static str> {
    let definition = Definition::named(definition);
    definition.into_iter().flat_map(|definition| definition.table().always_required())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_is_found_and_refers_to_others_that_are() {
        let whole: Value = serde_json::from_str(DEFINITIONS).unwrap();
        let all = whole["definitions"].as_object().unwrap();
        assert_eq!(names(), all.keys().collect::<Vec<_>>());
        for (name, expected) in all {
            assert_eq!(definition(name), expected, "{name}");
            let fields = Definition::named(name).unwrap().fields();
            let parsed: Vec<(&str, Value)> = fields
                .iter()
                .map(|field| (field.name, serde_json::from_str(field.text).unwrap()))
                .collect();
            let keys = expected["properties"].as_object().into_iter().flatten();
            let keys: Vec<(&str, Value)> =
                keys.map(|(key, field)| (key.as_str(), field.clone())).collect();
            assert_eq!(parsed, keys, "{name}");
            let text = expected.to_string();
            for reference in text.split("#/definitions/").skip(1) {
                let reference = reference.split('"').next().unwrap();
                assert!(all.contains_key(reference), "{name} refers to {reference}");
            }
        }
        assert!(definition("NoSuchThing").is_null());
    }

    #[test]
    fn manifests_are_known_by_kind_and_api() {
        let find = ManifestKind::find;
        assert!(matches!(find("apps/v1", "Deployment"), ManifestKind::Known(_)));
        assert!(matches!(find("v1", "ConfigMap"), ManifestKind::Known(_)));
        assert_eq!(find("v1", "Deployment"), ManifestKind::OtherApi("apps/v1"));
        assert_eq!(
            find("extensions/v1beta1", "Ingress"),
            ManifestKind::OtherApi("networking.k8s.io/v1")
        );
        assert_eq!(
            find("networking.k8s.io/v1beta1", "Ingress"),
            ManifestKind::OtherApi("networking.k8s.io/v1")
        );
        assert_eq!(find("autoscaling/v1", "HorizontalPodAutoscaler"), ManifestKind::Unknown);
        assert_eq!(find("serving.knative.dev/v1", "Service"), ManifestKind::Unknown);
        assert_eq!(find("monitoring.coreos.com/v1", "PodMonitor"), ManifestKind::Unknown);
        assert_eq!(find("v1", "PodSpec"), ManifestKind::Unknown);
    }
}
