//! The native tables of a spec: the published schema knows their keys, and what stands below each
//! key is checked here against the definitions of Kubernetes.

use serde_json::{Map, Value};

use super::explain;
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::kubernetes::{self, CONTAINER, OWNED, ProblemKind, Version};
use crate::spec::envelope::Form;

/// Everything below the keys of the native tables that their definitions do not allow, and every
/// key that wigen writes itself.
pub(super) fn check(form: Form, document: &Value, version: Version, found: &mut Vec<Diagnostic>) {
    let mut problems = Vec::new();
    each_table(form, document, &mut |definition, pointer, table| {
        for (key, value) in table {
            // The published schema has found the keys that are none.
            if !(definition == CONTAINER && own_key(form, pointer, key)) {
                let of_key = kubernetes::problems_of_key(definition, key, value, pointer, version);
                problems.extend(of_key);
            }
        }
    });
    problems.retain(|problem| match problem.kind {
        ProblemKind::MissingKey(key) => {
            let missing = explain::join(&problem.pointer, key);
            OWNED.iter().all(|owned| form.pointer(owned.pointer) != missing)
        }
        _ => true,
    });
    let told = |problem| explain::problem(super::as_value(form), document, problem);
    found.extend(problems.iter().map(told));
    let tables = std::iter::once(String::new()).chain(environments(form, document));
    tables.for_each(|table| owned_in(form, &table, document, found));
}

/// The keys that wigen writes itself, in the defaults of a workspace.
pub(super) fn owned_in_defaults(document: &Value, found: &mut Vec<Diagnostic>) {
    let environments = environments(Form::Flat, &document["defaults"]);
    let environments = environments.map(|table| format!("/defaults{table}"));
    for table in std::iter::once("/defaults".to_owned()).chain(environments) {
        owned_in(Form::Flat, &table, document, found);
    }
}

fn owned_in(form: Form, table: &str, document: &Value, found: &mut Vec<Diagnostic>) {
    for (pointer, instead) in owned(form, table) {
        // Whatever was found of such a field before, this says more.
        found.retain(|other| !is_at_or_below(&other.place.pointer, &pointer));
        if document.pointer(&pointer).is_some() {
            let key = pointer.rsplit('/').next().unwrap_or_default();
            let message = format!("{} is written by wigen", quoted(key));
            found.push(
                Diagnostic::new(Code::OwnedField, Place::key(pointer), message).help(instead),
            );
        }
    }
}

/// Where the fields that wigen writes itself would stand in a table that is a spec or a part of one,
/// and what to write instead.
fn owned(form: Form, table: &str) -> impl Iterator<Item = (String, &'static str)> {
    OWNED
        .iter()
        .map(move |owned| (form.pointer(&format!("{table}{}", owned.pointer)), owned.instead))
}

/// The environments of a document, in pointers of the flat form.
fn environments(form: Form, document: &Value) -> impl Iterator<Item = String> {
    let tables = document.pointer(&form.pointer("/environments")).and_then(Value::as_object);
    tables.into_iter().flatten().map(|(name, _)| explain::join("/environments", name))
}

/// Whether a place is below a key of a native table, where the published schema says less than the
/// definitions do.
pub(super) fn judges(form: Form, document: &Value, place: &str) -> bool {
    native_tables().any(|(key, definition)| {
        let pointer = form.pointer(&format!("/{key}"));
        let Some(below) = place.strip_prefix(&pointer).and_then(|rest| rest.strip_prefix('/'))
        else {
            return false;
        };
        let is_list = document.pointer(&pointer).is_some_and(Value::is_array);
        let key = below.split('/').nth(usize::from(is_list));
        key.is_some_and(|key| !(definition == CONTAINER && own_key(form, &pointer, key)))
    })
}

/// The keys of the native tables, each with the name of its definition.
fn native_tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    kubernetes::tables().chain([("container", CONTAINER)])
}

/// Whether a document has any native table, or in an environment what belongs to none.
pub(super) fn any(form: Form, document: &Value) -> bool {
    let mut any = environments(form, document)
        .any(|table| owned(form, &table).any(|(pointer, _)| document.pointer(&pointer).is_some()));
    each_table(form, document, &mut |definition, pointer, table| {
        any |= definition != CONTAINER || table.keys().any(|key| !own_key(form, pointer, key));
    });
    any
}

/// What is done with a native table: the name of its definition, its pointer, its content.
type Visit<'a, 'v> = dyn FnMut(&'static str, &str, &'a Map<String, Value>) + 'v;

/// Visits every native table of a document.
fn each_table<'a>(form: Form, document: &'a Value, visit: &mut Visit<'a, '_>) {
    for (key, definition) in native_tables() {
        let pointer = form.pointer(&format!("/{key}"));
        match document.pointer(&pointer) {
            Some(Value::Object(table)) => visit(definition, &pointer, table),
            Some(Value::Array(tables)) => {
                for (index, table) in tables.iter().enumerate() {
                    if let Value::Object(table) = table {
                        visit(definition, &format!("{pointer}/{index}"), table);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a key of the app's container is one of the spec language, with a schema of its own.
fn own_key(form: Form, pointer: &str, key: &str) -> bool {
    const OWN: [&str; 4] = ["name", "image", "port", "env"];
    pointer == form.pointer("/container") && OWN.contains(&key)
}

fn is_at_or_below(place: &str, pointer: &str) -> bool {
    place.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
