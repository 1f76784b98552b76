//! What is done with one spec, in any thread.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use wigen::backends::artifact::Artifact;
use wigen::backends::templates::Fault;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Diagnostic, Severity};
use wigen::model::conflicts::Claim;
use wigen::report::Style;
use wigen::spec::checked::CheckedApp;
use wigen::{Checked, Options};

use crate::cli::OutputPattern;
use crate::files::{
    self, Destination, Failure, File, FileState, ParentDirectory, SelectedSpec, Selection,
    StagedFiles, StaleFile,
};

/// For which environments each spec is rendered.
pub(super) enum Environments<'a> {
    /// That which it chooses itself, or for none.
    FromSpec,
    /// These.
    Named(&'a [String]),
    /// All that it has.
    All,
}

impl Environments<'_> {
    /// The one that is meant, where it is one.
    pub(super) fn one(&self) -> Option<&str> {
        match self {
            Self::Named([one]) => Some(one),
            _ => None,
        }
    }

    fn are_several(&self) -> bool {
        match self {
            Self::FromSpec => false,
            Self::Named(named) => named.len() > 1,
            Self::All => true,
        }
    }
}

/// Where artifacts go.
pub(super) enum To<'a> {
    Print,
    Write {
        out: &'a OutputPattern,
        force: bool,
        prune: bool,
    },
    /// Nowhere: files are compared with them.
    Check(&'a OutputPattern),
}

/// What is done with each spec, in any thread.
pub(super) struct RenderJob<'a> {
    pub(super) one_of_apps: bool,
    pub(super) selected: &'a Selection,
    pub(super) environments: Environments<'a>,
    pub(super) options: Options<'a>,
    pub(super) previous: Option<(String, CheckedApp)>,
    pub(super) to: To<'a>,
    pub(super) style: Style,
    pub(super) staged: StagedFiles,
    /// Whether anything is wrong so far, and nothing will be written.
    pub(super) wrong: AtomicBool,
}

/// What came of a spec.
pub(super) struct SpecOutcome {
    pub(super) spec: Source,
    pub(super) found: Vec<Diagnostic>,
    pub(super) faults: Vec<Fault>,
    pub(super) claims: Vec<Claim>,
    /// The environments that it has, where the workspace says which are rendered.
    pub(super) environments: Vec<String>,
    pub(super) printed: Vec<(String, Vec<Artifact>)>,
    pub(super) files: Vec<FileComparison>,
    /// Where it has files in environments for which it is not rendered now.
    pub(super) elsewhere: Vec<PathBuf>,
}

/// What came of a file.
pub(super) struct FileComparison {
    pub(super) path: PathBuf,
    pub(super) what: What,
}

pub(super) enum What {
    Unchanged,
    Foreign,
    Written,
    Stale(StaleFile),
}

