//! `wigen render --check`: which files are out of date, told as it is found.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use serde_json::json;
use wigen::backends::artifact::Kind;
use wigen::report::{self, Style};

use super::reporter::wants_colour;
use super::{Outcome, print, tell_line};
use crate::cli::{Color, GlobalArgs, Only, OutputPattern, StaleFormat};
use crate::files::{self, CanonicalPaths, Failure, SelectedSpec, StaleFile, StaleReason};

/// Counts what it tells, and sums it up.
pub(super) struct StaleReport {
    format: StaleFormat,
    changed: usize,
    missing: usize,
    left_over: usize,
}

/// How a difference is shown on standard output.
pub(super) fn style(format: StaleFormat, global: &GlobalArgs) -> Style {
    let colour = match global.color {
        _ if format == StaleFormat::Json => false,
        Color::Always => true,
        Color::Never => false,
        Color::Auto => wants_colour(io::stdout().is_terminal()),
    };
    Style { colour, ..Style::PLAIN }
}

impl StaleReport {
    pub(super) fn new(format: StaleFormat) -> Self {
        Self { format, changed: 0, missing: 0, left_over: 0 }
    }

    /// Tells of one file.
    pub(super) fn tell(&mut self, StaleFile { path, stale }: &StaleFile) -> Result<(), Failure> {
        let diff = match stale {
            StaleReason::Changed { diff } => {
                self.changed += 1;
                Some(diff)
            }
            StaleReason::Missing => {
                self.missing += 1;
                None
            }
            StaleReason::LeftOver => {
                self.left_over += 1;
                None
            }
        };
        let path = path.display().to_string();
        let text = if self.format == StaleFormat::Json {
            let mut line = json!({"file": path, "state": stale.as_str()});
            if let Some(diff) = diff {
                line["diff"] = diff.as_str().into();
            }
            format!("{line}\n")
        } else {
            let diff = diff.map_or("", String::as_str);
            format!("{} {}\n{diff}", stale.as_str(), report::plain(&path))
        };
        print(&text).map(drop)
    }

    /// Sums up, if there was anything.
    pub(super) fn finish(&self) -> Outcome {
        let counts = [
            (self.changed, StaleReason::Changed { diff: String::new() }.as_str()),
            (self.missing, StaleReason::Missing.as_str()),
            (self.left_over, StaleReason::LeftOver.as_str()),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
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
        tell_line(&format!("wigen: {total} {files} out of date: {}{help}", counts.join(", ")));
        Outcome::StaleReport
    }
}

/// Where files may be left over.
pub(super) struct LeftOverSearch<'a> {
    /// Where files go.
    pub(super) out: &'a OutputPattern,
    /// The files that are rendered.
    pub(super) expected: &'a HashMap<PathBuf, usize>,
    /// The artifacts that were asked for.
    pub(super) only: &'a [Only],
    /// The directories whose specs are all known: what no spec there renders is left over.
    pub(super) whole: &'a [PathBuf],
    /// Where the specs have files in the environments for which they are not rendered now.
    pub(super) elsewhere: &'a HashSet<PathBuf>,
    /// The specs that are rendered.
    pub(super) specs: &'a [SelectedSpec],
}

impl LeftOverSearch<'_> {
    /// The files that wigen wrote, and that nothing renders any more.
    pub(super) fn left_over(&self) -> Result<Vec<PathBuf>, Failure> {
        let kinds = Only::kinds(self.only);
        let wanted = |name: &str| kinds.iter().any(|kind| may_be(name, *kind));
        let mut found = Vec::new();
        let root = self.out.root();
        let roots =
            if root.as_os_str().is_empty() { self.whole } else { std::slice::from_ref(&root) };
        let beside: BTreeSet<&Path> =
            self.expected.keys().filter_map(|path| path.parent()).collect();
        for directory in beside.into_iter().map(files::or_here) {
            files::left_over(directory, false, self.expected, &wanted, &mut found)?;
        }
        for root in roots.iter().filter(|_| !self.whole.is_empty()) {
            files::left_over(root, true, self.expected, &wanted, &mut found)?;
        }
        if found.is_empty() {
            return Ok(found);
        }
        // A file that is rendered may have been found by another path.
        let mut places = CanonicalPaths::default();
        let mut known: HashSet<PathBuf> =
            self.expected.keys().map(|path| places.file(path)).collect();
        let elsewhere = self.elsewhere.iter();
        let elsewhere: HashSet<PathBuf> =
            elsewhere.map(|directory| places.directory(directory).to_owned()).collect();
        found.sort();
        let specs = self.specs.iter().map(|spec| files::directory(&spec.path));
        let specs: HashSet<PathBuf> =
            specs.map(|directory| places.directory(directory).to_owned()).collect();
        found.retain(|path| {
            let Some(spec) = self.out.spec_directory(files::directory(path)) else { return false };
            // A spec that is no member, or one of another workspace.
            let is_of_other = !spec.as_os_str().is_empty()
                && !specs.contains(places.directory(&spec))
                && files::has_spec(&spec);
            let place = places.file(path);
            !is_of_other && !elsewhere.contains(files::directory(&place)) && known.insert(place)
        });
        Ok(found)
    }
}

/// Whether an artifact of a kind may have this name.
fn may_be(name: &str, kind: Kind) -> bool {
    let is_script = Path::new(name).extension().is_some_and(|ending| ending == "sh");
    let is_manifest = Path::new(name).extension().is_some_and(|ending| ending == "yaml");
    match kind {
        Kind::Gcloud | Kind::Script => is_script,
        Kind::ServiceAccount => name == "service-account.yaml",
        Kind::Workload | Kind::Manifest => is_manifest && name != "service-account.yaml",
    }
}
