//! Checks what a spec means: the rules across its keys, in each of its environments.

use std::sync::Arc;

use crate::diagnostics::levels::Levels;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Location, Severity};
use crate::kubernetes::Version;
use crate::spec::checked::CheckedApp;
use crate::spec::envelope::Envelope;
use crate::spec::environments::{self, Found};
use crate::spec::load::Spec;
use crate::spec::types::App;
use crate::spec::{rules, schema};
use crate::text::Node;

/// A spec without errors, in one environment or in none.
#[derive(Debug, Clone)]
pub struct CheckedSpec {
    source: Source,
    environment: Option<String>,
    version: Version,
    app: CheckedApp,
    in_environments: Vec<(String, CheckedApp)>,
    warnings: Vec<Diagnostic>,
}

impl CheckedSpec {
    /// The text of the spec.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The environment that was asked for, or that the spec itself chooses.
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The version of Kubernetes that it was checked for.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The merged spec.
    pub fn app(&self) -> &CheckedApp {
        &self.app
    }

    /// If all environments were checked, the merged spec in each of them.
    pub fn in_environments(&self) -> &[(String, CheckedApp)] {
        &self.in_environments
    }

    /// The merged spec, without a copy.
    pub fn into_app(self) -> CheckedApp {
        self.app
    }

    /// What there is to warn of, in the order of the text.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}

impl Spec {
    /// Checks the spec in an environment: first its shape, then what it means. The environment is the one that
    /// is asked for or that the spec itself chooses. If neither names one, all of them are checked. The
    /// error is everything that is wrong, warnings included, each at the place that the value comes from.
    ///
    /// ```
    /// use wigen::{Levels, LoadOptions, Source, Spec};
    ///
    /// let source = Source::new("app.toml", "name = \"books-api\"\nregoin = \"us-east1\"\n");
    /// let spec = Spec::load(&source, &LoadOptions::default())?;
    /// let errors = spec.check(None, &Levels::default()).unwrap_err();
    /// assert!(errors.iter().any(|one| one.code.as_str() == "unknown-key"));
    /// # Ok::<(), wigen::Diagnostics>(())
    /// ```
    pub fn check(
        &self,
        environment: Option<&str>,
        levels: &Levels,
    ) -> Result<CheckedSpec, Diagnostics> {
        let app = self.app()?;
        let mut in_environments = Vec::new();
        let (app, mut found) = match environments::chosen(&self.root, environment) {
            Ok(Some((name, node))) => self.check_environment(name, node, levels),
            Ok(None) => self.check_all(app, levels, &mut in_environments),
            Err(unknown) => (None, self.located(&self.root, None, vec![*unknown])),
        };
        crate::diagnostics::sort(&mut found);
        match app.filter(|_| found.iter().all(|one| one.severity != Severity::Error)) {
            Some(app) => Ok(CheckedSpec {
                source: self.source().clone(),
                environment: environment.map(str::to_owned).or_else(|| app.environment.clone()),
                version: self.version,
                app,
                in_environments,
                warnings: found,
            }),
            None => Err(Diagnostics::new(self.source(), found)),
        }
    }

    /// One environment as a whole, and the shape of the others.
    fn check_environment(
        &self,
        name: &str,
        environment: &Node,
        levels: &Levels,
    ) -> (Option<CheckedApp>, Vec<Diagnostic>) {
        let (app, found) = self.check_merged(name, environment, levels);
        let mut found = found.alone();
        let wrong = self.wrong_shapes().iter().filter(|(other, _)| other != name);
        found.extend(wrong.flat_map(|(_, found)| found).cloned());
        (app, found)
    }

    /// What is wrong with the shape of the spec in each environment. It is found once, however many
    /// environments are checked as a whole.
    fn wrong_shapes(&self) -> &[(String, Vec<Diagnostic>)] {
        self.wrong_shapes.get_or_init(|| {
            let wrong = environments::environments(&self.root).filter_map(|(name, environment)| {
                let merged = environments::merged(&self.root, environment);
                let found = self.read(&merged).err()?;
                Some((name.to_owned(), self.located(&merged, Some(name), found)))
            });
            wrong.collect()
        })
    }

    /// The spec without an environment, and each of the environments.
    fn check_all(
        &self,
        app: &Arc<App>,
        levels: &Levels,
        in_environments: &mut Vec<(String, CheckedApp)>,
    ) -> (Option<CheckedApp>, Vec<Diagnostic>) {
        let of_each = environments::environments(&self.root).map(|(name, node)| {
            let (app, found) = self.check_merged(name, node, levels);
            in_environments.extend(app.map(|app| (name.to_owned(), app)));
            found
        });
        let of_each = of_each.collect();
        let (app, found) = self.check_rules(app, levels);
        (app, environments::joined(self.located(&self.root, None, found), of_each))
    }

    /// An environment over its spec: what only the two together have, or lack, is found here.
    fn check_merged(
        &self,
        name: &str,
        environment: &Node,
        levels: &Levels,
    ) -> (Option<CheckedApp>, Found) {
        let merged = environments::merged(&self.root, environment);
        let (app, found) = match self.read(&merged) {
            Ok(app) => self.check_rules(&app.into(), levels),
            Err(found) => (None, found),
        };
        let key = self.layers.key_of_environment(name, environment);
        let pointers = self.layers.environment(name);
        let diagnostics = self.located(&merged, Some(name), found);
        (app, Found { name: name.to_owned(), pointers, key, diagnostics })
    }

    /// The spec without an environment; the error is what is wrong with its shape.
    pub(super) fn app(&self) -> Result<&Arc<App>, Diagnostics> {
        self.app.as_ref().map_err(|found| {
            let mut found = found.clone();
            let in_environments = self.wrong_shapes();
            let all = environments::environments(&self.root).count();
            environments::say_what_environments_set(&mut found, all, in_environments);
            Diagnostics::new(self.source(), found)
        })
    }

    pub(super) fn read(&self, merged: &Node) -> Result<App, Vec<Diagnostic>> {
        schema::read(Envelope::Flat, merged, self.version)
    }

    fn check_rules(
        &self,
        app: &Arc<App>,
        levels: &Levels,
    ) -> (Option<CheckedApp>, Vec<Diagnostic>) {
        let (checked, mut found) = rules::check(Arc::clone(app), self.version);
        levels.apply(&app.lint.allow, &mut found);
        if app.has_shared_library() && !self.layers.has_workspace() {
            let message = "there is no workspace whose scripts could share a library";
            found.push(
                Diagnostic::new(Code::WORKSPACE, Location::value("/cloud/gcloud/library"), message)
                    .help("remove the key, or make the spec a member in a `wigen.toml`"),
            );
        }
        (checked, found)
    }

    /// What was found in a merged spec, at the places that the values come from.
    pub(super) fn located(
        &self,
        merged: &Node,
        environment: Option<&str>,
        mut found: Vec<Diagnostic>,
    ) -> Vec<Diagnostic> {
        self.layers.locate(merged, environment, &mut found);
        found
    }
}
