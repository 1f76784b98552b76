//! The specs that a command works on: those that are named, or those of the workspace.

mod repository;
pub(super) mod revision;

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use wigen::spec::load::name_in;
use wigen::spec::workspace::Workspace;

use super::checkout::WORKSPACE_FILE;
use super::failure::Failure;
use super::find::{default_spec, find_specs, is_spec_name, no_spec_here, unknown_app};
use super::open::is_file;
use super::paths::{CanonicalPaths, has_inner_parent, plain};
use super::read::{SourceFile, read_source};
use super::workspace::{self, WorkspaceError, WorkspaceRoot};
use crate::cli::{OutputPattern, SelectArgs, SetArgs};
use crate::git::{self, GitError};
use repository::Repository;

/// The specs of a run, in the order in which they are reported.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) specs: Vec<SelectedSpec>,
    pub(crate) workspaces: Vec<WorkspaceRoot>,
    /// The workspaces that are invalid; their specs are left out.
    pub(crate) invalid: Vec<WorkspaceError>,
    /// The directories whose specs are all selected, except those of invalid workspaces.
    pub(crate) complete: Vec<PathBuf>,
}

#[derive(Debug, Clone)]
pub(crate) struct SelectedSpec {
    /// Its file, or `-`.
    pub(crate) path: PathBuf,
    /// The index of the workspace that it is a member of.
    pub(crate) workspace: Option<usize>,
}

/// A spec that is read, and its workspace.
pub(crate) type Member = (SourceFile, Membership);

/// Whether a spec is a member of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    None,
    /// The index of its workspace.
    Member(usize),
    /// Unknown, because the workspace is invalid.
    Invalid,
}

impl Membership {
    fn index(self) -> Option<usize> {
        match self {
            Self::Member(index) => Some(index),
            Self::None | Self::Invalid => None,
        }
    }
}

/// The workspaces around directories, by the path of each directory.
type KnownWorkspaces = HashMap<OsString, Membership>;

impl Selection {
    pub(crate) fn find(args: &SelectArgs) -> Result<Self, Failure> {
        let mut selection = Self::default();
        if args.specs.is_empty() {
            selection.find_unnamed(args)?;
        } else {
            selection.find_named(&args.specs)?;
        }
        if !args.apps.is_empty() {
            selection.keep_apps(&args.apps)?;
        }
        if let Some(revision) = &args.changed_since {
            selection.keep_changed(revision)?;
        }
        Ok(selection)
    }

    /// Finds all specs of the workspace, or, without one, all below this directory.
    pub(crate) fn find_all(args: &SelectArgs) -> Result<Self, Failure> {
        let mut selection = Self::default();
        match workspace::find_root(Path::new(""))? {
            Some(root) => selection.find_members(root)?,
            None => selection.find_named(&[".".into()])?,
        }
        if let Some(revision) = &args.changed_since {
            selection.keep_changed(revision)?;
        }
        Ok(selection)
    }

    /// Finds the specs that are named, and those below directories that are named.
    pub(crate) fn named(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut selection = Self::default();
        selection.find_named(paths)?;
        Ok(selection)
    }

    pub(crate) fn workspace(&self, spec: &SelectedSpec) -> Option<&Workspace> {
        Some(&self.workspaces.get(spec.workspace?)?.workspace)
    }

    pub(crate) fn workspace_root(&self, spec: &SelectedSpec) -> Option<&Path> {
        Some(&self.workspaces.get(spec.workspace?)?.root)
    }

    /// Where the workspace of the specs puts their files.
    pub(crate) fn out(&self) -> Result<Option<&OutputPattern>, Failure> {
        if self.specs.is_empty() {
            return Ok(self.workspaces.first().and_then(|workspace| workspace.out.as_ref()));
        }
        let out = |spec: &SelectedSpec| self.workspaces.get(spec.workspace?)?.out.as_ref();
        let mut outs = self.specs.iter().map(out);
        let first = outs.next().flatten();
        if outs.any(|other| other != first) {
            return Err(Failure::new(
                "the specs are not of one workspace; say with -o where their files go",
            ));
        }
        Ok(first)
    }

