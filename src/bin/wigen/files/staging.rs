//! Files that are ready to be put into their places: everything that can go wrong is tried before the
//! first of them changes. The text of every file is on disk before any is moved to its place.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::mem;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{TempDir, TempPath};
use wigen::backends::artifact::is_ours;

use super::failure::Failure;
use super::paths::directory;

/// A file to write.
pub(crate) struct File<'a> {
    /// Where.
    pub(crate) path: PathBuf,
    /// What.
    pub(crate) text: &'a str,
    /// Whether it is a program.
    pub(crate) executable: bool,
}

/// What is at the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileState {
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
pub(crate) fn state(file: &File<'_>) -> Result<FileState, Failure> {
    compare(&file.path, file.text.as_bytes())
        .map_err(|error| Failure::file("write", &file.path, &error))
}

fn compare(path: &Path, text: &[u8]) -> io::Result<FileState> {
    let mut there = match fs::File::open(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FileState::Missing),
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
        return Ok(FileState::Unchanged);
    }
    if is_ours(&read) {
        return Ok(FileState::Stale);
    }
    // The first line may be longer than the text.
    there.read_to_end(&mut read)?;
    Ok(if is_ours(&read) { FileState::Stale } else { FileState::Foreign })
}

/// Whether a directory is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParentDirectory {
    /// It is, or where it is cannot be told from its path.
    There,
    /// It is not, nor is anything below this directory above it.
    Missing(PathBuf),
}

impl ParentDirectory {
    /// Looks for it.
    pub(crate) fn of(path: &Path) -> Self {
        let climbs = |path: &Path| path.components().any(|step| step == Component::ParentDir);
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        match path.ancestors().take_while(is_missing).last() {
            Some(top) if !climbs(path) => Self::Missing(top.to_owned()),
            _ => Self::There,
        }
    }
}

/// The files of a run, on disk but not in their places: those of a directory that is there beside their
/// places, and each directory that is not there as a whole beside its own. Dropped before they are put
/// there, they leave nothing behind.
#[derive(Default)]
pub(crate) struct StagedFiles(Mutex<Aside>);

#[derive(Default)]
struct Aside {
    files: Vec<(PathBuf, TempPath)>,
    directories: HashMap<PathBuf, TempDir>,
    /// The directories that were made for files.
    made: Vec<PathBuf>,
}

impl StagedFiles {
    fn aside(&self) -> MutexGuard<'_, Aside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a file whose directory is so.
    pub(crate) fn write(
        &self,
        directory: &ParentDirectory,
        file: &File<'_>,
    ) -> Result<(), Failure> {
        let written = match directory {
            ParentDirectory::There => self.beside(file),
            ParentDirectory::Missing(top) => self.within(top, file),
        };
        written.map_err(|error| Failure::file("write", &file.path, &error))
    }

    fn beside(&self, file: &File<'_>) -> io::Result<()> {
        let directory = directory(&file.path);
        let create = || builder(file.executable).tempfile_in(directory);
        let mut text = match create() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(directory, &mut self.aside().made)?;
                create()?
            }
            tried => tried?,
        };
        text.write_all(file.text.as_bytes())?;
        self.aside().files.push((file.path.clone(), text.into_temp_path()));
        Ok(())
    }

    fn within(&self, top: &Path, file: &File<'_>) -> io::Result<()> {
        let root = self.root(top)?;
        let below = file.path.strip_prefix(top).map_err(io::Error::other)?;
        let path = root.join(below);
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(mode(file.executable));
        }
        let mut text = match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(directory(&path))?;
                options.open(&path)?
            }
            tried => tried?,
        };
        text.write_all(file.text.as_bytes())
    }

    /// What will be in the place of a directory.
    fn root(&self, top: &Path) -> io::Result<PathBuf> {
        let mut aside = self.aside();
        if let Some(root) = aside.directories.get(top) {
            return Ok(root.path().to_owned());
        }
        let root = builder(true).tempdir_in(directory(top))?;
        let path = root.path().to_owned();
        aside.directories.insert(top.to_owned(), root);
        Ok(path)
    }

    /// Puts all of them into their places.
    pub(crate) fn put(&self) -> Result<(), Failure> {
        let mut aside = self.aside();
        let mut directories: Vec<_> = aside.directories.drain().collect();
        directories.sort_by(|one, other| one.0.cmp(&other.0));
        for (place, root) in directories {
            fs::rename(root.path(), &place)
                .map_err(|error| Failure::file("write", &place, &error))?;
            // It has another name now.
            let _ = root.keep();
        }
        aside.made.clear();
        for (place, text) in mem::take(&mut aside.files) {
            text.persist(&place).map_err(|error| Failure::file("write", &place, &error.error))?;
        }
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.files.clear();
        // What is below goes first; a directory in which somebody else has put something stays.
        self.made.sort_by_key(|made| Reverse(made.components().count()));
        for made in &self.made {
            let _ = fs::remove_dir(made);
        }
    }
}

/// As any program creates files and directories: the umask takes away what it takes away.
#[cfg(unix)]
fn mode(executable: bool) -> u32 {
    if executable { 0o777 } else { 0o666 }
}

fn builder(executable: bool) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wigen-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(mode(executable)));
    }
    builder
}

/// Makes a directory and those above it.
fn make(directory: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    match fs::create_dir(directory) {
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
