//! The functions of a script, and other groups of its commands.

use std::collections::HashMap;
use std::ops::Range;

use indexmap::IndexMap;

use super::variables::assigned_name;
use crate::text::shell::{Command, Word};

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
    let is_open = |at: usize| first(at) == "function" && commands[at].words.len() > 2;
    let ends = ends(commands.len(), |at| match first(at) {
        "{" => Some(true),
        "}" => Some(false),
        _ => is_open(at).then_some(true),
    });
    let mut functions = IndexMap::new();
    for (at, command) in commands.iter().enumerate() {
        let name = match command.words.as_slice() {
            [keyword, name, ..] if source(keyword) == "function" => name,
            [name] => name,
            _ => continue,
        };
        let has_parentheses =
            command.end == "(" && commands.get(at + 1).is_some_and(|it| it.end == ")");
        let start = at + 1 + usize::from(has_parentheses);
        let brace = if is_open(at) { at } else { start };
        if let Some(end) = ends.get(&brace).filter(|_| has_parentheses || is_open(at)) {
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

/// The last commands of loops, by their first.
pub(super) fn loops(text: &str, commands: &[Command]) -> HashMap<usize, usize> {
    ends(commands.len(), |at| {
        let mut words = commands[at].words.iter().map(|word| &text[word.span.clone()]);
        let is_start = |word: &str| ["for", "select", "while", "until"].contains(&word);
        match words.find(|word| is_start(word) || !KEYWORDS.contains(word))? {
            "done" => Some(false),
            word => is_start(word).then_some(true),
        }
    })
}

/// The positions at which groups end, by those at which they begin.
fn ends(count: usize, begins: impl Fn(usize) -> Option<bool>) -> HashMap<usize, usize> {
    let (mut ends, mut open) = (HashMap::new(), Vec::new());
    for at in 0..count {
        match begins(at) {
            Some(true) => open.push(at),
            Some(false) => ends.extend(open.pop().map(|start| (start, at))),
            None => {}
        }
    }
    ends
}

/// The most patterns of `case` in one line.
const MAX_PATTERNS: usize = 64;

/// Whether a command is really a pattern of `case`: `a | b)`.
pub(super) fn is_pattern(commands: &[Command], at: usize) -> bool {
    let mut rest =
        commands[at..].iter().take(MAX_PATTERNS).take_while(|command| command.words.len() == 1);
    rest.find(|command| command.end != "|").is_some_and(|command| command.end == ")")
}
