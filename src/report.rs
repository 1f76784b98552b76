//! Diagnostics for a reader: people, or another program.

mod human;
mod json;

pub use human::human;
pub use json::json;
