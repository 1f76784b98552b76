//! `wigen render --watch`: once more, whenever a file is saved that matters.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::files::{self, Failure};

/// A save is several events, and several files are saved at once: it is over when nothing has happened
/// for so long.
const QUIET: Duration = Duration::from_millis(50);

/// What is watched.
pub(super) struct Watched {
    /// Files and directories that matter, also those that are not there yet.
    pub(super) files: Vec<PathBuf>,
    /// Directories in which every spec matters, and every directory below them.
    pub(super) directories: Vec<PathBuf>,
    /// Directories in which every template matters.
    pub(super) templates: Vec<PathBuf>,
}

/// Runs at once, and again after each change; `watched` says before each run what is to be watched, so
/// that no save is missed while it lasts. Ends only when nothing can be watched.
pub(super) fn again(watched: impl Fn() -> Watched, mut run: impl FnMut()) -> Result<(), Failure> {
    let failed = |error: notify::Error| Failure::Message(format!("cannot watch: {error}"));
    loop {
        let watched = watched();
        // Each time anew: a directory that was made again is another one to the system.
        let (send, events) = mpsc::channel();
        let mut system = notify::recommended_watcher(send).map_err(failed)?;
        watch(&mut system, &watched).map_err(failed)?;
        run();
        while !wait(&events, &watched)? {}
    }
}

fn watch(system: &mut RecommendedWatcher, watched: &Watched) -> notify::Result<()> {
    let whole = watched.directories.iter().chain(&watched.templates);
    let whole: BTreeSet<&Path> =
        whole.map(PathBuf::as_path).filter(|directory| directory.is_dir()).collect();
    // An editor puts a new file in the place of the old one, so the directory is watched; where that is
    // not there, the one in which it would be made.
    let around = |file| {
        let mut above = Path::ancestors(file).skip(1);
        above.find(|directory| directory.as_os_str().is_empty() || directory.is_dir())
    };
    let around = watched.files.iter().filter_map(|file| around(file));
    let around: BTreeSet<&Path> = around.map(files::or_here).collect();
    for directory in around.difference(&whole) {
        system.watch(directory, RecursiveMode::NonRecursive)?;
    }
    for directory in whole {
        system.watch(directory, RecursiveMode::Recursive)?;
    }
    Ok(())
}

/// Waits for events, until they are over; whether one of them matters.
fn wait(events: &Receiver<notify::Result<Event>>, watched: &Watched) -> Result<bool, Failure> {
    let gone = |_| Failure::Message("cannot watch any longer".to_owned());
    let (mut matters, mut made) = (false, Vec::new());
    let mut next = Some(events.recv().map_err(gone)?);
    while let Some(event) = next {
        matters |= matter(&event, watched);
        if let Ok(event) = event
            && event.kind.is_create()
            && !watched.directories.is_empty()
        {
            made.extend(event.paths.into_iter().filter(|path| path.is_dir()));
        }
        next = events.recv_timeout(QUIET).ok();
    }
    // What is in a new directory may have been there before the system was asked to tell of it.
    Ok(matters || made.iter().any(|directory| files::has_specs(directory)))
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
    let is_spec = name.to_str().is_some_and(files::is_spec_name);
    // By name alone, of the directories on the way too: the system may call a directory otherwise than the
    // user does.
    watched.files.iter().any(|file| file.iter().any(|step| step == name))
        || is_spec && !watched.directories.is_empty()
        || is_template && !watched.templates.is_empty()
}
