//! The arguments of `wigen render`.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::output_pattern::OutputPattern;
use super::select_args::{CheckArgs, SelectArgs};
use super::values::{Only, StaleFormat};

/// Render specs, to standard output or to files
///
/// All specs are checked and rendered before anything is written. Files that wigen did not write are
/// not overwritten.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wigen render
  wigen render app.toml -o rendered
  wigen render apps/ -o rendered          rendered/<app>/gcloud.sh, ...
  wigen render apps/ -o '{dir}/rendered'  beside each spec
  wigen render apps/ -o 'deploy/{env}/{name}' --env test,prod
  wigen render                            in a workspace: every spec, to where wigen.toml says
  wigen render -p fastapi-books           one app of the workspace
  wigen render -p fastapi-books --set container.image=books:2
  wigen render --changed-since main       only the specs that differ from a revision
  wigen render apps/ -o rendered --check  fail when a file is out of date
  wigen render apps/ -o rendered --prune  also remove the files of deleted apps
  wigen render apps/ -o rendered --watch  again whenever a spec is saved
  cat app.toml | wigen render - --only manifests | kubectl apply -f -
  wigen render --cloud-format terraform --import -o terraform
  git show HEAD~1:app.toml | wigen render app.toml --previous - --only gcloud
  wigen render --previous-rev main        every spec, with what it granted at a git revision
  wigen render --templates templates      with your own templates: see wigen templates")]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,

    /// Write files to this directory; `-` prints even if the workspace names a directory. Several apps or environments get a directory each, unless the path has `{dir}` (the directory of the spec), `{name}` (the app) or `{env}` (the environment)
    #[arg(short, long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(OutputPattern::parse))]
    pub(crate) out: Option<OutputPattern>,

    /// Where files go if no workspace says, as `-o` does. Without SPEC it also stands for all specs: those of the workspace, or else all below this directory. For hooks
    #[arg(long, value_name = "DIR", conflicts_with = "out", value_parser = OsStringValueParser::new().try_map(OutputPattern::parse))]
    pub(crate) default_out: Option<OutputPattern>,

    /// Render only these artifacts
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) only: Vec<Only>,

    /// Render every environment of the specs
    #[arg(long, conflicts_with = "environments")]
    pub(crate) all_envs: bool,

    /// An earlier spec of the app: gcloud.sh reports what it granted and this one does not, and `gcloud.sh prune` revokes it
    #[arg(long, value_name = "SPEC")]
    pub(crate) previous: Option<PathBuf>,

    /// The same with each spec, its environments and the defaults of its workspace as they were at this git revision
    #[arg(long, value_name = "REVISION", conflicts_with = "previous")]
    pub(crate) previous_rev: Option<String>,

    /// For Terraform: also render import.tf, with which the module adopts what gcloud.sh has made. MODULE is its address, such as `module.{name}`, unless it is the root module
    #[arg(long, value_name = "MODULE", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = parse_module)]
    pub(crate) import: Option<String>,

    /// Your own templates: a template with a built-in's name replaces it, others make further files
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,

    /// Overwrite files that wigen did not write; with --prune, also remove the gcloud.sh of removed apps
    #[arg(long)]
    pub(crate) force: bool,

    /// Remove files that wigen rendered, that nobody edited and that nothing renders any more
    #[arg(long)]
    pub(crate) prune: bool,

    /// Exit with 1 if a file was written or removed, and name it
    #[arg(long)]
    pub(crate) fail_on_change: bool,

    /// Write nothing; show which files are out of date, missing or left over, and exit with 1 if there are any
    #[arg(long, conflicts_with_all = ["force", "prune", "fail_on_change"])]
    pub(crate) check: bool,

    /// Output format of --check
    #[arg(
        long,
        default_value = "human",
        requires = "check",
        env = "WIGEN_FORMAT",
        hide_env_values = true
    )]
    pub(crate) format: StaleFormat,

    /// Keep running: render again whenever a spec is saved, and name the files that changed
    #[arg(long, conflicts_with_all = ["check", "fail_on_change"])]
    pub(crate) watch: bool,

    /// Number of threads [default: the number of cores]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) threads: Option<NonZero<usize>>,

    #[command(flatten)]
    pub(crate) checks: CheckArgs,
}

/// Checks the address of a module: `module.NAME`, or one in another. `{name}` and `{env}` stand for the app
/// and its environment.
pub(crate) fn parse_module(text: &str) -> Result<String, String> {
    let plain = text.replace("{name}", "a").replace("{env}", "a");
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    let words: Vec<&str> = plain.split('.').collect();
    let is_address = words.chunks(2).all(|pair| match pair {
        ["module", name] => {
            let (name, key) = name.split_once("[\"").unwrap_or((name, "a\"]"));
            is_word(name) && key.strip_suffix("\"]").is_some_and(is_word)
        }
        _ => false,
    });
    if text.is_empty() || is_address {
        return Ok(text.to_owned());
    }
    Err("it is not the address of a module, such as module.books".to_owned())
}
