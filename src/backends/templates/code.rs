//! Prints values of templates as words of bash and as expressions of HCL.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Value, ValueKind};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::sources::Language;
use crate::backends::gcloud::quote;
use crate::backends::terraform;

/// Prints a scalar as one word or expression, or [`Code`] of the language as it is; `None` for any other
/// value.
pub(super) fn print(language: Language, value: &Value) -> Option<Cow<'_, str>> {
    match value.kind() {
        ValueKind::String if language == Language::Hcl => {
            value.as_str().and_then(terraform::quote::string).map(Cow::from)
        }
        ValueKind::String => value.as_str().map(quote::word),
        ValueKind::Number if value.is_integer() => Some(value.to_string().into()),
        ValueKind::Bool => Some(value.is_true().to_string().into()),
        _ => {
            let code = value.downcast_object_ref::<Code>()?;
            (code.language == language).then_some(code.text.as_str().into())
        }
    }
}

/// Words of a command, or an expression, that are quoted already.
#[derive(Debug, Clone)]
pub(super) struct Code {
    language: Language,
    text: String,
}

impl Code {
    pub(super) fn bash(text: String) -> Self {
        Self { language: Language::Bash, text }
    }

    pub(super) fn hcl(text: String) -> Self {
        Self { language: Language::Hcl, text }
    }
}

impl Object for Code {
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
