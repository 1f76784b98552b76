//! The commands of a script with its variables expanded, as far as their values are known.

use std::collections::HashMap;
use std::ops::Range;

use indexmap::IndexMap;

use super::functions::{Function, KEYWORDS, functions, is_pattern, loops};
use super::partial::Partial;
use super::variables::{Argument, MAX_ELEMENTS, Values, Variables, assigned_name};
use crate::diagnostics::source::Span;
use crate::text::shell::{self, Command, Piece, Word};

/// The most loops and functions that run inside each other.
const MAX_NESTED: usize = 8;

/// The most commands that loops and functions run again, with the variables that they copy.
const MAX_REPEATED: usize = 100_000;

/// A command that runs.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) arguments: Vec<Argument>,
    /// The ranges of its here-documents, and the variables that they can have.
    pub(super) documents: Vec<Span>,
    pub(super) variables: Values,
    /// Whether it depends on a condition.
    pub(super) is_conditional: bool,
}

impl CommandLine {
    pub(super) fn new(mut arguments: Vec<Argument>) -> Self {
        // What `xargs` reads is put in place of the string after `-I`.
        let mut words = arguments.iter().map(|one| one.text.as_str());
        if words.next().is_some_and(|first| ["xargs", "parallel"].contains(&first)) {
            let placeholder = words.find_map(|word| word.strip_prefix("-I"));
            let placeholder = placeholder.filter(|it| !it.is_empty()).unwrap_or("{}").to_owned();
            for one in &mut arguments {
                one.text = one.text.replace(&placeholder, &Partial::computed());
            }
        }
        let (documents, variables) = (Vec::new(), Values::new());
        Self { arguments, documents, variables, is_conditional: false }
    }

    /// The same command, in the string that this one was made from.
    pub(super) fn with_spans(mut self, source_span: impl Fn(Span) -> Span) -> Self {
        let arguments = self.arguments.iter_mut().map(|argument| &mut argument.span);
        for span in arguments.chain(&mut self.documents) {
            *span = source_span(span.clone());
        }
        self
    }
}

/// All commands with their arguments. Those in `$(…)` come before the one around them. The body of a function
/// runs where it is called, and that of a loop over known words once for each. Some values are set before.
pub(super) fn commands(text: &str, values: Values) -> Vec<CommandLine> {
    let read = shell::commands(text);
    let mut script = Script {
        read: &read,
        functions: functions(text, &read),
        loops: loops(text, &read),
        variables: Variables::new(text, &read, values),
        any_time: 0,
        nested: 0,
        repeated: 0,
        commands: Vec::new(),
    };
    script.run_all(0..read.len());
    script.commands
}

struct Script<'t> {
    read: &'t [Command],
    functions: IndexMap<&'t str, Function>,
    /// The last commands of loops, by their first.
    loops: HashMap<usize, usize>,
    variables: Variables<'t>,
    /// How many functions run that may be called at any time.
    any_time: usize,
    /// How many loops over known words and functions run.
    nested: usize,
    /// How many commands they have run, and variables they have copied.
    repeated: usize,
    commands: Vec<CommandLine>,
}

