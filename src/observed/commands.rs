//! The commands of a script with its variables expanded, as far as their values are known.

use indexmap::{IndexMap, IndexSet};

use super::partial::Partial;
use crate::diagnostics::source::Span;
use crate::text::shell::{self, Command, Piece, Word};

/// The longest value that is read. Nobody relies on a longer one.
const MAX_VALUE: usize = 64 * 1024;

/// The most that all expansions together may add.
const MAX_EXPANDED: usize = 1024 * 1024;

/// A word of a command: where it stands, and its string when it runs.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) span: Span,
    pub(super) text: Partial,
}

/// A command that runs.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) arguments: Vec<Argument>,
    /// The ranges of its here-documents.
    pub(super) documents: Vec<Span>,
}

impl CommandLine {
    pub(super) fn new(arguments: Vec<Argument>) -> Self {
        Self { arguments, documents: Vec::new() }
    }

    /// The same command, in a text that this one was made from.
    pub(super) fn with_spans(mut self, source_span: impl Fn(Span) -> Span) -> Self {
        let arguments = self.arguments.iter_mut().map(|argument| &mut argument.span);
        for span in arguments.chain(&mut self.documents) {
            *span = source_span(span.clone());
        }
        self
    }
}

/// All commands with their arguments. Those in `$(…)` come before the one around them.
pub(super) fn commands(text: &str) -> Vec<CommandLine> {
    let read = shell::commands(text);
    let mut script = Script {
        text,
        variables: IndexMap::new(),
        reassigned: reassigned(text, &read),
        uncertain: IndexSet::new(),
        depth: 0,
        expanded: 0,
        commands: Vec::new(),
    };
    let mut is_conditional = false;
    for Command { words, end, documents, .. } in &read {
        if words.is_empty() && *end == "\n" {
            continue;
        }
        let before = script.commands.len();
        script.run(words, is_conditional);
        if let Some(command) = script.commands[before..].last_mut() {
            command.documents.clone_from(documents);
        }
        let assigns = words.iter().all(|word| assigned_name(&text[word.span.clone()]).is_some());
        // A command that can fail decides whether the next one runs.
        is_conditional = *end == "||" || (*end == "&&" && (is_conditional || !assigns));
    }
    script.commands
}

/// The names of variables that are set more than once.
fn reassigned(text: &str, commands: &[Command]) -> IndexSet<String> {
    let (mut set, mut reassigned) = (IndexSet::new(), IndexSet::new());
    for command in commands {
        let mut before = "";
        for word in &command.words {
            let word = &text[word.span.clone()];
            let is_loop = ["for", "select"].contains(&before);
            if let Some(name) = assigned_name(word).or(is_loop.then_some(word))
                && !set.insert(name)
            {
                reassigned.insert(name.to_owned());
            }
            before = word;
        }
    }
    reassigned
}

/// The variable that a word sets.
fn assigned_name(word: &str) -> Option<&str> {
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
    /// The values of variables; `None` for those that are set to something unknown.
    variables: IndexMap<String, Option<Partial>>,
    reassigned: IndexSet<String>,
    /// The reassigned ones that are set where it is not known whether it runs.
    uncertain: IndexSet<String>,
    /// How many loops, conditions and functions are open.
    depth: usize,
    /// How much expansions have added.
    expanded: usize,
    commands: Vec<CommandLine>,
}

