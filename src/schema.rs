//! The shape of a spec: checked against the published JSON Schema, reported in our words. The only
//! room that names jsonschema.
//!
//! The schema is compiled into code when the program is built, from the very files that are
//! published, so a check costs nothing at start-up and there is no second truth.

mod words;

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::envelope::Form;

/// `schemas/app.schema.json`, the schema of the flat form.
pub const APP: &str = include_str!("../schemas/app.schema.json");
/// `schemas/krm.schema.json`, the schema of the form in the envelope.
pub const KRM: &str = include_str!("../schemas/krm.schema.json");

#[jsonschema::validator(path = "schemas/app.schema.json", draft = Draft7, pattern_options = { engine = regex }, methods = { validate = false })]
struct AppSchema;

#[jsonschema::validator(path = "schemas/krm.schema.json", draft = Draft7, pattern_options = { engine = regex }, methods = { validate = false })]
struct KrmSchema;

/// Everything about the shape of a document that its schema does not allow, unordered; places are
/// pointers into the document.
pub fn check(form: Form, document: &Value) -> Vec<Diagnostic> {
    let valid = match form {
        Form::Flat => AppSchema::is_valid(document),
        Form::Krm => KrmSchema::is_valid(document),
    };
    if valid {
        return Vec::new();
    }
    let (text, errors) = match form {
        Form::Flat => (APP, AppSchema::iter_errors(document)),
        Form::Krm => (KRM, KrmSchema::iter_errors(document)),
    };
    let schema = serde_json::from_str(text).unwrap_or(Value::Null);
    errors.flat_map(|error| words::diagnostics(&schema, &error)).collect()
}
