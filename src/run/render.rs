//! `wigen render`: specs to artifacts, and those to where they go.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use wigen::across::{self, Claim, Claims, Clash};
use wigen::app::App;
use wigen::artifact::Artifact;
use wigen::diagnostic::{Code, Diagnostic, Once, Place, Severity, quoted, similar};
use wigen::render::{Fault, Templates};
use wigen::report::{self, Style};
use wigen::source::Source;
use wigen::{Checked, Options};

use super::drift::{self, Drifted, Searched};
use super::progress::Progress;
use super::timings::{Phase, Timings};
use super::told::Told;
use super::watch::{self, Watched};
use super::{Outcome, ordered, tell};
use crate::cli::{DriftFormat, Global, Only, Out, Rendering};
use crate::input::{self, Chosen, Failure, Located, Selected};
use crate::sink::{self, Destination, Directory, Drift, File, Printed, Staged, Stale, State};

pub(super) fn render(asked: &Rendering, global: &Global) -> Result<Outcome, Failure> {
    if !asked.watch {
        return once(asked, global);
    }
    if asked.specs.specs.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::Told("--watch is for files, not for standard input".to_owned()));
    }
    watch::again(|| {
        if let Err(Failure::Told(message)) = once(asked, global) {
            tell(&format!("wigen: {message}\n"));
        }
        watched(asked)
    })?;
    Ok(Outcome::Done)
}

/// The files and directories that a run depends on.
fn watched(asked: &Rendering) -> Watched {
    let selected = Selected::of(&asked.specs).unwrap_or_default();
    let named = asked.specs.specs.iter().filter(|path| !path.is_dir()).cloned();
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
    let own = asked.templates.as_deref().map(input::templates).transpose()?;
    let own = match own.map(Templates::of).transpose() {
        Ok(own) => own,
        Err(faults) => {
            told.faults(&faults);
            return Ok(told.finish("nothing was rendered"));
        }
    };
    let kinds = Only::kinds(&asked.only);
    let options = Options { kinds, templates: own.as_ref(), ..asked.rules.options() };
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
    let out = match &asked.out {
        Some(out) if out.is_standard_output() => None,
        Some(out) => Some(out),
        None => selected.workspaces.iter().find_map(Located::out),
    };
    if out.is_none() {
        refuse_without_files(asked)?;
    }
    let work = Work {
        one_of_apps: specs.len() > 1,
        selected: &selected,
        environments,
        options,
        previous,
        to: match out {
            None => To::Print,
            Some(out) if asked.check => To::Check(out),
            Some(out) => To::Write { out, force: asked.force },
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
    let threads = asked.threads.unwrap_or_else(ordered::cores);
    ordered::each(threads, specs, |spec| work.on(spec), |done| taken.take(done, &work));
    let outcome = work.timings.of(Phase::Put, || taken.finish(&work));
    work.timings.tell(specs.len(), ordered::used(threads, specs.len()));
    outcome
}

/// What makes sense for files alone.
fn refuse_without_files(asked: &Rendering) -> Result<(), Failure> {
    let options = [
        (asked.force, "--force"),
        (asked.fail_on_change, "--fail-on-change"),
        (asked.check, "--check"),
        (asked.watch, "--watch"),
    ];
    match options.into_iter().find(|(is_asked, _)| *is_asked) {
        None => Ok(()),
        Some((_, option)) => Err(Failure::Told(format!(
            "{option} is for files: say with -o, or with `out` in wigen.toml, where they are"
        ))),
    }
}

/// For which environments each spec is rendered.
enum Environments<'a> {
    /// That which it chooses itself, or for none.
    Chosen,
    /// These.
    Named(&'a [String]),
    /// All that it has.
    All,
}

impl Environments<'_> {
    fn one(&self) -> Option<&str> {
        match self {
            Self::Named([one]) => Some(one),
            _ => None,
        }
    }

    fn are_several(&self) -> bool {
        match self {
            Self::Chosen => false,
            Self::Named(named) => named.len() > 1,
            Self::All => true,
        }
    }
}

/// Where artifacts go.
enum To<'a> {
    Print,
    Write {
        out: &'a Out,
        force: bool,
    },
    /// Nowhere: files are compared with them.
    Check(&'a Out),
}

/// What is done with each spec, in any thread.
struct Work<'a> {
    one_of_apps: bool,
    selected: &'a Selected,
    environments: Environments<'a>,
    options: Options<'a>,
    previous: Option<(String, App)>,
    to: To<'a>,
    style: Style,
    timings: Timings,
    staged: Staged,
    /// Whether anything is wrong so far, and nothing will be written.
    wrong: AtomicBool,
}

