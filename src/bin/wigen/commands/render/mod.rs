//! `wigen render`: checks and renders specs, and prints or writes what came out.

mod lint_rendered;
mod render_one;
mod summary;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use wigen::backends::templates::Templates;

use super::console::eprintln;
use super::outcome::Outcome;
use super::parallel;
use super::progress::Progress;
use super::reporter::Reporter;
use super::stale_report;
use super::watch::{self, WatchSet};
use crate::cli::{GlobalArgs, Only, Options, OutputPattern, RenderArgs};
use crate::files::{
    self, Failure, Selection, SpecsAtRevision, StagedFiles, UniquePaths, WorkspaceError,
};
use render_one::{Environments, OutputTarget, Previous, RenderJob};
use summary::RenderSummary;

pub(super) fn render(args: &RenderArgs, global: &GlobalArgs) -> Result<Outcome, Failure> {
    if !args.watch {
        return render_once(args, global);
    }
    if has_stdin(args) {
        return Err(Failure::new("--watch is for files, not for standard input"));
    }
    output_pattern(args, &find_specs(args)?)?;
    let run = || {
        if let Err(Failure::Message(message)) = render_once(args, global) {
            eprintln(&format!("wigen: {message}"));
        }
    };
    watch::run_on_change(|| watch_set(args), run)?;
    Ok(Outcome::Done)
}

/// The specs that are selected; with `--default-out` and no other selection, all of them.
fn find_specs(args: &RenderArgs) -> Result<Selection, Failure> {
    let is_selected = !args.select.specs.is_empty() || !args.select.apps.is_empty();
    if args.default_out.is_some() && !is_selected {
        return Selection::find_all(&args.select);
    }
    Selection::find(&args.select)
}

fn has_stdin(args: &RenderArgs) -> bool {
    args.select.specs.iter().any(|path| path.as_os_str() == "-")
}

/// The files and directories that a run depends on.
fn watch_set(args: &RenderArgs) -> WatchSet {
    let named = &args.select.specs;
    let selection = find_specs(args).unwrap_or_else(|_| {
        // There may be a spec later: where it was, or anywhere in a workspace.
        let current = [PathBuf::from(".")];
        let places = if named.is_empty() { current.as_slice() } else { named };
        let complete = places.iter().filter(|path| path.is_dir()).cloned().collect();
        Selection { complete, ..Selection::default() }
    });
    // A workspace may be created.
    let expected = named.iter().cloned().chain([files::WORKSPACE_FILE.into()]);
    let files = selection.files().chain(expected).chain(args.previous.clone()).collect();
    let templates = template_directory(args, &selection).ok().flatten().into_iter().collect();
    let directories = selection.complete;
    WatchSet { files, directories, templates }
}

fn render_once(args: &RenderArgs, global: &GlobalArgs) -> Result<Outcome, Failure> {
    let mut reporter = Reporter::new(global);
    let selection = find_specs(args)?;
    let specs = &selection.specs;
    if args.previous.is_some() && specs.len() > 1 {
        return Err(Failure::new("--previous is for one spec; --previous-rev is for several"));
    }
    if args.previous_rev.is_some() && has_stdin(args) {
        return Err(Failure::new("--previous-rev is for files, not for standard input"));
    }
    let settings = args.checks.set.settings();
    selection.check_settings(&args.checks.set)?;
    let templates = template_directory(args, &selection)?;
    let templates = templates.as_deref().map(files::read_templates).transpose()?;
    let templates = match templates.map(Templates::new).transpose() {
        Ok(templates) => templates,
        Err(faults) => {
            reporter.report_faults(&faults);
            return Ok(reporter.finish("nothing was rendered"));
        }
    };
    let options = Options {
        kinds: Only::kinds(&args.only),
        templates: templates.as_ref(),
        import: args.import.as_deref(),
        settings: Some(&settings),
        ..args.checks.options()
    };
    let environments = match args.checks.environments.as_slice() {
        _ if args.all_envs => Environments::All,
        [] => Environments::FromSpec,
        names => Environments::Named(names),
    };
    let previous = match read_previous(args, &selection)? {
        Ok(previous) => previous,
        Err(invalid) => {
            for (source, found) in invalid {
                reporter.report(&source, &found);
            }
            return Ok(reporter.finish("nothing was rendered"));
        }
    };
    let target = match output_pattern(args, &selection)? {
        None => OutputTarget::Stdout,
        Some(out) if args.check => OutputTarget::Compare(out),
        Some(out) => OutputTarget::Files { out, force: args.force, prune: args.prune },
    };
    // In a workspace, an app has its place whichever part is selected.
    let uses_workspace_out = args.out.is_none() && !matches!(target, OutputTarget::Stdout);
    let job = RenderJob {
        several_apps: specs.len() > 1 || uses_workspace_out && selection.has_several_members()?,
        selection: &selection,
        environments,
        options,
        previous,
        target,
        style: stale_report::style(args.format, global),
        workspace: args.out.is_none().then(|| selection.root()).flatten(),
        staged: StagedFiles::default(),
        paths: UniquePaths::new(),
        has_errors: AtomicBool::new(!selection.invalid.is_empty()),
    };
    let mut summary = RenderSummary::new(args, reporter, Progress::new(specs.len()), global);
    for (source, found) in &selection.invalid {
        summary.report(source, found)?;
    }
    let work = |spec: &_| job.run(spec);
    parallel::for_each(args.threads, specs, work, |outcome| summary.add(outcome, &job));
    summary.finish(job)
}

/// The directory of the user's templates: `--templates`, or else what the workspace names.
fn template_directory(
    args: &RenderArgs,
    selection: &Selection,
) -> Result<Option<PathBuf>, Failure> {
    args.templates.clone().map_or_else(|| selection.templates(), |it| Ok(Some(it)))
}

/// Reads the earlier versions of the specs. The error is what is wrong with their text or workspaces.
fn read_previous(
    args: &RenderArgs,
    selection: &Selection,
) -> Result<Result<Previous, Vec<WorkspaceError>>, Failure> {
    if let Some(revision) = &args.previous_rev {
        let mut specs = SpecsAtRevision::read(selection, revision)?;
        let invalid = std::mem::take(&mut specs.selection.invalid);
        return Ok(if invalid.is_empty() { Ok(Previous::AtRevision(specs)) } else { Err(invalid) });
    }
    let Some(path) = &args.previous else { return Ok(Ok(Previous::None)) };
    Ok(match files::read_source(path)? {
        (source, None) => Ok(Previous::Spec(source)),
        (source, Some(found)) => Err(vec![(source, vec![found])]),
    })
}

/// Where files go: `-o`, or else what the workspace says. `None` means standard output.
fn output_pattern<'a>(
    args: &'a RenderArgs,
    selection: &'a Selection,
) -> Result<Option<&'a OutputPattern>, Failure> {
    let out = match &args.out {
        Some(out) => Some(out).filter(|out| !out.is_standard_output()),
        None => selection.out()?.or(args.default_out.as_ref()),
    };
    let flags = [
        (args.force, "--force"),
        (args.prune, "--prune"),
        (args.fail_on_change, "--fail-on-change"),
        (args.check, "--check"),
        (args.watch, "--watch"),
    ];
    match flags.into_iter().find(|(is_set, _)| *is_set) {
        // If a workspace is invalid, that is reported instead.
        Some((_, flag)) if out.is_none() && selection.invalid.is_empty() => {
            Err(Failure::new(format!(
                "{flag} is for files: say with -o, or with `out` in wigen.toml, where they are"
            )))
        }
        _ => Ok(out),
    }
}
