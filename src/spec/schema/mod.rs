//! The shape of a spec, checked against the published JSON Schema. The only module that uses jsonschema.
//! `kubernetes` knows the fields of Kubernetes.
//!
//! The validators are made of the very files that are published, when they are first used.

mod explain;
mod kubernetes_fields;
pub mod published;

use std::sync::LazyLock;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::diagnostics::Diagnostic;
use crate::kubernetes::{self, ManifestKind, Version};
use crate::spec::envelope::Form;

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

static APP_VALIDATOR: LazyLock<Validator> = LazyLock::new(|| validator(as_value(Form::Flat)));
static KRM_VALIDATOR: LazyLock<Validator> = LazyLock::new(|| validator(as_value(Form::Krm)));
static WORKSPACE_VALIDATOR: LazyLock<Validator> = LazyLock::new(|| validator(&WORKSPACE_VALUE));

static APP_VALUE: LazyLock<Value> = LazyLock::new(|| value(APP));
static KRM_VALUE: LazyLock<Value> = LazyLock::new(|| value(KRM));
static WORKSPACE_VALUE: LazyLock<Value> = LazyLock::new(|| value(WORKSPACE));

/// Everything about the shape of a document that its schema, and this version of Kubernetes, do not
/// allow, unordered; places are pointers into the document.
pub fn check(form: Form, document: &Value, version: Version) -> Vec<Diagnostic> {
    let text = |key: &str| document[key].as_str().unwrap_or_default();
    let (api, kind) = (text("apiVersion"), text("kind"));
    if form == Form::Krm && !kind.is_empty() && kind != "App" && !api.starts_with("wigen.dev/") {
        return vec![explain::no_spec(api, kind)];
    }
    let errors = published(form).iter_errors(document).filter(|error| {
        !kubernetes_fields::judges(form, document, &error.instance_path().to_string())
    });
    let mut found: Vec<Diagnostic> =
        errors.flat_map(|error| explain::diagnostics(as_value(form), document, &error)).collect();
    kubernetes_fields::check(form, document, version, &mut found);
    found
}

/// Everything about the shape of a `wigen.toml` that its schema does not allow, unordered. What native
/// fields hold is judged with each spec.
pub fn check_workspace(document: &Value) -> Vec<Diagnostic> {
    let errors = WORKSPACE_VALIDATOR.iter_errors(document);
    let mut found: Vec<Diagnostic> =
        errors.flat_map(|error| explain::diagnostics(&WORKSPACE_VALUE, document, &error)).collect();
    if !found.is_empty() {
        kubernetes_fields::managed_in_defaults(document, &mut found);
    }
    found
}

/// Everything about the shape of a manifest that this version of Kubernetes does not allow, if it is
/// of a kind that is known; places are pointers into the manifest.
pub fn check_manifest(manifest: &Value, version: Version) -> Vec<Diagnostic> {
    let text = |key: &str| manifest[key].as_str().unwrap_or_default();
    let (api, kind) = (text("apiVersion"), text("kind"));
    match ManifestKind::find(api, kind) {
        ManifestKind::Known(definition) => {
            let problems = kubernetes::problems(definition, manifest, "", version);
            problems
                .iter()
                .map(|problem| explain::problem(&Value::Null, manifest, problem))
                .collect()
        }
        ManifestKind::OtherApi(other) => vec![explain::other_api(api, kind, other)],
        ManifestKind::Unknown => Vec::new(),
    }
}

/// The schema as a value, which only what is wrong needs: its examples and descriptions are told.
fn as_value(form: Form) -> &'static Value {
    match form {
        Form::Flat => &APP_VALUE,
        Form::Krm => &KRM_VALUE,
    }
}

/// What holds a document to the published schema.
fn published(form: Form) -> &'static Validator {
    match form {
        Form::Flat => &APP_VALIDATOR,
        Form::Krm => &KRM_VALIDATOR,
    }
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// The engine without look-around takes time in proportion to the text, whatever the text is.
fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .expect("a schema that is published, whatever the document")
}
