//! How output for people looks.

use std::borrow::Cow;

use crate::diagnostics::source::is_hidden;

/// Colors and width of output for people.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use colors.
    pub colour: bool,
    /// Maximum width in columns; longer source lines are shown in part.
    pub width: usize,
}

impl Style {
    /// Output to a file or a pipe.
    pub const PLAIN: Self = Self { colour: false, width: 140 };
}

/// Replaces control and invisible characters of a line: file names may contain anything.
pub fn plain(line: &str) -> Cow<'_, str> {
    replace(line, is_hidden)
}

/// Replaces them in several lines, which may have tabs.
pub fn plain_lines(text: &str) -> Cow<'_, str> {
    replace(text, |c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

/// As [`plain_lines`], in text with colors. It is the last guard before a terminal.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    let is_wrong = |c| is_hidden(c) && !matches!(c, '\n' | '\t');
    if !text.contains(is_wrong) {
        return text.into();
    }
    let (mut safe, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(is_wrong) {
        let (before, after) = rest.split_at(at);
        safe.push_str(before);
        let length = colour_length(after);
        safe.push_str(if length > 0 { &after[..length] } else { "\u{fffd}" });
        let skipped = length.max(after.chars().next().map_or(0, char::len_utf8));
        rest = &after[skipped..];
    }
    (safe + rest).into()
}

/// The length of the escape sequence for a color at the start of a string; 0 if there is none.
fn colour_length(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';');
    end.filter(|end| parameters[*end..].starts_with('m')).map_or(0, |end| end + 3)
}

fn replace(text: &str, is_wrong: impl Fn(char) -> bool + Copy) -> Cow<'_, str> {
    if text.contains(is_wrong) { text.replace(is_wrong, "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_reach_a_terminal() {
        let text = "a\t\u{1b}[1;31mb\u{1b}[0m\n\u{1b}]0;title\u{7}\u{1b}[2J\u{202e}\u{61c}\u{9b}31m\r\u{1b}[31";
        let safe = "a\t\u{1b}[1;31mb\u{1b}[0m\n\u{fffd}]0;title\u{fffd}\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}31m\u{fffd}\u{fffd}[31";
        assert_eq!(for_terminal(text), safe);
        assert_eq!(plain_lines("a\u{1b}[31m\n\t"), "a\u{fffd}[31m\n\t");
        assert_eq!(plain("a\n"), "a\u{fffd}");
    }
}
