//! Unified diffs for people.

use similar::TextDiff;

use super::style::{Style, plain, plain_lines};

/// The unified diff between two versions of a file, in git's colors.
pub fn difference(name: &str, old: &str, new: &str, style: Style) -> String {
    let name = &plain(name);
    let text = TextDiff::from_lines(old, new).unified_diff().header(name, name).to_string();
    let text = plain_lines(&text).into_owned();
    if !style.colour {
        return text;
    }
    let colour = |line: &str| match line.chars().next() {
        _ if line.starts_with("---") || line.starts_with("+++") => "1",
        Some('-') => "31",
        Some('+') => "32",
        Some('@') => "36",
        _ => "0",
    };
    let mut coloured = String::new();
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches('\n');
        coloured.extend(["\u{1b}[", colour(line), "m", bare, "\u{1b}[0m", &line[bare.len()..]]);
    }
    coloured
}
