//! The words of the commands of a script.

use super::quoting::{Construct, Kind, Part, parts};
use crate::diagnostics::source::Span;

/// A simple command, or the words of a compound one up to where the next command begins.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) words: Vec<Word>,
    /// The operator that ends it: `&&`, `||`, `;`, `|`, `&`, a parenthesis or a newline.
    pub(crate) end: &'static str,
    /// The words after `<` and `<<<`, which name or are its input.
    pub(super) inputs: Vec<Word>,
    /// The ranges of the here-documents of its line, if it ends the line.
    pub(crate) documents: Vec<Span>,
}

/// A word of a command, before bash expands it.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) span: Span,
    /// At least one.
    pub(crate) pieces: Vec<Piece>,
}

/// A part of a word.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Variable {
        name: String,
        is_quoted: bool,
        /// Its value if the variable is not set, and whether the variable is set to it.
        default: Option<(String, bool)>,
    },
    /// The elements of an array: `(a b)`.
    Array(Vec<Word>),
    /// What is computed when it runs.
    Unknown,
}

/// All commands of a script. Those in `$(…)` come before the one around them.
pub(crate) fn commands(text: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut open = vec![OpenCommand::default()];
    for part in parts(text) {
        let Some(inner) = open.last_mut() else { break };
        let is_closed = inner.add(text, &part, &mut commands);
        match part.kind {
            Kind::Open(Construct::Commands(..)) => open.push(OpenCommand::default()),
            Kind::Open(Construct::Array(_)) => {
                open.push(OpenCommand { is_array: true, ..OpenCommand::default() });
            }
            Kind::Close if is_closed => close(&mut open, part.span.end, &mut commands),
            _ => {}
        }
    }
    while !open.is_empty() {
        close(&mut open, text.len(), &mut commands);
    }
    commands
}

/// Ends the innermost command, which is a part of the word around it.
fn close(open: &mut Vec<OpenCommand>, end: usize, commands: &mut Vec<Command>) {
    let Some(mut inner) = open.pop() else { return };
    inner.end("\n", commands);
    let Some(word) = open.last_mut().and_then(|outer| outer.word.as_mut()) else { return };
    word.span.end = end;
    if inner.is_array
        && let Some(last) = word.pieces.last_mut()
    {
        *last = Piece::Array(inner.words);
    }
}

/// A command that is being read.
#[derive(Debug, Default)]
struct OpenCommand {
    /// Whether it is not a command, but the elements of an array.
    is_array: bool,
    words: Vec<Word>,
    /// The word that is being read.
    word: Option<Word>,
    is_quoted: bool,
    /// How many constructs are open that the words say nothing of.
    opaque: usize,
    inputs: Vec<Word>,
    /// Whether the next word is an input (`true`), or a file to write.
    redirection: Option<bool>,
}

impl OpenCommand {
    /// Adds a part of the text. Returns whether it closes `$(…)` around this command.
    fn add(&mut self, text: &str, part: &Part<'_>, commands: &mut Vec<Command>) -> bool {
        match part.kind {
            Kind::Close if self.opaque > 0 => self.opaque -= 1,
            Kind::Close if self.is_quoted => self.is_quoted = false,
            Kind::Close => return true,
            Kind::Open(construct) if self.opaque > 0 => {
                let is_command = matches!(construct, Construct::Commands(..) | Construct::Array(_));
                self.opaque += usize::from(!is_command);
            }
            _ if self.opaque > 0 => {}
            Kind::Text(more) | Kind::Quoted(more) | Kind::Unclear(more) => {
                self.push_text(&part.span, more);
            }
            Kind::Variable(name) => self.push(&part.span, Piece::variable(name, self.is_quoted)),
            Kind::Unknown => {
                let piece = Piece::special(&text[part.span.clone()], self.is_quoted);
                self.push(&part.span, piece);
            }
            Kind::Open(Construct::Commands(..) | Construct::Array(_)) => {
                self.push(&part.span, Piece::Unknown);
            }
            Kind::Open(Construct::Quotes) => {
                self.push_text(&part.span, "");
                self.is_quoted = true;
            }
            Kind::Open(Construct::Arithmetic(_)) => {
                self.push(&part.span, Piece::Unknown);
                self.opaque = 1;
            }
            Kind::Open(Construct::Parameter) => {
                self.push(&part.span, Piece::parameter(&text[part.span.end..], self.is_quoted));
                self.opaque = 1;
            }
            Kind::Continuation => {}
            Kind::HereDocument if !text[part.span.clone()].starts_with("<<") => {
                if let Some(command) = commands.last_mut() {
                    command.documents.push(part.span.clone());
                }
            }
            Kind::Blank | Kind::Comment | Kind::HereDocument => self.end_word(),
            Kind::Redirection => {
                self.end_word();
                self.redirection = Some(text[part.span.clone()].starts_with('<'));
            }
            Kind::End(end) => self.end(end, commands),
        }
        if let Some(word) = &mut self.word {
            word.span.end = part.span.end;
        }
        false
    }

