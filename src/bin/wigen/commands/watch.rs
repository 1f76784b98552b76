//! `wigen render --watch`: runs again whenever a file that matters is saved.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::files::{self, Failure};

/// One save is several events, and several files are saved at once: wait until nothing has happened for
/// this long.
const QUIET: Duration = Duration::from_millis(50);

/// What to watch. All of it may be missing, or be removed and recreated.
pub(super) struct WatchSet {
    pub(super) files: Vec<PathBuf>,
    /// Directories in which, and below which, every spec matters.
    pub(super) directories: Vec<PathBuf>,
    /// Directories in which every template matters.
    pub(super) templates: Vec<PathBuf>,
}

impl WatchSet {
    fn roots(&self) -> impl Iterator<Item = &Path> {
        self.directories.iter().chain(&self.templates).map(PathBuf::as_path)
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path).chain(self.roots())
    }
}

/// Runs at once, and again after each change. The files to watch are determined before each run, so that no
/// save during the run is missed. Returns only if nothing can be watched.
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
        match watch(&mut watcher, &set) {
            // A directory was removed meanwhile.
            Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => {
                thread::sleep(QUIET);
                continue;
            }
            result => result.map_err(failed)?,
        }
        run();
        while !wait_for_change(&events, &set)? {}
    }
}

fn watch(watcher: &mut RecommendedWatcher, set: &WatchSet) -> notify::Result<()> {
    let recursive: BTreeSet<&Path> = set.roots().filter(|directory| directory.is_dir()).collect();
    // Editors replace a file by a new one, and any directory above it may be replaced, too.
    let above = set.paths().flat_map(|path| path.ancestors().skip(1)).map(files::or_current);
    let above: BTreeSet<&Path> = above.filter(|directory| directory.is_dir()).collect();
    for directory in above.difference(&recursive) {
        match watcher.watch(directory, RecursiveMode::NonRecursive) {
            // Not every directory above may be read.
            Err(error) if matches!(error.kind, ErrorKind::Io(_)) => {}
            result => result?,
        }
    }
    recursive.into_iter().try_for_each(|root| watcher.watch(root, RecursiveMode::Recursive))
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
            && (event.kind.is_create()
                || matches!(event.kind, EventKind::Modify(ModifyKind::Name(_))))
            && !set.directories.is_empty()
        {
            created.extend(event.paths.into_iter().filter(|path| path.is_dir()));
        }
        next = events.recv_timeout(QUIET).ok();
    }
    // Files may have been created in a new directory before it was watched.
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
    set.paths().any(|path| path.iter().any(|component| component == name))
        || is_spec && !set.directories.is_empty()
        || is_template && !set.templates.is_empty()
}
