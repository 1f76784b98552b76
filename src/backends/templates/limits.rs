//! What users' templates may print of one artifact.

use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind, State};

/// Bytes of all blocks and parts together, and of the artifact.
pub(super) const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Parts, also those in parts.
pub(super) const MAX_PARTS: usize = 200;

/// Spaces before a line.
const MAX_INDENT: usize = 100;

/// How deep lists and tables nest.
pub(super) const MAX_DEPTH: usize = 200;

/// Bytes of memory that a node takes besides its text.
const NODE_BYTES: usize = 32;

/// The variable of the context that counts the bytes of blocks and parts. The built-in templates have none.
pub(super) const PRINTED: &str = "__printed";

/// The bytes of the blocks and parts so far.
#[derive(Debug, Default)]
pub(super) struct Printed(AtomicUsize);

impl Object for Printed {}

/// Counts the bytes of a block or part.
pub(super) fn charge(state: &State<'_, '_>, bytes: usize) -> Result<(), Error> {
    let printed = state.lookup(PRINTED);
    let printed = printed.as_ref().and_then(Value::downcast_object_ref::<Printed>);
    match printed.map(|printed| printed.0.fetch_add(bytes, Ordering::Relaxed) + bytes) {
        Some(all) if all > MAX_BYTES => Err(above_limit()),
        _ => Ok(()),
    }
}

/// The error of output above the limits.
pub(super) fn above_limit() -> Error {
    let message = format!(
        "the templates print more than {MAX_BYTES} bytes or {MAX_PARTS} parts of one artifact"
    );
    Error::new(ErrorKind::InvalidOperation, message)
}

/// The error of lists in lists in lists.
pub(super) fn too_deep() -> Error {
    let message = format!("lists and tables must nest at most {MAX_DEPTH} levels deep");
    Error::new(ErrorKind::InvalidOperation, message)
}

/// Fails if nobody would indent YAML as much.
pub(super) fn check_indent(indent: usize) -> Result<(), Error> {
    if indent <= MAX_INDENT {
        return Ok(());
    }
    let message = format!("the indent must be at most {MAX_INDENT} spaces");
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// The size of a value as YAML. It is counted while the value is copied: a few lists that each name another
/// one twice have more elements than any memory.
pub(super) struct Size {
    depth: usize,
    indent: usize,
    pub(super) bytes: usize,
}

impl Size {
    pub(super) fn new(indent: usize) -> Self {
        Self { depth: 0, indent, bytes: 0 }
    }

    /// Counts a node with this many bytes of text.
    pub(super) fn add(&mut self, text: usize) -> Result<(), Error> {
        self.bytes += NODE_BYTES + self.indent + 2 * self.depth + text;
        if self.bytes > MAX_BYTES { Err(above_limit()) } else { Ok(()) }
    }

    /// Counts what is below a node.
    pub(super) fn below<T>(
        &mut self,
        count: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        let result = count(self);
        self.depth -= 1;
        result
    }
}
