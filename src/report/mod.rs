//! Diagnostics for a reader: people, or another program.

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
pub use origins::{origins, origins_json, origins_of};
pub use sarif::sarif;

use std::borrow::Cow;

use crate::diagnostics::source::is_hidden;

/// A line without what a terminal would obey, or a reader not see: names of files may hold anything.
pub fn plain(line: &str) -> Cow<'_, str> {
    if line.contains(is_hidden) { line.replace(is_hidden, "\u{fffd}").into() } else { line.into() }
}
