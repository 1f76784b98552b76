//! Names of objects in git, such as `main:apps/app.toml`, and the paths in them.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use super::command::{GitError, os_string, run};

/// What a name stands for. Source: `git help revisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectType {
    /// A revision: `main`, `HEAD~1`, `v1.2`.
    Revision,
    /// A directory at a revision: `main:apps`.
    Directory,
    /// A file at a revision: `main:apps/books/app.toml`.
    File,
}

/// A path at a revision, or in the index.
#[derive(Debug)]
pub(crate) struct RepoPath {
    /// The revision and a colon, as the user wrote it: `main:`.
    pub(crate) shown_prefix: String,
    /// The same for git, which may need an object's ID.
    prefix: String,
    /// The path from the root of the repository.
    pub(crate) path: PathBuf,
}

impl RepoPath {
    /// A directory of the working tree at a revision.
    pub(crate) fn of_directory(directory: &Path, revision: &str) -> Result<Self, GitError> {
        let printed = run(directory, ["rev-parse", "--show-prefix", revision])?;
        let printed = printed.trim_ascii_end();
        // The path may have newlines; the ID after it has none.
        let end = printed.iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
        let id = String::from_utf8_lossy(printed[end..].trim_ascii_start());
        Ok(Self {
            shown_prefix: format!("{revision}:"),
            prefix: format!("{id}:"),
            path: os_string(&printed[..end]).into(),
        })
    }

    /// Parses a name such as `main:apps`; `None` for a file without a path. Relative paths start at
    /// `directory`.
    pub(crate) fn parse(
        directory: &Path,
        name: &str,
        object_type: ObjectType,
    ) -> Result<Option<Self>, GitError> {
        let Some((prefix, name)) = split_name(name) else {
            // The ID of a tree says nothing of what is above it.
            let prefix = format!("{name}:");
            let path = Self { prefix: prefix.clone(), shown_prefix: prefix, path: PathBuf::new() };
            return Ok((object_type == ObjectType::Directory).then_some(path));
        };
        let mut path = PathBuf::new();
        if is_relative(name) {
            let start = run(directory, ["rev-parse", "--show-prefix"])?;
            path = os_string(start.strip_suffix(b"\n").unwrap_or(&start)).into();
        }
        for component in Path::new(name).components() {
            match component {
                Component::Normal(name) => path.push(name),
                Component::ParentDir => drop(path.pop()),
                _ => {}
            }
        }
        Ok(Some(Self { shown_prefix: prefix.to_owned(), prefix: prefix.to_owned(), path }))
    }

    /// The name of a file of the same revision, for git.
    pub(super) fn object_name(&self, path: &Path) -> OsString {
        let mut name = OsString::from(&self.prefix);
        name.push(path);
        name
    }
}

/// What a name stands for in the repository around `directory`.
pub(crate) fn object_type(directory: &Path, name: &str) -> Result<ObjectType, GitError> {
    // No revision begins with `-`, and git would read an option.
    if name.starts_with('-') {
        return Err(GitError(format!("{name} is not a revision")));
    }
    let printed = run(directory, ["cat-file", "-t", name])?;
    match printed.trim_ascii_end() {
        b"commit" | b"tag" => Ok(ObjectType::Revision),
        b"tree" => Ok(ObjectType::Directory),
        _ => Ok(ObjectType::File),
    }
}

/// The root of the working tree around `directory`, relative to it; empty where they are the same.
pub(crate) fn root(directory: &Path) -> Result<PathBuf, GitError> {
    let printed = run(directory, ["rev-parse", "--show-cdup"])?;
    Ok(os_string(printed.strip_suffix(b"\n").unwrap_or(&printed)).into())
}

/// Splits `main:apps` after its colon: the first one outside braces, as in `main@{12:00}:apps`. In the
/// index, `:apps` and `:0:apps`, the name begins with a colon.
pub(crate) fn split_name(name: &str) -> Option<(&str, &str)> {
    if let [b':', b'0'..=b'3', b':', ..] = name.as_bytes() {
        return Some(name.split_at(3));
    }
    let mut depth = 0_usize;
    for (index, c) in name.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some(name.split_at(index + 1)),
            _ => {}
        }
    }
    None
}

/// Whether the path in an object's name starts where git runs, and not at the root of the repository.
pub(crate) fn is_relative(path: &str) -> bool {
    path == "." || path == ".." || path.starts_with("./") || path.starts_with("../")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split() {
        for (name, parts) in [
            ("main:apps/app.toml", Some(("main:", "apps/app.toml"))),
            ("main@{12:00}:a:b", Some(("main@{12:00}:", "a:b"))),
            (":app.toml", Some((":", "app.toml"))),
            (":0:app.toml", Some((":0:", "app.toml"))),
            (":7:app.toml", Some((":", "7:app.toml"))),
            ("HEAD^{tree}", None),
        ] {
            assert_eq!(split_name(name), parts, "{name}");
        }
    }
}
