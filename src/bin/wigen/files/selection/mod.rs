//! The specs that a command is about: those that are named, or those of the workspace around.

mod revision;

pub(crate) use revision::read_from_git;

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use wigen::diagnostics::{one_of, similar};
use wigen::spec::workspace::Workspace;

use super::failure::Failure;
use super::find::{NAMES, default_spec, directories, paths};
use super::read::{Spec, read_one};
use super::workspace::{self, WorkspaceError, WorkspaceRoot};
use crate::cli::{OutputPattern, Specs};
use crate::git::{self, GitError};

/// The specs of a run, in the order in which they are told of.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// The specs.
    pub(crate) specs: Vec<SelectedSpec>,
    /// The workspaces that they are in.
    pub(crate) workspaces: Vec<WorkspaceRoot>,
    /// The workspaces that are wrong, and whose specs are left out.
    pub(crate) wrong: Vec<WorkspaceError>,
    /// The directories of which all specs are here, but for those of a workspace that is wrong.
    pub(crate) whole: Vec<PathBuf>,
}

/// The workspaces around directories, by the path of each.
type KnownWorkspaces = HashMap<OsString, Membership>;

/// One spec.
#[derive(Debug, Clone)]
pub(crate) struct SelectedSpec {
    /// Its file, or `-`.
    pub(crate) path: PathBuf,
    /// The workspace that it is a member of, by its number.
    pub(crate) workspace: Option<usize>,
}

impl Selection {
    /// Finds the specs that were asked for.
    pub(crate) fn of(asked: &Specs) -> Result<Self, Failure> {
        let mut selected = Self::default();
        let mut known = KnownWorkspaces::new();
        if asked.specs.is_empty() {
            selected.around(asked)?;
        } else {
            selected.whole = directories(&asked.specs);
            for path in paths(&asked.specs)? {
                let workspace = selected.workspace_of(&path, &mut known)?;
                if let Membership::Of(_) | Membership::None = workspace {
                    selected.specs.push(SelectedSpec { path, workspace: workspace.number() });
                }
            }
        }
        if !asked.apps.is_empty() {
            selected.keep_apps(&asked.apps)?;
        }
        if let Some(revision) = &asked.changed_since {
            selected.keep_changed(revision)?;
        }
        Ok(selected)
    }

    /// The workspace of a spec.
    pub(crate) fn workspace(&self, chosen: &SelectedSpec) -> Option<&Workspace> {
        Some(&self.workspaces.get(chosen.workspace?)?.workspace)
    }

    /// Where the files of the specs go, as their workspace says.
    pub(crate) fn out(&self) -> Result<Option<&OutputPattern>, Failure> {
        let out = |chosen: &SelectedSpec| self.workspaces.get(chosen.workspace?)?.out();
        let mut outs = self.specs.iter().map(out);
        let first = outs.next().flatten();
        if outs.any(|other| other != first) {
            let text = "the specs are not of one workspace; say with -o where their files go";
            return Err(Failure::Message(text.to_owned()));
        }
        Ok(first)
    }

