//! What the user has been told about the specs so far.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};

use wigen::Options;
use wigen::backends::templates::Fault;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Code, Diagnostic, Severity};
use wigen::report::{self, Style};
use wigen::spec::checked::CheckedApp;

use super::{Outcome, tell};
use crate::cli::{Color, GlobalArgs};
use crate::files::Spec;

/// Counts what it tells, and sums it up.
pub(super) struct Reporter {
    pub(super) style: Style,
    errors: usize,
    warnings: usize,
    codes: BTreeSet<Code>,
}

/// What the environment says of colours. Sources: https://no-color.org, https://bixense.com/clicolors.
pub(super) fn wants_colour(terminal: bool) -> bool {
    let says = |name: &str, no: &str| {
        std::env::var_os(name).filter(|value| !value.is_empty()).map(|value| value != no)
    };
    if says("NO_COLOR", "").is_some() {
        return false;
    }
    let can =
        terminal && says("TERM", "dumb") != Some(false) && says("CLICOLOR", "0") != Some(false);
    can || says("CLICOLOR_FORCE", "0") == Some(true)
}

/// Whether what goes to a terminal, or not to one, has colours.
pub(super) fn has_colour(global: &GlobalArgs, terminal: bool) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => wants_colour(terminal),
    }
}

impl Reporter {
    pub(super) fn new(global: &GlobalArgs) -> Self {
        let terminal = io::stderr().is_terminal();
        let colour = has_colour(global, terminal);
        let width = terminal.then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
        let width = width.map_or(Style::PLAIN.width, |(width, _)| usize::from(width.0));
        Self { style: Style { colour, width }, errors: 0, warnings: 0, codes: BTreeSet::new() }
    }

    pub(super) fn count(&mut self, found: &[Diagnostic]) {
        for diagnostic in found {
            match diagnostic.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
            self.codes.insert(diagnostic.code);
        }
    }

    pub(super) fn human(&mut self, source: &Source, found: &[Diagnostic]) {
        self.count(found);
        tell(&report::human(source, found, self.style));
    }

    pub(super) fn faults(&mut self, faults: &[Fault]) {
        for fault in faults {
            self.human(&fault.template, std::slice::from_ref(&fault.diagnostic));
        }
    }

    /// The app of an earlier spec, with the same environment; what is wrong with it is told.
    pub(super) fn app(&mut self, spec: &Spec, options: &Options<'_>) -> Option<CheckedApp> {
        let (source, not_text) = spec;
        if let Some(found) = not_text {
            self.human(source, std::slice::from_ref(found));
            return None;
        }
        let checked = wigen::check(
            source,
            &Options {
                environment: options.environment,
                workspace: options.workspace,
                ..Options::default()
            },
        );
        if checked.app.is_none() {
            self.human(source, &checked.diagnostics);
        }
        checked.app
    }

    pub(super) fn outcome(&self) -> Outcome {
        if self.errors == 0 { Outcome::Done } else { Outcome::WrongSpec }
    }

    /// Sums up, if there was anything.
    pub(super) fn finish(&self, then: &str) -> Outcome {
        if !self.codes.is_empty() {
            let mut counts = Vec::new();
            for (count, one, many) in
                [(self.errors, "error", "errors"), (self.warnings, "warning", "warnings")]
            {
                if count > 0 {
                    counts.push(format!("{count} {}", if count == 1 { one } else { many }));
                }
            }
            let then = if self.errors > 0 && !then.is_empty() {
                format!("; {then}")
            } else {
                String::new()
            };
            let codes: Vec<&str> = self.codes.iter().map(|code| code.as_str()).collect();
            tell(&format!(
                "wigen: {}{then}\nMore about what was found: wigen explain {}\n",
                counts.join(", "),
                codes.join(" ")
            ));
        }
        self.outcome()
    }
}
