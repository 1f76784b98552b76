//! Finds the files that wigen rendered and that nothing renders any more, for `render --check` and `--prune`.
//!
//! A file names its app and environment, and has a checksum. So a copy, an edited file, and a file of an app
//! whose spec is anywhere in the repository never count as left over.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::{env, fs};

use indexmap::IndexMap;
use wigen::backends::artifact::{CLOUD_FILES, GCLOUD_SCRIPT, HEAD, Owner, SignedFile, is_ours};
use wigen::backends::templates::LIBRARY;
use wigen::spec::load::names_in;
use wigen::spec::types::CloudFormat;

use super::checkout::{WORKSPACE_FILE, around};
use super::failure::Failure;
use super::find::is_spec_name;
use super::open;
use super::paths::{CanonicalPaths, or_current, parent};
use super::read::read_file;
use super::selection::Selection;
use super::temporary::is_left_behind;
use super::workspace::WorkspaceRoot;
use crate::cli::OutputPattern;

/// An app in one of its environments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RenderedFor {
    pub(crate) app: String,
    pub(crate) environment: Option<String>,
}

impl From<Owner<'_>> for RenderedFor {
    fn from(Owner { app, environment }: Owner<'_>) -> Self {
        Self { app: app.to_owned(), environment: environment.map(str::to_owned) }
    }
}

/// Where to search for files that are left over, and which are not.
pub(crate) struct LeftOverSearch<'a> {
    pub(crate) out: &'a OutputPattern,
    /// The files that are rendered.
    pub(crate) expected: &'a IndexMap<PathBuf, usize>,
    /// Whether artifacts of this name are selected.
    pub(crate) is_wanted: &'a dyn Fn(&str) -> bool,
    pub(crate) selection: &'a Selection,
    /// The directory of each app and environment that is rendered.
    pub(crate) rendered: &'a [(RenderedFor, PathBuf)],
    /// What the selected specs can also be rendered for.
    pub(crate) not_rendered: &'a HashSet<RenderedFor>,
    /// Whether scripts of removed apps and environments are files like others.
    pub(crate) force: bool,
}

/// The files that nothing renders any more, sorted by path.
#[derive(Debug, Default)]
pub(crate) struct LeftOver {
    pub(crate) files: Vec<PathBuf>,
    /// The scripts of removed apps and environments: their `destroy` must run before they are removed.
    pub(crate) scripts: Vec<PathBuf>,
}

/// What is known while the files are judged.
struct Known<'a> {
    canonical: CanonicalPaths,
    /// The canonical paths of the files that are rendered.
    expected: HashSet<PathBuf>,
    rendered: HashSet<&'a RenderedFor>,
    /// The canonical directories of what is rendered.
    directories: HashMap<PathBuf, Vec<&'a RenderedFor>>,
    apps: HashSet<&'a str>,
    /// The specs that are not selected; found when they are needed.
    others: Option<OtherSpecs>,
}

