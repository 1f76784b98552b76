//! Whether a value fits a definition, yes or no: nearly all do, and are asked this first. What is
//! wrong with one that does not, the checker tells.

use indexmap::IndexMap;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::definitions::Definition;
use super::quantity::is_quantity;
use super::version::{Extent, Version};

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
    pub(super) fn fits(&self, value: &Value, version: Version) -> bool {
        match self.definition {
            Some(definition) => definition.fits(value, version),
            None => self.holds(None, value, version),
        }
    }

    /// Whether the node, with the keys of this definition, says nothing against a value.
    pub(super) fn holds(
        &self,
        definition: Option<&'static Definition>,
        value: &Value,
        version: Version,
    ) -> bool {
        self.is_of_type(value)
            && self.is_one(value)
            && self.is_formatted(value)
            && match value {
                Value::Object(entries) => {
                    self.required(version).all(|key| entries.contains_key(key))
                        && entries
                            .iter()
                            .all(|(key, below)| self.holds_key(definition, key, below, version))
                }
                Value::Array(elements) => elements.iter().all(|element| match &self.items {
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
        value: &Value,
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

    fn is_of_type(&self, value: &Value) -> bool {
        let bits = match value {
            Value::Null => 0,
            Value::Bool(_) => BOOLEAN,
            Value::Number(number) if number.is_f64() => NUMBER,
            Value::Number(_) => NUMBER | INTEGER,
            Value::String(_) => STRING,
            Value::Array(_) => ARRAY,
            Value::Object(_) => OBJECT,
        };
        self.types & bits != 0
    }

    fn is_one(&self, value: &Value) -> bool {
        self.values.as_ref().is_none_or(|values| {
            value.as_str().is_some_and(|text| values.iter().any(|value| value == text))
        })
    }

    fn is_formatted(&self, value: &Value) -> bool {
        match self.format {
            Format::Int32 => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Format::Int64 => value.as_i64().is_some(),
            Format::Quantity => value.as_str().is_none_or(is_quantity),
            Format::Other => true,
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
