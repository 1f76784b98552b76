//! Quotes values for HCL.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::diagnostics::source::is_hidden;

/// Quotes a string on one line. `None` for one that is not in Unicode Normalization Form C: Terraform
/// would change it.
///
/// Hidden characters are escaped, so that a review shows them; and `*/`, so that the string is safe in a
/// comment, too.
pub(crate) fn string(text: &str) -> Option<String> {
    if !is_nfc(text) {
        return None;
    }
    let mut quoted = String::from("\"");
    let mut chars = text.chars().peekable();
    let mut last = None;
    while let Some(c) = chars.next() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => quoted.extend([c, c]),
            '/' if last == Some('*') => quoted.push_str("\\u002f"),
            c if is_hidden(c) && u32::from(c) > 0xffff => {
                quoted.extend(format!("\\U{:08x}", u32::from(c)).chars());
            }
            c if is_hidden(c) => quoted.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
        last = Some(c);
    }
    quoted.push('"');
    Some(quoted)
}

/// Quotes a string as Terraform keeps it.
pub(crate) fn literal(text: &str) -> String {
    // The rules refuse other strings, so that this changes nothing.
    string(text).or_else(|| string(&text.nfc().collect::<String>())).unwrap_or_default()
}

/// The same without the quotes, as a part of a string with interpolations.
pub(crate) fn content(text: &str) -> String {
    let quoted = literal(text);
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// Whether code means the same everywhere: a number, a word, or words that dots join.
pub(crate) fn is_bare(code: &str) -> bool {
    code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::string;

    #[test]
    fn strings() {
        for (text, quoted) in [
            ("serviceAccount:p.svc.id.goog[n/k]", r#""serviceAccount:p.svc.id.goog[n/k]""#),
            ("a\"b\\c\n\u{7f}", r#""a\"b\\c\n\u007f""#),
            ("${a} %{b} $$c $ {d} $${e}", r#""$${a} %%{b} $$c $ {d} $$${e}""#),
            ("/* a */", r#""/* a *\u002f""#),
            ("é\u{202e}\u{e0001}", r#""é\u202e\U000e0001""#),
        ] {
            assert_eq!(string(text).as_deref(), Some(quoted));
        }
        assert_eq!(string("e\u{301}"), None);
    }
}
