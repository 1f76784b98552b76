//! `wigen render --check`: reports the files that are out of date.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use serde_json::json;
use wigen::backends::artifact::ArtifactKind;
use wigen::report::{self, Style};

use super::console::{eprintln, has_colour, print};
use super::outcome::Outcome;
use crate::cli::{GlobalArgs, Only, OutputPattern, StaleFormat};
use crate::files::{self, CanonicalPaths, Failure, SelectedSpec, StaleFile, StaleReason};

/// Reports files on standard output as they are found, and sums them up.
pub(super) struct StaleReport {
    format: StaleFormat,
    changed: usize,
    missing: usize,
    left_over: usize,
}

/// The style of the report.
pub(super) fn style(format: StaleFormat, global: &GlobalArgs) -> Style {
    let colour = format != StaleFormat::Json && has_colour(global, io::stdout().is_terminal());
    Style { colour, ..Style::PLAIN }
}

impl StaleReport {
    pub(super) fn new(format: StaleFormat) -> Self {
        Self { format, changed: 0, missing: 0, left_over: 0 }
    }

    pub(super) fn report(&mut self, StaleFile { path, reason }: &StaleFile) -> Result<(), Failure> {
        let (count, diff) = match reason {
            StaleReason::Changed { diff } => (&mut self.changed, Some(diff.as_str())),
            StaleReason::Missing => (&mut self.missing, None),
            StaleReason::LeftOver => (&mut self.left_over, None),
        };
        *count += 1;
        let path = path.display().to_string();
        if self.format == StaleFormat::Json {
            let mut line = json!({"file": path, "state": reason.as_str()});
            if let Some(diff) = diff {
                line["diff"] = diff.into();
            }
            return print(&format!("{line}\n"));
        }
        let diff = diff.unwrap_or_default();
        print(&format!("{} {}\n{diff}", reason.as_str(), report::plain(&path)))
    }

    /// Prints how many files are out of date, if there are any.
    pub(super) fn finish(&self) -> Outcome {
        let counts = [
            (self.changed, StaleReason::Changed { diff: String::new() }),
            (self.missing, StaleReason::Missing),
            (self.left_over, StaleReason::LeftOver),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> =
            counts.map(|(count, reason)| format!("{count} {}", reason.as_str())).collect();
        if counts.is_empty() {
            return Outcome::Done;
        }
        let total = self.changed + self.missing + self.left_over;
        let files = if total == 1 { "file is" } else { "files are" };
        let mut help = String::new();
        if self.changed + self.missing > 0 {
            help.push_str("; without --check, wigen writes them");
        }
        if self.left_over > 0 {
            help.push_str("; nothing renders what is left over: --prune removes it");
        }
        eprintln(&format!("wigen: {total} {files} out of date: {}{help}", counts.join(", ")));
        Outcome::Stale
    }
}

/// Where to search for files that are left over, and which are not.
pub(super) struct LeftOverSearch<'a> {
    /// Where files go.
    pub(super) out: &'a OutputPattern,
    /// The files that are rendered.
    pub(super) expected: &'a HashMap<PathBuf, usize>,
    /// The artifacts that are selected.
    pub(super) only: &'a [Only],
    /// The directories whose specs are all selected.
    pub(super) complete: &'a [PathBuf],
    /// The directories of the environments for which the specs are not rendered now.
    pub(super) other_environments: &'a HashSet<PathBuf>,
    /// The specs that are rendered.
    pub(super) specs: &'a [SelectedSpec],
}

impl LeftOverSearch<'_> {
    /// The files that wigen wrote, and that nothing renders any more.
    pub(super) fn find(&self) -> Result<Vec<PathBuf>, Failure> {
        let kinds = Only::kinds(self.only);
        let wanted = |name: &str| kinds.iter().any(|kind| may_be_name_of(name, *kind));
        let mut found = Vec::new();
        let root = self.out.root();
        let roots =
            if root.as_os_str().is_empty() { self.complete } else { std::slice::from_ref(&root) };
        let directories: BTreeSet<&Path> =
            self.expected.keys().filter_map(|path| path.parent()).collect();
        for directory in directories.into_iter().map(files::or_current) {
            files::find_left_over(directory, false, self.expected, &wanted, &mut found)?;
        }
        for root in roots.iter().filter(|_| !self.complete.is_empty()) {
            files::find_left_over(root, true, self.expected, &wanted, &mut found)?;
        }
        if !found.is_empty() {
            found.sort();
            self.keep_left_over(&mut found);
        }
        Ok(found)
    }

    /// Drops the files that have an owner: they are rendered and were found by another path, or are of
    /// another environment or another spec.
    fn keep_left_over(&self, found: &mut Vec<PathBuf>) {
        let mut canonical = CanonicalPaths::default();
        let mut known: HashSet<PathBuf> =
            self.expected.keys().map(|path| canonical.file(path)).collect();
        let others = self.other_environments.iter();
        let others: HashSet<PathBuf> =
            others.map(|directory| canonical.directory(directory).to_owned()).collect();
        let specs = self.specs.iter().map(|spec| files::parent(&spec.path));
        let specs: HashSet<PathBuf> =
            specs.map(|directory| canonical.directory(directory).to_owned()).collect();
        found.retain(|path| {
            let Some(spec) = self.out.spec_directory(files::parent(path)) else { return false };
            // The spec is not a member, or is one of another workspace.
            let is_of_other_spec = !spec.as_os_str().is_empty()
                && !specs.contains(canonical.directory(&spec))
                && files::has_spec(&spec);
            let path = canonical.file(path);
            !is_of_other_spec && !others.contains(files::parent(&path)) && known.insert(path)
        });
    }
}

/// Whether an artifact of a kind may have this name.
fn may_be_name_of(name: &str, kind: ArtifactKind) -> bool {
    let extension = Path::new(name).extension();
    let is_manifest = extension.is_some_and(|extension| extension == "yaml");
    match kind {
        ArtifactKind::Gcloud | ArtifactKind::Script => {
            extension.is_some_and(|extension| extension == "sh")
        }
        ArtifactKind::ServiceAccount => name == "service-account.yaml",
        ArtifactKind::Workload | ArtifactKind::Manifest => {
            is_manifest && name != "service-account.yaml"
        }
    }
}
