//! What the rules look at: every object of all files, its pods, and the accounts they name.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Place};
use crate::grammar::GSA_ANNOTATION;
use crate::source::Source;

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
    /// Where metadata and spec of the pods stand.
    pub(super) pointer: String,
    pub(super) metadata: &'a Value,
    pub(super) spec: &'a Value,
    /// The ServiceAccount that they name.
    pub(super) account: Option<&'a str>,
}

/// Everything that was read.
#[derive(Debug)]
pub(super) struct Objects<'a> {
    manifests: &'a [Source],
    pub(super) all: Vec<Object<'a>>,
    pub(super) pods: Vec<Pods<'a>>,
    /// The ServiceAccounts by their names.
    accounts: IndexMap<&'a str, Vec<usize>>,
    /// The pods by the ServiceAccount that they name.
    by_account: IndexMap<Option<&'a str>, Vec<usize>>,
}

/// Where the template of the pods stands, by kind. Kinds of others that hold pods the same way are
/// here too: Rollout of Argo, Service and Configuration of Knative.
const TEMPLATES: [(&str, &str); 10] = [
    ("Deployment", "/spec/template"),
    ("StatefulSet", "/spec/template"),
    ("DaemonSet", "/spec/template"),
    ("ReplicaSet", "/spec/template"),
    ("ReplicationController", "/spec/template"),
    ("Job", "/spec/template"),
    ("CronJob", "/spec/jobTemplate/spec/template"),
    ("Rollout", "/spec/template"),
    ("Service", "/spec/template"),
    ("Configuration", "/spec/template"),
];

impl<'a> Objects<'a> {
    pub(super) fn of(
        manifests: &'a [Source],
        documents: &'a [Vec<Value>],
        namespace: Option<&'a str>,
    ) -> Self {
        let mut objects = Self {
            manifests,
            all: Vec::new(),
            pods: Vec::new(),
            accounts: IndexMap::new(),
            by_account: IndexMap::new(),
        };
        for (file, documents) in documents.iter().enumerate() {
            for (number, document) in documents.iter().enumerate() {
                objects.add(file, format!("/{number}"), document, namespace);
            }
        }
        objects
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
        let template = TEMPLATES.iter().find(|(of, _)| *of == kind).map(|(_, path)| *path);
        let template = template.or((kind == "Pod").then_some(""));
        if let Some((path, pods)) = template.and_then(|path| Some((path, value.pointer(path)?)))
            && pods["spec"].is_object()
        {
            let spec = &pods["spec"];
            let named = |key: &str| spec[key].as_str().filter(|name| !name.is_empty());
            let account = named("serviceAccountName").or_else(|| named("serviceAccount"));
            self.by_account.entry(account).or_default().push(self.pods.len());
            self.pods.push(Pods {
                owner,
                pointer: format!("{pointer}{path}"),
                metadata: &pods["metadata"],
                spec,
                account,
            });
        }
        if kind == "ServiceAccount" {
            self.accounts.entry(name).or_default().push(owner);
        }
        let namespace = text("/metadata/namespace").filter(|namespace| !namespace.is_empty());
        let namespace = namespace.or(given);
        self.all.push(Object { file, pointer, kind, name, namespace, value });
    }

    /// How many files were read.
    pub(super) fn files(&self) -> usize {
        self.manifests.len()
    }

    pub(super) fn owner(&self, pods: &Pods<'_>) -> &Object<'a> {
        &self.all[pods.owner]
    }

    /// The ServiceAccounts of all namespaces.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &Object<'a>> {
        self.accounts.values().flatten().map(|index| &self.all[*index])
    }

    /// The ServiceAccounts of this name in any namespace.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Object<'a>> {
        self.accounts.get(name).into_iter().flatten().map(|index| &self.all[*index])
    }

    /// The pods that name this ServiceAccount, or none, and may be in this namespace.
    pub(super) fn pods_of<'s>(
        &'s self,
        account: Option<&'s str>,
        namespace: Option<&'s str>,
    ) -> impl Iterator<Item = &'s Pods<'a>> + use<'s, 'a> {
        let pods = self.by_account.get(&account).into_iter().flatten();
        pods.map(|index| &self.pods[*index])
            .filter(move |pods| may_be_same(self.owner(pods).namespace, namespace))
    }

    /// The ServiceAccount of some pods, where the manifests have it.
    pub(super) fn account_of(&self, pods: &Pods<'_>) -> Option<&Object<'a>> {
        let namespace = self.owner(pods).namespace;
        self.named(pods.account.unwrap_or("default"))
            .find(|account| may_be_same(account.namespace, namespace))
    }

    /// The ServiceAccount of pods that are to act as a Google Cloud service account.
    pub(super) fn identity_of(&self, pods: &Pods<'_>) -> Option<&Object<'a>> {
        self.account_of(pods).filter(|account| annotation(account, GSA_ANNOTATION).is_some())
    }

    /// Names another place that matters, in the same file or in another.
    pub(super) fn see(
        &self,
        found: Diagnostic,
        file: usize,
        other: &Object<'_>,
        place: Place,
        label: &str,
    ) -> Diagnostic {
        let place = if file == other.file { place } else { place.of(&self.manifests[other.file]) };
        found.related(place, label)
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
    format!("{} {}", object.kind, crate::diagnostic::quoted(object.name))
}
