//! The objects of manifests, and the pods that they make.

use std::fmt;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Location, Part, quoted, shown};
use crate::kubernetes::pod_template;

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
}

/// The pods that an object makes, or the one that it is.
#[derive(Debug)]
pub(crate) struct Pods<'a> {
    pub(crate) source: &'a Source,
    /// The index of the object.
    pub(crate) owner: usize,
    pub(crate) spec_pointer: String,
    pub(crate) metadata_pointer: String,
    pub(crate) metadata: &'a Value,
    pub(crate) spec: &'a Value,
    /// The ServiceAccount that they name.
    pub(crate) account: Option<&'a str>,
    /// Whether they are made exactly as written. An operator may change what it makes.
    pub(crate) is_verbatim: bool,
}

/// All objects and pods of the manifests, in the order of the files.
#[derive(Debug, Default)]
pub(crate) struct Objects<'a> {
    pub(crate) all: Vec<Object<'a>>,
    pub(crate) pods: Vec<Pods<'a>>,
    /// The ServiceAccounts by name.
    pub(super) accounts: IndexMap<&'a str, Vec<usize>>,
    /// The pods by the ServiceAccount that they name.
    pub(super) pods_by_account: IndexMap<Option<&'a str>, Vec<usize>>,
    /// The ConfigMaps and Secrets by name.
    pub(super) settings: IndexMap<&'a str, Vec<usize>>,
    /// The ServiceAccounts that objects of other APIs name.
    pub(super) used_accounts: IndexSet<&'a str>,
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

impl<'a> Pods<'a> {
    /// The place of the value at a JSON pointer into the spec of the pods.
    pub(crate) fn place(&self, pointer: &str) -> Location {
        Location::value(format!("{}{pointer}", self.spec_pointer)).in_source(self.source)
    }

    /// The place of a key in the table at a JSON pointer into the spec of the pods.
    pub(crate) fn key_place(&self, table: &str, key: &str) -> Location {
        Location::key(join(&format!("{}{table}", self.spec_pointer), key)).in_source(self.source)
    }

    /// All containers that run to completion or as long as the pods do, with their JSON pointers into
    /// the spec.
    pub(crate) fn containers(&self) -> impl Iterator<Item = (String, &'a Value)> + use<'a> {
        let spec = self.spec;
        ["initContainers", "containers"].into_iter().flat_map(move |list| {
            let containers = spec[list].as_array().into_iter().flatten().enumerate();
            containers.map(move |(index, container)| (format!("/{list}/{index}"), container))
        })
    }
}

impl<'a> Objects<'a> {
    /// Reads the documents of a file. Objects without a namespace go to the given one.
    pub(super) fn add_file(
        &mut self,
        source: &'a Source,
        documents: &'a [Value],
        namespace: Option<&'a str>,
    ) {
        for (number, document) in documents.iter().enumerate() {
            self.add(source, &format!("/{number}"), document, namespace);
        }
    }

    fn add(&mut self, source: &'a Source, pointer: &str, value: &'a Value, given: Option<&'a str>) {
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str);
        let (Some(kind), Some(api)) = (text("/kind"), text("/apiVersion")) else { return };
        if let (true, Some(items)) = (kind.ends_with("List"), value["items"].as_array()) {
            for (index, item) in items.iter().enumerate() {
                self.add(source, &format!("{pointer}/items/{index}"), item, given);
            }
            return;
        }
        let name = text("/metadata/name").unwrap_or_default();
        let namespace = text("/metadata/namespace").filter(|namespace| !namespace.is_empty());
        let group = api.split_once('/').map_or("", |(group, _)| group);
        let id = ObjectId { group, kind, namespace: namespace.or(given), name };
        let owner = self.all.len();
        match kind {
            "ServiceAccount" => self.accounts.entry(name).or_default().push(owner),
            "ConfigMap" | "Secret" => self.settings.entry(name).or_default().push(owner),
            _ => {}
        }
        self.all.push(Object { id, source, pointer: pointer.to_owned(), value });
        match pod_template(kind) {
            Some(path) => {
                if let Some(pods) = value.pointer(path).filter(|pods| pods["spec"].is_object()) {
                    let at = format!("{pointer}{path}");
                    self.add_pods(
                        format!("{at}/spec"),
                        &pods["spec"],
                        &at,
                        &pods["metadata"],
                        true,
                    );
                }
            }
            // It describes a kind, and makes no pods.
            None if kind == "CustomResourceDefinition" => {}
            None => self.find_pods(pointer, value),
        }
    }

    /// Finds the pods of any other object, which is the last one: containers beside the name of a
    /// ServiceAccount.
    fn find_pods(&mut self, pointer: &str, value: &'a Value) {
        match value {
            Value::Object(map) => {
                for key in ["serviceAccountName", "serviceAccount"] {
                    let used = map.get(key).and_then(|value| match value {
                        Value::Object(reference) => reference.get("name"),
                        value => Some(value),
                    });
                    self.used_accounts.extend(used.and_then(Value::as_str));
                }
                for (key, below) in map {
                    if !below.is_object() && !below.is_array() {
                        continue;
                    }
                    let at = join(pointer, key);
                    if below["containers"].is_array() && below["serviceAccountName"].is_string() {
                        let metadata = &value["metadata"];
                        self.add_pods(at.clone(), below, pointer, metadata, false);
                    }
                    self.find_pods(&at, below);
                }
            }
            Value::Array(list) => {
                for (index, below) in list.iter().enumerate() {
                    if below.is_object() || below.is_array() {
                        self.find_pods(&format!("{pointer}/{index}"), below);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds pods of the last object.
    fn add_pods(
        &mut self,
        spec_pointer: String,
        spec: &'a Value,
        around: &str,
        metadata: &'a Value,
        is_verbatim: bool,
    ) {
        let named = |key: &str| spec[key].as_str().filter(|name| !name.is_empty());
        let account = named("serviceAccountName").or_else(|| named("serviceAccount"));
        self.pods_by_account.entry(account).or_default().push(self.pods.len());
        let metadata_pointer = format!("{around}/metadata");
        let owner = self.all.len() - 1;
        self.pods.push(Pods {
            source: self.all[owner].source,
            owner,
            spec_pointer,
            metadata_pointer,
            metadata,
            spec,
            account,
            is_verbatim,
        });
    }
}

/// Whether two namespaces can be the same. One that is not known can be any.
pub(crate) fn can_be_same(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}
