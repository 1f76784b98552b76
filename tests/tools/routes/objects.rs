//! Manifests as objects.

use std::fmt::Write;

use serde_json::{Map, Value};
use wigen::diagnostics::source::Source;

use super::place::Place;
use crate::support::succeed;

/// The objects of a YAML text, sorted. The specs of apps, which some routes hand on, are none.
pub(crate) fn read(text: &str) -> Result<Vec<Value>, String> {
    let source = Source::new("objects.yaml", text);
    let mut objects = wigen::text::parse_stream(&source)
        .map_err(|found| format!("{}\nin\n{text}", found[0].message))?;
    objects.retain(|object| !object.is_null() && object["kind"] != "App");
    objects.sort_by_key(key);
    Ok(objects)
}

/// The objects in the files below a folder, sorted; without the Kptfile.
pub(crate) fn read_files(place: &Place, folder: &str) -> Result<Vec<Value>, String> {
    let mut objects = Vec::new();
    for (name, text) in place.files(folder) {
        if name != "Kptfile" {
            objects.extend(read(&text).map_err(|error| format!("{name}: {error}"))?);
        }
    }
    objects.sort_by_key(key);
    Ok(objects)
}

fn key(object: &Value) -> [String; 3] {
    ["/kind", "/metadata/namespace", "/metadata/name"]
        .map(|pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned())
}

/// The objects that `wigen render` renders from a spec; every route must give the same.
pub(crate) fn rendered(spec: &str) -> Vec<Value> {
    let place = Place::with([("app.yaml", spec)]);
    let text = succeed(&mut place.wigen(&["render", "--only", "manifests", "app.yaml"]));
    read(&text).unwrap()
}

/// The objects with their variables sorted by name, as Kustomize sorts the keys of a spec.
pub(crate) fn with_sorted_variables(mut objects: Vec<Value>) -> Vec<Value> {
    for object in &mut objects {
        for pods in ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"] {
            let variables = object.pointer_mut(&format!("{pods}/containers/0/env"));
            let Some(variables) = variables.and_then(Value::as_array_mut) else { continue };
            variables.sort_by_key(|variable| variable["name"].as_str().unwrap().to_owned());
        }
    }
    objects
}

/// Where objects differ.
pub(crate) fn differences(expected: &[Value], actual: &[Value]) -> Option<String> {
    if expected == actual {
        return None;
    }
    let text = |objects: &[Value]| {
        let lines: Vec<String> = objects
            .iter()
            .map(|object| serde_json::to_string_pretty(&in_order(object)).unwrap())
            .collect();
        lines.join("\n")
    };
    let (expected, actual) = (text(expected), text(actual));
    let difference =
        similar_asserts::SimpleDiff::from_str(&expected, &actual, "expected", "actual");
    Some(difference.to_string())
}

#[track_caller]
pub(crate) fn assert_same(what: &str, expected: &[Value], actual: &[Value]) {
    if let Some(difference) = differences(expected, actual) {
        panic!("{what}\n{difference}");
    }
}

fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(table) => {
            let mut entries: Vec<(&String, &Value)> = table.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            entries
                .into_iter()
                .map(|(key, value)| (key.clone(), in_order(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(list) => list.iter().map(in_order).collect(),
        _ => value.clone(),
    }
}

/// A value as a text that every reader of YAML takes: JSON, with escapes for what YAML has no place
/// for or might fold.
pub(crate) fn text(value: &Value) -> String {
    let json = serde_json::to_string_pretty(value).unwrap();
    let mut text = String::new();
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
    text + "\n"
}

/// A ResourceList as the tools write it: its own keys one below the other.
pub(crate) fn list_text(list: &Value) -> String {
    let mut text = String::new();
    for (key, value) in list.as_object().unwrap() {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let items: Vec<String> =
                    items.iter().map(|item| format!("- {}", line(item))).collect();
                let _ = writeln!(text, "{key}:\n{}", items.join("\n"));
            }
            Value::Object(table) => {
                let entries = table.iter().map(|(key, value)| format!("  {key}: {}", line(value)));
                let _ = writeln!(text, "{key}:\n{}", entries.collect::<Vec<_>>().join("\n"));
            }
            Value::String(word) => {
                let _ = writeln!(text, "{key}: {word}");
            }
            other => {
                let _ = writeln!(text, "{key}: {other}");
            }
        }
    }
    text
}

/// A value in one line.
fn line(value: &Value) -> String {
    text(value).lines().map(str::trim_start).collect()
}

/// An object with an annotation more.
pub(crate) fn annotated(object: &Value, name: &str, value: &str) -> Value {
    let mut object = object.clone();
    object["metadata"]["annotations"][name] = value.into();
    object
}

/// The one object of this kind and name.
#[track_caller]
pub(crate) fn one<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found: Vec<&Value> = objects
        .iter()
        .filter(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .collect();
    assert_eq!(found.len(), 1, "{kind} {name} among {objects:#?}");
    found[0]
}
