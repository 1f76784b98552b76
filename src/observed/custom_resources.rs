//! Pods and names of ServiceAccounts in objects of other APIs, whose fields are known by their names only.

use serde_json::Value;

use super::embedded::is_manifest;
use super::pods::{AccountUse, Pods, UseKind, named_account};
use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;

/// What an object of another API holds.
pub(super) struct CustomResource<'a> {
    pub(super) source: &'a Source,
    pub(super) owner: usize,
    pub(super) namespace: Option<&'a str>,
    pub(super) pods: Vec<Pods<'a>>,
    pub(super) uses: Vec<AccountUse<'a>>,
    /// The tables around the one that is read.
    around: Vec<(String, &'a Value)>,
}

/// Whether the ServiceAccounts that objects of an API name are those of Google Cloud.
fn is_google_cloud(group: &str) -> bool {
    group.ends_with(".cnrm.cloud.google.com") || group.contains("gcp.")
}

impl<'a> CustomResource<'a> {
    pub(super) fn read(
        source: &'a Source,
        owner: usize,
        (group, namespace): (&str, Option<&'a str>),
        pointer: &str,
        value: &'a Value,
    ) -> Self {
        let (pods, uses, around) = (Vec::new(), Vec::new(), Vec::new());
        let mut all = Self { source, owner, namespace, pods, uses, around };
        if !is_google_cloud(group) {
            for (key, value) in value.as_object().into_iter().flatten() {
                if !["metadata", "status"].contains(&key.as_str()) {
                    all.find(&join(pointer, key), key, value, &Value::Null);
                }
            }
        }
        all
    }

    /// Reads the value of a key, and the table that it is in.
    fn find(&mut self, pointer: &str, key: &str, value: &'a Value, table: &'a Value) {
        match value {
            Value::Object(_) if is_manifest(value) => {}
            Value::Object(map) => {
                self.find_pods(pointer, key, value, table);
                self.find_references(pointer, value);
                self.around.push((pointer.to_owned(), value));
                for (key, below) in map {
                    if below.is_object() || below.is_array() {
                        self.find(&join(pointer, key), key, below, value);
                    }
                }
                self.around.pop();
            }
            Value::Array(list) => {
                for (index, below) in list.iter().enumerate() {
                    if below.is_object() || below.is_array() {
                        self.find(&format!("{pointer}/{index}"), "", below, table);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds the pods that a table describes: it names their ServiceAccount, or is the spec of a template.
    fn find_pods(&mut self, pointer: &str, key: &str, spec: &'a Value, table: &'a Value) {
        let account = named_account(spec).filter(|(_, name)| is_name(name));
        if account.is_none() && !(key == "spec" && spec["containers"].is_array()) {
            return;
        }
        self.pods.push(Pods {
            source: self.source,
            owner: self.owner,
            spec_pointer: pointer.to_owned(),
            metadata_pointer: format!("{}/metadata", pointer.trim_end_matches("/spec")),
            metadata: if key == "spec" { &table["metadata"] } else { &Value::Null },
            spec,
            account: account.map(|(_, name)| name),
            is_verbatim: false,
            around: self.around.clone(),
        });
        if let Some((field, name)) = account {
            self.add_use(join(pointer, field), name, self.namespace, UseKind::Pods);
        }
    }

    /// Adds the other fields of a table that name ServiceAccounts.
    fn find_references(&mut self, pointer: &str, table: &'a Value) {
        for (key, value) in table.as_object().into_iter().flatten() {
            let letters = key.to_ascii_lowercase();
            let Some((_, end)) = letters.rsplit_once("serviceaccount") else { continue };
            let at = join(pointer, key);
            match (end, value) {
                ("" | "name", Value::String(name)) => {
                    let is_pods = ["serviceAccountName", "serviceAccount"].contains(&key.as_str());
                    if !is_pods && is_name(name) {
                        self.add_use(at, name, self.namespace, UseKind::Reference);
                    }
                }
                ("" | "ref" | "reference", Value::Object(reference)) => {
                    let text = |key: &str| reference.get(key).and_then(Value::as_str);
                    let kind = if end.is_empty() { UseKind::Unclear } else { UseKind::Reference };
                    if let Some(name) = text("name").filter(|name| is_name(name)) {
                        let namespace = text("namespace").or(self.namespace);
                        self.add_use(join(&at, "name"), name, namespace, kind);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_use(
        &mut self,
        pointer: String,
        name: &'a str,
        namespace: Option<&'a str>,
        kind: UseKind,
    ) {
        let (source, owner) = (self.source, self.owner);
        self.uses.push(AccountUse { source, owner, pointer, name, namespace, kind });
    }
}

/// Whether a string can be the name of a ServiceAccount. An email is of Google Cloud, and a variable is to
/// be filled in.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
}
