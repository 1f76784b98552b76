//! What a rule is.

use crate::diagnostics::Diagnostic;
use crate::observed::World;

/// Diagnostics of any file. Each place has its source.
pub(super) type Found = Vec<Diagnostic>;

/// Adds what it finds in the world.
pub(super) type Rule = fn(&World<'_>, &mut Found);
