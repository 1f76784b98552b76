//! The objects of manifests, and the pods that they make.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::Value;

use super::custom_resources::CustomResource;
use super::embedded::is_manifest;
use super::kustomizations::normal_path;
use super::object::{Object, ObjectId};
use super::passed_annotations::{self, PassedAnnotation};
use super::pods::{AccountUse, Pods, UseKind, named_account};
use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;
use crate::kubernetes::{api_group, is_kubernetes_group, pod_template};

/// All objects and pods of the manifests, in the order of the files.
#[derive(Debug, Default)]
pub(crate) struct Objects<'a> {
    pub(crate) all: Vec<Object<'a>>,
    pub(crate) pods: Vec<Pods<'a>>,
    /// Every field that names a ServiceAccount.
    pub(crate) uses: Vec<AccountUse<'a>>,
    /// The annotations of Workload Identity that objects of other APIs pass on.
    pub(crate) passed_annotations: Vec<PassedAnnotation<'a>>,
    /// The ServiceAccounts by name.
    pub(super) accounts: IndexMap<&'a str, Vec<usize>>,
    /// The pods by the ServiceAccount that they name, as far as that is known.
    pub(super) pods_by_account: IndexMap<Option<&'a str>, Vec<usize>>,
    /// The ConfigMaps and Secrets by name.
    pub(super) settings: IndexMap<&'a str, Vec<usize>>,
    /// The uses by the ServiceAccount that they name.
    pub(super) uses_by_account: IndexMap<&'a str, Vec<usize>>,
    /// The paths of the files that are patches.
    pub(super) patch_files: HashSet<String>,
}

impl<'a> Objects<'a> {
    /// Reads the documents of a file. Objects without a namespace go to the given one.
    pub(super) fn add_file(
        &mut self,
        source: &'a Source,
        documents: &'a [Value],
        namespace: Option<&'a str>,
    ) {
        let is_patch =
            !self.patch_files.is_empty() && self.patch_files.contains(&normal_path(source.name()));
        for (number, document) in documents.iter().enumerate() {
            self.add((source, is_patch), &format!("/{number}"), document, namespace);
        }
    }

    /// Adds an object that another one holds. Its namespace may be set when it is made, and more of it.
    pub(super) fn add_part(&mut self, source: &'a Source, pointer: &str, value: &'a Value) {
        self.add((source, true), pointer, value, None);
    }

    /// Adds the objects in a value: those of a Template, of a ManifestWork.
    fn add_parts(&mut self, source: &'a Source, pointer: &str, value: &'a Value) {
        match value {
            Value::Object(_) if is_manifest(value) => self.add_part(source, pointer, value),
            Value::Object(table) => {
                for (key, below) in table {
                    self.add_parts(source, &join(pointer, key), below);
                }
            }
            Value::Array(list) => {
                for (index, below) in list.iter().enumerate() {
                    self.add_parts(source, &format!("{pointer}/{index}"), below);
                }
            }
            _ => {}
        }
    }

    fn add(
        &mut self,
        (source, is_patch): (&'a Source, bool),
        pointer: &str,
        value: &'a Value,
        given: Option<&'a str>,
    ) {
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str);
        let (Some(kind), Some(api)) = (text("/kind"), text("/apiVersion")) else { return };
        if let (true, Some(items)) = (kind.ends_with("List"), value["items"].as_array()) {
            for (index, item) in items.iter().enumerate() {
                self.add((source, is_patch), &format!("{pointer}/items/{index}"), item, given);
            }
            return;
        }
        if text("/$patch") == Some("delete") {
            return;
        }
        let name = text("/metadata/name").unwrap_or_default();
        let namespace = text("/metadata/namespace").filter(|namespace| !namespace.is_empty());
        let group = api_group(api);
        let id = ObjectId { group, kind, namespace: namespace.or(given), name };
        let owner = self.all.len();
        match kind {
            _ if !group.is_empty() => {}
            "ServiceAccount" => self.accounts.entry(name).or_default().push(owner),
            "ConfigMap" | "Secret" => self.settings.entry(name).or_default().push(owner),
            _ => {}
        }
        self.all.push(Object { id, source, pointer: pointer.to_owned(), value, is_patch });
        match pod_template(group, kind) {
            Some(template) => self.add_template(owner, template),
            // It describes a kind, and makes no pods.
            None if kind == "CustomResourceDefinition" => {}
            None => {
                let is_kustomization = group == "kustomize.config.k8s.io";
                let passes_on = is_kustomization || id.is_a("", "ConfigMap");
                if passes_on || !is_kubernetes_group(group) {
                    self.passed_annotations.extend(passed_annotations::read(&self.all[owner]));
                }
                let place = (group, id.namespace);
                let found = CustomResource::read(source, owner, place, pointer, value);
                found.pods.into_iter().for_each(|pods| self.push_pods(pods));
                found.uses.into_iter().for_each(|one| self.push_use(one));
                let fields = value.as_object().into_iter().flatten();
                for (key, below) in fields.filter(|(key, _)| *key != "metadata") {
                    self.add_parts(source, &join(pointer, key), below);
                }
            }
        }
    }

    /// Adds the pods of an object with a pod template.
    fn add_template(&mut self, owner: usize, template: &str) {
        let object = &self.all[owner];
        let (source, is_patch, namespace) = (object.source, object.is_patch, object.id.namespace);
        let around = format!("{}{template}", object.pointer);
        let Some(pods) = object.value.pointer(template) else { return };
        let (spec, spec_pointer) = (&pods["spec"], format!("{around}/spec"));
        let account = named_account(spec);
        if let Some((field, name)) = account {
            let (pointer, kind) = (join(&spec_pointer, field), UseKind::Pods);
            self.push_use(AccountUse { source, owner, pointer, name, namespace, kind });
        }
        // A patch leaves the ServiceAccount as it is.
        if spec.is_object() && !(is_patch && account.is_none()) {
            self.push_pods(Pods {
                source,
                owner,
                spec_pointer,
                metadata_pointer: format!("{around}/metadata"),
                metadata: &pods["metadata"],
                spec,
                account: account.map(|(_, name)| name),
                is_verbatim: true,
                around: Vec::new(),
            });
        }
    }

    fn push_pods(&mut self, pods: Pods<'a>) {
        if pods.has_known_account() {
            self.pods_by_account.entry(pods.account).or_default().push(self.pods.len());
        }
        self.pods.push(pods);
    }

    fn push_use(&mut self, one: AccountUse<'a>) {
        self.uses_by_account.entry(one.name).or_default().push(self.uses.len());
        self.uses.push(one);
    }
}
