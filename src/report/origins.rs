//! The merged spec with the origin of each value: TOML for people, JSON Lines for programs.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use super::json::JSON_VERSION;
use super::style::Style;
use crate::diagnostics::shown;
use crate::diagnostics::source::{Position, is_hidden};
use crate::spec::provenance::LocatedValue;

/// Widest line, in columns, whose comment is aligned with the others.
const WIDEST: usize = 80;

/// One value: a line of `wigen show --format json`.
#[derive(Serialize)]
struct Leaf<'a> {
    version: u8,
    spec: &'a str,
    pointer: String,
    value: &'a Value,
    file: &'a str,
    line: usize,
    column: usize,
    layer: String,
}

/// Writes each value on one line, in order. `spec` is the name of the spec.
pub fn origins_json(spec: &str, origins: &[LocatedValue]) -> String {
    let line = |origin: &LocatedValue| {
        let (file, Position { line, column }) = position(origin);
        let (pointer, layer) = (origin.pointer(), origin.layer.clone());
        let version = JSON_VERSION;
        let line = Leaf { version, spec, pointer, value: &origin.value, file, line, column, layer };
        Some(serde_json::to_string(&line).ok()? + "\n")
    };
    origins.iter().filter_map(line).collect()
}

/// Shows the merged spec as TOML 1.0, one value a line, each with its origin in a comment. TOML has no
/// null: such a line becomes a comment, and a null in a list is left out.
pub fn origins(origins: &[LocatedValue], style: Style) -> String {
    let lines = origins.iter().map(|origin| {
        let path: Vec<String> = origin.path.iter().map(|step| key(step)).collect();
        let sign = if origin.value.is_null() { "# " } else { "" };
        let mut line = format!("{sign}{} = ", path.join("."));
        value(&origin.value, &mut line);
        (line, origin)
    });
    let lines: Vec<(String, &LocatedValue)> = lines.collect();
    let widths = lines.iter().map(|(line, _)| line.chars().count());
    let widest = widths.filter(|width| *width <= WIDEST).max().unwrap_or_default();
    let mut text = String::new();
    for (line, origin) in lines {
        let (file, Position { line: number, column }) = position(origin);
        let comment = format!("# {}:{number}:{column}, {}", shown(file), origin.layer);
        let _ = writeln!(text, "{line:widest$}   {}", dimmed(&comment, style));
    }
    text
}

/// The heading of one of several specs: the name of the app, and its file.
pub fn origins_heading(app: &str, spec: &str, style: Style) -> String {
    dimmed(&format!("# {} ({})", shown(app), shown(spec)), style) + "\n"
}

fn position(origin: &LocatedValue) -> (&str, Position) {
    let start = origin.place.span.as_ref().map_or(0, |span| span.start);
    let source = origin.place.source.as_ref();
    source.map_or(("", Position { line: 1, column: 1 }), |source| {
        (source.name(), source.position(start))
    })
}

fn dimmed(text: &str, style: Style) -> String {
    if style.colour { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Writes a TOML key. Source: https://toml.io/en/v1.0.0#keys
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(is_bare) {
        return name.to_owned();
    }
    let mut quoted = String::new();
    basic_string(name, &mut quoted);
    quoted
}

fn value(node: &Value, line: &mut String) {
    match node {
        Value::String(value) => basic_string(value, line),
        Value::Array(list) => {
            line.push('[');
            for (number, element) in list.iter().filter(|value| !value.is_null()).enumerate() {
                line.push_str(if number > 0 { ", " } else { "" });
                value(element, line);
            }
            line.push(']');
        }
        Value::Object(table) => {
            let entries = table.iter().filter(|(_, value)| !value.is_null());
            line.push('{');
            for (number, (name, below)) in entries.enumerate() {
                line.push_str(if number > 0 { ", " } else { " " });
                line.extend([&key(name), " = "]);
                value(below, line);
            }
            line.push_str(if line.ends_with('{') { "}" } else { " }" });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let _ = write!(line, "{node}");
        }
    }
}

/// Writes a TOML basic string. Source: https://toml.io/en/v1.0.0#string
fn basic_string(value: &str, line: &mut String) {
    line.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            '\n' => line.push_str("\\n"),
            '\t' => line.push_str("\\t"),
            c if is_hidden(c) && u32::from(c) > 0xffff => {
                let _ = write!(line, "\\U{:08X}", u32::from(c));
            }
            c if is_hidden(c) => {
                let _ = write!(line, "\\u{:04X}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(of: &Value) -> String {
        let mut line = String::new();
        value(of, &mut line);
        line
    }

    #[test]
    fn values_are_written_on_one_line() {
        let of = json!({"a b": [1, 1.5, true, {}, {"c": "d"}], "": [], "e": null});
        let text = r#"{ "a b" = [1, 1.5, true, {}, { c = "d" }], "" = [] }"#;
        assert_eq!(written(&of), text);
        assert_eq!(written(&json!({"a": null})), "{}");
    }

    #[test]
    fn a_reader_sees_every_character() {
        let of = json!("a\"\\\n\t\r\u{0}\u{7f}\u{85}\u{200b}\u{202e}\u{e0001}é'");
        let text = r#""a\"\\\n\t\u000D\u0000\u007F\u0085\u200B\u202E\U000E0001é'""#;
        assert_eq!(written(&of), text);
        assert_eq!(key("a.b"), r#""a.b""#);
        assert_eq!(key("é"), r#""é""#);
        assert_eq!(key(""), r#""""#);
        assert_eq!(key("1-a_B"), "1-a_B");
    }
}
