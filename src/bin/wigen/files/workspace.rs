//! Workspaces: finds `wigen.toml` in a directory or above it, and the specs that are its members.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::{env, fs, io};

use glob::{MatchOptions, Pattern};
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Code, Diagnostic, quoted};
use wigen::spec::names::NonEmptyString;
use wigen::spec::workspace::Workspace;

use super::checkout::{WORKSPACE_FILE as FILE, check_links, require_inside};
use super::failure::Failure;
use super::find::{has_spec_extension, is_spec_name, walk};
use super::open::is_file;
use super::paths::{CanonicalPaths, has_inner_parent, or_current};
use super::read::{SourceFile, read_file};
use crate::cli::OutputPattern;

/// `*` matches within one name, and no hidden names.
const GLOB: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

#[derive(Debug)]
pub(crate) struct WorkspaceRoot {
    /// The directory of its file, relative to this directory; empty where they are the same.
    pub(crate) root: PathBuf,
    pub(crate) workspace: Workspace,
    /// Where the files of its specs go, relative to this directory.
    pub(crate) out: Option<OutputPattern>,
    members: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

/// The file of an invalid workspace, and its diagnostics.
pub(crate) type WorkspaceError = (Source, Vec<Diagnostic>);

/// The directory above this one, if its path alone names it.
pub(super) fn parent(directory: &Path) -> Option<&Path> {
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty())?;
    (!has_inner_parent(directory) && !directory.ends_with("..")).then_some(parent)
}

pub(crate) fn is_in_workspace() -> Result<bool, Failure> {
    Ok(find_root(Path::new(""))?.is_some())
}

/// The nearest directory with a `wigen.toml`, from this one upwards.
pub(super) fn find_root(directory: &Path) -> Result<Option<PathBuf>, Failure> {
    let failed = |error: io::Error| Failure::file("find", directory, &error);
    let mut at = directory.to_owned();
    if has_inner_parent(&at) {
        at = fs::canonicalize(&at).map_err(failed)?;
    }
    let mut above = env::current_dir().map_err(failed)?.components().count();
    loop {
        if is_file(&at.join(FILE)) {
            return Ok(Some(at));
        }
        let climbs = at.as_os_str().is_empty() || at.ends_with("..");
        if climbs && above > 1 {
            at.push("..");
            above -= 1;
        } else if climbs || !at.pop() {
            return Ok(None);
        }
    }
}

impl WorkspaceRoot {
    pub(super) fn read(root: PathBuf) -> Result<Result<Self, WorkspaceError>, Failure> {
        let file = read_file(&root.join(FILE))?;
        Ok(Self::parse(root, file))
    }

    /// Reads the workspace around a directory, which need not exist.
    pub(crate) fn around(directory: &Path) -> Result<Option<Self>, Failure> {
        let Some(root) = find_root(directory)? else { return Ok(None) };
        let invalid = |(source, _): WorkspaceError| {
            Failure::new(format!("{} is not valid; `wigen check` says why", source.name()))
        };
        Self::read(root)?.map_err(invalid).map(Some)
    }

    pub(super) fn parse(
        root: PathBuf,
        (source, invalid): SourceFile,
    ) -> Result<Self, WorkspaceError> {
        if let Some(found) = invalid {
            return Err((source, vec![found]));
        }
        let workspace = match Workspace::read(&source) {
            Ok(workspace) => workspace,
            Err(found) => return Err((source, found)),
        };
        let mut found = Vec::new();
        let members = parse_patterns("/members", &workspace.members, &workspace, &mut found);
        let exclude = parse_patterns("/exclude", &workspace.exclude, &workspace, &mut found);
        let out = parse_out(&root, &workspace, &mut found);
        if found.is_empty() {
            Ok(Self { root, workspace, out, members, exclude })
        } else {
            Err((source, found))
        }
    }

