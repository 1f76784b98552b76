//! The two forms of a spec: flat, and as a Kubernetes object (Kubernetes Resource Model).
//!
//! ```yaml
//! apiVersion: wigen.dev/v1alpha1
//! kind: App
//! metadata:
//!   name: fastapi-books
//!   namespace: default
//! spec:
//!   project: my-project   # and every other key of the flat form
//! ```
//!
//! Environments are flat in both.

use serde_json::{Map, Value, json};

use crate::diagnostics::source::Source;
use crate::text::{self, Node, NodeValue, Table};

/// `apiVersion` of a spec in the envelope.
pub const API_VERSION: &str = "wigen.dev/v1alpha1";
/// The prefix of wigen's own annotations.
pub const PREFIX: &str = "wigen.dev/";
/// `kind` of a spec in the envelope.
pub const KIND: &str = "App";

/// The keys of the flat form that stand under `metadata` in the envelope.
pub const METADATA: [&str; 2] = ["name", "namespace"];

/// Makes a Kubernetes object of a flat spec.
pub fn closed(flat: Value) -> Value {
    let Value::Object(mut spec) = flat else { return flat };
    // Editors find the schema of an object by its kind.
    spec.shift_remove("$schema");
    let metadata: Map<String, Value> =
        METADATA.into_iter().filter_map(|key| spec.shift_remove_entry(key)).collect();
    json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec})
}

/// How a spec is written, and its Kubernetes object.
pub fn object(source: &Source) -> (Envelope, Value) {
    let document = text::parse_located(source).unwrap_or_default();
    match Envelope::from_document(&document) {
        Envelope::Flat => (Envelope::Flat, closed(document.into_value())),
        Envelope::Krm => (Envelope::Krm, document.into_value()),
    }
}

/// How a spec is written: flat, or as a Kubernetes object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// All keys at the top.
    Flat,
    /// A Kubernetes object of kind `App`.
    Krm,
}

impl Envelope {
    /// A document with `apiVersion` or `kind` is an object.
    pub fn from_document(document: &Node) -> Self {
        if document.get("apiVersion").is_some() || document.get("kind").is_some() {
            Self::Krm
        } else {
            Self::Flat
        }
    }

    /// The flat form of a document that its schema has accepted.
    pub fn open(self, mut document: Node) -> Node {
        if self == Self::Flat {
            return document;
        }
        let mut take = |key: &str| document.as_object_mut()?.shift_remove(key);
        let (spec, metadata) = (take("spec"), take("metadata"));
        let mut flat = spec.unwrap_or(Node { value: NodeValue::Null, ..document });
        if flat.as_object().is_none() {
            flat.value = NodeValue::Object(Table::default());
        }
        if let (Some(mut metadata), Some(table)) = (metadata, flat.as_object_mut()) {
            for key in METADATA {
                let entry =
                    metadata.as_object_mut().and_then(|table| table.shift_remove_entry(key));
                table.extend(entry);
            }
        }
        flat
    }

    /// Where a node of the flat form stands in the document.
    pub fn pointer(self, flat: &str) -> String {
        let first = flat.split('/').nth(1).unwrap_or_default();
        match self {
            Self::Flat => flat.to_owned(),
            Self::Krm if METADATA.contains(&first) => format!("/metadata{flat}"),
            Self::Krm => format!("/spec{flat}"),
        }
    }

    /// The pointer of the same node in the flat form.
    pub fn flat(self, pointer: &str) -> &str {
        let below = ["/spec", "/metadata"].iter().find_map(|table| pointer.strip_prefix(table));
        match self {
            Self::Krm => below.unwrap_or(pointer),
            Self::Flat => pointer,
        }
    }
}
