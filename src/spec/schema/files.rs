//! The published schemas: as strings, as values for messages, and as validators.

use std::sync::LazyLock;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::spec::envelope::Envelope;

/// `schemas/app.schema.json`, the schema of the flat form.
pub const APP: &str = include_str!("../../../schemas/app.schema.json");
/// `schemas/krm.schema.json`, the schema of the form in the envelope.
pub const KRM: &str = include_str!("../../../schemas/krm.schema.json");
/// `schemas/workspace.schema.json`, the schema of `wigen.toml`.
pub const WORKSPACE: &str = include_str!("../../../schemas/workspace.schema.json");
/// `schemas/diagnostic.schema.json`, the schema of what `wigen check --format json` prints.
pub const DIAGNOSTIC: &str = include_str!("../../../schemas/diagnostic.schema.json");
/// `schemas/change.schema.json`, the schema of what `wigen diff --format json` prints.
pub const CHANGE: &str = include_str!("../../../schemas/change.schema.json");

/// `schemas/chain.schema.json`, the schema of what `wigen who --format json` prints.
pub const CHAIN: &str = include_str!("../../../schemas/chain.schema.json");

static APP_VALIDATOR: LazyLock<Validator> = LazyLock::new(|| validator(as_value(Envelope::Flat)));
static KRM_VALIDATOR: LazyLock<Validator> = LazyLock::new(|| validator(as_value(Envelope::Krm)));
pub(super) static WORKSPACE_VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| validator(&WORKSPACE_VALUE));

static APP_VALUE: LazyLock<Value> = LazyLock::new(|| value(APP));
static KRM_VALUE: LazyLock<Value> = LazyLock::new(|| value(KRM));
pub(super) static WORKSPACE_VALUE: LazyLock<Value> = LazyLock::new(|| value(WORKSPACE));

/// The published schema as a value, for the examples and descriptions in messages.
pub(super) fn as_value(form: Envelope) -> &'static Value {
    match form {
        Envelope::Flat => &APP_VALUE,
        Envelope::Krm => &KRM_VALUE,
    }
}

/// The validator of the published schema.
pub(super) fn validator_of(form: Envelope) -> &'static Validator {
    match form {
        Envelope::Flat => &APP_VALIDATOR,
        Envelope::Krm => &KRM_VALIDATOR,
    }
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// Patterns are matched in linear time, whatever the string is.
fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .expect("a schema that is published, whatever the document")
}
