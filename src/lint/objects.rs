//! What the rules look at: every object of all files, its pods, and the accounts they name.

mod questions;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

use super::iam::{Binding, Iam};
use super::near::Letters;
use crate::diagnostics::source::Source;
use crate::diagnostics::{quoted, shown};
use crate::kubernetes::pod_template;

/// A Kubernetes object, and where it stands.
#[derive(Debug)]
pub(super) struct Object<'a> {
    pub(super) file: usize,
    pub(super) pointer: String,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    /// None: whatever it is applied in.
    pub(super) namespace: Option<&'a str>,
    pub(super) value: &'a Value,
}

/// The pods that an object makes, or the one that it is.
#[derive(Debug)]
pub(super) struct Pods<'a> {
    pub(super) owner: usize,
    /// Where the spec of the pods stands.
    pub(super) at: String,
    /// Where their metadata stands.
    pub(super) metadata_at: String,
    pub(super) metadata: &'a Value,
    pub(super) spec: &'a Value,
    /// The ServiceAccount that they name.
    pub(super) account: Option<&'a str>,
    /// Whether they are made as they are written: an operator may change what it makes.
    pub(super) is_as_written: bool,
}

/// What gives pods an identity.
#[derive(Debug)]
pub(super) enum Identity<'s, 'a> {
    /// The annotation of their ServiceAccount.
    Annotation(&'s Object<'a>),
    /// A role that they have by direct federation.
    Grant(&'s Binding),
}

/// Everything that was read.
#[derive(Debug)]
pub(super) struct Objects<'a> {
    sources: Vec<&'a Source>,
    pub(super) all: Vec<Object<'a>>,
    pub(super) pods: Vec<Pods<'a>>,
    pub(super) iam: &'a Iam,
    /// The ServiceAccounts by their names.
    accounts: IndexMap<&'a str, Vec<usize>>,
    /// The pods by the ServiceAccount that they name.
    by_account: IndexMap<Option<&'a str>, Vec<usize>>,
    /// Names of ServiceAccounts that objects of other APIs have somewhere.
    used: IndexSet<&'a str>,
    /// The ConfigMaps and Secrets by their names.
    settings: IndexMap<&'a str, Vec<usize>>,
    /// The bindings of direct federation by the ServiceAccount that they name.
    granted: IndexMap<&'a str, Vec<&'a Binding>>,
    /// What tells quickly that two names are not near, for the names of ServiceAccounts.
    spelt: Vec<(Letters, &'a str)>,
}

impl<'a> Objects<'a> {
    pub(super) fn of(
        sources: Vec<&'a Source>,
        documents: &'a [Vec<Value>],
        namespace: Option<&'a str>,
        iam: &'a Iam,
    ) -> Self {
        let mut objects = Self {
            sources,
            all: Vec::new(),
            pods: Vec::new(),
            iam,
            accounts: IndexMap::new(),
            by_account: IndexMap::new(),
            used: IndexSet::new(),
            settings: IndexMap::new(),
            granted: IndexMap::new(),
            spelt: Vec::new(),
        };
        for (file, documents) in documents.iter().enumerate() {
            for (number, document) in documents.iter().enumerate() {
                objects.add(file, format!("/{number}"), document, namespace);
            }
        }
        objects.spelt = objects.accounts.keys().map(|name| (Letters::of(name), *name)).collect();
        objects
    }

    /// Joins what is bound to them.
    pub(super) fn join(&mut self, iam: &'a Iam) {
        self.iam = iam;
        for binding in iam.bindings.iter().filter(|binding| binding.is_direct()) {
            if let Some((_, account)) = binding.named.subject() {
                self.granted.entry(account).or_default().push(binding);
            }
        }
    }

