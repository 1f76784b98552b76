//! Values of options.

use clap::ValueEnum;
use wigen::backends::artifact::{self, ArtifactKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BuildTool {
    /// `kustomize build`, which starts wigen itself
    Kustomize,
    /// `kubectl kustomize`, which needs `wigen kustomize install`
    Kubectl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// gcloud.sh
    Gcloud,
    /// main.tf, and import.tf
    Terraform,
    /// import.tf, with --import
    Import,
    /// iam.yaml
    ConfigConnector,
    /// 00-namespace.yaml
    Namespace,
    /// service-account.yaml
    ServiceAccount,
    /// network-policy.yaml
    NetworkPolicy,
    /// deployment.yaml, or the file named after the kind of workload
    Workload,
    /// All manifests, for kubectl
    Manifests,
}

impl Only {
    /// The artifacts that are selected; all of them if nothing is.
    pub(crate) fn kinds(selected: &[Self]) -> Vec<ArtifactKind> {
        let name = |only: &Self| only.to_possible_value().map(|value| value.get_name().to_owned());
        let names = selected.iter().filter_map(name);
        let kinds: Vec<ArtifactKind> =
            names.filter_map(|name| artifact::kinds_by_name(&name)).flatten().collect();
        let wanted = |kind: &ArtifactKind| kinds.is_empty() || kinds.contains(kind);
        ArtifactKind::ALL.iter().copied().filter(wanted).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Human,
    /// One JSON object per line, as `wigen schema diagnostic` describes it
    Json,
    /// A SARIF 2.1.0 log, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// JUnit XML, for test reports
    Junit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StaleFormat {
    /// For people: one line per file, and a unified diff of what changed
    Human,
    /// One JSON object per line; diagnostics as `wigen schema diagnostic` describes them
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// TOML, with comments
    Human,
    /// One JSON object per line: spec, pointer, value, file, line, column, layer
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChangeFormat {
    Human,
    Json,
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaName {
    App,
    Krm,
    Workspace,
    Diagnostic,
    Change,
    Chain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhoFormat {
    /// A table for people
    Human,
    /// One JSON object per line, as `wigen schema chain` describes it
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A flowchart for Markdown
    Mermaid,
    /// The language of Graphviz
    Dot,
}
