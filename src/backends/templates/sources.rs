//! The sources of templates: the built-in ones and those that users bring.

use minijinja::syntax::SyntaxConfig;

use crate::diagnostics::source::Source;

macro_rules! built_in {
    ($($name:literal: $description:literal;)*) => {
        /// The built-in templates: name, description and source. `x.yaml.j2` renders the artifact `x.yaml`;
        /// a name that starts with `_` is a part of other templates.
        pub const BUILT_IN: &[(&str, &str, &str)] = &[
            $(($name, $description, include_str!(concat!("../../../templates/", $name)))),*
        ];
    };
}

built_in! {
    "gcloud.sh.j2": "the gcloud script";
    "gcloud-lib.sh.j2": "the library of all gcloud scripts, with `cloud.gcloud.library = \"shared\"`";
    "main.tf.j2": "the Terraform module, with `cloud.format = \"terraform\"`";
    "import.tf.j2": "the imports of the Terraform module, with `--import`";
    "iam.yaml.j2": "the objects of Config Connector, with `cloud.format = \"configConnector\"`";
    "00-namespace.yaml.j2": "the Namespace, with `createNamespace`";
    "service-account.yaml.j2": "the ServiceAccount";
    "network-policy.yaml.j2": "the NetworkPolicy, with `networkPolicy`";
    "deployment.yaml.j2": "the workload of an app that is a Deployment";
    "stateful-set.yaml.j2": "the workload of an app that is a StatefulSet";
    "daemon-set.yaml.j2": "the workload of an app that is a DaemonSet";
    "job.yaml.j2": "the workload of an app that is a Job";
    "cron-job.yaml.j2": "the workload of an app that is a CronJob";
    "_gcloud-machinery.sh.j2": "in the gcloud script, or in its library: the functions";
    "_metadata.yaml.j2": "in every workload: its metadata";
    "_pod-template.yaml.j2": "in every workload: the template of its pods";
    "_wait-for-metadata.yaml.j2": "in the pods: the container that waits for the metadata server";
}

/// A template that a user brings.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its path below the directory of templates, with `/`.
    pub name: String,
    /// Its text, with the file name that messages show.
    pub source: Source,
}

/// The syntax of templates: statements on lines of their own print nothing.
pub(super) fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    syntax.build().unwrap_or_default()
}

/// The text of the built-in template of this name.
pub(super) fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(built_in, ..)| *built_in == name).map(|(.., text)| *text)
}

/// The source of a template, to show in messages. A user's template replaces a built-in one.
pub(super) fn source(own: &[Template], name: &str) -> Source {
    match own.iter().find(|template| template.name == name) {
        Some(template) => template.source.clone(),
        None => Source::new(format!("<wigen>/{name}"), built_in(name).unwrap_or_default()),
    }
}

/// A language that templates render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Bash,
    Hcl,
}

impl Language {
    /// The language of a template, by its name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let endings = [(".yaml.j2", Self::Yaml), (".sh.j2", Self::Bash), (".tf.j2", Self::Hcl)];
        endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, it)| it)
    }
}

/// Whether a template is only a part of others.
pub(super) fn is_part(name: &str) -> bool {
    name.starts_with('_') || name.contains('/')
}
