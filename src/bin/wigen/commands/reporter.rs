//! Reports diagnostics to people, and counts them.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};

use wigen::backends::templates::TemplateError;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Code, Diagnostic, Severity};
use wigen::report::{self, Style};

use super::console::{eprint, eprintln, has_colour};
use super::outcome::Outcome;
use crate::cli::GlobalArgs;

/// Reports diagnostics on standard error, and sums them up.
pub(super) struct Reporter {
    pub(super) style: Style,
    is_terminal: bool,
    errors: usize,
    warnings: usize,
    codes: BTreeSet<Code>,
}

impl Reporter {
    pub(super) fn new(global: &GlobalArgs) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let colour = has_colour(global, is_terminal);
        let width = is_terminal.then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
        let width = width.map_or(Style::PLAIN.width, |(width, _)| usize::from(width.0));
        let style = Style { colour, width };
        Self { style, is_terminal, errors: 0, warnings: 0, codes: BTreeSet::new() }
    }

    /// Says on a terminal how many specs are valid. In pipelines, silence means success.
    pub(super) fn report_valid(&self, checked: &[(Source, Vec<Diagnostic>)]) {
        let is_error = |one: &Diagnostic| one.severity == Severity::Error;
        let valid = checked.iter().filter(|(_, found)| !found.iter().any(is_error)).count();
        if self.is_terminal {
            eprintln(&match (valid, checked.len()) {
                (1, 1) => "1 spec is valid".to_owned(),
                (valid, all) if valid == all => format!("{all} specs are valid"),
                (valid, all) => format!("{valid} of {all} specs are valid"),
            });
        }
    }

    /// Counts diagnostics that are reported elsewhere.
    pub(super) fn count(&mut self, found: &[Diagnostic]) {
        for diagnostic in found {
            match diagnostic.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
            self.codes.insert(diagnostic.code);
        }
    }

    pub(super) fn report(&mut self, source: &Source, found: &[Diagnostic]) {
        self.count(found);
        eprint(&report::human(source, found, self.style));
    }

    pub(super) fn report_faults(&mut self, faults: &[TemplateError]) {
        for fault in faults {
            self.report(&fault.template, std::slice::from_ref(&fault.diagnostic));
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        if self.errors == 0 { Outcome::Done } else { Outcome::Invalid }
    }

    /// Prints the number of errors and warnings, if there are any, and the consequence of errors.
    pub(super) fn finish(&self, consequence: &str) -> Outcome {
        if self.codes.is_empty() {
            return Outcome::Done;
        }
        let mut counts = Vec::new();
        for (count, noun) in [(self.errors, "error"), (self.warnings, "warning")] {
            match count {
                0 => {}
                1 => counts.push(format!("1 {noun}")),
                _ => counts.push(format!("{count} {noun}s")),
            }
        }
        let has_consequence = self.errors > 0 && !consequence.is_empty();
        let consequence = if has_consequence { format!("; {consequence}") } else { String::new() };
        let codes: Vec<&str> = self.codes.iter().map(|code| code.as_str()).collect();
        eprint(&format!(
            "wigen: {}{consequence}\nMore about what was found: wigen explain {}\n",
            counts.join(", "),
            codes.join(" ")
        ));
        self.outcome()
    }
}
