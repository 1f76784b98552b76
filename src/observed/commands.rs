//! The commands of a script with its variables expanded, as far as their values are known.

use std::ops::Range;

use indexmap::{IndexMap, IndexSet};

use super::partial::Partial;
use crate::diagnostics::source::Span;
use crate::text::shell::{self, Command, Piece, Word};

/// The longest value that is read. Nobody relies on a longer one.
const MAX_VALUE: usize = 64 * 1024;

/// The most that all expansions together may add.
const MAX_EXPANDED: usize = 1024 * 1024;

/// The most rounds of a loop, and elements of an array.
const MAX_ELEMENTS: usize = 256;

/// The most loops and functions that run inside each other.
const MAX_NESTED: usize = 8;

/// The longest body of a loop or function, in commands.
const MAX_BODY: usize = 2_000;

/// The most commands that loops and functions run again.
const MAX_REPEATED: usize = 50_000;

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
    /// The ranges of its here-documents, and the variables that they can have.
    pub(super) documents: Vec<Span>,
    pub(super) variables: Variables,
    /// Whether it depends on a condition.
    pub(super) is_conditional: bool,
}

/// The values of variables; `None` for those that are set to something unknown.
pub(super) type Variables = IndexMap<String, Option<Partial>>;

impl CommandLine {
    pub(super) fn new(arguments: Vec<Argument>) -> Self {
        let (documents, variables) = (Vec::new(), Variables::new());
        Self { arguments, documents, variables, is_conditional: false }
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

/// All commands with their arguments. Those in `$(…)` come before the one around them. The body of a function
/// runs where it is called, and that of a loop over known words once for each.
pub(super) fn commands(text: &str) -> Vec<CommandLine> {
    let read = shell::commands(text);
    let mut script = Script {
        text,
        read: &read,
        functions: functions(text, &read),
        variables: Variables::new(),
        arrays: IndexMap::new(),
        reassigned: reassigned(text, &read),
        uncertain: IndexSet::new(),
        locals: Vec::new(),
        depth: 0,
        any_time: 0,
        nested: 0,
        repeated: 0,
        expanded: 0,
        commands: Vec::new(),
    };
    script.run_all(0..read.len());
    script.commands
}

/// The words of bash before a command.
const KEYWORDS: [&str; 11] =
    ["if", "while", "until", "{", "}", "then", "elif", "else", "do", "!", "time"];

/// A function of a script.
struct Function {
    /// The commands of its body.
    body: Range<usize>,
    is_called: bool,
}

/// The functions of a script by name.
fn functions<'t>(text: &'t str, commands: &[Command]) -> IndexMap<&'t str, Function> {
    let source = |word: &Word| &text[word.span.clone()];
    let first = |at: usize| commands.get(at).and_then(|it| it.words.first()).map_or("", source);
    let mut functions = IndexMap::new();
    for (at, command) in commands.iter().enumerate() {
        let (name, is_open) = match command.words.as_slice() {
            [keyword, name, more @ ..] if source(keyword) == "function" => (name, !more.is_empty()),
            [name] => (name, false),
            _ => continue,
        };
        let has_parentheses =
            command.end == "(" && commands.get(at + 1).is_some_and(|it| it.end == ")");
        let start = at + 1 + usize::from(has_parentheses);
        if !is_open && !(has_parentheses && first(start) == "{") {
            continue;
        }
        let mut open = i32::from(is_open);
        let end = (start..commands.len()).take(MAX_BODY).find(|at| {
            open += i32::from(first(*at) == "{") - i32::from(first(*at) == "}");
            open == 0
        });
        if let Some(end) = end {
            let function = Function { body: start..end + 1, is_called: false };
            functions.insert(source(name), function);
        }
    }
    for (at, command) in commands.iter().enumerate() {
        if command.end == "(" || is_pattern(commands, at) {
            continue;
        }
        let mut words = command.words.iter().map(source);
        let called = words.find(|word| !KEYWORDS.contains(word) && assigned_name(word).is_none());
        if let Some(function) = called.and_then(|name| functions.get_mut(name)) {
            function.is_called = true;
        }
    }
    functions
}