    /// The directory of its templates, relative to this directory. It must be inside of the checkout.
    pub(super) fn templates(&self) -> Result<Option<PathBuf>, Failure> {
        let Some(templates) = self.workspace.templates.as_deref() else { return Ok(None) };
        let directory = self.root.join(templates);
        require_inside(&directory, or_current(&self.root))?;
        Ok(Some(directory))
    }

    pub(crate) fn has_member(&self, spec: &Path) -> bool {
        self.relative(spec).is_some_and(|spec| {
            let matches = |pattern: &Pattern| matches(pattern, &spec);
            self.members.iter().any(matches) && !self.exclude.iter().any(matches)
        })
    }

    /// Whether a file of this name may be a member, in whatever directory.
    pub(super) fn may_find(&self, name: &str) -> bool {
        self.members.iter().any(|pattern| {
            let last = pattern.as_str().rsplit('/').next().unwrap_or_default();
            last.contains('.') && Pattern::new(last).is_ok_and(|last| last.matches(name))
        })
    }

    /// The path of a spec relative to the root.
    fn relative(&self, spec: &Path) -> Option<PathBuf> {
        if let Ok(below) = spec.strip_prefix(&self.root) {
            return Some(below.to_owned());
        }
        // The root is above this directory, whose path from the root comes first.
        let above = self.root.components().count();
        let current = env::current_dir().ok()?;
        let skipped = current.components().count().checked_sub(above)?;
        let mut relative: PathBuf = current.components().skip(skipped).collect();
        for component in spec.components() {
            match component {
                Component::ParentDir if !relative.pop() => return None,
                Component::Normal(name) => relative.push(name),
                Component::ParentDir | Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir => return None,
            }
        }
        Some(relative)
    }

    /// Finds its members, sorted by path.
    pub(super) fn find_members(&self) -> Result<Result<Vec<PathBuf>, WorkspaceError>, Failure> {
        let (mut specs, mut has_links) = (Vec::new(), false);
        let mut found = Vec::new();
        for (index, pattern) in self.members.iter().enumerate() {
            let before = specs.len();
            has_links |= self.expand(pattern, &mut specs)?;
            if specs.len() == before {
                let message = format!("there is no spec in {}", quoted(pattern.as_str()));
                let pointer = format!("/members/{index}");
                let one = self.workspace.diagnostic(Code::WORKSPACE, &pointer, message);
                found.push(one.help("a member is a spec, or a directory with specs in it"));
            }
        }
        if !found.is_empty() {
            return Ok(Err((self.workspace.source().clone(), found)));
        }
        specs.retain(|spec| self.has_member(spec));
        specs.sort();
        specs.dedup();
        if has_links {
            // The shortest path of each file.
            let mut canonical = CanonicalPaths::default();
            specs.sort_by_key(|spec| spec.components().count());
            let mut known = HashSet::new();
            specs.retain(|spec| known.insert(canonical.file(spec)));
            specs.sort();
        }
        Ok(Ok(specs))
    }

    /// Adds the specs that a pattern matches. Returns whether links lead to some of them.
    fn expand(&self, pattern: &Pattern, specs: &mut Vec<PathBuf>) -> Result<bool, Failure> {
        let names: Vec<&str> =
            pattern.as_str().split('/').filter(|name| !name.is_empty()).collect();
        let mut expansion = Expansion { pattern, specs, known: HashSet::new(), has_links: false };
        expansion.expand(&self.root, &names)?;
        Ok(expansion.has_links)
    }
}

struct Expansion<'a> {
    pattern: &'a Pattern,
    specs: &'a mut Vec<PathBuf>,
    /// The directories that were searched, each for the rest of the pattern that has so many names. However
    /// links lead into each other, there are not many of them.
    known: HashSet<(usize, PathBuf)>,
    has_links: bool,
}

