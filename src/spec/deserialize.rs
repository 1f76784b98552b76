//! Deserializes documents as a JSON Schema reads them: a struct or map is an object, and an enum a
//! string. serde_json also takes the list `["a", "b"]` for a struct, null for a map, and `{"a": null}`
//! for an enum.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;

use crate::text::{Node, NodeValue};

pub(super) fn deserialize<T: DeserializeOwned>(document: &Node) -> Result<T, Error> {
    T::deserialize(StrictNode(document))
}

/// A node whose structs and maps are objects, and whose enums are strings.
#[derive(Clone, Copy)]
pub(super) struct StrictNode<'de>(pub(super) &'de Node);

impl<'de> IntoDeserializer<'de, Error> for StrictNode<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for StrictNode<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0.value {
            NodeValue::Object(table) => {
                let entries = table.iter().map(|(key, node)| (key.as_str(), StrictNode(node)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
            NodeValue::Array(list) => {
                visitor.visit_seq(SeqDeserializer::new(list.iter().map(StrictNode)))
            }
            NodeValue::String(string) => visitor.visit_borrowed_str(string),
            NodeValue::Number(number) => number.deserialize_any(visitor),
            NodeValue::Bool(boolean) => visitor.visit_bool(*boolean),
            NodeValue::Null => visitor.visit_unit(),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.value {
            NodeValue::Object(_) => self.deserialize_any(visitor),
            _ => Err(Error::custom(format_args!("{} is not an object", self.0.to_value()))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.as_str() {
            Some(variant) => visitor.visit_enum(variant.into_deserializer()),
            None => Err(Error::custom(format_args!("{} is not a string", self.0.to_value()))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.value {
            NodeValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct identifier ignored_any
    }
}
