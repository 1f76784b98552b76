//! Diagnostics, changes and origins, formatted for people or for programs.

mod change;
mod difference;
mod excerpt;
mod github;
mod human;
mod json;
mod origins;
mod sarif;
mod style;

pub use change::{Compared, change_schema, changes, changes_json};
pub use difference::difference;
pub use github::github;
pub use human::human;
pub use json::{json, json_schema};
pub use origins::{origins, origins_heading, origins_json};
pub use sarif::sarif;
pub use style::{Style, plain};
