//! The size of objects, and characters that not every client can send.

use serde_json::Value;

use super::place::Place;
use super::rule::{Found, Table};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};

crate::diagnostics::declare_code! {
    CONTROL_CHARACTER: Error = "control-character",
    what: "A control character from U+007F to U+009F, U+FFFE or U+FFFF in a string of a manifest.",
    why: "`kubectl apply --server-side` and `kubectl diff` fail: the API server does not read such characters in YAML.",
    example: "[container.env]\nNAME = \"books\\u007f\"",
    instead: "[container.env]\nNAME = \"books\"",
    source: "YAML, Character Set: https://yaml.org/spec/1.2.2/#51-character-set",
}

/// The most bytes of an object in etcd, by its default configuration.
const MOST_OF_OBJECT: usize = 3 * 1024 * 1024 / 2;

/// The annotation in which `kubectl apply` keeps what it applied.
const LAST_APPLIED: usize = "kubectl.kubernetes.io/last-applied-configuration".len();

/// The lengths of an object as compact JSON.
#[derive(Debug, Default)]
pub struct ObjectSize {
    /// Of everything.
    total: usize,
    /// Of the keys and values of its annotations.
    annotations: usize,
    /// The largest part, and its length.
    largest: (usize, String),
}

impl ObjectSize {
    /// Adds a part of an object. `pointer` is its JSON pointer, and `times` how often the object has it.
    /// Reports characters that cannot be sent.
    pub fn add(&mut self, value: &Value, pointer: &str, times: usize, found: &mut Vec<Diagnostic>) {
        let length = length(value, &Place::Root(pointer), found);
        self.add_length(length, &|| pointer.to_owned(), times);
    }

    /// As [`Self::add`], for a string. Most have no need of a pointer.
    pub fn add_text(
        &mut self,
        text: &str,
        pointer: &dyn Fn() -> String,
        times: usize,
        found: &mut Vec<Diagnostic>,
    ) {
        let length = if is_plain(text) {
            text.len() + 2
        } else {
            length_of_text(text, &Place::Root(&pointer()), found)
        };
        self.add_length(length, pointer, times);
    }

    /// As [`Self::add`], for each value of a table.
    pub fn add_table(&mut self, table: &Table, pointer: &str, found: &mut Vec<Diagnostic>) {
        let root = Place::Root(pointer);
        for (key, value) in table {
            let place = root.at(key);
            let length = length(value, &place, found) + key.len() + "\"\":,".len();
            self.total += length;
            if self.is_largest(length) {
                self.largest = (length, place.pointer());
            }
        }
    }

    /// Adds an annotation of the object.
    pub fn add_annotation(&mut self, key: &str, value: &str) {
        self.annotations += key.len() + value.len();
    }

    /// Adds a part of `length` bytes, which the object has `times` times.
    pub fn add_length(&mut self, length: usize, pointer: &dyn Fn() -> String, times: usize) {
        self.total += length * times;
        if self.is_largest(length) {
            self.largest = (length, pointer());
        }
    }

    /// Whether a part is the largest so far. Small ones never matter.
    fn is_largest(&self, length: usize) -> bool {
        length > self.largest.0.max(1000)
    }

    /// The finding if the object cannot be stored, or not be applied by kubectl.
    pub fn problem(&self) -> Option<Diagnostic> {
        let most = super::metadata::MOST_ANNOTATIONS;
        // Annotations that are too long by themselves have a finding of their own.
        if self.annotations > most {
            return None;
        }
        // The annotation ends with a line feed.
        let with_last_applied = self.annotations + LAST_APPLIED + self.total + 1;
        let (message, help) = if self.total > MOST_OF_OBJECT {
            let message = format!(
                "the object has {} bytes or more; the maximum is {MOST_OF_OBJECT}",
                self.total
            );
            (message, "put large values into a ConfigMap of their own, or into a volume")
        } else if self.annotations <= most && with_last_applied > most {
            let message = format!(
                "the object has {} bytes or more, too many for `kubectl apply`, which keeps them in an annotation of at most {most} bytes",
                self.total
            );
            (message, "put large values into a ConfigMap of their own, or into a volume")
        } else {
            return None;
        };
        let place = Location::key(&self.largest.1);
        Some(Diagnostic::new(Code::TOO_LONG, place, message).help(help).label("the largest part"))
    }
}

/// The length of a value as compact JSON.
fn length(value: &Value, at: &Place<'_>, found: &mut Found) -> usize {
    match value {
        Value::String(text) => length_of_text(text, at, found),
        Value::Object(table) => {
            let entry = |(key, value): (&String, &Value)| {
                key.len() + "\"\":,".len() + length(value, &at.at(key), found)
            };
            table.iter().map(entry).sum::<usize>() + usize::from(table.is_empty()) + 1
        }
        Value::Array(list) => {
            let element = |(index, value)| length(value, &at.element(index), found) + 1;
            list.iter().enumerate().map(element).sum::<usize>() + usize::from(list.is_empty()) + 1
        }
        Value::Bool(_) | Value::Null => 4,
        Value::Number(number) => number.as_u64().map_or(1, |it| it.max(1).ilog10() as usize + 1),
    }
}

/// Whether a string is written as it is, in quotes.
fn is_plain(text: &str) -> bool {
    let is_plain = |b: u8| (b' '..0x7f).contains(&b) && !b"\"\\<>&".contains(&b);
    text.bytes().all(is_plain)
}

/// The length of a string as kubectl writes it; reports what cannot be sent.
fn length_of_text(text: &str, at: &Place<'_>, found: &mut Found) -> usize {
    if is_plain(text) {
        return text.len() + 2;
    }
    let is_unreadable =
        |c: &char| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if let Some(character) = text.chars().find(is_unreadable) {
        let name = quoted(at.name());
        let message = format!("{name} holds the control character U+{:04X}", u32::from(character));
        found.push(
            Diagnostic::new(Code::CONTROL_CHARACTER, at.value(), message)
                .help("remove it: the API server does not read it in YAML"),
        );
    }
    let escaped = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => 6,
        c => c.len_utf8(),
    };
    text.chars().map(escaped).sum::<usize>() + 2
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_length_is_that_of_compact_json() {
        for value in [
            json!({"a": [1, 20, true, null], "b": {}, "c": [], "d": "é\n\"\\x"}),
            json!({}),
            json!([{"a": "b"}]),
        ] {
            let mut found = Vec::new();
            let expected = value.to_string().len();
            assert_eq!(length(&value, &Place::Root(""), &mut found), expected, "{value}");
            assert_eq!(found, []);
        }
        let mut found = Vec::new();
        assert_eq!(length(&json!(["<\u{7f}"]), &Place::Root("/args"), &mut found), 11);
        assert_eq!(found.len(), 1);
    }
}