impl LeftOverSearch<'_> {
    pub(crate) fn find(&self) -> Result<LeftOver, Failure> {
        let mut found = BTreeSet::new();
        let directories: BTreeSet<&Path> =
            self.rendered.iter().map(|(_, directory)| or_current(directory)).collect();
        for directory in directories {
            self.search(directory, false, &mut found)?;
        }
        for root in self.complete_directories()? {
            self.search(&root, true, &mut found)?;
        }
        let mut left_over = LeftOver::default();
        if found.is_empty() {
            return Ok(left_over);
        }
        let mut known = self.known();
        let mut libraries = Vec::new();
        for path in found {
            if is_left_behind(&path) {
                left_over.files.push(path);
                continue;
            }
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some(text) = read_ours(&path)? else { continue };
            let Some(file) = SignedFile::read(name, &text) else { continue };
            if file.owner == Owner::ALL {
                libraries.push(path);
                continue;
            }
            let owner = file.owner.into();
            if self.is_left_over(&path, file.spec, &owner, &mut known)? {
                let is_script =
                    name == GCLOUD_SCRIPT && !known.rendered.contains(&owner) && !self.force;
                (if is_script { &mut left_over.scripts } else { &mut left_over.files }).push(path);
            }
        }
        for library in libraries {
            // What is rendered now sources the libraries that are rendered.
            let is_gone = |path: &Path| {
                left_over.files.iter().any(|gone| gone == path) || self.expected.contains_key(path)
            };
            if !is_sourced(parent(&library), &is_gone)? {
                left_over.files.push(library);
            }
        }
        left_over.files.sort();
        Ok(left_over)
    }

    /// The directories in which all files of wigen's belong to the selected specs.
    fn complete_directories(&self) -> Result<Vec<PathBuf>, Failure> {
        let root = self.out.root();
        let complete = &self.selection.complete;
        if root.as_os_str().is_empty() || complete.is_empty() {
            return Ok(complete.clone());
        }
        Ok(if self.selection.has_all_members()? { vec![root] } else { Vec::new() })
    }

    fn known(&self) -> Known<'_> {
        let mut canonical = CanonicalPaths::default();
        let expected = self.expected.keys().map(|path| canonical.file(path)).collect();
        let mut directories: HashMap<PathBuf, Vec<&RenderedFor>> = HashMap::new();
        for (owner, directory) in self.rendered {
            let directory = canonical.directory(or_current(directory)).to_owned();
            directories.entry(directory).or_default().push(owner);
        }
        let rendered: HashSet<&RenderedFor> = self.rendered.iter().map(|(it, _)| it).collect();
        let all = rendered.iter().copied().chain(self.not_rendered);
        let apps = all.map(|it| it.app.as_str()).collect();
        Known { canonical, expected, rendered, directories, apps, others: None }
    }

    fn is_left_over(
        &self,
        path: &Path,
        spec: &str,
        owner: &RenderedFor,
        known: &mut Known<'_>,
    ) -> Result<bool, Failure> {
        let canonical = known.canonical.file(path);
        // It may have been found by another path.
        if !known.expected.insert(canonical.clone()) {
            return Ok(false);
        }
        let directory = parent(path);
        let owners = known.directories.get(parent(&canonical));
        if owners.is_some_and(|owners| owners.contains(&owner)) {
            return Ok(true);
        }
        if !self.out.may_contain(directory) || self.not_rendered.contains(owner) {
            return Ok(false);
        }
        // A spec of another name was named in another run.
        if !known.apps.contains(owner.app.as_str()) && !self.selection.may_find(spec) {
            return Ok(false);
        }
        let others = match &mut known.others {
            Some(others) => others,
            none => none.insert(OtherSpecs::find(self.selection, &mut known.canonical)?),
        };
        // With a plain directory, one app alone is rendered to another place than one of several.
        let is_one_of_several = known.rendered.contains(owner)
            && !self.out.is_pattern()
            && directory != self.out.root()
            && !others.is_empty();
        Ok(!is_one_of_several
            && canonical.starts_with(&others.root)
            && !others.may_render(&owner.app))
    }

    /// Adds the files in a directory (and below it, if `deep`) that are wanted and not expected. Hidden
    /// directories and links are skipped.
    fn search(
        &self,
        directory: &Path,
        deep: bool,
        found: &mut BTreeSet<PathBuf>,
    ) -> Result<(), Failure> {
        let unreadable = |error: io::Error| Failure::file("read", directory, &error);
        let entries = match fs::read_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(unreadable)?,
        };
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            let file_type = entry.file_type().map_err(unreadable)?;
            let name = entry.file_name();
            // Without `./`, as in `expected`.
            let path = if directory == Path::new(".") { name.clone().into() } else { entry.path() };
            let name = name.to_string_lossy();
            if file_type.is_dir() {
                if deep && !name.starts_with('.') {
                    self.search(&path, deep, found)?;
                }
            } else if file_type.is_file()
                && (is_left_behind(&path) || (self.is_wanted)(&name))
                && !self.expected.contains_key(&path)
            {
                found.insert(path);
            }
        }
        Ok(())
    }
}

