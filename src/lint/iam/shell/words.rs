//! The words of a shell script.

use crate::diagnostics::source::Span;

#[derive(Debug)]
pub(super) enum Token {
    Word(Span, Vec<Piece>),
    /// What ends a command.
    End(&'static str),
}

/// A part of a word.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Variable {
        name: String,
        quoted: bool,
    },
    /// What is computed when it runs.
    Unknown,
}

/// How deep commands in commands are read.
const DEEPEST: usize = 16;

/// What ends a command, longer ones first.
const ENDS: [&str; 8] = ["&&", "||", "\n", ";", "|", "&", "(", ")"];

pub(super) fn tokens(text: &str) -> Vec<Token> {
    tokens_from(text, 0, 0)
}

fn tokens_from(text: &str, at: usize, depth: usize) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        at,
        depth,
        tokens: Vec::new(),
        words: Vec::new(),
        nested: Vec::new(),
        heredocs: Vec::new(),
    };
    lexer.run();
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    tokens: Vec<Token>,
    /// The command that is being read.
    words: Vec<Token>,
    /// The commands in it, which are run before it.
    nested: Vec<Token>,
    /// The ends of the texts that begin after this line.
    heredocs: Vec<&'t str>,
}

/// A word that is being read.
#[derive(Default)]
struct Open {
    start: usize,
    pieces: Vec<Piece>,
}

impl Open {
    fn text(&mut self, text: &str) {
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
    }
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn run(&mut self) {
        while self.at < self.text.len() {
            let rest = self.rest();
            let next = rest.chars().next().unwrap_or_default();
            if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") {
                self.at += rest.find('\n').unwrap_or_default() + 1;
            } else if next == '#' {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("<<") && !rest.starts_with("<<<") {
                self.heredoc();
            } else if next == '<' || next == '>' {
                self.redirection();
            } else if let Some(end) = ENDS.into_iter().find(|end| rest.starts_with(end)) {
                self.end(end);
                self.at += end.len();
                if end == "\n" {
                    self.skip_heredocs();
                }
            } else if next.is_whitespace() {
                self.at += next.len_utf8();
            } else {
                self.word();
            }
        }
        self.end("\n");
    }

    fn end(&mut self, end: &'static str) {
        self.tokens.append(&mut self.nested);
        self.tokens.append(&mut self.words);
        self.tokens.push(Token::End(end));
    }

    /// Passes over where a command reads or writes; `<(…)` is a command.
    fn redirection(&mut self) {
        let rest = self.rest().trim_start_matches(['<', '>', '&']).trim_start_matches(' ');
        self.at = self.text.len() - rest.len();
        if rest.starts_with(|c: char| !c.is_whitespace() && !";|()".contains(c)) {
            self.word();
            self.words.pop();
        }
    }

    fn heredoc(&mut self) {
        let rest = self.rest()[2..].trim_start_matches(['-', ' ']);
        let start = self.text.len() - rest.len();
        let length = rest.find(|c: char| c.is_whitespace() || ";|&<>()".contains(c));
        let word = &rest[..length.unwrap_or(rest.len())];
        self.heredocs.push(word.trim_matches(['"', '\'', '\\']));
        self.at = start + word.len();
    }

    fn skip_heredocs(&mut self) {
        for end in std::mem::take(&mut self.heredocs) {
            // Without its end it was none: a shift in an arithmetic expression.
            let mut at = self.at;
            for line in self.rest().split_inclusive('\n') {
                at += line.len();
                if line.trim() == end {
                    self.at = at;
                    break;
                }
            }
        }
    }

    fn word(&mut self) {
        let mut open = Open { start: self.at, ..Open::default() };
        while let Some(next) = self.rest().chars().next() {
            let rest = self.rest();
            match next {
                '\\' if rest.starts_with("\\\n") => self.at += 2,
                '\\' => {
                    let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
                    open.text(&rest[1..=escaped]);
                    self.at += 1 + escaped;
                }
                '\'' => {
                    let length = rest[1..].find('\'').unwrap_or(rest.len() - 1);
                    open.text(&rest[1..=length]);
                    self.at = (self.at + length + 2).min(self.text.len());
                }
                '"' => self.quoted(&mut open),
                '$' | '`' => self.expansion(&mut open, false),
                '(' if self.text[open.start..self.at].ends_with('=') => {
                    self.at = self.closed(self.at + 1, ')');
                    open.pieces.push(Piece::Unknown);
                }
                c if c.is_whitespace() || ";|&()<>".contains(c) => break,
                c => {
                    open.text(&rest[..c.len_utf8()]);
                    self.at += c.len_utf8();
                }
            }
        }
        // What is nothing between quotes is a word too.
        if open.pieces.is_empty() {
            open.text("");
        }
        self.words.push(Token::Word(open.start..self.at, open.pieces));
    }

