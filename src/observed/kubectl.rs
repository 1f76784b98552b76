//! Kubernetes ServiceAccounts that commands of kubectl create or annotate.

use super::commands::CommandLine;
use super::config_connector;
use super::described::known;
use super::facts::{Facts, ScriptAccount, ScriptAnnotation};
use super::gcloud::{flag, operands};
use super::object::Object;
use super::objects::Objects;
use super::partial::Partial;
use super::variables::{Argument, Values};
use crate::diagnostics::Location;
use crate::diagnostics::source::{Source, Span};
use crate::text::{parse_stream, place_all};
use serde_json::Value;

/// Adds the ServiceAccount that a command creates or annotates.
pub(super) fn read(script: &Source, line: &CommandLine, facts: &mut Facts) {
    let is_kubectl = |one: &Argument| ["kubectl", "oc"].contains(&one.text.as_str());
    let Some(start) = line.arguments.iter().position(is_kubectl) else { return };
    let arguments = &line.arguments[start + 1..];
    let words = operands(arguments);
    let texts: Vec<&str> = words.iter().map(|one| one.text.as_str()).collect();
    let (name, rest) = match texts.as_slice() {
        ["create", kind, _, ..] if is_account(kind) => (2, 3),
        ["annotate", kind, _, ..] if is_account(kind) => (2, 3),
        ["annotate", named, ..]
            if named.split_once('/').is_some_and(|(kind, _)| is_account(kind)) =>
        {
            (1, 2)
        }
        _ => return,
    };
    let namespace = ["--namespace", "-n"].iter().find_map(|name| flag(arguments, name));
    let place = |one: &Argument| Location::text(one.span.clone()).in_source(script);
    let annotation = |one: &&Argument| {
        let (key, value) = one.text.as_str().split_once('=')?;
        let (key, value) = (one.text.with_text(key), one.text.with_text(value));
        Some(ScriptAnnotation { place: place(one), key, value })
    };
    let text = texts[name].rsplit('/').next().unwrap_or_default();
    facts.script_accounts.push(ScriptAccount {
        place: place(words[name]),
        namespace: namespace.map_or(Partial::unknown(), |(namespace, _)| namespace),
        name: Partial::known(text),
        annotations: words[rest..].iter().filter_map(annotation).collect(),
    });
}

/// Adds the ServiceAccounts, and the bindings of Config Connector, of the manifests in here-documents. Returns the
/// ranges of those that were read.
pub(super) fn read_documents(script: &Source, line: &CommandLine, facts: &mut Facts) -> Vec<Span> {
    let mut read = Vec::new();
    for span in &line.documents {
        let span = script.clamp(span.clone());
        let text = &script.text()[span.clone()];
        let end = text.trim_end().rfind('\n').map_or(0, |end| end + 1);
        let source = Source::new("manifests.yaml", &text[..end]);
        let mut documents = parse_stream(&source).unwrap_or_default();
        for document in &mut documents {
            fill_in(document, &line.variables);
        }
        let mut objects = Objects::default();
        objects.add_file(&source, &documents, None);
        if objects.all.is_empty() {
            continue;
        }
        let mut bindings = config_connector::bindings(&objects);
        let mut accounts: Vec<_> = objects.all.iter().filter_map(service_account).collect();
        let places = accounts.iter_mut().flat_map(|one: &mut ScriptAccount| {
            let annotations = one.annotations.iter_mut().map(|it| &mut it.place);
            annotations.chain([&mut one.place])
        });
        let of_bindings = bindings.iter_mut().flat_map(|one| [&mut one.place, &mut one.role_place]);
        let mut places: Vec<&mut Location> = places.chain(of_bindings).collect();
        place_all(Some(&source), places.iter_mut().map(|place| &mut **place));
        for place in places {
            let at = place.span.take().unwrap_or_default();
            *place = Location::text(span.start + at.start..span.start + at.end).in_source(script);
        }
        facts.script_accounts.append(&mut accounts);
        facts.bindings.append(&mut bindings);
        read.push(span);
    }
    read
}

/// Replaces the variables in the strings of a document by their values; NUL stands for what is not known, as in
/// [`Partial`].
fn fill_in(value: &mut Value, variables: &Values) {
    match value {
        Value::String(text) if text.contains('$') => {
            let filled =
                Partial::with_variables(text, |name| variables.get(name).cloned().flatten());
            filled.as_str().clone_into(text);
        }
        Value::Array(list) => list.iter_mut().for_each(|value| fill_in(value, variables)),
        Value::Object(table) => table.values_mut().for_each(|value| fill_in(value, variables)),
        _ => {}
    }
}

/// The ServiceAccount that an object is.
pub(super) fn service_account(object: &Object<'_>) -> Option<ScriptAccount> {
    let annotations = object.annotations().into_iter().flatten();
    let annotation = |(key, it): (&String, &Value)| ScriptAnnotation {
        place: object.annotation_place(key),
        key: Partial::known(key),
        value: known(it),
    };
    object.id.is_service_account().then(|| ScriptAccount {
        place: object.place("/metadata/name"),
        namespace: known(&object.value["metadata"]["namespace"]),
        name: known(&object.value["metadata"]["name"]),
        annotations: annotations.map(annotation).collect(),
    })
}

fn is_account(kind: &str) -> bool {
    ["serviceaccount", "serviceaccounts", "sa"].contains(&kind)
}
