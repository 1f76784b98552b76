//! Why wigen could not run, for exit code 2.

use std::io;
use std::path::Path;

use crate::git::GitError;

/// Why wigen could not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What to tell the user.
    Message(String),
    /// The reader of the output has gone, which is none of our business.
    BrokenPipe,
}

impl Failure {
    /// A failure to do something with a file.
    pub(crate) fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::Message(format!("cannot {what} {}: {error}", path.display()))
    }
}

impl From<GitError> for Failure {
    fn from(silence: GitError) -> Self {
        Self::Message(silence.0)
    }
}

impl From<io::Error> for Failure {
    /// A failure to write to standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::Message(format!("cannot write to standard output: {error}"))
        }
    }
}
