//! Warning levels: which warnings are allowed, shown or denied, by the spec and on the command line.

use indexmap::IndexMap;

use crate::diagnostics::{Code, Diagnostic, Location, Severity, quoted};

crate::diagnostics::declare_code! {
    UNUSED_ALLOWANCE: Warning = "unused-allowance",
    what: "The spec allows a warning that does not occur.",
    why: "An outdated allowance hides the next warning with this code.",
    example: "[lint.allow]\nkey-file = \"the sidecar brings a key of its own\"",
    instead: "[lint.allow]\nkey-file = \"the sidecar brings a key of its own\"\n[[sidecars]]\nname = \"agent\"\nimage = \"vendor/agent:3\"\nenv = [{ name = \"GOOGLE_APPLICATION_CREDENTIALS\", value = \"/key.json\" }]",
}

/// Warning levels for every spec in a run.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// Codes of warnings that are not reported.
    pub allow: Vec<Code>,
    /// Codes of warnings that are errors, unless they are allowed.
    pub deny: Vec<Code>,
}

impl Levels {
    /// Removes the warnings that are allowed, here or by the spec (`allowed`, each code with its reason),
    /// and turns denied warnings into errors. Reports codes that the spec allows without need.
    pub fn apply(&self, allowed: &IndexMap<Code, String>, found: &mut Vec<Diagnostic>) {
        // Whether a finding of rendering occurs is not known here.
        let judged = |code: &&Code| **code != Code::UNUSED_ALLOWANCE && !code.is_of_render();
        for code in allowed.keys().filter(judged) {
            if found.iter().all(|diagnostic| diagnostic.code != *code) {
                let place = Location::key(format!("/lint/allow/{}", code.as_str()));
                let message = format!("{} is allowed and does not come", quoted(code.as_str()));
                found.push(
                    Diagnostic::new(Code::UNUSED_ALLOWANCE, place, message).help("remove it"),
                );
            }
        }
        found.retain(|one| !(allowed.contains_key(&one.code) && is_warning(one)));
        self.apply_levels(found);
    }

    /// As [`Levels::apply`], without the allowances of a spec.
    pub fn apply_levels(&self, found: &mut Vec<Diagnostic>) {
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
