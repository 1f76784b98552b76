//! The shape of a spec: checked against the published JSON Schema, reported in our words. The only
//! room that names jsonschema. What Kubernetes says of its own fields, the room `kubernetes` knows.
//!
//! The schema is compiled into code when the program is built, from the very files that are
//! published. Its patterns are compiled when they are first used, which takes longer than all the rest
//! of reading a spec, so what is right for certain is told without them; a test holds the two together.

mod certain;
mod native;
mod words;

use std::sync::LazyLock;

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::envelope::Form;
use crate::kubernetes::{self, Known, Version};

/// `schemas/app.schema.json`, the schema of the flat form.
pub const APP: &str = include_str!("../schemas/app.schema.json");
/// `schemas/krm.schema.json`, the schema of the form in the envelope.
pub const KRM: &str = include_str!("../schemas/krm.schema.json");
/// `schemas/workspace.schema.json`, the schema of `wigen.toml`.
pub const WORKSPACE: &str = include_str!("../schemas/workspace.schema.json");
/// `schemas/diagnostic.schema.json`, the schema of what `wigen check --format json` prints.
pub const DIAGNOSTIC: &str = include_str!("../schemas/diagnostic.schema.json");
/// `schemas/change.schema.json`, the schema of what `wigen diff --format json` prints.
pub const CHANGE: &str = include_str!("../schemas/change.schema.json");

#[jsonschema::validator(path = "schemas/app.schema.json", draft = Draft7, pattern_options = { engine = regex }, methods = { validate = false })]
struct AppSchema;

#[jsonschema::validator(path = "schemas/krm.schema.json", draft = Draft7, pattern_options = { engine = regex }, methods = { validate = false })]
struct KrmSchema;

#[jsonschema::validator(path = "schemas/workspace.schema.json", draft = Draft7, pattern_options = { engine = regex }, methods = { validate = false })]
struct WorkspaceSchema;

/// Everything about the shape of a document that its schema, and this version of Kubernetes, do not
/// allow, unordered; places are pointers into the document.
pub fn check(form: Form, document: &Value, version: Version) -> Vec<Diagnostic> {
    if certain::fits(form, document, version) {
        return Vec::new();
    }
    let text = |key: &str| document[key].as_str().unwrap_or_default();
    let (api, kind) = (text("apiVersion"), text("kind"));
    if form == Form::Krm && !kind.is_empty() && kind != "App" && !api.starts_with("wigen.dev/") {
        return vec![words::no_spec(api, kind)];
    }
    let valid = match form {
        Form::Flat => AppSchema::is_valid(document),
        Form::Krm => KrmSchema::is_valid(document),
    };
    let native = native::any(form, document);
    if valid && !native {
        return Vec::new();
    }
    let mut found = Vec::new();
    if !valid {
        let errors = match form {
            Form::Flat => AppSchema::iter_errors(document),
            Form::Krm => KrmSchema::iter_errors(document),
        };
        let errors = errors
            .filter(|error| !native::judges(form, document, &error.instance_path().to_string()));
        found.extend(errors.flat_map(|error| words::diagnostics(as_value(form), document, &error)));
    }
    if native {
        native::check(form, document, version, &mut found);
    }
    found
}

/// Everything about the shape of a `wigen.toml` that its schema does not allow, unordered. What native
/// fields hold is judged with each spec.
pub fn check_workspace(document: &Value) -> Vec<Diagnostic> {
    static VALUE: LazyLock<Value> = LazyLock::new(|| value(WORKSPACE));
    let mut found = Vec::new();
    if !WorkspaceSchema::is_valid(document) {
        let errors = WorkspaceSchema::iter_errors(document);
        found.extend(errors.flat_map(|error| words::diagnostics(&VALUE, document, &error)));
        native::owned_in_defaults(document, &mut found);
    }
    found
}

/// Everything about the shape of a manifest that this version of Kubernetes does not allow, if it is
/// of a kind that is known; places are pointers into the manifest.
pub fn check_manifest(manifest: &Value, version: Version) -> Vec<Diagnostic> {
    let text = |key: &str| manifest[key].as_str().unwrap_or_default();
    let (api, kind) = (text("apiVersion"), text("kind"));
    match kubernetes::manifest(api, kind) {
        Known::Yes(definition) => {
            let problems = kubernetes::problems(definition, manifest, "", version);
            problems.iter().map(|problem| words::problem(&Value::Null, manifest, problem)).collect()
        }
        Known::OtherApi(other) => vec![words::other_api(api, kind, other)],
        Known::No => Vec::new(),
    }
}

/// The schema as a value, which only what is wrong needs: its examples and descriptions are told.
fn as_value(form: Form) -> &'static Value {
    static APP_VALUE: LazyLock<Value> = LazyLock::new(|| value(APP));
    static KRM_VALUE: LazyLock<Value> = LazyLock::new(|| value(KRM));
    match form {
        Form::Flat => &APP_VALUE,
        Form::Krm => &KRM_VALUE,
    }
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
