//! What can be wrong with a value that a definition of Kubernetes describes.

use serde_json::Value;

use super::version::{Version, VersionRange};

/// A value that its definition does not allow.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem<'a> {
    /// JSON pointer of the value.
    pub pointer: String,
    /// The value; for an unknown or missing key the table.
    pub value: &'a Value,
    /// The definition of the value, as JSON.
    pub definition: &'static Value,
    /// What is wrong.
    pub kind: ProblemKind<'a>,
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind<'a> {
    /// A key that the table does not have.
    UnknownKey(&'a str),
    /// A key that the table has in other versions than this one.
    OtherVersion(&'a str, VersionRange, Version),
    /// A key that the table must have, though wigen may write it.
    MissingKey(&'static str),
    /// Another type.
    Type,
    /// A string other than the few that are allowed.
    Value,
    /// An integer of more than this many bits.
    Range(u32),
    /// A string that is not a quantity.
    Quantity,
}
