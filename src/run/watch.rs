//! `wigen render --watch`: once more, whenever a file is saved that matters.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::input::{self, Failure};

/// A save is several events, and several files are saved at once: it is over when nothing has happened
/// for so long.
const QUIET: Duration = Duration::from_millis(50);

/// What is watched.
pub(super) struct Watched {
    /// Files that matter.
    pub(super) files: Vec<PathBuf>,
    /// Directories in which every spec matters, and every directory below them.
    pub(super) directories: Vec<PathBuf>,
    /// Directories in which every template matters.
    pub(super) templates: Vec<PathBuf>,
}

/// Runs at once, and again after each change; `watched` says before each run what is to be watched, so
/// that no save is missed while it lasts. Ends only when nothing can be watched.
pub(super) fn again(watched: impl Fn() -> Watched, mut run: impl FnMut()) -> Result<(), Failure> {
    let (send, events) = mpsc::channel();
    let failed = |error: notify::Error| Failure::Told(format!("cannot watch: {error}"));
    let mut system = notify::recommended_watcher(send).map_err(failed)?;
    let mut known = BTreeSet::new();
    loop {
        let watched = watched();
        watch(&mut system, &watched, &mut known).map_err(failed)?;
        run();
        while !wait(&events, &watched)? {}
    }
}

fn watch(
    system: &mut RecommendedWatcher,
    watched: &Watched,
    known: &mut BTreeSet<PathBuf>,
) -> notify::Result<()> {
    // An editor puts a new file in the place of the old one, so the directory is watched.
    let parents = watched.files.iter().map(|file| (parent(file), RecursiveMode::NonRecursive));
    let whole = watched.directories.iter().chain(&watched.templates);
    let whole = whole.map(|directory| (directory.as_path(), RecursiveMode::Recursive));
    for (directory, mode) in whole.chain(parents) {
        if known.insert(directory.to_owned()) {
            system.watch(directory, mode)?;
        }
    }
    Ok(())
}

fn parent(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Waits for events, until they are over; whether one of them matters.
fn wait(events: &Receiver<notify::Result<Event>>, watched: &Watched) -> Result<bool, Failure> {
    let gone = || Failure::Told("cannot watch any longer".to_owned());
    let mut matters = matter(&events.recv().map_err(|_| gone())?, watched);
    while let Ok(event) = events.recv_timeout(QUIET) {
        matters |= matter(&event, watched);
    }
    Ok(matters)
}

/// Whether an event is about a file that matters. What wigen itself writes is none.
fn matter(event: &notify::Result<Event>, watched: &Watched) -> bool {
    let Ok(event) = event else { return true };
    if event.kind.is_access() {
        return false;
    }
    event.need_rescan() || event.paths.iter().any(|path| matters(path, watched))
}

fn matters(path: &Path, watched: &Watched) -> bool {
    let Some(name) = path.file_name() else { return false };
    let is_template = path.extension() == Some(OsStr::new("j2"));
    let is_spec = name.to_str().is_some_and(input::is_spec_name);
    // By name alone: the system may call a directory otherwise than the user does.
    watched.files.iter().any(|file| file.file_name() == Some(name))
        || is_spec && !watched.directories.is_empty()
        || is_template && !watched.templates.is_empty()
}
