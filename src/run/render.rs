//! `wigen render`: from what was asked for to what is done with each spec, and with what comes of them.

mod taken;
mod work;

use std::sync::atomic::AtomicBool;

use wigen::Options;
use wigen::render::Templates;

use super::drift;
use super::progress::Progress;
use super::timings::{Phase, Timings};
use super::told::Told;
use super::watch::{self, Watched};
use super::{Outcome, for_one, ordered, tell_line};
use crate::cli::{Global, Only, Out, Rendering};
use crate::input::{self, Failure, Selected};
use crate::sink::Staged;
use taken::Taken;
use work::{Environments, To, Work};

pub(super) fn render(asked: &Rendering, global: &Global) -> Result<Outcome, Failure> {
    if !asked.watch {
        return once(asked, global);
    }
    if asked.specs.specs.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::Told("--watch is for files, not for standard input".to_owned()));
    }
    out_of(asked, &Selected::of(&asked.specs)?)?;
    let run = || {
        if let Err(Failure::Told(message)) = once(asked, global) {
            tell_line(&format!("wigen: {message}"));
        }
    };
    watch::again(|| watched(asked), run)?;
    Ok(Outcome::Done)
}

/// The files and directories that a run depends on.
fn watched(asked: &Rendering) -> Watched {
    let selected = Selected::of(&asked.specs).unwrap_or_default();
    // A workspace may be made.
    let named = asked.specs.specs.iter().cloned().chain([input::WORKSPACE.into()]);
    let files = selected.files().chain(named).chain(asked.previous.clone()).collect();
    let directories = selected.whole;
    Watched { files, directories, templates: asked.templates.clone().into_iter().collect() }
}

fn once(asked: &Rendering, global: &Global) -> Result<Outcome, Failure> {
    let mut told = Told::new(global);
    let timings = Timings::new(asked.timings);
    let selected = timings.of(Phase::Find, || Selected::of(&asked.specs))?;
    let specs = &selected.specs;
    if asked.previous.is_some() && specs.len() > 1 {
        return Err(Failure::Told("--previous is for one spec".to_owned()));
    }
    let settings = asked.rules.set.settings();
    for_one(&settings, &selected)?;
    let own = asked.templates.as_deref().map(input::templates).transpose()?;
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
        [] => Environments::Chosen,
        named => Environments::Named(named),
    };
    let previous = match &asked.previous {
        Some(path) => {
            let spec = input::read_one(path)?;
            let options = Options { environment: environments.one(), ..options.clone() };
            let name = spec.0.file_name().to_owned();
            // What is wrong with it has been told, and with the spec itself is told besides.
            told.app(&spec, &options).map(|app| (name, app))
        }
        None => None,
    };
    let out = out_of(asked, &selected)?;
    let work = Work {
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
        style: drift::style(asked.format, global),
        timings,
        staged: Staged::default(),
        wrong: AtomicBool::new(!selected.wrong.is_empty()),
    };
    let mut taken = Taken::new(asked, told, Progress::of(specs.len()), global);
    for (source, found) in &selected.wrong {
        taken.tell(source, found)?;
    }
    let threads = ordered::threads(asked.threads, specs.len());
    ordered::each(threads, specs, |spec| work.on(spec), |done| taken.take(done, &work));
    let outcome = work.timings.of(Phase::Put, || taken.finish(&work));
    work.timings.tell(specs.len(), threads);
    outcome
}

/// Where files go: where the command line says, or else the workspace of the specs; nowhere, and what is
/// rendered is printed.
fn out_of<'a>(asked: &'a Rendering, selected: &'a Selected) -> Result<Option<&'a Out>, Failure> {
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
            Err(Failure::Told(format!(
                "{option} is for files: say with -o, or with `out` in wigen.toml, where they are"
            )))
        }
        _ => Ok(out),
    }
}
