//! What an error is about, and what is wrong with its keys.

use serde_json::Value;

use crate::diagnostics::pointer::{join, steps};
use crate::diagnostics::{
    Code, Diagnostic, Edit, Location, is_unmistakable, quoted, same_but_for_case, similar,
};
use crate::kubernetes::{self, Version, VersionRange};

/// What an error is about, and where it is.
pub(super) struct ErrorContext<'a> {
    pub(super) schema: &'a Value,
    pub(super) document: &'a Value,
    pub(super) node: &'a Value,
    pub(super) pointer: &'a str,
    pub(super) value: &'a Value,
    pub(super) place: Location,
    /// Whether the table around the value requires it.
    pub(super) required: bool,
}

crate::diagnostics::declare_code! {
    UNKNOWN_KEY: Error = "unknown-key",
    what: "The spec has no such key here.",
    why: "A misspelled key that is ignored is a setting that silently does not apply.",
    example: "[cluster]\nregoin = \"us-central1\"",
    instead: "[cluster]\nregion = \"us-central1\"",
}

crate::diagnostics::declare_code! {
    MISSING_KEY: Error = "missing-key",
    what: "A required key is missing; or `container` is missing while other keys describe its workload.",
    why: "wigen does not guess anything that decides which identity a pod gets.",
    example: "namespace = \"default\"   # and no name",
    instead: "name = \"fastapi-books\"",
}

crate::diagnostics::declare_code! {
    KUBERNETES_VERSION: Error = "kubernetes-version",
    what: "The cluster's Kubernetes version does not have this field. `--kube-version` sets the version; the default is the newest that wigen knows.",
    why: "The API server would drop the field, and the pods would run without it.",
    example: "[pod]\nworkloadRef = { name = \"books\", podGroup = \"api\" }",
    instead: "[pod]\nhostname = \"books\"",
    source: "Kubernetes, Feature Gates and API changes in the release notes: https://kubernetes.io/releases/",
}

impl ErrorContext<'_> {
    pub(super) fn unknown_key(&self, key: &str) -> Diagnostic {
        let place = Location::key(join(self.pointer, key));
        let message = format!("unknown key {}{}", quoted(key), self.in_table());
        let found =
            Diagnostic::new(Code::UNKNOWN_KEY, place, message).label("not a key of this table");
        let known = keys(self.node);
        if let Some(name) = similar(key, known.iter().copied()) {
            let help = format!("there is a key named {}", quoted(name));
            return if self.value.get(name).is_some() {
                let other = Location::key(join(self.pointer, name));
                found.help(help).related(other, "which is here")
            } else if self.is_meant(key, name, &known) {
                found.help(help).certainly(Edit::Text(name.to_owned()))
            } else {
                found.help(help).replacement(name)
            };
        }
        let mut elsewhere = Vec::new();
        tables_with(self.schema, key, &mut String::new(), &mut elsewhere);
        if let [table, ..] = elsewhere.as_slice() {
            return found.help(format!("{} is a key of {}", quoted(key), quoted(table)));
        }
        let is_definition = |name: &&str| kubernetes::definition(name).is_object();
        match self.node["$comment"].as_str().filter(is_definition) {
            Some(kind) => found.help(format!("the keys here are those of a {kind} of Kubernetes")),
            None => found.help(format!(
                "the keys here are {}",
                known.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ")
            )),
        }
    }

    /// Whether an unknown key is reported as a misspelling of this missing one.
    pub(super) fn is_misspelt(&self, key: &str) -> bool {
        let known = keys(self.node);
        let given = self.value.as_object().into_iter().flat_map(|table| table.keys());
        let mut unknown = given.filter(|given| !known.contains(&given.as_str()));
        unknown.any(|given| similar(given, known.iter().copied()) == Some(key))
    }

    /// Whether an unknown key can only mean this one. Keys that give pods more rights are never guessed.
    fn is_meant(&self, key: &str, name: &str, known: &[&str]) -> bool {
        let node = match &self.node["properties"][name] {
            node if node["$ref"].is_string() => kubernetes::definition(
                node["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default(),
            ),
            node => node,
        };
        let value = &self.value[key];
        let fits = kubernetes::types(node).next().is_none()
            || kubernetes::types(node).any(|name| kubernetes::has_type(value, name));
        let is_power = name.starts_with("host") || name.to_lowercase().contains("privilege");
        let is_safe = !is_power || same_but_for_case(key, name);
        fits && is_safe && is_unmistakable(key, known.iter().copied())
    }

    pub(super) fn other_version(
        &self,
        key: &str,
        versions: VersionRange,
        version: Version,
    ) -> Diagnostic {
        let name = quoted(key);
        let message = format!("{name} is a key of Kubernetes {versions}, not of {version}");
        let place = Location::key(join(self.pointer, key));
        Diagnostic::new(Code::KUBERNETES_VERSION, place, message)
            .help("remove it; or set the version of the cluster with `--kube-version`")
    }

    pub(super) fn missing_key(&self, key: &str) -> Diagnostic {
        let message = format!("missing key {}{}", quoted(key), self.in_table());
        let example = &self.node["properties"][key]["examples"][0];
        let found = Diagnostic::new(Code::MISSING_KEY, Location::key(self.pointer), message);
        let about = self.node["properties"][key]["description"].as_str().unwrap_or_default();
        let about = about.split(['.', ';']).next().unwrap_or_default();
        match example {
            Value::Null if about.is_empty() => found.help(format!("add {}", quoted(key))),
            Value::Null => found.help(format!("add {}: {about}", quoted(key))),
            // The example of a table does not fit on one line.
            Value::Object(_) => found.help(format!("add the table {}: {about}", quoted(key))),
            example => found.help(format!("add {}: {about}, for example `{example}`", quoted(key))),
        }
    }

    /// The key that the error is about, as the subject of a sentence.
    pub(super) fn subject(&self) -> String {
        match key_of(self.document, self.pointer) {
            Some(key) => quoted(&key),
            None => "a spec".to_owned(),
        }
    }

    pub(super) fn in_table(&self) -> String {
        match key_of(self.document, self.pointer) {
            Some(key) => format!(" in {}", quoted(&key)),
            None => String::new(),
        }
    }
}

/// The key of a node; for an element of a list, the key of the list.
fn key_of(document: &Value, pointer: &str) -> Option<String> {
    let mut node = document;
    let mut name = None;
    for key in steps(pointer) {
        let list = node.as_array();
        node = match list {
            Some(list) => key.parse::<usize>().ok().and_then(|index| list.get(index)),
            None => node.get(&*key),
        }
        .unwrap_or(&Value::Null);
        if list.is_none() {
            name = Some(key.into_owned());
        }
    }
    name
}

pub(super) fn keys(node: &Value) -> Vec<&str> {
    let properties = node["properties"].as_object().into_iter().flatten();
    properties.map(|(key, _)| key.as_str()).filter(|key| *key != "$schema").collect()
}

/// The paths of the tables of a spec that have a key.
fn tables_with(node: &Value, key: &str, path: &mut String, found: &mut Vec<String>) {
    for (name, below) in node["properties"].as_object().into_iter().flatten() {
        let end = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        let table = if below["type"] == "array" { &below["items"] } else { below };
        if table["properties"].get(key).is_some() {
            found.push(path.clone());
        }
        tables_with(table, key, path, found);
        path.truncate(end);
    }
}