impl<'t> Script<'t> {
    fn source(&self, word: &Word) -> &'t str {
        &self.text[word.span.clone()]
    }

    fn run(&mut self, mut words: &[Word], is_conditional: bool) {
        loop {
            let Some(first) = words.first() else { return };
            match self.source(first) {
                "if" | "while" | "until" | "{" => self.depth += 1,
                "fi" | "done" | "esac" | "}" => self.depth = self.depth.saturating_sub(1),
                "then" | "elif" | "else" | "do" | "!" | "time" => {}
                "for" | "select" => {
                    self.depth += 1;
                    if let Some(variable) = words.get(1) {
                        self.set(self.source(variable), None, true);
                    }
                    return;
                }
                "case" => {
                    self.depth += 1;
                    return;
                }
                "function" if words.len() > 1 => {
                    self.depth += usize::from(words.last().is_some_and(|w| self.source(w) == "{"));
                    return;
                }
                _ => break,
            }
            words = &words[1..];
        }
        let is_conditional = is_conditional || self.depth > 0;
        let is_assignment = |word: &&Word| assigned_name(self.source(word)).is_some();
        let (assignments, rest) = words.split_at(words.iter().take_while(is_assignment).count());
        let Some(command) = rest.first() else {
            self.assign(assignments, is_conditional);
            return;
        };
        match self.source(command) {
            name @ ("export" | "readonly" | "local" | "declare" | "typeset") => {
                let is_opaque = |word: &Word| !matches!(*word.pieces, [Piece::Text(_), ..]);
                if rest[1..].iter().any(is_opaque) {
                    self.variables.clear();
                }
                if name != "export" {
                    self.unset(&rest[1..], is_conditional);
                }
                self.assign(&rest[1..], is_conditional);
            }
            "read" | "mapfile" | "readarray" | "unset" | "getopts" | "printf" => {
                self.unset(&rest[1..], true);
            }
            // They can set any variable.
            "source" | "." | "eval" => self.variables.clear(),
            _ => {
                let arguments = rest.iter().flat_map(|word| self.expand_word(word)).collect();
                self.commands.push(CommandLine::new(arguments));
            }
        }
    }

    /// Forgets the values of the variables that words name.
    fn unset(&mut self, words: &[Word], is_conditional: bool) {
        for word in words {
            let name = self.source(word);
            if is_name(name) {
                self.set(name, None, is_conditional);
            }
        }
    }

    fn assign(&mut self, words: &[Word], is_conditional: bool) {
        for word in words {
            let Some(name) = assigned_name(self.source(word)) else { continue };
            let text = self.expand(&word.pieces);
            let value = text.as_str().split_once('=').and_then(|(before, value)| {
                let is_whole = !before.ends_with('+') && value.len() <= MAX_VALUE;
                is_whole.then(|| Partial::known(value))
            });
            self.set(name, value, is_conditional);
        }
    }

    fn set(&mut self, name: &str, value: Option<Partial>, is_conditional: bool) {
        if is_conditional && self.reassigned.contains(name) {
            self.uncertain.insert(name.to_owned());
        }
        self.variables.insert(name.to_owned(), value);
    }

    /// The arguments that a word becomes: bash splits a variable without quotes.
    fn expand_word(&mut self, word: &Word) -> Vec<Argument> {
        let text = self.expand(&word.pieces);
        let argument = |text| Argument { span: word.span.clone(), text };
        if let [Piece::Variable { is_quoted: false, .. }] = *word.pieces {
            let parts = text.as_str().split_whitespace();
            return parts.map(|part| argument(Partial::known(part))).collect();
        }
        vec![argument(text)]
    }

    fn expand(&mut self, pieces: &[Piece]) -> Partial {
        let mut text = Partial::default();
        let mut expanded = self.expanded;
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_known(part),
                Piece::Unknown => text.push_unknown(),
                Piece::Variable { name, .. } => {
                    match self.value(name).filter(|_| expanded < MAX_EXPANDED) {
                        Some(value) => {
                            expanded += value.as_str().len();
                            text.push(value);
                        }
                        None => text.push_unknown(),
                    }
                }
            }
            if text.as_str().len() > MAX_VALUE {
                text = Partial::unknown();
                break;
            }
        }
        self.expanded = expanded;
        text
    }

    fn value(&self, name: &str) -> Option<&Partial> {
        // A function, or the next round of a loop, can see what is set further down.
        if self.uncertain.contains(name) || (self.depth > 0 && self.reassigned.contains(name)) {
            return None;
        }
        self.variables.get(name)?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let commands = commands(text).into_iter();
        commands
            .map(|line| {
                let words: Vec<&str> = line.arguments.iter().map(|one| one.text.as_str()).collect();
                words.join(" ").replace('\0', "?")
            })
            .collect()
    }

    #[test]
    fn known_variables_are_expanded() {
        for (script, expected) in [
            ("A=1 B=2; echo $A ${B}", "echo 1 2"),
            ("export A=1 && readonly B=\"$A$A\" && echo \"$B\"", "echo 11"),
            ("A=1; echo '$A' \\$A \"\\$A\"", "echo $A $A $A"),
            ("A=1; B=\"$A\"; A=2; echo $A$B", "echo 21"),
            ("f() {\n  local A=1\n  echo $A\n}\n", "f|echo 1"),
            ("A='x  y'; echo $A \"$A\"", "echo x y x  y"),
            ("echo a \\\n  b # c\n", "echo a b"),
            ("echo a\\\nb ''", "echo ab "),
            ("cat <<EOF\necho \"$A'\nEOF\necho b", "cat|echo b"),
            ("cat <<< x >&2; echo b 2>/dev/null", "cat|echo b 2"),
            ("if a; then echo \"$(echo b)\" c; fi", "a|echo b|echo ? c"),
            ("echo \"$(echo \"$(echo b)\" c)\"d", "echo b|echo ? c|echo ?d"),
            ("A=1; ((A << 2)); echo b", "?|echo b"),
            ("A=1 env; echo $A", "env|echo ?"),
            ("A=(x $(echo y) z); echo b", "echo y|echo b"),
        ] {
            assert_eq!(shown(script).join("|"), expected, "{script}");
        }
    }

    #[test]
    fn a_value_that_can_differ_is_unknown() {
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
            let shown = shown(script);
            assert!(shown.contains(&"echo ?".to_owned()), "{script}: {shown:?}");
        }
    }

    #[test]
    fn expansion_is_limited() {
        let doubling: Vec<String> =
            (1..40).map(|n| format!("V{n}=\"$V{0}$V{0}\"", n - 1)).collect();
        let script = format!("V0=0123456789\n{}\necho \"$V39\"", doubling.join("\n"));
        assert_eq!(shown(&script), ["echo ?"]);
        let long = format!("A={}\nB=\"x$A$A\"\necho \"$B\"", "a".repeat(MAX_VALUE / 2));
        assert_eq!(shown(&long), ["echo ?"]);
        let often = format!("A={}\n{}echo \"$A\"", "a".repeat(MAX_VALUE / 2), "B=$A\n".repeat(100));
        assert_eq!(shown(&often), ["echo ?"]);
        let nested = format!("{}echo b{}", "x \"$(".repeat(10_000), ")\"".repeat(10_000));
        assert_eq!(shown(&nested).len(), 10_001);
    }
}