/// What came of a spec.
struct Done {
    spec: Source,
    found: Vec<Diagnostic>,
    faults: Vec<Fault>,
    claims: Vec<Claim>,
    /// The environments that it has, where the workspace says which are rendered.
    environments: Vec<String>,
    printed: Vec<(String, Vec<Artifact>)>,
    files: Vec<Compared>,
}

/// What came of a file.
struct Compared {
    path: PathBuf,
    what: What,
}

enum What {
    Unchanged,
    Foreign,
    Written,
    Stale(Drift),
}

impl Work<'_> {
    fn on(&self, chosen: &Chosen) -> Result<Done, Failure> {
        let path = &chosen.path;
        let (spec, not_text) = self.timings.of(Phase::Read, || input::read_one(path))?;
        let workspace = self.selected.workspace(chosen);
        let options = Options { workspace, ..self.options.clone() };
        let mut done = Done {
            spec,
            found: Vec::new(),
            faults: Vec::new(),
            claims: Vec::new(),
            environments: Vec::new(),
            printed: Vec::new(),
            files: Vec::new(),
        };
        if let Some(found) = not_text {
            done.found.push(found);
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(done);
        }
        for environment in self.environments_of(&options, &mut done) {
            let options = Options { environment: environment.as_deref(), ..options.clone() };
            self.render(&options, &mut done)?;
        }
        // What two environments have in common is told once.
        wigen::diagnostic::sort(&mut done.found);
        Ok(done)
    }

    /// The environments for which a spec is rendered; `None` for that which it chooses itself. Of those
    /// that its workspace names, it may have some, or none at all.
    fn environments_of(&self, options: &Options<'_>, done: &mut Done) -> Vec<Option<String>> {
        let of_workspace =
            options.workspace.map_or(&[][..], |workspace| workspace.environments.as_slice());
        let mut all = match self.environments {
            Environments::Named(named) => return named.iter().cloned().map(Some).collect(),
            Environments::Chosen if of_workspace.is_empty() => return vec![None],
            Environments::Chosen | Environments::All => wigen::environments(&done.spec, options),
        };
        done.environments.clone_from(&all);
        if all.is_empty() {
            return vec![None];
        }
        if matches!(self.environments, Environments::Chosen) {
            all.retain(|name| of_workspace.contains(name));
        }
        all.into_iter().map(Some).collect()
    }

    fn render(&self, options: &Options<'_>, done: &mut Done) -> Result<(), Failure> {
        let previous = self.previous.as_ref().map(|(name, app)| (name.as_str(), app));
        let Checked { app, diagnostics } =
            self.timings.of(Phase::Check, || wigen::check(&done.spec, options));
        done.found.extend(diagnostics);
        let Some(app) = app else {
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(());
        };
        let rendered =
            self.timings.of(Phase::Render, || wigen::artifacts(&done.spec, app, options, previous));
        done.faults.extend(rendered.faults);
        done.claims.extend(rendered.claims);
        let is_error = |fault: &Fault| fault.diagnostic.severity == Severity::Error;
        if done.faults.iter().any(is_error) {
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let environment = rendered.environment.as_deref();
        let several = self.environments.are_several()
            || options.workspace.is_some_and(|workspace| workspace.environments.len() > 1);
        let (out, force) = match self.to {
            To::Print => {
                let mut within = String::new();
                if self.one_of_apps {
                    within = format!("{}/", rendered.name);
                }
                if let (true, Some(environment)) = (several, environment) {
                    within = format!("{within}{environment}/");
                }
                done.printed.push((within, rendered.artifacts));
                return Ok(());
            }
            To::Write { out, force } => (out, force),
            To::Check(out) => (out, false),
        };
        let destination = Destination {
            spec: done.spec.name(),
            app: &rendered.name,
            environment,
            one_of_apps: self.one_of_apps,
            one_of_environments: several,
        };
        let directory = sink::directory(out, &destination)?;
        // Where there is no directory, there are no files to compare.
        let is_there = self.timings.of(Phase::Compare, || Directory::of(&directory));
        for artifact in &rendered.artifacts {
            let path = directory.join(&artifact.name);
            let executable = artifact.kind.is_script();
            let file = File { path, text: &artifact.text, executable };
            let what = self.compare(&is_there, &file, force)?;
            done.files.push(Compared { path: file.path, what });
        }
        Ok(())
    }

    fn compare(&self, is_there: &Directory, file: &File<'_>, force: bool) -> Result<What, Failure> {
        if matches!(self.to, To::Check(_)) {
            let drift = self.timings.of(Phase::Compare, || Drift::of(file, self.style))?;
            return Ok(drift.map_or(What::Unchanged, What::Stale));
        }
        if *is_there == Directory::There {
            match self.timings.of(Phase::Compare, || sink::state(file))? {
                State::Unchanged => return Ok(What::Unchanged),
                State::Foreign if !force => return Ok(What::Foreign),
                _ => {}
            }
        }
        // Where anything is wrong so far, nothing will be written.
        if !self.wrong.load(Ordering::Relaxed) {
            self.timings.of(Phase::Write, || self.staged.write(is_there, file))?;
        }
        Ok(What::Written)
    }
}

