//! Explains schema errors and problems of Kubernetes fields in the terms of the spec.

mod context;
mod values;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Location, quoted, shortened, shown};
use crate::kubernetes::{self, Problem, ProblemKind};
use context::ErrorContext;

crate::diagnostics::declare_code! {
    WRONG_TYPE: Error = "wrong-type",
    what: "The value has the wrong type for its key.",
    why: "A number where a string belongs (an environment variable, a label) is the classic way to lose a leading zero.",
    example: "[container.env]\nPORT = 8000",
    instead: "[container.env]\nPORT = \"8000\"",
}

/// The diagnostics of one schema error: one, or one for each unknown key.
pub(super) fn diagnostics(
    schema: &Value,
    document: &Value,
    error: &ValidationError<'_>,
) -> Vec<Diagnostic> {
    let error = match error.kind() {
        Kind::PropertyNames { error } => error,
        _ => error,
    };
    let pointer = error.instance_path().to_string();
    let keyword = error.schema_path().to_string();
    let node = keyword.rsplit_once('/').and_then(|(parent, _)| schema.pointer(parent));
    let node = node.unwrap_or(&Value::Null);
    let value: &Value = error.instance();
    let about_a_key = keyword.contains("/propertyNames/");
    let place = match value {
        Value::String(key) if about_a_key => Location::key(join(&pointer, key)),
        _ => Location::value(pointer.clone()),
    };
    // In `…/properties/KEY/type`, the table is before `properties`.
    let table = keyword.rsplitn(4, '/').nth(3).and_then(|table| schema.pointer(table));
    let required = match (table, pointer.rsplit('/').next()) {
        (Some(table), Some(key)) => {
            table["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key))
        }
        _ => false,
    };
    let here = ErrorContext { schema, document, node, pointer: &pointer, value, place, required };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|key| here.unknown_key(key)).collect()
        }
        Kind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            if here.is_misspelt(key) { Vec::new() } else { vec![here.missing_key(key)] }
        }
        Kind::Type { kind: TypeKind::Single(kind) } => {
            vec![here.wrong_type(&[kind.to_string().as_str()])]
        }
        Kind::Type { kind: TypeKind::Multiple(kinds) } => {
            let kinds: Vec<String> = kinds.iter().map(|kind| kind.to_string()).collect();
            vec![here.wrong_type(&kinds.iter().map(String::as_str).collect::<Vec<_>>())]
        }
        Kind::Enum { options } => vec![here.unknown_value(options)],
        Kind::Pattern { .. } | Kind::MinLength { .. } | Kind::MaxLength { .. } => {
            here.wrong_name(matches!(error.kind(), Kind::Pattern { .. })).into_iter().collect()
        }
        Kind::Minimum { .. } | Kind::Maximum { .. } => vec![here.out_of_range()],
        Kind::MinProperties { .. } | Kind::MaxProperties { .. } => vec![here.wrong_count()],
        Kind::MinItems { .. } => vec![here.empty_list()],
        // A test proves that the published schemas use only the keywords above.
        _ => vec![Diagnostic::new(Code::WRONG_TYPE, here.place, shortened(&error.to_string()))],
    }
}

/// The diagnostic of one problem with a Kubernetes field.
pub(super) fn problem(schema: &Value, document: &Value, problem: &Problem<'_>) -> Diagnostic {
    let here = ErrorContext {
        schema,
        document,
        node: problem.definition,
        pointer: &problem.pointer,
        value: problem.value,
        place: Location::value(problem.pointer.clone()),
        required: false,
    };
    match problem.kind {
        ProblemKind::UnknownKey(key) => here.unknown_key(key),
        ProblemKind::OtherVersion(key, versions, version) => {
            here.other_version(key, versions, version)
        }
        ProblemKind::MissingKey(key) => here.missing_key(key),
        ProblemKind::Type => {
            here.wrong_type(&kubernetes::types(problem.definition).collect::<Vec<_>>())
        }
        ProblemKind::Value => here.unknown_value(&problem.definition["enum"]),
        ProblemKind::Range(bits) => here.too_many_bits(bits),
        ProblemKind::Quantity => here.no_quantity(),
    }
}

/// A Kubernetes object that is not a spec.
pub(super) fn no_spec(api: &str, kind: &str) -> Diagnostic {
    let message = format!("a {} of {} is not an app spec", shown(kind), quoted(api));
    Diagnostic::new(Code::UNKNOWN_VALUE, Location::value("/kind"), message)
        .help("`wigen lint` checks manifests; `wigen init` writes a first spec")
}

crate::diagnostics::declare_code! {
    API_VERSION: Error = "api-version",
    what: "The manifest's API does not have this kind, or no longer has it.",
    why: "The API server would reject it.",
    example: "{# budget.yaml.j2 #}\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: {{ workload.name }}",
    instead: "{# budget.yaml.j2 #}\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {{ workload.name }}",
    source: "Kubernetes, Deprecated API Migration Guide: https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
}

/// A manifest of a known kind, with an API that does not have the kind.
pub(super) fn other_api(given: &str, kind: &str, api: &str) -> Diagnostic {
    let message = format!("there is no {kind} in {}", quoted(given));
    Diagnostic::new(Code::API_VERSION, Location::value("/apiVersion"), message)
        .help(format!("{kind} is a kind of {}", quoted(api)))
        .replacement(api)
}
