//! Paths: canonical, relative, and the directory of a file.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::{env, fs, io};

/// Canonical paths, so that a file is known by whatever path it is named. Each directory is looked up
/// once.
#[derive(Debug, Default)]
pub(super) struct CanonicalPaths(HashMap<PathBuf, PathBuf>);

impl CanonicalPaths {
    /// The canonical path of a file. A link to a file is a file of its own.
    pub(super) fn file(&mut self, path: &Path) -> PathBuf {
        match path.file_name() {
            Some(name) => self.directory(parent(path)).join(name),
            None => path.to_owned(),
        }
    }

    /// The canonical path of a directory, or the same path where it does not exist.
    pub(super) fn directory(&mut self, path: &Path) -> &Path {
        let canonical = || fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.0.entry(path.to_owned()).or_insert_with(canonical)
    }
}

/// Directories by paths that are equal where they are the same directory. Only a path with `..` and a link
/// are looked up in the file system.
#[derive(Debug)]
pub(crate) struct UniquePaths {
    current: PathBuf,
}

impl UniquePaths {
    pub(crate) fn new() -> Self {
        Self { current: env::current_dir().unwrap_or_default() }
    }

    pub(crate) fn directory(&self, path: &Path) -> PathBuf {
        let is_parent = path.components().any(|it| it == Component::ParentDir);
        let canonical = if is_parent || path.is_symlink() { real(path).ok() } else { None };
        let path = canonical.as_deref().unwrap_or(path);
        let path = path.strip_prefix(&self.current).unwrap_or(path);
        path.strip_prefix(".").unwrap_or(path).to_owned()
    }
}

/// The canonical path of a file or directory that need not exist.
pub(super) fn real(path: &Path) -> io::Result<PathBuf> {
    let error = match fs::canonicalize(or_current(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => error,
        found => return found,
    };
    let mut above = real(path.parent().ok_or(error)?)?;
    match path.components().next_back() {
        Some(Component::Normal(name)) => above.push(name),
        Some(Component::ParentDir) => drop(above.pop()),
        _ => {}
    }
    Ok(above)
}

/// The path of a file relative to a directory, which need not exist. Both are canonical first.
pub(crate) fn relative_to(directory: &Path, file: &Path) -> io::Result<PathBuf> {
    let (directory, file) = (real(directory)?, real(file)?);
    let shared = directory.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    Ok(up.chain(file.components().skip(shared)).collect())
}

/// Whether a path has `..` after a name, which may be a link: then it need not lead to the directory before that.
pub(super) fn has_inner_parent(path: &Path) -> bool {
    let mut inner = path.components().skip_while(|it| *it == Component::ParentDir);
    inner.any(|it| it == Component::ParentDir)
}

/// The path of a file relative to this directory, through no link to a directory, and with `..` at its beginning
/// only; the same path where its directory cannot be found.
pub(super) fn plain(file: &Path) -> PathBuf {
    match (relative_to(Path::new("."), parent(file)), file.file_name()) {
        (Ok(directory), Some(name)) => directory.join(name),
        _ => file.to_owned(),
    }
}

/// The directory of a file.
pub(super) fn parent(path: &Path) -> &Path {
    or_current(path.parent().unwrap_or(Path::new("")))
}

/// `.` for an empty path.
pub(crate) fn or_current(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}
