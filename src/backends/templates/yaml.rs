//! Values as YAML that readers of YAML 1.1 and 1.2 take for the same.

use std::borrow::Cow;
use std::fmt;

use minijinja::value::{Enumerator, Object, Serde, Value, ValueKind};

use crate::diagnostics::source::is_hidden;

/// A value that can be written as YAML.
pub(super) trait Node: Sized {
    /// What it is.
    fn kind(&self) -> Kind;

    /// The text of a scalar; `None` for what YAML scalars cannot write.
    fn scalar(&self) -> Option<Cow<'_, str>>;

    /// Tells of the entries of a table, or of the elements of a list, which have no key.
    fn each(
        &self,
        tell: impl FnMut(&str, Self) -> Result<(), minijinja::Error>,
    ) -> Result<(), minijinja::Error>;
}

/// What a value is to YAML.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Null,
    Scalar,
    List { is_empty: bool },
    Table { is_empty: bool },
}

/// An object as a YAML document in block style.
pub(super) fn document(object: &serde_json::Value) -> String {
    let mut text = String::new();
    // Whatever JSON has, YAML can write.
    let _ = write_block(&Value::from(Serde(object)), 0, &mut text);
    text.push('\n');
    text.trim_start().to_owned()
}

/// A value as one scalar, or as the block that the `block` filter made; `None` for anything else.
pub(super) fn print(value: &Value) -> Option<Cow<'_, str>> {
    match value.kind() {
        ValueKind::String => value.as_str().map(scalar),
        ValueKind::Number if value.is_integer() => Some(value.to_string().into()),
        // Without an exponent, which readers of YAML 1.1 take for a text.
        ValueKind::Number => {
            f64::try_from(value.clone()).ok().map(|number| number.to_string().into())
        }
        ValueKind::Bool => Some(value.is_true().to_string().into()),
        _ => value.downcast_object_ref::<Block>().map(|block| block.0.as_str().into()),
    }
}

/// A text as one scalar on one line: plain where every reader takes it for a text, in double
/// quotes otherwise, where what a reader of the text would not see is escaped.
pub(super) fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return text.into();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_hidden(c) => {
                let escape = match u32::from(c) {
                    code @ ..=0xff => format!("\\x{code:02x}"),
                    code @ ..=0xffff => format!("\\u{code:04x}"),
                    code => format!("\\U{code:08x}"),
                };
                quoted.push_str(&escape);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted.into()
}

/// Starts with a letter or a slash, goes on with characters that mean nothing to YAML, and is no
/// word that a reader of either version takes for a boolean or for null.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.bytes().all(
            |b| matches!(b, b'a'..=b'z' | b'A'..=b'Z' | b'-'..=b':' | b'_' | b'@' | b'+' | b'='),
        )
        && !text.ends_with(':')
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A nested value as a block, ready to stand below its key.
#[derive(Debug)]
pub(super) struct Block(String);

