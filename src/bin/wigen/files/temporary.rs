//! Temporary files, each beside the file that it will replace. Their names tell which process made them, so
//! that what a killed run left behind is found by the next one.

use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind::NotFound};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::paths::{or_current, parent};
use super::system;

const PREFIX: &str = ".wigen-";

/// A file of another machine that shares the directory, or of another container, is left behind if it is as
/// old as this. No run takes so long.
const OLD: Duration = Duration::from_hours(24);

/// `MACHINE-PROCESS-RUN-` of this process. A later process may have the same ID, but not the same start.
static OWN: LazyLock<[String; 3]> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    system::machine().hash(&mut hasher);
    let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let machine = format!("{:08x}", hasher.finish() & 0xffff_ffff);
    [machine, process::id().to_string(), format!("{:x}", start.as_nanos())]
});

pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{PREFIX}{}-{number}", OWN.join("-")))
}

fn new_number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// Creates a temporary file in a directory, and returns its number. As any program creates files: the umask
/// applies.
pub(super) fn create(directory: &Path, executable: bool) -> io::Result<(File, u64)> {
    let number = new_number();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if executable { 0o777 } else { 0o666 });
    }
    Ok((options.open(path(directory, number))?, number))
}

/// Creates a link that replaces another one in one step.
#[cfg(unix)]
pub(crate) fn replace_link(target: &Path, link: &Path) -> io::Result<()> {
    let new = path(parent(link), new_number());
    std::os::unix::fs::symlink(target, &new)?;
    fs::rename(&new, link).inspect_err(|_| drop(fs::remove_file(&new)))
}

/// Removes what killed runs left behind in a directory. Returns whether it may have files.
pub(crate) fn remove_left_behind(directory: &Path) -> bool {
    let entries = fs::read_dir(or_current(directory));
    let exists = !entries.as_ref().is_err_and(|error| error.kind() == NotFound);
    for entry in entries
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
    {
        if is_left_behind(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    exists
}

/// Whether a file is a temporary one whose run has ended.
pub(super) fn is_left_behind(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(name) = name.strip_prefix(PREFIX) else { return false };
    let mut parts = name.split('-');
    let [machine, process, start] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let [own_machine, own_process, own_start] = &*OWN;
    match process.parse() {
        Ok(_) if machine == own_machine && process == own_process => start != own_start,
        Ok(process) if machine == own_machine => !system::is_running(process),
        _ => {
            let modified = fs::symlink_metadata(path).and_then(|found| found.modified());
            modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
        }
    }
}
