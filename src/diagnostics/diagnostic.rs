//! A diagnostic: a code, a place, one sentence, and how to fix it.

use std::collections::HashSet;
use std::fmt::Display;

use super::code::{Code, Severity};
use super::source::{Source, Span};

/// One finding. Its message never ends with a full stop and quotes values through
/// [`quoted`](super::quoted).
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The class of problem; `wigen explain CODE` describes it.
    pub code: Code,
    /// The severity of the code, unless the user denies it.
    pub severity: Severity,
    /// Where it is.
    pub place: Location,
    /// One terse sentence.
    pub message: String,
    /// A few words for under the caret; may be empty.
    pub label: String,
    /// Other places that matter, each with a few words.
    pub related: Vec<(Location, String)>,
    /// How to fix it, if known.
    pub help: Option<String>,
    /// A suggested edit of the text at the place.
    pub fix: Option<Fix>,
    /// The environments in which it was found, if it was not found in the spec without one.
    pub environments: Vec<String>,
}

/// A correction of the text at the place of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to write there.
    pub edit: Edit,
    /// Whether nothing else can be meant: then `wigen check --fix` makes the edit.
    pub certain: bool,
}

/// What to write in place of a range of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// This text; for a key without quotes, which it gets where it needs them.
    Text(String),
    /// The same text, in double quotes: `007` stays 007.
    Quotes,
}

/// Where a diagnostic points: at a node of the document by JSON pointer (RFC 6901) and, once that is found
/// in the text, at a range of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// The node in the document that the user wrote; empty for the whole document.
    pub pointer: String,
    /// Which part of the node is meant.
    pub target: Part,
    /// The range in the text; `None` until located, and for input that has no text.
    pub span: Option<Span>,
    /// The text that it is in, if other than the spec.
    pub source: Option<Source>,
}

/// The part of a node that a diagnostic is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The key under which the node stands.
    Key,
    /// The value.
    Value,
}

impl Location {
    /// The key at a JSON pointer.
    pub fn key(pointer: impl Into<String>) -> Self {
        Self::node(pointer.into(), Part::Key)
    }

    /// The value at a JSON pointer.
    pub fn value(pointer: impl Into<String>) -> Self {
        Self::node(pointer.into(), Part::Value)
    }

    /// A range of the text without a pointer.
    pub fn text(span: Span) -> Self {
        Self { span: Some(span), ..Self::value("") }
    }

    /// The same, in another text.
    #[must_use]
    pub fn in_source(self, source: &Source) -> Self {
        Self { source: Some(source.clone()), ..self }
    }

    fn node(pointer: String, target: Part) -> Self {
        Self { pointer, target, span: None, source: None }
    }
}

impl Diagnostic {
    /// A diagnostic without label, help or fix.
    pub fn new(code: Code, place: Location, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            place,
            message: message.into(),
            label: String::new(),
            related: Vec::new(),
            help: None,
            fix: None,
            environments: Vec::new(),
        }
    }

    /// Adds the words under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that matters, and why.
    #[must_use]
    pub fn related(mut self, place: Location, label: impl Into<String>) -> Self {
        self.related.push((place, label.into()));
        self
    }

    /// Adds the text that is probably meant here.
    #[must_use]
    pub fn replacement(mut self, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { edit: Edit::Text(text.into()), certain: false });
        self
    }

    /// Adds the string that is probably meant here, in quotes, if there is one.
    #[must_use]
    pub fn suggestion(self, string: Option<impl Display>) -> Self {
        match string {
            Some(string) => self.replacement(format!("\"{string}\"")),
            None => self,
        }
    }

    /// Adds the correction that can only be meant.
    #[must_use]
    pub fn certainly(mut self, edit: Edit) -> Self {
        self.fix = Some(Fix { edit, certain: true });
        self
    }

    /// The text that its place is in; `own` is that of the spec that it was found in.
    pub fn source<'a>(&'a self, own: &'a Source) -> &'a Source {
        self.place.source.as_ref().unwrap_or(own)
    }

    /// Its place and the other places that it names.
    pub fn places_mut(&mut self) -> impl Iterator<Item = &mut Location> {
        std::iter::once(&mut self.place).chain(self.related.iter_mut().map(|(place, _)| place))
    }

    /// The text to put into its place, as the language of the source writes it. There is none for a
    /// value that YAML writes as an alias, with a tag or as a block.
    pub fn replacement_in(&self, own: &Source) -> Option<String> {
        let old = self.source(own).text().get(self.place.span.clone()?)?;
        if self.place.target == Part::Value && old.starts_with(['*', '&', '!', '|', '>']) {
            return None;
        }
        Some(match (&self.fix.as_ref()?.edit, self.place.target) {
            (Edit::Quotes, _) => format!("\"{old}\""),
            (Edit::Text(text), Part::Value) => text.clone(),
            (Edit::Text(text), Part::Key) => {
                let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                match old.chars().next() {
                    Some(quote @ ('"' | '\'')) => format!("{quote}{text}{quote}"),
                    _ if text.chars().all(bare) => text.clone(),
                    _ => format!("\"{text}\""),
                }
            }
        })
    }

    /// Whether its correction can only be meant, in this text: what is put in quotes must be written as
    /// people write it, since `1_000` may be meant for 1000. In another text than that of the spec none
    /// is: other specs share it.
    pub fn is_certain_in(&self, own: &Source) -> bool {
        if self.place.source.is_some() {
            return false;
        }
        let old = self.place.span.clone().and_then(|span| own.text().get(span));
        match (&self.fix, old) {
            (Some(Fix { edit: Edit::Quotes, certain }), Some(old)) => *certain && is_plain(old),
            (Some(Fix { certain, .. }), Some(_)) => *certain,
            _ => false,
        }
    }
}

