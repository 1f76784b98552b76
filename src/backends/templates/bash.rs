//! Prints values of templates as bash.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Value, ValueKind};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::backends::gcloud::quote;

/// Prints a scalar as one word, or [`Code`] as it is; `None` for any other value.
pub(super) fn print(value: &Value) -> Option<Cow<'_, str>> {
    match value.kind() {
        ValueKind::String => value.as_str().map(quote::word),
        ValueKind::Number if value.is_integer() => Some(value.to_string().into()),
        ValueKind::Bool => Some(value.is_true().to_string().into()),
        _ => value.downcast_object_ref::<Code>().map(|code| code.0.as_str().into()),
    }
}

/// Words of a command that are quoted already.
#[derive(Debug, Clone)]
pub(super) struct Code(pub(super) String);

impl Object for Code {
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_object(self.clone()).serialize(serializer)
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}
