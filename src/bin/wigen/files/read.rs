//! Reads files and standard input as text.

use std::io;
use std::path::{Path, PathBuf};

use wigen::diagnostics::Diagnostic;
use wigen::diagnostics::source::Source;
use wigen::text;

use super::failure::Failure;
use super::open::read;
use crate::bounded::read_all;

/// A file as it was read; with a diagnostic if its bytes are not valid text.
pub(crate) type SourceFile = (Source, Option<Diagnostic>);

/// The name of standard input in messages.
pub(crate) const STDIN: &str = "<stdin>";

/// Reads a file, or standard input for `-`.
pub(crate) fn read_source(path: &Path) -> Result<SourceFile, Failure> {
    if path.as_os_str() != "-" {
        return read_file(path);
    }
    let bytes = read_all(io::stdin().lock(), 0)
        .map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
    Ok(decode(STDIN.to_owned(), &bytes))
}

/// Reads a file that need not be there; `None` if it cannot be read as text.
pub(crate) fn read_existing(path: &Path) -> Option<String> {
    String::from_utf8(read(path).ok()?).ok()
}

pub(crate) fn read_sources(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    paths.iter().map(|path| read_file(path)).collect()
}

/// Reads a file, or standard input for `-`, that must be text.
pub(crate) fn read_text(path: &Path) -> Result<Source, Failure> {
    let (source, invalid) = read_source(path)?;
    match invalid {
        None => Ok(source),
        Some(found) => Err(not_text(&source, &found)),
    }
}

pub(crate) fn not_text(source: &Source, found: &Diagnostic) -> Failure {
    Failure::new(format!("{}: {}", source.name(), found.message))
}

pub(super) fn read_file(path: &Path) -> Result<SourceFile, Failure> {
    let bytes = read(path).map_err(|error| Failure::file("read", path, &error))?;
    Ok(decode(path.display().to_string(), &bytes))
}

pub(super) fn decode(name: String, bytes: &[u8]) -> SourceFile {
    match text::decode(name, bytes) {
        Ok(source) => (source, None),
        Err(invalid) => (invalid.0, Some(invalid.1)),
    }
}
