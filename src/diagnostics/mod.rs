//! What is wrong with a spec: a code, a place, one sentence, and how to put it right.

mod code;
mod explain;
pub mod levels;
pub mod pointer;
pub mod source;

pub use code::{Code, Severity};
pub use explain::Explanation;

use std::collections::HashSet;

use crate::diagnostics::source::{Source, Span, is_hidden};

/// One finding. Its text never ends with a full stop and quotes values through [`quoted`].
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The class of problem; `wigen explain CODE` tells more.
    pub code: Code,
    /// How bad it is: as bad as its code, unless the user is stricter.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// The one terse sentence to show if only one can be shown.
    pub message: String,
    /// A few words for under the caret; may be empty.
    pub label: String,
    /// The other places that it takes to see what is wrong, each with a few words.
    pub related: Vec<(Place, String)>,
    /// How to put it right, where that is known.
    pub help: Option<String>,
    /// What would be right in this very place, where that is likely enough to suggest.
    pub fix: Option<Fix>,
}

/// A correction of the text at the place of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to write there.
    pub edit: Edit,
    /// Whether it can only be meant so: then `wigen check --fix` makes the correction.
    pub certain: bool,
}

/// What to write in the place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// This text; for a key without quotes, which it gets where it needs them.
    Text(String),
    /// The same text, in double quotes: `007` stays 007.
    Quotes,
}

/// Where a diagnostic points: at a node of the document by JSON pointer (RFC 6901), and, once the text
/// has been searched for it, at a range of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The node, as the document has it; empty for the whole document.
    pub pointer: String,
    /// Which part of the node is meant.
    pub target: Target,
    /// The range in the text; `None` until located, and for input that has no text.
    pub span: Option<Span>,
    /// The text that it is in, where that is another than the diagnostic's own.
    pub source: Option<Source>,
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

    /// The same, in another text.
    #[must_use]
    pub fn of(self, source: &Source) -> Self {
        Self { source: Some(source.clone()), ..self }
    }

    fn node(pointer: String, target: Target) -> Self {
        Self { pointer, target, span: None, source: None }
    }
}

impl Diagnostic {
    /// A finding without label, help or correction.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            place,
            message: message.into(),
            label: String::new(),
            related: Vec::new(),
            help: None,
            fix: None,
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

