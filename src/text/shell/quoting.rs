//! Follows the quoting of a script: which construct each part of the text belongs to.

use Construct::{Arithmetic, Array, Commands, Parameter, Quotes};

use crate::diagnostics::source::Span;

/// A part of a script. The parts of a script follow each other without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part<'t> {
    pub(super) span: Span,
    pub(super) kind: Kind<'t>,
    /// Whether it stands in commands, and not in quotes or the like.
    in_commands: bool,
}

/// What a part of a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// Characters that stand for themselves.
    Text(&'t str),
    /// The string that an escape or single quotes stand for.
    Quoted(&'t str),
    /// `$NAME`
    Variable(&'t str),
    /// A string that only bash can tell: `$1`, `$'…'`.
    Unknown,
    /// The start of a construct that ends with [`Kind::Close`], or with the script.
    Open(Construct),
    Close,
    Blank,
    /// A line continuation: `\` and a newline.
    Continuation,
    Comment,
    /// What ends a command.
    End(&'static str),
    /// `<`, `>`, `>&` and the like.
    Redirection,
    /// `<<END`, and the lines up to `END`.
    HereDocument,
    /// Text after which this reader may have lost track of the quoting.
    Unclear(&'t str),
}

/// A construct, with the number of plain parentheses that are open in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Construct {
    /// `$(…)` or `` `…` ``, by the character that ends it.
    Commands(char, usize),
    /// `NAME=(…)`
    Array(usize),
    /// `"…"`
    Quotes,
    /// `${…}`
    Parameter,
    /// `$((…))` or `((…))`
    Arithmetic(usize),
}

/// For each of some ascending positions, whether bash reads a word that begins there. In doubt it
/// does not.
pub(crate) fn is_word_at(text: &str, positions: impl IntoIterator<Item = usize>) -> Vec<bool> {
    let mut parts = parts(text);
    let mut part = parts.next();
    let mut is_clear = true;
    let mut found = Vec::new();
    for position in positions {
        while let Some(passed) = part.as_ref().filter(|part| part.span.end <= position) {
            is_clear &= !matches!(passed.kind, Kind::Unclear(_));
            part = parts.next();
        }
        let is_after_dollar = text.get(..position).is_some_and(|text| text.ends_with('$'));
        found.push(
            is_clear
                && part.as_ref().is_some_and(|part| part.can_begin_word(position, is_after_dollar)),
        );
    }
    found
}

impl Part<'_> {
    fn can_begin_word(&self, position: usize, is_after_dollar: bool) -> bool {
        self.in_commands
            && match self.kind {
                Kind::Comment => true,
                // With the dollar sign, quotes are quotes of another kind.
                _ if is_after_dollar => false,
                Kind::Text(_) | Kind::Blank => true,
                Kind::HereDocument => false,
                _ => position == self.span.start,
            }
    }
}

/// What ends a command, longer ones first.
const ENDS: [&str; 8] = ["&&", "||", "\n", ";", "|", "&", "(", ")"];

pub(super) fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let (open, documents) = (Vec::new(), Vec::new());
    let mut reader = Reader { text, at: 0, open, documents, is_new_line: false };
    std::iter::from_fn(move || reader.part())
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Construct>,
    /// The ends of the here-documents that begin on the next line, and whether tabs before them are
    /// dropped.
    documents: Vec<(String, bool)>,
    /// Whether a newline has just ended a command.
    is_new_line: bool,
}

impl<'t> Reader<'t> {
    fn part(&mut self) -> Option<Part<'t>> {
        if self.at == self.text.len() {
            return None;
        }
        let start = self.at;
        let in_commands = matches!(self.open.last(), None | Some(Commands(..) | Array(_)));
        let (length, kind) = if self.is_new_line && !self.documents.is_empty() {
            (self.documents_length(), Kind::HereDocument)
        } else {
            self.next(&self.text[start..])
        };
        self.at += length;
        self.is_new_line = kind == Kind::End("\n");
        Some(Part { span: start..self.at, kind, in_commands })
    }

    /// The length and kind of the part that begins here.
    fn next(&mut self, rest: &'t str) -> (usize, Kind<'t>) {
        let inside = self.open.last().copied().unwrap_or(Commands('\0', 0));
        let is = |start: &str| rest.starts_with(start);
        match inside {
            _ if is("\\") => escape(rest, inside == Quotes),
            _ if is("$((") => self.enter(3, Arithmetic(0)),
            _ if is("$(") => self.enter(2, Commands(')', 0)),
            _ if is("${") => self.enter(2, Parameter),
            // An old way to write arithmetic.
            _ if is("$[") => (2, Kind::Unclear(&rest[..2])),
            Commands('`', _) if is("`") => self.leave(1),
            _ if is("`") => self.enter(1, Commands('`', 0)),
            Quotes if is("\"") => self.leave(1),
            _ if is("\"") => self.enter(1, Quotes),
            Parameter if is("}") => self.leave(1),
            Arithmetic(0) if is("))") => self.leave(2),
            Arithmetic(_) if is("(") || is(")") => {
                self.count(rest);
                (1, Kind::Text(&rest[..1]))
            }
            Commands(..) | Array(_) => self.in_commands(rest),
            Parameter | Arithmetic(_) if is("'") => single_quoted(rest),
            _ if is("$") => variable(rest),
            _ => {
                let length = rest.find(|c| "\\$`\"'(){}".contains(c)).unwrap_or(rest.len()).max(1);
                (length, Kind::Text(&rest[..length]))
            }
        }
    }

    fn in_commands(&mut self, rest: &'t str) -> (usize, Kind<'t>) {
        let before = self.text[..self.at].chars().next_back().unwrap_or('\n');
        let first = rest.chars().next().unwrap_or_default();
        match first {
            '\'' => single_quoted(rest),
            '$' if rest.starts_with("$'") => escaped_quotes(rest),
            '$' if rest.starts_with("$\"") => self.enter(2, Quotes),
            '$' => variable(rest),
            '#' if before.is_ascii_whitespace() || ";&|(".contains(before) => {
                (rest.find('\n').unwrap_or(rest.len()), Kind::Comment)
            }
            '(' if rest.starts_with("((") => self.enter(2, Arithmetic(0)),
            '(' if before == '=' && !matches!(self.open.last(), Some(Commands('`', _))) => {
                self.enter(1, Array(0))
            }
            ')' if matches!(self.open.last(), Some(Commands(')', 0) | Array(0))) => self.leave(1),
            '<' if rest.starts_with("<<<") => (3, Kind::Redirection),
            '<' if rest.starts_with("<<") => self.document(rest),
            '<' | '>' => (1 + usize::from(rest[1..].starts_with('&')), Kind::Redirection),
            c if c.is_ascii_whitespace() && c != '\n' => {
                let more = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() && c != '\n');
                (rest.len() - more.len(), Kind::Blank)
            }
            _ => {
                if let Some(end) = ENDS.into_iter().find(|end| rest.starts_with(end)) {
                    self.count(rest);
                    return (end.len(), Kind::End(end));
                }
                let is_special = |c: char| c.is_ascii_whitespace() || "\\$`\"'()<>;|&".contains(c);
                let text = &rest[..rest.find(is_special).unwrap_or(rest.len())];
                // The patterns of a `case` end in parentheses that nothing opens.
                let is_unclear = text == "case" && !self.open.is_empty();
                (text.len(), if is_unclear { Kind::Unclear(text) } else { Kind::Text(text) })
            }
        }
    }

    fn enter(&mut self, length: usize, construct: Construct) -> (usize, Kind<'t>) {
        self.open.push(construct);
        (length, Kind::Open(construct))
    }

    fn leave(&mut self, length: usize) -> (usize, Kind<'t>) {
        self.open.pop();
        (length, Kind::Close)
    }

    /// Counts a parenthesis that belongs to the construct around it.
    fn count(&mut self, rest: &str) {
        if let Some(Commands(_, count) | Array(count) | Arithmetic(count)) = self.open.last_mut() {
            match rest.as_bytes().first() {
                Some(b'(') => *count += 1,
                Some(b')') => *count = count.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Notes a here-document: `<<END`, `<<-END`, `<<'END'`.
    fn document(&mut self, rest: &'t str) -> (usize, Kind<'t>) {
        let tabs = rest[2..].starts_with('-');
        let word = rest[2 + usize::from(tabs)..].trim_start_matches(' ');
        let length = word.find(|c| " \t\n;&|<>()".contains(c)).unwrap_or(word.len());
        let end = word[..length].chars().filter(|c| !"'\"\\".contains(*c)).collect();
        self.documents.push((end, tabs));
        (rest.len() - word.len() + length, Kind::HereDocument)
    }

    /// The length of the here-documents that begin here.
    fn documents_length(&mut self) -> usize {
        let mut rest = &self.text[self.at..];
        for (end, tabs) in std::mem::take(&mut self.documents) {
            while !rest.is_empty() {
                let (line, more) = rest.split_once('\n').unwrap_or((rest, ""));
                rest = more;
                if line == end || (tabs && line.trim_start_matches('\t') == end) {
                    break;
                }
            }
        }
        self.text.len() - self.at - rest.len()
    }
}

/// A backslash and what it escapes. In quotes it escapes few characters.
fn escape(rest: &str, in_quotes: bool) -> (usize, Kind<'_>) {
    let escaped = rest[1..].chars().next().map_or("", |c| &rest[1..=c.len_utf8()]);
    let length = 1 + escaped.len();
    match escaped {
        "\n" => (length, Kind::Continuation),
        "\r" if rest.starts_with("\\\r\n") => (3, Kind::Continuation),
        _ if in_quotes && !"$`\"\\".contains(escaped) => (length, Kind::Quoted(&rest[..length])),
        _ => (length, Kind::Quoted(escaped)),
    }
}

/// A string in single quotes.
fn single_quoted(rest: &str) -> (usize, Kind<'_>) {
    let length = rest[1..].find('\'').unwrap_or(rest.len() - 1);
    ((length + 2).min(rest.len()), Kind::Quoted(&rest[1..=length]))
}

/// `$'…'`, in which a backslash escapes a quote.
fn escaped_quotes(rest: &str) -> (usize, Kind<'_>) {
    let mut chars = rest[2..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\'' => return (2 + at + 1, Kind::Unknown),
            _ => {}
        }
    }
    (rest.len(), Kind::Unknown)
}

/// A dollar sign that starts no construct.
fn variable(rest: &str) -> (usize, Kind<'_>) {
    let name = &rest[1..];
    let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    if length > 0 && !name.starts_with(|c: char| c.is_ascii_digit()) {
        (1 + length, Kind::Variable(&name[..length]))
    } else if name.starts_with(|c: char| c.is_ascii_digit() || "@*#?$!-".contains(c)) {
        (2, Kind::Unknown)
    } else {
        (1, Kind::Text("$"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_begins_only_in_commands() {
        let all = |text: &str, expected: bool| {
            let found = is_word_at(text, text.match_indices('@').map(|(at, _)| at));
            assert!(!found.is_empty());
            assert!(found.iter().all(|is| *is == expected), "{text}: {found:?}");
        };
        for word in [
            "a=@ b @ --c=@ 'x'@ \"x\"@",
            "x $(a @ (b @) @) @",
            "x \"$(a @ \"b\" @)\" @",
            "# it's @ \"@ $@",
            "x # it's @\ny @",
            "cat <<END\nit's\nEND\n@",
            "cat <<-'END' @\n\tit's $(\n\tEND\n@",
            "cat <<END \\\n @ \nit's\nEND\n@",
            "cat <<< x @ '\n' @",
            "x `a @` @",
            "x ${a:-\"b\"} @ ${#a} @",
            "x $'it\\'s' @",
            "x $(( 1 + 2 )) @ $((1)) @",
            "case x in a) @ ;; esac",
            "f() { @; }",
            "a=(@ b @) @",
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
        assert_eq!(is_word_at("a", [0, 1, 9]), [true, false, false]);
    }

    #[test]
    fn the_parts_are_the_whole_text() {
        for text in ["", "é ä\\ö $é \"é\\é", "<<", "<<E$[\t\t", "$(`${$((", "\\", "'", "a\\\r\nb"]
        {
            let read: String = parts(text).map(|part| text[part.span].to_owned()).collect();
            assert_eq!(read, text);
        }
    }
}
