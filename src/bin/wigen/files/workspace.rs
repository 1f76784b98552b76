//! The workspace around a directory: its file `wigen.toml`, found upwards, and the specs that are its
//! members.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::{env, fs, io};

use glob::{MatchOptions, Pattern};
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Code, Diagnostic, quoted};
use wigen::spec::workspace::Workspace;

use super::failure::Failure;
use super::find::{is_spec_name, search};
use super::read::{Spec, read_file};
use crate::cli::OutputPattern;

/// The name of the file of a workspace.
pub(crate) const FILE: &str = "wigen.toml";

/// `*` stands for no more than one name, and not for hidden ones.
const GLOB: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// A workspace, and where it is.
#[derive(Debug)]
pub(crate) struct WorkspaceRoot {
    /// The directory of its file, as a path from here; empty for here.
    pub(crate) root: PathBuf,
    /// What its file says.
    pub(crate) workspace: Workspace,
    members: Vec<Pattern>,
    exclude: Vec<Pattern>,
    out: Option<OutputPattern>,
}

/// A file of a workspace with what is wrong with it.
pub(crate) type WorkspaceError = (Source, Vec<Diagnostic>);

/// The directory above this one, where its path alone tells it.
pub(super) fn above(directory: &Path) -> Option<&Path> {
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty())?;
    (is_plain(directory) && !directory.ends_with("..")).then_some(parent)
}

/// Whether `..` stands behind no name: there it is not always what is above that.
fn is_plain(path: &Path) -> bool {
    let mut steps = path.components().skip_while(|step| *step == Component::ParentDir);
    !steps.any(|step| step == Component::ParentDir)
}