    /// The files that it depends on.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        let specs = self.specs.iter().map(|chosen| chosen.path.clone());
        let workspaces = self.workspaces.iter().map(|one| one.root.join(workspace::FILE));
        let wrong = self.wrong.iter().map(|(source, _)| PathBuf::from(source.name()));
        specs.chain(workspaces).chain(wrong)
    }

    /// Without a name: the spec that is here, or else all of the workspace.
    fn around(&mut self, asked: &Specs) -> Result<(), Failure> {
        let here = Path::new("");
        let root = workspace::root(here)?;
        let spec = Path::new(NAMES[0]);
        let wants_all = !asked.apps.is_empty() || asked.changed_since.is_some() || asked.workspace;
        let Some(root) = root else {
            if wants_all {
                let text =
                    "there is no workspace here: no wigen.toml in this directory or above it";
                return Err(Failure::Message(text.to_owned()));
            }
            self.specs.push(SelectedSpec { path: default_spec()?, workspace: None });
            return Ok(());
        };
        // Below the root of a workspace, the spec that is here is meant.
        let is_here = !root.as_os_str().is_empty() && spec.exists() && !wants_all;
        if is_here {
            let membership = self.workspace_of(spec, &mut KnownWorkspaces::new())?;
            if let Membership::Of(_) | Membership::None = membership {
                self.specs
                    .push(SelectedSpec { path: spec.to_owned(), workspace: membership.number() });
            }
            return Ok(());
        }
        self.whole.push(if root.as_os_str().is_empty() { ".".into() } else { root.clone() });
        let located = match WorkspaceRoot::read(root)? {
            Ok(located) => located,
            Err(wrong) => {
                self.wrong.push(wrong);
                return Ok(());
            }
        };
        match located.members()? {
            Ok(members) => {
                let chosen = |path| SelectedSpec { path, workspace: Some(0) };
                self.specs.extend(members.into_iter().map(chosen));
                self.workspaces.push(located);
            }
            Err(wrong) => self.wrong.push(wrong),
        }
        Ok(())
    }

    /// The workspace of a spec.
    fn workspace_of(
        &mut self,
        spec: &Path,
        known: &mut KnownWorkspaces,
    ) -> Result<Membership, Failure> {
        if spec.as_os_str() == "-" {
            return Ok(Membership::None);
        }
        let directory = spec.parent().unwrap_or(Path::new(""));
        let directory = directory.strip_prefix(".").unwrap_or(directory);
        let membership = self.around_directory(directory, known)?;
        Ok(self.if_member(spec.strip_prefix(".").unwrap_or(spec), membership))
    }

    /// The workspace around a directory: its own, or that around the directory above.
    fn around_directory(
        &mut self,
        directory: &Path,
        known: &mut KnownWorkspaces,
    ) -> Result<Membership, Failure> {
        if let Some(known) = known.get(directory.as_os_str()) {
            return Ok(*known);
        }
        let found = match workspace::above(directory) {
            Some(_) if directory.join(workspace::FILE).is_file() => {
                self.read(directory.to_owned())?
            }
            Some(above) => self.around_directory(above, known)?,
            None => match workspace::root(directory)? {
                Some(root) => self.read(root)?,
                None => Membership::None,
            },
        };
        known.insert(directory.as_os_str().to_owned(), found);
        Ok(found)
    }

    /// What a spec is of the workspace around it.
    fn if_member(&self, spec: &Path, around: Membership) -> Membership {
        let Membership::Of(number) = around else { return around };
        if self.workspaces[number].has(spec) { around } else { Membership::None }
    }

    fn read(&mut self, root: PathBuf) -> Result<Membership, Failure> {
        let file = root.join(workspace::FILE);
        if let Some(number) = self.workspaces.iter().position(|known| known.root == root) {
            return Ok(Membership::Of(number));
        }
        if self.wrong.iter().any(|(source, _)| Path::new(source.name()) == file) {
            return Ok(Membership::Wrong);
        }
        let located = WorkspaceRoot::read(root)?;
        Ok(self.took(located))
    }

    fn took(&mut self, located: Result<WorkspaceRoot, WorkspaceError>) -> Membership {
        match located {
            Ok(located) => {
                self.workspaces.push(located);
                Membership::Of(self.workspaces.len() - 1)
            }
            Err(wrong) => {
                self.wrong.push(wrong);
                Membership::Wrong
            }
        }
    }

    /// Keeps the specs whose apps have these names.
    fn keep_apps(&mut self, names: &[String]) -> Result<(), Failure> {
        let mut all = BTreeSet::new();
        let mut kept = Vec::new();
        for chosen in std::mem::take(&mut self.specs) {
            let name = wigen::name(&read_one(&chosen.path)?.0);
            // What has no name that can be read is told with the others.
            if name.as_ref().is_none_or(|name| names.contains(name)) {
                kept.push(chosen);
            }
            all.extend(name);
        }
        if let Some(unknown) = names.iter().find(|name| !all.contains(*name)) {
            let hint = similar(unknown, all.iter().map(String::as_str));
            let hint = hint.map(|near| format!("; did you mean {}?", one_of([near])));
            let unknown = one_of([unknown.as_str()]);
            let hint = hint.unwrap_or_default();
            return Err(Failure::Message(format!("there is no app {unknown}{hint}")));
        }
        self.specs = kept;
        self.whole.clear();
        Ok(())
    }

    /// Keeps the specs that differ from a revision; all of those whose workspace does.
    fn keep_changed(&mut self, revision: &str) -> Result<(), Failure> {
        let unknown = |GitError(why)| Failure::Message(format!("--changed-since: {why}"));
        let root = git::root(Path::new("")).map_err(unknown)?;
        let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
        let changed = git::changed_since(&root, revision).map_err(unknown)?;
        let changed: BTreeSet<PathBuf> = changed.into_iter().collect();
        let root = fs::canonicalize(&root).map_err(|error| Failure::file("find", &root, &error))?;
        let is_changed = |path: &Path| {
            let found = fs::canonicalize(path);
            let found = found.map_err(|error| Failure::file("find", path, &error))?;
            let Ok(below) = found.strip_prefix(&root) else {
                let (path, root) = (path.display(), root.display());
                let text = format!("--changed-since: {path} is not in the repository {root}");
                return Err(Failure::Message(text));
            };
            Ok(changed.contains(below))
        };
        let files = self.workspaces.iter().map(|located| located.root.join(workspace::FILE));
        let files: Vec<bool> = files.map(|file| is_changed(&file)).collect::<Result<_, _>>()?;
        let mut kept = Vec::new();
        for chosen in std::mem::take(&mut self.specs) {
            if chosen.workspace.is_some_and(|number| files[number]) || is_changed(&chosen.path)? {
                kept.push(chosen);
            }
        }
        self.specs = kept;
        self.whole.clear();
        Ok(())
    }
}

/// A spec, and whether it is in a workspace.
pub(crate) type Member = (Spec, Membership);

/// Whether a spec is in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    None,
    /// The number of its workspace.
    Of(usize),
    /// The file of the workspace is wrong, so nobody knows.
    Wrong,
}

impl Membership {
    pub(super) fn number(self) -> Option<usize> {
        match self {
            Self::Of(number) => Some(number),
            Self::None | Self::Wrong => None,
        }
    }
}