    /// The directory of templates that the workspace of the specs names.
    pub(crate) fn templates(&self) -> Result<Option<PathBuf>, Failure> {
        let templates = |spec: &SelectedSpec| {
            let workspace = spec.workspace.and_then(|index| self.workspaces.get(index));
            workspace.map_or(Ok(None), WorkspaceRoot::templates)
        };
        let Some((first, others)) = self.specs.split_first() else { return Ok(None) };
        let first = (first.workspace, templates(first)?);
        for other in others.iter().filter(|other| other.workspace != first.0) {
            if templates(other)? != first.1 {
                return Err(Failure::new(
                    "the specs are not of one workspace and have different templates; choose some with --templates",
                ));
            }
        }
        Ok(first.1)
    }

    /// Whether a spec with this file name would have been found.
    pub(super) fn may_find(&self, name: &str) -> bool {
        is_spec_name(name) || self.workspaces.iter().any(|one| one.may_find(name))
    }

    pub(crate) fn has_several_members(&self) -> Result<bool, Failure> {
        for workspace in &self.workspaces {
            if workspace.find_members()?.is_ok_and(|members| members.len() > 1) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn has_all_members(&self) -> Result<bool, Failure> {
        let mut canonical = CanonicalPaths::default();
        let selected: BTreeSet<PathBuf> =
            self.specs.iter().map(|spec| canonical.file(&spec.path)).collect();
        for workspace in &self.workspaces {
            let members = workspace.find_members()?.unwrap_or_default();
            if !members.iter().all(|member| selected.contains(&canonical.file(member))) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The directory of the workspace of the specs.
    pub(crate) fn root(&self) -> Option<&Path> {
        Some(&self.workspaces.first()?.root)
    }

    /// The files that it depends on.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        let specs = self.specs.iter().map(|spec| spec.path.clone());
        let workspaces = self.workspaces.iter().map(|one| one.root.join(WORKSPACE_FILE));
        let invalid = self.invalid.iter().map(|(source, _)| PathBuf::from(source.name()));
        specs.chain(workspaces).chain(invalid)
    }

    /// Refuses `--set` for several specs, which cannot all be meant.
    pub(crate) fn check_settings(&self, set: &SetArgs) -> Result<(), Failure> {
        let count = self.specs.len();
        if !set.is_for_one_spec() || count < 2 {
            return Ok(());
        }
        Err(Failure::new(format!(
            "--set is for one spec, and these are {count}: name one, or its app with -p"
        )))
    }

    fn find_named(&mut self, paths: &[PathBuf]) -> Result<(), Failure> {
        self.complete = paths.iter().filter(|path| path.is_dir()).cloned().collect();
        let mut known = KnownWorkspaces::new();
        let mut named = Vec::new();
        for path in paths {
            if path.file_name().is_none_or(|name| name != WORKSPACE_FILE) {
                named.push(path.clone());
                continue;
            }
            // The file of a workspace stands for its members.
            let root = path.parent().unwrap_or(Path::new(""));
            let root = root.strip_prefix(".").unwrap_or(root);
            match WorkspaceRoot::read(root.to_owned())?.map(|workspace| workspace.find_members()) {
                Ok(members) => match members? {
                    Ok(members) => named.extend(members),
                    Err(invalid) => self.invalid.push(invalid),
                },
                Err(invalid) => self.invalid.push(invalid),
            }
        }
        for path in find_specs(&named)? {
            let membership = self.membership(&path, &mut known)?;
            self.add(path, membership);
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf, membership: Membership) {
        if membership != Membership::Invalid {
            self.specs.push(SelectedSpec { path, workspace: membership.index() });
        }
    }

    /// Without names: the spec in this directory, or else all of the workspace.
    fn find_unnamed(&mut self, args: &SelectArgs) -> Result<(), Failure> {
        let wants_all = !args.apps.is_empty() || args.changed_since.is_some() || args.workspace;
        let Some(root) = workspace::find_root(Path::new(""))? else {
            if wants_all {
                return Err(Failure::new(
                    "there is no workspace here: no wigen.toml in this directory or above it",
                ));
            }
            let path = default_spec()?.ok_or_else(no_spec_here)?;
            self.specs.push(SelectedSpec { path, workspace: None });
            return Ok(());
        };
        // Below the root of a workspace, the spec in this directory is meant.
        if !root.as_os_str().is_empty()
            && !wants_all
            && let Some(spec) = default_spec()?
        {
            let membership = self.membership(&spec, &mut KnownWorkspaces::new())?;
            self.add(spec, membership);
            return Ok(());
        }
        self.find_members(root)
    }

    fn find_members(&mut self, root: PathBuf) -> Result<(), Failure> {
        self.complete.push(if root.as_os_str().is_empty() { ".".into() } else { root.clone() });
        let workspace = match WorkspaceRoot::read(root)? {
            Ok(workspace) => workspace,
            Err(error) => {
                self.invalid.push(error);
                return Ok(());
            }
        };
        match workspace.find_members()? {
            Ok(members) => {
                let spec = |path| SelectedSpec { path, workspace: Some(0) };
                self.specs.extend(members.into_iter().map(spec));
                self.workspaces.push(workspace);
            }
            Err(error) => self.invalid.push(error),
        }
        Ok(())
    }

    /// Finds the workspace of a spec, and reads it.
    fn membership(
        &mut self,
        spec: &Path,
        known: &mut KnownWorkspaces,
    ) -> Result<Membership, Failure> {
        if spec.as_os_str() == "-" {
            return Ok(Membership::None);
        }
        let spec = spec.strip_prefix(".").unwrap_or(spec);
        if has_inner_parent(spec) {
            return self.membership_of_plain(&plain(spec), known);
        }
        match self.membership_of_plain(spec, known)? {
            // A link may lead to a member.
            Membership::None if !self.workspaces.is_empty() => {
                self.membership_of_plain(&plain(spec), known)
            }
            membership => Ok(membership),
        }
    }

    /// The membership of a spec whose path has `..` at its beginning only.
    fn membership_of_plain(
        &mut self,
        spec: &Path,
        known: &mut KnownWorkspaces,
    ) -> Result<Membership, Failure> {
        let workspace = self.workspace_around(spec.parent().unwrap_or(Path::new("")), known)?;
        Ok(self.if_member(spec, workspace))
    }

    /// The workspace of a directory: its own, or that of the directory above.
    fn workspace_around(
        &mut self,
        directory: &Path,
        known: &mut KnownWorkspaces,
    ) -> Result<Membership, Failure> {
        if let Some(known) = known.get(directory.as_os_str()) {
            return Ok(*known);
        }
        let found = match workspace::parent(directory) {
            Some(_) if is_file(&directory.join(WORKSPACE_FILE)) => {
                self.read(directory.to_owned())?
            }
            Some(parent) => self.workspace_around(parent, known)?,
            None => match workspace::find_root(directory)? {
                Some(root) => self.read(root)?,
                None => Membership::None,
            },
        };
        known.insert(directory.as_os_str().to_owned(), found);
        Ok(found)
    }

    /// The membership of a spec in the workspace around it.
    fn if_member(&self, spec: &Path, workspace: Membership) -> Membership {
        match workspace {
            Membership::Member(index) if !self.workspaces[index].has_member(spec) => {
                Membership::None
            }
            _ => workspace,
        }
    }

    /// Reads a workspace, once.
    fn read(&mut self, root: PathBuf) -> Result<Membership, Failure> {
        let file = root.join(WORKSPACE_FILE);
        if let Some(index) = self.workspaces.iter().position(|known| known.root == root) {
            return Ok(Membership::Member(index));
        }
        if self.invalid.iter().any(|(source, _)| Path::new(source.name()) == file) {
            return Ok(Membership::Invalid);
        }
        Ok(self.add_workspace(WorkspaceRoot::read(root)?))
    }

    fn add_workspace(&mut self, workspace: Result<WorkspaceRoot, WorkspaceError>) -> Membership {
        match workspace {
            Ok(workspace) => {
                self.workspaces.push(workspace);
                Membership::Member(self.workspaces.len() - 1)
            }
            Err(error) => {
                self.invalid.push(error);
                Membership::Invalid
            }
        }
    }

    fn keep_apps(&mut self, names: &[String]) -> Result<(), Failure> {
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
    fn keep_changed(&mut self, revision: &str) -> Result<(), Failure> {
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
