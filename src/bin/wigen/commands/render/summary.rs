//! What comes of all specs, taken in their order.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use wigen::Options;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Code, Diagnostic, Once, Place, quoted, similar};
use wigen::model::conflicts::{self, Claims, Conflict};
use wigen::report;

use super::super::progress::Progress;
use super::super::reporter::Reporter;
use super::super::stale_report::{LeftOverSearch, StaleReport};
use super::super::{Outcome, print, tell_line};
use super::render_one::{Environments, FileComparison, RenderJob, SpecOutcome, To, What};
use crate::cli::{GlobalArgs, OutputPattern, RenderArgs, StaleFormat};
use crate::files::{
    self, Failure, StagedFiles, StaleFile, StaleReason, StdoutBuffer, WorkspaceRoot,
};

/// What came of all specs so far, taken in their order.
pub(super) struct RenderSummary<'a> {
    asked: &'a RenderArgs,
    verbose: bool,
    told: Reporter,
    progress: Progress,
    /// What is wrong with a workspace is found in each spec.
    once: Once,
    failure: Option<Failure>,
    /// How many specs there were.
    specs: usize,
    claims: Claims,
    conflicts: Vec<Conflict>,
    environments: BTreeSet<String>,
    /// Which spec makes each file.
    files: HashMap<PathBuf, usize>,
    printed: StdoutBuffer,
    /// Files that wigen did not write.
    foreign: Vec<PathBuf>,
    /// Files to name in the end, and whether each was written.
    named: Vec<(PathBuf, bool)>,
    written: usize,
    /// Where specs have files in environments for which they are not rendered now.
    elsewhere: HashSet<PathBuf>,
    drift: StaleReport,
}

impl<'a> RenderSummary<'a> {
    pub(super) fn new(
        asked: &'a RenderArgs,
        told: Reporter,
        progress: Progress,
        global: &GlobalArgs,
    ) -> Self {
        Self {
            asked,
            progress,
            verbose: global.verbose,
            drift: StaleReport::new(asked.format),
            told,
            once: Once::default(),
            failure: None,
            specs: 0,
            claims: Claims::default(),
            conflicts: Vec::new(),
            environments: BTreeSet::new(),
            files: HashMap::new(),
            printed: StdoutBuffer::new(),
            foreign: Vec::new(),
            named: Vec::new(),
            written: 0,
            elsewhere: HashSet::new(),
        }
    }

    /// Takes what came of the next spec.
    pub(super) fn take(&mut self, done: Result<SpecOutcome, Failure>, work: &RenderJob<'_>) {
        let number = self.specs;
        self.specs += 1;
        let taken = done.and_then(|done| self.take_done(number, done, work));
        self.progress.step();
        if let Err(failure) = taken {
            work.wrong.store(true, Ordering::Relaxed);
            self.failure.get_or_insert(failure);
        }
    }

    fn take_done(
        &mut self,
        number: usize,
        mut done: SpecOutcome,
        work: &RenderJob<'_>,
    ) -> Result<(), Failure> {
        done.found.retain(|found| self.once.is_new(found));
        self.tell(&done.spec, &done.found)?;
        for fault in &done.faults {
            self.tell(&fault.template, std::slice::from_ref(&fault.diagnostic))?;
        }
        self.conflicts.extend(self.claims.add(number, done.claims, &work.options.policy));
        self.environments.extend(done.environments);
        self.elsewhere.extend(done.elsewhere);
        for (within, artifacts) in done.printed {
            self.printed.add(&within, artifacts)?;
        }
        for FileComparison { path, what } in done.files {
            self.take_file(number, path, what)?;
        }
        Ok(())
    }

    fn take_file(&mut self, number: usize, path: PathBuf, what: What) -> Result<(), Failure> {
        let first = *self.files.entry(path.clone()).or_insert(number);
        if first != number {
            // Where the first file of an app is another's, the others are as well.
            let is_told = |conflict: &Conflict| {
                conflict.spec == number && conflict.found.code == Code::SHARED_OUTPUT
            };
            if !self.conflicts.iter().any(is_told) {
                self.conflicts.push(Conflict {
                    found: conflicts::same_file(&path.display().to_string()),
                    spec: number,
                    first: (first, Place::value(conflicts::NAME)),
                });
            }
            return Ok(());
        }
        let wrote = match what {
            What::Unchanged => false,
            What::Foreign => {
                self.foreign.push(path.clone());
                false
            }
            What::Written => true,
            What::Stale(drift) => {
                return self.progress.aside(|| self.drift.tell(&drift));
            }
        };
        self.written += usize::from(wrote);
        if self.verbose || wrote && (self.asked.fail_on_change || self.asked.watch) {
            self.named.push((path, wrote));
        }
        Ok(())
    }

    /// Tells what was found in a text.
    pub(super) fn tell(&mut self, source: &Source, found: &[Diagnostic]) -> Result<(), Failure> {
        if found.is_empty() {
            return Ok(());
        }
        if self.asked.format == StaleFormat::Human {
            self.progress.aside(|| self.told.human(source, found));
            return Ok(());
        }
        self.told.count(found);
        self.progress.aside(|| print(&report::json(source, found))).map(drop)
    }

