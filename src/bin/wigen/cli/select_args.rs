//! What commands about specs have in common: which specs, and what these are held to.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use wigen::Options;
use wigen::diagnostics::Code;
use wigen::diagnostics::levels::Policy;
use wigen::kubernetes::Version;
use wigen::spec::settings::{Setting, Settings};

/// What a spec is held to.
#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// The version of Kubernetes that the cluster has, as `1.33` or as gcloud prints it [default: the newest that wigen knows]
    #[arg(long, value_name = "VERSION", value_parser = Version::parse)]
    kube_version: Option<Version>,

    /// The environment of the specs that is meant, or several; unless given, that which a spec chooses itself
    #[arg(long = "env", value_name = "NAME", value_delimiter = ',')]
    pub(crate) environments: Vec<String>,

    #[command(flatten)]
    pub(crate) set: Set,

    #[command(flatten)]
    warnings: Warnings,
}

/// What is laid over a spec.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Give a key of the spec a value, also in its environments: container.image=books:2, container.port=8080; a list or a table is JSON
    #[arg(long, value_name = "PATH=VALUE", value_parser = Setting::parse)]
    set: Vec<Setting>,
}

impl Set {
    /// What was asked for.
    pub(crate) fn settings(&self) -> Settings {
        Settings::new(&self.set)
    }
}

impl Rules {
    /// What was asked for, but for the environments and the settings.
    pub(crate) fn options(&self) -> Options<'_> {
        Options {
            policy: self.warnings.policy(),
            version: self.kube_version.unwrap_or_default(),
            ..Options::default()
        }
    }
}

/// What to make of warnings.
#[derive(Debug, Args)]
pub(crate) struct Warnings {
    /// Take warnings for errors: all of them (`warnings`), or those of a code
    #[arg(long, value_name = "CODE", value_parser = denied(), value_delimiter = ',', hide_possible_values = true)]
    deny: Vec<Option<Code>>,

    /// Do not say the warnings of a code; `lint.allow` in a spec does the same for that spec
    #[arg(long, value_name = "CODE", value_parser = allowed(), value_delimiter = ',', hide_possible_values = true)]
    allow: Vec<Option<Code>>,
}

fn allowed() -> impl TypedValueParser<Value = Option<Code>> {
    PossibleValuesParser::new(Code::warnings().map(Code::as_str)).map(|text| Code::parse(&text))
}

/// `warnings` is no code: `None`, which stands for all of them.
fn denied() -> impl TypedValueParser<Value = Option<Code>> {
    let codes = std::iter::once("warnings").chain(Code::warnings().map(Code::as_str));
    PossibleValuesParser::new(codes).map(|text| Code::parse(&text))
}

impl Warnings {
    /// The policy that was asked for.
    pub(crate) fn policy(&self) -> Policy {
        let deny = if self.deny.contains(&None) {
            Code::warnings().collect()
        } else {
            self.deny.iter().flatten().copied().collect()
        };
        Policy { allow: self.allow.iter().flatten().copied().collect(), deny }
    }
}

/// Which specs.
#[derive(Debug, Default, Args)]
#[allow(clippy::struct_field_names, reason = "the argument is called so")]
pub(crate) struct Specs {
    /// Specs: files, `-` for standard input, or directories to search for app.toml, app.yaml, app.yml and app.json [default: ./app.toml, or all of the workspace]
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<PathBuf>,

    /// All specs of the workspace, also where there is an app.toml
    #[arg(long, conflicts_with = "specs")]
    pub(crate) workspace: bool,

    /// Of the workspace, the app of this name
    #[arg(short = 'p', long = "app", value_name = "NAME", conflicts_with = "specs")]
    pub(crate) apps: Vec<String>,

    /// Only specs that differ from this revision in git; all of a workspace whose wigen.toml does
    #[arg(long, value_name = "REVISION")]
    pub(crate) changed_since: Option<String>,
}

impl Specs {
    /// Those that these names are of.
    pub(crate) fn named(specs: Vec<PathBuf>) -> Self {
        Self { specs, ..Self::default() }
    }
}
