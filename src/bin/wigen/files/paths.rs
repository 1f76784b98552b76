//! Paths: canonical, relative, and the directory of a file.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

/// Canonical paths, so that a file is known by whatever path it is named. Each directory is looked up
/// once.
#[derive(Debug, Default)]
pub(crate) struct CanonicalPaths(HashMap<PathBuf, PathBuf>);

impl CanonicalPaths {
    /// The canonical path of a file. A link to a file is a file of its own.
    pub(crate) fn file(&mut self, path: &Path) -> PathBuf {
        match path.file_name() {
            Some(name) => self.directory(parent(path)).join(name),
            None => path.to_owned(),
        }
    }

    /// The canonical path of a directory, or the same path where it does not exist.
    pub(crate) fn directory(&mut self, path: &Path) -> &Path {
        let canonical = || fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.0.entry(path.to_owned()).or_insert_with(canonical)
    }
}

/// The path of a file relative to a directory, which need not exist. Both are canonical first.
pub(crate) fn relative_to(directory: &Path, file: &Path) -> io::Result<PathBuf> {
    fn canonical(path: &Path) -> io::Result<PathBuf> {
        match (fs::canonicalize(path), path.parent(), path.file_name()) {
            (Err(error), Some(parent), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(canonical(or_current(parent))?.join(name))
            }
            (found, ..) => found,
        }
    }
    let (directory, file) = (canonical(directory)?, canonical(file)?);
    let shared = directory.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    Ok(up.chain(file.components().skip(shared)).collect())
}

/// The directory of a file.
pub(crate) fn parent(path: &Path) -> &Path {
    or_current(path.parent().unwrap_or(Path::new("")))
}

/// `.` for an empty path.
pub(crate) fn or_current(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}