/// A file by which another tool still owns an app.
pub(crate) struct FileOfOtherTool {
    pub(crate) path: PathBuf,
    pub(crate) tool: CloudFormat,
    /// The tool that owns the app now.
    pub(crate) owner: CloudFormat,
}

/// The rendered files of other tools in the directory of an app.
pub(crate) fn files_of_other_tools(
    directory: &Path,
    owner: CloudFormat,
) -> Result<Vec<FileOfOtherTool>, Failure> {
    let mut found = Vec::new();
    for (tool, name) in CLOUD_FILES {
        let path = directory.join(name);
        if tool != owner && path.is_file() && read_ours(&path)?.is_some() {
            found.push(FileOfOtherTool { path, tool, owner });
        }
    }
    Ok(found)
}

/// Whether a script in a directory or below it sources the library of that directory, other than those that
/// are gone.
fn is_sourced(directory: &Path, is_gone: &dyn Fn(&Path) -> bool) -> Result<bool, Failure> {
    let unreadable = |error: io::Error| Failure::file("read", directory, &error);
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Without `./`, as in `expected`.
        let path = entry.path().strip_prefix(".").map_or_else(|_| entry.path(), Path::to_owned);
        let is_sourced = if entry.file_type().map_err(unreadable)?.is_dir() {
            is_sourced(&path, is_gone)?
        } else {
            path.ends_with(GCLOUD_SCRIPT)
                && !is_gone(&path)
                && read_ours(&path)?.is_some_and(|script| script.contains(LIBRARY))
        };
        if is_sourced {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The text of a file, if its first lines say that wigen wrote it.
fn read_ours(path: &Path) -> Result<Option<String>, Failure> {
    let read = || {
        let mut head = Vec::new();
        open::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
        if is_ours(&head) { open::read(path).map(Some) } else { Ok(None) }
    };
    let bytes = read().map_err(|error| Failure::file("read", path, &error))?;
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// The specs of the repository that are not selected.
struct OtherSpecs {
    root: PathBuf,
    apps: HashSet<String>,
    /// The specs whose apps cannot be read.
    unreadable: Vec<String>,
}

impl OtherSpecs {
    fn find(selection: &Selection, canonical: &mut CanonicalPaths) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::file("find", Path::new("."), &error);
        let current = env::current_dir().and_then(fs::canonicalize).map_err(failed)?;
        let root = around(&current).unwrap_or(current);
        let mut paths = Vec::new();
        collect_specs(&root, &mut paths);
        let selected: HashSet<PathBuf> =
            selection.specs.iter().map(|spec| canonical.file(&spec.path)).collect();
        let mut others = Self { root, apps: HashSet::new(), unreadable: Vec::new() };
        for path in paths {
            if selected.contains(&canonical.file(&path)) {
                continue;
            }
            let Ok((source, _)) = read_file(&path) else { continue };
            match names_in(&source) {
                Some(names) => others.apps.extend(names),
                None => others.unreadable.push(source.text().to_owned()),
            }
        }
        Ok(others)
    }

    fn is_empty(&self) -> bool {
        self.apps.is_empty() && self.unreadable.is_empty()
    }

    fn may_render(&self, app: &str) -> bool {
        self.apps.contains(app) || self.unreadable.iter().any(|text| text.contains(app))
    }
}

/// Adds every spec below a directory, and the members of workspaces there, whatever their names. What
/// cannot be read, nobody here can render.
fn collect_specs(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let Ok(file_type) = entry.file_type() else { continue };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if file_type.is_dir() && !name.starts_with('.') {
            collect_specs(&entry.path(), paths);
        } else if name == WORKSPACE_FILE {
            let workspace = WorkspaceRoot::read(directory.to_owned());
            if let Ok(Ok(workspace)) = workspace
                && let Ok(Ok(members)) = workspace.find_members()
            {
                paths.extend(members);
            }
        } else if is_spec_name(&name) {
            paths.push(entry.path());
        }
    }
}
