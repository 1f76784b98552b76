//! `wigen render`: what can be asked of it.

use std::num::NonZero;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::{Only, OutputPattern, Rules, Specs};

/// Render specs, to standard output or to files
///
/// All specs are checked and rendered before anything is written. A file that wigen did not
/// write is left alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wigen render
  wigen render app.toml -o rendered
  wigen render apps/ -o rendered          rendered/<app>/gcloud.sh, ...
  wigen render apps/ -o '{dir}/rendered'  beside each spec
  wigen render apps/ -o 'deploy/{env}/{name}' --env test,prod
  wigen render                            in a workspace: every spec of it, to where wigen.toml says
  wigen render -p fastapi-books           one app of it
  wigen render -p fastapi-books --set container.image=books:2
  wigen render --changed-since main       only the specs that differ from a revision
  wigen render apps/ -o rendered --check  fail when a file is out of date
  wigen render apps/ -o rendered --prune  and without the files of apps that are gone
  wigen render apps/ -o rendered --watch  again whenever a spec is saved
  cat app.toml | wigen render - --only manifests | kubectl apply -f -
  git show HEAD~1:app.toml | wigen render app.toml --previous - --only gcloud
  wigen render --templates templates      with templates of your own: wigen templates")]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) specs: Specs,

    /// Write files here instead of printing, which `-` does where the workspace says where; in a directory for each app, and for each environment, where there are several, unless `{dir}` (the directory of the spec), `{name}` (the name of the app) or `{env}` (the environment) says where
    #[arg(short, long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(OutputPattern::parse))]
    pub(crate) out: Option<OutputPattern>,

    /// Render only these
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Only>,

    /// Every environment that the specs have
    #[arg(long, conflicts_with = "environments")]
    pub(crate) all_envs: bool,

    /// An earlier spec of the app: what it granted and this one does not, gcloud.sh tells, and `gcloud.sh prune` takes back
    #[arg(long, value_name = "SPEC")]
    pub(crate) previous: Option<PathBuf>,

    /// Templates of your own: those called like one of wigen's take its place, others make further files
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,

    /// Overwrite files that wigen did not write
    #[arg(long)]
    pub(crate) force: bool,

    /// Remove files that wigen wrote and that nothing renders any more
    #[arg(long)]
    pub(crate) prune: bool,

    /// Exit with 1 when a file was written or removed, and name it
    #[arg(long)]
    pub(crate) fail_on_change: bool,

    /// Write nothing; show which files are out of date, missing or left over, and exit with 1 if any is
    #[arg(long, conflicts_with_all = ["force", "prune", "fail_on_change"])]
    pub(crate) check: bool,

    /// How to tell what is out of date
    #[arg(long, value_enum, default_value = "human", requires = "check")]
    pub(crate) format: StaleFormat,

    /// Go on: render again whenever a spec is saved, and name the files that changed
    #[arg(long, conflicts_with_all = ["check", "fail_on_change"])]
    pub(crate) watch: bool,

    /// Threads that work at the same time [default: as many as there are cores]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) threads: Option<NonZero<usize>>,

    #[command(flatten)]
    pub(crate) rules: Rules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StaleFormat {
    /// For people: a line for each file, and a unified diff of what changed
    Human,
    /// One object a line; what is wrong with specs, as `wigen schema diagnostic` describes it
    Json,
}