/// What came of all specs so far, taken in their order.
struct Taken<'a> {
    asked: &'a Rendering,
    verbose: bool,
    told: Told,
    progress: Progress,
    /// What is wrong with a workspace is found in each spec.
    once: Once,
    failure: Option<Failure>,
    /// How many specs there were.
    specs: usize,
    claims: Claims,
    clashes: Vec<Clash>,
    environments: BTreeSet<String>,
    /// Which spec makes each file.
    files: HashMap<PathBuf, usize>,
    printed: Printed,
    /// Files that wigen did not write.
    foreign: Vec<PathBuf>,
    /// Files to name in the end, and whether each was written.
    named: Vec<(PathBuf, bool)>,
    written: usize,
    drift: Drifted,
}

impl<'a> Taken<'a> {
    fn new(asked: &'a Rendering, told: Told, progress: Progress, global: &Global) -> Self {
        Self {
            asked,
            progress,
            verbose: global.verbose,
            drift: Drifted::new(asked.format),
            told,
            once: Once::default(),
            failure: None,
            specs: 0,
            claims: Claims::default(),
            clashes: Vec::new(),
            environments: BTreeSet::new(),
            files: HashMap::new(),
            printed: Printed::new(),
            foreign: Vec::new(),
            named: Vec::new(),
            written: 0,
        }
    }

    fn take(&mut self, done: Result<Done, Failure>, work: &Work<'_>) {
        let number = self.specs;
        self.specs += 1;
        let taken = done.and_then(|done| self.take_done(number, done, work));
        self.progress.step();
        if let Err(failure) = taken {
            work.wrong.store(true, Ordering::Relaxed);
            self.failure.get_or_insert(failure);
        }
    }

    fn take_done(&mut self, number: usize, mut done: Done, work: &Work<'_>) -> Result<(), Failure> {
        done.found.retain(|found| self.once.is_new(found));
        self.tell(&done.spec, &done.found)?;
        for fault in &done.faults {
            self.tell(&fault.template, std::slice::from_ref(&fault.diagnostic))?;
        }
        self.clashes.extend(self.claims.add(number, done.claims, &work.options.policy));
        self.environments.extend(done.environments);
        for (within, artifacts) in done.printed {
            self.printed.add(&within, artifacts)?;
        }
        for Compared { path, what } in done.files {
            self.take_file(number, path, what)?;
        }
        Ok(())
    }

