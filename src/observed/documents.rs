//! Documents in YAML or JSON, by what they contain: descriptions, states of Terraform, and settings of
//! build systems with commands in them.

use super::commands::CommandLine;
use super::facts::{Facts, Unread};
use super::gcloud::{self, MENTIONS};
use super::partial::Partial;
use super::scripts;
use super::translation::{Language, Translation, from_expressions};
use super::variables::{Argument, Values};
use super::{described, terraform};
use crate::diagnostics::Location;
use crate::diagnostics::source::Source;
use crate::text::{self, Node, NodeValue};
use serde_json::Value;

/// Adds what a document describes. Returns whether its form is known.
pub(super) fn read(source: &Source, pointer: &str, value: &Value, facts: &mut Facts) -> bool {
    described::read(source, pointer, value, facts) || terraform::read(source, pointer, value, facts)
}

/// Adds the commands in the strings of a file: `args` and `script` of a build.
pub(super) fn read_commands(source: &Source, facts: &mut Facts) {
    if MENTIONS.iter().any(|what| source.text().contains(what))
        && let Some(documents) = text::parse_stream_located(source)
    {
        let mut values = Values::new();
        find_values(&documents, &mut values);
        find(source, &documents, &values, facts);
    }
}

fn nodes_in(node: &Node) -> Vec<(&str, &Node)> {
    match &node.value {
        NodeValue::Array(list) => list.iter().map(|node| ("", node)).collect(),
        NodeValue::Object(table) => table.iter().map(|(key, node)| (key.as_str(), node)).collect(),
        _ => Vec::new(),
    }
}

/// Finds the variables that a file sets. Those of `env` are fixed; others are defaults.
fn find_values(node: &Node, values: &mut Values) {
    for (key, below) in nodes_in(node) {
        if ["env", "environment", "substitutions", "variables", "vars"].contains(&key) {
            for (name, value) in nodes_in(below) {
                let Some(text) = value.as_str() else { continue };
                let value = Partial::known(text);
                let value = if key == "env" { value } else { value.by_default() };
                let known = values.entry(name.to_owned()).or_insert_with(|| Some(value.clone()));
                if *known != Some(value) {
                    *known = Some(Partial::unknown());
                }
            }
        }
        find_values(below, values);
    }
}

fn find(source: &Source, node: &Node, values: &Values, facts: &mut Facts) {
    let list = if let NodeValue::Array(list) = &node.value { list.as_slice() } else { &[] };
    let words = list.iter().filter_map(|one| Some((one.as_str()?, one.origin.value())));
    let value = |name: &str| values.get(name).cloned().flatten();
    let words = words.map(|(text, span)| Argument {
        span,
        text: Partial::with_variables(&without_expressions(text), value),
    });
    let line = CommandLine::new(words.collect());
    if line.arguments.iter().any(|one| gcloud::is_verb(one.text.as_str())) {
        scripts::run(source, &line, facts);
        return;
    }
    if let Some(text) = node.as_str()
        && let Some(what) = MENTIONS.into_iter().find(|what| text.contains(what))
    {
        let span = node.origin.value();
        let before = facts.bindings.len() + facts.clusters.len();
        let language = Language::new("", text);
        for line in scripts::lines(language, &without_expressions(text), values.clone()) {
            scripts::run(source, &line.with_spans(|_| span.clone()), facts);
        }
        if facts.bindings.len() + facts.clusters.len() == before {
            let place = Location::text(span).in_source(source);
            facts.unread.push(Unread::mention(place, what));
        }
    }
    for (_, node) in nodes_in(node) {
        find(source, node, values, facts);
    }
}

/// A string in which the expressions of templates are variables.
fn without_expressions(text: &str) -> String {
    let mut made = Translation::default();
    from_expressions(text, 0, &mut made);
    made.text
}
