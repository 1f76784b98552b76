//! JSON: one reader for the values, a walk over the text for where they stand. (For YAML the text
//! of every JSON would do, if YAML allowed all its characters.)

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Value};

use super::{Node, Spans, join};
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Place, shortened};

const DUPLICATE: &str = "stands twice in one object";

pub(super) fn parse(source: &Source) -> Result<Value, Vec<Diagnostic>> {
    serde_json::from_str::<Unique>(source.text()).map(|unique| unique.0).map_err(|error| {
        let at = source.byte_at(error.line(), error.column());
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        if message.starts_with("recursion limit") {
            return vec![super::too_deep(Place::text(at..at))];
        }
        let code = if message.ends_with(DUPLICATE) { Code::DuplicateKey } else { Code::Syntax };
        let found = Diagnostic::new(code, Place::text(at..at), shortened(message));
        vec![if code == Code::DuplicateKey { super::duplicate(source, found) } else { found }]
    })
}

/// A [`Value`] in whose objects no key stands twice.
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
                    "key {} {DUPLICATE}",
                    crate::diagnostics::quoted(&key)
                )));
            }
            map.insert(key, entries.next_value::<Unique>()?.0);
        }
        Ok(Value::Object(map))
    }
}

/// Where the nodes of a text that can be read stand, below a pointer.
pub(super) fn spans(source: &Source, root: &str) -> Spans {
    let mut walk = Walk { text: source.text(), at: 0, spans: Spans::new() };
    if parse(source).is_ok() {
        walk.node(root, None);
    }
    walk.spans
}

/// A walk over JSON that is known to be correct.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    spans: Spans,
}

impl Walk<'_> {
    /// The next character that is no space.
    fn next(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.text.as_bytes().get(self.at).copied()
    }

    fn node(&mut self, pointer: &str, key: Option<Span>) {
        let first = self.next();
        let start = self.at;
        match first {
            Some(b'{') => self.object(pointer),
            Some(b'[') => self.list(pointer),
            Some(b'"') => drop(self.string()),
            _ => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let end = [',', ']', '}', ' ', '\t', '\r', '\n'];
                self.at += rest.find(end).unwrap_or(rest.len());
            }
        }
        self.spans.insert(pointer.to_owned(), Node { key, value: start..self.at });
    }

    fn object(&mut self, pointer: &str) {
        self.at += 1;
        loop {
            match self.next() {
                Some(b'"') => {
                    let key = self.string();
                    let name: String =
                        serde_json::from_str(&self.text[key.clone()]).unwrap_or_default();
                    // The colon.
                    self.next();
                    self.at += 1;
                    self.node(&join(pointer, &name), Some(key));
                }
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        self.at += 1;
    }

    fn list(&mut self, pointer: &str) {
        self.at += 1;
        let mut index = 0_usize;
        loop {
            match self.next() {
                None | Some(b']') => break,
                Some(b',') => self.at += 1,
                _ => {
                    self.node(&join(pointer, &index.to_string()), None);
                    index += 1;
                }
            }
        }
        self.at += 1;
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
        let spans = spans(&source, "/0");
        let value = |pointer: &str| &text[spans[pointer].value.clone()];
        assert_eq!(value("/0/a\"~1/0"), "1.5");
        assert_eq!(value("/0/a\"~1/1/b"), "\"\u{7f}\\\\\"");
        assert_eq!(value("/0/a\"~1/2"), "true");
        assert_eq!(value("/0/a\"~1/3"), "[]");
        assert_eq!(value("/0/😀"), "\"\\ud83d\\ude00\"");
        assert_eq!(&text[spans["/0/😀"].key.clone().unwrap()], "\"😀\"");
        assert!(super::spans(&Source::new("a.json", "[[1, 2]"), "").is_empty());
    }
}
