//! Collects the results of all specs, in their order, and finishes the run.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::{mem, slice};

use indexmap::IndexMap;
use wigen::backends::templates;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Code, Dedup, Diagnostic, Location, quoted, similar};
use wigen::model::conflicts::{self, Claims, Conflict};
use wigen::report;
use wigen::spec::types::CloudFormat;

use super::super::console::{eprintln, print};
use super::super::outcome::Outcome;
use super::super::progress::Progress;
use super::super::reporter::Reporter;
use super::super::stale_report::{self, StaleReport};
use super::render_one::{
    Environments, FileComparison, FileResult, OutputTarget, RenderJob, SpecOutcome,
};
use crate::cli::{GlobalArgs, Options, OutputPattern, RenderArgs, StaleFormat};
use crate::files::{
    self, Failure, FileOfOtherTool, LeftOver, LeftOverSearch, OutputFile, RenderedFor, StagedFiles,
    StaleFile, StaleReason, StdoutBuffer, WorkspaceRoot,
};

pub(super) struct RenderSummary<'a> {
    args: &'a RenderArgs,
    verbose: bool,
    reporter: Reporter,
    progress: Progress,
    /// A mistake in a workspace is found in each of its specs.
    once: Dedup,
    failure: Option<Failure>,
    specs: usize,
    claims: Claims,
    conflicts: Vec<Conflict>,
    environments: BTreeSet<String>,
    formats: BTreeSet<CloudFormat>,
    /// The files that are rendered, and the index of the spec of each.
    files: IndexMap<PathBuf, usize>,
    /// The libraries that scripts source.
    libraries: BTreeSet<PathBuf>,
    /// What the specs are rendered for, and the directory of each.
    rendered: Vec<(RenderedFor, PathBuf)>,
    /// What the specs can also be rendered for.
    not_rendered: HashSet<RenderedFor>,
    stdout: StdoutBuffer,
    /// Files that wigen did not write.
    foreign: Vec<PathBuf>,
    /// The scripts of other apps that are replaced, with those apps.
    replaced: Vec<(PathBuf, String)>,
    of_other_tools: Vec<FileOfOtherTool>,
    /// Files to name at the end, and whether each was written.
    named: Vec<(PathBuf, bool)>,
    written: usize,
    stale: StaleReport,
}

impl<'a> RenderSummary<'a> {
    pub(super) fn new(
        args: &'a RenderArgs,
        reporter: Reporter,
        progress: Progress,
        global: &GlobalArgs,
    ) -> Self {
        Self {
            args,
            verbose: global.verbose,
            reporter,
            progress,
            once: Dedup::default(),
            failure: None,
            specs: 0,
            claims: Claims::default(),
            conflicts: Vec::new(),
            environments: BTreeSet::new(),
            formats: BTreeSet::new(),
            files: IndexMap::new(),
            libraries: BTreeSet::new(),
            rendered: Vec::new(),
            not_rendered: HashSet::new(),
            stdout: StdoutBuffer::default(),
            foreign: Vec::new(),
            replaced: Vec::new(),
            of_other_tools: Vec::new(),
            named: Vec::new(),
            written: 0,
            stale: StaleReport::new(args.format),
        }
    }

    pub(super) fn add(&mut self, outcome: Result<SpecOutcome, Failure>, job: &RenderJob<'_>) {
        let index = self.specs;
        self.specs += 1;
        let added = outcome.and_then(|outcome| self.add_outcome(index, outcome, job));
        self.progress.step();
        if let Err(failure) = added {
            job.has_errors.store(true, Ordering::Relaxed);
            self.failure.get_or_insert(failure);
        }
    }

    fn add_outcome(
        &mut self,
        index: usize,
        mut outcome: SpecOutcome,
        job: &RenderJob<'_>,
    ) -> Result<(), Failure> {
        if self.args.format != StaleFormat::Human {
            outcome.found.retain(|found| self.once.is_new(found));
        }
        self.report(&outcome.source, &outcome.found)?;
        if let Some((previous, found)) = &mut outcome.previous {
            if self.args.format != StaleFormat::Human {
                found.retain(|found| self.once.is_new(found));
            }
            self.report(previous, found)?;
        }
        for fault in &outcome.faults {
            self.report(&fault.template, slice::from_ref(&fault.diagnostic))?;
        }
        self.conflicts.extend(self.claims.add(index, outcome.claims, &job.options.levels));
        self.environments.extend(outcome.environments);
        self.libraries.extend(outcome.library);
        self.formats.extend(outcome.formats);
        self.of_other_tools.extend(outcome.of_other_tools);
        self.rendered.extend(outcome.rendered);
        self.not_rendered.extend(outcome.not_rendered);
        for (prefix, artifacts) in outcome.printed {
            self.stdout.add(&prefix, artifacts)?;
        }
        for FileComparison { path, place, result } in outcome.files {
            self.add_file(index, path, place, result)?;
        }
        Ok(())
    }

