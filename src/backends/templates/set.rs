//! The templates: those that travel inside the program, and those that users bring.

use std::sync::OnceLock;

use minijinja::Environment;

use super::context::Context;
use super::environment::environment;
use super::error::{self, Fault};
use super::provenance::{self, Output};
use crate::backends::artifact::Kind;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Place};
use crate::kubernetes::WorkloadKind;

macro_rules! templates {
    ($($name:literal: $what:literal;)*) => {
        /// The templates inside the program: name, what it makes, and text. The artifact of
        /// `x.yaml.j2` is called `x.yaml`; one whose name begins with `_` is a part of others.
        pub const BUILT_IN: &[(&str, &str, &str)] =
            &[$(($name, $what, include_str!(concat!("../../../templates/", $name)))),*];
    };
}

templates! {
    "gcloud.sh.j2": "the gcloud script";
    "service-account.yaml.j2": "the ServiceAccount";
    "deployment.yaml.j2": "the workload of an app that is a Deployment";
    "stateful-set.yaml.j2": "the workload of an app that is a StatefulSet";
    "daemon-set.yaml.j2": "the workload of an app that is a DaemonSet";
    "job.yaml.j2": "the workload of an app that is a Job";
    "cron-job.yaml.j2": "the workload of an app that is a CronJob";
    "_binding.sh.j2": "in the script: one command that binds a role";
    "_metadata.yaml.j2": "in every workload: its metadata";
    "_pod-template.yaml.j2": "in every workload: the template of its pods";
    "_wait-for-metadata.yaml.j2": "in the pods: the container that waits for the metadata server";
}

/// Most bytes of one template.
const LONGEST: usize = 256 * 1024;

/// A template that a user brings.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its path below the directory of templates, with `/`.
    pub name: String,
    /// Its text, under the name that messages show.
    pub source: Source,
}

/// A set of templates: those of a user before those inside the program.
#[derive(Debug)]
pub struct Templates {
    /// Made when it is first asked: of wigen's own templates it hardly ever is.
    environment: OnceLock<Environment<'static>>,
    own: Vec<Template>,
}

impl Templates {
    /// Those inside the program alone.
    pub(super) fn built_in() -> Self {
        Self { environment: OnceLock::new(), own: Vec::new() }
    }

    /// The templates of a user. One that is called like one inside the program takes its place;
    /// another one is a part of others (in a directory, or with a name that begins with `_`) or makes a
    /// further artifact.
    ///
    /// What is wrong with any of them before it is rendered is the error.
    pub fn of(own: Vec<Template>) -> Result<Self, Vec<Fault>> {
        let environment = environment(Some(own.clone()));
        let faults: Vec<Fault> = own
            .iter()
            .filter_map(|template| {
                unusable(template).or_else(|| {
                    let error = environment.get_template(&template.name).err()?;
                    Some(error::of_error(&error, &own))
                })
            })
            .collect();
        if faults.is_empty() {
            Ok(Self { environment: environment.into(), own })
        } else {
            Err(faults)
        }
    }

    /// Whether any of them is the user's.
    pub(super) fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    fn environment(&self) -> &Environment<'static> {
        self.environment.get_or_init(|| environment(None))
    }

    /// Renders one of them. Only what the templates of a user make needs to be looked at.
    pub(super) fn print(&self, name: &str, context: &Context) -> Result<Output, Box<Fault>> {
        let output = if self.has_own() {
            provenance::print(self.environment(), name, context)
        } else {
            let template = self.environment().get_template(name);
            template.and_then(|template| template.render(context.clone())).map(Output::of)
        };
        output.map_err(|error| Box::new(error::of_error(&error, &self.own)))
    }

    /// A template, to show.
    pub(super) fn source(&self, name: &str) -> Source {
        source(&self.own, name)
    }

    /// The artifacts of an app of this kind, in their order, each with the name of its template.
    pub(super) fn artifacts(&self, workload: WorkloadKind) -> Vec<(Kind, &str)> {
        let mut all = vec![
            (Kind::Gcloud, "gcloud.sh.j2"),
            (Kind::ServiceAccount, "service-account.yaml.j2"),
            (Kind::Workload, of_workload(workload)),
        ];
        for name in self.own.iter().map(|template| template.name.as_str()) {
            let is_part = name.starts_with('_') || name.contains('/');
            if !is_part && BUILT_IN.iter().all(|(built_in, ..)| *built_in != name) {
                all.push((if is_yaml(name) { Kind::Manifest } else { Kind::Script }, name));
            }
        }
        all.sort_by_key(|(kind, _)| *kind);
        all
    }
}

pub(super) fn source(own: &[Template], name: &str) -> Source {
    let theirs = own.iter().find(|template| template.name == name);
    if let Some(template) = theirs {
        return template.source.clone();
    }
    let built_in = BUILT_IN.iter().find(|(built_in, ..)| *built_in == name);
    Source::new(format!("<wigen>/{name}"), built_in.map_or("", |(.., text)| text))
}

fn of_workload(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "deployment.yaml.j2",
        WorkloadKind::StatefulSet => "stateful-set.yaml.j2",
        WorkloadKind::DaemonSet => "daemon-set.yaml.j2",
        WorkloadKind::Job => "job.yaml.j2",
        WorkloadKind::CronJob => "cron-job.yaml.j2",
    }
}

pub(super) fn is_yaml(template: &str) -> bool {
    template.ends_with(".yaml.j2")
}

/// What is wrong with a template as a file.
fn unusable(template: &Template) -> Option<Fault> {
    let name = &template.name;
    let (message, help) = if !is_yaml(name) && !name.ends_with(".sh.j2") {
        let help = "its ending says how values are written: *.yaml.j2 or *.sh.j2";
        ("no template has this ending".to_owned(), help)
    } else if template.source.text().len() > LONGEST {
        (format!("the template has more than {LONGEST} bytes"), "split it into parts")
    } else {
        return None;
    };
    let diagnostic = Diagnostic::new(Code::TEMPLATE, Place::text(0..0), message).help(help);
    Some(Fault { template: template.source.clone(), diagnostic })
}
