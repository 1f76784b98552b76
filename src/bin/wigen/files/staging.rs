//! Files that are ready to be put in place: each is written beside its place, so that everything that can
//! go wrong is tried before the first file changes.

use std::fs::File;
use std::io::ErrorKind::{AlreadyExists, NotFound};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, RwLock};
use std::{fs, mem, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use wigen::backends::artifact::{GCLOUD_SCRIPT, HEAD, SignedFile, is_ours};

use super::failure::Failure;
use super::open::open;
use super::paths::parent;
use super::{system, temporary};

/// A directory may be removed by another run as often as this before its file fails.
const ATTEMPTS: usize = 10;

pub(crate) struct OutputFile<'a> {
    pub(crate) path: PathBuf,
    pub(crate) text: &'a str,
    pub(crate) executable: bool,
}

/// What an [`OutputFile`] would replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileState {
    Unchanged,
    /// Other content, which wigen wrote.
    Stale,
    /// Content that wigen did not write.
    Foreign,
    Missing,
}

impl OutputFile<'_> {
    pub(crate) fn state(&self) -> Result<FileState, Failure> {
        compare(&self.path, self.text.as_bytes())
            .map_err(|error| Failure::file("write", &self.path, &error))
    }

    /// The app whose script it replaces, if it is the script of another one.
    pub(crate) fn replaced_app(&self) -> Option<String> {
        let is_script = self.path.file_name().is_some_and(|name| name == GCLOUD_SCRIPT);
        let old = is_script.then(|| super::open::read(&self.path).ok()).flatten()?;
        let old = String::from_utf8(old).ok()?;
        let app =
            |text| SignedFile::read(GCLOUD_SCRIPT, text).map(|file| file.owner.app.to_owned());
        app(&old).filter(|old| app(self.text).is_some_and(|new| new != *old))
    }
}

fn compare(path: &Path, text: &[u8]) -> io::Result<FileState> {
    let mut file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == NotFound => return Ok(FileState::Missing),
        Err(error) => return Err(error),
    };
    // One byte more than the text shows that the file is longer.
    let most = (text.len() + 1).max(HEAD);
    let mut old = Vec::with_capacity(most);
    Read::by_ref(&mut file).take(most as u64).read_to_end(&mut old)?;
    Ok(match () {
        () if old == text => FileState::Unchanged,
        () if is_ours(&old) => FileState::Stale,
        () => FileState::Foreign,
    })
}

/// Files that are written, but not in place. Dropped before they are put in place, they leave nothing
/// behind; neither does a run that a signal ends.
pub(crate) struct StagedFiles(&'static Mutex<Staged>);

/// What the [`StagedFiles`] of this process have written: static, for the thread that waits for signals.
struct Staged {
    files: Vec<StagedFile>,
    /// The directories that were created for them.
    directories: Vec<PathBuf>,
}

static STAGED: Mutex<Staged> = Mutex::new(Staged { files: Vec::new(), directories: Vec::new() });

/// Locked for reading while something is created and added to [`STAGED`].
static CREATING: RwLock<()> = RwLock::new(());

/// A file that is written beside its place. It is small, since a run may write many thousands of files.
struct StagedFile {
    path: Box<Path>,
    /// The number of the new file; once that is in place, of the file that it replaced, if any.
    number: u64,
}

/// Where the file is that another one replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replaced {
    /// It has the temporary name.
    Kept,
    /// There was none.
    Nothing,
    Lost,
}

impl Default for StagedFiles {
    fn default() -> Self {
        Self(&STAGED)
    }
}

impl StagedFiles {
    /// Writes a file beside its place.
    pub(crate) fn write(&self, file: &OutputFile<'_>) -> Result<(), Failure> {
        let create = || self.create(&file.path, file.executable);
        let write = || create()?.write_all(file.text.as_bytes());
        write().map_err(|error| Failure::file("write", &file.path, &error))
    }

    /// Creates a file beside its place.
    pub(super) fn create(&self, path: &Path, executable: bool) -> io::Result<File> {
        watch_signals();
        let directory = parent(path);
        let mut attempts = 0;
        loop {
            let _creating = CREATING.read().unwrap_or_else(PoisonError::into_inner);
            match temporary::create(directory, executable) {
                Ok((file, number)) => {
                    lock(self.0).files.push(StagedFile { path: path.into(), number });
                    return Ok(file);
                }
                Err(error) if error.kind() == NotFound && attempts < ATTEMPTS => {
                    create_directory(directory)?;
                }
                Err(error) => return Err(error),
            }
            attempts += 1;
        }
    }