    /// Adds another place that matters, and what it has to do with it.
    #[must_use]
    pub fn related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push((place, label.into()));
        self
    }

    /// Adds the text that is probably meant here.
    #[must_use]
    pub fn replacement(mut self, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { edit: Edit::Text(text.into()), certain: false });
        self
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
    pub fn places_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        std::iter::once(&mut self.place).chain(self.related.iter_mut().map(|(place, _)| place))
    }

    /// The text to put into its place, as the language of the source writes it. There is none for a
    /// value that YAML writes as an alias, with a tag or as a block.
    pub fn replacement_in(&self, own: &Source) -> Option<String> {
        let old = self.source(own).text().get(self.place.span.clone()?)?;
        if self.place.target == Target::Value && old.starts_with(['*', '&', '!', '|', '>']) {
            return None;
        }
        Some(match (&self.fix.as_ref()?.edit, self.place.target) {
            (Edit::Quotes, _) => format!("\"{old}\""),
            (Edit::Text(text), Target::Value) => text.clone(),
            (Edit::Text(text), Target::Key) => {
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

/// Whether a text is a word, or a number in decimal notation.
fn is_plain(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = digits(whole) && digits(fraction);
    is_number || text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Puts diagnostics in the one order in which they are shown: by place in the text, then errors
/// before warnings, then by code and text; behind them those whose place is in another text. A finding
/// told twice is told once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| order(a).cmp(&order(b)));
    diagnostics.dedup();
}

type Order<'a> = (Option<&'a str>, Option<usize>, &'a str, Severity, Code, &'a str);

fn order(d: &Diagnostic) -> Order<'_> {
    let source = d.place.source.as_ref().map(Source::name);
    let start = d.place.span.as_ref().map(|span| span.start);
    (source, start, &d.place.pointer, d.severity, d.code, &d.message)
}

/// Tells findings apart that were told already: what is wrong with a text that specs share is found in
/// each of them, and is to be told once.
#[derive(Debug, Default)]
pub struct Once {
    told: HashSet<(String, Option<Span>, Code, String)>,
}

impl Once {
    /// Whether a finding was not told before. What has a place in a spec's own text is always new.
    pub fn is_new(&mut self, found: &Diagnostic) -> bool {
        let shared = found.related.iter().all(|(place, _)| place.source.is_some());
        match &found.place.source {
            Some(source) if shared => self.told.insert((
                source.name().to_owned(),
                found.place.span.clone(),
                found.code,
                found.message.clone(),
            )),
            _ => true,
        }
    }
}

/// A value as messages show it: in backticks, control characters escaped, long text cut.
pub fn quoted(value: &str) -> String {
    format!("`{}`", escaped(value, 60))
}

/// A name that is not our own, as a line shows it: as [`quoted`] without the backticks, and longer.
pub fn shown(name: &str) -> String {
    escaped(name, 120)
}

fn escaped(value: &str, longest: usize) -> String {
    let mut shown = String::new();
    for c in value.chars().take(longest) {
        if is_hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if value.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}

/// A text that is not our own, as a message may repeat it: cut where it is long.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
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
    candidates(word, known)
        .into_iter()
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether a misspelt word can mean only one of the known ones: it is one letter away, of a long word
/// two, and no other is as near.
pub fn is_unmistakable<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> bool {
    let most = if word.chars().count() < 8 { 1 } else { 2 };
    let mut distances: Vec<usize> =
        candidates(word, known).into_iter().map(|(distance, _)| distance).collect();
    distances.sort_unstable();
    match distances.as_slice() {
        [] => false,
        [only] => *only <= most,
        [first, second, ..] => first <= &most && first < second,
    }
}

/// The one known word that differs from another in the fewest characters, at most in so many.
pub fn nearest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Option<&'a str> {
    let mut best = (most + 1, None);
    for known in known.into_iter().filter(|known| known.len().abs_diff(word.len()) <= most) {
        let distance = strsim::damerau_levenshtein(word, known);
        if distance < best.0 {
            best = (distance, Some(known));
        } else if distance == best.0 {
            best.1 = None;
        }
    }
    best.1
}

/// The known key of labels or annotations that another is nearly. One that begins like them may differ
/// in more, and none differs in its punctuation alone.
pub fn nearest_key<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let letters = |key: &str| {
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let prefix = |key: &str| key.split_once('/').map(|(prefix, _)| prefix.to_owned());
    let begins_alike = known.iter().any(|known| prefix(known) == prefix(key));
    let slips = if begins_alike { key.len() / 3 } else { 4 };
    nearest(key, known.iter().copied(), slips)
        .or_else(|| known.iter().copied().find(|known| letters(known) == letters(key)))
}

/// Whether two words differ in their case, underscores and hyphens alone.
pub fn same_but_for_case(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace(['_', '-'], "")
}

fn candidates<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let misspelt = folded(word);
    let length = misspelt.chars().count();
    known
        .into_iter()
        .filter_map(|known| {
            let most = (known.len().max(word.len()) / 3).max(1);
            let candidate = folded(known);
            // To compare a word of a megabyte with each takes its time.
            if candidate.chars().count().abs_diff(length) > most {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&misspelt, &candidate);
            (distance <= most).then_some((distance, known))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_hold_no_control_characters() {
        assert_eq!(quoted("a\u{1b}[31m\n"), "`a\\u{1b}[31m\\n`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
        assert_eq!(shortened("a b"), "a b");
        assert_eq!(shortened(&"é".repeat(201)), format!("{}…", "é".repeat(200)));
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
        assert_eq!(similar(&"x".repeat(1 << 20), known), None);
        assert!(is_unmistakable("regoin", known));
        assert!(!is_unmistakable("ac", ["ab", "ad"]));
        assert_eq!(nearest("zoen", known, 2), Some("zone"));
        assert_eq!(nearest("ac", ["ab", "ad"], 2), None);
        assert!(same_but_for_case("display_Name", "displayName"));
        assert!(!same_but_for_case("displayNames", "displayName"));
    }

    #[test]
    fn a_correction_is_written_as_the_source_writes() {
        let source = Source::new("a.toml", "'nmae' = 007\nregoin = 1");
        let at = |place: Place, span: Span| Place { span: Some(span), ..place };
        let of = |place: Place, edit: Edit| {
            Diagnostic::new(Code::UnknownKey, place, "m").certainly(edit).replacement_in(&source)
        };
        let key = |span: Span| at(Place::key(""), span);
        let text = |text: &str| Edit::Text(text.to_owned());
        assert_eq!(of(key(0..6), text("name")).unwrap(), "'name'");
        assert_eq!(of(key(13..19), text("region")).unwrap(), "region");
        assert_eq!(of(key(13..19), text("a/b")).unwrap(), "\"a/b\"");
        assert_eq!(of(at(Place::value(""), 9..12), Edit::Quotes).unwrap(), "\"007\"");
        assert_eq!(of(Place::key("/nmae"), text("name")), None);
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
