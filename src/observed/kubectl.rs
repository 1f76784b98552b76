//! Kubernetes ServiceAccounts that commands of kubectl create or annotate.

use super::commands::{Argument, CommandLine};
use super::facts::{Facts, ScriptAccount, ScriptAnnotation};
use super::gcloud::{flag, operands};
use super::partial::Partial;
use crate::diagnostics::Location;
use crate::diagnostics::source::Source;

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

fn is_account(kind: &str) -> bool {
    ["serviceaccount", "serviceaccounts", "sa"].contains(&kind)
}
