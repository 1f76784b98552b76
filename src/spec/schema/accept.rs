//! Which documents are valid: those that deserialize, and whose Kubernetes fields Kubernetes accepts.

use serde::Deserialize;
use serde::de::Error as _;
use serde::de::value::MapDeserializer;
use serde_json::{Error, json};

use super::kubernetes_fields;
use crate::kubernetes::Version;
use crate::spec::deserialize::{StrictNode, deserialize as deserialize_strictly};
use crate::spec::envelope::{API_VERSION, Envelope, KIND, METADATA};
use crate::spec::environments::{ENVIRONMENT, ENVIRONMENTS};
use crate::spec::merge::{Shared, merge};
use crate::spec::types::App;
use crate::text::{Node, Table};

/// Deserializes a spec in either form.
pub(super) fn deserialize(form: Envelope, document: &Node) -> Result<App, Error> {
    match form {
        Envelope::Flat => deserialize_strictly(document),
        Envelope::Krm => deserialize_object(document),
    }
}

/// Deserializes a spec that is a Kubernetes object.
fn deserialize_object(document: &Node) -> Result<App, Error> {
    let table = |key: &str| document.get(key).and_then(Node::as_object);
    let (Some(object), Some(metadata), Some(spec)) =
        (document.as_object(), table("metadata"), table("spec"))
    else {
        return Err(Error::custom("the object has no metadata, or no spec"));
    };
    let is_known = |(key, node): (&String, &Node)| match key.as_str() {
        "labels" | "annotations" => node
            .as_object()
            .is_some_and(|entries| entries.values().all(|entry| entry.as_str().is_some())),
        key => METADATA.contains(&key),
    };
    let is_moved = |key: &String| key == "$schema" || METADATA.contains(&key.as_str());
    let text = |key: &str| document.get(key).and_then(Node::as_str);
    let is_object = object.len() == 4
        && text("apiVersion") == Some(API_VERSION)
        && text("kind") == Some(KIND)
        && metadata.iter().all(is_known)
        && !spec.keys().any(is_moved);
    if !is_object {
        return Err(Error::custom("the object is not an App"));
    }
    let metadata = metadata.iter().filter(|(key, _)| METADATA.contains(&key.as_str()));
    let entries = metadata.chain(spec).map(|(key, node)| (key.as_str(), StrictNode(node)));
    App::deserialize(MapDeserializer::new(entries))
}

/// Whether the Kubernetes fields and the environments of an app are valid.
pub(super) fn accepts(app: &App, form: Envelope, document: &Node, version: Version) -> bool {
    kubernetes_fields::accepts(app, version)
        && environments(document.pointer(&form.pointer("/environments"))).all(|environment| {
            complete(environment, &["$schema", ENVIRONMENT, ENVIRONMENTS])
                .is_some_and(|app| kubernetes_fields::accepts(&app, version))
        })
}

/// Whether the defaults of a workspace are valid, if there are any. Kubernetes fields that only an older
/// version has are checked with each spec.
pub(super) fn accepts_defaults(defaults: Option<&Node>) -> bool {
    let accepts = |part: &Node, without: &[&str]| {
        complete(part, without).is_some_and(|app| kubernetes_fields::accepts(&app, Version::NEWEST))
    };
    defaults.is_none_or(|defaults| {
        accepts(defaults, &["$schema", "name", ENVIRONMENT])
            && environments(defaults.get(ENVIRONMENTS))
                .all(|one| accepts(one, &["$schema", "name", ENVIRONMENT, ENVIRONMENTS]))
    })
}

fn environments(table: Option<&Node>) -> impl Iterator<Item = &Node> {
    table.and_then(Node::as_object).into_iter().flat_map(Table::values)
}

/// A part of a spec as an app, with the required keys that it leaves out; `None` if it has one of the
/// keys that it must not have, or is not valid.
fn complete(part: &Node, without: &[&str]) -> Option<App> {
    let keys = part.as_object()?;
    if without.iter().any(|key| keys.contains_key(*key)) {
        return None;
    }
    let mut required = json!({"name": "a", "project": "my-project", "cluster": {"name": "a"}});
    if keys.contains_key("container") {
        required["container"] = json!({"image": "a"});
    }
    if keys.contains_key("cronJob") {
        required["cronJob"] = json!({"schedule": ""});
    }
    let mut spec = Node::from(required);
    merge(&mut spec, part.clone(), Shared::Base);
    deserialize_strictly(&spec).ok()
}
