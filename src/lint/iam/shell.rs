//! The commands of a shell script, with what is known of its variables filled in.

mod words;

use indexmap::{IndexMap, IndexSet};

use super::member::{ANYTHING, UNKNOWN};
use crate::diagnostics::source::Span;
use words::{Piece, Token};

/// What a variable may hold: beyond it nobody counts on the text.
const LONGEST: usize = 64 * 1024;

/// What all variables together may bring into a script.
const MOST: usize = 1024 * 1024;

/// A command, and what it is run with.
#[derive(Debug)]
pub(super) struct Command {
    /// At least one.
    pub(super) words: Vec<Word>,
}

/// A word of a command: where it stands, and its text when it is run.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) span: Span,
    pub(super) text: String,
}

/// All commands, those in `$(…)` before the one around them.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let tokens = words::tokens(text);
    let mut script = Script {
        text,
        variables: IndexMap::new(),
        changing: changing(text, &tokens),
        uncertain: IndexSet::new(),
        depth: 0,
        brought: 0,
        commands: Vec::new(),
    };
    let mut words: Vec<(Span, Vec<Piece>)> = Vec::new();
    let mut maybe = false;
    for token in tokens {
        match token {
            Token::Word(span, pieces) => words.push((span, pieces)),
            Token::End("\n") if words.is_empty() => {}
            Token::End(end) => {
                let only_sets =
                    words.iter().all(|(span, _)| name_of(&text[span.clone()]).is_some());
                script.command(&std::mem::take(&mut words), maybe);
                // What follows a command that may fail may not be run.
                maybe = end == "||" || (end == "&&" && (maybe || !only_sets));
            }
        }
    }
    script.commands
}

/// The names of variables that are set more than once.
fn changing(text: &str, tokens: &[Token]) -> IndexSet<String> {
    let mut set = IndexSet::new();
    let mut changing = IndexSet::new();
    let mut before = "";
    for token in tokens {
        let Token::Word(span, _) = token else { continue };
        let word = &text[span.clone()];
        let name = name_of(word).or(["for", "select"].contains(&before).then_some(word));
        if let Some(name) = name
            && !set.insert(name)
        {
            changing.insert(name.to_owned());
        }
        before = word;
    }
    changing
}

/// The variable that a word sets.
fn name_of(word: &str) -> Option<&str> {
    let name = word.split_once('=')?.0;
    let name = name.strip_suffix('+').unwrap_or(name);
    is_name(name).then_some(name)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Script<'t> {
    text: &'t str,
    /// What is known, or that nothing is.
    variables: IndexMap<String, Option<String>>,
    changing: IndexSet<String>,
    /// Those of them that are set where nobody knows whether it is run.
    uncertain: IndexSet<String>,
    /// How many loops, conditions and functions are open.
    depth: usize,
    /// How much variables have brought into it.
    brought: usize,
    commands: Vec<Command>,
}

