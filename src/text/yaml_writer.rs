//! Writes YAML in block style that YAML 1.1 and 1.2 parsers read alike.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use crate::diagnostics::source::is_hidden;

/// Writes a value as a YAML document.
pub fn to_yaml(value: &Value) -> String {
    let mut yaml = String::new();
    write_value(value, 0, &mut yaml);
    yaml.push('\n');
    yaml.trim_start().to_owned()
}

/// Writes a value after its key or hyphen. Non-empty lists and objects start on a new line with this
/// indent.
pub(crate) fn write_value(value: &Value, indent: usize, yaml: &mut String) {
    match value {
        Value::Array(elements) if !elements.is_empty() => {
            for element in elements {
                new_line(indent, yaml);
                yaml.push('-');
                write_value(element, indent + 2, yaml);
            }
        }
        Value::Object(entries) if !entries.is_empty() => {
            // The first key of an object in a list follows the hyphen.
            let follows_hyphen = yaml.ends_with('-');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index == 0 && follows_hyphen {
                    yaml.push(' ');
                } else {
                    new_line(indent, yaml);
                }
                yaml.push_str(&scalar(key));
                yaml.push(':');
                write_value(value, indent + 2, yaml);
            }
        }
        _ => {
            yaml.push(' ');
            match value {
                Value::Null => yaml.push_str("null"),
                Value::Bool(boolean) => yaml.push_str(if *boolean { "true" } else { "false" }),
                // Without an exponent: YAML 1.1 parsers read `1e3` as a string.
                Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                    Some(float) => yaml.push_str(&float.to_string()),
                    None => yaml.push_str(&number.to_string()),
                },
                Value::String(string) => yaml.push_str(&scalar(string)),
                Value::Array(_) => yaml.push_str("[]"),
                Value::Object(_) => yaml.push_str("{}"),
            }
        }
    }
}

/// Starts a new line with this indent.
pub(crate) fn new_line(indent: usize, yaml: &mut String) {
    const SPACES: &str = "                                ";
    yaml.push('\n');
    for start in (0..indent).step_by(SPACES.len()) {
        yaml.push_str(&SPACES[..SPACES.len().min(indent - start)]);
    }
}

/// Writes a string as one scalar on one line: plain if every parser reads it as a string, and in double
/// quotes otherwise. Invisible characters are escaped.
pub(crate) fn scalar(string: &str) -> Cow<'_, str> {
    if is_plain(string) {
        return string.into();
    }
    let mut quoted = String::with_capacity(string.len() + 2);
    quoted.push('"');
    for c in string.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_hidden(c) => {
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(quoted, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(quoted, "\\u{code:04x}"),
                    code => write!(quoted, "\\U{code:08x}"),
                };
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted.into()
}

/// Whether a plain scalar is a string to YAML 1.1 and 1.2: it starts with a letter or slash, continues
/// with characters that mean nothing in YAML, and is not a boolean or null.
fn is_plain(string: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    const LONGEST: usize = "false".len();
    string.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && string.bytes().all(
            |b| matches!(b, b'a'..=b'z' | b'A'..=b'Z' | b'-'..=b':' | b'_' | b'@' | b'+' | b'='),
        )
        && !string.ends_with(':')
        && (string.len() > LONGEST || !WORDS.iter().any(|word| string.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_only_where_all_parsers_agree() {
        for plain in ["my-project", "a:b", "/healthz", "roles/x.y", "e1", "v1"] {
            assert_eq!(scalar(plain), plain);
        }
        for quoted in [
            "", "on", "NO", "y", "~", "null", "0123", "1_000", "1e3", ".5", "-x", "a: b", "a #b",
            "a:", "12:30:45", "=", "<<", "*x", "a b",
        ] {
            assert_eq!(scalar(quoted), format!("\"{quoted}\""));
        }
        assert_eq!(
            scalar("\u{0}\u{85}\u{2028}é\u{1f600}\"\\"),
            "\"\\x00\\x85\\u2028é\u{1f600}\\\"\\\\\""
        );
    }

    #[test]
    fn blocks_nest() {
        let value = serde_json::json!({
            "secretKeyRef": {"key": "on", "optional": true}, "list": [1, {"a": [], "b": ""}, [0.5]],
        });
        let mut yaml = String::from("valueFrom:");
        write_value(&value, 2, &mut yaml);
        assert_eq!(
            yaml,
            "valueFrom:\n  secretKeyRef:\n    key: \"on\"\n    optional: true\n  list:\n    - 1\n    - a: []\n      b: \"\"\n    -\n      - 0.5"
        );
    }
}
