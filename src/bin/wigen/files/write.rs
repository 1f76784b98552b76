//! Writes files, all of them or none, and removes files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::failure::Failure;
use super::staging::{FileState, OutputFile, StagedFiles};

/// Writes files, all of them or none. Returns those that changed; a file that has the same text already is
/// not touched.
pub(crate) fn write<'a>(
    files: &'a [OutputFile<'a>],
    force: bool,
) -> Result<Vec<&'a Path>, Failure> {
    let staged = StagedFiles::default();
    let (mut changed, mut foreign) = (Vec::new(), Vec::new());
    for file in files {
        match file.state()? {
            FileState::Unchanged => continue,
            FileState::Foreign if !force => foreign.push(file.path.clone()),
            _ => staged.write(file)?,
        }
        changed.push(file.path.as_path());
    }
    refuse_foreign(&foreign)?;
    staged.persist()?;
    Ok(changed)
}

/// Removes files, and the directories below `root` that become empty.
pub(crate) fn remove(files: &[PathBuf], root: &Path) -> Result<(), Failure> {
    for path in files {
        fs::remove_file(path).map_err(|error| Failure::file("remove", path, &error))?;
        let mut above = path.ancestors().skip(1).take_while(|directory| *directory != root);
        // The first that is not empty ends it.
        let _ = above.find(|directory| fs::remove_dir(directory).is_err());
    }
    Ok(())
}

/// Fails if there are files that wigen did not write.
pub(crate) fn refuse_foreign(foreign: &[PathBuf]) -> Result<(), Failure> {
    if foreign.is_empty() {
        return Ok(());
    }
    let foreign: Vec<String> = foreign.iter().map(|path| path.display().to_string()).collect();
    Err(Failure::new(format!(
        "not written by wigen, so not overwritten: {}; --force overwrites",
        foreign.join(", ")
    )))
}

/// Replaces the text of a file. Its permissions, a link to it and a byte order mark stay.
pub(crate) fn replace_text(path: &Path, text: &str) -> Result<(), Failure> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let replace = || {
        let path = fs::canonicalize(path)?;
        let has_mark = fs::read(&path)?.starts_with(BYTE_ORDER_MARK);
        let mut new = NamedTempFile::new_in(path.parent().unwrap_or(Path::new("/")))?;
        new.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
        if has_mark {
            new.write_all(BYTE_ORDER_MARK)?;
        }
        new.write_all(text.as_bytes())?;
        new.persist(&path).map(drop).map_err(|error| error.error)
    };
    replace().map_err(|error: io::Error| Failure::file("write", path, &error))
}
