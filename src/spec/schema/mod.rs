//! The shape of a spec. A document is valid if it deserializes into the types of the spec and Kubernetes
//! accepts its Kubernetes fields. What is wrong with any other is explained with the published JSON
//! Schemas, which are derived from the types; a test proves that both accept the same documents.
//!
//! The only module that uses jsonschema. The validators are built when they are first used, which takes
//! longer than everything else about a spec.

mod accept;
mod explain;
mod files;
mod kubernetes_fields;
pub mod published;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnostics::{Code, Diagnostic, Location, shortened};
use crate::kubernetes::{self, ManifestKind, Version, rules};
use crate::spec::deserialize::deserialize;
use crate::spec::envelope::Envelope;
use crate::spec::types::App;
use crate::text::Node;

pub use files::{APP, CHAIN, CHANGE, DIAGNOSTIC, KRM, WORKSPACE};
use files::{WORKSPACE_VALIDATOR, WORKSPACE_VALUE, as_value, validator_of};

/// Everything about the shape of a document that the schema, or this version of Kubernetes, does not
/// allow, unordered; places are pointers into the document.
pub fn check(form: Envelope, document: &Node, version: Version) -> Vec<Diagnostic> {
    read(form, document, version).err().unwrap_or_default()
}

/// The app that a document is; the error is what [`check`] finds.
pub fn read(form: Envelope, document: &Node, version: Version) -> Result<App, Vec<Diagnostic>> {
    let app = accept::deserialize(form, document);
    if let Ok(app) = app
        && accept::accepts(&app, form, document, version)
    {
        return Ok(app);
    }
    let found = explain(form, &document.to_value(), version);
    if found.is_empty() {
        accept::deserialize(form, document).map_err(|error| disagreement(&error))
    } else {
        Err(found)
    }
}

/// The types and the schema agree; should they ever not, this is what there is to say.
fn disagreement(error: &serde_json::Error) -> Vec<Diagnostic> {
    let message = shortened(&error.to_string());
    vec![Diagnostic::new(Code::WRONG_TYPE, Location::value(""), message)]
}

fn explain(form: Envelope, document: &Value, version: Version) -> Vec<Diagnostic> {
    let text = |key: &str| document[key].as_str().unwrap_or_default();
    let (api, kind) = (text("apiVersion"), text("kind"));
    if form == Envelope::Krm && !kind.is_empty() && kind != "App" && !api.starts_with("wigen.dev/")
    {
        return vec![explain::no_spec(api, kind)];
    }
    let errors = validator_of(form).iter_errors(document).filter(|error| {
        !kubernetes_fields::judges(form, document, &error.instance_path().to_string())
    });
    let mut found: Vec<Diagnostic> =
        errors.flat_map(|error| explain::diagnostics(as_value(form), document, &error)).collect();
    kubernetes_fields::check(form, document, version, &mut found);
    kubernetes_fields::check_rules(form, document, version, &mut found);
    found
}

/// The content of a `wigen.toml`; the error is everything about its shape that the schema does not allow,
/// unordered. The content of Kubernetes fields is checked with each spec.
pub fn read_workspace<T: DeserializeOwned>(document: &Node) -> Result<T, Vec<Diagnostic>> {
    let workspace = deserialize(document).map_err(|error| disagreement(&error));
    if workspace.is_ok() && accept::accepts_defaults(document.get("defaults")) {
        return workspace;
    }
    let document = document.to_value();
    let errors = WORKSPACE_VALIDATOR.iter_errors(&document);
    let mut found: Vec<Diagnostic> = errors
        .flat_map(|error| explain::diagnostics(&WORKSPACE_VALUE, &document, &error))
        .collect();
    if found.is_empty() {
        return workspace;
    }
    kubernetes_fields::managed_in_defaults(&document, &mut found);
    Err(found)
}

/// Everything about the shape of a manifest that this version of Kubernetes does not allow, if it is
/// of a kind that is known; places are pointers into the manifest.
pub fn check_manifest(manifest: &Value, version: Version) -> Vec<Diagnostic> {
    let text = |key: &str| manifest[key].as_str().unwrap_or_default();
    let (api, kind) = (text("apiVersion"), text("kind"));
    match ManifestKind::find(api, kind) {
        ManifestKind::Known(definition) => {
            let problems = kubernetes::problems(definition, manifest, "", version);
            let explain = |problem| explain::problem(&Value::Null, manifest, problem);
            let mut found: Vec<Diagnostic> = problems.iter().map(explain).collect();
            if found.is_empty() {
                rules::check_object(definition, manifest, "", version, &mut found);
            }
            found
        }
        ManifestKind::OtherApi(other) => vec![explain::other_api(api, kind, other)],
        ManifestKind::Unknown => Vec::new(),
    }
}
