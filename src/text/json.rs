//! JSON: one reader for the values, and a walk over the text for where they stand. (The reader of YAML
//! would do if YAML allowed all the characters of JSON.)

use serde::{Deserialize, Deserializer};

use super::codes::{duplicate, too_deep};
use super::node::{Layer, Node, NodeValue, Origin, Table};
use super::value::{self, DUPLICATE, Key};
use super::yaml::duplicate_key;
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Location, shortened};

pub(super) fn parse(source: &Source) -> Result<Node, Vec<Diagnostic>> {
    let text = source.text();
    let read = serde_json::from_str::<Json>(text).map(|json| {
        let mut root = Node::from(json);
        Walk { text, at: 0 }.place(&mut root);
        root
    });
    read.map_err(|error| {
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

/// A value of JSON, without places.
struct Json(NodeValue);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        value::deserialize::<String, Self, D>(deserializer).map(Self)
    }
}

impl From<String> for Key {
    fn from(name: String) -> Self {
        Self { name, range: None }
    }
}

impl From<Json> for Node {
    fn from(value: Json) -> Self {
        Self::new(value.0, &(0..0))
    }
}

/// A walk over JSON that has been read.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl Walk<'_> {
    /// Moves to the next character that is not a space.
    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Moves past the next character that is not a space.
    fn skip(&mut self) {
        self.skip_spaces();
        self.at += 1;
    }

    /// Gives a node, and all below it, their places.
    fn place(&mut self, node: &mut Node) {
        self.skip_spaces();
        let start = self.at;
        match &mut node.value {
            NodeValue::Object(table) => self.place_entries(table),
            NodeValue::Array(elements) => self.place_elements(elements),
            NodeValue::String(_) => drop(self.string()),
            _ => {
                let rest = &self.text[start..];
                let end = [',', ']', '}', ' ', '\t', '\r', '\n'];
                self.at += rest.find(end).unwrap_or(rest.len());
            }
        }
        node.origin = Origin::new(Layer::Own, &(start..self.at));
    }

    fn place_entries(&mut self, table: &mut Table) {
        self.skip();
        for node in table.values_mut() {
            self.skip_spaces();
            let key = self.string();
            // The colon; and what follows the value, a comma or the end.
            self.skip();
            self.place(node);
            node.set_key(&key);
            self.skip();
        }
        if table.is_empty() {
            self.skip();
        }
    }

    fn place_elements(&mut self, elements: &mut [Node]) {
        self.skip();
        for node in &mut *elements {
            self.place(node);
            self.skip();
        }
        if elements.is_empty() {
            self.skip();
        }
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