    /// Puts all files in place. If one cannot be, the others are again what they were. A signal waits until
    /// the files of an app, which are in one directory, are in place.
    pub(crate) fn persist(self) -> Result<(), Failure> {
        lock(self.0).files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut done = Vec::new();
        loop {
            let mut staged = lock(self.0);
            let mut apps =
                staged.files[done.len()..].chunk_by(|a, b| a.path.parent() == b.path.parent());
            let Some(app) = apps.next() else {
                // The others have no temporary file any more.
                let mut done = done.into_iter();
                staged.files.retain(|_| done.next() == Some(Replaced::Kept));
                staged.directories.clear();
                return Ok(());
            };
            for file in app {
                match file.persist() {
                    Ok(replaced) => done.push(replaced),
                    Err(error) => {
                        let done = staged.files.iter().zip(done);
                        done.rev().for_each(|(file, replaced)| file.undo(replaced));
                        return Err(Failure::file("write", &file.path, &error));
                    }
                }
            }
        }
    }
}

impl Drop for StagedFiles {
    fn drop(&mut self) {
        lock(self.0).clear();
    }
}

impl StagedFile {
    fn temporary(&self) -> PathBuf {
        temporary::path(parent(&self.path), self.number)
    }

    fn persist(&self) -> io::Result<Replaced> {
        let temporary = self.temporary();
        if system::rename_new(&temporary, &self.path).is_ok() {
            return Ok(Replaced::Nothing);
        }
        let replaced = match system::exchange(&temporary, &self.path) {
            Ok(()) => return Ok(Replaced::Kept),
            Err(error) if error.kind() == NotFound => Replaced::Nothing,
            // Not every file system exchanges files.
            Err(_) => Replaced::Lost,
        };
        fs::rename(temporary, &self.path).map(|()| replaced)
    }

    fn undo(&self, replaced: Replaced) {
        let _ = match replaced {
            Replaced::Kept => system::exchange(&self.temporary(), &self.path),
            Replaced::Nothing => fs::rename(&self.path, self.temporary()),
            Replaced::Lost => Ok(()),
        };
    }
}

impl Staged {
    /// Removes the temporary files, and the directories that are empty: the deepest first.
    fn clear(&mut self) {
        for file in mem::take(&mut self.files) {
            let _ = fs::remove_file(file.temporary());
        }
        self.directories.sort();
        for directory in mem::take(&mut self.directories).iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

fn lock(staged: &Mutex<Staged>) -> MutexGuard<'_, Staged> {
    staged.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates a directory and those above it.
fn create_directory(directory: &Path) -> io::Result<()> {
    match fs::create_dir(directory) {
        Ok(()) => lock(&STAGED).directories.push(directory.to_owned()),
        Err(error) if error.kind() == NotFound => {
            create_directory(directory.parent().ok_or(error)?)?;
            return create_directory(directory);
        }
        // Another thread or another run may have created it.
        Err(error) if error.kind() == AlreadyExists && directory.is_dir() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Overwrites a file in place: it stays what it is in every other respect.
pub(super) fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    watch_signals();
    // A signal waits until it is written.
    let _staged = lock(&STAGED);
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let old_size = file.metadata()?.len();
    // The part that needs more space comes first: without that space, the file is as it was.
    let kept = usize::try_from(old_size).map_or(bytes.len(), |size| size.min(bytes.len()));
    file.seek(SeekFrom::Start(kept as u64))?;
    if let Err(error) = file.write_all(&bytes[kept..]).and_then(|()| file.sync_data()) {
        file.set_len(old_size)?;
        return Err(error);
    }
    file.rewind()?;
    file.write_all(&bytes[..kept])?;
    file.set_len(bytes.len() as u64)
}

/// Has Ctrl-C and other signals remove the temporary files before they end the process. What is ignored, as
/// under `nohup`, stays ignored.
fn watch_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ends = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
        let ends = ends.into_iter().filter(|signal| !system::is_ignored(*signal));
        let Ok(mut signals) = Signals::new(ends) else { return };
        thread::spawn(move || {
            for signal in signals.forever() {
                // Neither lock is released: nothing is created or put in place any more.
                let _creating = CREATING.write();
                let mut staged = lock(&STAGED);
                staged.clear();
                let _ = emulate_default_handler(signal);
            }
        });
    });
}
