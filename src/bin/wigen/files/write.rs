//! Where artifacts go: standard output, or files, whole or not at all. The only room that writes
//! files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::failure::Failure;
use super::staging::{File, FileState, ParentDirectory, StagedFiles, state};

/// Writes files, all of them or none. Returns those that changed; a file that holds its text already
/// is left as it is.
pub(crate) fn write<'a>(files: &'a [File<'a>], force: bool) -> Result<Vec<&'a Path>, Failure> {
    let staged = StagedFiles::default();
    let (mut changed, mut refused) = (Vec::new(), Vec::new());
    for file in files {
        match state(file)? {
            FileState::Unchanged => continue,
            FileState::Foreign if !force => refused.push(file.path.clone()),
            _ => staged.write(&ParentDirectory::There, file)?,
        }
        changed.push(file.path.as_path());
    }
    foreign(&refused)?;
    staged.put()?;
    Ok(changed)
}

/// Removes files that nothing renders any more, and the directories below `root` that they leave empty.
pub(crate) fn remove(files: &[PathBuf], root: &Path) -> Result<(), Failure> {
    for path in files {
        fs::remove_file(path).map_err(|error| Failure::file("remove", path, &error))?;
        let mut above = path.ancestors().skip(1).take_while(|directory| *directory != root);
        // The first in which something is left ends it.
        let _ = above.find(|directory| fs::remove_dir(directory).is_err());
    }
    Ok(())
}

/// Files that wigen did not write, because of which none is written.
pub(crate) fn foreign(refused: &[PathBuf]) -> Result<(), Failure> {
    if refused.is_empty() {
        return Ok(());
    }
    let refused: Vec<String> = refused.iter().map(|path| path.display().to_string()).collect();
    Err(Failure::Message(format!(
        "not written by wigen, so not overwritten: {}; --force overwrites",
        refused.join(", ")
    )))
}

/// Puts a text into the place of a file's: with the same permissions, behind the same link, and
/// with the byte order mark that it may have had.
pub(crate) fn rewrite(path: &Path, text: &str) -> Result<(), Failure> {
    let rewrite = || {
        let path = fs::canonicalize(path)?;
        let marked = fs::read(&path)?.starts_with(BYTE_ORDER_MARK.as_bytes());
        let mut prepared = NamedTempFile::new_in(path.parent().unwrap_or(Path::new("/")))?;
        prepared.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
        if marked {
            prepared.write_all(BYTE_ORDER_MARK.as_bytes())?;
        }
        prepared.write_all(text.as_bytes())?;
        prepared.persist(&path).map(drop).map_err(|error| error.error)
    };
    rewrite().map_err(|error: io::Error| Failure::file("write", path, &error))
}

const BYTE_ORDER_MARK: &str = "\u{feff}";
