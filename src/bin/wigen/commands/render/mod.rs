//! `wigen render`: from what was asked for to what is done with each spec, and with what comes of them.

mod render_one;
mod summary;

use std::sync::atomic::AtomicBool;

use wigen::Options;
use wigen::backends::templates::Templates;

use super::progress::Progress;
use super::reporter::Reporter;
use super::stale_report;
use super::watch::{self, Watched};
use super::{Outcome, for_one, parallel, tell_line};
use crate::cli::{GlobalArgs, Only, OutputPattern, RenderArgs};
use crate::files::StagedFiles;
use crate::files::{self, Failure, Selection};
use render_one::{Environments, RenderJob, To};
use summary::RenderSummary;

pub(super) fn render(asked: &RenderArgs, global: &GlobalArgs) -> Result<Outcome, Failure> {
    if !asked.watch {
        return once(asked, global);
    }
    if asked.specs.specs.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::Message("--watch is for files, not for standard input".to_owned()));
    }
    out_of(asked, &Selection::of(&asked.specs)?)?;
    let run = || {
        if let Err(Failure::Message(message)) = once(asked, global) {
            tell_line(&format!("wigen: {message}"));
        }
    };
    watch::again(|| watched(asked), run)?;
    Ok(Outcome::Done)
}

/// The files and directories that a run depends on.
fn watched(asked: &RenderArgs) -> Watched {
    let selected = Selection::of(&asked.specs).unwrap_or_default();
    // A workspace may be made.
    let named = asked.specs.specs.iter().cloned().chain([files::WORKSPACE.into()]);
    let files = selected.files().chain(named).chain(asked.previous.clone()).collect();
    let directories = selected.whole;
    Watched { files, directories, templates: asked.templates.clone().into_iter().collect() }
}

fn once(asked: &RenderArgs, global: &GlobalArgs) -> Result<Outcome, Failure> {
    let mut told = Reporter::new(global);
    let selected = Selection::of(&asked.specs)?;
    let specs = &selected.specs;
    if asked.previous.is_some() && specs.len() > 1 {
        return Err(Failure::Message("--previous is for one spec".to_owned()));
    }
    let settings = asked.rules.set.settings();
    for_one(&settings, &selected)?;
    let own = asked.templates.as_deref().map(files::templates).transpose()?;
    let own = match own.map(Templates::of).transpose() {
        Ok(own) => own,
        Err(faults) => {
            told.faults(&faults);
            return Ok(told.finish("nothing was rendered"));
        }
    };
    let kinds = Only::kinds(&asked.only);
    let options = Options {
        kinds,
        templates: own.as_ref(),
        settings: Some(&settings),
        ..asked.rules.options()
    };
    let environments = match asked.rules.environments.as_slice() {
        _ if asked.all_envs => Environments::All,
        [] => Environments::FromSpec,
        named => Environments::Named(named),
    };
    let previous = match &asked.previous {
        Some(path) => {
            let spec = files::read_one(path)?;
            let options = Options { environment: environments.one(), ..options.clone() };
            let name = spec.0.file_name().to_owned();
            // What is wrong with it has been told, and with the spec itself is told besides.
            told.app(&spec, &options).map(|app| (name, app))
        }
        None => None,
    };
    let out = out_of(asked, &selected)?;
    let work = RenderJob {
        one_of_apps: specs.len() > 1,
        selected: &selected,
        environments,
        options,
        previous,
        to: match out {
            None => To::Print,
            Some(out) if asked.check => To::Check(out),
            Some(out) => To::Write { out, force: asked.force, prune: asked.prune },
        },
        style: stale_report::style(asked.format, global),
        staged: StagedFiles::default(),
        wrong: AtomicBool::new(!selected.wrong.is_empty()),
    };
    let mut summary = RenderSummary::new(asked, told, Progress::of(specs.len()), global);
    for (source, found) in &selected.wrong {
        summary.tell(source, found)?;
    }
    let threads = parallel::threads(asked.threads, specs.len());
    parallel::each(threads, specs, |spec| work.on(spec), |done| summary.take(done, &work));
    summary.finish(&work)
}

/// Where files go: where the command line says, or else the workspace of the specs; nowhere, and what is
/// rendered is printed.
fn out_of<'a>(
    asked: &'a RenderArgs,
    selected: &'a Selection,
) -> Result<Option<&'a OutputPattern>, Failure> {
    let out = match &asked.out {
        Some(out) => Some(out).filter(|out| !out.is_standard_output()),
        None => selected.out()?,
    };
    let options = [
        (asked.force, "--force"),
        (asked.prune, "--prune"),
        (asked.fail_on_change, "--fail-on-change"),
        (asked.check, "--check"),
        (asked.watch, "--watch"),
    ];
    match options.into_iter().find(|(is_asked, _)| *is_asked) {
        // What is wrong with the workspace is told instead.
        Some((_, option)) if out.is_none() && selected.wrong.is_empty() => {
            Err(Failure::Message(format!(
                "{option} is for files: say with -o, or with `out` in wigen.toml, where they are"
            )))
        }
        _ => Ok(out),
    }
}