/// Whether a string is a word, or a number in decimal notation.
fn is_plain(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = digits(whole) && digits(fraction);
    is_number || text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Sorts diagnostics into the order in which they are shown: by location, then errors before warnings, then
/// by code and message. Diagnostics located in another source come last. Joins what was found in several
/// environments.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| order(a).cmp(&order(b)));
    diagnostics.dedup_by(|later, first| {
        let environments = std::mem::take(&mut later.environments);
        let is_same = order(later) == order(first)
            && (&later.related, &later.help, &later.fix)
                == (&first.related, &first.help, &first.fix);
        if is_same && (first.environments.is_empty() || environments.is_empty()) {
            first.environments.clear();
        } else if is_same {
            first.environments.extend(environments);
        } else {
            later.environments = environments;
        }
        is_same
    });
}

type Order<'a> = (Option<&'a str>, Option<usize>, &'a str, Severity, Code, &'a str);

fn order(d: &Diagnostic) -> Order<'_> {
    let source = d.place.source.as_ref().map(Source::name);
    let start = d.place.span.as_ref().map(|span| span.start);
    (source, start, &d.place.pointer, d.severity, d.code, &d.message)
}

/// Recognizes findings that were reported already: an error in a source that several specs share is found in
/// each of them, and reported once.
#[derive(Debug, Default)]
pub struct Dedup {
    reported: HashSet<(String, Option<Span>, Code, String)>,
}

impl Dedup {
    /// Whether a finding was not reported before. A finding in a spec's own source is always new.
    pub fn is_new(&mut self, found: &Diagnostic) -> bool {
        let shared = found.related.iter().all(|(place, _)| place.source.is_some());
        match &found.place.source {
            Some(source) if shared => self.reported.insert((
                source.name().to_owned(),
                found.place.span.clone(),
                found.code,
                found.message.clone(),
            )),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_written_as_the_source_writes() {
        let source = Source::new("a.toml", "'nmae' = 007\nregoin = 1");
        let at = |place: Location, span: Span| Location { span: Some(span), ..place };
        let of = |place: Location, edit: Edit| {
            Diagnostic::new(Code::UNKNOWN_KEY, place, "m").certainly(edit).replacement_in(&source)
        };
        let key = |span: Span| at(Location::key(""), span);
        let text = |text: &str| Edit::Text(text.to_owned());
        assert_eq!(of(key(0..6), text("name")).unwrap(), "'name'");
        assert_eq!(of(key(13..19), text("region")).unwrap(), "region");
        assert_eq!(of(key(13..19), text("a/b")).unwrap(), "\"a/b\"");
        assert_eq!(of(at(Location::value(""), 9..12), Edit::Quotes).unwrap(), "\"007\"");
        assert_eq!(of(Location::key("/nmae"), text("name")), None);
    }

    #[test]
    fn diagnostics_are_ordered_by_place() {
        let at = |start: usize, code| Diagnostic::new(code, Location::text(start..start + 1), "m");
        let mut found =
            vec![at(5, Code::UNKNOWN_KEY), at(1, Code::WRONG_TYPE), at(5, Code::UNKNOWN_KEY)];
        sort(&mut found);
        assert_eq!(found, [at(1, Code::WRONG_TYPE), at(5, Code::UNKNOWN_KEY)]);
    }
}