/// Whether a command is none, but a pattern of `case`: `a | b)`.
fn is_pattern(commands: &[Command], at: usize) -> bool {
    let mut rest = commands[at..].iter().take_while(|command| command.words.len() == 1);
    rest.find(|command| command.end != "|").is_some_and(|command| command.end == ")")
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
    read: &'t [Command],
    functions: IndexMap<&'t str, Function>,
    variables: Variables,
    /// The elements of arrays, as far as they are known. `@` has the arguments of the function that runs.
    arrays: IndexMap<String, Vec<Argument>>,
    reassigned: IndexSet<String>,
    /// The reassigned ones that are set where it is not known whether it runs.
    uncertain: IndexSet<String>,
    /// For each function that runs, the variables of the caller that it hides.
    locals: Vec<IndexMap<String, Option<Option<Partial>>>>,
    /// How many loops, conditions and functions are open.
    depth: usize,
    /// How many functions run that may be called at any time.
    any_time: usize,
    /// How many loops over known words and functions run.
    nested: usize,
    /// How many commands they have run.
    repeated: usize,
    /// How much expansions have added.
    expanded: usize,
    commands: Vec<CommandLine>,
}

impl<'t> Script<'t> {
    fn source(&self, word: &Word) -> &'t str {
        &self.text[word.span.clone()]
    }

    /// Whether it may run this many commands in a loop or function.
    fn may_repeat(&mut self, commands: usize) -> bool {
        self.repeated += commands;
        self.nested < MAX_NESTED && self.repeated < MAX_REPEATED
    }

    fn repeat(&mut self, body: Range<usize>) {
        self.nested += 1;
        self.run_all(body);
        self.nested -= 1;
    }

    fn run_all(&mut self, range: Range<usize>) {
        let mut is_conditional = false;
        let mut at = range.start;
        while at < range.end {
            let Command { words, end, documents, .. } = &self.read[at];
            at += 1;
            if (words.is_empty() && *end == "\n") || is_pattern(self.read, at - 1) {
                continue;
            }
            if let Some(function) = self.defined_at(at - 1) {
                let (body, is_called) = (function.body.clone(), function.is_called);
                if is_called || self.may_repeat(body.len()) {
                    at = body.end;
                }
                if !is_called && at == body.end {
                    self.run_any_time(body);
                }
                continue;
            }
            let before = self.commands.len();
            if let Some(after) = self.run_loop(at - 1) {
                at = after;
                continue;
            }
            self.run(words, is_conditional);
            let is_conditional_here = is_conditional || self.depth > 0 || self.any_time > 0;
            for command in &mut self.commands[before..] {
                command.is_conditional |= is_conditional_here;
            }
            if let Some(command) = self.commands[before..].last_mut()
                && !documents.is_empty()
            {
                command.documents.clone_from(documents);
                command.variables.clone_from(&self.variables);
                command.variables.retain(|name, _| !self.uncertain.contains(name));
            }
            let assigns = words.iter().all(|word| assigned_name(self.source(word)).is_some());
            // A command that can fail decides whether the next one runs.
            is_conditional = *end == "||" || (*end == "&&" && (is_conditional || !assigns));
        }
    }

    /// Runs the body of a function that may be called at any time: what it sees of others is unknown.
    fn run_any_time(&mut self, body: Range<usize>) {
        let before = self.variables.clone();
        let uncertain = std::mem::take(&mut self.uncertain);
        for name in &self.reassigned {
            self.variables.insert(name.clone(), None);
        }
        let depth = std::mem::take(&mut self.depth);
        self.any_time += 1;
        self.repeat(body);
        self.any_time -= 1;
        (self.depth, self.uncertain) = (depth, uncertain);
        for (name, value) in std::mem::replace(&mut self.variables, before) {
            if !self.reassigned.contains(&name) {
                self.variables.insert(name, value);
            } else if value.is_some() {
                self.uncertain.insert(name);
            }
        }
    }

    /// The function whose definition begins with this command.
    fn defined_at(&self, at: usize) -> Option<&Function> {
        let name = self.read[at].words.iter().map(|word| self.source(word));
        let name = name.clone().find(|word| *word != "function")?;
        let function = self.functions.get(name)?;
        (1..=2).contains(&function.body.start.wrapping_sub(at)).then_some(function)
    }

    /// Runs a loop over known words. Returns where the commands behind it begin; `None` if it is no such loop.
    fn run_loop(&mut self, at: usize) -> Option<usize> {
        let words = self.read[at].words.as_slice();
        let keywords =
            words.iter().take_while(|word| KEYWORDS.contains(&self.source(word))).count();
        let [keyword, variable, is_in, list @ ..] = &words[keywords..] else { return None };
        if self.source(keyword) != "for" || self.source(is_in) != "in" {
            return None;
        }
        let values: Vec<Argument> = list.iter().flat_map(|word| self.expand_word(word)).collect();
        if values.len() > MAX_ELEMENTS || values.iter().any(|value| !value.text.is_known()) {
            return None;
        }
        let mut open = 1;
        let done = (at + 1..self.read.len()).take(MAX_BODY).find(|at| {
            for word in self.read[*at].words.iter().map(|word| self.source(word)) {
                match word {
                    "for" | "select" | "while" | "until" => open += 1,
                    "done" => open -= 1,
                    word if KEYWORDS.contains(&word) => continue,
                    _ => {}
                }
                break;
            }
            open == 0
        })?;
        let body = at + 1..done;
        if !self.may_repeat(body.len() * values.len()) {
            return None;
        }
        for value in values {
            self.variables.insert(self.source(variable).to_owned(), Some(value.text));
            self.repeat(body.clone());
        }
        Some(done + 1)
    }

    fn run(&mut self, mut words: &[Word], is_conditional: bool) {
        loop {
            let Some(first) = words.first() else { return };
            match self.source(first) {
                "if" | "while" | "until" => self.depth += 1,
                "fi" | "done" | "esac" => self.depth = self.depth.saturating_sub(1),
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
                word if KEYWORDS.contains(&word) => {}
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
                if ["local", "declare", "typeset"].contains(&name) {
                    self.hide(&rest[1..]);
                }
                if name != "export" {
                    self.unset(&rest[1..], is_conditional);
                }
                self.assign(&rest[1..], is_conditional);
            }
            "read" | "mapfile" | "readarray" | "unset" | "getopts" | "printf" => {
                self.unset(&rest[1..], true);
            }
            "shift" => {
                self.arrays.swap_remove("@");
                self.variables.retain(|name, _| is_name(name));
            }
            // They can set any variable.
            "source" | "." | "eval" => self.variables.clear(),
            name => {
                let arguments: Vec<_> =
                    rest.iter().flat_map(|word| self.expand_word(word)).collect();
                let body = self.functions.get(name).map(|function| function.body.clone());
                // A function that only runs its arguments is read where it is called.
                let runs = |one: &Argument| {
                    let text = one.text.as_str();
                    ["gcloud", "kubectl"].contains(&text) || text.ends_with("-iam-policy-binding")
                };
                let body = body.filter(|_| !arguments.iter().any(runs));
                match body.filter(|body| self.may_repeat(body.len())) {
                    Some(body) => self.call(body, arguments, is_conditional),
                    None => self.commands.push(CommandLine::new(arguments)),
                }
            }
        }
    }

    /// Runs the body of a function with the arguments behind its name.
    fn call(&mut self, body: Range<usize>, mut arguments: Vec<Argument>, is_conditional: bool) {
        let before = self.variables.clone();
        self.variables.retain(|name, _| is_name(name));
        for (index, argument) in arguments.iter().enumerate().skip(1) {
            self.variables.insert(index.to_string(), Some(argument.text.clone()));
        }
        arguments.remove(0);
        let outer = self.arrays.insert("@".to_owned(), arguments);
        self.locals.push(IndexMap::new());
        if is_conditional {
            self.run_any_time(body);
        } else {
            self.repeat(body);
        }
        let is_special = |name: &String| !is_name(name);
        self.variables.retain(|name, _| is_name(name));
        self.variables.extend(before.into_iter().filter(|(name, _)| is_special(name)));
        for (name, value) in self.locals.pop().unwrap_or_default() {
            match value {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.swap_remove(&name),
            };
        }
        match outer {
            Some(outer) => self.arrays.insert("@".to_owned(), outer),
            None => self.arrays.swap_remove("@"),
        };
    }

    /// Notes the values of the variables that a function declares for itself.
    fn hide(&mut self, words: &[Word]) {
        for word in words {
            let source = self.source(word);
            let name = assigned_name(source).unwrap_or(source);
            let value = self.variables.get(name).cloned();
            if let Some(locals) = self.locals.last_mut() {
                locals.entry(name.to_owned()).or_insert(value);
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
            if let [Piece::Text(start), Piece::Array(elements)] = word.pieces.as_slice() {
                self.set(name, None, is_conditional);
                let elements = elements.iter().flat_map(|word| self.expand_word(word));
                let elements: Vec<_> = elements.collect();
                let array = self.arrays.entry(name.to_owned()).or_default();
                if !start.ends_with("+=") {
                    array.clear();
                }
                array.extend(elements);
                if array.len() > MAX_ELEMENTS {
                    self.arrays.swap_remove(name);
                }
                continue;
            }
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
        if let [Piece::Variable { name, .. }] | [Piece::Text(_), Piece::Variable { name, .. }] =
            word.pieces.as_slice()
            && text.as_str() == "\0"
            && let Some(name) = name.strip_suffix("[@]").filter(|name| !self.is_uncertain(name))
            && let Some(array) = self.arrays.get(name)
        {
            return array.clone();
        }
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
                Piece::Unknown | Piece::Array(_) => text.push_unknown(),
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
        if self.is_uncertain(name) { None } else { self.variables.get(name)?.as_ref() }
    }

    /// Whether a variable can have another value than the last one: the next round of a loop can see what is set
    /// further down.
    fn is_uncertain(&self, name: &str) -> bool {
        self.uncertain.contains(name) || (self.depth > 0 && self.reassigned.contains(name))
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
            ("f() {\n  local A=1\n  echo $A\n}\n", "echo 1"),
            (
                "f() { local A=$1; echo \"$A\" $2 \"$@\"; }; A=0; f x y; f z; echo $A",
                "echo x y x y|echo z ? z|echo 0",
            ),
            ("function f {\n echo $A\n}\nA=x; f; A=y; f", "echo x|echo y"),
            ("f() { \"$@\"; }; f gcloud a", "f gcloud a"),
            ("f() { A=b; }; A=a; f; echo $A", "echo b"),
            (
                "f() { f; echo $1; }; f a",
                "f|echo ?|echo ?|echo ?|echo ?|echo ?|echo ?|echo ?|echo a",
            ),
            (
                "for a in x y; do\n for b in 1 2; do echo $a$b; done\ndone; echo z",
                "echo x1|echo x2|echo y1|echo y2|echo z",
            ),
            ("L='x y'; for a in $L; do if b; then echo $a; fi; done", "b|echo x|b|echo y"),
            ("A=(--x \"y z\")\nA+=(w)\necho \"${A[@]}\"", "echo --x y z w"),
            ("if a; then A=(x); else A=(y); fi; echo ${A[@]}", "a|echo ?"),
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
            ("A=(x); echo ${#A[@]}", "echo ?"),
            (
                "f() { A=x; echo $A; }; g() { A=y; echo $A; }; case $1 in f | g) \"$1\" ;; esac; echo $A",
                "echo x|echo y|?|echo ?",
            ),
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
            "for A in x $1; do echo $A; done",
            "for A in x y; do break; done; for A in $(ls); do echo $A; done",
            "A=x; if [ \"$1\" ]; then A=y; fi; echo $A",
            "A=x; [ -z \"$1\" ] || A=y; echo $A",
            "A=x; . ./env; echo $A",
            "A=x; export $(cat .env); echo $A",
            "read -r A; echo $A",
            "A=(x y); echo $A",
            "A=x; A+=y; echo $A",
            "f() { echo $1; }; shift; f $A",
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
        for hostile in [
            "for a in b; do ",
            "f() {\n",
            "for a in 1 2 3 4 5 6 7 8 9; do ",
            "f() { g; }; g() { f; f; }; f;",
        ] {
            assert!(shown(&hostile.repeat(5_000)).len() < 2 * MAX_REPEATED, "{hostile}");
        }
        let doubling = "A=(\"${A[@]}\" \"${A[@]}\")\n".repeat(40);
        let doubled = shown(&format!("A=(x)\n{doubling}echo ${{A[@]}}"));
        assert!(doubled[0].starts_with("echo ?") && doubled[0].len() < MAX_ELEMENTS, "{doubled:?}");
        let nested = format!("{}echo b{}", "x \"$(".repeat(10_000), ")\"".repeat(10_000));
        assert_eq!(shown(&nested).len(), 10_001);
    }
}
