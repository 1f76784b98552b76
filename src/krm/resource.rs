//! One Kubernetes object of a call: its text and its value.

use serde_json::Value;

use crate::backends::artifact;
use crate::diagnostics::source::Source;
use crate::kubernetes::{api_group, pod_template};
use crate::spec::envelope::{API_VERSION, KIND};
use crate::text::yaml_writer::to_yaml;
use crate::text::{self, edit};

/// Kustomize's annotations for the earlier names of an object, and the namespace of each.
const PREVIOUS: [&str; 2] = [
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/previousNamespaces",
];

/// Kustomize's annotation for the identity of an object; no other caller sets it.
const KUSTOMIZE_ID: &str = "kustomize.config.k8s.io/id";

/// The annotation for the file of an object, and its name before 2022. Source: KRM Functions
/// Specification.
pub(super) const PATH: [&str; 2] =
    ["internal.config.kubernetes.io/path", "config.kubernetes.io/path"];

/// The annotation for the index of an object in its file, and its name before 2022.
pub(super) const INDEX: [&str; 2] =
    ["internal.config.kubernetes.io/index", "config.kubernetes.io/index"];

/// The annotation for the style of lists in its file: `wide`, with indentation, or `compact`.
pub(super) const STYLE: &str = "internal.config.kubernetes.io/seqindent";

/// Annotations that belong to the caller, not to the object.
const CALLER_ANNOTATIONS: [&str; 6] = [
    "internal.config.kubernetes.io/",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    // kpt marks the objects of Config Connector.
    "cnrm.cloud.google.com/blueprint",
    KUSTOMIZE_ID,
];

/// What an object is: API group and kind.
pub(super) type GroupKind<'a> = (&'a str, &'a str);

pub(super) const SERVICE_ACCOUNT: GroupKind<'static> = ("", "ServiceAccount");

#[derive(Debug, Clone)]
pub(super) struct Resource {
    /// A YAML document that ends with a newline.
    text: String,
    /// Null if the text cannot be read; it is passed on unchanged.
    value: Value,
}

impl Resource {
    pub(super) fn parse(text: String) -> Self {
        let text = with_final_newline(text);
        let source = Source::new("object.yaml", text.as_str());
        let mut documents = text::parse_stream(&source).unwrap_or_default();
        let value = if documents.len() == 1 { documents.swap_remove(0) } else { Value::Null };
        Self { text, value }
    }

    /// An object with this value. It keeps its text, unless the text alone has another value, for example
    /// because of an alias into another object.
    pub(super) fn with_text(value: Value, text: Option<String>) -> Self {
        match text.map(Self::parse).filter(|resource| resource.value == value) {
            Some(resource) => resource,
            None => Self { text: to_yaml(&value), value },
        }
    }

    /// The syntax error of the text, if it cannot be read.
    pub(super) fn syntax_error(&self) -> Option<String> {
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

    /// Changes the value. The text of everything else stays the same.
    pub(super) fn set(&mut self, value: Value) {
        self.text = with_final_newline(edit::rewrite(&self.text, &self.value, &value));
        self.value = value;
    }

    fn string(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn api_version(&self) -> &str {
        self.string("/apiVersion")
    }

    pub(super) fn kind(&self) -> &str {
        self.string("/kind")
    }

    pub(super) fn group_kind(&self) -> GroupKind<'_> {
        (api_group(self.api_version()), self.kind())
    }

    pub(super) fn is_service_account(&self) -> bool {
        self.group_kind() == SERVICE_ACCOUNT
    }

    pub(super) fn name(&self) -> &str {
        self.string("/metadata/name")
    }

    /// Its namespace; empty if it has none.
    pub(super) fn namespace(&self) -> &str {
        self.string("/metadata/namespace")
    }

    /// Its annotations, of any type; null if there are none.
    pub(super) fn annotations(&self) -> &Value {
        self.value.pointer("/metadata/annotations").unwrap_or(&Value::Null)
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations().get(key)?.as_str()
    }

    pub(super) fn caller_annotations(&self) -> impl Iterator<Item = (&String, &Value)> {
        let annotations = self.annotations().as_object();
        annotations.into_iter().flatten().filter(|(key, _)| is_caller_annotation(key))
    }

    /// The path of its file in the package.
    pub(super) fn path(&self) -> Option<&str> {
        PATH.into_iter().find_map(|key| self.annotation(key))
    }

    /// Whether it comes from `kustomize build`.
    pub(super) fn is_from_kustomize(&self) -> bool {
        self.annotation(KUSTOMIZE_ID).is_some()
    }

    pub(super) fn is_ours(&self) -> bool {
        artifact::is_ours(self.text.as_bytes())
    }

    /// Whether it is an App, valid or not.
    pub(super) fn is_app(&self) -> bool {
        match &self.value {
            Value::Null => self.text.contains(API_VERSION),
            _ => self.kind() == KIND && self.api_version().starts_with("wigen.dev/"),
        }
    }

    /// Whether it is the same object as another, by version, kind, namespace and name.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        [self.api_version(), self.kind(), self.namespace(), self.name()]
            == [other.api_version(), other.kind(), other.namespace(), other.name()]
    }

