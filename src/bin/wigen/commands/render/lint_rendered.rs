//! Lints what templates of the user made.

use wigen::backends::artifact::{Artifact, ArtifactKind};
use wigen::backends::templates::TemplateError;
use wigen::diagnostics::Code;
use wigen::{Levels, Source, lint};

/// What rules for specs find, too.
const OF_THE_SPEC: [Code; 3] = [Code::KEY_FILE, Code::METADATA_HOST, Code::UNKNOWN_ROLE];

/// Checks the links of the identity, on which wigen's own templates agree by construction. What the spec
/// itself says has been checked.
pub(super) fn lint_rendered(artifacts: &[Artifact], levels: &Levels) -> Vec<TemplateError> {
    let sources = |is_wanted: fn(ArtifactKind) -> bool| -> Vec<Source> {
        let artifacts = artifacts.iter().filter(|artifact| is_wanted(artifact.kind));
        artifacts
            .map(|one| Source::new(format!("rendered {}", one.name), one.text.as_str()))
            .collect()
    };
    let manifests = sources(ArtifactKind::is_manifest);
    let iam = sources(|kind| [ArtifactKind::Gcloud, ArtifactKind::Terraform].contains(&kind));
    let found = lint::lint(&manifests, &iam, None, levels);
    let rendered = manifests.iter().chain(&iam).zip(found);
    rendered
        .flat_map(|(source, found)| found.into_iter().map(move |one| (source, one)))
        .filter(|(_, found)| !OF_THE_SPEC.contains(&found.code))
        .map(|(source, diagnostic)| TemplateError { template: source.clone(), diagnostic })
        .collect()
}
