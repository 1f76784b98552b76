//! `--check`: what of the files is not as it would be written.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use wigen::backends::artifact::is_ours;
use wigen::report::{self, Style};

use super::failure::Failure;
use super::staging::{File, FileState, state};

/// What is wrong with a file.
#[derive(Debug)]
pub(crate) enum StaleReason {
    /// It has another text.
    Changed {
        /// From what it has to what it should have: a unified diff.
        diff: String,
    },
    /// It is not there.
    Missing,
    /// It is there, wigen wrote it, and nothing renders it.
    LeftOver,
}

impl StaleReason {
    /// In a word.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Missing => "missing",
            Self::LeftOver => "left over",
        }
    }
}

/// A file that is not as it would be written.
#[derive(Debug)]
pub(crate) struct StaleFile {
    /// The file.
    pub(crate) path: PathBuf,
    /// What is wrong with it.
    pub(crate) stale: StaleReason,
}

impl StaleFile {
    /// How a file differs from what it should be, if it does.
    pub(crate) fn compare(file: &File<'_>, style: Style) -> Result<Option<Self>, Failure> {
        let found = match state(file)? {
            FileState::Unchanged => return Ok(None),
            FileState::Missing => StaleReason::Missing,
            FileState::Stale | FileState::Foreign => {
                let old = fs::read(&file.path)
                    .map_err(|error| Failure::file("read", &file.path, &error))?;
                let old = String::from_utf8_lossy(&old);
                let name = file.path.display().to_string();
                StaleReason::Changed { diff: report::difference(&name, &old, file.text, style) }
            }
        };
        Ok(Some(Self { path: file.path.clone(), stale: found }))
    }
}

/// The files in a directory, and in those below it where `deep`, that wigen wrote and that are not
/// `expected`, sorted by path. Only those whose name is `wanted` count; hidden directories and links are
/// passed over.
pub(crate) fn left_over<T>(
    directory: &Path,
    deep: bool,
    expected: &HashMap<PathBuf, T>,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let unreadable = |error: io::Error| Failure::file("read", directory, &error);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(unreadable)?,
    };
    let mut entries = entries.collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // As `expected` has it: what is here has no `./` before it.
        let path =
            if directory == Path::new(".") { entry.file_name().into() } else { entry.path() };
        if kind.is_dir() {
            if deep && !name.starts_with('.') {
                left_over(&path, deep, expected, wanted, found)?;
            }
        } else if kind.is_file() && wanted(&name) && !expected.contains_key(&path) {
            let head = head(&path).map_err(|error| Failure::file("read", &path, &error))?;
            if is_ours(&head) {
                found.push(path);
            }
        }
    }
    Ok(())
}

/// The beginning of a file, where wigen's mark would be.
fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(1024).read_to_end(&mut head)?;
    Ok(head)
}
