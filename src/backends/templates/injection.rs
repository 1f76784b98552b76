//! Whether a template prints values as whole scalars of YAML and whole words of bash: what is glued
//! to a text around it (`"{{ name }}"`) would be another value, or a command.

use minijinja::{Environment, Error as TemplateError, ErrorKind, OutputSpan, OutputSpanKind};

use super::error::Fault;
use super::provenance::Printed;
use super::set::is_yaml;
use crate::backends::gcloud::quote::is_bare;
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::text;

/// A value that is not whole where it is printed.
#[derive(Debug)]
pub(super) struct Wrong {
    span: OutputSpan,
    message: String,
    help: &'static str,
}

impl Wrong {
    /// The same at its place in the template, as an error that stops it.
    pub(super) fn at(self, environment: &Environment<'_>) -> TemplateError {
        let text = environment
            .get_template(self.span.name())
            .map_or(String::new(), |template| template.source().to_owned());
        let template = Source::new(self.span.name(), text);
        let place = Place::text(template.clamp(self.span.source_range()));
        let diagnostic = Diagnostic::new(Code::TemplateValue, place, self.message).help(self.help);
        let what = diagnostic.message.clone();
        TemplateError::new(ErrorKind::BadSerialization, what)
            .with_source(Fault { template, diagnostic })
    }
}

/// The first value of a template's output that is not whole.
pub(super) fn check(template: &str, printed: &Printed) -> Option<Wrong> {
    let expressions = printed.spans.iter().filter(|span| span.kind() == OutputSpanKind::Expression);
    if is_yaml(template) {
        yaml(&printed.text, expressions)
    } else {
        shell(&printed.text, expressions)
    }
}

fn wrong(span: &OutputSpan, text: &str, what: &str, help: &'static str) -> Wrong {
    let shown = text[span.output_range()].trim();
    Wrong { span: span.clone(), message: format!("{} is printed {what}", quoted(shown)), help }
}

fn yaml<'a>(text: &str, expressions: impl Iterator<Item = &'a OutputSpan>) -> Option<Wrong> {
    const HELP: &str = "print a value alone, without quotes: `key: {{ value }}`; join texts with `~`, as in `{{ name ~ \"-cache\" }}`";
    // What cannot be read is told when the whole artifact is read back.
    let scalars = text::scalars(&Source::new("part.yaml", text))?;
    for span in expressions {
        let range = span.output_range();
        let printed = &text[range.clone()];
        let is_whole = if printed.starts_with(['\n', ' ']) {
            // A block stands behind the colon or hyphen of what it is the value of.
            let before = text[..range.start].chars().next_back();
            let after = text[range.end..].chars().next();
            before.is_none_or(|c| c == ':' || c == '-') && after.is_none_or(|c| c == '\n')
        } else {
            scalars
                .binary_search_by_key(&range.start, |scalar| scalar.start)
                .is_ok_and(|index| scalars[index].end == range.end)
                || is_in_comment(text, &range, &scalars)
        };
        if !is_whole {
            return Some(wrong(span, text, "inside of another text", HELP));
        }
    }
    None
}

/// Whether a range stands behind the `#` of a comment.
fn is_in_comment(text: &str, range: &Span, scalars: &[Span]) -> bool {
    let line = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..range.start];
    let marks = before.match_indices('#').map(|(at, _)| at);
    let mut marks =
        marks.filter(|at| before[..*at].chars().next_back().is_none_or(char::is_whitespace));
    // A mark in a text is none: the last scalar that begins before it must have ended.
    marks.any(|at| {
        let at = line + at;
        let next = scalars.partition_point(|scalar| scalar.start <= at);
        next.checked_sub(1).is_none_or(|last| scalars[last].end <= at)
    })
}

fn shell<'a>(text: &str, expressions: impl Iterator<Item = &'a OutputSpan>) -> Option<Wrong> {
    const HELP: &str = "print a value as a word, without quotes: `NAME={{ value }}`, and then \"$NAME\" in quotes; join texts with `~`";
    let expressions: Vec<&OutputSpan> = expressions.collect();
    let starts = expressions.iter().map(|span| span.output_range().start);
    let words = Bash::words(text, starts.collect());
    let wrongly = expressions.into_iter().zip(words).find(|(span, is_word)| {
        // What is bare is the same text everywhere.
        !is_word && !is_bare(&text[span.output_range()])
    });
    wrongly.map(|(span, _)| wrong(span, text, "where bash reads no word", HELP))
}

