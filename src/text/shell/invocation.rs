//! What a command does with its words and its input: which of them it runs or evaluates.

use super::words::{Command, Piece, Word};

/// Commands that evaluate their words, or take names of variables.
const EVALUATING: [&str; 14] = [
    "alias",
    "bind",
    "compgen",
    "complete",
    "enable",
    "eval",
    "fc",
    "getopts",
    "let",
    "mapfile",
    "read",
    "readarray",
    "trap",
    "unset",
];

/// Commands whose first word is a script or the name of a variable.
const EVALUATING_FIRST: [&str; 4] = [".", "for", "select", "source"];

/// Commands that declare variables.
pub(super) const DECLARING: [&str; 5] = ["declare", "export", "local", "readonly", "typeset"];

/// Commands that run a script, the string after `-c`, or their input; also when another command runs them.
const SHELLS: [&str; 9] = ["ash", "bash", "dash", "fish", "ksh", "mksh", "sh", "su", "zsh"];

/// Variables with the path of a shell.
const SHELL_VARIABLES: [&str; 4] = ["$BASH", "${BASH", "$SHELL", "${SHELL"];

/// Commands that run the words after them.
const WRAPPERS: [&str; 14] = [
    "busybox", "chroot", "doas", "flock", "ionice", "nice", "nohup", "setsid", "stdbuf", "strace",
    "sudo", "timeout", "unshare", "xargs",
];

/// Commands that run what they read, besides shells.
const RUN_INPUT: [&str; 5] = [".", "at", "batch", "crontab", "source"];

/// Options of shells that a value follows.
const OPTIONS_WITH_VALUE: [&str; 6] = ["+O", "+o", "--init-file", "--rcfile", "-O", "-o"];

/// Commands that run nothing, whatever their words are.
const RUN_NOTHING: [&str; 3] = ["echo", "grep", "printf"];

const TESTS: [&str; 3] = ["[", "[[", "test"];

/// Operators of tests that take numbers, which `[[` evaluates.
const ARITHMETIC: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

/// Words before a command.
const PREFIXES: [&str; 15] = [
    "!", "builtin", "command", "coproc", "do", "elif", "else", "env", "exec", "if", "then", "time",
    "until", "while", "{",
];

/// Those that have options.
const WITH_OPTIONS: [&str; 5] = ["builtin", "command", "env", "exec", "time"];

/// A command, and which of its words are code.
pub(super) struct Invocation<'t> {
    /// The beginning of each word, as far as it is literal.
    pub(super) words: Vec<&'t str>,
    /// The index of the word that names the command, after its prefixes.
    start: usize,
    /// The words that a shell runs.
    code: Vec<usize>,
    /// Whether an option makes code of all words.
    declares_code: bool,
    /// Whether it runs what it reads.
    pub(super) runs_input: bool,
}

impl<'t> Invocation<'t> {
    pub(super) fn new(text: &str, command: &'t Command) -> Self {
        let words: Vec<&str> = command.words.iter().map(literal_start).collect();
        let mut has_options = false;
        let is_prefix = |word: &&&str| {
            let is_option = has_options && word.starts_with('-');
            has_options = is_option || WITH_OPTIONS.contains(word);
            is_option || PREFIXES.contains(word) || is_assignment(word)
        };
        let start = words.iter().take_while(is_prefix).count();
        let name = words.get(start).copied().unwrap_or_default();
        let declares_code = DECLARING.contains(&name)
            && options(&words[start + 1..]).any(|option| option.contains(['A', 'a', 'i', 'n']));
        let runs_input = RUN_INPUT.contains(&name);
        let mut invocation = Self { words, start, code: Vec::new(), declares_code, runs_input };
        let is_shell = |word: &Word| {
            let word = text[word.span.clone()].trim_matches('"');
            SHELL_VARIABLES.iter().any(|variable| word.starts_with(variable))
                || word.rsplit('/').next().is_some_and(|name| SHELLS.contains(&name))
        };
        let shells = command.words.iter().enumerate().skip(start).filter(|(_, it)| is_shell(it));
        // Nobody names more shells than that in one command.
        for (shell, _) in shells.take(8) {
            invocation.add_shell(shell);
        }
        invocation
    }

