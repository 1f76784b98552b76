//! One side of `wigen diff`: specs of the working tree or of git, each with its workspace there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use wigen::spec::load::name_in;
use wigen::spec::workspace::Workspace;

use super::super::checkout::WORKSPACE_FILE as FILE;
use super::super::failure::Failure;
use super::super::find::{is_spec_name, walk};
use super::super::read::{SourceFile, decode, read_file, read_source};
use super::super::workspace::WorkspaceRoot;
use super::repository::Repository;
use super::{KnownWorkspaces, Member, Membership, SelectedSpec, Selection};
use crate::git::{self, GitError, ObjectType, RepoPath, TreeEntry};

impl Selection {
    pub(crate) fn workspace_of(&self, membership: Membership) -> Option<&Workspace> {
        Some(&self.workspaces.get(membership.index()?)?.workspace)
    }

    /// Reads a spec of the working tree, or standard input for `-`.
    pub(crate) fn read_spec(&mut self, path: &Path) -> Result<Member, Failure> {
        let spec = read_source(path)?;
        Ok((spec, self.membership(path, &mut KnownWorkspaces::new())?))
    }

    /// Reads the specs below a directory of the working tree. The keys are their paths below it.
    pub(crate) fn read_specs(
        &mut self,
        directory: &Path,
    ) -> Result<BTreeMap<String, Member>, Failure> {
        let (mut paths, mut known) = (Vec::new(), KnownWorkspaces::new());
        walk(directory, &is_spec_name, &mut paths)?;
        let mut members = BTreeMap::new();
        for path in paths {
            let below = path.strip_prefix(directory).unwrap_or(&path).display().to_string();
            // `app.toml` is nicer to read than `./app.toml`.
            let spec = read_file(path.strip_prefix(".").unwrap_or(&path))?;
            let membership = self.membership(&path, &mut known)?;
            members.insert(below, (spec, membership));
        }
        Ok(members)
    }

    /// Reads a spec at a revision. Without a path there, it is in no workspace.
    pub(crate) fn read_spec_at(
        &mut self,
        directory: &Path,
        file: TreeEntry,
        name: String,
        path: Option<&RepoPath>,
    ) -> Result<Member, Failure> {
        let contents = git::read(directory, &[file])?;
        let spec = decode(name, contents.first().map_or(&[], Vec::as_slice));
        let Some(path) = path else { return Ok((spec, Membership::None)) };
        let found = self.memberships_at(directory, path, std::slice::from_ref(&path.path))?;
        Ok((spec, found.first().copied().unwrap_or(Membership::None)))
    }

    /// Reads the specs among `files` at a revision. The keys are their paths below `place`; `name` makes
    /// their names for messages.
    pub(crate) fn read_specs_at(
        &mut self,
        directory: &Path,
        mut files: Vec<TreeEntry>,
        place: &RepoPath,
        name: &dyn Fn(&Path) -> String,
    ) -> Result<BTreeMap<String, Member>, Failure> {
        files.retain(|file| is_spec(&file.path));
        let contents = git::read(directory, &files)?;
        let paths: Vec<PathBuf> = files.iter().map(|file| place.path.join(&file.path)).collect();
        let memberships = self.memberships_at(directory, place, &paths)?;
        let specs = files.iter().zip(contents).zip(memberships);
        let member = |((file, content), membership): ((&TreeEntry, Vec<u8>), Membership)| {
            let spec: SourceFile = decode(name(&file.path), &content);
            (file.path.display().to_string(), (spec, membership))
        };
        Ok(specs.map(member).collect())
    }

