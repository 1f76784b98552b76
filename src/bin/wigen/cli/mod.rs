//! The command line: commands, arguments and their help.

mod actions;
mod diff_args;
mod identity_args;
mod lint_args;
mod options;
mod output_pattern;
mod parse;
mod render_args;
mod select_args;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use actions::{KustomizeAction, TemplatesAction};
pub(crate) use diff_args::DiffArgs;
pub(crate) use identity_args::IdentityArgs;
pub(crate) use lint_args::{EvidenceArgs, LintArgs};
pub(crate) use options::Options;
pub(crate) use output_pattern::OutputPattern;
pub(crate) use render_args::{RenderArgs, parse_module};
pub(crate) use select_args::{CheckArgs, SelectArgs, SetArgs};
pub(crate) use values::{
    BuildTool, ChangeFormat, Color, GraphFormat, Only, ReportFormat, SchemaName, ShowFormat,
    StaleFormat, WhoFormat,
};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a spec or a template is wrong; or --check or --fail-on-change found a file out of date
  2  wigen could not run: wrong usage, or a file that cannot be read or written";

const EXAMPLES: &str = "\
Examples:
  wigen init                              write a first app.toml
  wigen render                            print everything for ./app.toml
  wigen render -o rendered                write it to files
  wigen render --only manifests | kubectl apply -f -
  wigen render --only gcloud | bash -s plan
  wigen render --check -o rendered        fail when the files are out of date
  wigen check deploy/                     check every spec below a directory
  wigen lint deploy/                      check manifests that wigen did not write
  wigen who deploy/                       whose identity each workload has
  wigen explain unknown-key               what a diagnostic means";

/// Render everything GKE Workload Identity needs from one app spec.
///
/// One spec (app.toml) in; the gcloud script, the ServiceAccount and the workload out, agreeing
/// by construction. Offline and without credentials.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Run as if started in this directory
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,

    /// Colour in messages; auto means on terminals, unless NO_COLOR is set
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        env = "WIGEN_COLOR",
        hide_env_values = true
    )]
    pub(crate) color: Color,

    /// Also report what was done
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Render(Box<RenderArgs>),

    /// Check specs without rendering them
    #[command(after_help = "\
Examples:
  wigen check
  wigen check apps/
  wigen check                             in a workspace: every spec
  wigen check --changed-since main        only specs that are new or changed
  wigen check --fix                       apply unambiguous corrections
  wigen check --deny warnings apps/       in CI
  wigen check --format json app.toml
  wigen check --format sarif apps/ > wigen.sarif")]
    Check {
        #[command(flatten)]
        select: SelectArgs,

        /// Output format; human goes to standard error, the others to standard output
        #[arg(long, default_value = "human", env = "WIGEN_FORMAT", hide_env_values = true)]
        format: ReportFormat,

        /// Apply unambiguous corrections to the specs, and show what changed
        #[arg(long, conflicts_with = "set")]
        fix: bool,

        #[command(flatten)]
        checks: CheckArgs,
    },

    /// Print the merged spec, with the origin of each value
    ///
    /// Merges the defaults of the workspace, the spec and its environment, and prints TOML: one value per
    /// line, with the file, line, column and layer that it comes from. The spec must have valid syntax and
    /// types; `wigen check` reports everything else.
    #[command(after_help = "\
Examples:
  wigen show
  wigen show app.toml --env prod
  wigen show -p fastapi-books --env prod  one app of the workspace
  wigen show --set container.image=books:2
  wigen show --format json app.toml       for programs: one JSON object per value")]
    Show {
        #[command(flatten)]
        select: SelectArgs,

        /// The environment of the specs [default: the one that a spec selects itself]
        #[arg(long, value_name = "NAME", env = "WIGEN_ENV", hide_env_values = true)]
        env: Option<String>,

        #[command(flatten)]
        set: SetArgs,

        /// Output format
        #[arg(long, default_value = "human", env = "WIGEN_FORMAT", hide_env_values = true)]
        format: ShowFormat,
    },

    Lint(Box<LintArgs>),

    /// Show whose identity each workload has, and what it may do
    ///
    /// Follows the chain from the pods over their ServiceAccount and its annotation to the IAM bindings, as
    /// `wigen lint` does, and shows one line per workload: the Google Cloud service account, or the principal
    /// of direct federation, and its roles. For specs it also prints the strings that stand for the identity
    /// in Terraform or a ticket: the account, its member, and the principal; and with manifests or --iam,
    /// where they differ from the spec.
    #[command(after_help = "\
Examples:
  wigen who                               the specs here
  wigen who -p fastapi-books --env prod   one app of the workspace
  wigen who deploy/ --iam setup.sh
  wigen who app.toml deploy/              where the manifests differ from the spec
  helm template books charts/books | wigen who - --namespace shop
  wigen who --format json deploy/         for programs: one JSON object per workload