    fn add_shell(&mut self, shell: usize) {
        let name = self.words[self.start];
        let after = &self.words[shell + 1..];
        let is_code = |(_, word): &(usize, &&str)| word.starts_with("--command=");
        self.code.extend(after.iter().enumerate().find(is_code).map(|(at, _)| shell + 1 + at));
        if self.words[shell].rsplit('/').next() == Some("su") {
            let flag = after.iter().position(|word| has_flag(&[word], 'c'));
            self.code.extend(flag.map(|flag| shell + flag + 2));
            return;
        }
        let mut has_value = false;
        let is_option = |word: &&&str| {
            let is_value = has_value;
            has_value = !is_value && OPTIONS_WITH_VALUE.contains(word);
            is_value || word.starts_with(['-', '+'])
        };
        let count = after.iter().take_while(is_option).count();
        let options = &after[..count];
        let (runs_string, reads) = (has_flag(options, 'c'), has_flag(options, 's'));
        let is_direct = shell == self.start || WRAPPERS.contains(&name);
        if runs_string || is_direct && !reads {
            self.code.push(shell + 1 + count);
        }
        self.runs_input |= !RUN_NOTHING.contains(&name)
            && (name == "xargs" || !runs_string && (count == after.len() || reads));
    }

    /// Whether a word may assign to a variable.
    pub(super) fn may_assign(&self, index: usize) -> bool {
        index <= self.start || DECLARING.contains(&self.words[self.start])
    }

    /// Whether bash evaluates a word again; `is_name` is whether it is looked at before its `=`.
    pub(super) fn evaluates(&self, index: usize, is_name: bool) -> bool {
        let (word, after) = (self.words[index], self.words.get(index + 1).copied());
        let is_number = |word: &str| ARITHMETIC.contains(&word);
        if index <= self.start {
            // The first word between `&&` and `||`.
            return index == self.start && after.is_some_and(is_number);
        }
        let before = self.words[index - 1];
        if self.code.contains(&index) {
            return true;
        }
        match self.words[self.start] {
            name if EVALUATING.contains(&name) => true,
            name if EVALUATING_FIRST.contains(&name) => index == self.start + 1,
            name if DECLARING.contains(&name) => is_name || self.declares_code,
            "printf" => before == "-v" || word.starts_with("-v"),
            "wait" => before == "-p",
            _ if is_test(&self.words[self.start..]) => {
                ["-R", "-v"].contains(&before) || is_number(before) || after.is_some_and(is_number)
            }
            _ => false,
        }
    }
}

/// Whether one of some options of a shell is `c` or `s`, alone or among others.
fn has_flag(options: &[&str], flag: char) -> bool {
    let is_flag = |option: &&str| {
        option.starts_with('-') && !option.starts_with("--") && option.contains(flag)
    };
    options.iter().any(|option| is_flag(option) || flag == 'c' && *option == "--command")
}

pub(super) fn options<'w>(words: &'w [&str]) -> impl Iterator<Item = &'w &'w str> {
    words.iter().filter(|word| word.starts_with(['-', '+']))
}

/// The name of the variable that a word assigns to.
pub(super) fn assigned(word: &str) -> &str {
    word.split(['=', '[', '+']).next().unwrap_or_default()
}

/// Whether words are a test, or a part of one between `&&` and `||`.
fn is_test(words: &[&str]) -> bool {
    let is_comparison = words.len() == 3 && words[0] != "echo" && ARITHMETIC.contains(&words[1]);
    TESTS.contains(&words[0])
        || words[0].starts_with('-')
        || words.last() == Some(&"]]")
        || is_comparison
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+".contains(c))
    })
}

/// The beginning of a word, as far as it is literal.
fn literal_start(word: &Word) -> &str {
    match word.pieces.first() {
        Some(Piece::Text(text)) => text,
        _ => "",
    }
}