    /// The workspaces of specs at a revision, from their paths in the repository. The working tree does not
    /// matter.
    fn memberships_at(
        &mut self,
        directory: &Path,
        revision: &RepoPath,
        specs: &[PathBuf],
    ) -> Result<Vec<Membership>, GitError> {
        let roots: BTreeSet<&Path> =
            specs.iter().flat_map(|spec| spec.ancestors().skip(1)).collect();
        if roots.is_empty() {
            return Ok(Vec::new());
        }
        let files: Vec<PathBuf> = roots.iter().map(|root| root.join(FILE)).collect();
        let contents = git::read_existing(directory, revision, &files)?;
        let contents = roots.into_iter().zip(contents);
        let workspaces: BTreeMap<&Path, Vec<u8>> =
            contents.filter_map(|(root, content)| Some((root, content?))).collect();
        let mut known: BTreeMap<&Path, Membership> = BTreeMap::new();
        let mut memberships = Vec::new();
        for spec in specs {
            let root = spec.ancestors().skip(1).find(|root| workspaces.contains_key(root));
            let workspace = root.map_or(Membership::None, |root| {
                *known.entry(root).or_insert_with(|| {
                    let file = root.join(FILE);
                    let name = format!("{}{}", revision.shown_prefix, file.display());
                    let file = decode(name, &workspaces[root]);
                    self.add_workspace(WorkspaceRoot::parse(root.to_owned(), file))
                })
            });
            memberships.push(self.if_member(spec, workspace));
        }
        Ok(memberships)
    }
}

/// Specs as they were at a revision, each by its path now, and their workspaces there.
#[derive(Debug, Default)]
pub(crate) struct SpecsAtRevision {
    pub(crate) selection: Selection,
    specs: HashMap<PathBuf, Member>,
}

impl SpecsAtRevision {
    /// Reads the selected specs at a revision. A spec that was not there has moved if one that is gone has its
    /// name; else it is new.
    pub(crate) fn read(selected: &Selection, revision: &str) -> Result<Self, Failure> {
        let failed = |GitError(why)| Failure::new(format!("--previous-rev: {why}"));
        let repository = Repository::find().map_err(failed)?;
        let root = &repository.root;
        if git::object_type(root, revision).map_err(failed)? != ObjectType::Revision {
            return Err(failed(GitError(format!("{revision} is not a revision"))));
        }
        let place = RepoPath::of_directory(root, revision).map_err(failed)?;
        let relative = |spec: &SelectedSpec| repository.relative(&spec.path).map_err(failed);
        let paths = selected.specs.iter().map(relative).collect::<Result<Vec<_>, _>>()?;
        let contents = git::read_existing(root, &place, &paths).map_err(failed)?;
        let (mut found, mut new) = (Vec::new(), Vec::new());
        for ((spec, path), content) in selected.specs.iter().zip(paths).zip(contents) {
            match content {
                Some(content) => found.push((spec.path.clone(), path, content)),
                None => new.push(spec.path.clone()),
            }
        }
        if !new.is_empty() {
            let mut gone = git::files_at(root, revision, None).map_err(failed)?;
            gone.retain(|file| is_spec(&file.path) && !root.join(&file.path).exists());
            let contents = git::read(root, &gone).map_err(failed)?;
            let mut gone: Vec<_> = gone.into_iter().zip(contents).collect();
            for spec in new {
                let own = name_in(&read_file(&spec)?.0);
                let is_same = |(file, content): &(TreeEntry, Vec<u8>)| {
                    let (source, _) = decode(file.path.display().to_string(), content);
                    own.is_some() && name_in(&source) == own
                };
                if let Some(index) = gone.iter().position(is_same) {
                    let (file, content) = gone.swap_remove(index);
                    found.push((spec, file.path, content));
                }
            }
        }
        let mut read = Self::default();
        let paths: Vec<PathBuf> = found.iter().map(|(_, path, _)| path.clone()).collect();
        let memberships = read.selection.memberships_at(root, &place, &paths).map_err(failed)?;
        for ((spec, path, content), membership) in found.into_iter().zip(memberships) {
            let source = decode(format!("{revision}:{}", path.display()), &content);
            read.specs.insert(spec, (source, membership));
        }
        Ok(read)
    }

    /// A spec as it was; `None` for a new one.
    pub(crate) fn get(&self, spec: &Path) -> Option<&Member> {
        self.specs.get(spec)
    }
}

/// Whether a path is that of a spec, and no directory in it is hidden.
fn is_spec(path: &Path) -> bool {
    let mut names = path.iter().rev().map(OsStr::to_string_lossy);
    names.next().is_some_and(|name| is_spec_name(&name)) && names.all(|name| !name.starts_with('.'))
}
