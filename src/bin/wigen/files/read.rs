//! Reads files and standard input as text.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use wigen::diagnostics::Diagnostic;
use wigen::diagnostics::source::Source;
use wigen::text;

use super::failure::Failure;

/// A spec as it was read; with a diagnostic where its bytes are no text.
pub(crate) type Spec = (Source, Option<Diagnostic>);

/// What standard input is called.
pub(crate) const STDIN: &str = "<stdin>";

/// Reads a file, or `-`: standard input.
pub(crate) fn read_one(path: &Path) -> Result<Spec, Failure> {
    if path.as_os_str() == "-" { read_stdin() } else { read_file(path) }
}

/// Reads files, each by its name.
pub(crate) fn files(named: &[PathBuf]) -> Result<Vec<Spec>, Failure> {
    named.iter().map(|path| read_file(path)).collect()
}

/// The text of a file that must be one, or of standard input.
pub(crate) fn text(path: &Path) -> Result<Source, Failure> {
    match read_one(path)? {
        (source, None) => Ok(source),
        (source, Some(found)) => text_of(Err(Box::new((source, found)))),
    }
}

/// Text that was taken from bytes; or the failure that they are none.
pub(crate) fn text_of(read: Result<Source, Box<(Source, Diagnostic)>>) -> Result<Source, Failure> {
    read.map_err(|wrong| Failure::Message(format!("{}: {}", wrong.0.name(), wrong.1.message)))
}

fn read_stdin() -> Result<Spec, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Message(format!("cannot read standard input: {error}")))?;
    Ok(decode(STDIN.to_owned(), &bytes))
}

pub(super) fn read_file(path: &Path) -> Result<Spec, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    Ok(decode(path.display().to_string(), &bytes))
}

pub(super) fn decode(name: String, bytes: &[u8]) -> Spec {
    match text::decode(name, bytes) {
        Ok(source) => (source, None),
        Err(wrong) => (wrong.0, Some(wrong.1)),
    }
}