Signs:
  →  has this identity    ✗  does not get it: the first link that is broken    ?  the files do not say

Exit codes:
  0  done, whatever the identities are; `wigen lint` judges them
  1  a spec or a manifest is wrong
  2  wigen could not run: wrong usage, or a file that cannot be read")]
    Who {
        #[command(flatten)]
        identities: IdentityArgs,

        /// Output format
        #[arg(long, default_value = "human", env = "WIGEN_FORMAT", hide_env_values = true)]
        format: WhoFormat,
    },

    /// Draw the identities: workload, ServiceAccount, service account, resources
    ///
    /// Reads the same as `wigen who`. Links that are broken are red, those that the files do not show are
    /// dashed.
    #[command(after_help = "\
Examples:
  wigen graph                             Mermaid, which GitHub renders in Markdown
  wigen graph deploy/ --iam setup.sh --format dot | dot -Tsvg > identities.svg")]
    Graph {
        #[command(flatten)]
        identities: IdentityArgs,

        /// Output format
        #[arg(long, default_value = "mermaid", env = "WIGEN_FORMAT", hide_env_values = true)]
        format: GraphFormat,
    },

    Diff(Box<DiffArgs>),

    /// List the built-in templates and their variables, or write templates to files to change them
    ///
    /// `wigen render --templates DIR` renders with the templates in DIR: *.yaml.j2 and *.sh.j2. A template
    /// with a built-in's name replaces it; any other makes a further file, unless its name begins with `_`
    /// or it is in a subdirectory: then other templates can include it.
    #[command(after_help = "\
Examples:
  wigen templates                         list them
  wigen templates variables               list the variables of templates
  wigen templates eject templates         write all of them to a directory
  wigen templates eject templates deployment.yaml.j2
  wigen render --templates templates")]
    Templates {
        #[command(subcommand)]
        action: Option<TemplatesAction>,
    },

    /// Print a JSON Schema: of specs, for editors, or of the output of `--format json`
    #[command(after_help = "\
Examples:
  wigen schema > app.schema.json          then, as the first line of app.toml:
                                          #:schema ./app.schema.json")]
    Schema {
        /// Which schema: app.toml, the Kubernetes object of kind App, wigen.toml, or a line of `--format json`: a diagnostic, a change of `wigen diff`, or a chain of `wigen who`
        #[arg(value_name = "SCHEMA", default_value = "app")]
        name: SchemaName,
    },

    /// Write a first app.toml, and its JSON Schema beside it
    ///
    /// In a workspace, a member has only the keys that the defaults do not provide, and all specs have one
    /// schema.
    #[command(after_help = "\
Examples:
  wigen init
  wigen init services/books")]
    Init {
        /// Where to write it
        #[arg(value_name = "DIR", default_value = ".")]
        into: PathBuf,

        /// Overwrite an existing app.toml
        #[arg(long)]
        force: bool,
    },

    /// Explain a diagnostic, or list all codes
    #[command(after_help = "\
Examples:
  wigen explain
  wigen explain derived-account-id")]
    Explain {
        /// The code in brackets after `error` or `warning`
        #[arg(value_name = "CODE")]
        codes: Vec<String>,
    },

    /// Run as a KRM function, for Kustomize and kpt; or try one by hand
    ///
    /// Kustomize and kpt start wigen without arguments: it reads a ResourceList on standard input and
    /// writes one to standard output. By hand, give a function config (an App, Apps, or a ConfigMap) and
    /// manifests: it prints the resulting YAML.
    #[command(after_help = "\
Examples:
  wigen krm app.yaml                      the output for `generators:`
  helm template books charts/books | wigen krm identity.yaml -
  kpt fn source books | wigen | kpt fn sink books-with-identity")]
    Krm {
        /// The function config
        #[arg(value_name = "CONFIG")]
        config: Option<PathBuf>,

        /// Input manifests: files, or `-` for standard input
        #[arg(value_name = "INPUT")]
        inputs: Vec<PathBuf>,
    },

    /// Install wigen as a Kustomize plugin for kubectl, or write a first kustomization
    #[command(after_help = "\
Examples:
  wigen kustomize init                    app.yaml and kustomization.yaml from ./app.toml
  wigen kustomize init app.toml --out deploy/books
  wigen kustomize init app.toml --base deploy/books --out deploy/prod
  wigen kustomize install                 then: kubectl kustomize --enable-alpha-plugins DIR
  wigen kustomize uninstall")]
    Kustomize {
        #[command(subcommand)]
        action: KustomizeAction,
    },

    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  wigen completions bash > ~/.local/share/bash-completion/completions/wigen
  wigen completions fish > ~/.config/fish/completions/wigen.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },

    /// Print the man page
    #[command(after_help = "\
Examples:
  wigen man | man -l -")]
    Man,
}
