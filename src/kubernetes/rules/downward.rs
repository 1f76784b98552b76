//! Fields of a pod that a variable or a file may have.

use super::findings::not_a_name;
use super::place::Place;
use super::rule::{Found, Table, field};
use crate::diagnostics::{Code, Diagnostic, one_of, quoted, similar};
use crate::kubernetes::names::{ANNOTATION_KEY, QUALIFIED_NAME};

/// Checks the path in `fieldRef`.
pub(super) fn check_field(table: &Table, allowed: &[&str], at: &Place<'_>, found: &mut Found) {
    let path = field(table, "fieldRef")["fieldPath"].as_str().unwrap_or_default();
    if path.is_empty() {
        return;
    }
    let reference = at.at("fieldRef");
    let place = reference.at("fieldPath");
    let subscript = path.strip_suffix("']").and_then(|path| path.split_once("['"));
    match subscript {
        Some(("metadata.annotations", key)) if !ANNOTATION_KEY.matches(key) => {
            found.push(not_a_name(&ANNOTATION_KEY, key, place.value()));
        }
        Some(("metadata.labels", key)) if !QUALIFIED_NAME.matches(key) => {
            found.push(not_a_name(&QUALIFIED_NAME, key, place.value()));
        }
        Some(("metadata.annotations" | "metadata.labels", _)) => {}
        _ if allowed.contains(&path) => {}
        // The old name of `spec.nodeName`.
        None if path == "spec.host" && allowed.contains(&"spec.nodeName") => {}
        _ => {
            let message = format!("there is no field {} to take a value from", quoted(path));
            let wrong = Diagnostic::new(Code::INVALID_VALUE, place.value(), message).help(format!(
                "the fields here are {}, and a label or annotation as `metadata.labels['app']`",
                one_of(allowed.iter().copied())
            ));
            found.push(wrong.suggestion(similar(path, allowed.iter().copied())));
        }
    }
}
