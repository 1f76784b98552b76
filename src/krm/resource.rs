//! One object of a list: its text, and what the text says.

use serde_json::Value;

use super::edit;
use crate::backends::artifact;
use crate::diagnostics::source::Source;
use crate::kubernetes::pod_template;
use crate::spec::envelope::{API_VERSION, KIND};
use crate::text;
use crate::text::yaml_writer::to_yaml;

/// Where Kustomize keeps what an object was called before it, and in which namespaces it was so.
const PREVIOUS: [&str; 2] = [
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/previousNamespaces",
];

/// Kustomize tells the resources of a build apart by it; no other caller sets it.
const KUSTOMIZE_ID: &str = "kustomize.config.k8s.io/id";

/// Where the file of an object is told, and how it was written before 2022. Source: KRM Functions
/// Specification.
pub(super) const PATH: [&str; 2] =
    ["internal.config.kubernetes.io/path", "config.kubernetes.io/path"];

/// Which of the objects in a file it is.
pub(super) const INDEX: &str = "internal.config.kubernetes.io/index";

/// How lists are written in its file: `wide`, with indentation, or `compact`.
pub(super) const STYLE: &str = "internal.config.kubernetes.io/seqindent";

/// The annotations that belong to whoever calls the function, not to the object.
const OF_CALLER: [&str; 5] = [
    "internal.config.kubernetes.io/",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    KUSTOMIZE_ID,
];

/// An object, and the text that it is written in.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// A YAML document without indentation, with a newline at its end.
    text: String,
    /// Null for what cannot be read: it is handed on as it is.
    value: Value,
}

impl Item {
    /// An object from its text.
    pub(super) fn of(text: String) -> Self {
        let text = ended(text);
        let source = Source::new("object.yaml", text.as_str());
        let mut documents = text::parse_stream(&source).unwrap_or_default();
        let value = if documents.len() == 1 { documents.swap_remove(0) } else { Value::Null };
        Self { text, value }
    }

    /// An object that says this, by the text that it is written in, if that says it by itself: an
    /// alias may stand for a part of another object.
    pub(super) fn that_says(value: Value, text: Option<String>) -> Self {
        match text.map(Self::of).filter(|item| item.value == value) {
            Some(item) => item,
            None => Self { text: to_yaml(&value), value },
        }
    }