impl Object for Block {
    fn enumerate(self: &std::sync::Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &std::sync::Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Block {
    /// Lines of YAML, each indented: begins on a line of its own, as [`Block::filter`] does.
    pub(super) fn of(lines: &str, indent: usize) -> Value {
        Self::whole(Self::lines(lines, indent))
    }

    /// The text of such a block.
    pub(super) fn lines(lines: &str, indent: usize) -> String {
        let mut text = String::with_capacity(lines.len() * 2);
        Self::write_lines(lines, indent, &mut text);
        text
    }

    /// Writes the text of such a block.
    pub(super) fn write_lines(lines: &str, indent: usize, text: &mut String) {
        // Not `lines`, which takes longer than all the rest of it.
        let mut rest = lines;
        while !rest.is_empty() {
            let length = rest.bytes().position(|byte| byte == b'\n').unwrap_or(rest.len());
            new_line(indent, text);
            text.push_str(&rest[..length]);
            rest = rest.get(length + 1..).unwrap_or_default();
        }
    }

    /// A block whose text is known.
    pub(super) fn whole(text: String) -> Value {
        Value::from_object(Self(text))
    }

    /// The filter `block(indent)`: begins on a line of its own and indents every line so far.
    pub(super) fn filter(value: &Value, indent: usize) -> Result<Value, minijinja::Error> {
        let mut text = String::new();
        write_block(value, indent, &mut text)?;
        Ok(Value::from_object(Self(text)))
    }
}

impl Node for Value {
    fn kind(&self) -> Kind {
        match Self::kind(self) {
            ValueKind::None => Kind::Null,
            ValueKind::Map => Kind::Table { is_empty: self.len() == Some(0) },
            ValueKind::Seq => Kind::List { is_empty: self.len() == Some(0) },
            _ => Kind::Scalar,
        }
    }

    fn scalar(&self) -> Option<Cow<'_, str>> {
        print(self)
    }

    fn each(
        &self,
        mut tell: impl FnMut(&str, Self) -> Result<(), minijinja::Error>,
    ) -> Result<(), minijinja::Error> {
        let is_table = Self::kind(self) == ValueKind::Map;
        for entry in self.try_iter()? {
            if is_table {
                tell(entry.as_str().unwrap_or_default(), self.get_item(&entry)?)?;
            } else {
                tell("", entry)?;
            }
        }
        Ok(())
    }
}

/// Begins a line with this indent.
fn new_line(indent: usize, text: &mut String) {
    const SPACES: &str = "                                ";
    text.push('\n');
    let mut left = indent;
    while left > 0 {
        let some = left.min(SPACES.len());
        text.push_str(&SPACES[..some]);
        left -= some;
    }
}

/// Writes a value behind what it is the value of; a list or a table begins on a line of its own, with
/// this indent.
pub(super) fn write_block<N: Node>(
    value: &N,
    indent: usize,
    text: &mut String,
) -> Result<(), minijinja::Error> {
    let is_table = match value.kind() {
        Kind::Null => {
            text.push_str(" null");
            return Ok(());
        }
        Kind::Scalar => {
            let scalar = value.scalar().ok_or_else(|| {
                minijinja::Error::new(
                    minijinja::ErrorKind::InvalidOperation,
                    "a value that YAML scalars cannot write",
                )
            })?;
            text.push(' ');
            text.push_str(&scalar);
            return Ok(());
        }
        Kind::Table { is_empty: true } => {
            text.push_str(" {}");
            return Ok(());
        }
        Kind::List { is_empty: true } => {
            text.push_str(" []");
            return Ok(());
        }
        Kind::Table { .. } => true,
        Kind::List { .. } => false,
    };
    // The first key of a table in a list stands behind the hyphen.
    let mut behind = is_table && text.ends_with('-');
    value.each(|key, value| {
        if std::mem::take(&mut behind) {
            text.push(' ');
        } else {
            new_line(indent, text);
        }
        if is_table {
            text.push_str(&scalar(key));
            text.push(':');
        } else {
            text.push('-');
        }
        write_block(&value, indent + 2, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_only_where_every_reader_agrees() {
        for plain in ["my-project", "a:b", "/healthz", "roles/x.y", "e1", "v1"] {
            assert_eq!(scalar(plain), plain);
        }
        for quoted in [
            "", "on", "NO", "y", "~", "null", "0123", "1_000", "1e3", ".5", "-x", "a: b", "a #b",
            "a:", "12:30:45", "=", "<<", "*x", "a b",
        ] {
            assert_eq!(scalar(quoted), format!("\"{quoted}\""));
        }
        assert_eq!(
            scalar("\u{0}\u{85}\u{2028}é\u{1f600}\"\\"),
            "\"\\x00\\x85\\u2028é\u{1f600}\\\"\\\\\""
        );
    }

    #[test]
    fn blocks_nest() {
        let value = Value::from(Serde(serde_json::json!({
            "secretKeyRef": {"key": "on", "optional": true}, "list": [1, {"a": [], "b": ""}, [0.5]],
        })));
        let mut text = String::from("valueFrom:");
        write_block(&value, 2, &mut text).unwrap();
        assert_eq!(
            text,
            "valueFrom:\n  secretKeyRef:\n    key: \"on\"\n    optional: true\n  list:\n    - 1\n    - a: []\n      b: \"\"\n    -\n      - 0.5"
        );
    }
}
