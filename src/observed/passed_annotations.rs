//! Annotations of Workload Identity that an object passes on: the values of a Helm release, the template of an
//! operator, a ConfigMap with values.

use serde_json::Value;

use super::embedded::is_manifest;
use super::object::Object;
use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Location, Part};
use crate::google::gke::KeyMatch;
use crate::text;

/// An annotation in a table of annotations, or in a string with such a table.
#[derive(Debug)]
pub(crate) struct PassedAnnotation<'a> {
    source: &'a Source,
    pointer: String,
    target: Part,
    /// Whether it is somewhere in a string, which is one value of the file.
    pub(crate) is_in_text: bool,
    /// The path of the table that it is in.
    pub(crate) table: String,
    /// Its key; empty if what should be a table of annotations is a list or a string.
    pub(crate) key: String,
    /// Its value, if that is a string.
    pub(crate) value: Option<String>,
}

impl PassedAnnotation<'_> {
    pub(crate) fn place(&self) -> Location {
        let target = if self.is_in_text { Part::Value } else { self.target };
        Location { target, ..self.value_place() }
    }

    pub(crate) fn value_place(&self) -> Location {
        Location::value(&self.pointer).in_source(self.source)
    }
}

/// The annotations in the spec of an object.
pub(super) fn read<'a>(object: &Object<'a>) -> Vec<PassedAnnotation<'a>> {
    let mut found = Vec::new();
    for (key, value) in object.value.as_object().into_iter().flatten() {
        if !["metadata", "status"].contains(&key.as_str()) {
            let pointer = join(&object.pointer, key);
            find(object.source, (&pointer, key), value, &mut found);
        }
    }
    found
}

/// Adds what a value contains. The path of a value in a string is longer than its pointer.
fn find<'a>(
    source: &'a Source,
    (pointer, path): (&str, &str),
    value: &Value,
    found: &mut Vec<PassedAnnotation<'a>>,
) {
    let mut add = |pointer: String, target, table: &str, key: &str, value: &Value| {
        let value = value.as_str().map(str::to_owned);
        let (table, key) = (table.to_owned(), key.to_owned());
        let is_in_text = false;
        found.push(PassedAnnotation { source, pointer, target, is_in_text, table, key, value });
    };
    match value {
        Value::Object(_) if is_manifest(value) => {}
        Value::Object(table) => {
            // A parameter of Argo CD.
            let name = value["name"].as_str().unwrap_or_default().replace("\\.", ".");
            if let Some((table, key)) =
                name.split_once("nnotations.").filter(|(_, key)| is_ours(key))
            {
                add(join(pointer, "value"), Part::Value, table, key, &value["value"]);
            }
            for (key, below) in table.iter().filter(|_| path.ends_with("nnotations")) {
                if is_ours(key) {
                    add(join(pointer, key), Part::Key, path, key, below);
                }
            }
            for (key, below) in table.iter().filter(|(key, _)| key.ends_with("nnotations")) {
                let text = below.to_string();
                if !below.is_object() && text.contains("iam.gke.io/") && !text.contains(['{', '\n'])
                {
                    add(join(pointer, key), Part::Key, path, "", &text.into());
                }
            }
            for (key, below) in table {
                find(source, (&join(pointer, key), &format!("{path}.{key}")), below, found);
            }
        }
        Value::Array(list) => {
            for (index, below) in list.iter().enumerate() {
                find(source, (&format!("{pointer}/{index}"), path), below, found);
            }
        }
        Value::String(text) if text.contains('\n') && text.contains("gke") => {
            let values = text::parse_stream(&Source::new("values.yaml", text.as_str()));
            let start = found.len();
            let is_values = |one: &Value| one.is_object() && !is_manifest(one);
            for document in values.into_iter().flatten().filter(is_values) {
                find(source, (pointer, path), &document, found);
            }
            // All of the text is one value.
            for one in &mut found[start..] {
                (one.pointer, one.is_in_text) = (pointer.to_owned(), true);
            }
        }
        _ => {}
    }
}

fn is_ours(key: &str) -> bool {
    let can_be = key.contains("gke") || key.contains("gcp");
    can_be && !matches!(KeyMatch::for_annotation(key), KeyMatch::Unrelated)
}
