//! What is wrong with a spec: a code, a place, one sentence, and how to put it right.

mod code;
mod explain;

pub use code::{Code, Severity};
pub use explain::Explanation;

use crate::source::{Span, is_hidden};

/// One finding. Its text never ends with a full stop and quotes values through [`quoted`].
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The class of problem; `wigen explain CODE` tells more.
    pub code: Code,
    /// Where it is.
    pub place: Place,
    /// The one terse sentence to show if only one can be shown.
    pub message: String,
    /// A few words for under the caret; may be empty.
    pub label: String,
    /// How to put it right, where that is known.
    pub help: Option<String>,
    /// The text that would be right in this very place, where that is certain enough to suggest.
    pub replacement: Option<String>,
}

/// Where a diagnostic points: at a node of the spec by JSON pointer (RFC 6901), and, once the text
/// has been searched for it, at a range of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The node, as the document has it; empty for the whole document.
    pub pointer: String,
    /// Which part of the node is meant.
    pub target: Target,
    /// The range in the text; `None` until located, and for input that has no text.
    pub span: Option<Span>,
}

/// The part of a node that a diagnostic means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The key under which the node stands.
    Key,
    /// The value.
    Value,
}

impl Place {
    /// The key at a JSON pointer.
    pub fn key(pointer: impl Into<String>) -> Self {
        Self::node(pointer.into(), Target::Key)
    }

    /// The value at a JSON pointer.
    pub fn value(pointer: impl Into<String>) -> Self {
        Self::node(pointer.into(), Target::Value)
    }

    /// A range of the text that no pointer names yet.
    pub fn text(span: Span) -> Self {
        Self { span: Some(span), ..Self::value("") }
    }

    fn node(pointer: String, target: Target) -> Self {
        Self { pointer, target, span: None }
    }
}

impl Diagnostic {
    /// A finding without label, help or replacement.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            place,
            message: message.into(),
            label: String::new(),
            help: None,
            replacement: None,
        }
    }

    /// Adds the words under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds how to put it right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the text that would be right here.
    #[must_use]
    pub fn replacement(mut self, text: impl Into<String>) -> Self {
        self.replacement = Some(text.into());
        self
    }

    /// The severity of its code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// Puts diagnostics in the one order in which they are shown: by place in the text, then errors
/// before warnings, then by code and text. A finding told twice is told once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| order(a).cmp(&order(b)));
    diagnostics.dedup();
}

fn order(d: &Diagnostic) -> (Option<usize>, &str, Severity, Code, &str) {
    let start = d.place.span.as_ref().map(|span| span.start);
    (start, &d.place.pointer, d.severity(), d.code, &d.message)
}

/// A value as messages show it: in backticks, control characters escaped, long text cut.
pub fn quoted(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown = String::new();
    for c in value.chars().take(LONGEST) {
        if is_hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if value.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Joins alternatives for a sentence: "`a`, `b` or `c`".
pub fn one_of<'a>(options: impl IntoIterator<Item = &'a str>) -> String {
    let mut options: Vec<String> = options.into_iter().map(quoted).collect();
    match options.pop() {
        None => String::new(),
        Some(last) if options.is_empty() => last,
        Some(last) => format!("{} or {last}", options.join(", ")),
    }
}

/// The known word that a misspelt one most likely means: at most a third of it differs.
pub fn similar<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase().replace(['_', '-'], "");
    known
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase().replace(['_', '-'], "");
            (strsim::damerau_levenshtein(&folded, &other), candidate)
        })
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(word.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_hold_no_control_characters() {
        assert_eq!(quoted("a\u{1b}[31m\n"), "`a\\u{1b}[31m\\n`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(one_of([]), "");
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }

    #[test]
    fn similar_words_differ_little() {
        let known = ["region", "zone", "setup", "displayName"];
        assert_eq!(similar("regoin", known), Some("region"));
        assert_eq!(similar("display_name", known), Some("displayName"));
        assert_eq!(similar("colour", known), None);
    }

    #[test]
    fn diagnostics_are_ordered_by_place() {
        let at = |start: usize, code| Diagnostic::new(code, Place::text(start..start + 1), "m");
        let mut found =
            vec![at(5, Code::UnknownKey), at(1, Code::WrongType), at(5, Code::UnknownKey)];
        sort(&mut found);
        assert_eq!(found, [at(1, Code::WrongType), at(5, Code::UnknownKey)]);
    }
}
