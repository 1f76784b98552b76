//! Prints values of templates as YAML.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};
use serde_json::{Map, Number, Value as Json};

use super::limits::{Size, charge, check_indent};
use crate::text::yaml_writer::{new_line, scalar, write_value};

/// Prints a value as one scalar, or a [`Block`] as it is; `None` for any other value.
pub(super) fn print(value: &Value) -> Option<Cow<'_, str>> {
    match value.kind() {
        ValueKind::String => value.as_str().map(scalar),
        ValueKind::Number if value.is_integer() => Some(value.to_string().into()),
        // Without an exponent: YAML 1.1 parsers read `1e3` as a string.
        ValueKind::Number => {
            f64::try_from(value.clone()).ok().map(|float| float.to_string().into())
        }
        ValueKind::Bool => Some(value.is_true().to_string().into()),
        _ => value.downcast_object_ref::<Block>().map(|block| block.0.as_str().into()),
    }
}

/// A value as a YAML block that follows its key or hyphen.
#[derive(Debug)]
pub(super) struct Block(pub(super) String);

impl Object for Block {
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The filter `block(indent)`: prints lists and objects below their key, with this indent.
pub(super) fn block(state: &State<'_, '_>, value: &Value, indent: usize) -> Result<Value, Error> {
    check_indent(indent)?;
    let mut size = Size::new(indent);
    let json = to_json(value, &mut size)?;
    charge(state, size.bytes)?;
    let mut yaml = String::new();
    write_value(&json, indent, &mut yaml);
    Ok(Value::from_object(Block(yaml)))
}

/// The filter `fields(indent)`: prints the entries of an object on lines of their own; none for an empty one.
pub(super) fn fields(state: &State<'_, '_>, value: &Value, indent: usize) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Map if value.is_true() => block(state, value, indent),
        ValueKind::Map => Ok(Value::from_object(Block(String::new()))),
        _ => Err(Error::new(ErrorKind::InvalidOperation, "only an object has fields")),
    }
}

/// Indents lines of YAML to stand below a key.
pub(super) fn indent_lines(
    state: &State<'_, '_>,
    lines: &str,
    indent: usize,
) -> Result<String, Error> {
    check_indent(indent)?;
    let count = lines.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let bytes = lines.len() + count * (indent + 1);
    charge(state, bytes)?;
    let mut indented = String::with_capacity(bytes);
    let mut rest = lines;
    while !rest.is_empty() {
        let end = rest.bytes().position(|byte| byte == b'\n').unwrap_or(rest.len());
        new_line(indent, &mut indented);
        indented.push_str(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Ok(indented)
}

/// Converts a value to JSON, unless it contains anything that JSON lacks.
fn to_json(value: &Value, size: &mut Size) -> Result<Json, Error> {
    size.add(value.as_str().map_or(0, str::len))?;
    match value.kind() {
        ValueKind::Seq => size.below(|size| {
            let elements = value.try_iter()?.map(|element| to_json(&element, size));
            Ok(Json::Array(elements.collect::<Result<_, _>>()?))
        }),
        ValueKind::Map => size.below(|size| {
            let mut object = Map::with_capacity(value.len().unwrap_or_default());
            let Some(pairs) = value.as_object().and_then(DynObject::try_iter_pairs) else {
                return Err(value.try_iter().err().unwrap_or_else(not_yaml));
            };
            for (key, below) in pairs {
                let below = to_json(&below, size)?;
                let key = key.as_str().ok_or_else(not_yaml)?;
                size.add(key.len())?;
                object.insert(key.to_owned(), below);
            }
            Ok(Json::Object(object))
        }),
        _ => scalar_to_json(value).ok_or_else(not_yaml),
    }
}

fn not_yaml() -> Error {
    Error::new(ErrorKind::InvalidOperation, "the value cannot be written as YAML")
}

fn scalar_to_json(value: &Value) -> Option<Json> {
    Some(match value.kind() {
        ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => {
            Json::Number(Number::from_i128(value.clone().try_into().ok()?)?)
        }
        ValueKind::Number => Json::Number(Number::from_f64(value.clone().try_into().ok()?)?),
        ValueKind::String => Json::String(value.as_str()?.to_owned()),
        _ => return None,
    })
}
