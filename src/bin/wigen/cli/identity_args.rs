//! The arguments of the commands that show identities.

use std::path::PathBuf;

use clap::Args;

use super::lint_args::EvidenceArgs;
use super::select_args::SelectArgs;

/// Whose identities are shown.
#[derive(Debug, Args)]
pub(crate) struct IdentityArgs {
    /// Specs and manifests: files, `-` for manifests on standard input, or directories: those with specs, or else with manifests [default: the specs that `wigen check` selects, or else the manifests below this directory]
    #[arg(value_name = "FILE")]
    pub(crate) paths: Vec<PathBuf>,

    /// The app of this name in the workspace
    #[arg(short = 'p', long = "app", value_name = "NAME", conflicts_with = "paths")]
    pub(crate) apps: Vec<String>,

    /// The environment of the specs [default: the one that a spec selects itself]
    #[arg(long, value_name = "NAME", env = "WIGEN_ENV", hide_env_values = true)]
    pub(crate) env: Option<String>,

    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

impl IdentityArgs {
    /// The specs among some paths; without paths, those of this directory or workspace.
    pub(crate) fn select(&self, specs: Vec<PathBuf>) -> SelectArgs {
        SelectArgs { specs, workspace: false, apps: self.apps.clone(), changed_since: None }
    }
}