impl RenderJob<'_> {
    /// Reads a spec, checks and renders it, and does with it what can be done before all are right.
    pub(super) fn on(&self, chosen: &SelectedSpec) -> Result<SpecOutcome, Failure> {
        let path = &chosen.path;
        let (spec, not_text) = files::read_one(path)?;
        let workspace = self.selected.workspace(chosen);
        let options = Options { workspace, ..self.options.clone() };
        let mut done = SpecOutcome {
            spec,
            found: Vec::new(),
            faults: Vec::new(),
            claims: Vec::new(),
            environments: Vec::new(),
            printed: Vec::new(),
            files: Vec::new(),
            elsewhere: Vec::new(),
        };
        if let Some(found) = not_text {
            done.found.push(found);
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(done);
        }
        let mut rendered = Vec::new();
        for environment in self.environments_of(&options, &mut done) {
            let options = Options { environment: environment.as_deref(), ..options.clone() };
            rendered.extend(self.render(&options, &mut done)?);
        }
        if let To::Write { out, prune: true, .. } | To::Check(out) = self.to {
            done.elsewhere = self.elsewhere(out, &options, &rendered, &done.spec)?;
        }
        // What two environments have in common is told once.
        wigen::diagnostics::sort(&mut done.found);
        Ok(done)
    }

    /// The environments for which a spec is rendered; `None` for that which it chooses itself. Of those
    /// that its workspace names, it may have some, or none at all.
    fn environments_of(
        &self,
        options: &Options<'_>,
        done: &mut SpecOutcome,
    ) -> Vec<Option<String>> {
        let of_workspace =
            options.workspace.map_or(&[][..], |workspace| workspace.environments.as_slice());
        let mut all = match self.environments {
            Environments::Named(named) => return named.iter().cloned().map(Some).collect(),
            Environments::FromSpec if of_workspace.is_empty() => return vec![None],
            Environments::FromSpec | Environments::All => wigen::environments(&done.spec, options),
        };
        done.environments.clone_from(&all);
        if all.is_empty() {
            return vec![None];
        }
        if matches!(self.environments, Environments::FromSpec) {
            all.retain(|name| of_workspace.contains(name));
        }
        all.into_iter().map(Some).collect()
    }

    /// Where a spec has files in the environments for which it has not been rendered.
    fn elsewhere(
        &self,
        out: &OutputPattern,
        options: &Options<'_>,
        rendered: &[String],
        spec: &Source,
    ) -> Result<Vec<PathBuf>, Failure> {
        let mut places = Vec::new();
        for environment in wigen::environments(spec, options) {
            if rendered.contains(&environment) {
                continue;
            }
            let options = Options { environment: Some(&environment), ..options.clone() };
            let app = wigen::merged_name(spec, &options).unwrap_or_default();
            let destination = Destination {
                spec: spec.name(),
                app: &app,
                environment: Some(&environment),
                one_of_apps: self.one_of_apps,
                one_of_environments: true,
            };
            places.push(files::output_directory(out, &destination)?);
        }
        Ok(places)
    }

    /// Renders a spec for one environment, and returns the name of that.
    fn render(
        &self,
        options: &Options<'_>,
        done: &mut SpecOutcome,
    ) -> Result<Option<String>, Failure> {
        let previous = self.previous.as_ref().map(|(name, app)| (name.as_str(), app));
        let Checked { app, diagnostics } = wigen::check(&done.spec, options);
        done.found.extend(diagnostics);
        let Some(app) = app else {
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(None);
        };
        let rendered = wigen::artifacts(&done.spec, &app, options, previous);
        done.faults.extend(rendered.faults);
        done.claims.extend(rendered.claims);
        let is_error = |fault: &Fault| fault.diagnostic.severity == Severity::Error;
        if done.faults.iter().any(is_error) {
            self.wrong.store(true, Ordering::Relaxed);
            return Ok(None);
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
                return Ok(None);
            }
            To::Write { out, force, .. } => (out, force),
            To::Check(out) => (out, false),
        };
        let destination = Destination {
            spec: done.spec.name(),
            app: &rendered.name,
            environment,
            one_of_apps: self.one_of_apps,
            one_of_environments: several,
        };
        let directory = files::output_directory(out, &destination)?;
        // Where there is no directory, there are no files to compare.
        let is_there = ParentDirectory::of(&directory);
        for artifact in &rendered.artifacts {
            let path = directory.join(&artifact.name);
            let executable = artifact.kind.is_script();
            let file = File { path, text: &artifact.text, executable };
            let what = self.compare(&is_there, &file, force)?;
            done.files.push(FileComparison { path: file.path, what });
        }
        Ok(rendered.environment)
    }

    fn compare(
        &self,
        is_there: &ParentDirectory,
        file: &File<'_>,
        force: bool,
    ) -> Result<What, Failure> {
        if matches!(self.to, To::Check(_)) {
            let drift = StaleFile::compare(file, self.style)?;
            return Ok(drift.map_or(What::Unchanged, What::Stale));
        }
        if *is_there == ParentDirectory::There {
            match files::state(file)? {
                FileState::Unchanged => return Ok(What::Unchanged),
                FileState::Foreign if !force => return Ok(What::Foreign),
                _ => {}
            }
        }
        // Where anything is wrong so far, nothing will be written.
        if !self.wrong.load(Ordering::Relaxed) {
            self.staged.write(is_there, file)?;
        }
        Ok(What::Written)
    }
}
