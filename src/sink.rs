//! Where artifacts go: standard output, or files, whole or not at all. The only room that writes
//! files.

mod printed;
mod staged;
mod stale;

pub(crate) use printed::Printed;
pub(crate) use staged::{Directory, Staged, State, state};
pub(crate) use stale::{Drift, Stale, left_over};

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::Out;
use crate::input::Failure;

/// A file to write.
pub(crate) struct File<'a> {
    /// Where.
    pub(crate) path: PathBuf,
    /// What.
    pub(crate) text: &'a str,
    /// Whether it is a program.
    pub(crate) executable: bool,
}

/// One app, as far as it says where its files go.
pub(crate) struct Destination<'a> {
    /// Where its spec is, as far as that is a file.
    pub(crate) spec: &'a str,
    /// Its name.
    pub(crate) app: &'a str,
    /// The environment, where one is chosen.
    pub(crate) environment: Option<&'a str>,
    /// Whether there are other apps.
    pub(crate) one_of_apps: bool,
    /// Whether it is rendered for several environments.
    pub(crate) one_of_environments: bool,
}

/// The directory in which the files of an app are: where a pattern says, or else one for each app
/// and environment where there are several.
pub(crate) fn directory(out: &Out, of: &Destination<'_>) -> Result<PathBuf, Failure> {
    if out.has_dir() && of.spec.contains(char::REPLACEMENT_CHARACTER) {
        let text = format!("the path of {} is not UTF-8, so there is no {{dir}}", of.spec);
        return Err(Failure::Told(text));
    }
    if out.has_env() && of.environment.is_none() {
        let text = format!(
            "{} is rendered for no environment, so there is no {{env}}; --env chooses one",
            of.spec
        );
        return Err(Failure::Told(text));
    }
    let mut directory = out.of(Path::new(of.spec), of.app, of.environment.unwrap_or_default());
    if !out.is_pattern() {
        if of.one_of_apps {
            directory.push(of.app);
        }
        if of.one_of_environments {
            directory.extend(of.environment);
        }
    }
    Ok(directory)
}

/// Writes files, all of them or none. Returns those that changed; a file that holds its text already
/// is left as it is.
pub(crate) fn write<'a>(files: &'a [File<'a>], force: bool) -> Result<Vec<&'a Path>, Failure> {
    let staged = Staged::default();
    let (mut changed, mut refused) = (Vec::new(), Vec::new());
    for file in files {
        match state(file)? {
            State::Unchanged => continue,
            State::Foreign if !force => refused.push(file.path.clone()),
            _ => staged.write(&Directory::There, file)?,
        }
        changed.push(file.path.as_path());
    }
    foreign(&refused)?;
    staged.put()?;
    Ok(changed)
}

/// Removes files that nothing renders any more, and the directories below `root` that they leave empty.
pub(crate) fn remove(files: &[PathBuf], root: &Path) -> Result<(), Failure> {
    for path in files {
        fs::remove_file(path).map_err(|error| Failure::file("remove", path, &error))?;
        let mut above = path.ancestors().skip(1).take_while(|directory| *directory != root);
        // The first in which something is left ends it.
        let _ = above.find(|directory| fs::remove_dir(directory).is_err());
    }
    Ok(())
}

/// Files that wigen did not write, because of which none is written.
pub(crate) fn foreign(refused: &[PathBuf]) -> Result<(), Failure> {
    if refused.is_empty() {
        return Ok(());
    }
    let refused: Vec<String> = refused.iter().map(|path| path.display().to_string()).collect();
    Err(Failure::Told(format!(
        "not written by wigen, so not overwritten: {}; --force overwrites",
        refused.join(", ")
    )))
}

/// Puts a text into the place of a file's: with the same permissions, behind the same link, and
/// with the byte order mark that it may have had.
pub(crate) fn rewrite(path: &Path, text: &str) -> Result<(), Failure> {
    let rewrite = || {
        let path = fs::canonicalize(path)?;
        let marked = fs::read(&path)?.starts_with(BYTE_ORDER_MARK.as_bytes());
        let mut prepared = NamedTempFile::new_in(path.parent().unwrap_or(Path::new("/")))?;
        prepared.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
        if marked {
            prepared.write_all(BYTE_ORDER_MARK.as_bytes())?;
        }
        prepared.write_all(text.as_bytes())?;
        prepared.persist(&path).map(drop).map_err(|error| error.error)
    };
    rewrite().map_err(|error: io::Error| Failure::file("write", path, &error))
}

const BYTE_ORDER_MARK: &str = "\u{feff}";
