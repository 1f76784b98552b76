//! Diagnostics, changes, origins and identities, formatted for people or for programs.

mod change;
mod difference;
mod excerpt;
mod github;
mod gitlab;
mod graph;
mod human;
mod json;
mod junit;
mod markdown;
mod origins;
mod sarif;
mod style;
mod who;

pub use change::{Compared, change_schema, changes, changes_json};
pub use difference::difference;
pub use github::github;
pub use gitlab::gitlab;
pub use graph::{dot, mermaid};
pub use human::{human, human_with_note};
pub use json::{JSON_VERSION, json, json_schema};
pub use junit::junit;
pub use markdown::changes_markdown;
pub use origins::{origins, origins_heading, origins_json};
pub use sarif::sarif;
pub use style::{Style, for_terminal, plain, plain_lines};
pub use who::{chains_json, who};
