//! One side of a comparison: specs of the working tree or of git, each with its workspace there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wigen::spec::workspace::Workspace;

use super::super::failure::Failure;
use super::super::find::{is_spec_name, search};
use super::super::read::{Spec, decode, read_file, read_one};
use super::super::workspace::{FILE, WorkspaceRoot};
use super::{KnownWorkspaces, Member, Membership, Selection};
use crate::git::{self, RepoPath, TreeEntry};

impl Selection {
    /// The workspace of a spec of this side.
    pub(crate) fn workspace_by(&self, membership: Membership) -> Option<&Workspace> {
        Some(&self.workspaces.get(membership.number()?)?.workspace)
    }

    /// A file of the working tree, or `-`.
    pub(crate) fn file(&mut self, path: &Path) -> Result<Member, Failure> {
        let spec = read_one(path)?;
        Ok((spec, self.workspace_of(path, &mut KnownWorkspaces::new())?))
    }

    /// The specs below a directory of the working tree, by their paths there.
    pub(crate) fn below(&mut self, directory: &Path) -> Result<BTreeMap<String, Member>, Failure> {
        let mut known = KnownWorkspaces::new();
        let mut members = BTreeMap::new();
        for (below, spec) in read_below(directory)? {
            let membership = self.workspace_of(&directory.join(&below), &mut known)?;
            members.insert(below.display().to_string(), (spec, membership));
        }
        Ok(members)
    }

    /// A file of git at its place; one without a place has no workspace.
    pub(crate) fn file_in_git(
        &mut self,
        folder: &Path,
        spec: Spec,
        place: Option<&RepoPath>,
    ) -> Result<Member, Failure> {
        let Some(place) = place else { return Ok((spec, Membership::None)) };
        let found = self.in_git(folder, place, std::slice::from_ref(&place.path))?;
        Ok((spec, found.first().copied().unwrap_or(Membership::None)))
    }

    /// The specs among the files of git below a place, by their paths there; `name` is what they are
    /// called.
    pub(crate) fn below_in_git(
        &mut self,
        folder: &Path,
        files: Vec<TreeEntry>,
        place: &RepoPath,
        name: &dyn Fn(&Path) -> String,
    ) -> Result<BTreeMap<String, Member>, Failure> {
        let (paths, specs): (Vec<PathBuf>, Vec<Spec>) =
            read_below_in_git(folder, files, name)?.into_iter().unzip();
        let whole: Vec<PathBuf> = paths.iter().map(|path| place.path.join(path)).collect();
        let found = self.in_git(folder, place, &whole)?;
        let names = paths.iter().map(|path| path.display().to_string());
        Ok(names.zip(specs.into_iter().zip(found)).collect())
    }

    /// The workspaces of specs that git has, by their paths from the root of the repository on: what
    /// the working tree has there does not matter.
    fn in_git(
        &mut self,
        folder: &Path,
        place: &RepoPath,
        specs: &[PathBuf],
    ) -> Result<Vec<Membership>, Failure> {
        let above =
            |spec: &PathBuf| spec.ancestors().skip(1).map(Path::to_owned).collect::<Vec<_>>();
        let roots: BTreeSet<PathBuf> = specs.iter().flat_map(above).collect();
        if roots.is_empty() {
            return Ok(Vec::new());
        }
        let files: Vec<PathBuf> = roots.iter().map(|root| root.join(FILE)).collect();
        let contents = git::read_any(folder, place, &files)?;
        let texts: BTreeMap<&PathBuf, Vec<u8>> =
            roots.iter().zip(contents).filter_map(|(root, text)| Some((root, text?))).collect();
        let mut known: BTreeMap<PathBuf, Membership> = BTreeMap::new();
        let mut found = Vec::new();
        for spec in specs {
            let nearest = above(spec).into_iter().find(|root| texts.contains_key(root));
            let Some(root) = nearest else {
                found.push(Membership::None);
                continue;
            };
            let around = *known.entry(root.clone()).or_insert_with(|| {
                let name = format!("{}{}", place.shown, root.join(FILE).display());
                let text = decode(name, &texts[&root]);
                self.took(WorkspaceRoot::parse(root, text))
            });
            found.push(self.if_member(spec, around));
        }
        Ok(found)
    }
}

/// The specs below a directory, each with its path there; none where there is none.
fn read_below(directory: &Path) -> Result<Vec<(PathBuf, Spec)>, Failure> {
    let mut paths = Vec::new();
    search(directory, &is_spec_name, &mut paths)?;
    let read = |path: PathBuf| {
        let below = path.strip_prefix(directory).unwrap_or(&path);
        // `./app.toml` and `app.toml` are one place, and the shorter name is nicer to read.
        let spec = read_file(path.strip_prefix(".").unwrap_or(&path))?;
        Ok((below.to_owned(), spec))
    };
    paths.into_iter().map(read).collect()
}

/// The specs among files that git knows, each with its path; `name` is what they are called.
fn read_below_in_git(
    folder: &Path,
    files: Vec<TreeEntry>,
    name: &dyn Fn(&Path) -> String,
) -> Result<Vec<(PathBuf, Spec)>, Failure> {
    let is_spec = |path: &Path| {
        let mut steps = path.iter().rev().map(std::ffi::OsStr::to_string_lossy);
        let is_named = steps.next().is_some_and(|name| is_spec_name(&name));
        is_named && steps.all(|folder| !folder.starts_with('.'))
    };
    let mut files = files;
    files.retain(|file| is_spec(&file.path));
    let contents = git::read(folder, &files)?;
    let spec = |(file, content): (&TreeEntry, Vec<u8>)| {
        (file.path.clone(), decode(name(&file.path), &content))
    };
    Ok(files.iter().zip(contents).map(spec).collect())
}

/// A file that git knows, by whatever name.
pub(crate) fn read_from_git(folder: &Path, file: TreeEntry, name: String) -> Result<Spec, Failure> {
    let contents = git::read(folder, &[file])?;
    Ok(decode(name, contents.first().map_or(&[], Vec::as_slice)))
}