/// The nearest directory that has a `wigen.toml`, from this one upwards.
pub(super) fn root(directory: &Path) -> Result<Option<PathBuf>, Failure> {
    let failed = |error: io::Error| Failure::file("find", directory, &error);
    let mut at = directory.to_owned();
    if !is_plain(&at) {
        at = fs::canonicalize(&at).map_err(failed)?;
    }
    let mut above = env::current_dir().map_err(failed)?.components().count();
    loop {
        if at.join(FILE).is_file() {
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
    /// Reads the file of a workspace.
    pub(super) fn read(root: PathBuf) -> Result<Result<Self, WorkspaceError>, Failure> {
        let text = read_file(&root.join(FILE))?;
        Ok(Self::parse(root, text))
    }

    /// The workspace whose file has this text.
    pub(super) fn parse(root: PathBuf, (source, not_text): Spec) -> Result<Self, WorkspaceError> {
        if let Some(found) = not_text {
            return Err((source, vec![found]));
        }
        let workspace = match Workspace::read(&source) {
            Ok(workspace) => workspace,
            Err(found) => return Err((source, found)),
        };
        let mut found = Vec::new();
        let members = patterns("/members", &workspace.members, &workspace, &mut found);
        let exclude = patterns("/exclude", &workspace.exclude, &workspace, &mut found);
        let out = out(&root, &workspace, &mut found);
        if found.is_empty() {
            Ok(Self { root, workspace, members, exclude, out })
        } else {
            Err((source, found))
        }
    }

    /// Whether a spec is one of its members.
    pub(super) fn has(&self, spec: &Path) -> bool {
        self.below(spec).is_some_and(|spec| {
            let matches = |pattern: &Pattern| matches(pattern, &spec);
            self.members.iter().any(matches) && !self.exclude.iter().any(matches)
        })
    }

    /// The path of a spec from the root.
    fn below(&self, spec: &Path) -> Option<PathBuf> {
        if let Ok(below) = spec.strip_prefix(&self.root) {
            return Some(below.to_owned());
        }
        // Where the root is above, the path begins with that of this directory.
        let above = self.root.components().count();
        let here = env::current_dir().ok()?;
        let skipped = here.components().count().checked_sub(above)?;
        let mut below: PathBuf = here.components().skip(skipped).collect();
        for step in spec.components() {
            match step {
                Component::ParentDir if !below.pop() => return None,
                Component::Normal(name) => below.push(name),
                Component::ParentDir | Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir => return None,
            }
        }
        Some(below)
    }

    /// Its members, sorted by path.
    pub(super) fn members(&self) -> Result<Result<Vec<PathBuf>, WorkspaceError>, Failure> {
        let mut specs = Vec::new();
        let mut found = Vec::new();
        for (index, pattern) in self.members.iter().enumerate() {
            let before = specs.len();
            self.expand(pattern, &mut specs)?;
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
        specs.retain(|spec| self.has(spec));
        specs.sort();
        specs.dedup();
        Ok(Ok(specs))
    }

    fn expand(&self, pattern: &Pattern, specs: &mut Vec<PathBuf>) -> Result<(), Failure> {
        let root = self.root.to_str().ok_or_else(|| {
            let place = self.root.display();
            Failure::Message(format!("the path of the workspace {place} is not UTF-8"))
        })?;
        let mut whole = Pattern::escape(root);
        if !root.is_empty() && !root.ends_with('/') {
            whole.push('/');
        }
        whole.push_str(pattern.as_str());
        let paths = glob::glob_with(&whole, GLOB);
        for path in paths.map_err(|error| Failure::Message(format!("{whole}: {error}")))? {
            let path = path.map_err(|error| Failure::file("read", error.path(), error.error()))?;
            if path.is_dir() {
                search(&path, &is_spec_name, specs)?;
            } else if is_meant(pattern, &path) {
                specs.push(path);
            }
        }
        Ok(())
    }

    /// Where its files go, as a pattern from here.
    pub(crate) fn out(&self) -> Option<&OutputPattern> {
        self.out.as_ref()
    }
}

/// The pattern of paths that a workspace has, as one from here.
fn out(root: &Path, workspace: &Workspace, found: &mut Vec<Diagnostic>) -> Option<OutputPattern> {
    let out = workspace.out.as_deref()?;
    // The directory of a spec is a path from here already.
    let is_here = root.as_os_str().is_empty() || out.starts_with("{dir}");
    let whole = if is_here { out.into() } else { root.join(out) };
    match OutputPattern::parse(whole.into_os_string()) {
        Ok(out) => Some(out),
        Err(why) => {
            let message = format!("{} is no place for files: {why}", quoted(out));
            found.push(workspace.diagnostic(Code::WORKSPACE, "/out", message));
            None
        }
    }
}

fn patterns(
    key: &str,
    texts: &[String],
    workspace: &Workspace,
    found: &mut Vec<Diagnostic>,
) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let steps = Path::new(text).components();
        let text = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        let wrong = match Pattern::new(if text == "." { "" } else { text }) {
            _ if steps
                .into_iter()
                .any(|step| !matches!(step, Component::Normal(_) | Component::CurDir)) =>
            {
                "it leads out of the workspace".to_owned()
            }
            Ok(pattern) => {
                patterns.push(pattern);
                continue;
            }
            Err(error) => error.msg.to_owned(),
        };
        let message = format!("{} is no pattern of paths: {wrong}", quoted(text));
        let pointer = format!("{key}/{index}");
        found.push(workspace.diagnostic(Code::WORKSPACE, &pointer, message));
    }
    patterns
}

/// Whether a pattern that finds a file means it: by the name of a spec, or with an ending of its own as
/// `apps/*.toml`. What `*` finds besides is none.
fn is_meant(pattern: &Pattern, file: &Path) -> bool {
    let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let named = pattern.as_str().rsplit('/').next().is_some_and(|last| last.contains('.'));
    name != FILE && (named || is_spec_name(name))
}

/// Whether a pattern has a path, or a directory above it.
fn matches(pattern: &Pattern, path: &Path) -> bool {
    pattern.as_str().is_empty()
        || path
            .ancestors()
            .any(|path| !path.as_os_str().is_empty() && pattern.matches_path_with(path, GLOB))
}
