//! `wigen render --watch`: runs again whenever a file that matters is saved.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::files::{self, Failure};

/// One save is several events, and several files are saved at once: wait until nothing has happened for
/// this long.
const QUIET: Duration = Duration::from_millis(50);

/// What is set.
pub(super) struct WatchSet {
    /// Files and directories, also those that do not exist yet.
    pub(super) files: Vec<PathBuf>,
    /// Directories in which, and below which, every spec matters.
    pub(super) directories: Vec<PathBuf>,
    /// Directories in which every template matters.
    pub(super) templates: Vec<PathBuf>,
}

/// Runs at once, and again after each change. The files to watch are determined before each run, so that no
/// save during the run is missed. Returns only if nothing can be set.
pub(super) fn run_on_change(
    determine: impl Fn() -> WatchSet,
    mut run: impl FnMut(),
) -> Result<(), Failure> {
    let failed = |error: notify::Error| Failure::new(format!("cannot watch: {error}"));
    loop {
        let set = determine();
        // A new watcher each time: a directory that was recreated is another one to the system.
        let (sender, events) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(sender).map_err(failed)?;
        watch(&mut watcher, &set).map_err(failed)?;
        run();
        while !wait_for_change(&events, &set)? {}
    }
}

fn watch(watcher: &mut RecommendedWatcher, set: &WatchSet) -> notify::Result<()> {
    let recursive = set.directories.iter().chain(&set.templates);
    let recursive: BTreeSet<&Path> =
        recursive.map(PathBuf::as_path).filter(|directory| directory.is_dir()).collect();
    let directories = set.files.iter().filter_map(|file| nearest_directory(file));
    let directories: BTreeSet<&Path> = directories.map(files::or_current).collect();
    for directory in directories.difference(&recursive) {
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
    }
    for directory in recursive {
        watcher.watch(directory, RecursiveMode::Recursive)?;
    }
    Ok(())
}

/// The nearest directory above a file that exists. Editors replace a file by a new one, so its directory
/// is set.
fn nearest_directory(file: &Path) -> Option<&Path> {
    let mut above = file.ancestors().skip(1);
    above.find(|directory| directory.as_os_str().is_empty() || directory.is_dir())
}

/// Waits for events, and until they are over. Returns whether one of them matters.
fn wait_for_change(
    events: &Receiver<notify::Result<Event>>,
    set: &WatchSet,
) -> Result<bool, Failure> {
    let (mut matters, mut created) = (false, Vec::new());
    let stopped = |_| Failure::new("cannot watch any longer");
    let mut next = Some(events.recv().map_err(stopped)?);
    while let Some(event) = next {
        matters |= event_matters(&event, set);
        if let Ok(event) = event
            && event.kind.is_create()
            && !set.directories.is_empty()
        {
            created.extend(event.paths.into_iter().filter(|path| path.is_dir()));
        }
        next = events.recv_timeout(QUIET).ok();
    }
    // Files may have been created in a new directory before it was set.
    Ok(matters || created.iter().any(|directory| files::has_spec_below(directory)))
}

/// Whether an event is about a file that matters. What wigen itself writes does not.
fn event_matters(event: &notify::Result<Event>, set: &WatchSet) -> bool {
    let Ok(event) = event else { return true };
    if event.kind.is_access() {
        return false;
    }
    event.need_rescan() || event.paths.iter().any(|path| path_matters(path, set))
}

fn path_matters(path: &Path, set: &WatchSet) -> bool {
    let Some(name) = path.file_name() else { return false };
    let is_template = path.extension() == Some(OsStr::new("j2"));
    let is_spec = name.to_str().is_some_and(files::is_spec_name);
    // By name only, also of the directories above a file: the system may report another path to it than
    // the user's.
    set.files.iter().any(|file| file.iter().any(|component| component == name))
        || is_spec && !set.directories.is_empty()
        || is_template && !set.templates.is_empty()
}
