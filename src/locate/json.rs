//! JSON. (Where its nodes stand is found by the YAML reader: JSON is YAML there.)

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic, Place, shortened};
use crate::source::Source;

const DUPLICATE: &str = "stands twice in one object";

pub(super) fn parse(source: &Source) -> Result<Value, Vec<Diagnostic>> {
    serde_json::from_str::<Unique>(source.text()).map(|unique| unique.0).map_err(|error| {
        let at = source.byte_at(error.line(), error.column());
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
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
                    crate::diagnostic::quoted(&key)
                )));
            }
            map.insert(key, entries.next_value::<Unique>()?.0);
        }
        Ok(Value::Object(map))
    }
}
