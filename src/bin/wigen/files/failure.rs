//! Errors that end the program with exit code 2.

use std::io;
use std::path::Path;

use super::paths::or_current;
use crate::git::GitError;

/// Why wigen could not run.
#[derive(Debug)]
pub(crate) enum Failure {
    Message(String),
    /// Stdout was closed by the reader; not an error.
    BrokenPipe,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }

    /// `action` is what could not be done with a file: read, write, find.
    pub(crate) fn file(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::Message(format!("cannot {action} {}: {error}", or_current(path).display()))
    }

    /// A file that would be overwritten without `--force`.
    pub(crate) fn exists(path: &Path) -> Self {
        Self::Message(format!("{} already exists; --force overwrites it", path.display()))
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        Self::Message(error.0)
    }
}

impl From<io::Error> for Failure {
    /// An error of writing to standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::Message(format!("cannot write to standard output: {error}"))
        }
    }
}