impl Script<'_> {
    fn command(&mut self, words: &[(Span, Vec<Piece>)], maybe: bool) {
        let written =
            |index: usize| words.get(index).map_or("", |(span, _)| &self.text[span.clone()]);
        let mut first = 0;
        loop {
            match written(first) {
                "if" | "while" | "until" | "{" => self.depth += 1,
                "fi" | "done" | "esac" | "}" => self.depth = self.depth.saturating_sub(1),
                "then" | "elif" | "else" | "do" | "!" | "time" => {}
                "for" | "select" => {
                    self.depth += 1;
                    self.set(written(first + 1).to_owned(), None, true);
                    return;
                }
                "case" => {
                    self.depth += 1;
                    return;
                }
                "function" if words.len() > 1 => {
                    self.depth += usize::from(written(words.len() - 1) == "{");
                    return;
                }
                _ => break,
            }
            first += 1;
        }
        let set = words[first..]
            .iter()
            .take_while(|(span, _)| name_of(&self.text[span.clone()]).is_some())
            .count();
        let rest = &words[first + set..];
        let maybe = maybe || self.depth > 0;
        if rest.is_empty() {
            self.assign(&words[first..], maybe);
            return;
        }
        match &self.text[rest[0].0.clone()] {
            "export" | "readonly" | "local" | "declare" | "typeset" => {
                let declared = self.text[rest[0].0.clone()] != *"export";
                let is_opaque = |pieces: &[Piece]| !matches!(pieces, [Piece::Text(_), ..]);
                if rest[1..].iter().any(|(_, pieces)| is_opaque(pieces)) {
                    self.forget();
                }
                for (span, _) in &rest[1..] {
                    let name = &self.text[span.clone()];
                    if declared && is_name(name) {
                        self.set(name.to_owned(), None, maybe);
                    }
                }
                self.assign(&rest[1..], maybe);
            }
            "read" | "mapfile" | "readarray" | "unset" | "getopts" | "printf" => {
                for (span, _) in &rest[1..] {
                    let name = &self.text[span.clone()];
                    if is_name(name) {
                        self.set(name.to_owned(), None, true);
                    }
                }
            }
            // They may set whatever they like.
            "source" | "." | "eval" => self.forget(),
            _ => {
                let mut words = Vec::new();
                for (span, pieces) in rest {
                    words.extend(self.word(span, pieces));
                }
                self.commands.push(Command { words });
            }
        }
    }

    fn assign(&mut self, words: &[(Span, Vec<Piece>)], maybe: bool) {
        for (span, pieces) in words {
            let Some(name) = name_of(&self.text[span.clone()]) else { continue };
            let text = self.filled(pieces);
            let value = text.split_once('=').map(|(before, value)| (before.ends_with('+'), value));
            let value = match value {
                Some((false, value)) if value.len() <= LONGEST => Some(value.to_owned()),
                _ => None,
            };
            self.set(name.to_owned(), value, maybe);
        }
    }

    /// Sets a variable; where it is set elsewhere too, nobody knows which one counts.
    fn set(&mut self, name: String, value: Option<String>, maybe: bool) {
        if maybe && self.changing.contains(&name) {
            self.uncertain.insert(name.clone());
        }
        self.variables.insert(name, value);
    }

    fn forget(&mut self) {
        self.variables.clear();
    }

    /// The texts of a word: a variable without quotes may be several.
    fn word(&mut self, span: &Span, pieces: &[Piece]) -> Vec<Word> {
        let text = self.filled(pieces);
        let whole = |text: &str| Word { span: span.clone(), text: text.to_owned() };
        if let [Piece::Variable { quoted: false, .. }] = pieces {
            return text.split_whitespace().map(whole).collect();
        }
        vec![whole(&text)]
    }

    fn filled(&mut self, pieces: &[Piece]) -> String {
        let (mut text, mut brought) = (String::new(), self.brought);
        for piece in pieces {
            let part = match piece {
                Piece::Text(part) => part,
                Piece::Unknown => ANYTHING,
                Piece::Variable { name, .. } => {
                    let value = self.value(name).filter(|_| brought < MOST).unwrap_or(ANYTHING);
                    brought += value.len();
                    value
                }
            };
            // Two unknown parts are one.
            let is_going_on = text.ends_with(UNKNOWN) && part.starts_with(UNKNOWN);
            text.push_str(&part[usize::from(is_going_on)..]);
            if text.len() > LONGEST {
                ANYTHING.clone_into(&mut text);
                break;
            }
        }
        self.brought = brought;
        text
    }

    fn value(&self, name: &str) -> Option<&str> {
        // A function, or the next round of a loop, may see what is set further down.
        if self.uncertain.contains(name) || (self.depth > 0 && self.changing.contains(name)) {
            return None;
        }
        self.variables.get(name)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let commands = commands(text).into_iter();
        commands
            .map(|command| {
                let words: Vec<String> = command.words.into_iter().map(|word| word.text).collect();
                words.join(" ").replace(UNKNOWN, "?")
            })
            .collect()
    }

    #[test]
    fn variables_that_are_known_are_filled_in() {
        for (script, expected) in [
            ("A=1 B=2; echo $A ${B}", "echo 1 2"),
            ("export A=1 && readonly B=\"$A$A\" && echo \"$B\"", "echo 11"),
            ("A=1; echo '$A' \\$A \"\\$A\"", "echo $A $A $A"),
            ("A=1; B=\"$A\"; A=2; echo $A$B", "echo 21"),
            ("f() {\n  local A=1\n  echo $A\n}\n", "f|echo 1"),
            ("A='x  y'; echo $A \"$A\"", "echo x y x  y"),
            ("echo a \\\n  b # c\n", "echo a b"),
            ("cat <<EOF\necho \"$A'\nEOF\necho b", "cat|echo b"),
            ("cat <<< x >&2; echo b 2>/dev/null", "cat|echo b 2"),
            ("if a; then echo \"$(echo b)\" c; fi", "a|echo b|echo ? c"),
            ("A=1; ((A << 2)); echo b", "A|echo b"),
            ("A=1 env; echo $A", "env|echo ?"),
        ] {
            assert_eq!(said(script).join("|"), expected, "{script}");
        }
    }

    #[test]
    fn what_may_be_otherwise_is_unknown() {
        for script in [
            "echo $A",
            "A=$1; echo $A",
            "A=${A:-x}; echo $A",
            "for A in x y; do echo $A; done",
            "A=x; if [ \"$1\" ]; then A=y; fi; echo $A",
            "A=x; [ -z \"$1\" ] || A=y; echo $A",
            "A=x; . ./env; echo $A",
            "A=x; export $(cat .env); echo $A",
            "read -r A; echo $A",
            "A=(x y); echo $A",
            "A=x; A+=y; echo $A",
            "f() { echo $A; }; A=x; f; A=y; f",
            "function f {\n echo $A\n}\nA=x; f; A=y; f",
        ] {
            let said = said(script);
            assert!(said.contains(&"echo ?".to_owned()), "{script}: {said:?}");
        }
        let doubling: Vec<String> =
            (1..40).map(|n| format!("V{n}=\"$V{0}$V{0}\"", n - 1)).collect();
        let script = format!("V0=0123456789\n{}\necho \"$V39\"", doubling.join("\n"));
        assert_eq!(said(&script), ["echo ?"]);
        // The whole of a text that is too long is not known, whatever it began with.
        let long = format!("A={}\nB=\"x$A$A\"\necho \"$B\"", "a".repeat(LONGEST / 2));
        assert_eq!(said(&long), ["echo ?"]);
        let often = format!("A={}\n{}echo \"$A\"", "a".repeat(LONGEST / 2), "B=$A\n".repeat(100));
        assert_eq!(said(&often), ["echo ?"]);
    }
}
