//! Checks what a spec means: the rules across its keys, in each of its environments.

use serde_json::Value;

use crate::diagnostics::levels::Policy;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Place, Severity, shortened};
use crate::kubernetes::Version;
use crate::spec::checked::CheckedApp;
use crate::spec::envelope::Form;
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
        policy: &Policy,
    ) -> Result<CheckedSpec, Diagnostics> {
        self.has_right_shape()?;
        let (app, mut found) = match environments::chosen(&self.root, environment) {
            Ok(Some((name, node))) => self.check_environment(name, node, policy),
            Ok(None) => self.check_all(policy),
            Err(unknown) => (None, self.located(&self.root, None, vec![*unknown])),
        };
        crate::diagnostics::sort(&mut found);
        match app.filter(|_| found.iter().all(|one| one.severity != Severity::Error)) {
            Some(app) => Ok(CheckedSpec {
                source: self.source().clone(),
                environment: environment.map(str::to_owned).or_else(|| app.environment.clone()),
                version: self.version,
                app,
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
        policy: &Policy,
    ) -> (Option<CheckedApp>, Vec<Diagnostic>) {
        let (app, found) = self.check_merged(name, environment, policy);
        let mut found = found.alone();
        let others = environments::environments(&self.root).filter(|(other, _)| *other != name);
        for (other, environment) in others {
            let merged = environments::merged(&self.root, environment);
            let wrong = self.shape(&merged.to_value());
            found.extend(self.located(&merged, Some(other), wrong));
        }
        (app, found)
    }

    /// The spec without an environment, and each of the environments.
    fn check_all(&self, policy: &Policy) -> (Option<CheckedApp>, Vec<Diagnostic>) {
        let of_each = environments::environments(&self.root);
        let of_each = of_each.map(|(name, node)| self.check_merged(name, node, policy).1).collect();
        let (app, found) = meaning(self.root.to_value(), policy);
        (app, environments::joined(self.located(&self.root, None, found), of_each))
    }

    /// An environment over its spec: what only the two together have, or lack, is found here.
    fn check_merged(
        &self,
        name: &str,
        environment: &Node,
        policy: &Policy,
    ) -> (Option<CheckedApp>, Found) {
        let merged = environments::merged(&self.root, environment);
        let value = merged.to_value();
        let mut found = self.shape(&value);
        let mut app = None;
        if found.is_empty() {
            (app, found) = meaning(value, policy);
        }
        let key = self.layers.key_of_environment(name, environment);
        let pointers = self.layers.environment(name);
        (app, Found { pointers, key, diagnostics: self.located(&merged, Some(name), found) })
    }

    /// The error is what is wrong with the shape of the spec, without an environment.
    pub(super) fn has_right_shape(&self) -> Result<(), Diagnostics> {
        if self.shape.is_empty() {
            return Ok(());
        }
        Err(Diagnostics::new(self.source(), self.shape.clone()))
    }

    pub(super) fn shape(&self, merged: &Value) -> Vec<Diagnostic> {
        schema::check(Form::Flat, merged, self.version)
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

fn meaning(spec: Value, policy: &Policy) -> (Option<CheckedApp>, Vec<Diagnostic>) {
    let app = match App::from_value(spec) {
        Ok(app) => app,
        // The schema and the types agree; should they ever not, this is still no panic.
        Err(error) => {
            let message = shortened(&error.to_string());
            return (None, vec![Diagnostic::new(Code::WRONG_TYPE, Place::value(""), message)]);
        }
    };
    let lint = app.lint.clone();
    let (app, mut found) = rules::check(app);
    policy.apply(&lint.allow, &mut found);
    (app, found)
}
