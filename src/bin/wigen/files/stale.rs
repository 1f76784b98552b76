//! Compares files with what would be written, for `render --check` and `--prune`.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use wigen::backends::artifact::is_ours;
use wigen::report::{self, Style};

use super::failure::Failure;
use super::staging::{FileState, OutputFile};

/// Why a file is out of date.
#[derive(Debug)]
pub(crate) enum StaleReason {
    /// It would be written with another text.
    Changed {
        /// A unified diff from its text to the new one.
        diff: String,
    },
    /// It does not exist.
    Missing,
    /// wigen wrote it, and nothing renders it any more.
    LeftOver,
}

impl StaleReason {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Missing => "missing",
            Self::LeftOver => "left over",
        }
    }
}

/// A file that is out of date.
#[derive(Debug)]
pub(crate) struct StaleFile {
    pub(crate) path: PathBuf,
    pub(crate) reason: StaleReason,
}

impl StaleFile {
    /// Compares a file with what would be written; `None` if it is up to date.
    pub(crate) fn compare(file: &OutputFile<'_>, style: Style) -> Result<Option<Self>, Failure> {
        let reason = match file.state()? {
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
        Ok(Some(Self { path: file.path.clone(), reason }))
    }
}

/// Finds the files in a directory (and below it, if `deep`) that wigen wrote, whose names are `wanted`, and
/// that are not `expected`; sorted by path. Hidden directories and links are skipped.
pub(crate) fn find_left_over<T>(
    directory: &Path,
    deep: bool,
    expected: &HashMap<PathBuf, T>,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let unreadable = |error: io::Error| Failure::file("read", directory, &error);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(unreadable)?,
    };
    let mut entries = entries.collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let file_type = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Without `./`, as in `expected`.
        let path =
            if directory == Path::new(".") { entry.file_name().into() } else { entry.path() };
        if file_type.is_dir() {
            if deep && !name.starts_with('.') {
                find_left_over(&path, deep, expected, wanted, found)?;
            }
        } else if file_type.is_file() && wanted(&name) && !expected.contains_key(&path) {
            let head = read_head(&path).map_err(|error| Failure::file("read", &path, &error))?;
            if is_ours(&head) {
                found.push(path);
            }
        }
    }
    Ok(())
}

/// The beginning of a file, where wigen's mark would be.
fn read_head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(1024).read_to_end(&mut head)?;
    Ok(head)
}
