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
