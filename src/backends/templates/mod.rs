//! Renders artifacts from templates: the built-in ones and those that users bring. The file name of a
//! template picks the escaper; what users' templates print is read back and checked.

mod context;
mod environment;
mod error;
mod identity_context;
mod injection;
mod manifest_check;
mod provenance;
mod set;
mod variables;
mod yaml;

use std::sync::LazyLock;

use crate::backends::artifact::{Artifact, Kind, marked};
use crate::diagnostics::source::Source;
use crate::kubernetes::Version;
use crate::model::identity::Identity;
use crate::model::previous::Previous;
use crate::model::workload::Workload;
pub use error::Fault;
use manifest_check::Manifests;
pub use set::{BUILT_IN, Template, Templates};
pub use variables::{Variable, variables};

/// How artifacts are rendered.
#[derive(Debug, Clone, Copy)]
pub struct How<'a> {
    /// Which of them.
    pub kinds: &'a [Kind],
    /// From which templates; none for those inside the program.
    pub templates: Option<&'a Templates>,
    /// For which version of Kubernetes.
    pub version: Version,
}

/// Writes an object as a YAML document that readers of YAML 1.1 and 1.2 take for the same.
pub fn yaml(object: &serde_json::Value) -> String {
    yaml::document(object)
}

/// Renders the artifacts of an app. `spec` is what their first lines name, and where values come from.
///
/// Everything that is wrong with the templates, or with what they make, is the error.
pub fn render(
    spec: &Source,
    identity: &Identity,
    previous: Option<&Previous>,
    workload: &Workload,
    how: How<'_>,
) -> Result<Vec<Artifact>, Vec<Fault>> {
    static BUILT_IN: LazyLock<Templates> = LazyLock::new(Templates::built_in);
    let templates = how.templates.unwrap_or(&BUILT_IN);
    let context = context::context(spec.file_name(), identity, previous, workload);
    let mut manifests = Manifests::new(spec, templates, how.version);
    let mut artifacts = Vec::new();
    let mut faults = Vec::new();
    for (kind, template) in templates.artifacts(workload.kind) {
        let given = match kind {
            Kind::ServiceAccount => !identity.renders_service_account,
            Kind::Workload => workload.container.is_none(),
            _ => false,
        };
        if given || !how.kinds.contains(&kind) {
            continue;
        }
        let output = match templates.print(template, &context) {
            Ok(output) => output,
            Err(fault) => {
                faults.push(*fault);
                continue;
            }
        };
        // A template that has nothing to say of an app makes no artifact.
        if output.text().trim().is_empty() {
            continue;
        }
        let name = template.strip_suffix(".j2").unwrap_or(template);
        // Users' templates may print anything. The built-in ones print valid manifests of every spec that
        // the rules accept; debug builds, and with them all tests and fuzz targets, hold them to that.
        if kind.is_manifest() && (templates.has_own() || cfg!(debug_assertions)) {
            let found = manifests.check(template, name, &output);
            debug_assert!(templates.has_own() || found.is_empty(), "{name}: {found:?}");
            faults.extend(found);
        }
        let text =
            marked(output.into_text(), &crate::backends::gcloud::quote::word(spec.file_name()));
        artifacts.push(Artifact { kind, name: name.to_owned(), text });
    }
    if faults.is_empty() { Ok(artifacts) } else { Err(faults) }
}
