//! The text of a spec, its name, and where a byte of it stands.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A range of bytes in a [`Source`]; both ends lie on character boundaries.
pub type Span = Range<usize>;

/// The content of a file, such as a spec, as it was read, and its name. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Source {
    read: Arc<Read>,
}

#[derive(Debug, Default)]
struct Read {
    name: String,
    text: String,
    /// Where the lines begin, once that was asked.
    lines: OnceLock<Vec<usize>>,
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.name() == other.name() && self.text() == other.text()
    }
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
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        Self { read: Arc::new(Read { name: name.into(), text, lines: OnceLock::new() }) }
    }

    /// The name given to [`Source::new`].
    pub fn name(&self) -> &str {
        &self.read.name
    }

    /// The last part of the name: the same wherever the program is started from.
    pub fn file_name(&self) -> &str {
        self.name().rsplit(['/', '\\']).next().unwrap_or(self.name())
    }

    /// Whether both are the same file, and not just two with the same name and text.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.read, &other.read)
    }

    /// The text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.read.text
    }

    /// Moves both ends of a range into the text and onto character boundaries.
    pub fn clamp(&self, span: Span) -> Span {
        let start = self.text().floor_char_boundary(span.start.min(self.text().len()));
        let end = self.text().ceil_char_boundary(span.end.min(self.text().len()));
        start..end.max(start)
    }

    /// Line and column of a byte. A byte beyond the text counts as the end of the text.
    pub fn position(&self, byte: usize) -> Position {
        let byte = self.clamp(byte..byte).start;
        let line = self.line_at(byte);
        let start = self.line(line).start;
        Position { line, column: self.text()[start..byte].chars().count() + 1 }
    }

    /// The number of the line, from 1, in which a byte stands.
    pub fn line_at(&self, byte: usize) -> usize {
        self.lines().partition_point(|&start| start <= byte)
    }

    /// Where a line, counted from 1, stands: with the newline at its end.
    pub fn line(&self, line: usize) -> Span {
        let start = |index: usize| self.lines().get(index).copied().unwrap_or(self.text().len());
        start(line.saturating_sub(1))..start(line.max(1))
    }

    /// Of every line the first byte. Ten thousand places are looked up in one text.
    fn lines(&self) -> &[usize] {
        self.read.lines.get_or_init(|| {
            let ends = self.text().bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(end, _)| end + 1)).collect()
        })
    }

    /// The byte at a line and column counted from 1, as a reader reports them.
    pub fn byte_at(&self, line: usize, column: usize) -> usize {
        let Span { start, end } = self.line(line);
        let text = self.text()[start..end].trim_end_matches('\n');
        start
            + text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(byte, _)| byte)
    }
}

/// Whether a reader of the text would not see a character, or would see others changed by it:
/// controls, separators of lines, marks that turn the direction of writing, and the like.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
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
    fn the_byte_order_mark_is_skipped() {
        assert_eq!(Source::new("a.toml", "\u{feff}name").text(), "name");
    }
}