    fn take_file(&mut self, number: usize, path: PathBuf, what: What) -> Result<(), Failure> {
        let first = *self.files.entry(path.clone()).or_insert(number);
        if first != number {
            // Where the first file of an app is another's, the others are as well.
            let is_told =
                |clash: &Clash| clash.spec == number && clash.found.code == Code::SharedOutput;
            if !self.clashes.iter().any(is_told) {
                self.clashes.push(Clash {
                    found: across::same_file(&path.display().to_string()),
                    spec: number,
                    first: (first, Place::value(across::NAME)),
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
    fn tell(&mut self, source: &Source, found: &[Diagnostic]) -> Result<(), Failure> {
        if found.is_empty() {
            return Ok(());
        }
        if self.asked.format == DriftFormat::Human {
            self.progress.aside(|| self.told.human(source, found));
            return Ok(());
        }
        self.told.count(found);
        self.progress.aside(|| super::print(&report::json(source, found))).map(drop)
    }

    fn finish(mut self, work: &Work<'_>) -> Result<Outcome, Failure> {
        self.progress.finish();
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        for clash in std::mem::take(&mut self.clashes) {
            let (source, found) = placed(clash, work);
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
                let (expected, only) = (&self.files, self.asked.only.as_slice());
                let searched = Searched { out, expected, only, whole: &work.selected.whole };
                for path in searched.left_over()? {
                    self.drift.tell(&Drift { path, stale: Stale::LeftOver })?;
                }
                Ok(self.drift.finish())
            }
            To::Write { .. } => self.put(&work.staged),
        }
    }

    /// The environments that a workspace names, all of whose specs are here, and that none of them has.
    fn unknown_environments(&self, work: &Work<'_>) -> Vec<(Source, Diagnostic)> {
        let mut found = Vec::new();
        if !matches!(work.environments, Environments::Chosen) || work.selected.whole.is_empty() {
            return found;
        }
        for Located { workspace, .. } in &work.selected.workspaces {
            let known = || self.environments.iter().map(String::as_str);
            let unknown = workspace.environments.iter().enumerate();
            for (index, name) in unknown.filter(|(_, name)| !self.environments.contains(*name)) {
                let pointer = format!("/environments/{index}");
                let message = format!("no spec has the environment {}", quoted(name));
                let one = workspace.diagnostic(Code::Workspace, &pointer, message);
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

    fn put(self, staged: &Staged) -> Result<Outcome, Failure> {
        sink::foreign(&self.foreign)?;
        staged.put()?;
        for (path, wrote) in &self.named {
            let what = if *wrote { "wrote" } else { "unchanged" };
            tell(&format!("{what} {}\n", path.display()));
        }
        if !self.asked.fail_on_change || self.written == 0 {
            return Ok(Outcome::Done);
        }
        let were = match self.written {
            1 => "1 file was missing or out of date, and has".to_owned(),
            count => format!("{count} files were missing or out of date, and have"),
        };
        tell(&format!("wigen: {were} been written\n"));
        Ok(Outcome::Changed)
    }
}

/// A clash with both its places. They are looked up in the texts once more, which were not kept.
fn placed(mut clash: Clash, work: &Work<'_>) -> (Source, Diagnostic) {
    let origin = |number: usize, place| {
        let chosen = &work.selected.specs[number];
        let workspace = work.selected.workspace(chosen);
        let environment = work.environments.one();
        let options = Options { environment, workspace, ..work.options.clone() };
        let source = match input::read_one(&chosen.path) {
            Ok((source, _)) => source,
            Err(_) => Source::new(chosen.path.display().to_string(), ""),
        };
        let place = wigen::origin(&source, &options, place);
        (source, place)
    };
    let (_, place) = origin(clash.first.0, clash.first.1);
    clash.found = clash.found.related(place, "the other one");
    let (source, place) = origin(clash.spec, clash.found.place);
    clash.found.place = place;
    clash.found.place.source.take_if(|own| *own == source);
    (source, clash.found)
}
