//! Reads bash scripts: their quoting, and the words of their commands.
//!
//! This is no parser of the language. It reads any text, also one that bash would refuse, and never
//! nests calls, so that no input can exhaust the stack.

mod evaluation;
mod invocation;
mod quoting;
mod words;

pub(crate) use evaluation::evaluates;
pub(crate) use quoting::is_word_at;
pub(crate) use words::{Command, Piece, Word, commands};
