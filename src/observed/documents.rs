//! Documents in YAML or JSON, by what they contain: descriptions, states of Terraform, and settings of
//! build systems with commands in them.

use super::commands::{CommandLine, commands};
use super::facts::{Facts, Unread};
use super::gcloud::{self, MENTIONS};
use super::partial::Partial;
use super::scripts;
use super::translation::{Translation, from_expressions};
use super::variables::Argument;
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
        find(source, &documents, facts);
    }
}

fn find(source: &Source, node: &Node, facts: &mut Facts) {
    match &node.value {
        NodeValue::Array(list) => {
            let words = list.iter().filter_map(|one| Some((one.as_str()?, one.origin.value())));
            let words = words.map(|(text, span)| Argument {
                span,
                text: Partial::with_variables(&without_expressions(text), |_| None),
            });
            let line = CommandLine::new(words.collect());
            if line.arguments.iter().any(|one| gcloud::is_verb(one.text.as_str())) {
                scripts::run(source, &line, facts);
                return;
            }
            for node in list {
                find(source, node, facts);
            }
        }
        NodeValue::Object(table) => {
            for node in table.values() {
                find(source, node, facts);
            }
        }
        NodeValue::String(text) => {
            let Some(what) = MENTIONS.into_iter().find(|what| text.contains(what)) else { return };
            let span = node.origin.value();
            let before = facts.bindings.len() + facts.clusters.len();
            for line in commands(&without_expressions(text)) {
                let line = line.with_spans(|_| span.clone());
                scripts::run(source, &line, facts);
            }
            if facts.bindings.len() + facts.clusters.len() == before {
                let place = Location::text(span).in_source(source);
                facts.unread.push(Unread { place, what });
            }
        }
        _ => {}
    }
}

/// A string in which the expressions of templates are variables without a value.
fn without_expressions(text: &str) -> String {
    let mut made = Translation::default();
    from_expressions(text, 0, &mut made);
    made.text
}
