//! The Kubernetes tables of a spec: the published schema knows their keys; what is below each key is
//! checked here against the definitions of Kubernetes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::explain;
use super::files::as_value;
use crate::diagnostics::pointer::{join, parent, steps};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::kubernetes::{self, Problem, ProblemKind, Version, rules};
use crate::spec::envelope::Envelope;
use crate::spec::kubernetes_tables::{
    CONTAINER, MANAGED_FIELDS, POD, VALUE_FROM, required, tables,
};
use crate::spec::types::App;

/// Whether a version of Kubernetes accepts all Kubernetes tables of an app.
pub(super) fn accepts(app: &App, version: Version) -> bool {
    let kinds = app.kinds().map(|(kind, table)| (kind.key(), kind.definition(), table));
    let sidecars = app.sidecars.iter().map(|table| ("sidecars", CONTAINER, table));
    let mut tables = kinds.chain(sidecars).chain([("pod", POD, &*app.pod)]);
    // The type of the app's container has the keys that are required.
    app.container.iter().all(|it| {
        let mut sources = it.env.variables.iter().filter_map(|it| it.value_from.as_ref());
        accepts_keys("container", CONTAINER, &it.kubernetes, version)
            && sources.all(|table| accepts_keys("valueFrom", VALUE_FROM, table, version))
    }) && tables.all(|(name, definition, table)| {
        required(name, definition).all(|key| table.contains_key(key))
            && accepts_keys(name, definition, table, version)
    })
}

fn accepts_keys(
    name: &str,
    definition: &str,
    table: &Map<String, Value>,
    version: Version,
) -> bool {
    let pointer = ["/", name].concat();
    table.iter().all(|(key, value)| {
        !has_managed_field(name, key, value)
            && kubernetes::problems_of_key(definition, key, value, &pointer, version)
                .is_some_and(|problems| problems.iter().all(|it| is_written(Envelope::Flat, it)))
    })
}

/// Whether a key of a Kubernetes table is, or holds, a field that wigen writes.
fn has_managed_field(table: &str, key: &str, value: &Value) -> bool {
    MANAGED_FIELDS.iter().filter_map(|field| field.below(table)).any(|path| {
        let mut steps = path.split('/');
        steps.next() == Some(key) && steps.try_fold(value, |value, step| value.get(step)).is_some()
    })
}

/// Whether a problem is only that a key is missing which wigen writes.
fn is_written(form: Envelope, problem: &Problem<'_>) -> bool {
    let ProblemKind::MissingKey(key) = problem.kind else { return false };
    let missing = join(&problem.pointer, key);
    MANAGED_FIELDS.iter().any(|field| form.pointer(field.pointer) == missing)
}

/// Everything below the keys of the Kubernetes tables that their definitions do not allow, and every
/// field that wigen writes itself.
pub(super) fn check(
    form: Envelope,
    document: &Value,
    version: Version,
    found: &mut Vec<Diagnostic>,
) {
    each_table(form, document, &mut |definition, pointer, table| {
        // A required key without a value is left out.
        let is_in_list = |above: &&str| document.pointer(above).is_some_and(Value::is_array);
        let table_or_list = parent(pointer).filter(is_in_list).unwrap_or(pointer);
        let name = table_or_list.rsplit('/').next().unwrap_or_default();
        let missing = required(name, definition);
        let missing = missing.filter(|key| table.get(*key).is_some_and(Value::is_null));
        found.extend(missing.map(|key| {
            let value = document.pointer(pointer).unwrap_or_default();
            let definition = kubernetes::definition(definition);
            let kind = ProblemKind::MissingKey(key);
            let problem = Problem { pointer: pointer.to_owned(), value, definition, kind };
            explain::problem(as_value(form), document, &problem)
        }));
        for (key, value) in table {
            if own_key(form, pointer, key) {
                continue;
            }
            // The published schema has found the unknown keys.
            let problems = kubernetes::problems_of_key(definition, key, value, pointer, version);
            let problems = problems.into_iter().flatten().filter(|it| !is_written(form, it));
            found.extend(problems.map(|it| explain::problem(as_value(form), document, &it)));
        }
    });
    for (pointer, table) in variables(form, document) {
        for (key, value) in table {
            let problems = kubernetes::problems_of_key(VALUE_FROM, key, value, &pointer, version);
            let problems = problems.into_iter().flatten();
            found.extend(problems.map(|it| explain::problem(as_value(form), document, &it)));
        }
    }
    let tables = std::iter::once(String::new()).chain(environments(form, document));
    managed_in(form, tables, document, found);
}

/// What the rules of the API server find in the Kubernetes tables of a document whose shape is wrong
/// elsewhere.
pub(super) fn check_rules(
    form: Envelope,
    document: &Value,
    version: Version,
    found: &mut Vec<Diagnostic>,
) {
    each_table(form, document, &mut |definition, pointer, table| {
        let is_native = |(key, _): &(&String, &Value)| !own_key(form, pointer, key);
        let native = table.iter().filter(is_native);
        let native = native.map(|(key, value)| (key.clone(), value.clone())).collect();
        rules::check(definition, &native, pointer, version, found);
    });
    for (pointer, table) in variables(form, document) {
        rules::check(VALUE_FROM, table, &pointer, version, found);
    }
}

