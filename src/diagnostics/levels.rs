//! Which warnings are said, and which of them stop: the word of the spec, and of who runs wigen.

use crate::diagnostics::{Code, Diagnostic, Place, Severity, quoted};
use crate::spec::types::Lint;

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
        // What comes of several specs is not known here.
        let judged = |code: &&Code| **code != Code::UnusedAllowance && !code.is_across();
        for code in lint.allow.keys().filter(judged) {
            if found.iter().all(|diagnostic| diagnostic.code != *code) {
                let place = Place::key(format!("/lint/allow/{}", code.as_str()));
                let message = format!("{} is allowed and does not come", quoted(code.as_str()));
                found.push(
                    Diagnostic::new(Code::UnusedAllowance, place, message).help("take it out"),
                );
            }
        }
        found.retain(|one| !(lint.allow.contains_key(&one.code) && is_warning(one)));
        self.judge(found);
    }

    /// The same without the word of a spec.
    pub fn judge(&self, found: &mut Vec<Diagnostic>) {
        found.retain(|one| !(self.allow.contains(&one.code) && is_warning(one)));
        for diagnostic in found.iter_mut().filter(|one| is_warning(one)) {
            if self.deny.contains(&diagnostic.code) {
                diagnostic.severity = Severity::Error;
            }
        }
    }
}

fn is_warning(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Warning
}
