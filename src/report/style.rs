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
    if line.contains(is_hidden) { line.replace(is_hidden, "\u{fffd}").into() } else { line.into() }
}
