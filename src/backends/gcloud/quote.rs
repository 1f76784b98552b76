//! Values as words of bash.

use std::borrow::Cow;

use minijinja::value::{Value, ValueKind};

use crate::diagnostics::source::is_hidden;

/// A value as one word; `None` for what no word can stand for.
pub(crate) fn print(value: &Value) -> Option<Cow<'_, str>> {
    match value.kind() {
        ValueKind::String => value.as_str().map(word),
        ValueKind::Number if value.is_integer() => Some(value.to_string().into()),
        ValueKind::Bool => Some(value.is_true().to_string().into()),
        _ => None,
    }
}

/// A text as one word on one line: bare where that is safe, in single quotes otherwise, and in
/// `$'…'` where it holds single quotes, what looks like an expansion (shellcheck would ask whether
/// that is meant), or characters that a reader would not see, so that it may stand in a comment and
/// shows in a review what it is.
///
/// Hidden characters are written byte by byte: under `LC_ALL=C` bash makes no character from `\u`.
pub(crate) fn word(text: &str) -> Cow<'_, str> {
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

/// Whether a text means the same to bash with quotes and without.
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
