//! The arguments of `wigen lint`.

use std::path::PathBuf;

use clap::Args;

use super::select_args::WarningArgs;
use super::values::ReportFormat;

/// Check manifests that wigen did not write
///
/// Applies the rules of Workload Identity to plain YAML or JSON, or the output of helm or kustomize:
/// the pods, the ServiceAccount that they name, its annotation; and with --iam also the members in IAM
/// policies. All files are checked together.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wigen lint deploy/
  helm template books charts/books --namespace shop | wigen lint - --namespace shop
  kustomize build overlays/prod | wigen lint - --deny warnings
  wigen lint deploy/ --iam setup.sh
  wigen lint deploy/ --iam books@my-project.iam.gserviceaccount.com.json")]
pub(crate) struct LintArgs {
    /// Manifests: files, `-` for standard input, or directories to search for *.yaml, *.yml and *.json [default: .]
    #[arg(value_name = "FILE")]
    pub(crate) manifests: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,

    /// Output format; human goes to standard error, the others to standard output
    #[arg(long, default_value = "human", env = "WIGEN_FORMAT", hide_env_values = true)]
    pub(crate) format: ReportFormat,

    #[command(flatten)]
    pub(crate) warnings: WarningArgs,
}

/// What is read beside the manifests.
#[derive(Debug, Args)]
pub(crate) struct EvidenceArgs {
    /// A gcloud script; a Terraform file, or what `terraform show -json` prints; objects of Config Connector; or a policy as `gcloud ... get-iam-policy` prints it (name that of a service account EMAIL.yaml or EMAIL.json)
    #[arg(long, value_name = "FILE")]
    pub(crate) iam: Vec<PathBuf>,

    /// The namespace of objects that name none
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
}
