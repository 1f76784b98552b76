//! Fields of a spec that need more than their type: how each is deserialized, and its published schema.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny};
use serde_json::{Map, Number, Value, json};

use super::names::{AnnotationKey, DnsLabel, LabelValue, QualifiedName, StringRule, keywords};
use crate::diagnostics::{Code, Severity};
use crate::kubernetes::{names as kubernetes_names, whole};
use crate::text::{NamePattern, OrderedMap};

/// Most environments of a spec: each is checked together with the spec.
const MOST_ENVIRONMENTS: usize = 100;

/// An optional key that is given: unlike serde, a spec does not accept null for it.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A Kubernetes table, as Kubernetes reads it.
pub(super) fn kubernetes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    let mut table = Map::deserialize(deserializer)?;
    as_kubernetes_reads(&mut table);
    Ok(table)
}

pub(super) fn kubernetes_kind<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Map<String, Value>>, D::Error> {
    kubernetes(deserializer).map(Some)
}

pub(super) fn kubernetes_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Map<String, Value>>, D::Error> {
    let mut tables: Vec<_> = Vec::deserialize(deserializer)?;
    tables.iter_mut().for_each(as_kubernetes_reads);
    Ok(tables)
}

/// A key without a value is left out, and a number without a fraction is an integer.
fn as_kubernetes_reads(table: &mut Map<String, Value>) {
    fn read(value: &mut Value) {
        match value {
            Value::Object(table) => as_kubernetes_reads(table),
            Value::Array(list) => list.iter_mut().for_each(read),
            Value::Number(number) if number.is_f64() => {
                if let Some(whole) = whole(number) {
                    *value = whole.into();
                }
            }
            _ => {}
        }
    }
    if table.values().any(Value::is_null) {
        table.retain(|_, value| !value.is_null());
    }
    table.values_mut().for_each(read);
}

/// A whole number from 1 on. JSON Schema takes `8000.0` for an integer.
pub(super) fn positive<'de, D: Deserializer<'de>, N: TryFrom<u64>>(
    deserializer: D,
) -> Result<Option<N>, D::Error> {
    let number = Number::deserialize(deserializer)?;
    let whole = number.as_u64().or_else(|| number.as_f64()?.to_string().parse().ok());
    match whole.filter(|whole| *whole > 0).and_then(|whole| N::try_from(whole).ok()) {
        Some(whole) => Ok(Some(whole)),
        None => Err(D::Error::custom(format_args!("{number} is not a whole number in range"))),
    }
}

/// A list of at least one element.
pub(super) fn not_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() { Err(D::Error::custom("the list is empty")) } else { Ok(list) }
}

/// A table whose keys match a pattern, and whose values have a type.
pub(super) fn table<'de, D: Deserializer<'de>, K, V, T>(
    deserializer: D,
) -> Result<OrderedMap<T>, D::Error>
where
    K: TryFrom<String> + Into<String>,
    K::Error: std::fmt::Display,
    V: Deserialize<'de> + Into<T>,
{
    let entries = OrderedMap::<V>::deserialize(deserializer)?.into_iter();
    let checked = |(key, value): (String, V)| match K::try_from(key) {
        Ok(key) => Ok((key.into(), value.into())),
        Err(error) => Err(D::Error::custom(error)),
    };
    entries.map(checked).collect()
}

pub(super) fn labels<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OrderedMap<String>, D::Error> {
    table::<D, QualifiedName, LabelValue, _>(deserializer)
}

pub(super) fn annotations<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OrderedMap<String>, D::Error> {
    table::<D, AnnotationKey, String, _>(deserializer)
}

/// Labels to select by: without any, a selector would select everything.
pub(super) fn match_labels<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OrderedMap<String>, D::Error> {
    let labels = labels(deserializer)?;
    if labels.is_empty() { Err(D::Error::custom("there are no labels")) } else { Ok(labels) }
}

/// The names of environments; what they contain is checked later.
pub(super) fn environments<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OrderedMap<IgnoredAny>, D::Error> {
    let environments = table::<D, DnsLabel, IgnoredAny, _>(deserializer)?;
    if environments.len() > MOST_ENVIRONMENTS {
        return Err(D::Error::custom("there are too many environments"));
    }
    Ok(environments)
}

/// Codes of warnings, each with the reason to allow it.
pub(super) fn allowances<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<IndexMap<Code, String>, D::Error> {
    let allowances = IndexMap::<Code, String>::deserialize(deserializer)?;
    let is_valid = |(code, reason): (&Code, &String)| {
        code.severity() == Severity::Warning && !reason.is_empty()
    };
    if allowances.iter().all(is_valid) {
        Ok(allowances)
    } else {
        Err(D::Error::custom("only warnings are allowed, each with a reason"))
    }
}

pub(super) fn table_schema(keys: &NamePattern, values: &Value) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": keywords(keys),
        "additionalProperties": values,
    })
}

pub(super) fn labels_schema(_: &mut SchemaGenerator) -> Schema {
    table_schema(
        &kubernetes_names::QUALIFIED_NAME,
        kubernetes_names::LABEL_VALUE.schema().as_value(),
    )
}

pub(super) fn annotations_schema(_: &mut SchemaGenerator) -> Schema {
    table_schema(&kubernetes_names::ANNOTATION_KEY, &json!({ "type": "string" }))
}

pub(super) fn match_labels_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = labels_schema(generator);
    schema.insert("minProperties".to_owned(), 1.into());
    schema
}

/// `published` adds the keys of an environment, which are those of the app.
pub(super) fn environments_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": keywords(&kubernetes_names::DNS_LABEL),
        "maxProperties": MOST_ENVIRONMENTS,
        "additionalProperties": { "type": "object" },
    })
}

pub(super) fn allowances_schema(_: &mut SchemaGenerator) -> Schema {
    let codes: Vec<&str> = Code::warnings().map(Code::as_str).collect();
    json_schema!({
        "type": "object",
        "propertyNames": { "enum": codes },
        "additionalProperties": { "type": "string", "minLength": 1 },
    })
}

/// The words of an enum. Its derived schema has an alternative for each, which would turn every mistake into
/// "matches none of the alternatives".
pub(super) fn words_schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let derived = T::json_schema(generator);
    let variants = derived.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let words: Vec<&Value> = variants.map(|variant| &variant["const"]).collect();
    json_schema!({ "type": "string", "enum": words })
}

pub(super) fn wait_for_metadata_schema(_: &mut SchemaGenerator) -> Schema {
    let mut schema = kubernetes_names::IMAGE.schema();
    schema.insert("type".to_owned(), json!(["boolean", "string"]));
    schema
}