    fn quoted(&mut self, open: &mut Open) {
        self.at += 1;
        open.text("");
        while let Some(next) = self.rest().chars().next() {
            match next {
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' => {
                    let escaped = self.rest()[1..].chars().next().unwrap_or_default();
                    if !"$`\"\\\n".contains(escaped) {
                        open.text("\\");
                    }
                    if escaped != '\n' && escaped != '\0' {
                        open.text(escaped.encode_utf8(&mut [0; 4]));
                    }
                    self.at = (self.at + 1 + escaped.len_utf8()).min(self.text.len());
                }
                '$' | '`' => self.expansion(open, true),
                c => {
                    open.text(&self.rest()[..c.len_utf8()]);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn expansion(&mut self, open: &mut Open, quoted: bool) {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if let Some(inner) = rest.strip_prefix("${") {
            let length = inner.find(|c| !is_part(c)).unwrap_or(inner.len());
            let name = inner[..length].to_owned();
            // Without anything else it is the variable as it is.
            open.pieces.push(match &inner[length..] {
                more if more.starts_with('}')
                    || more.starts_with(":-")
                    || more.starts_with(":?") =>
                {
                    Piece::Variable { name, quoted }
                }
                _ => Piece::Unknown,
            });
            self.at = self.closed(self.at + 2, '}');
        } else if rest.starts_with("$((") {
            self.at = self.closed(self.at + 2, ')');
            open.pieces.push(Piece::Unknown);
        } else if rest.starts_with("$(") || rest.starts_with('`') {
            let (start, close) = if rest.starts_with('`') {
                let start = self.at + 1;
                (start, self.text[start..].find('`').map_or(self.text.len(), |at| start + at + 1))
            } else {
                (self.at + 2, self.closed(self.at + 2, ')'))
            };
            // It is run first.
            if self.depth < DEEPEST {
                let end = if close > start { close - 1 } else { start };
                let inner = self.text.get(..end).unwrap_or(self.text);
                let nested = tokens_from(inner, start.min(inner.len()), self.depth + 1);
                self.nested.extend(nested);
            }
            self.at = close;
            open.pieces.push(Piece::Unknown);
        } else if rest.starts_with("$'") && !quoted {
            let length = rest[2..].find('\'').unwrap_or(rest.len() - 2);
            open.pieces.push(Piece::Unknown);
            self.at = (self.at + length + 3).min(self.text.len());
        } else {
            let length = rest[1..].find(|c| !is_part(c)).unwrap_or(rest.len() - 1);
            if length > 0 && !rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
                open.pieces.push(Piece::Variable { name: rest[1..=length].to_owned(), quoted });
                self.at += 1 + length;
            } else if rest[1..].starts_with(|c: char| c.is_ascii_digit() || "@*#?$!-".contains(c)) {
                open.pieces.push(Piece::Unknown);
                self.at += 2;
            } else {
                open.text("$");
                self.at += 1;
            }
        }
    }

    /// Where what is open here is closed, behind it.
    fn closed(&self, from: usize, close: char) -> usize {
        let mut depth = 1;
        let mut quote = None;
        let mut chars = self.text[from..].char_indices();
        while let Some((at, c)) = chars.next() {
            match (quote, c) {
                (_, '\\') if quote != Some('\'') => drop(chars.next()),
                (Some(open), c) if c == open => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '(') if close == ')' => depth += 1,
                (None, '{') if close == '}' => depth += 1,
                (None, c) if c == close => {
                    depth -= 1;
                    if depth == 0 {
                        return from + at + 1;
                    }
                }
                (Some(_) | None, _) => {}
            }
        }
        self.text.len()
    }
}