    fn add(&mut self, file: usize, pointer: String, value: &'a Value, given: Option<&'a str>) {
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str);
        let (Some(kind), Some(_)) = (text("/kind"), text("/apiVersion")) else { return };
        if let (true, Some(items)) = (kind.ends_with("List"), value["items"].as_array()) {
            for (index, item) in items.iter().enumerate() {
                self.add(file, format!("{pointer}/items/{index}"), item, given);
            }
            return;
        }
        let owner = self.all.len();
        let name = text("/metadata/name").unwrap_or_default();
        match pod_template(kind) {
            Some(path) => {
                if let Some(pods) = value.pointer(path) {
                    let at = format!("{pointer}{path}");
                    self.add_pods(owner, at, pods, true);
                }
            }
            // Of a kind of pods, and not of the kind itself.
            None if kind != "CustomResourceDefinition" => self.search(owner, &pointer, value),
            None => {}
        }
        if kind == "ServiceAccount" {
            self.accounts.entry(name).or_default().push(owner);
        }
        if ["ConfigMap", "Secret"].contains(&kind) {
            self.settings.entry(name).or_default().push(owner);
        }
        let namespace = text("/metadata/namespace").filter(|namespace| !namespace.is_empty());
        let namespace = namespace.or(given);
        self.all.push(Object { file, pointer, kind, name, namespace, value });
    }

    /// Finds the pods that any other object makes: containers beside a ServiceAccount.
    fn search(&mut self, owner: usize, pointer: &str, value: &'a Value) {
        match value {
            Value::Object(map) => {
                for key in ["serviceAccountName", "serviceAccount"] {
                    let used = map.get(key).map_or(&Value::Null, |value| match value {
                        Value::Object(of) => of.get("name").unwrap_or(&Value::Null),
                        value => value,
                    });
                    self.used.extend(used.as_str());
                }
                for (key, below) in map {
                    if below["containers"].is_array() && below["serviceAccountName"].is_string() {
                        let (at, step) = (pointer.to_owned(), join(pointer, key));
                        self.add_spec(owner, step, below, at, &value["metadata"], false);
                    }
                    if below.is_object() || below.is_array() {
                        self.search(owner, &join(pointer, key), below);
                    }
                }
            }
            Value::Array(list) => {
                for (index, below) in list.iter().enumerate() {
                    if below.is_object() || below.is_array() {
                        self.search(owner, &format!("{pointer}/{index}"), below);
                    }
                }
            }
            _ => {}
        }
    }

    fn add_pods(&mut self, owner: usize, at: String, pods: &'a Value, is_as_written: bool) {
        if pods["spec"].is_object() {
            let spec_at = format!("{at}/spec");
            self.add_spec(owner, spec_at, &pods["spec"], at, &pods["metadata"], is_as_written);
        }
    }

    fn add_spec(
        &mut self,
        owner: usize,
        at: String,
        spec: &'a Value,
        around: String,
        metadata: &'a Value,
        is_as_written: bool,
    ) {
        let named = |key: &str| spec[key].as_str().filter(|name| !name.is_empty());
        let account = named("serviceAccountName").or_else(|| named("serviceAccount"));
        self.by_account.entry(account).or_default().push(self.pods.len());
        let metadata_at = around + "/metadata";
        self.pods.push(Pods { owner, at, metadata_at, metadata, spec, account, is_as_written });
    }
}

/// Whether two namespaces may be one: an object that names none goes into whichever is chosen.
pub(super) fn may_be_same(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}

pub(super) fn annotations<'a>(object: &Object<'a>) -> Option<&'a Map<String, Value>> {
    object.value.pointer("/metadata/annotations").and_then(Value::as_object)
}

/// An annotation that is there; one that is empty or null is switched off, as charts do it.
pub(super) fn annotation<'a>(object: &Object<'a>, key: &str) -> Option<&'a Value> {
    annotations(object)?.get(key).filter(|value| !value.is_null() && *value != "")
}

/// An object as a sentence names it.
pub(super) fn called(object: &Object<'_>) -> String {
    format!("{} {}", shown(object.kind), quoted(object.name))
}

/// A step below a pointer (RFC 6901).
fn join(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}
