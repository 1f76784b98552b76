//! A set of templates: the built-in ones, and a user's templates before them.

use minijinja::Environment;
use minijinja::value::Value;

use super::context::Context;
use super::environment::environment;
use super::error::TemplateError;
use super::nesting::nests_too_deep;
use super::provenance::Output;
use super::render_own;
use super::sources::{self, Language, Template, built_in, is_part};
use crate::backends::artifact::ArtifactKind;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::kubernetes::WorkloadKind;

/// Most bytes of one template.
const MAX_TEMPLATE_BYTES: usize = 256 * 1024;

/// A set of templates, ready to render.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    own: Vec<Template>,
}

impl Templates {
    /// The built-in templates alone.
    pub(super) fn built_in() -> Self {
        Self { environment: environment(Vec::new()), own: Vec::new() }
    }

    /// Reads a user's templates. One with the name of a built-in template replaces it. Any other is a part
    /// of others (if it is in a directory, or its name starts with `_`) or renders another artifact.
    ///
    /// The error is everything that is wrong with them before they render anything.
    pub fn new(own: Vec<Template>) -> Result<Self, Vec<TemplateError>> {
        let environment = environment(own.clone());
        let parse = |template: &Template| match environment.get_template(&template.name) {
            Ok(_) => None,
            Err(error) => Some(TemplateError::from_engine(&error, &own)),
        };
        let errors: Vec<TemplateError> = own
            .iter()
            .filter_map(|template| check_file(template).or_else(|| parse(template)))
            .collect();
        if errors.is_empty() { Ok(Self { environment, own }) } else { Err(errors) }
    }

    /// Whether any of them is the user's.
    pub(super) fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// Renders a template.
    pub(super) fn render(
        &self,
        name: &str,
        context: &Context,
    ) -> Result<Output, Box<TemplateError>> {
        let output = if self.has_own() {
            render_own::render(&self.environment, name, context)
        } else {
            let template = self.environment.get_template(name);
            template
                .and_then(|template| template.render(Value::from_object(context.clone())))
                .map(Output::untagged)
        };
        output.map_err(|error| Box::new(TemplateError::from_engine(&error, &self.own)))
    }

    /// The source of a template, to show in messages.
    pub(super) fn source(&self, name: &str) -> Source {
        sources::source(&self.own, name)
    }

    /// The artifacts of an app with this kind of workload, in order, each with the name of its template.
    pub(super) fn artifacts(&self, workload: WorkloadKind) -> Vec<(ArtifactKind, &str)> {
        let mut artifacts = vec![
            (ArtifactKind::Gcloud, "gcloud.sh.j2"),
            (ArtifactKind::Terraform, "main.tf.j2"),
            (ArtifactKind::TerraformImport, "import.tf.j2"),
            (ArtifactKind::ConfigConnector, "iam.yaml.j2"),
            (ArtifactKind::Namespace, NAMESPACE),
            (ArtifactKind::ServiceAccount, "service-account.yaml.j2"),
            (ArtifactKind::NetworkPolicy, "network-policy.yaml.j2"),
            (ArtifactKind::Workload, workload_template(workload)),
        ];
        let own = self.own.iter().map(|template| template.name.as_str());
        let further = own.filter(|name| !is_part(name) && built_in(name).is_none());
        artifacts.extend(further.filter_map(|name| {
            let kind = match Language::from_name(name)? {
                Language::Yaml => ArtifactKind::Manifest,
                Language::Bash => ArtifactKind::Script,
                Language::Hcl => ArtifactKind::TerraformFile,
            };
            Some((kind, name))
        }));
        artifacts.sort_by_key(|(kind, _)| *kind);
        artifacts
    }
}

/// `kubectl apply -f DIR` applies files in the order of their names, and everything else needs the Namespace.
const NAMESPACE: &str = "00-namespace.yaml.j2";

fn workload_template(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "deployment.yaml.j2",
        WorkloadKind::StatefulSet => "stateful-set.yaml.j2",
        WorkloadKind::DaemonSet => "daemon-set.yaml.j2",
        WorkloadKind::Job => "job.yaml.j2",
        WorkloadKind::CronJob => "cron-job.yaml.j2",
    }
}

/// Whether a file or directory of templates may have this name. Names are printed in comments and messages.
fn is_name(name: &str) -> bool {
    !name.starts_with(['-', '.'])
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// Checks the name and the size of a template.
fn check_file(template: &Template) -> Option<TemplateError> {
    let name = &template.name;
    let text = template.source.text();
    let mut place = 0..0;
    let (message, help) = if Language::from_name(name).is_none() {
        let help = "the ending says how values are written: *.yaml.j2, *.sh.j2 or *.tf.j2";
        ("no template has this ending".to_owned(), help)
    } else if !name.split('/').all(is_name) {
        let message = format!("{} is not the name of a template", quoted(name));
        (message, "a name has letters, digits, `-`, `_` and `.`, and begins with no `-` or `.`")
    } else if text.len() > MAX_TEMPLATE_BYTES {
        let message = format!("the template has more than {MAX_TEMPLATE_BYTES} bytes");
        (message, "split it into parts")
    } else {
        let (span, message) = nests_too_deep(text)?;
        place = span;
        (
            message.to_owned(),
            "split it: `{% set %}` keeps a value, and a part is a template of its own",
        )
    };
    let diagnostic = Diagnostic::new(Code::TEMPLATE, Location::text(place), message).help(help);
    Some(TemplateError { template: template.source.clone(), diagnostic })
}
