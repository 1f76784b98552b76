//! Rules for annotations in the values of a Helm chart, and in other objects that pass annotations on.

use super::annotations::key_problem;
use super::rule::Found;
use crate::chain::email_problem;
use crate::diagnostics::{Code, Diagnostic, Severity, quoted};
use crate::google::gke::KeyMatch;
use crate::google::names::GSA_ANNOTATION;
use crate::observed::World;

/// Annotations that are wrong whatever object they end up on, or that go to pods.
pub(super) fn annotations(world: &World<'_>, found: &mut Found) {
    for one in &world.objects.passed_annotations {
        if one.key.is_empty() {
            let message = "annotations are a table of strings";
            let diagnostic = Diagnostic::new(Code::WRONG_TYPE, one.place(), message);
            found.push(diagnostic.help("write `KEY: VALUE`, without a hyphen"));
            continue;
        }
        let without_fix = |mut problem: Diagnostic| {
            problem.fix.take_if(|_| one.is_in_text);
            problem
        };
        found.extend(key_problem(&one.key, one.place()).map(without_fix));
        if !matches!(KeyMatch::for_annotation(&one.key), KeyMatch::Exact(GSA_ANNOTATION)) {
            continue;
        }
        let table = one.table.to_ascii_lowercase();
        if table.contains("pod") && !table.contains("serviceaccount") {
            let message = format!("{} has no effect on pods", quoted(&one.key));
            let mut diagnostic = Diagnostic::new(Code::ANNOTATION_PLACE, one.place(), message)
                .help("put it with the annotations of the ServiceAccount");
            diagnostic.severity = Severity::Warning;
            found.push(diagnostic);
        } else if let Some(email) = one.value.as_deref().filter(|text| !is_filled_in_later(text)) {
            found.extend(email_problem(email, one.value_place()).map(without_fix));
        }
    }
}

/// Whether a value is empty or a variable.
fn is_filled_in_later(text: &str) -> bool {
    text.is_empty() || text.contains(['$', '{', '<', '%'])
}
