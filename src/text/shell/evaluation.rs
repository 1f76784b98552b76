//! Finds where bash evaluates a word again: as code, as arithmetic, or as the name of a variable, in which a
//! subscript is code. Quotes do not help there.

use super::words::{Command, Piece, Word, commands};
use crate::diagnostics::source::Span;

/// Commands that evaluate their words, or take names of variables.
const EVALUATING: [&str; 12] = [
    "alias",
    "bind",
    "compgen",
    "complete",
    "eval",
    "getopts",
    "let",
    "mapfile",
    "read",
    "readarray",
    "trap",
    "unset",
];

/// Commands that declare variables.
const DECLARING: [&str; 5] = ["declare", "export", "local", "readonly", "typeset"];

/// Commands that run the word after `-c`, also when another command runs them.
const SHELLS: [&str; 9] = ["ash", "bash", "dash", "fish", "ksh", "mksh", "sh", "su", "zsh"];

/// Variables with the path of a shell.
const SHELL_VARIABLES: [&str; 4] = ["$BASH", "${BASH", "$SHELL", "${SHELL"];

const TESTS: [&str; 3] = ["[", "[[", "test"];

/// Operators of tests that take numbers, which `[[` evaluates.
const ARITHMETIC: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

/// Variables whose values bash evaluates.
const EVALUATED: [&str; 8] =
    ["BASH_ENV", "ENV", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS3", "PS4"];

/// Words in front of a command.
const PREFIXES: [&str; 15] = [
    "!", "builtin", "command", "coproc", "do", "elif", "else", "env", "exec", "if", "then", "time",
    "until", "while", "{",
];

/// Those that have options.
const WITH_OPTIONS: [&str; 5] = ["builtin", "command", "env", "exec", "time"];

/// For each of some spans of a script, whether bash evaluates again what is there.
pub(crate) fn evaluates(text: &str, spans: &[Span]) -> Vec<bool> {
    let commands = commands(text);
    let words = commands.iter().flat_map(|command| {
        command.words.iter().enumerate().map(move |(index, word)| (&word.span, command, index))
    });
    let mut words: Vec<(&Span, &Command, usize)> = words.collect();
    words.sort_by_key(|(span, ..)| span.start);
    // The innermost word around a span is the last one that begins before it and does not end before it.
    let mut latest_end = 0;
    let ends = words.iter().map(|(span, ..)| {
        latest_end = latest_end.max(span.end);
        latest_end
    });
    let ends: Vec<usize> = ends.collect();
    let evaluated = |span: &Span| {
        let behind = words.partition_point(|(word, ..)| word.start <= span.start);
        let before = (0..behind).rev().take_while(|index| ends[*index] >= span.end);
        let word = before.map(|index| words[index]).find(|(word, ..)| word.end >= span.end);
        is_subscript(text, span)
            || word.is_some_and(|(_, command, index)| evaluates_word(text, command, index, span))
    };
    spans.iter().map(evaluated).collect()
}

/// Whether a span is in the brackets of `NAME[…]` or `[…]=`.
fn is_subscript(text: &str, span: &Span) -> bool {
    let before = &text[..span.start];
    let word = before.rfind(|c: char| c.is_whitespace() || "();|&".contains(c));
    let word = &before[word.map_or(0, |end| end + 1)..];
    let Some((name, inside)) = word.split_once('[') else { return false };
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_element = text[span.end..]
        .split_once(']')
        .is_some_and(|(_, rest)| rest.starts_with('=') || rest.starts_with("+="));
    is_name && !inside.contains(']') && (!name.is_empty() || is_element)
}

fn evaluates_word(text: &str, command: &Command, index: usize, span: &Span) -> bool {
    let literals: Vec<&str> = command.words.iter().map(literal_start).collect();
    let mut has_options = false;
    let is_prefix = |literal: &&&str| {
        let is_option = has_options && literal.starts_with('-');
        has_options = is_option || WITH_OPTIONS.contains(literal);
        is_option || PREFIXES.contains(literal) || is_assignment(literal)
    };
    let start = literals.iter().take_while(is_prefix).count();
    let word = literals[index];
    if let Some((name, _)) = word.split_once('=')
        && EVALUATED.contains(&name)
    {
        return true;
    }
    let after = literals.get(index + 1).copied();
    let is_number = |word: &str| ARITHMETIC.contains(&word);
    if index <= start {
        // The first word between `&&` and `||`.
        return index == start && after.is_some_and(is_number);
    }
    let before = literals[index - 1];
    let options = || literals[start + 1..].iter().filter(|word| word.starts_with(['-', '+']));
    let is_at_start = command.words[index].span.start == span.start;
    if before.starts_with('-') && !before.starts_with("--") && before.ends_with('c') {
        let mut words = command.words[start..index].iter();
        if words.any(|word| is_shell(&text[word.span.clone()])) {
            return true;
        }
    }
    match literals[start] {
        name if EVALUATING.contains(&name) => true,
        name if DECLARING.contains(&name) => {
            is_at_start || options().any(|option| option.contains(['A', 'a', 'i', 'n']))
        }
        "printf" => before == "-v",
        "wait" => before == "-p",
        _ if is_test(&literals[start..]) => {
            ["-R", "-v"].contains(&before) || is_number(before) || after.is_some_and(is_number)
        }
        _ => false,
    }
}

/// Whether a word names a shell, or is a variable that does.
fn is_shell(word: &str) -> bool {
    let word = word.trim_matches('"');
    SHELL_VARIABLES.iter().any(|variable| word.starts_with(variable))
        || word.rsplit('/').next().is_some_and(|name| SHELLS.contains(&name))
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

/// The beginning of a word, as far as it stands for itself.
fn literal_start(word: &Word) -> &str {
    match word.pieces.first() {
        Some(Piece::Text(text)) => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bash_evaluates_again_is_found() {
        let all = |script: &str, expected: bool| {
            let spans: Vec<Span> =
                script.match_indices("'@'").map(|(at, at_sign)| at..at + at_sign.len()).collect();
            assert!(!spans.is_empty());
            assert!(evaluates(script, &spans).iter().all(|is| *is == expected), "{script}");
        };
        for script in [
            "[[ -v '@' ]]",
            "if [[ -v '@' ]]; then a; fi",
            "test -v '@' || [ -v '@' ]",
            "[[ '@' -eq 1 && 1 -lt '@' || 1 -ge '@' && -v '@' || '@' -ne 1 && a ]]",
            "declare -i x='@'; local -ri x='@'",
            "declare -n x='@'; declare -a x='@'",
            "declare '@'; export '@'=1",
            "let '@'; let x='@'",
            "eval '@'; A=1 eval echo '@'",
            "x=$(eval '@')",
            "command eval '@'",
            "read '@'; unset '@'; printf -v '@' a",
            "bash -c '@'; sh -ec '@'; exec bash -c '@'",
            "/bin/sh -c '@'; $BASH -c '@'; \"${BASH:-bash}\" -xc '@'; \"$SHELL\" -c '@'",
            "nohup bash -c '@'; sudo -u a sh -c '@'; timeout 5 bash -c '@'; busybox sh -c '@'",
            "kubectl exec a -- sh -ec '@'",
            "command -p eval '@'; env -i bash -c '@'; coproc eval '@'",
            "compgen -W '@'; complete -C '@' a; wait -p '@' 1; bind -x '@'",
            "trap '@' EXIT",
            "PS4='@'; export PROMPT_COMMAND='@'",
            "a['@']=1; a=(['@']=1); echo b['@']",
            "mapfile -C '@' a; alias a='@'",
        ] {
            all(script, true);
        }
        for script in [
            "echo '@'; printf '%s' '@'",
            "NAME='@'",
            "export NAME='@'; local x='@'; readonly -r Y='@'",
            "[[ $x == '@' ]]; [ -n '@' ]; test -f '@'",
            "echo eval '@'; grep -v '@' file",
            "for x in '@'; do echo \"$x\"; done",
            "[ '@' = a ]; case '@' in a) b '@' ;; esac",
            "echo -ne '@'; echo --member=['@']; bash script '@' -c",
            "a=('@')",
            "grep -c '@' bash; wait '@'; command -v '@'; echo -c '@'",
        ] {
            all(script, false);
        }
    }
}
