//! Quotes values for bash.

use std::borrow::Cow;

use crate::diagnostics::source::is_hidden;

/// Quotes a string as one word on one line: bare if that is safe; in `$'…'` if it contains single quotes,
/// hidden characters, or what looks like an expansion (shellcheck would warn); else in single quotes.
///
/// So the word is safe in a comment too, and a review shows hidden characters. They are written byte by
/// byte, because bash does not expand `\u` under `LC_ALL=C`.
pub fn word(text: &str) -> Cow<'_, str> {
    if is_bare(text) {
        return text.into();
    }
    let is_plain = |c: char| !matches!(c, '\'' | '$' | '`') && !is_hidden(c);
    if text.chars().all(is_plain) {
        return format!("'{text}'").into();
    }
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            '\n' => word.push_str("\\n"),
            '\r' => word.push_str("\\r"),
            '\t' => word.push_str("\\t"),
            c if is_hidden(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    word.extend(format!("\\x{byte:02x}").chars());
                }
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    word.into()
}

/// Whether a string needs no quotes in bash.
pub(crate) fn is_bare(text: &str) -> bool {
    let bare =
        |b: u8| matches!(b, b'a'..=b'z' | b'A'..=b'Z' | b'+'..=b':' | b'_' | b'@' | b'%' | b'=');
    !text.is_empty() && text.bytes().all(bare)
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words() {
        assert_eq!(
            word("roles/secretmanager.secretAccessor"),
            "roles/secretmanager.secretAccessor"
        );
        assert_eq!(word(""), "''");
        assert_eq!(
            word("serviceAccount:p.svc.id.goog[n/k]"),
            "'serviceAccount:p.svc.id.goog[n/k]'"
        );
        assert_eq!(word("it's $HOME"), r"$'it\'s $HOME'");
        assert_eq!(word("~root"), "'~root'");
        assert_eq!(word("a\nb'\\\u{1}2"), r"$'a\nb\'\\\x012'");
        assert_eq!(word("é\u{202e}"), r"$'é\xe2\x80\xae'");
    }
}
