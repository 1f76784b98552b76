//! Files that are ready to be put into their places: everything that can go wrong is tried before the
//! first of them changes. The text of every file is on disk, beside its place, before any is moved.

use std::fs::{self, DirBuilder};
use std::io::{self, Read, Write};
use std::mem;
use std::path::{Path, PathBuf};

use tempfile::TempPath;
use wigen::artifact::is_ours;

use super::File;
use crate::input::Failure;

/// What is at the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Its very text.
    Unchanged,
    /// Another text, which wigen wrote.
    Stale,
    /// A text that wigen did not write.
    Foreign,
    /// Nothing.
    Missing,
}

/// Looks at the place of a file.
pub(crate) fn state(file: &File<'_>) -> Result<State, Failure> {
    compare(&file.path, file.text.as_bytes())
        .map_err(|error| Failure::file("write", &file.path, &error))
}

fn compare(path: &Path, text: &[u8]) -> io::Result<State> {
    let mut there = match fs::File::open(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(error),
    };
    // One byte more than the text tells a longer one.
    let mut read = vec![0; text.len() + 1];
    let mut length = 0;
    while length < read.len() {
        match there.read(&mut read[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    read.truncate(length);
    if read == text {
        return Ok(State::Unchanged);
    }
    if is_ours(&read) {
        return Ok(State::Stale);
    }
    // The first line may be longer than the text.
    there.read_to_end(&mut read)?;
    Ok(if is_ours(&read) { State::Stale } else { State::Foreign })
}

/// A file whose text is beside its place.
pub(crate) struct Prepared {
    path: PathBuf,
    text: TempPath,
    /// The directories that were made for it.
    made: Vec<PathBuf>,
}

/// Writes the text of a file beside its place.
pub(crate) fn prepare(file: &File<'_>) -> Result<Prepared, Failure> {
    beside(file).map_err(|error| Failure::file("write", &file.path, &error))
}

fn beside(file: &File<'_>) -> io::Result<Prepared> {
    let directory =
        file.path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wigen-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program creates files: the umask takes away what it takes away.
        let mode = if file.executable { 0o777 } else { 0o666 };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut made = Vec::new();
    let mut text = match builder.tempfile_in(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(directory, &mut made)?;
            builder.tempfile_in(directory)?
        }
        tried => tried?,
    };
    text.write_all(file.text.as_bytes())?;
    Ok(Prepared { path: file.path.clone(), text: text.into_temp_path(), made })
}

/// Makes a directory and those above it.
fn make(directory: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    match DirBuilder::new().create(directory) {
        Ok(()) => made.push(directory.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(directory.parent().ok_or(error)?, made)?;
            return make(directory, made);
        }
        // Another thread may have been faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The files of a run. Dropped before they are put into their places, they leave nothing behind.
#[derive(Default)]
pub(crate) struct Staged {
    files: Vec<(PathBuf, TempPath)>,
    made: Vec<PathBuf>,
    foreign: Vec<String>,
}

impl Staged {
    /// Adds a file.
    pub(crate) fn add(&mut self, prepared: Prepared) {
        self.files.push((prepared.path, prepared.text));
        self.made.extend(prepared.made);
    }

    /// Notes a file that wigen did not write, because of which none is written.
    pub(crate) fn refuse(&mut self, path: &Path) {
        self.foreign.push(path.display().to_string());
    }

    /// Puts all of them into their places.
    pub(crate) fn put(mut self) -> Result<(), Failure> {
        if !self.foreign.is_empty() {
            return Err(Failure::Told(format!(
                "not written by wigen, so not overwritten: {}; --force overwrites",
                self.foreign.join(", ")
            )));
        }
        self.made.clear();
        for (path, text) in mem::take(&mut self.files) {
            text.persist(&path).map_err(|error| Failure::file("write", &path, &error.error))?;
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        self.files.clear();
        // What is below goes first; a directory in which somebody else has put something stays.
        self.made.sort_by_key(|made| std::cmp::Reverse(made.components().count()));
        for made in &self.made {
            let _ = fs::remove_dir(made);
        }
    }
}
