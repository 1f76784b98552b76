//! The functions of a script, and other groups of its commands.

use std::ops::Range;

use indexmap::IndexMap;

use super::variables::assigned_name;
use crate::text::shell::{Command, Word};

/// The longest body of a loop or function, in commands.
pub(super) const MAX_BODY: usize = 2_000;

/// The words of bash before a command.
pub(super) const KEYWORDS: [&str; 11] =
    ["if", "while", "until", "{", "}", "then", "elif", "else", "do", "!", "time"];

/// A function of a script.
pub(super) struct Function {
    /// The commands of its body.
    pub(super) body: Range<usize>,
    pub(super) is_called: bool,
}

/// The functions of a script by name.
pub(super) fn functions<'t>(text: &'t str, commands: &[Command]) -> IndexMap<&'t str, Function> {
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
pub(super) fn is_pattern(commands: &[Command], at: usize) -> bool {
    let mut rest = commands[at..].iter().take_while(|command| command.words.len() == 1);
    rest.find(|command| command.end != "|").is_some_and(|command| command.end == ")")
}
