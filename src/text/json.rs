//! JSON: one reader for the values, and a walk over the text for where they stand. (The reader of YAML
//! would do if YAML allowed all the characters of JSON.)

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Value};

use super::codes::{duplicate, too_deep};
use super::node::{Node, NodeValue, Table};
use super::yaml::duplicate_key;
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Location, shortened};

/// How the message of a duplicate key starts.
const DUPLICATE: &str = "duplicate key ";

pub(super) fn parse(source: &Source) -> Result<Node, Vec<Diagnostic>> {
    let text = source.text();
    let value = serde_json::from_str::<Unique>(text);
    value.map(|unique| Walk { text, at: 0 }.node(unique.0)).map_err(|error| {
        let at = source.byte_at(error.line(), error.column());
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        if message.starts_with("recursion limit") {
            return vec![too_deep(Location::text(at..at))];
        }
        let code = if message.starts_with(DUPLICATE) { Code::DUPLICATE_KEY } else { Code::SYNTAX };
        let found = Diagnostic::new(code, Location::text(at..at), shortened(message));
        vec![if code == Code::DUPLICATE_KEY {
            duplicate(found, duplicate_key(source))
        } else {
            found
        }]
    })
}

/// A [`Value`] whose objects have no duplicate keys.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!(
                    "{DUPLICATE}{}",
                    crate::diagnostics::quoted(&key)
                )));
            }
            map.insert(key, entries.next_value::<Unique>()?.0);
        }
        Ok(Value::Object(map))
    }
}

/// A walk over JSON that has been read.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl Walk<'_> {
    /// Goes to the next character that is no space.
    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Goes behind the next character that is no space.
    fn skip(&mut self) {
        self.skip_spaces();
        self.at += 1;
    }

    fn node(&mut self, value: Value) -> Node {
        self.skip_spaces();
        let start = self.at;
        let value = match value {
            Value::Object(entries) => NodeValue::Object(self.entries(entries)),
            Value::Array(elements) => NodeValue::Array(self.elements(elements)),
            Value::String(string) => {
                self.string();
                NodeValue::String(string)
            }
            scalar => {
                let rest = &self.text[start..];
                let end = [',', ']', '}', ' ', '\t', '\r', '\n'];
                self.at += rest.find(end).unwrap_or(rest.len());
                match scalar {
                    Value::Bool(boolean) => NodeValue::Bool(boolean),
                    Value::Number(number) => NodeValue::Number(number),
                    _ => NodeValue::Null,
                }
            }
        };
        Node::new(value, &(start..self.at))
    }

    fn entries(&mut self, entries: Map<String, Value>) -> Table {
        let mut table = Table::default();
        self.skip();
        let is_empty = entries.is_empty();
        for (name, value) in entries {
            self.skip_spaces();
            let key = self.string();
            // The colon; and what stands behind the value, a comma or the end.
            self.skip();
            table.insert(name, self.node(value).under_key(&key));
            self.skip();
        }
        if is_empty {
            self.skip();
        }
        table
    }

    fn elements(&mut self, elements: Vec<Value>) -> Vec<Node> {
        self.skip();
        if elements.is_empty() {
            self.skip();
        }
        let node = |value| {
            let node = self.node(value);
            self.skip();
            node
        };
        elements.into_iter().map(node).collect()
    }

    /// The string that begins here, with its quotes.
    fn string(&mut self) -> Span {
        let start = self.at;
        let mut escaped = true; // the quote that begins it
        for (index, byte) in (start..).zip(self.text.as_bytes()[start..].iter().copied()) {
            self.at = index + 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => break,
                _ => {}
            }
        }
        start..self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_has_its_place() {
        let text = "{\"a\\\"/\": [1.5 , {\t\"b\": \"\u{7f}\\\\\"}, true,\r\n[]], \"😀\": \"\\ud83d\\ude00\"}";
        let source = Source::new("a.json", text);
        let root = parse(&source).unwrap();
        let node = |pointer: &str| root.pointer(pointer).unwrap().origin;
        let value = |pointer: &str| &text[node(pointer).value()];
        assert_eq!(value("/a\"~1/0"), "1.5");
        assert_eq!(value("/a\"~1/1/b"), "\"\u{7f}\\\\\"");
        assert_eq!(value("/a\"~1/1"), "{\t\"b\": \"\u{7f}\\\\\"}");
        assert_eq!(value("/a\"~1/2"), "true");
        assert_eq!(value("/a\"~1/3"), "[]");
        assert_eq!(value("/😀"), "\"\\ud83d\\ude00\"");
        assert_eq!(&text[node("/😀").key().unwrap()], "\"😀\"");
    }
}
