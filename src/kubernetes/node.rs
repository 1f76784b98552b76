//! Whether a value fits a definition, yes or no: nearly all do, and are asked this first. What is
//! wrong with one that does not, the checker tells.

use indexmap::IndexMap;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::definitions::Definition;
use super::version::{Extent, Version};
use crate::google::names::is_quantity;
use crate::text::Written;

/// A value, however it is kept.
pub(super) trait Tree {
    fn seen(&self) -> Seen<'_>;
    /// Whether a table has a key.
    fn has(&self, key: &str) -> bool;
    /// Whether something holds for every entry of a table.
    fn each_entry(&self, holds: impl FnMut(&str, &Self) -> bool) -> bool;
    /// Whether something holds for every element of a list.
    fn each_element(&self, holds: impl FnMut(&Self) -> bool) -> bool;
}

/// What a value is.
#[derive(Clone, Copy)]
pub(super) enum Seen<'a> {
    Null,
    Bool,
    Number(&'a Number),
    Text(&'a str),
    List,
    Table,
}

impl Tree for Value {
    fn seen(&self) -> Seen<'_> {
        match self {
            Self::Null => Seen::Null,
            Self::Bool(_) => Seen::Bool,
            Self::Number(number) => Seen::Number(number),
            Self::String(text) => Seen::Text(text),
            Self::Array(_) => Seen::List,
            Self::Object(_) => Seen::Table,
        }
    }

    fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn each_entry(&self, mut holds: impl FnMut(&str, &Self) -> bool) -> bool {
        self.as_object().into_iter().flatten().all(|(key, value)| holds(key, value))
    }

    fn each_element(&self, holds: impl FnMut(&Self) -> bool) -> bool {
        self.as_array().into_iter().flatten().all(holds)
    }
}

impl Tree for Written<'_> {
    fn seen(&self) -> Seen<'_> {
        match self {
            Self::Null => Seen::Null,
            Self::Bool(_) => Seen::Bool,
            Self::Number(number) => Seen::Number(number),
            Self::Text(text) => Seen::Text(text),
            Self::List(_) => Seen::List,
            Self::Table(_) => Seen::Table,
        }
    }

    fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn each_entry(&self, mut holds: impl FnMut(&str, &Self) -> bool) -> bool {
        let Self::Table(entries) = self else { return true };
        entries.iter().all(|(key, value)| holds(key, value))
    }

    fn each_element(&self, holds: impl FnMut(&Self) -> bool) -> bool {
        let Self::List(elements) = self else { return true };
        elements.iter().all(holds)
    }
}

/// What a node of the definitions says of a value. One that cannot be read fits nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Node {
    #[serde(rename = "$ref", deserialize_with = "reference")]
    definition: Option<&'static Definition>,
    #[serde(rename = "type", deserialize_with = "types")]
    types: u8,
    #[serde(rename = "enum")]
    values: Option<Vec<String>>,
    format: Format,
    /// Of a kind of its own, the API that has it.
    pub(super) api_version: Option<String>,
    required: Vec<String>,
    required_in: IndexMap<String, (Option<u8>, Option<u8>)>,
    since: Option<u8>,
    until: Option<u8>,
    items: Option<Box<Node>>,
    #[serde(deserialize_with = "others")]
    additional_properties: Option<Box<Node>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Int32,
    Int64,
    Quantity,
    #[default]
    #[serde(other)]
    Other,
}

impl Node {
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Whether a value fits, all that stands below it included.
    pub(super) fn fits(&self, value: &impl Tree, version: Version) -> bool {
        match self.definition {
            Some(definition) => definition.fits(value, version),
            None => self.holds(None, value, version),
        }
    }

    /// Whether the node, with the keys of this definition, says nothing against a value.
    pub(super) fn holds(
        &self,
        definition: Option<&'static Definition>,
        value: &impl Tree,
        version: Version,
    ) -> bool {
        let seen = value.seen();
        self.is_of_type(seen)
            && self.is_one(seen)
            && self.is_formatted(seen)
            && match seen {
                Seen::Table => {
                    self.required(version).all(|key| value.has(key))
                        && value.each_entry(|key, below| {
                            self.holds_key(definition, key, below, version)
                        })
                }
                Seen::List => value.each_element(|element| match &self.items {
                    Some(items) => items.fits(element, version),
                    None => false,
                }),
                _ => true,
            }
    }

    /// Whether the table has a key, and the key this value.
    pub(super) fn holds_key(
        &self,
        definition: Option<&'static Definition>,
        key: &str,
        value: &impl Tree,
        version: Version,
    ) -> bool {
        match (
            definition.and_then(|definition| definition.node_of(key)),
            &self.additional_properties,
        ) {
            (Some(node), _) => {
                Extent::of_minors(node.since, node.until).has(version) && node.fits(value, version)
            }
            (None, Some(others)) => others.fits(value, version),
            (None, None) => definition.is_none_or(|definition| !definition.has_keys()),
        }
    }

    fn required(&self, version: Version) -> impl Iterator<Item = &String> {
        let sometimes = self
            .required_in
            .iter()
            .filter(move |(_, (since, until))| Extent::of_minors(*since, *until).has(version));
        self.required.iter().chain(sometimes.map(|(key, _)| key))
    }

    fn is_of_type(&self, seen: Seen<'_>) -> bool {
        let bits = match seen {
            Seen::Null => 0,
            Seen::Bool => BOOLEAN,
            Seen::Number(number) if number.is_f64() => NUMBER,
            Seen::Number(_) => NUMBER | INTEGER,
            Seen::Text(_) => STRING,
            Seen::List => ARRAY,
            Seen::Table => OBJECT,
        };
        self.types & bits != 0
    }

    fn is_one(&self, seen: Seen<'_>) -> bool {
        self.values.as_ref().is_none_or(|values| match seen {
            Seen::Text(text) => values.iter().any(|value| value == text),
            _ => false,
        })
    }

    fn is_formatted(&self, seen: Seen<'_>) -> bool {
        let integer = match seen {
            Seen::Number(number) => number.as_i64(),
            _ => None,
        };
        match (self.format, seen) {
            (Format::Int32, _) => integer.is_some_and(|number| i32::try_from(number).is_ok()),
            (Format::Int64, _) => integer.is_some(),
            (Format::Quantity, Seen::Text(text)) => is_quantity(text),
            (Format::Quantity | Format::Other, _) => true,
        }
    }
}

const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const NUMBER: u8 = 4;
const STRING: u8 = 8;
const ARRAY: u8 = 16;
const OBJECT: u8 = 32;

fn types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let bit = |name: &str| match name {
        "boolean" => BOOLEAN,
        "integer" => INTEGER,
        "number" => NUMBER,
        "string" => STRING,
        "array" => ARRAY,
        "object" => OBJECT,
        _ => 0,
    };
    Ok(match value {
        Value::String(name) => bit(&name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(bit).sum(),
        _ => 0,
    })
}

fn reference<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'static Definition>, D::Error> {
    let reference = String::deserialize(deserializer)?;
    Ok(reference.rsplit('/').next().and_then(Definition::named))
}

/// Of keys that have no node of their own: none, or those of any name.
fn others<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<Node>>, D::Error> {
    match Value::deserialize(deserializer)? {
        others @ Value::Object(_) => serde_json::from_value(others).map_err(D::Error::custom),
        _ => Ok(None),
    }
}