/// Where the variables of the app's container take their values from.
fn variables(
    form: Envelope,
    document: &Value,
) -> impl Iterator<Item = (String, &Map<String, Value>)> {
    let env = form.pointer("/container/env");
    let variables = node(document, &env);
    let in_table = variables.and_then(Value::as_object).into_iter().flatten();
    let in_table = in_table.map(|(name, value)| (Cow::Borrowed(name.as_str()), value));
    let in_list = variables.and_then(Value::as_array).into_iter().flatten().enumerate();
    let in_list = in_list.map(|(index, value)| (Cow::Owned(index.to_string()), value));
    in_table.chain(in_list).filter_map(move |(step, value)| {
        Some((join(&join(&env, &step), "valueFrom"), value.get("valueFrom")?.as_object()?))
    })
}

/// The fields that wigen writes itself, in the defaults of a workspace.
pub(super) fn managed_in_defaults(document: &Value, found: &mut Vec<Diagnostic>) {
    let environments = environments(Envelope::Flat, &document["defaults"]);
    let environments = environments.map(|table| format!("/defaults{table}"));
    let tables = std::iter::once("/defaults".to_owned()).chain(environments);
    managed_in(Envelope::Flat, tables, document, found);
}

crate::diagnostics::declare_code! {
    OWNED_FIELD: Error = "owned-field",
    what: "A Kubernetes field that wigen writes itself: the ServiceAccount of the pods, the list of containers, the selector, the template and its metadata.",
    why: "These fields must agree with the identity and with each other. The help names the key of the spec that sets them.",
    example: "[pod]\nserviceAccountName = \"fastapi-sa\"",
    instead: "[serviceAccount]\nname = \"fastapi-sa\"",
}

/// The fields that wigen writes itself, in tables that are a spec or an environment.
fn managed_in(
    form: Envelope,
    tables: impl Iterator<Item = String>,
    document: &Value,
    found: &mut Vec<Diagnostic>,
) {
    let mut managed = BTreeMap::new();
    for table in tables {
        for field in MANAGED_FIELDS {
            let pointer = form.pointer(&format!("{table}{}", field.pointer));
            if node(document, &pointer).is_some() {
                managed.insert(pointer, field.instead);
            }
        }
    }
    if managed.is_empty() {
        return;
    }
    // This says more than what else was found at or below the field.
    found.retain(|other| {
        let mut pointers = std::iter::successors(Some(&*other.place.pointer), |it| parent(it));
        !pointers.any(|pointer| managed.contains_key(pointer))
    });
    found.extend(managed.into_iter().map(|(pointer, instead)| {
        let message = format!(
            "{} is written by wigen",
            quoted(pointer.rsplit('/').next().unwrap_or_default())
        );
        Diagnostic::new(Code::OWNED_FIELD, Location::key(pointer), message).help(instead)
    }));
}

/// The environments of a document, as pointers into the flat form.
fn environments(form: Envelope, document: &Value) -> impl Iterator<Item = String> {
    let tables = document.pointer(&form.pointer("/environments")).and_then(Value::as_object);
    tables.into_iter().flatten().map(|(name, _)| join("/environments", name))
}

/// Whether a place is below a key of a Kubernetes table, where the definitions say more than the
/// published schema.
pub(super) fn judges(form: Envelope, document: &Value, place: &str) -> bool {
    let env = form.pointer("/container/env");
    let variable = place.strip_prefix(&env).and_then(|rest| rest.strip_prefix('/'));
    if let Some((_, source)) = variable.and_then(|variable| variable.split_once('/')) {
        return source.starts_with("valueFrom/");
    }
    all_tables().any(|(key, _)| {
        let pointer = form.pointer(&format!("/{key}"));
        let Some(below) = place.strip_prefix(&pointer).and_then(|rest| rest.strip_prefix('/'))
        else {
            return false;
        };
        let is_list = document.pointer(&pointer).is_some_and(Value::is_array);
        let key = below.split('/').nth(usize::from(is_list));
        key.is_some_and(|key| !own_key(form, &pointer, key))
    })
}

/// The Kubernetes tables of a spec: their keys and definitions.
fn all_tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    tables().chain([("container", CONTAINER)])
}

/// Called with a Kubernetes table: the name of its definition, its pointer and its content.
type Visit<'a, 'v> = dyn FnMut(&'static str, &str, &'a Map<String, Value>) + 'v;

/// Visits every Kubernetes table of a document.
fn each_table<'a>(form: Envelope, document: &'a Value, visit: &mut Visit<'a, '_>) {
    for (key, definition) in all_tables() {
        let pointer = form.pointer(&format!("/{key}"));
        match node(document, &pointer) {
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

/// Whether a key of a table at a pointer belongs to the spec language, with a schema of its own.
fn own_key(form: Envelope, pointer: &str, key: &str) -> bool {
    const OWN: [(&str, &[&str]); 2] =
        [("/container", &["name", "image", "port", "env"]), ("/pod", &["labels", "annotations"])];
    OWN.into_iter().any(|(table, keys)| keys.contains(&key) && pointer == form.pointer(table))
}

/// The node at a pointer to a key. It allocates nothing, which `Value::pointer` does for every key.
fn node<'a>(document: &'a Value, pointer: &str) -> Option<&'a Value> {
    steps(pointer).try_fold(document, |node, key| node.get(&*key))
}
