//! Everything that was found in a spec, as one error.

use std::error::Error;
use std::fmt;
use std::ops::Deref;

use super::source::Source;
use super::{Diagnostic, Severity, sort};

/// What is wrong with a spec, in the order of its text; at least one is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostics {
    source: Source,
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// What was found in a source.
    pub fn new(source: &Source, mut found: Vec<Diagnostic>) -> Self {
        sort(&mut found);
        Self { source: source.clone(), found }
    }

    /// The text of the spec.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The diagnostics without their text.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.found
    }
}

impl Deref for Diagnostics {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.found
    }
}

/// One line for each: `app.toml:1:8: error[dns-label]: …`.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, one) in self.found.iter().enumerate() {
            let source = one.source(&self.source);
            let at = source.position(one.place.span.as_ref().map_or(0, |span| span.start));
            let severity = match one.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let line = if number > 0 { "\n" } else { "" };
            let (name, code) = (source.name(), one.code.as_str());
            write!(
                f,
                "{line}{name}:{}:{}: {severity}[{code}]: {}",
                at.line, at.column, one.message
            )?;
        }
        Ok(())
    }
}

impl Error for Diagnostics {}
