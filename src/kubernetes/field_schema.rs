//! What the definitions say of one field.

use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::names::QUANTITY;
use super::problem::ProblemKind;
use super::version::{Version, VersionRange};

/// What the definitions say of one field. The default, used for a schema that cannot be parsed, accepts
/// nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FieldSchema {
    /// `#/definitions/NAME`: that definition says the rest.
    #[serde(rename = "$ref")]
    reference: Option<String>,
    /// The index of that definition, once it was looked for.
    #[serde(skip)]
    pub(super) target: OnceLock<Option<usize>>,
    #[serde(rename = "type", deserialize_with = "types")]
    types: u8,
    #[serde(rename = "enum")]
    values: Option<Vec<String>>,
    format: Format,
    /// The API of an object that is a kind of its own.
    pub(super) api_version: Option<String>,
    required: Vec<String>,
    /// Keys that some versions require.
    required_in: IndexMap<String, (Option<u8>, Option<u8>)>,
    since: Option<u8>,
    until: Option<u8>,
    /// What each element of a list is.
    pub(super) items: Option<Box<Self>>,
    /// What each value of a map is.
    #[serde(rename = "additionalProperties", deserialize_with = "map_values")]
    pub(super) map_values: Option<Box<Self>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Int32,
    Int64,
    #[serde(rename = "int-or-string")]
    IntOrString,
    Quantity,
    #[default]
    #[serde(other)]
    Other,
}

impl FieldSchema {
    pub(super) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn definition(&self) -> Option<&str> {
        self.reference.as_deref()?.rsplit('/').next()
    }

    pub(super) fn versions(&self) -> VersionRange {
        VersionRange::from_minors(self.since, self.until)
    }

    /// The keys that a table must have in every version.
    pub(super) fn always_required(&self) -> impl Iterator<Item = &str> {
        self.required.iter().map(String::as_str)
    }

    /// The keys that a table must have in a version.
    pub(super) fn required(&self, version: Version) -> impl Iterator<Item = &str> {
        let sometimes = self.required_in.iter().filter(move |(_, (since, until))| {
            VersionRange::from_minors(*since, *until).contains(version)
        });
        self.always_required().chain(sometimes.map(|(key, _)| key.as_str()))
    }

    pub(super) fn has_type_of(&self, value: &Value) -> bool {
        self.types & type_bits(value) != 0
    }

    /// Whether a value is one of the few that the field takes.
    pub(super) fn has_value(&self, value: &Value) -> bool {
        self.values.as_ref().is_none_or(|values| {
            value.as_str().is_some_and(|string| values.iter().any(|known| known == string))
        })
    }

    /// Whether it takes only a few values.
    pub(super) fn has_values(&self) -> bool {
        self.values.is_some()
    }

    pub(super) fn is_quantity(&self) -> bool {
        matches!(self.format, Format::Quantity)
    }

    /// Whether an integer has too many bits, or a string is not a quantity.
    pub(super) fn format_problem(&self, value: &Value) -> Option<ProblemKind<'static>> {
        let integer = value.as_number().and_then(whole);
        let (fits, problem) = match (self.format, value) {
            (Format::IntOrString, Value::String(_)) => return None,
            (Format::Int32 | Format::IntOrString, _) => {
                let fits = integer.is_some_and(|number| i32::try_from(number).is_ok());
                (fits, ProblemKind::Range(32))
            }
            (Format::Int64, _) => (integer.is_some(), ProblemKind::Range(64)),
            (Format::Quantity, Value::String(string)) => {
                (QUANTITY.matches(string), ProblemKind::Quantity)
            }
            (Format::Quantity | Format::Other, _) => return None,
        };
        (!fits).then_some(problem)
    }
}

/// The types of JSON Schema, each with its bit.
const TYPES: [(&str, u8); 6] =
    [("boolean", 1), ("integer", 2), ("number", 4), ("string", 8), ("array", 16), ("object", 32)];

fn type_bit(name: &str) -> u8 {
    TYPES.iter().find(|(known, _)| *known == name).map_or(0, |(_, bit)| *bit)
}

/// The integer that a number is: kubectl writes `3.0` as 3.
pub fn whole(number: &Number) -> Option<i64> {
    // Above 2⁵³, not every integer is a number with a fraction.
    const MOST: f64 = 9_007_199_254_740_992.0;
    let is_whole = |number: &f64| number.fract() == 0.0 && number.abs() <= MOST;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    number.as_i64().or_else(|| number.as_f64().filter(is_whole).map(|number| number as i64))
}

/// The types that a value has, as kubectl hands it on.
fn type_bits(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(number) if number.is_f64() && whole(number).is_none() => 4,
        Value::Number(_) => 2 | 4,
        Value::String(_) => 8,
        Value::Array(_) => 16,
        Value::Object(_) => 32,
    }
}

/// Whether a value has a type of JSON Schema, as the API server reads it.
pub fn has_type(value: &Value, name: &str) -> bool {
    type_bits(value) & type_bit(name) != 0
}

/// One type, or a list of them.
fn types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(name) => type_bit(&name),
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(type_bit).fold(0, |all, bit| all | bit)
        }
        _ => 0,
    })
}

/// What each value of a map is; `false` where there are no keys but the known ones.
fn map_values<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<FieldSchema>>, D::Error> {
    match Value::deserialize(deserializer)? {
        values @ Value::Object(_) => serde_json::from_value(values).map_err(D::Error::custom),
        _ => Ok(None),
    }
}