    fn add_file(
        &mut self,
        index: usize,
        path: PathBuf,
        place: PathBuf,
        result: FileResult,
    ) -> Result<(), Failure> {
        let first = *self.files.entry(place).or_insert(index);
        if first != index {
            // If two apps share one file, they share the others; one report is enough.
            let is_reported = |conflict: &Conflict| {
                conflict.spec == index && conflict.found.code == Code::SHARED_OUTPUT
            };
            if !self.conflicts.iter().any(is_reported) {
                self.conflicts.push(Conflict {
                    found: conflicts::same_file(&path.display().to_string()),
                    spec: index,
                    environment: None,
                    first: (first, None, Location::value(conflicts::NAME)),
                });
            }
            return Ok(());
        }
        let written = match result {
            FileResult::Unchanged => false,
            FileResult::Foreign => {
                self.foreign.push(path.clone());
                false
            }
            FileResult::Staged(replaced) => {
                self.replaced.extend(replaced.map(|app| (path.clone(), app)));
                true
            }
            FileResult::Stale(file) => {
                return self.progress.suspend(|| self.stale.report(&file));
            }
        };
        self.written += usize::from(written);
        if self.verbose || written && (self.args.fail_on_change || self.args.watch) {
            self.named.push((path, written));
        }
        Ok(())
    }

    pub(super) fn report(&mut self, source: &Source, found: &[Diagnostic]) -> Result<(), Failure> {
        if found.is_empty() {
            return Ok(());
        }
        if self.args.format == StaleFormat::Human {
            self.progress.suspend(|| self.reporter.report(source, found));
            return Ok(());
        }
        self.reporter.count(found);
        self.progress.suspend(|| print(&report::json(source, found)))
    }

    /// Reports what concerns several specs. If there are no errors, prints or writes what was rendered.
    pub(super) fn finish(mut self, job: RenderJob<'_>) -> Result<Outcome, Failure> {
        self.progress.finish();
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        for conflict in std::mem::take(&mut self.conflicts) {
            let (source, found) = locate(conflict, &job);
            self.report(&source, &[found])?;
        }
        for (source, found) in self.unknown_environments(&job) {
            self.report(&source, &[found])?;
        }
        self.add_libraries(&job)?;
        if self.reporter.finish("nothing was rendered") == Outcome::Invalid {
            return Ok(Outcome::Invalid);
        }
        self.check_formats(&job)?;
        match job.target {
            OutputTarget::Stdout => {
                self.stdout.print()?;
                Ok(Outcome::Done)
            }
            OutputTarget::Compare(out) => {
                let LeftOver { files, scripts } = self.find_left_over(out, &job)?;
                for path in files {
                    self.stale.report(&StaleFile { path, reason: StaleReason::LeftOver })?;
                }
                stale_report::report_kept(&scripts);
                Ok(self.stale.finish())
            }
            OutputTarget::Files { out, prune, .. } => {
                let left_over =
                    if prune { self.find_left_over(out, &job)? } else { LeftOver::default() };
                let replaced = mem::take(&mut self.replaced);
                let mut of_other_tools = mem::take(&mut self.of_other_tools);
                of_other_tools.retain(|file| !left_over.files.contains(&file.path));
                let outcome = self.write(job.staged, &left_over, &out.root())?;
                stale_report::report_replaced(&replaced);
                stale_report::report_files_of_other_tools(&of_other_tools);
                Ok(outcome)
            }
        }
    }

