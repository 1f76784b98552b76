//! Fields of an identity whose place, name or type is wrong.

use serde_json::Value;

use crate::diagnostics::suggest::nearest;
use crate::diagnostics::{Code, Diagnostic, Edit, quoted, shown};
use crate::google::names::GSA_ANNOTATION;
use crate::kubernetes::{Problem, ProblemKind, pod_template};
use crate::observed::Object;

/// What the definitions of Kubernetes refuse in an object, if it concerns an identity.
pub(super) fn problem(object: &Object<'_>, problem: &Problem<'_>) -> Option<Diagnostic> {
    let (table, field) = problem.pointer.rsplit_once('/').unwrap_or_default();
    match problem.kind {
        ProblemKind::UnknownKey(key) => {
            unknown_field(object, &problem.pointer, key, &problem.value[key])
        }
        ProblemKind::Type if field == "annotations" => {
            let what = if problem.value.is_array() { "a list" } else { "a string" };
            let message = format!("annotations are a table of strings, not {what}");
            let help = match problem.value.as_str().and_then(|text| text.split_once('=')) {
                Some((key, value)) => format!("write `{key}: {value}`"),
                None => "write `KEY: VALUE`, without a hyphen".to_owned(),
            };
            let place = object.key_place(table, field);
            Some(Diagnostic::new(Code::WRONG_TYPE, place, message).help(help))
        }
        ProblemKind::Type if ["serviceAccountName", "serviceAccount"].contains(&field) => {
            let message = format!("{} is the name of a ServiceAccount, a string", quoted(field));
            let diagnostic =
                Diagnostic::new(Code::WRONG_TYPE, object.place(&problem.pointer), message);
            Some(diagnostic.help("write `serviceAccountName: NAME`"))
        }
        ProblemKind::Type if object.id.is_service_account() && table == "/metadata/annotations" => {
            let text = problem.value.to_string();
            let message = format!("{} is not a string; annotations are strings", quoted(&text));
            let place = object.place(&problem.pointer);
            // The chain reports the one for the account.
            let is_own = problem.pointer.ends_with(&GSA_ANNOTATION.replace('/', "~1"));
            let diagnostic = Diagnostic::new(Code::WRONG_TYPE, place, message);
            (!is_own).then(|| match problem.value {
                Value::Object(_) | Value::Array(_) => diagnostic.help("write `KEY: VALUE`"),
                _ => {
                    diagnostic.help("put it in quotes").certainly(Edit::Text(format!("\"{text}\"")))
                }
            })
        }
        _ => None,
    }
}

/// A field that Kubernetes does not have, and that names a ServiceAccount or has the annotation.
fn unknown_field(object: &Object<'_>, table: &str, key: &str, value: &Value) -> Option<Diagnostic> {
    let kind = shown(object.id.kind);
    let place = object.key_place(table, key);
    let path = if table.is_empty() { "the root".to_owned() } else { field_path(table) };
    let lower = key.to_ascii_lowercase();
    let is_meant = lower.contains("serviceaccount")
        || nearest(&lower, ["serviceaccount", "serviceaccountname"], 2).is_some();
    if is_meant && let Some(template) = pod_template(object.id.group, object.id.kind) {
        let message = format!("a {kind} has no field {} in `{path}`", quoted(key));
        let message = match value.as_str() {
            Some(name) => format!("{message}; the pods do not run as {}", quoted(name)),
            None => message,
        };
        let right = format!("{template}/spec");
        let help = if table == right {
            "write `serviceAccountName`".to_owned()
        } else {
            format!("move it to `{}.serviceAccountName`", field_path(&right))
        };
        return Some(Diagnostic::new(Code::UNKNOWN_KEY, place, message).help(help));
    }
    let has_annotation = value.is_object() && value.to_string().contains(GSA_ANNOTATION);
    has_annotation.then(|| {
        let message = format!("a {kind} has no field {} in `{path}`", quoted(key));
        Diagnostic::new(Code::UNKNOWN_KEY, place, message)
            .help("move the annotation to `metadata.annotations` of the ServiceAccount")
    })
}

/// The path of a field as people write it: `spec.containers[0]`.
fn field_path(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1).map(|step| match step.parse::<usize>() {
        Ok(index) => format!("[{index}]"),
        Err(_) => format!(".{step}"),
    });
    steps.collect::<String>()[1..].to_owned()
}
