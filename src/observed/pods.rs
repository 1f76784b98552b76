//! Pods that objects make, and fields that name a ServiceAccount.

use serde_json::Value;

use crate::diagnostics::Location;
use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;

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
    /// The ServiceAccount that they name. Without a name, pods that are made exactly as written run as
    /// `default`; what others run as is unknown.
    pub(crate) account: Option<&'a str>,
    /// Whether they are made exactly as written. An operator may change what it makes.
    pub(crate) is_verbatim: bool,
    /// Of a custom resource: the tables around the spec, from the outside, with their JSON pointers.
    pub(super) around: Vec<(String, &'a Value)>,
}

/// A field that names a ServiceAccount.
#[derive(Debug)]
pub(crate) struct AccountUse<'a> {
    pub(crate) source: &'a Source,
    /// The index of the object that has the field.
    pub(crate) owner: usize,
    /// JSON pointer of the name in the file.
    pub(crate) pointer: String,
    pub(crate) name: &'a str,
    /// The namespace of the ServiceAccount, if it is known.
    pub(crate) namespace: Option<&'a str>,
    pub(crate) kind: UseKind,
}

/// What the object does with a ServiceAccount that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UseKind {
    /// It makes pods that run as it.
    Pods,
    /// It refers to it: `serviceAccountRef` of a SecretStore.
    Reference,
    /// It may also create it, or mean something else.
    Unclear,
}

impl AccountUse<'_> {
    /// Whether the ServiceAccount must exist.
    pub(crate) fn is_checked(&self) -> bool {
        [UseKind::Pods, UseKind::Reference].contains(&self.kind)
    }

    pub(crate) fn place(&self) -> Location {
        Location::value(&self.pointer).in_source(self.source)
    }

    /// Whether it is the ServiceAccount of these pods.
    pub(crate) fn is_of(&self, pods: &Pods<'_>) -> bool {
        let table = self.pointer.rsplit_once('/').map(|(table, _)| table);
        self.owner == pods.owner && table == Some(&pods.spec_pointer)
    }
}

impl<'a> Pods<'a> {
    /// The place of the value at a JSON pointer into the spec of the pods.
    pub(crate) fn place(&self, pointer: &str) -> Location {
        Location::value(format!("{}{pointer}", self.spec_pointer)).in_source(self.source)
    }

    /// Whether the ServiceAccount that they run as is known.
    pub(crate) fn has_known_account(&self) -> bool {
        self.account.is_some() || self.is_verbatim
    }

    /// A field of the pods, with its JSON pointer in the file. A custom resource may have it beside or
    /// around the table that names the ServiceAccount: `podTemplate` of Tekton, the spec of a Workflow.
    pub(crate) fn field(&self, name: &str) -> Option<(String, &'a Value)> {
        let own = std::iter::once((&self.spec_pointer, self.spec));
        let around = self.around.iter().rev().map(|(pointer, table)| (pointer, *table));
        own.chain(around).find_map(|(pointer, table)| {
            let inner = if self.is_verbatim { &[""][..] } else { &FIELDS_BESIDE[..] };
            inner.iter().find_map(|path| {
                let value = table.pointer(path)?.get(name).filter(|value| !value.is_null())?;
                Some((join(&format!("{pointer}{path}"), name), value))
            })
        })
    }

    /// All containers that run to completion or as long as the pods do, with their JSON pointers in the
    /// file.
    pub(crate) fn containers(&self) -> Vec<(String, &'a Value)> {
        let mut all = Vec::new();
        if !self.is_verbatim {
            // Steps, sidecars and the like; the tasks of a PipelineRun stand beside its template.
            let is_template = self.spec_pointer.ends_with("/taskRunTemplate");
            let root = self.around.last().filter(|_| is_template);
            let (pointer, root) =
                root.map_or((&self.spec_pointer, self.spec), |(at, it)| (at, *it));
            find_containers(pointer, root, true, &mut all);
            return all;
        }
        for list in ["initContainers", "containers"] {
            let containers = self.spec[list].as_array().into_iter().flatten().enumerate();
            all.extend(containers.map(|(index, container)| {
                (format!("{}/{list}/{index}", self.spec_pointer), container)
            }));
        }
        all
    }
}

/// Where custom resources have the fields of pods, beside the name of the ServiceAccount.
const FIELDS_BESIDE: [&str; 5] =
    ["", "/podTemplate", "/podTemplate/spec", "/podSpec", "/template/spec"];

/// Finds what looks like a container, except in tables that name a ServiceAccount of their own.
fn find_containers<'a>(
    pointer: &str,
    value: &'a Value,
    is_root: bool,
    all: &mut Vec<(String, &'a Value)>,
) {
    let is_list = |key: &str| value[key].is_array();
    match value {
        Value::Object(_) if !is_root && named_account(value).is_some() => {}
        Value::Object(table) => {
            if is_list("env") || is_list("envFrom") || is_list("volumeMounts") || is_list("args") {
                all.push((pointer.to_owned(), value));
            }
            for (key, below) in table {
                find_containers(&join(pointer, key), below, false, all);
            }
        }
        Value::Array(list) => {
            for (index, below) in list.iter().enumerate() {
                find_containers(&format!("{pointer}/{index}"), below, false, all);
            }
        }
        _ => {}
    }
}

/// The field of a table that names the ServiceAccount of pods, and the name.
pub(super) fn named_account(spec: &Value) -> Option<(&'static str, &str)> {
    ["serviceAccountName", "serviceAccount"]
        .into_iter()
        .find_map(|key| spec[key].as_str().filter(|name| !name.is_empty()).map(|name| (key, name)))
}