    /// Adds the files that the scripts of several apps source.
    fn add_libraries(&mut self, job: &RenderJob<'_>) -> Result<(), Failure> {
        for path in std::mem::take(&mut self.libraries) {
            let library = match templates::library(files::WORKSPACE_FILE, job.options.templates) {
                Ok(library) => library,
                Err(fault) => {
                    return self.report(&fault.template, slice::from_ref(&fault.diagnostic));
                }
            };
            let directory = path.parent().unwrap_or(Path::new(""));
            let place = job.paths.directory(directory).join(&library.name);
            let file = OutputFile { path, text: &library.text, executable: false };
            let result = job.compare_or_stage(&file)?;
            self.add_file(usize::MAX, file.path, place, result)?;
        }
        Ok(())
    }

    /// Fails if options select only artifacts of formats that no spec has: nothing would be rendered.
    fn check_formats(&self, job: &RenderJob<'_>) -> Result<(), Failure> {
        let has = |format: &CloudFormat| self.formats.contains(format);
        let missing = match job.options.import {
            Some(_) if !has(&CloudFormat::Terraform) => {
                Some(("--import".to_owned(), CloudFormat::Terraform))
            }
            _ => {
                let formats: Option<Vec<CloudFormat>> =
                    job.options.kinds.iter().map(|kind| kind.cloud_format()).collect();
                let missing = formats.filter(|formats| !formats.iter().any(has));
                missing.and_then(|formats| Some(("--only".to_owned(), *formats.first()?)))
            }
        };
        let Some((flag, format)) = missing.filter(|_| self.specs > 0) else { return Ok(()) };
        Err(Failure::new(format!(
            "{flag} selects nothing: no spec has `cloud.format = \"{}\"`; --cloud-format sets it for one run",
            format.as_ref()
        )))
    }

    /// If all specs of the workspaces are selected: the environments that a workspace names and no spec has.
    fn unknown_environments(&self, job: &RenderJob<'_>) -> Vec<(Source, Diagnostic)> {
        let mut found = Vec::new();
        let is_all = self.args.select.specs.is_empty() && !job.selection.complete.is_empty();
        if !matches!(job.environments, Environments::FromSpec) || !is_all {
            return found;
        }
        for WorkspaceRoot { workspace, .. } in &job.selection.workspaces {
            let known = || self.environments.iter().map(String::as_str);
            let unknown = workspace.environments.iter().enumerate();
            for (index, name) in
                unknown.filter(|(_, name)| !self.environments.contains(name.as_str()))
            {
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

    fn find_left_over(
        &self,
        out: &OutputPattern,
        job: &RenderJob<'_>,
    ) -> Result<LeftOver, Failure> {
        let search = LeftOverSearch {
            out,
            expected: &self.files,
            is_wanted: &stale_report::is_wanted(&self.args.only),
            selection: job.selection,
            rendered: &self.rendered,
            not_rendered: &self.not_rendered,
            force: self.args.force,
        };
        search.find()
    }

    fn write(
        self,
        staged: StagedFiles,
        left_over: &LeftOver,
        root: &Path,
    ) -> Result<Outcome, Failure> {
        files::refuse_foreign(&self.foreign)?;
        staged.persist()?;
        files::remove(&left_over.files, root)?;
        for (path, written) in &self.named {
            let action = if *written { "wrote" } else { "unchanged" };
            eprintln(&format!("{action} {}", path.display()));
        }
        for path in &left_over.files {
            eprintln(&format!("removed {}", path.display()));
        }
        stale_report::report_kept(&left_over.scripts);
        let removed = left_over.files.len();
        if !self.args.fail_on_change || self.written + removed == 0 {
            return Ok(Outcome::Done);
        }
        for (count, were, has) in
            [(self.written, "missing or out of date", "written"), (removed, "left over", "removed")]
        {
            let files = match count {
                0 => continue,
                1 => format!("1 file was {were}, and has"),
                count => format!("{count} files were {were}, and have"),
            };
            eprintln(&format!("wigen: {files} been {has}"));
        }
        Ok(Outcome::Changed)
    }
}

/// Finds both places of a conflict. The specs, which were not kept, are read again.
fn locate(conflict: Conflict, job: &RenderJob<'_>) -> (Source, Diagnostic) {
    conflict.locate(|index, environment, place| {
        let spec = &job.selection.specs[index];
        let workspace = job.selection.workspace(spec);
        let options = Options { environment, workspace, ..job.options.clone() };
        let source = match files::read_source(&spec.path) {
            Ok((source, _)) => source,
            Err(_) => Source::new(spec.path.display().to_string(), ""),
        };
        let place = options.origin(&source, place);
        (source, place)
    })
}
