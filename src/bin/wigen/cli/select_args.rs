//! Arguments that several commands share: which specs, and how they are checked.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use strum::VariantArray;
use wigen::Levels;
use wigen::diagnostics::Code;
use wigen::kubernetes::Version;
use wigen::spec::settings::{Setting, Settings};
use wigen::spec::types::CloudFormat;

use super::options::Options;

/// Which specs.
#[derive(Debug, Args)]
#[allow(clippy::struct_field_names, reason = "the argument has this name")]
pub(crate) struct SelectArgs {
    /// Specs: files, `-` for standard input, or directories to search for app.toml, app.yaml, app.yml and app.json [default: the spec in this directory, or all specs of the workspace]
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<PathBuf>,

    /// All specs of the workspace, even if there is an app.toml
    #[arg(long, conflicts_with = "specs")]
    pub(crate) workspace: bool,

    /// The app of this name in the workspace
    #[arg(short = 'p', long = "app", value_name = "NAME", conflicts_with = "specs")]
    pub(crate) apps: Vec<String>,

    /// Only specs that differ from this git revision; if a wigen.toml does, all specs of its workspace
    #[arg(long, value_name = "REVISION")]
    pub(crate) changed_since: Option<String>,
}

/// How specs are checked.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The Kubernetes version of the cluster, as `1.33` or as gcloud prints it [default: the newest that wigen knows]
    #[arg(long, value_name = "VERSION", value_parser = Version::parse, env = "WIGEN_KUBE_VERSION", hide_env_values = true)]
    kube_version: Option<Version>,

    /// Environments of the specs [default: the one that a spec selects itself]
    #[arg(
        long = "env",
        value_name = "NAME",
        value_delimiter = ',',
        env = "WIGEN_ENV",
        hide_env_values = true
    )]
    pub(crate) environments: Vec<String>,

    #[command(flatten)]
    pub(crate) set: SetArgs,

    #[command(flatten)]
    warnings: WarningArgs,
}

impl CheckArgs {
    /// The options for every spec, without environments and settings.
    pub(crate) fn options(&self) -> Options<'_> {
        Options {
            levels: self.warnings.levels(),
            version: self.kube_version.unwrap_or_default(),
            ..Options::default()
        }
    }
}

/// Values that replace those of a spec.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Set a key of the spec, also in its environments: container.image=books:2, container.port=8080; lists and tables are JSON
    #[arg(long, value_name = "PATH=VALUE", value_parser = Setting::parse)]
    set: Vec<Setting>,

    #[command(flatten)]
    format: FormatArgs,
}

impl SetArgs {
    pub(crate) fn settings(&self) -> Settings {
        let all: Vec<Setting> = self.set.iter().chain(&self.format.cloud_format).cloned().collect();
        Settings::new(&all)
    }

    /// Whether values of one spec are set.
    pub(crate) fn is_for_one_spec(&self) -> bool {
        !self.set.is_empty()
    }
}

/// The tool that owns the Google Cloud side.
#[derive(Debug, Args)]
pub(crate) struct FormatArgs {
    /// The tool that owns the Google Cloud side, as `cloud.format` in the spec
    #[arg(long, value_name = "FORMAT", value_parser = cloud_format_parser())]
    cloud_format: Option<Setting>,
}

impl FormatArgs {
    pub(crate) fn settings(&self) -> Settings {
        Settings::new(self.cloud_format.as_slice())
    }
}

fn cloud_format_parser() -> impl TypedValueParser<Value = Setting> {
    PossibleValuesParser::new(CloudFormat::VARIANTS.iter().map(AsRef::as_ref))
        .try_map(|format| Setting::parse(&format!("cloud.format={format}")))
}

/// Warning levels.
#[derive(Debug, Args)]
pub(crate) struct WarningArgs {
    /// Treat warnings as errors: all of them (`warnings`), or those with this code
    #[arg(long, value_name = "CODE", value_parser = deny_parser(), value_delimiter = ',', hide_possible_values = true)]
    deny: Vec<Option<Code>>,

    /// Silence warnings with this code; `lint.allow` in a spec does the same for that spec
    #[arg(long, value_name = "CODE", value_parser = allow_parser(), value_delimiter = ',', hide_possible_values = true)]
    allow: Vec<Option<Code>>,
}

fn allow_parser() -> impl TypedValueParser<Value = Option<Code>> {
    PossibleValuesParser::new(Code::warnings().map(Code::as_str)).map(|text| Code::parse(&text))
}

/// `warnings` is not a code: it becomes `None`, which stands for all of them.
fn deny_parser() -> impl TypedValueParser<Value = Option<Code>> {
    let codes = std::iter::once("warnings").chain(Code::warnings().map(Code::as_str));
    PossibleValuesParser::new(codes).map(|text| Code::parse(&text))
}

impl WarningArgs {
    pub(crate) fn levels(&self) -> Levels {
        let deny = if self.deny.contains(&None) {
            Code::warnings().collect()
        } else {
            self.deny.iter().flatten().copied().collect()
        };
        Levels { allow: self.allow.iter().flatten().copied().collect(), deny }
    }
}
