//! An object of a manifest.

use std::fmt;

use serde_json::{Map, Value};

use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Location, Part, quoted, shown};

/// What identifies an object in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId<'a> {
    /// The API group; empty for the core group.
    pub(crate) group: &'a str,
    pub(crate) kind: &'a str,
    /// Unknown where the manifest names none and none is given.
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
}

/// A Kubernetes object, and where it stands.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(crate) id: ObjectId<'a>,
    pub(crate) source: &'a Source,
    /// JSON pointer of the object in the file; the first segment is the number of the document.
    pub(crate) pointer: String,
    pub(crate) value: &'a Value,
    /// Whether a kustomization applies it to another object. What it leaves out is unknown.
    pub(crate) is_patch: bool,
}

impl ObjectId<'_> {
    /// Whether it is an object of this API group and kind.
    pub(crate) fn is_a(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }

    /// Whether it is a ServiceAccount of Kubernetes. Other APIs have objects of that kind too.
    pub(crate) fn is_service_account(&self) -> bool {
        self.is_a("", "ServiceAccount")
    }
}

impl fmt::Display for ObjectId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", shown(self.kind), quoted(self.name))
    }
}

impl<'a> Object<'a> {
    pub(crate) fn annotations(&self) -> Option<&'a Map<String, Value>> {
        self.value.pointer("/metadata/annotations").and_then(Value::as_object)
    }

    /// The value of an annotation. One that is empty or null is switched off, as charts do it.
    pub(crate) fn annotation(&self, key: &str) -> Option<&'a Value> {
        self.annotations()?.get(key).filter(|value| !value.is_null() && *value != "")
    }

    pub(crate) fn annotation_place(&self, key: &str) -> Location {
        self.key_place("/metadata/annotations", key)
    }

    /// The place of the value of an annotation.
    pub(crate) fn annotation_value_place(&self, key: &str) -> Location {
        Location { target: Part::Value, ..self.annotation_place(key) }
    }

    /// The place of a key in the table at a JSON pointer into the object.
    pub(crate) fn key_place(&self, table: &str, key: &str) -> Location {
        Location::key(join(&format!("{}{table}", self.pointer), key)).in_source(self.source)
    }

    /// The place of the value at a JSON pointer into the object.
    pub(crate) fn place(&self, pointer: &str) -> Location {
        Location::value(format!("{}{pointer}", self.pointer)).in_source(self.source)
    }
}

/// Whether two namespaces can be the same. One that is not known can be any.
pub(crate) fn can_be_same(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}
