//! Finds specs: those that are named, and those in directories.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::failure::Failure;
use super::paths::CanonicalPaths;

/// The names by which a spec is found in a directory.
pub(super) const NAMES: [&str; 4] = ["app.toml", "app.yaml", "app.yml", "app.json"];

/// The specs that were named, those in directories sorted by path: files, and `-` for standard input.
pub(crate) fn paths(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if named.is_empty() {
        return Ok(vec![default_spec()?]);
    }
    let found = find_all(named, &is_spec_name, &NAMES.join(", "))?;
    Ok(found.into_iter().map(|(path, _)| path).collect())
}

/// Whether a file of this name is a spec.
pub(crate) fn is_spec_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Whether there is a spec in a directory.
pub(crate) fn has_spec(directory: &Path) -> bool {
    NAMES.iter().any(|name| directory.join(name).is_file())
}

/// Whether there is a spec below a directory.
pub(crate) fn has_specs(directory: &Path) -> bool {
    let mut found = Vec::new();
    search(directory, &is_spec_name, &mut found).is_ok() && !found.is_empty()
}

/// Those of the things that were named that are directories.
pub(crate) fn directories(named: &[PathBuf]) -> Vec<PathBuf> {
    named.iter().filter(|path| path.is_dir()).cloned().collect()
}

/// What to say where no spec is found.
pub(crate) fn no_spec(place: &str) -> Failure {
    Failure::Message(format!("there is no {} below {place}", NAMES.join(", ")))
}

/// How wigen came to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchedBy {
    /// It was named.
    Named,
    /// It was found in a directory.
    Found,
}

/// What was named; of a directory the files whose names are `wanted`.
pub(super) fn find_all(
    named: &[PathBuf],
    wanted: &dyn Fn(&str) -> bool,
    words: &str,
) -> Result<Vec<(PathBuf, MatchedBy)>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if path.as_os_str() == "-" || !path.is_dir() {
            files.push((path.clone(), MatchedBy::Named));
            continue;
        }
        let mut found = Vec::new();
        search(path, wanted, &mut found)?;
        if found.is_empty() {
            return Err(Failure::Message(format!("there is no {words} below {}", path.display())));
        }
        files.extend(found.into_iter().map(|path| (path, MatchedBy::Found)));
    }
    Ok(if named.len() > 1 { deduplicate(files) } else { files })
}

/// Each file once, also where several of the names lead to it.
fn deduplicate(files: Vec<(PathBuf, MatchedBy)>) -> Vec<(PathBuf, MatchedBy)> {
    let (mut places, mut known) = (CanonicalPaths::default(), HashMap::new());
    let mut each: Vec<(PathBuf, MatchedBy)> = Vec::new();
    for (path, how) in files {
        let place = if path.as_os_str() == "-" { path.clone() } else { places.file(&path) };
        match known.entry(place) {
            Entry::Vacant(free) => {
                free.insert(each.len());
                each.push((path, how));
            }
            // What is named is more than found.
            Entry::Occupied(known) if how == MatchedBy::Named => each[*known.get()].1 = how,
            Entry::Occupied(_) => {}
        }
    }
    each
}

pub(super) fn default_spec() -> Result<PathBuf, Failure> {
    let path = Path::new(NAMES[0]);
    if path.exists() {
        return Ok(path.to_owned());
    }
    Err(Failure::Message(format!(
        "there is no {} here; name a spec, or write a first one with `wigen init`",
        NAMES[0]
    )))
}

/// Everything below a directory whose name is wanted. Hidden directories (`.git`) and
/// links to directories are passed over.
pub(super) fn search(
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
                search(&entry.path(), wanted, found)?;
            }
        } else if wanted(&name) {
            found.push(entry.path());
        }
    }
    Ok(())
}