/// What a reader of bash is inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Commands, where a word is a word: up to this character, with so many parentheses open.
    Commands(Option<u8>, usize),
    /// `"…"`
    Quotes,
    /// `${…}`
    Parameter,
    /// `$((…))` or `((…))`, with so many parentheses open.
    Arithmetic(usize),
}

/// Follows the quoting of a script, to tell of some places whether a word may begin there. In doubt
/// it may not.
struct Bash<'a> {
    text: &'a [u8],
    at: usize,
    inside: Vec<Inside>,
    /// The ends of the here-documents that begin on the next line, and whether their tabs count.
    documents: Vec<(Vec<u8>, bool)>,
    /// Whether nothing is certain any more.
    lost: bool,
    places: std::iter::Peekable<std::vec::IntoIter<usize>>,
    words: Vec<bool>,
}

impl<'a> Bash<'a> {
    /// For each place, in ascending order, whether bash reads a word there.
    fn words(text: &'a str, places: Vec<usize>) -> Vec<bool> {
        let mut bash = Self {
            text: text.as_bytes(),
            at: 0,
            inside: vec![Inside::Commands(None, 0)],
            documents: Vec::new(),
            lost: false,
            words: Vec::with_capacity(places.len()),
            places: places.into_iter().peekable(),
        };
        while bash.at < bash.text.len() {
            bash.step();
        }
        bash.to(usize::MAX, false);
        bash.words
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Goes on to a place; what is asked of on the way there has this answer.
    fn to(&mut self, end: usize, is_word: bool) {
        while self.places.next_if(|place| *place < end).is_some() {
            self.words.push(is_word && !self.lost);
        }
        self.at = end.min(self.text.len());
    }

    /// Goes over what stands here; no word begins within it.
    fn over(&mut self, length: usize) {
        self.to(self.at + length, false);
    }

    /// Goes behind the next such byte that no backslash escapes.
    fn behind(&mut self, end: u8, escapes: bool) {
        let mut at = self.at;
        while at < self.text.len() && self.text[at] != end {
            at += if escapes && self.text[at] == b'\\' { 2 } else { 1 };
        }
        self.to(at + 1, false);
    }

    fn step(&mut self) {
        let inside = *self.inside.last().unwrap_or(&Inside::Quotes);
        let in_commands = matches!(inside, Inside::Commands(..));
        let before = self.at.checked_sub(1).map_or(b'\n', |at| self.text[at]);
        // The byte itself may be a place; after a dollar quotes are quotes of another kind.
        self.to(self.at, false);
        if self.places.next_if_eq(&self.at).is_some() {
            self.words.push(in_commands && before != b'$' && !self.lost);
        }
        let rest = self.rest();
        match rest {
            [b'\\', ..] => self.over(2),
            [b'$', b'(', b'(', ..] => self.enter(3, Inside::Arithmetic(0)),
            [b'$', b'(', ..] => self.enter(2, Inside::Commands(Some(b')'), 0)),
            [b'$', b'{', ..] => self.enter(2, Inside::Parameter),
            // An old way to write arithmetic.
            [b'$', b'[', ..] => self.give_up(2),
            [b'`', ..] if matches!(inside, Inside::Commands(Some(b'`'), _)) => self.leave(1),
            [b'`', ..] => self.enter(1, Inside::Commands(Some(b'`'), 0)),
            [b'"', ..] if inside == Inside::Quotes => self.leave(1),
            [b'"', ..] => self.enter(1, Inside::Quotes),
            _ if inside == Inside::Quotes => self.over(1),
            [b'}', ..] if inside == Inside::Parameter => self.leave(1),
            [b')', b')', ..] if inside == Inside::Arithmetic(0) => self.leave(2),
            [b'(' | b')', ..] if !in_commands => self.parenthesis(rest[0] == b'('),
            [b'$', b'\'', ..] if in_commands => {
                self.over(2);
                self.behind(b'\'', true);
            }
            [b'\'', ..] => {
                self.over(1);
                self.behind(b'\'', false);
            }
            _ if !in_commands => self.over(1),
            [b'#', ..] if before.is_ascii_whitespace() || b";&|(".contains(&before) => {
                let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                self.to(self.at + end, true);
            }
            [b'(', b'(', ..] => self.enter(2, Inside::Arithmetic(0)),
            [b'(', ..] => self.parenthesis(true),
            [b')', ..] => self.parenthesis(false),
            [b'<', b'<', b'<', ..] => self.over(3),
            [b'<', b'<', ..] => self.document(),
            [b'\n', ..] => {
                self.over(1);
                self.documents_here();
            }
            // The patterns of a `case` end in parentheses that nothing opens.
            [b'c', b'a', b's', b'e', b' ', ..] if self.inside.len() > 1 => self.give_up(5),
            _ => self.over(1),
        }
    }

    fn enter(&mut self, length: usize, inside: Inside) {
        self.over(length);
        self.inside.push(inside);
    }

    fn give_up(&mut self, length: usize) {
        self.lost = true;
        self.over(length);
    }

    fn leave(&mut self, length: usize) {
        self.over(length);
        self.inside.pop();
    }

    fn parenthesis(&mut self, opens: bool) {
        match self.inside.last_mut() {
            Some(Inside::Commands(Some(b')'), 0)) if !opens => return self.leave(1),
            Some(Inside::Commands(Some(_), open) | Inside::Arithmetic(open)) => {
                *open = if opens { *open + 1 } else { open.saturating_sub(1) };
            }
            _ => {}
        }
        self.over(1);
    }

    /// Notes a here-document: `<<END`, `<<-END`, `<<'END'`.
    fn document(&mut self) {
        self.over(2);
        let tabs = self.rest().first() == Some(&b'-');
        self.over(usize::from(tabs));
        let blanks = self.rest().iter().take_while(|b| **b == b' ').count();
        self.over(blanks);
        let length = self.rest().iter().take_while(|b| !b" \t\n;&|<>()".contains(*b)).count();
        let word = &self.rest()[..length];
        let end = word.iter().copied().filter(|b| !b"'\"\\".contains(b)).collect();
        self.documents.push((end, tabs));
        self.over(length);
    }

    /// Goes over the here-documents that begin on this line.
    fn documents_here(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.documents) {
            loop {
                let rest = self.rest();
                let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                let line = &rest[..length];
                let skipped = line.iter().take_while(|b| tabs && **b == b'\t').count();
                let is_end = line[skipped..] == end || rest.is_empty();
                self.over(length + 1);
                if is_end {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether bash reads a word where the text has an `@`.
    fn words(text: &str) -> Vec<bool> {
        Bash::words(text, text.match_indices('@').map(|(at, _)| at).collect())
    }

    #[test]
    fn words_of_bash_are_told_from_what_is_none() {
        let all = |text: &str, expected: bool| {
            let found = words(text);
            assert!(!found.is_empty());
            assert!(found.iter().all(|is| *is == expected), "{text}: {found:?}");
        };
        for word in [
            "a=@ b @ --c=@ 'x'@ \"x\"@",
            "x $(a @ (b @) @) @",
            "x \"$(a @ \"b\" @)\" @",
            "# it's @ \"@",
            "x # it's @\ny @",
            "cat <<END\nit's\nEND\n@",
            "cat <<-'END' @\n\tit's $(\n\tEND\n@",
            "cat <<< x @ '\n' @",
            "x `a @` @",
            "x ${a:-\"b\"} @ ${#a} @",
            "x $'it\\'s' @",
            "x $(( 1 + 2 )) @ $((1)) @",
            "case x in a) @ ;; esac",
            "f() { @; }",
        ] {
            all(word, true);
        }
        for none in [
            "\"@\" '@' $'@' $@ \\@",
            "\"a $(b) @\"",
            "\"a `b` @\"",
            "cat <<END\n@\n$(x @)\nEND\n",
            "cat <<-END\n@\n\tEND\n",
            "x ${a:-@} \"${a:-@}\"",
            "x $(( @ )) (( @ )) $(( ((1)) * @ )) $[ @ ]",
            "x $(case a in a) echo;; esac @)",
            "\"it's @\"",
        ] {
            all(none, false);
        }
    }
}