impl Expansion<'_> {
    /// Finds the specs below a directory that the names of a pattern lead to.
    fn expand(&mut self, path: &Path, names: &[&str]) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::file("read", path, &error);
        if !or_current(path).is_dir() {
            if names.is_empty() && is_file(path) && is_spec_of(self.pattern, path) {
                self.specs.push(path.to_owned());
            }
            return Ok(());
        }
        self.has_links |= check_links(path).map_err(failed)?;
        let directory = fs::canonicalize(or_current(path)).map_err(failed)?;
        if !self.known.insert((names.len(), directory)) {
            return Ok(());
        }
        let Some((name, rest)) = names.split_first() else {
            return self.walk(path);
        };
        let is_recursive = *name == "**";
        if is_recursive {
            self.expand(path, rest)?;
            if rest.is_empty() {
                return Ok(());
            }
        }
        let pattern =
            Pattern::new(name).map_err(|error| Failure::new(format!("{name}: {error}")))?;
        let entries =
            fs::read_dir(or_current(path)).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(failed)? {
            let name = entry.file_name();
            let below = path.join(&name);
            if is_recursive {
                let is_directory = entry.file_type().map_err(failed)?.is_dir();
                if is_directory && !name.to_string_lossy().starts_with('.') {
                    self.expand(&below, names)?;
                }
            } else if pattern.matches_path_with(Path::new(&name), GLOB) {
                self.expand(&below, rest)?;
            }
        }
        Ok(())
    }

    fn walk(&mut self, directory: &Path) -> Result<(), Failure> {
        let mut found = Vec::new();
        walk(or_current(directory), &is_spec_name, &mut found)?;
        let plain = |path: PathBuf| path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
        self.specs.extend(found.into_iter().map(plain));
        Ok(())
    }
}

/// The workspace's pattern of output directories, relative to this directory.
fn parse_out(
    root: &Path,
    workspace: &Workspace,
    found: &mut Vec<Diagnostic>,
) -> Option<OutputPattern> {
    let out = workspace.out.as_deref()?;
    // `{dir}` is relative to this directory already.
    let is_relative = root.as_os_str().is_empty() || out.starts_with("{dir}");
    let path = if is_relative { out.into() } else { root.join(out) };
    match OutputPattern::parse(path.into_os_string()) {
        Ok(out) => Some(out),
        Err(why) => {
            let message = format!("{} is not a directory pattern: {why}", quoted(out));
            found.push(workspace.diagnostic(Code::WORKSPACE, "/out", message));
            None
        }
    }
}

fn parse_patterns(
    key: &str,
    strings: &[NonEmptyString],
    workspace: &Workspace,
    found: &mut Vec<Diagnostic>,
) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for (index, text) in strings.iter().map(NonEmptyString::as_str).enumerate() {
        let mut components = Path::new(text).components();
        let text = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        let why = match Pattern::new(if text == "." { "" } else { text }) {
            _ if components.any(|component| {
                !matches!(component, Component::Normal(_) | Component::CurDir)
            }) =>
            {
                "it leads out of the workspace".to_owned()
            }
            _ if Path::new(text).iter().any(|name| name.eq_ignore_ascii_case(".git")) => {
                "no spec is in .git".to_owned()
            }
            Ok(pattern) => {
                patterns.push(pattern);
                continue;
            }
            Err(error) => error.msg.to_owned(),
        };
        let message = format!("{} is not a pattern of paths: {why}", quoted(text));
        let pointer = format!("{key}/{index}");
        found.push(workspace.diagnostic(Code::WORKSPACE, &pointer, message));
    }
    patterns
}

/// Whether a file that matches a pattern is a spec: by its name, or because the pattern has a file
/// extension, as `apps/*.toml`. Other files may be beside the specs that `*` matches.
fn is_spec_of(pattern: &Pattern, file: &Path) -> bool {
    let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let named = pattern.as_str().rsplit('/').next().is_some_and(|last| last.contains('.'));
    name != FILE && (named && has_spec_extension(file) || is_spec_name(name))
}

/// Whether a pattern matches a path or a directory above it.
fn matches(pattern: &Pattern, path: &Path) -> bool {
    pattern.as_str().is_empty()
        || path
            .ancestors()
            .any(|path| !path.as_os_str().is_empty() && pattern.matches_path_with(path, GLOB))
}
