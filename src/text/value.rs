//! What the readers of YAML and JSON read, as values of nodes.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::node::{Node, NodeValue, Table};
use crate::diagnostics::quoted;
use crate::diagnostics::source::Span;

/// How the message of a duplicate key starts.
pub(super) const DUPLICATE: &str = "duplicate key ";

/// A key, with its range if the reader knows it.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) range: Option<Span>,
}

/// Deserializes a value whose keys and nodes are read as `K` and `N`.
pub(super) fn deserialize<'de, K, N, D>(deserializer: D) -> Result<NodeValue, D::Error>
where
    K: Deserialize<'de> + Into<Key>,
    N: Deserialize<'de> + Into<Node>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(ValueVisitor::<K, N>(PhantomData))
}

struct ValueVisitor<K, N>(PhantomData<(K, N)>);

impl<'de, K, N> Visitor<'de> for ValueVisitor<K, N>
where
    K: Deserialize<'de> + Into<Key>,
    N: Deserialize<'de> + Into<Node>,
{
    type Value = NodeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<NodeValue, E> {
        Ok(NodeValue::Bool(boolean))
    }

    fn visit_i64<E>(self, number: i64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<NodeValue, E> {
        Ok(Number::from_f64(number).map_or(NodeValue::Null, NodeValue::Number))
    }

    fn visit_str<E>(self, string: &str) -> Result<NodeValue, E> {
        Ok(NodeValue::String(string.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<NodeValue, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element::<N>()? {
            list.push(element.into());
        }
        Ok(NodeValue::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<NodeValue, A::Error> {
        let mut table = Table::default();
        while let Some(key) = entries.next_key::<K>()? {
            let Key { name, range } = key.into();
            if table.contains_key(&name) {
                return Err(Error::custom(format_args!("{DUPLICATE}{}", quoted(&name))));
            }
            let mut node: Node = entries.next_value::<N>()?.into();
            if let Some(range) = range {
                node.set_key(&range);
            }
            table.insert(name, node);
        }
        Ok(NodeValue::Object(table))
    }
}
