//! The definitions of `schemas/kubernetes.json`, each parsed when it is first asked for.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde_json::Value;

use super::node::{Node, Tree};
use super::version::{Extent, Version};

/// `schemas/kubernetes.json`: a closed subset of the official JSON Schemas of all versions.
const DEFINITIONS: &str = include_str!("../../schemas/kubernetes.json");

/// A definition, of which no more is parsed than is asked for.
#[derive(Debug)]
pub(super) struct Definition {
    name: &'static str,
    text: &'static str,
    head: OnceLock<Value>,
    node: OnceLock<Node>,
    properties: OnceLock<Vec<Property>>,
    whole: OnceLock<Value>,
}

/// A key of a definition.
#[derive(Debug)]
struct Property {
    name: &'static str,
    text: &'static str,
    value: OnceLock<Value>,
    node: OnceLock<Node>,
}

/// What stands between the head of a definition and its keys, each on a line of its own.
const KEYS: &str = ", \"properties\": {\n";

impl Definition {
    fn new(name: &'static str, text: &'static str) -> Self {
        let text = text.trim_end_matches(['\n', ',']);
        Self {
            name,
            text,
            head: OnceLock::new(),
            node: OnceLock::new(),
            properties: OnceLock::new(),
            whole: OnceLock::new(),
        }
    }

    pub(super) fn named(name: &str) -> Option<&'static Self> {
        static ALL: [OnceLock<Definition>; COUNT] = [const { OnceLock::new() }; COUNT];
        let at = STARTS.binary_search_by_key(&name, |at| at.name()).ok()?;
        Some(ALL.get(at)?.get_or_init(|| Self::new(STARTS[at].name(), text_at(at))))
    }

    /// The API that has it, if it is a kind of its own.
    fn api_version(&self) -> Option<&str> {
        self.node().api_version.as_deref()
    }

    /// Everything but its keys.
    fn head(&self) -> &Value {
        self.head.get_or_init(|| parse(&self.head_text()))
    }

    fn head_text(&self) -> Cow<'static, str> {
        match self.text.split_once(KEYS) {
            Some((head, _)) => format!("{head}}}").into(),
            None => self.text.into(),
        }
    }

    /// Whether a value fits.
    pub(super) fn fits(&'static self, value: &impl Tree, version: Version) -> bool {
        self.node().holds(Some(self), value, version)
    }

    /// Whether it has a key, and the key this value.
    pub(super) fn fits_key(&'static self, key: &str, value: &Value, version: Version) -> bool {
        self.node().holds_key(Some(self), key, value, version)
    }

    fn node(&self) -> &Node {
        self.node.get_or_init(|| Node::read(&self.head_text()))
    }

    /// What is said of a key.
    pub(super) fn node_of(&self, key: &str) -> Option<&Node> {
        let property = self.property(key)?;
        Some(property.node.get_or_init(|| Node::read(property.text)))
    }

    /// Whether it says which keys there are.
    pub(super) fn has_keys(&self) -> bool {
        !self.properties().is_empty()
    }

    fn property(&self, key: &str) -> Option<&Property> {
        let properties = self.properties();
        let at = properties.binary_search_by_key(&key, |property| property.name).ok()?;
        properties.get(at)
    }

    fn properties(&self) -> &[Property] {
        self.properties.get_or_init(|| {
            let (_, keys) = self.text.split_once(KEYS).unwrap_or_default();
            let line = |line: &'static str| {
                let (name, text) = line.strip_prefix("  \"")?.split_once('"')?;
                let text = text.strip_prefix(": ")?.trim_end_matches(',');
                Some(Property { name, text, value: OnceLock::new(), node: OnceLock::new() })
            };
            keys.split('\n').filter_map(line).collect()
        })
    }

    fn whole(&self) -> &Value {
        self.whole.get_or_init(|| parse(self.text))
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// The lines without indent before the first definition: the comment, and the key of them all.
const LINES_BEFORE: usize = 2;

/// How many definitions there are.
const COUNT: usize = starts::<0>().1 - LINES_BEFORE;

/// Where each definition begins, found when the program is built: on a line of its own, without
/// indent. They, and their keys, are sorted.
static STARTS: [Start; COUNT] = starts::<COUNT>().0;

/// Where the name of a definition stands, in its quotes.
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

/// Where the first so many definitions begin, and how many lines there are without indent.
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

/// The text of a definition, by its number.
fn text_at(number: usize) -> &'static str {
    let start = STARTS[number].name + STARTS[number].length + "\": ".len();
    // Behind the last one the file ends.
    let last = DEFINITIONS.len() - DEFINITIONS.len().min("}\n}\n".len());
    &DEFINITIONS[start..STARTS.get(number + 1).map_or(last, |next| next.name - "\"".len())]
}

/// The names of all definitions.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    STARTS.iter().map(|start| start.name()).collect()
}

/// The definition of this name; null where there is none.
pub fn definition(name: &str) -> &'static Value {
    static NONE: Value = Value::Null;
    Definition::named(name).map_or(&NONE, Definition::whole)
}

