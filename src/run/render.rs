//! `wigen render`: specs to artifacts, and those to where they go.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use wigen::across::{self, Claim, Claims, Clash};
use wigen::app::App;
use wigen::artifact::Artifact;
use wigen::diagnostic::{Code, Diagnostic, Place, Severity};
use wigen::render::{Fault, Templates};
use wigen::report::{self, Style};
use wigen::source::Source;
use wigen::{Checked, Options, locate};

use super::drift::{self, Drifted, Searched};
use super::progress::Progress;
use super::timings::{Phase, Timings};
use super::told::Told;
use super::watch::{self, Watched};
use super::{Outcome, ordered, tell};
use crate::cli::{DriftFormat, Global, Only, Out, Rendering};
use crate::input::{self, Failure};
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
    let directories = input::directories(&asked.specs.specs);
    let specs = input::paths(&asked.specs.specs).unwrap_or_else(|_| asked.specs.specs.clone());
    let files = specs.into_iter().chain(asked.previous.clone()).collect();
    Watched { files, directories, templates: asked.templates.clone().into_iter().collect() }
}

fn once(asked: &Rendering, global: &Global) -> Result<Outcome, Failure> {
    let mut told = Told::new(global);
    let timings = Timings::new(asked.timings);
    let specs = timings.of(Phase::Find, || input::paths(&asked.specs.specs))?;
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
    let work = Work {
        one_of_apps: specs.len() > 1,
        environments,
        options,
        previous,
        to: match &asked.out {
            None => To::Print,
            Some(out) if asked.check => To::Check(out),
            Some(out) => To::Write { out, force: asked.force },
        },
        style: drift::style(asked.format, global),
        timings,
        staged: Staged::default(),
        wrong: AtomicBool::new(false),
    };
    let mut taken = Taken::new(asked, told, Progress::of(specs.len()), global);
    let threads = asked.threads.unwrap_or_else(ordered::cores);
    ordered::each(threads, &specs, |path| work.on(path), |done| taken.take(done, &work));
    let outcome = work.timings.of(Phase::Put, || taken.finish(&work, &specs));
    work.timings.tell(specs.len(), ordered::used(threads, specs.len()));
    outcome
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
    fn on(&self, path: &Path) -> Result<Done, Failure> {
        let (spec, not_text) = self.timings.of(Phase::Read, || input::read_one(path))?;
        let mut done = Done {
            spec,
            found: Vec::new(),
            faults: Vec::new(),
            claims: Vec::new(),
            printed: Vec::new(),
            files: Vec::new(),
        };
        if let Some(found) = not_text {
            done.found.push(found);
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(done);
        }
        match self.environments {
            Environments::Chosen => self.render(None, &mut done)?,
            Environments::Named(named) => {
                for name in named {
                    self.render(Some(name), &mut done)?;
                }
            }
            Environments::All => {
                let names = wigen::environments(&done.spec, &self.options);
                for name in &names {
                    self.render(Some(name), &mut done)?;
                }
                if names.is_empty() {
                    self.render(None, &mut done)?;
                }
            }
        }
        // What two environments have in common is told once.
        wigen::diagnostic::sort(&mut done.found);
        Ok(done)
    }

    fn render(&self, environment: Option<&str>, done: &mut Done) -> Result<(), Failure> {
        let options = Options { environment, ..self.options.clone() };
        let previous = self.previous.as_ref().map(|(name, app)| (name.as_str(), app));
        let Checked { app, diagnostics } =
            self.timings.of(Phase::Check, || wigen::check(&done.spec, &options));
        done.found.extend(diagnostics);
        let Some(app) = app else {
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(());
        };
        let rendered = self
            .timings
            .of(Phase::Render, || wigen::artifacts(&done.spec, app, &options, previous));
        done.faults.extend(rendered.faults);
        done.claims.extend(rendered.claims);
        let is_error = |fault: &Fault| fault.diagnostic.severity == Severity::Error;
        if done.faults.iter().any(is_error) {
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let environment = rendered.environment.as_deref();
        let several = self.environments.are_several();
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
    failure: Option<Failure>,
    /// How many specs there were.
    specs: usize,
    claims: Claims,
    clashes: Vec<Clash>,
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
            failure: None,
            specs: 0,
            claims: Claims::default(),
            clashes: Vec::new(),
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

    fn take_done(&mut self, number: usize, done: Done, work: &Work<'_>) -> Result<(), Failure> {
        self.tell(&done.spec, &done.found)?;
        for fault in &done.faults {
            self.tell(&fault.template, std::slice::from_ref(&fault.diagnostic))?;
        }
        self.clashes.extend(self.claims.add(number, done.claims, &work.options.policy));
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

    fn finish(mut self, work: &Work<'_>, specs: &[PathBuf]) -> Result<Outcome, Failure> {
        self.progress.finish();
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        for clash in std::mem::take(&mut self.clashes) {
            // The texts were not kept; should one be gone, its place is.
            let text = |number: usize| match specs.get(number).map(|path| input::read_one(path)) {
                Some(Ok((source, _))) => source,
                _ => Source::new("-", ""),
            };
            let source = text(clash.spec);
            let mut found = vec![across::placed(clash, text)];
            locate::place(&source, &mut found);
            self.tell(&source, &found)?;
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
                let whole = input::directories(&self.asked.specs.specs);
                let (expected, only) = (&self.files, self.asked.only.as_slice());
                let searched = Searched { out, expected, only, whole: &whole };
                for path in searched.left_over()? {
                    self.drift.tell(&Drift { path, stale: Stale::LeftOver })?;
                }
                Ok(self.drift.finish())
            }
            To::Write { .. } => self.put(&work.staged),
        }
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
