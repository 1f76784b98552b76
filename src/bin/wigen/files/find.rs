//! Finds files: those that are named, and those in directories.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use wigen::diagnostics::{did_you_mean, one_of};

use super::failure::Failure;
use super::open::is_file;
use super::paths::CanonicalPaths;

const SPEC_NAMES: [&str; 4] = ["app.toml", "app.yaml", "app.yml", "app.json"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchedBy {
    /// The user named it.
    Name,
    /// It is in a directory that the user named.
    Directory,
}

pub(crate) fn is_spec_name(name: &str) -> bool {
    SPEC_NAMES.contains(&name)
}

/// Whether a file that a pattern or a function config names may be a spec: nothing else is read and quoted
/// in messages.
pub(crate) fn has_spec_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| ["toml", "yaml", "yml", "json"].contains(&extension))
}

pub(crate) fn not_a_spec(path: &Path) -> String {
    format!("{} is not a spec: those are *.toml, *.yaml, *.yml or *.json", path.display())
}

pub(crate) fn has_spec_below(directory: &Path) -> bool {
    let mut found = Vec::new();
    walk(directory, &is_spec_name, &mut found).is_ok() && !found.is_empty()
}

pub(crate) fn no_spec(place: &str) -> Failure {
    Failure::new(format!("there is no {} below {place}", SPEC_NAMES.join(", ")))
}

/// The spec that a command reads when none is named: `./app.toml`, or else the only spec in this directory.
pub(crate) fn default_spec() -> Result<Option<PathBuf>, Failure> {
    let specs: Vec<&str> = SPEC_NAMES.into_iter().filter(|name| is_file(Path::new(name))).collect();
    match specs.as_slice() {
        [] => Ok(None),
        ["app.toml", ..] | [_] => Ok(Some(PathBuf::from(specs[0]))),
        _ => Err(Failure::new(format!("there are several specs here; name {}", one_of(specs)))),
    }
}

pub(crate) fn unknown_app(name: &str, known: &BTreeSet<String>) -> Failure {
    const MOST: usize = 20;
    let hint = did_you_mean(name, known.iter().map(String::as_str));
    let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    let shown = known.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    let apps = match known.len().saturating_sub(MOST) {
        0 if known.is_empty() => "none".to_owned(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    };
    Failure::new(format!("there is no app {}{hint} (apps: {apps})", one_of([name])))
}

pub(super) fn no_spec_here() -> Failure {
    Failure::new(format!(
        "there is no {} here; name a spec, or write a first one with `wigen init`",
        SPEC_NAMES.join(", ")
    ))
}

/// The specs that are named, and those below directories that are named, sorted by path.
pub(super) fn find_specs(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let found = find_files(named, &is_spec_name, &SPEC_NAMES.join(", "))?;
    Ok(found.into_iter().map(|(path, _)| path).collect())
}

/// The files that are named, and those below directories that are named whose names are `wanted`;
/// `description` is for the message when there are none.
pub(super) fn find_files(
    named: &[PathBuf],
    wanted: &dyn Fn(&str) -> bool,
    description: &str,
) -> Result<Vec<(PathBuf, MatchedBy)>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if path.as_os_str() == "-" || !path.is_dir() {
            files.push((path.clone(), MatchedBy::Name));
            continue;
        }
        let mut found = Vec::new();
        walk(path, wanted, &mut found)?;
        if found.is_empty() {
            return Err(Failure::new(format!(
                "there is no {description} below {}",
                path.display()
            )));
        }
        files.extend(found.into_iter().map(|path| (path, MatchedBy::Directory)));
    }
    Ok(if named.len() > 1 { deduplicate(files) } else { files })
}

/// Keeps each file once, even if several of the names lead to it.
fn deduplicate(files: Vec<(PathBuf, MatchedBy)>) -> Vec<(PathBuf, MatchedBy)> {
    let (mut canonical, mut known) = (CanonicalPaths::default(), HashMap::new());
    let mut unique: Vec<(PathBuf, MatchedBy)> = Vec::new();
    for (path, matched_by) in files {
        let key = if path.as_os_str() == "-" { path.clone() } else { canonical.file(&path) };
        match known.entry(key) {
            Entry::Vacant(free) => {
                free.insert(unique.len());
                unique.push((path, matched_by));
            }
            Entry::Occupied(known) if matched_by == MatchedBy::Name => {
                unique[*known.get()].1 = MatchedBy::Name;
            }
            Entry::Occupied(_) => {}
        }
    }
    unique
}

/// Every file below a directory whose name is wanted, sorted. Hidden directories, such as `.git`, and
/// links to directories are skipped.
pub(super) fn walk(
    directory: &Path,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let unreadable = |error: io::Error| Failure::file("read", directory, &error);
    let mut entries = fs::read_dir(directory)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if !name.starts_with('.') {
                walk(&entry.path(), wanted, found)?;
            }
        } else if wanted(&name) {
            found.push(entry.path());
        }
    }
    Ok(())
}
