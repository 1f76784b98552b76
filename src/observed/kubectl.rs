//! Kubernetes ServiceAccounts that commands of kubectl create or annotate.

use super::commands::{Argument, CommandLine};
use super::facts::{Facts, ScriptAccount, ScriptAnnotation};
use super::gcloud::{flag, operands};
use super::partial::Partial;
use crate::diagnostics::Location;
use crate::diagnostics::source::{Source, Span};
use crate::text::parse_stream;
use serde_json::Value;

/// Adds the ServiceAccount that a command creates or annotates.
pub(super) fn read(script: &Source, line: &CommandLine, facts: &mut Facts) {
    let is_kubectl = |one: &Argument| ["kubectl", "oc"].contains(&one.text.as_str());
    let Some(start) = line.arguments.iter().position(is_kubectl) else { return };
    let arguments = &line.arguments[start + 1..];
    let words = operands(arguments);
    let texts: Vec<&str> = words.iter().map(|one| one.text.as_str()).collect();
    let reads_input =
        arguments.windows(2).any(|pair| pair[0].text.is("-f") && pair[1].text.is("-"));
    if reads_input {
        for span in &line.documents {
            read_manifests(script, script.clamp(span.clone()), facts);
        }
    }
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
        let (key, value) = (Partial::known(key), Partial::known(value));
        Some(ScriptAnnotation { place: place(one), key, value })
    };
    let text = texts[name].rsplit('/').next().unwrap_or_default();
    facts.script_accounts.push(ScriptAccount {
        namespace: namespace.map_or(Partial::unknown(), |(namespace, _)| namespace),
        name: Partial::known(text),
        annotations: words[rest..].iter().filter_map(annotation).collect(),
    });
}

/// Adds the ServiceAccounts of the manifests in a here-document.
fn read_manifests(script: &Source, span: Span, facts: &mut Facts) {
    let text = &script.text()[span.clone()];
    let end = text.trim_end().rfind('\n').map_or(0, |end| end + 1);
    let documents = parse_stream(&Source::new("manifests.yaml", &text[..end]));
    let is_account =
        |document: &&Value| document["apiVersion"] == "v1" && document["kind"] == "ServiceAccount";
    for account in documents.iter().flatten().filter(is_account) {
        let metadata = &account["metadata"];
        let text_of =
            |value: &Value| value.as_str().map_or(Partial::unknown(), Partial::with_variables);
        let annotations = metadata["annotations"].as_object().into_iter().flatten();
        let annotation = |(key, value): (&String, &Value)| {
            let at = span.start + text.find(key.as_str()).unwrap_or_default();
            let place = Location::text(at..at + key.len()).in_source(script);
            ScriptAnnotation { place, key: Partial::known(key), value: text_of(value) }
        };
        facts.script_accounts.push(ScriptAccount {
            namespace: text_of(&metadata["namespace"]),
            name: text_of(&metadata["name"]),
            annotations: annotations.map(annotation).collect(),
        });
    }
}

fn is_account(kind: &str) -> bool {
    ["serviceaccount", "serviceaccounts", "sa"].contains(&kind)
}