impl<'t> Script<'t> {
    fn source(&self, word: &Word) -> &'t str {
        self.variables.source(word)
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
                let size = body.len() + self.variables.values.len();
                if is_called || self.may_repeat(size) {
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
            let is_conditional_here =
                is_conditional || self.variables.depth > 0 || self.any_time > 0;
            for command in &mut self.commands[before..] {
                command.is_conditional |= is_conditional_here;
            }
            let has_values = !documents.is_empty() && self.may_repeat(self.variables.values.len());
            let values = if has_values { self.variables.certain() } else { Values::new() };
            if let Some(command) = self.commands[before..].last_mut() {
                command.documents.clone_from(documents);
                command.variables = values;
            }
            let assigns = words.iter().all(|word| assigned_name(self.source(word)).is_some());
            // A command that can fail decides whether the next one runs.
            is_conditional = *end == "||" || (*end == "&&" && (is_conditional || !assigns));
        }
    }

    /// Runs the body of a function that may be called at any time.
    fn run_any_time(&mut self, body: Range<usize>) {
        let before = self.variables.suspend();
        self.any_time += 1;
        self.repeat(body);
        self.any_time -= 1;
        self.variables.resume(before);
    }

    /// The function whose definition begins with this command.
    fn defined_at(&self, at: usize) -> Option<&Function> {
        let name = self.read[at].words.iter().map(|word| self.source(word));
        let name = name.clone().find(|word| *word != "function")?;
        let function = self.functions.get(name)?;
        (1..=2).contains(&function.body.start.wrapping_sub(at)).then_some(function)
    }

    /// Runs a loop over known words. Returns where the commands after it begin; `None` if it is not such a loop.
    fn run_loop(&mut self, at: usize) -> Option<usize> {
        let done = *self.loops.get(&at)?;
        let words = self.read[at].words.as_slice();
        let keywords =
            words.iter().take_while(|word| KEYWORDS.contains(&self.source(word))).count();
        let [keyword, variable, is_in, list @ ..] = &words[keywords..] else { return None };
        if self.source(keyword) != "for" || self.source(is_in) != "in" {
            return None;
        }
        let values: Vec<Argument> =
            list.iter().flat_map(|word| self.variables.expand_word(word)).collect();
        if values.len() > MAX_ELEMENTS || values.iter().any(|value| !value.text.is_known()) {
            return None;
        }
        let body = at + 1..done;
        if !self.may_repeat(body.len() * values.len()) {
            return None;
        }
        for value in values {
            self.variables.values.insert(self.source(variable).to_owned(), Some(value.text));
            self.repeat(body.clone());
        }
        Some(done + 1)
    }

    fn run(&mut self, mut words: &[Word], is_conditional: bool) {
        loop {
            let Some(first) = words.first() else { return };
            match self.source(first) {
                "if" | "while" | "until" => self.variables.depth += 1,
                "fi" | "done" | "esac" => {
                    self.variables.depth = self.variables.depth.saturating_sub(1);
                }
                "for" | "select" => {
                    self.variables.depth += 1;
                    if let Some((variable, list)) = words[1..].split_first() {
                        let values = list.iter().flat_map(|word| self.variables.expand_word(word));
                        let is_computed = values.into_iter().any(|one| one.text.is_computed);
                        let value = (!is_computed).then(Partial::unknown);
                        self.variables.set(self.source(variable), value, true);
                    }
                    return;
                }
                "case" => {
                    self.variables.depth += 1;
                    return;
                }
                word if KEYWORDS.contains(&word) => {}
                _ => break,
            }
            words = &words[1..];
        }
        let is_conditional = is_conditional || self.variables.depth > 0;
        let is_assignment = |word: &&Word| assigned_name(self.source(word)).is_some();
        let (assignments, rest) = words.split_at(words.iter().take_while(is_assignment).count());
        let Some(command) = rest.first() else {
            self.variables.assign(assignments, is_conditional);
            return;
        };
        match self.source(command) {
            name @ ("export" | "readonly" | "local" | "declare" | "typeset") => {
                let is_opaque = |word: &Word| !matches!(*word.pieces, [Piece::Text(_), ..]);
                if rest[1..].iter().any(is_opaque) {
                    self.variables.values.clear();
                }
                if ["local", "declare", "typeset"].contains(&name) {
                    self.variables.hide(&rest[1..]);
                }
                if name != "export" {
                    self.variables.unset(&rest[1..], is_conditional);
                }
                self.variables.assign(&rest[1..], is_conditional);
            }
            "read" | "mapfile" | "readarray" | "unset" | "getopts" | "printf" => {
                self.variables.unset(&rest[1..], true);
            }
            "shift" => {
                self.variables.shift(rest.len() == 1 && !is_conditional);
            }
            // They can set any variable.
            "source" | "." | "eval" => self.variables.values.clear(),
            name => {
                let arguments: Vec<_> =
                    rest.iter().flat_map(|word| self.variables.expand_word(word)).collect();
                let body = self.functions.get(name).map(|function| function.body.clone());
                // A function that only runs its arguments is read where it is called.
                let runs = |one: &Argument| {
                    let text = one.text.as_str();
                    ["gcloud", "kubectl"].contains(&text) || text.ends_with("-iam-policy-binding")
                };
                let body = body.filter(|_| !arguments.iter().any(runs));
                let size = self.variables.values.len();
                match body.filter(|body| self.may_repeat(body.len() + size)) {
                    Some(body) => self.call(body, arguments, is_conditional),
                    None => self.commands.push(CommandLine::new(arguments)),
                }
            }
        }
    }

    /// Runs the body of a function with the arguments after its name.
    fn call(&mut self, body: Range<usize>, mut arguments: Vec<Argument>, is_conditional: bool) {
        let outer = self.variables.enter(arguments.split_off(1));
        if is_conditional {
            self.run_any_time(body);
        } else {
            self.repeat(body);
        }
        self.variables.leave(outer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::variables::MAX_VALUE;

    fn shown(text: &str) -> Vec<String> {
        let commands = commands(text, Values::new()).into_iter();
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
            ("f() { local a=$1; shift; echo $a-$1 \"$@\"; }; f x y z", "echo x-y y z"),
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
            ("A=(x y); echo ${A[1]}${A[2]}", "echo y?"),
            ("A=${A:-x}; B=${1-\"y\"}; : ${C:=$A-z}; echo $A $B $C", ": x-z|echo x y x-z"),
            ("f() { echo ${1:-x} ${2:-$1}; }; f y; A=$(ls); echo ${A:-x}", "echo y y|ls|echo ?"),
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
            "for A in x $1; do echo $A; done",
            "for A in x y; do break; done; for A in $(ls); do echo $A; done",
            "A=x; if [ \"$1\" ]; then A=y; fi; echo $A",
            "A=x; [ -z \"$1\" ] || A=y; echo $A",
            "A=x; . ./env; echo $A",
            "A=x; export $(cat .env); echo $A",
            "read -r A; echo $A",
            "A=(x y); echo $A",
            "A=x; A+=y; echo $A",
            "f() { shift $A; echo $1; }; f x y",
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
