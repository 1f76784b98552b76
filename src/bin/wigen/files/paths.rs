//! Paths: canonical, relative, and of the directory of a file.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

/// Where files are, whichever of the ways there their paths go.
#[derive(Debug, Default)]
pub(crate) struct CanonicalPaths(HashMap<PathBuf, PathBuf>);

impl CanonicalPaths {
    /// The one path of a file. A link to it is another file.
    pub(crate) fn file(&mut self, path: &Path) -> PathBuf {
        match path.file_name() {
            Some(name) => self.directory(directory(path)).join(name),
            None => path.to_owned(),
        }
    }

    /// The one path of a directory; of one that is not there, that which it has here.
    pub(crate) fn directory(&mut self, path: &Path) -> &Path {
        let real = || fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.0.entry(path.to_owned()).or_insert_with(real)
    }
}

/// The path of a file from a directory, which need not be there yet, as the file system has both.
pub(crate) fn relative(directory: &Path, file: &Path) -> io::Result<PathBuf> {
    fn real(path: &Path) -> io::Result<PathBuf> {
        match (fs::canonicalize(path), path.parent(), path.file_name()) {
            (Err(error), Some(above), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(real(or_here(above))?.join(name))
            }
            (found, ..) => found,
        }
    }
    let (directory, file) = (real(directory)?, real(file)?);
    let shared = directory.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    Ok(up.chain(file.components().skip(shared)).collect())
}

/// The directory of a file.
pub(crate) fn directory(path: &Path) -> &Path {
    or_here(path.parent().unwrap_or(Path::new("")))
}

/// A directory; this one where the path is empty.
pub(crate) fn or_here(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}