    /// Whether it is in this namespace, or has no namespace.
    pub(super) fn may_be_in(&self, namespace: &str) -> bool {
        [namespace, ""].contains(&self.namespace())
    }

    /// Whether it has this kind and name, and may be in this namespace.
    pub(super) fn is(&self, group_kind: GroupKind<'_>, namespace: &str, name: &str) -> bool {
        self.group_kind() == group_kind && self.name() == name && self.may_be_in(namespace)
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let labels = self.value.pointer("/metadata/labels").and_then(Value::as_object);
        labels.into_iter().flatten().filter_map(|(key, text)| Some((key.as_str(), text.as_str()?)))
    }

    /// The pointer to the spec of its pods, if it is a workload.
    pub(super) fn pod_spec_pointer(&self) -> Option<String> {
        let (group, kind) = self.group_kind();
        let pointer = format!("{}/spec", pod_template(group, kind)?);
        self.value.pointer(&pointer)?["containers"].is_array().then_some(pointer)
    }

    pub(super) fn is_workload(&self) -> bool {
        self.pod_spec_pointer().is_some()
    }

    /// Whether it had this name in this namespace, or in none, before Kustomize changed it.
    pub(super) fn had_name(&self, namespace: &str, name: &str) -> bool {
        let [names, namespaces] =
            PREVIOUS.map(|key| self.annotation(key).unwrap_or_default().split(','));
        // To Kustomize, an object without a namespace is in `default`.
        let is_there = |before: &str| [namespace, "default", ""].contains(&before);
        names.zip(namespaces).any(|(before, place)| before == name && is_there(place))
    }

    /// Its name, and its earlier names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let before = self.annotation(PREVIOUS[0]).into_iter().flat_map(|names| names.split(','));
        std::iter::once(self.name()).chain(before)
    }

    /// Whether Kustomize appends a hash to its name after all functions.
    pub(super) fn gets_hash(&self) -> bool {
        self.annotation("kustomize.config.k8s.io/needs-hash") == Some("true")
            || self.annotation("internal.config.kubernetes.io/needsHashSuffix") == Some("enabled")
    }

    /// Its value without the annotations of the caller.
    pub(super) fn content(&self) -> Value {
        let mut content = self.value.clone();
        let Some(Value::Object(metadata)) = content.get_mut("metadata") else { return content };
        if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
            annotations.retain(|key, _| !is_caller_annotation(key));
            if annotations.is_empty() {
                metadata.shift_remove("annotations");
            }
        }
        content
    }
}

fn with_final_newline(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn is_caller_annotation(key: &str) -> bool {
    CALLER_ANNOTATIONS.iter().any(|known| match known.strip_suffix('/') {
        Some(_) => key.starts_with(known),
        None => key == *known,
    })
}

/// Sets an annotation, unless the annotations are not an object.
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

/// Removes an annotation; also the empty object that is left.
pub(super) fn remove_annotation(value: &mut Value, key: &str) {
    let Some(Value::Object(metadata)) = value.get_mut("metadata") else { return };
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        annotations.shift_remove(key);
        if annotations.is_empty() {
            metadata.shift_remove("annotations");
        }
    }
}
