//! The two forms of a spec: flat, and in the envelope of the Kubernetes Resource Model.
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

/// `apiVersion` of a spec in the envelope.
pub const API_VERSION: &str = "wigen.dev/v1alpha1";
/// The annotations of wigen begin with it.
pub const PREFIX: &str = "wigen.dev/";
/// `kind` of a spec in the envelope.
pub const KIND: &str = "App";

/// The keys of the flat form that stand under `metadata` in the envelope.
pub const METADATA: [&str; 2] = ["name", "namespace"];

/// A flat spec in the envelope.
pub fn closed(flat: Value) -> Value {
    let Value::Object(mut spec) = flat else { return flat };
    // An editor knows an object by its kind.
    spec.shift_remove("$schema");
    let metadata: Map<String, Value> =
        METADATA.into_iter().filter_map(|key| spec.shift_remove_entry(key)).collect();
    json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec})
}

/// How a spec is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All keys at the top.
    Flat,
    /// A Kubernetes object of kind `App`.
    Krm,
}

impl Form {
    /// A document with `apiVersion` or `kind` is an object.
    pub fn of(document: &Value) -> Self {
        if document.get("apiVersion").is_some() || document.get("kind").is_some() {
            Self::Krm
        } else {
            Self::Flat
        }
    }

    /// The flat form of a document that its schema has accepted.
    pub fn open(self, mut document: Value) -> Value {
        if self == Self::Flat {
            return document;
        }
        let mut take = |key: &str| match document.get_mut(key).map(Value::take) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        let mut flat = take("spec");
        let mut metadata = take("metadata");
        for key in METADATA {
            if let Some(value) = metadata.shift_remove(key) {
                flat.insert(key.to_owned(), value);
            }
        }
        Value::Object(flat)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_opens_to_the_flat_form() {
        let document = json!({
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": "a", "namespace": "n", "labels": {"x": "y"}},
            "spec": {"project": "p"},
        });
        let form = Form::of(&document);
        assert_eq!(form, Form::Krm);
        let flat = json!({"project": "p", "name": "a", "namespace": "n"});
        assert_eq!(form.open(document), flat);
        assert_eq!(Form::Krm.open(closed(flat.clone())), flat);
    }

    #[test]
    fn places_follow_the_form() {
        assert_eq!(Form::Krm.pointer("/name"), "/metadata/name");
        assert_eq!(Form::Krm.pointer("/cluster/name"), "/spec/cluster/name");
        assert_eq!(Form::Krm.pointer(""), "/spec");
        // An environment has no metadata: its name and namespace are keys like the others.
        assert_eq!(Form::Krm.pointer("/environments/prod/name"), "/spec/environments/prod/name");
        assert_eq!(Form::Flat.pointer("/cluster/name"), "/cluster/name");
    }
}
