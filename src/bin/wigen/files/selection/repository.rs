//! The repository around this directory.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::super::paths::or_current;
use crate::git::{self, GitError};

pub(super) struct Repository {
    pub(super) root: PathBuf,
    canonical: PathBuf,
}

impl Repository {
    pub(super) fn find() -> Result<Self, GitError> {
        let root = git::root(Path::new(""))?;
        let root = or_current(&root).to_owned();
        let canonical = fs::canonicalize(&root).map_err(|error| not_found(&root, &error))?;
        Ok(Self { root, canonical })
    }

    /// The path of a file from its root.
    pub(super) fn relative(&self, path: &Path) -> Result<PathBuf, GitError> {
        let canonical = fs::canonicalize(path).map_err(|error| not_found(path, &error))?;
        let relative = canonical.strip_prefix(&self.canonical).map_err(|_| {
            let (path, root) = (path.display(), self.root.display());
            GitError(format!("{path} is not in the repository {root}"))
        })?;
        Ok(relative.to_owned())
    }
}

fn not_found(path: &Path, error: &io::Error) -> GitError {
    GitError(format!("cannot find {}: {error}", path.display()))
}
