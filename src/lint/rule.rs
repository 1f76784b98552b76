//! What a rule is.

use crate::diagnostics::Diagnostic;
use crate::observed::World;

/// Diagnostics, each with the number of its file.
pub(super) type Found = Vec<(usize, Diagnostic)>;

/// Adds what it finds in the world.
pub(super) type Rule = fn(&World<'_>, &mut Found);
