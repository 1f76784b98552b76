//! Reports diagnostics to people, and counts them.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};

use indexmap::IndexMap;
use indexmap::map::Entry;
use wigen::backends::templates::TemplateError;
use wigen::diagnostics::source::{Source, Span};
use wigen::diagnostics::{Code, Diagnostic, Severity};
use wigen::report::{self, Style};

use super::console::{eprint, eprintln, has_colour};
use super::outcome::Outcome;
use crate::cli::GlobalArgs;
use crate::files::Selection;

/// The number of findings that are shown in full. Nobody reads more.
const MOST_SHOWN: usize = 100;

/// Reports diagnostics on standard error, and sums them up.
pub(super) struct Reporter {
    pub(super) style: Style,
    is_terminal: bool,
    errors: usize,
    warnings: usize,
    codes: BTreeSet<Code>,
    /// The findings to show, by their places, until it is known where else they were found.
    findings: IndexMap<FindingKey, Finding>,
}

/// The name of a source, a range in it, a code and a message.
type FindingKey = (String, Option<Span>, Code, String);

struct Finding {
    source: Source,
    diagnostic: Diagnostic,
    /// The other specs for which it was found.
    other_specs: Vec<String>,
}

impl Reporter {
    pub(super) fn new(global: &GlobalArgs) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let colour = has_colour(global, is_terminal);
        let width = is_terminal.then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
        let width = width.map_or(Style::PLAIN.width, |(width, _)| usize::from(width.0));
        let style = Style { colour, width };
        Self {
            style,
            is_terminal,
            errors: 0,
            warnings: 0,
            codes: BTreeSet::new(),
            findings: IndexMap::new(),
        }
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
        for one in found {
            let Diagnostic { place, code, message, .. } = one;
            let text = one.source(source).name().to_owned();
            let span = place.span.clone();
            match self.findings.entry((text, span, *code, message.clone())) {
                Entry::Occupied(mut known) => {
                    known.get_mut().other_specs.push(source.name().to_owned());
                }
                Entry::Vacant(unknown) => {
                    let (source, diagnostic) = (source.clone(), one.clone());
                    unknown.insert(Finding { source, diagnostic, other_specs: Vec::new() });
                    self.count(std::slice::from_ref(one));
                }
            }
        }
    }

    pub(super) fn report_invalid(&mut self, selection: &Selection) {
        for (source, found) in &selection.invalid {
            self.report(source, found);
        }
    }

    fn show(&mut self) {
        let findings = std::mem::take(&mut self.findings);
        let more = findings.len().saturating_sub(MOST_SHOWN);
        for Finding { source, diagnostic, other_specs } in findings.values().take(MOST_SHOWN) {
            let note = also_in(&diagnostic.environments, other_specs);
            let note = note.as_deref();
            eprint(&report::human_with_note(source, diagnostic, note, self.style));
        }
        if more > 0 {
            eprintln(&format!("wigen: and {more} more; --format json lists all of them"));
        }
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
    pub(super) fn finish(&mut self, consequence: &str) -> Outcome {
        self.show();
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

/// A run that fails shows what it found before.
impl Drop for Reporter {
    fn drop(&mut self) {
        self.show();
    }
}

/// Where a finding applies, too: other environments than the first, and other specs.
fn also_in(environments: &[String], specs: &[String]) -> Option<String> {
    const MOST: usize = 3;
    let mut places: Vec<String> = environments.iter().skip(1).take(MOST).cloned().collect();
    let more = |count: usize, noun: &str| {
        format!("{count} more {noun}{}", if count == 1 { "" } else { "s" })
    };
    match environments.len().saturating_sub(1 + MOST) {
        0 => {}
        count => places.push(more(count, "environment")),
    }
    match specs {
        [] => {}
        [spec] => places.push(spec.clone()),
        specs => places.push(more(specs.len(), "app")),
    }
    let last = places.pop()?;
    let others = places.join(", ");
    Some(if others.is_empty() {
        format!("also in {last}")
    } else {
        format!("also in {others} and {last}")
    })
}
