//! The text of a spec, its name, and where a byte of it stands.

use std::ops::Range;
use std::sync::Arc;

/// A range of bytes in a [`Source`]; both ends lie on character boundaries.
pub type Span = Range<usize>;

/// A text as it was read, of a spec for example, and a name to call it by. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

/// A place as people count it: both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// Takes the text of a spec. `name` is shown in diagnostics and its ending picks the format:
    /// `.json`, `.yaml` and `.yml`, and TOML for everything else. A byte order mark is dropped.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text: String = text.into();
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Self { name: name.into().into(), text: text.into() }
    }

    /// The name given to [`Source::new`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The last part of the name: the same wherever the program is started from.
    pub fn file_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name)
    }

    /// The text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Moves both ends of a range into the text and onto character boundaries.
    pub fn clamp(&self, span: Span) -> Span {
        let start = self.text.floor_char_boundary(span.start.min(self.text.len()));
        let end = self.text.ceil_char_boundary(span.end.min(self.text.len()));
        start..end.max(start)
    }

    /// Line and column of a byte. A byte beyond the text counts as the end of the text.
    pub fn position(&self, byte: usize) -> Position {
        let before = &self.text[..self.clamp(byte..byte).start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.bytes().filter(|&b| b == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The byte at a line and column counted from 1, as a reader reports them.
    pub fn byte_at(&self, line: usize, column: usize) -> usize {
        let start: usize =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = &self.text[start..];
        let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
        start
            + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(byte, _)| byte)
    }
}

/// Whether a reader of the text would not see a character, or would see others changed by it:
/// controls, separators of lines, marks that turn the direction of writing, and the like.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::new("a.toml", "ä = 1\nöß = 2\n");
        let byte = source.text().find('2').unwrap();
        assert_eq!(source.position(byte), Position { line: 2, column: 6 });
        assert_eq!(source.byte_at(2, 6), byte);
    }

    #[test]
    fn a_place_beyond_the_text_is_its_end() {
        let source = Source::new("a.toml", "ä");
        assert_eq!(source.position(99), Position { line: 1, column: 2 });
        assert_eq!(source.clamp(1..99), 0..2);
        assert_eq!(source.byte_at(9, 9), 2);
    }

    #[test]
    fn the_byte_order_mark_is_no_text() {
        assert_eq!(Source::new("a.toml", "\u{feff}name").text(), "name");
    }
}
