//! The arguments of `wigen diff`.

use std::path::PathBuf;

use clap::Args;

use super::select_args::FormatArgs;
use super::values::ChangeFormat;

/// Show what changes for identities and pods between specs, or git revisions
///
/// Reports the service account, its members, the roles gained and lost, the manifests that make pods
/// roll, and what the API server rejects, in each environment. OLD and NEW are each a file, `-` for standard input, a
/// directory to search for specs, a file or directory at a revision in git's notation
/// (`main:./apps`), or a revision alone: it means what the other argument names, at that revision, or
/// else every spec below this directory. If a file of that name exists, the file is meant. Specs in
/// directories are matched by path, and moved ones by the name of the app. The manifests are those of
/// the built-in templates.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wigen diff old.toml app.toml            between two specs
  wigen diff HEAD~1 app.toml              a spec at a revision, and now
  wigen diff main                         every spec below this directory, since main
  wigen diff v1.2 v1.3
  wigen diff main:./apps/books/app.toml apps/books/app.toml --env prod
  wigen diff main -p fastapi-books        one app
  wigen diff --exit-code main             exit with 1 if anything changes

Signs:
  +  added    -  removed    ~  changed    !  rejected by the API server

Exit codes:
  0  done
  1  a spec is wrong, and nothing was compared; or, with --exit-code, something changes
  2  wigen could not run: wrong usage, no such file or revision, or no git")]
pub(crate) struct DiffArgs {
    /// The old state: a spec, a directory, or a git revision
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// The new state [default: the working tree, if OLD is at a revision]
    #[arg(value_name = "NEW")]
    pub(crate) new: Option<PathBuf>,

    /// Environments of the specs [default: all]
    #[arg(
        long = "env",
        value_name = "NAME",
        value_delimiter = ',',
        env = "WIGEN_ENV",
        hide_env_values = true
    )]
    pub(crate) environments: Vec<String>,

    /// Every environment of the specs, and nothing without one
    #[arg(long, conflicts_with = "environments")]
    pub(crate) all_envs: bool,

    /// Only the app of this name
    #[arg(short = 'p', long = "app", value_name = "NAME")]
    pub(crate) apps: Vec<String>,

    /// Output format: for people, one JSON object per line as `wigen schema change` describes it, or
    /// Markdown for a pull request
    #[arg(long, default_value = "human", env = "WIGEN_FORMAT", hide_env_values = true)]
    pub(crate) format: ChangeFormat,

    /// Exit with 1 if anything changes
    #[arg(long)]
    pub(crate) exit_code: bool,

    #[command(flatten)]
    pub(crate) cloud_format: FormatArgs,
}
