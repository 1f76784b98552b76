//! Writes files, all of them or none, and removes files.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::paths::parent;
use super::staging::{FileState, OutputFile, StagedFiles};
use super::{open, staging, temporary};

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
        temporary::remove_left_behind(parent(path));
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

/// Replaces the text of a file, unless that has changed meanwhile. Its mode, its owner, links to it and a byte
/// order mark stay.
pub(crate) fn replace_text(path: &Path, old: &str, new: &str) -> Result<(), Failure> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let stage = || {
        let path = fs::canonicalize(path)?;
        let bytes = open::read(&path)?;
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        if text == new.as_bytes() {
            return Ok(None);
        }
        if text != old.as_bytes() {
            return Err(io::Error::other("it has changed since it was read"));
        }
        let new = [&bytes[..bytes.len() - text.len()], new.as_bytes()].concat();
        let staged = StagedFiles::default();
        let mut file = staged.create(&path, false)?;
        if !copy_attributes(&fs::metadata(&path)?, &file)? {
            drop(staged);
            return staging::overwrite(&path, &new).map(|()| None);
        }
        file.write_all(&new)?;
        Ok(Some(staged))
    };
    let staged = stage().map_err(|error: io::Error| Failure::file("write", path, &error))?;
    staged.map_or(Ok(()), StagedFiles::persist)
}

/// Gives a new file the owner and the mode of the one that it will replace. Returns `false` if it cannot
/// stand for that: another owner, or a file with several names.
#[cfg(unix)]
fn copy_attributes(old: &Metadata, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    let is_owned = (old.uid(), old.gid()) == (new.uid(), new.gid())
        || fchown(file, Some(old.uid()), Some(old.gid())).is_ok();
    if old.nlink() > 1 || !is_owned {
        return Ok(false);
    }
    file.set_permissions(old.permissions()).map(|()| true)
}

#[cfg(not(unix))]
fn copy_attributes(old: &Metadata, file: &File) -> io::Result<bool> {
    file.set_permissions(old.permissions()).map(|()| true)
}