    /// Tells what is left to tell; and if all are right, prints or writes what was rendered.
    pub(super) fn finish(mut self, work: &RenderJob<'_>) -> Result<Outcome, Failure> {
        self.progress.finish();
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        for conflict in std::mem::take(&mut self.conflicts) {
            let (source, found) = placed(conflict, work);
            self.tell(&source, &[found])?;
        }
        for (source, found) in self.unknown_environments(work) {
            self.tell(&source, &[found])?;
        }
        if self.told.finish("nothing was rendered") == Outcome::WrongSpec {
            return Ok(Outcome::WrongSpec);
        }
        match work.to {
            To::Print => {
                self.printed.finish()?;
                Ok(Outcome::Done)
            }
            To::Check(out) => {
                for path in self.left_over(out, work)? {
                    self.drift.tell(&StaleFile { path, stale: StaleReason::LeftOver })?;
                }
                Ok(self.drift.finish())
            }
            To::Write { out, prune, .. } => {
                let removed = if prune { self.left_over(out, work)? } else { Vec::new() };
                self.put(&work.staged, &removed, &out.root())
            }
        }
    }

    /// The environments that a workspace names, all of whose specs are here, and that none of them has.
    fn unknown_environments(&self, work: &RenderJob<'_>) -> Vec<(Source, Diagnostic)> {
        let mut found = Vec::new();
        let is_all = self.asked.specs.specs.is_empty() && !work.selected.whole.is_empty();
        if !matches!(work.environments, Environments::FromSpec) || !is_all {
            return found;
        }
        for WorkspaceRoot { workspace, .. } in &work.selected.workspaces {
            let known = || self.environments.iter().map(String::as_str);
            let unknown = workspace.environments.iter().enumerate();
            for (index, name) in unknown.filter(|(_, name)| !self.environments.contains(*name)) {
                let pointer = format!("/environments/{index}");
                let message = format!("no spec has the environment {}", quoted(name));
                let one = workspace.diagnostic(Code::WORKSPACE, &pointer, message);
                let one = match similar(name, known()) {
                    Some(near) => one
                        .help(format!("did you mean {}?", quoted(near)))
                        .replacement(format!("\"{near}\"")),
                    None => {
                        one.help("`environments.NAME` in a spec, or in the defaults, makes one")
                    }
                };
                found.push((workspace.source().clone(), one));
            }
        }
        found
    }

    /// The files that wigen wrote, and that nothing renders any more.
    fn left_over(
        &self,
        out: &OutputPattern,
        work: &RenderJob<'_>,
    ) -> Result<Vec<PathBuf>, Failure> {
        let searched = LeftOverSearch {
            out,
            expected: &self.files,
            only: &self.asked.only,
            whole: &work.selected.whole,
            elsewhere: &self.elsewhere,
            specs: &work.selected.specs,
        };
        searched.left_over()
    }

    fn put(
        self,
        staged: &StagedFiles,
        removed: &[PathBuf],
        root: &Path,
    ) -> Result<Outcome, Failure> {
        files::foreign(&self.foreign)?;
        staged.put()?;
        files::remove(removed, root)?;
        for (path, wrote) in &self.named {
            let what = if *wrote { "wrote" } else { "unchanged" };
            tell_line(&format!("{what} {}", path.display()));
        }
        if self.verbose || self.asked.fail_on_change || self.asked.watch {
            for path in removed {
                tell_line(&format!("removed {}", path.display()));
            }
        }
        if !self.asked.fail_on_change || self.written + removed.len() == 0 {
            return Ok(Outcome::Done);
        }
        for (count, were, has) in [
            (self.written, "missing or out of date", "written"),
            (removed.len(), "left over", "removed"),
        ] {
            let files = match count {
                0 => continue,
                1 => format!("1 file was {were}, and has"),
                count => format!("{count} files were {were}, and have"),
            };
            tell_line(&format!("wigen: {files} been {has}"));
        }
        Ok(Outcome::Changed)
    }
}

/// A conflict with both its places. They are looked up in the texts once more, which were not kept.
fn placed(mut conflict: Conflict, work: &RenderJob<'_>) -> (Source, Diagnostic) {
    let origin = |number: usize, place| {
        let chosen = &work.selected.specs[number];
        let workspace = work.selected.workspace(chosen);
        let environment = work.environments.one();
        let options = Options { environment, workspace, ..work.options.clone() };
        let source = match files::read_one(&chosen.path) {
            Ok((source, _)) => source,
            Err(_) => Source::new(chosen.path.display().to_string(), ""),
        };
        let place = wigen::origin(&source, &options, place);
        (source, place)
    };
    let (_, place) = origin(conflict.first.0, conflict.first.1);
    conflict.found = conflict.found.related(place, "the other one");
    let (source, place) = origin(conflict.spec, conflict.found.place);
    conflict.found.place = place;
    conflict.found.place.source.take_if(|own| *own == source);
    (source, conflict.found)
}
