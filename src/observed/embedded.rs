//! Manifests in the strings of other objects: the pod template in a ConfigMap of Airflow, a patch in a Kustomization.

use serde_json::Value;

use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;
use crate::text;

/// The step of a pointer between a string and the documents in it.
const STEP: &str = "|";

/// A manifest in a string, and its JSON pointer.
pub(super) type Embedded = (String, Value);

/// The manifests in the strings of some documents, as far as they can have an identity.
pub(super) fn read(documents: &[Value]) -> Vec<Embedded> {
    let mut found = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        for (key, value) in document.as_object().into_iter().flatten() {
            if key != "metadata" {
                find(&join(&format!("/{number}"), key), value, &mut found);
            }
        }
    }
    found
}

/// Whether a pointer is into a manifest in a string.
pub(crate) fn is_embedded(pointer: &str) -> bool {
    pointer.split('/').any(|step| step == STEP)
}

/// Whether a document is a whole object.
pub(super) fn is_manifest(value: &Value) -> bool {
    value["apiVersion"].is_string() && value["kind"].is_string() && value["metadata"].is_object()
}

fn find(pointer: &str, value: &Value, found: &mut Vec<Embedded>) {
    match value {
        Value::Object(table) => {
            for (key, below) in table {
                find(&join(pointer, key), below, found);
            }
        }
        Value::Array(list) => {
            for (index, below) in list.iter().enumerate() {
                find(&format!("{pointer}/{index}"), below, found);
            }
        }
        Value::String(text) => {
            let mentions = ["serviceAccount", "ServiceAccount", "gke.io"];
            if text.contains("apiVersion") && mentions.iter().any(|what| text.contains(what)) {
                let documents = text::parse_stream(&Source::new("manifests.yaml", text.as_str()));
                let documents = documents.into_iter().flatten().enumerate();
                let manifests = documents.filter(|(_, document)| is_manifest(document));
                found
                    .extend(manifests.map(|(number, document)| {
                        (format!("{pointer}/{STEP}/{number}"), document)
                    }));
            }
        }
        _ => {}
    }
}
