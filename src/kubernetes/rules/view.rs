//! What the API server sees of a workload: its tables, whichever document they stand in.

use serde_json::Value;

use super::rule::{Table, elements, field, find, string};
use crate::diagnostics::Location;

/// A label or an annotation.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The pointer of its table.
    pub table: &'a str,
    /// Its key.
    pub key: &'a str,
    /// Its value.
    pub value: &'a str,
}

/// A workload, or a pod.
#[derive(Debug)]
pub struct WorkloadView<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The pointer of its name.
    pub name_pointer: &'a str,
    /// The spec of the Job that it is or makes, with its pointer.
    pub job: Option<(&'a str, &'a Table)>,
    /// The labels of its pods.
    pub labels: Vec<Entry<'a>>,
    /// Its pods.
    pub pod: PodView<'a>,
}

/// Pods, as the API server sees them.
#[derive(Debug)]
pub struct PodView<'a> {
    /// The pointer of their spec.
    pub pointer: &'a str,
    /// Their spec, apart from their containers.
    pub spec: &'a Table,
    /// Their containers; those that run first are last.
    pub containers: Vec<ContainerView<'a>>,
    /// The names of the claims that a StatefulSet adds to their volumes.
    pub claims: Vec<&'a str>,
    /// Their annotations.
    pub annotations: Vec<Entry<'a>>,
    /// Their restart policy, if the spec names none.
    pub restart_policy: &'a str,
}

/// A container.
#[derive(Debug)]
pub struct ContainerView<'a> {
    /// The pointer of its table.
    pub pointer: String,
    /// Its name.
    pub name: &'a str,
    /// The pointer of its name; `None` if the document does not name it.
    pub name_pointer: Option<String>,
    /// Its fields.
    pub fields: &'a Table,
    /// Whether it runs before the others.
    pub is_init: bool,
    /// The references of its variables to files, with their pointers.
    pub file_keys: Vec<(String, &'a Value)>,
}

impl<'a> PodView<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        find(self.spec, key)
    }

    pub(super) fn string(&self, key: &str) -> &'a str {
        string(self.spec, key)
    }

    pub(super) fn is(&self, key: &str, value: bool) -> bool {
        *field(self.spec, key) == value
    }

    pub(super) fn list(&self, key: &str) -> std::slice::Iter<'a, Value> {
        elements(self.spec, key).iter()
    }

    pub(super) fn restart_policy(&self) -> &'a str {
        match self.get("restartPolicy").and_then(Value::as_str) {
            None => self.restart_policy,
            Some("") => "Always",
            Some(policy) => policy,
        }
    }

    pub(super) fn place(&self, key: &str) -> String {
        format!("{}/{key}", self.pointer)
    }
}

impl<'a> ContainerView<'a> {
    pub(super) fn list(&self, key: &str) -> impl Iterator<Item = (usize, &'a Value)> + use<'a> {
        elements(self.fields, key).iter().enumerate()
    }

    pub(super) fn field(&self, key: &str) -> &'a Value {
        field(self.fields, key)
    }

    pub(super) fn value(&self, path: &str) -> Location {
        Location::value(format!("{}/{path}", self.pointer))
    }

    pub(super) fn key(&self, path: &str) -> Location {
        Location::key(format!("{}/{path}", self.pointer))
    }

    /// Whether it runs beside the containers that it starts before.
    pub(super) fn is_sidecar(&self) -> bool {
        self.is_init && self.field("restartPolicy") == "Always"
    }
}
