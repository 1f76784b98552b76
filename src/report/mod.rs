//! Diagnostics, changes and origins, formatted for people or for programs.

mod change;
mod difference;
mod excerpt;
mod github;
mod human;
mod json;
mod origins;
mod sarif;

pub use change::{Compared, change_schema, changes, changes_json};
pub use difference::difference;
pub use github::github;
pub use human::{Style, human};
pub use json::{json, json_schema};
pub use origins::{origins, origins_heading, origins_json};
pub use sarif::sarif;

use std::borrow::Cow;

use crate::diagnostics::source::is_hidden;

/// Replaces control and invisible characters of a line: file names may contain anything.
pub fn plain(line: &str) -> Cow<'_, str> {
    if line.contains(is_hidden) { line.replace(is_hidden, "\u{fffd}").into() } else { line.into() }
}