    fn push(&mut self, span: &Span, piece: Piece) {
        let word = self.word.get_or_insert_with(|| Word { span: span.clone(), pieces: Vec::new() });
        match (word.pieces.last_mut(), piece) {
            (Some(Piece::Text(last)), Piece::Text(more)) => last.push_str(&more),
            (_, piece) => word.pieces.push(piece),
        }
    }

    fn push_text(&mut self, span: &Span, more: &str) {
        self.push(span, Piece::Text(more.to_owned()));
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        match self.redirection.take() {
            None => self.words.push(word),
            Some(true) => self.inputs.push(word),
            Some(false) => {}
        }
    }

    fn end(&mut self, end: &'static str, commands: &mut Vec<Command>) {
        self.end_word();
        self.redirection = None;
        if !self.is_array {
            let words = std::mem::take(&mut self.words);
            let inputs = std::mem::take(&mut self.inputs);
            commands.push(Command { words, end, inputs, documents: Vec::new() });
        }
    }
}

impl Piece {
    fn variable(name: &str, is_quoted: bool) -> Self {
        Self::Variable { name: name.to_owned(), is_quoted, default: None }
    }

    /// The piece for `$1` and `$@`: a variable with this name, and one with all elements of the array `@`.
    fn special(text: &str, is_quoted: bool) -> Self {
        match &text[1..] {
            "@" | "*" => Self::variable("@[@]", is_quoted),
            name if name.starts_with(|c: char| c.is_ascii_digit()) => {
                Self::variable(name, is_quoted)
            }
            _ => Self::Unknown,
        }
    }

    /// The piece for `${…}`, by the string after the brace.
    fn parameter(inner: &str, is_quoted: bool) -> Self {
        let length = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (name, more) = inner.split_at(length.unwrap_or(inner.len()));
        if ["}", ":?", "?"].iter().any(|start| more.starts_with(start)) {
            return Self::variable(name, is_quoted);
        }
        if let Some((index, rest)) = more.strip_prefix('[').and_then(|more| more.split_once(']')) {
            let index = if index == "*" { "@" } else { index };
            let is_simple = index == "@" || index.bytes().all(|b| b.is_ascii_digit());
            let is_whole = rest.starts_with('}') && is_simple;
            return if is_whole {
                Self::variable(&format!("{name}[{index}]"), is_quoted)
            } else {
                Self::Unknown
            };
        }
        let operators = [":-", "-", ":=", "="].into_iter();
        let mut defaults =
            operators.filter_map(|one| Some((more.strip_prefix(one)?, one.ends_with('='))));
        let default = defaults.next().filter(|_| !name.is_empty());
        let default = default.and_then(|(rest, sets)| Some((default_value(rest)?, sets)));
        match default {
            Some(_) => Self::Variable { name: name.to_owned(), is_quoted, default },
            None => Self::Unknown,
        }
    }
}

/// The default in `${NAME:-…}`, if it is no command.
fn default_value(rest: &str) -> Option<String> {
    let mut depth = 1;
    let end = rest.char_indices().find(|(at, c)| {
        depth += i32::from(*c == '{' && rest[..*at].ends_with('$'));
        depth -= i32::from(*c == '}');
        depth == 0
    });
    let value = rest[..end?.0].trim_matches(['"', '\'']);
    (!value.contains('`') && !value.contains("$(")).then(|| value.to_owned())
}