/// A node, with the keys of the definition that it refers to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Its keywords, but for its keys.
    pub(super) head: &'static Value,
    definition: Option<&'static Definition>,
}

impl Shape {
    /// The node itself, or the definition that it refers to.
    pub(super) fn of(node: &'static Value) -> Self {
        let name = node["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        match name.and_then(Definition::named) {
            Some(definition) => Self::defined(definition),
            None => Self { head: node, definition: None },
        }
    }

    pub(super) fn defined(definition: &'static Definition) -> Self {
        Self { head: definition.head(), definition: Some(definition) }
    }

    /// All of it, to tell what is wrong.
    pub(super) fn whole(self) -> &'static Value {
        self.definition.map_or(self.head, Definition::whole)
    }

    /// The node of a key.
    pub(super) fn key(self, key: &str) -> Option<&'static Value> {
        let property = self.definition?.property(key)?;
        Some(property.value.get_or_init(|| parse(property.text)))
    }

    /// Whether it says which keys there are.
    pub(super) fn has_keys(self) -> bool {
        self.definition.is_some_and(Definition::has_keys)
    }

    /// The keys that it cannot do without in a version.
    pub(super) fn required(self, version: Version) -> impl Iterator<Item = &'static str> {
        let always = self.head["required"].as_array().into_iter().flatten();
        let sometimes = self.head["requiredIn"].as_object().into_iter().flatten();
        let sometimes = sometimes.filter(move |(_, extent)| Extent::between(extent).has(version));
        always.filter_map(Value::as_str).chain(sometimes.map(|(key, _)| key.as_str()))
    }
}

/// Whether the definitions know a manifest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Known {
    /// They do: this is the name of its definition.
    Yes(&'static str),
    /// They know its kind, which is in this API and in no other.
    OtherApi(&'static str),
    /// They do not: a kind that is left out, or one of somebody else.
    No,
}

/// The definition of a manifest of this kind in this API, `apps/v1` for example.
pub fn manifest(api_version: &str, kind: &str) -> Known {
    let Some(definition) = Definition::named(kind) else { return Known::No };
    let Some(api) = definition.api_version() else { return Known::No };
    if api == api_version {
        return Known::Yes(definition.name);
    }
    let group = |api: &str| api.rsplit_once('/').map_or(0, |(group, _)| group.len());
    let (given, group) = (&api_version[..group(api_version)], &api[..group(api)]);
    // The groups of Kubernetes itself. Kinds of the same name in others are other kinds, and of the
    // autoscaler two versions are served.
    let own = ["", "apps", "autoscaling", "batch", "extensions", "policy"];
    let is_own = own.contains(&given) || given.ends_with(".k8s.io") && given == group;
    if is_own && api_version != "autoscaling/v1" { Known::OtherApi(api) } else { Known::No }
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
    fn every_definition_is_there_and_refers_to_others_that_are() {
        let whole: Value = serde_json::from_str(DEFINITIONS).unwrap();
        let all = whole["definitions"].as_object().unwrap();
        for (name, expected) in all {
            assert_eq!(definition(name), expected, "{name}");
            let mut parts = Definition::named(name).unwrap().head().clone();
            for property in Definition::named(name).unwrap().properties() {
                let name_of = property.name;
                let node = Shape::defined(Definition::named(name).unwrap()).key(name_of).unwrap();
                parts["properties"][name_of] = node.clone();
            }
            assert_eq!(parts, *expected, "{name}");
            let text = expected.to_string();
            for reference in text.split("#/definitions/").skip(1) {
                let reference = reference.split('"').next().unwrap();
                assert!(all.contains_key(reference), "{name} refers to {reference}");
            }
        }
        for (table, name) in crate::kubernetes::tables() {
            assert!(definition(name).is_object(), "{table}");
        }
        assert!(definition("NoSuchThing").is_null());
    }

    #[test]
    fn manifests_are_known_by_kind_and_api() {
        assert!(matches!(manifest("apps/v1", "Deployment"), Known::Yes(_)));
        assert!(matches!(manifest("v1", "ConfigMap"), Known::Yes(_)));
        assert_eq!(manifest("v1", "Deployment"), Known::OtherApi("apps/v1"));
        assert_eq!(
            manifest("extensions/v1beta1", "Ingress"),
            Known::OtherApi("networking.k8s.io/v1")
        );
        assert_eq!(
            manifest("networking.k8s.io/v1beta1", "Ingress"),
            Known::OtherApi("networking.k8s.io/v1")
        );
        assert_eq!(manifest("autoscaling/v1", "HorizontalPodAutoscaler"), Known::No);
        assert_eq!(manifest("serving.knative.dev/v1", "Service"), Known::No);
        assert_eq!(manifest("monitoring.coreos.com/v1", "PodMonitor"), Known::No);
        assert_eq!(manifest("v1", "PodSpec"), Known::No);
    }
}