    /// Why it cannot be read.
    pub(super) fn unreadable(&self) -> Option<String> {
        let source = Source::new("object.yaml", self.text.as_str());
        let found = text::parse_stream(&source).err()?.into_iter().next();
        found.map(|found| found.message).filter(|_| self.value.is_null())
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// Gives it other content; what stays the same stays as it is written.
    pub(super) fn set(&mut self, value: Value) {
        self.text = ended(edit::rewrite(&self.text, &self.value, &value));
        self.value = value;
    }

    fn at(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn api_version(&self) -> &str {
        self.at("/apiVersion")
    }

    pub(super) fn kind(&self) -> &str {
        self.at("/kind")
    }

    pub(super) fn name(&self) -> &str {
        self.at("/metadata/name")
    }

    /// Its namespace; empty where whoever applies it chooses.
    pub(super) fn namespace(&self) -> &str {
        self.at("/metadata/namespace")
    }

    /// Its annotations, whatever they are; null where there are none.
    pub(super) fn annotations(&self) -> &Value {
        self.value.pointer("/metadata/annotations").unwrap_or(&Value::Null)
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations().get(key)?.as_str()
    }

    /// The annotations of whoever calls the function.
    pub(super) fn annotations_of_caller(&self) -> impl Iterator<Item = (&String, &Value)> {
        let annotations = self.annotations().as_object();
        annotations.into_iter().flatten().filter(|(key, _)| is_of_caller(key))
    }

    /// The file it is in, as a path below the package.
    pub(super) fn path(&self) -> Option<&str> {
        PATH.into_iter().find_map(|key| self.annotation(key))
    }

    /// Whether Kustomize builds with it.
    pub(super) fn is_of_kustomize(&self) -> bool {
        self.annotation(KUSTOMIZE_ID).is_some()
    }

    /// Whether wigen wrote it.
    pub(super) fn is_ours(&self) -> bool {
        artifact::is_ours(self.text.as_bytes())
    }

    /// Whether it is an app spec, right or wrong.
    pub(super) fn is_app(&self) -> bool {
        match &self.value {
            Value::Null => self.text.contains(API_VERSION),
            _ => self.kind() == KIND && self.api_version().starts_with("wigen.dev/"),
        }
    }

    /// Whether it has the name of another object, and everything else that makes objects one.
    pub(super) fn is_copy_of(&self, other: &Self) -> bool {
        [self.api_version(), self.kind(), self.namespace(), self.name()]
            == [other.api_version(), other.kind(), other.namespace(), other.name()]
    }

    /// Whether it is in a namespace, or may be.
    pub(super) fn may_be_in(&self, namespace: &str) -> bool {
        [namespace, ""].contains(&self.namespace())
    }

    /// Whether it is of this kind and has this name, in a namespace or in whatever it is applied in.
    pub(super) fn is(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.kind() == kind && self.name() == name && self.may_be_in(namespace)
    }

    /// Its labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let labels = self.value.pointer("/metadata/labels").and_then(Value::as_object);
        labels.into_iter().flatten().filter_map(|(key, text)| Some((key.as_str(), text.as_str()?)))
    }

    /// Where the spec of its pods is, if it makes any. (A Service of Knative does, another one does not.)
    pub(super) fn pods(&self) -> Option<String> {
        self.makes_pods().then(|| pod_template(self.kind()))?.map(|at| format!("{at}/spec"))
    }

    /// Whether it makes pods.
    pub(super) fn makes_pods(&self) -> bool {
        let template = pod_template(self.kind()).and_then(|at| self.value.pointer(at));
        template.is_some_and(|template| template["spec"]["containers"].is_array())
    }

    /// Whether it had this name in this namespace, or in none, before Kustomize changed one of them.
    pub(super) fn was(&self, namespace: &str, name: &str) -> bool {
        let [names, namespaces] =
            PREVIOUS.map(|key| self.annotation(key).unwrap_or_default().split(','));
        // An object without a namespace was in `default` to Kustomize.
        let is_there = |before: &str| [namespace, "default", ""].contains(&before);
        names.zip(namespaces).any(|(before, place)| before == name && is_there(place))
    }

    /// Its name, and those that it had before.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let before = self.annotation(PREVIOUS[0]).into_iter().flat_map(|names| names.split(','));
        std::iter::once(self.name()).chain(before)
    }

    /// Whether Kustomize will append a hash to its name, after every function.
    pub(super) fn gets_a_hash(&self) -> bool {
        self.annotation("kustomize.config.k8s.io/needs-hash") == Some("true")
            || self.annotation("internal.config.kubernetes.io/needsHashSuffix") == Some("enabled")
    }

    /// What it says but for the annotations of whoever calls the function.
    pub(super) fn content(&self) -> Value {
        let mut content = self.value.clone();
        let Some(Value::Object(metadata)) = content.get_mut("metadata") else { return content };
        if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
            annotations.retain(|key, _| !is_of_caller(key));
            if annotations.is_empty() {
                metadata.shift_remove("annotations");
            }
        }
        content
    }
}

fn ended(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn is_of_caller(key: &str) -> bool {
    OF_CALLER.iter().any(|known| match known.strip_suffix('/') {
        Some(_) => key.starts_with(known),
        None => key == *known,
    })
}

/// Sets an annotation of an object whose annotations are a table, if it has any.
pub(super) fn annotate(value: &mut Value, key: &str, text: impl Into<Value>) {
    let Some(Value::Object(metadata)) = value.get_mut("metadata") else { return };
    let annotations = metadata.entry("annotations").or_insert(Value::Null);
    if annotations.is_null() {
        *annotations = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(annotations) = annotations {
        annotations.insert(key.to_owned(), text.into());
    }
}

/// Takes an annotation away, and with the last one their table.
pub(super) fn unannotate(value: &mut Value, key: &str) {
    let Some(Value::Object(metadata)) = value.get_mut("metadata") else { return };
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        annotations.shift_remove(key);
        if annotations.is_empty() {
            metadata.shift_remove("annotations");
        }
    }
}
