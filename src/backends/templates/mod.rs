//! Renders artifacts from templates. The file name of a template picks the escaper of its values. What
//! users' templates render is read back and checked.

mod code;
mod context;
mod environment;
mod error;
mod identity_context;
mod injection;
mod limits;
mod manifest_check;
mod metering;
mod nesting;
mod provenance;
mod render_own;
mod set;
mod sources;
mod terraform_check;
mod terraform_context;
mod variables;
mod yaml;

use std::sync::LazyLock;

use crate::backends::artifact::{Artifact, ArtifactKind, Owner, with_mark};
use crate::backends::gcloud::quote;
use crate::diagnostics::source::Source;
use crate::kubernetes::Version;
use crate::model::identity::Identity;
use crate::model::previous::Previous;
use crate::model::workload::Workload;
pub use error::TemplateError;
use manifest_check::Manifests;
pub use set::Templates;
pub use sources::{BUILT_IN, Template};
pub use variables::{Variable, variables};

/// Which artifacts to render, and how.
#[derive(Debug, Clone, Copy)]
pub struct TemplateOptions<'a> {
    /// The kinds of artifacts.
    pub kinds: &'a [ArtifactKind],
    /// The user's templates; `None` for the built-in ones alone.
    pub templates: Option<&'a Templates>,
    /// The version of Kubernetes that manifests must fit.
    pub version: Version,
    /// The path from the script of gcloud to the library with its machinery; `None` if it has that itself.
    pub library: Option<&'a str>,
    /// Whether to render imports, and then the address of the module.
    pub import: Option<&'a str>,
}

static OWN_TEMPLATES: LazyLock<Templates> = LazyLock::new(Templates::built_in);

/// Renders the artifacts of an app. Their first lines name the file of `spec`, and errors show the values
/// in it.
///
/// The error is everything that is wrong with the templates, or with what they render.
pub fn render(
    spec: &Source,
    identity: &Identity,
    previous: Option<&Previous>,
    workload: &Workload,
    options: TemplateOptions<'_>,
) -> Result<Vec<Artifact>, Vec<TemplateError>> {
    let templates = options.templates.unwrap_or(&OWN_TEMPLATES);
    let TemplateOptions { library, import, .. } = options;
    let context = context::context(spec.file_name(), identity, previous, workload, library, import);
    let mut manifests = Manifests::new(spec, templates, options.version);
    let mut artifacts = Vec::new();
    let mut errors = Vec::new();
    for (kind, template) in templates.artifacts(workload.kind) {
        let is_left_out = match kind {
            ArtifactKind::Namespace => workload.rendered_namespace.is_none(),
            ArtifactKind::ServiceAccount => !identity.renders_service_account,
            ArtifactKind::NetworkPolicy => workload.network_policy.is_none(),
            ArtifactKind::Workload => workload.container.is_none(),
            ArtifactKind::TerraformImport if options.import.is_none() => true,
            _ => kind.cloud_format().is_some_and(|format| format != identity.format),
        };
        if is_left_out || !options.kinds.contains(&kind) {
            continue;
        }
        let output = match templates.render(template, &context) {
            Ok(output) => output,
            Err(error) => {
                errors.push(*error);
                continue;
            }
        };
        // A template that prints nothing of an app renders no artifact.
        if output.whole.text.trim().is_empty() {
            continue;
        }
        let name = template.strip_suffix(".j2").unwrap_or(template);
        // Users' templates may print anything. The built-in ones print valid manifests of every spec that
        // the rules accept; debug builds, and with them all tests and fuzz targets, hold them to that.
        if kind.is_manifest() && (templates.has_own() || cfg!(debug_assertions)) {
            let found = manifests.check(template, name, &output);
            debug_assert!(templates.has_own() || found.is_empty(), "{name}: {found:?}");
            errors.extend(found);
        }
        if kind.is_terraform() && (templates.has_own() || cfg!(debug_assertions)) {
            errors.extend(terraform_check::check(templates, template, name, &output));
        }
        let text = with_mark(output.whole.text, &quote::word(spec.file_name()));
        artifacts.push(Artifact { kind, name: name.to_owned(), text });
    }
    if errors.is_empty() { Ok(artifacts) } else { Err(errors) }
}

/// The file name of the [`library`].
pub const LIBRARY: &str = "gcloud-lib.sh";

/// Renders the machinery of the scripts of gcloud of a workspace, from the file name of that.
pub fn library(
    workspace: &str,
    templates: Option<&Templates>,
) -> Result<Artifact, Box<TemplateError>> {
    let templates = templates.unwrap_or(&OWN_TEMPLATES);
    let output = templates.render("gcloud-lib.sh.j2", &context::shared_context(workspace))?;
    let text = with_mark(output.whole.text, &quote::word(workspace));
    let mut library = Artifact { kind: ArtifactKind::Gcloud, name: LIBRARY.to_owned(), text };
    library.sign(Owner::ALL);
    Ok(library)
}
