//! Which warnings are said, and which of them stop: the word of the spec, and of who runs wigen.

use crate::app::Lint;
use crate::diagnostic::{Code, Diagnostic, Place, Severity, quoted};

/// What is asked of warnings for every spec of a run.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Codes that are not said.
    pub allow: Vec<Code>,
    /// Codes of warnings that are errors, unless they are allowed.
    pub deny: Vec<Code>,
}

impl Policy {
    /// Drops the warnings that are allowed, here or in the spec, and makes errors of those that are
    /// denied. What the spec allows without need is a finding of its own.
    pub fn apply(&self, lint: &Lint, found: &mut Vec<Diagnostic>) {
        for code in lint.allow.keys().filter(|code| **code != Code::UnusedAllowance) {
            if found.iter().all(|diagnostic| diagnostic.code != *code) {
                let place = Place::key(format!("/lint/allow/{}", code.as_str()));
                let message = format!("{} is allowed and does not come", quoted(code.as_str()));
                found.push(
                    Diagnostic::new(Code::UnusedAllowance, place, message).help("take it out"),
                );
            }
        }
        let is_warning = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Warning;
        found.retain(|diagnostic| {
            let allowed =
                self.allow.contains(&diagnostic.code) || lint.allow.contains_key(&diagnostic.code);
            !(allowed && is_warning(diagnostic))
        });
        for diagnostic in found.iter_mut().filter(|diagnostic| is_warning(diagnostic)) {
            if self.deny.contains(&diagnostic.code) {
                diagnostic.severity = Severity::Error;
            }
        }
    }
}
