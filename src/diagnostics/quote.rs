//! Foreign strings in messages.

use super::source::is_hidden;

/// Quotes a value: in backticks, with control characters escaped, and cut if it is long.
pub fn quoted(value: &str) -> String {
    format!("`{}`", escaped(value, 60))
}

/// Escapes and cuts a name as [`quoted`] does, without the backticks, and at a greater length.
pub fn shown(name: &str) -> String {
    escaped(name, 120)
}

fn escaped(value: &str, longest: usize) -> String {
    let mut shown = String::new();
    for c in value.chars().take(longest) {
        if is_hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if value.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}

/// Cuts a foreign string if it is long.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Joins alternatives for a sentence: "`a`, `b` or `c`".
pub fn one_of<'a>(options: impl IntoIterator<Item = &'a str>) -> String {
    let mut options: Vec<String> = options.into_iter().map(quoted).collect();
    match options.pop() {
        None => String::new(),
        Some(last) if options.is_empty() => last,
        Some(last) => format!("{} or {last}", options.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_hold_no_control_characters() {
        assert_eq!(quoted("a\u{1b}[31m\n"), "`a\\u{1b}[31m\\n`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
        assert_eq!(shortened("a b"), "a b");
        assert_eq!(shortened(&"é".repeat(201)), format!("{}…", "é".repeat(200)));
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(one_of([]), "");
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
