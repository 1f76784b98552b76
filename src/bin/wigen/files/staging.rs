//! Files that are ready to be put in place: each is written beside its place, so that everything that can
//! go wrong is tried before the first file changes.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use wigen::backends::artifact::is_ours;

use super::failure::Failure;
use super::paths::parent;

/// A file to write.
pub(crate) struct OutputFile<'a> {
    pub(crate) path: PathBuf,
    pub(crate) text: &'a str,
    pub(crate) executable: bool,
}

/// What an [`OutputFile`] would replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileState {
    /// The same text.
    Unchanged,
    /// Another text, which wigen wrote.
    Stale,
    /// A text that wigen did not write.
    Foreign,
    /// Nothing.
    Missing,
}

impl OutputFile<'_> {
    /// Compares it with the file that exists.
    pub(crate) fn state(&self) -> Result<FileState, Failure> {
        compare(&self.path, self.text.as_bytes())
            .map_err(|error| Failure::file("write", &self.path, &error))
    }
}

fn compare(path: &Path, text: &[u8]) -> io::Result<FileState> {
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FileState::Missing),
        Err(error) => return Err(error),
    };
    // One byte more than the text shows that the file is longer.
    let mut old = Vec::with_capacity(text.len() + 1);
    Read::by_ref(&mut file).take(text.len() as u64 + 1).read_to_end(&mut old)?;
    if old == text {
        return Ok(FileState::Unchanged);
    }
    if is_ours(&old) {
        return Ok(FileState::Stale);
    }
    // The first line may be longer than the text.
    file.read_to_end(&mut old)?;
    Ok(if is_ours(&old) { FileState::Stale } else { FileState::Foreign })
}

/// Files that are written, but not in place. Dropped before they are put in place, they leave nothing
/// behind.
#[derive(Default)]
pub(crate) struct StagedFiles {
    // Dropped before the directories, which must be empty.
    files: Mutex<Vec<StagedFile>>,
    directories: CreatedDirectories,
}

/// A file that is written beside its place; dropped before it is put in place, it is removed. It holds no
/// more than two short strings, since a run may write many thousands of files.
struct StagedFile {
    path: Box<Path>,
    /// Empty once the file is in place.
    temporary_name: Box<OsStr>,
}

/// The directories that were created for files; dropped, it removes those that are empty.
#[derive(Default)]
struct CreatedDirectories(Mutex<Vec<PathBuf>>);

impl StagedFiles {
    /// Writes a file beside its place.
    pub(crate) fn write(&self, file: &OutputFile<'_>) -> Result<(), Failure> {
        let temporary = self.write_beside(file);
        let temporary = temporary.map_err(|error| Failure::file("write", &file.path, &error))?;
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(temporary);
        Ok(())
    }

    fn write_beside(&self, file: &OutputFile<'_>) -> io::Result<StagedFile> {
        let directory = parent(&file.path);
        let create = || builder(file.executable).tempfile_in(directory);
        let mut temporary = match create() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.directories.create(directory)?;
                create()?
            }
            created => created?,
        };
        temporary.write_all(file.text.as_bytes())?;
        let (_, temporary) = temporary.keep()?;
        let temporary_name = temporary.file_name().unwrap_or_default().into();
        Ok(StagedFile { path: file.path.clone().into(), temporary_name })
    }

    /// Puts all files in place.
    pub(crate) fn persist(self) -> Result<(), Failure> {
        mem::take(&mut *self.directories.0.lock().unwrap_or_else(PoisonError::into_inner));
        for mut file in self.files.into_inner().unwrap_or_else(PoisonError::into_inner) {
            file.persist().map_err(|error| Failure::file("write", &file.path, &error))?;
        }
        Ok(())
    }
}

impl StagedFile {
    fn persist(&mut self) -> io::Result<()> {
        fs::rename(self.path.with_file_name(&self.temporary_name), &self.path)?;
        self.temporary_name = Box::default();
        Ok(())
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.temporary_name.is_empty() {
            let _ = fs::remove_file(self.path.with_file_name(&self.temporary_name));
        }
    }
}

impl CreatedDirectories {
    /// Creates a directory and those above it.
    fn create(&self, directory: &Path) -> io::Result<()> {
        match fs::create_dir(directory) {
            Ok(()) => {
                let mut created = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                created.push(directory.to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.create(directory.parent().ok_or(error)?)?;
                return self.create(directory);
            }
            // Another thread may have created it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Drop for CreatedDirectories {
    fn drop(&mut self) {
        let created = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        // The deepest first; a directory in which somebody else put a file stays.
        created.sort_by_key(|directory| Reverse(directory.components().count()));
        for directory in created {
            let _ = fs::remove_dir(directory);
        }
    }
}

fn builder(executable: bool) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wigen-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program creates files: the umask applies.
        let mode = if executable { 0o777 } else { 0o666 };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    builder
}
