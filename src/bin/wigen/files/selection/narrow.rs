//! Narrows a selection: to apps, or to what differs from a revision.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use wigen::diagnostics::{did_you_mean, one_of};
use wigen::spec::load::name_in;

use super::super::checkout::WORKSPACE_FILE;
use super::super::failure::Failure;
use super::super::paths::or_current;
use super::super::read::read_source;
use super::Selection;
use crate::git::{self, GitError};

impl Selection {
    /// Keeps the specs of the apps with these names.
    pub(super) fn keep_apps(&mut self, names: &[String]) -> Result<(), Failure> {
        let mut all = BTreeSet::new();
        let mut kept = Vec::new();
        for spec in std::mem::take(&mut self.specs) {
            let name = name_in(&read_source(&spec.path)?.0);
            // A spec whose name cannot be read is reported with the others.
            if name.as_ref().is_none_or(|name| names.contains(name)) {
                kept.push(spec);
            }
            all.extend(name);
        }
        if let Some(unknown) = names.iter().find(|name| !all.contains(*name)) {
            return Err(unknown_app(unknown, &all));
        }
        self.specs = kept;
        self.complete.clear();
        Ok(())
    }

    /// Keeps the specs that differ from a revision, and all specs whose workspace does.
    pub(super) fn keep_changed(&mut self, revision: &str) -> Result<(), Failure> {
        let failed = |GitError(why)| Failure::new(format!("--changed-since: {why}"));
        let repository = Repository::find().map_err(failed)?;
        let changed = git::changed_since(&repository.root, revision).map_err(failed)?;
        let changed: BTreeSet<PathBuf> = changed.into_iter().collect();
        let is_changed = |path: &Path| {
            let relative = repository.relative(path).map_err(failed)?;
            Ok::<_, Failure>(changed.contains(&relative))
        };
        let files = self.workspaces.iter().map(|workspace| workspace.root.join(WORKSPACE_FILE));
        let workspaces = files.map(|file| is_changed(&file)).collect::<Result<Vec<_>, _>>()?;
        let mut kept = Vec::new();
        for spec in std::mem::take(&mut self.specs) {
            if spec.workspace.is_some_and(|index| workspaces[index]) || is_changed(&spec.path)? {
                kept.push(spec);
            }
        }
        self.specs = kept;
        self.complete.clear();
        Ok(())
    }
}

/// The repository around this directory.
pub(super) struct Repository {
    pub(super) root: PathBuf,
    canonical: PathBuf,
}

impl Repository {
    pub(super) fn find() -> Result<Self, GitError> {
        let root = git::root(Path::new(""))?;
        let root = or_current(&root).to_owned();
        let canonical = fs::canonicalize(&root).map_err(|error| not_found(&root, &error))?;
        Ok(Self { root, canonical })
    }

    /// The path of a file from its root.
    pub(super) fn relative(&self, path: &Path) -> Result<PathBuf, GitError> {
        let canonical = fs::canonicalize(path).map_err(|error| not_found(path, &error))?;
        let relative = canonical.strip_prefix(&self.canonical).map_err(|_| {
            let (path, root) = (path.display(), self.root.display());
            GitError(format!("{path} is not in the repository {root}"))
        })?;
        Ok(relative.to_owned())
    }
}

fn not_found(path: &Path, error: &io::Error) -> GitError {
    GitError(format!("cannot find {}: {error}", path.display()))
}

/// The failure of naming an app that no spec has.
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
