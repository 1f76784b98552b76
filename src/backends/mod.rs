//! What is rendered from the model: the artifacts, and the templates that make them.

pub mod artifact;
pub(crate) mod config_connector;
pub(crate) mod gcloud;
pub mod templates;
pub(crate) mod terraform;

pub use gcloud::quote::word as bash_word;

use crate::backends::artifact::{Artifact, ArtifactKind, Owner};
use crate::backends::templates::{TemplateError, TemplateOptions, Templates};
use crate::backends::terraform::import::not_importable;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::source::Source;
use crate::model::conflicts::Claim;
use crate::model::diff::Resolved;
use crate::model::identity::Identity;
use crate::model::previous::Previous;
use crate::model::workload::Workload;
use crate::spec::check::CheckedSpec;
use crate::spec::checked::CheckedApp;
use crate::text;

/// What a spec is rendered with.
#[derive(Debug, Clone, Copy, Default)]
pub struct RenderOptions<'a> {
    /// The artifacts that are rendered; none for all of them.
    pub kinds: &'a [ArtifactKind],
    /// Templates of the user.
    pub templates: Option<&'a Templates>,
    /// An earlier spec of the app and its file name: what it granted and this one does not, the script
    /// can take back.
    pub previous: Option<(&'a str, &'a CheckedApp)>,
    /// The path from the gcloud script to the library that it shares with others, see
    /// [`templates::library`]. `None` for a script that has everything itself.
    pub library: Option<&'a str>,
    /// Whether to render `import.tf`, and then the address of the module in which its blocks are; empty
    /// for a root module.
    pub import: Option<&'a str>,
}

/// What a spec is rendered to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rendered {
    /// The files, in their order.
    pub artifacts: Vec<Artifact>,
    /// What the app claims for itself, which no other app may claim.
    pub claims: Vec<Claim>,
    /// The Google Cloud side of the app.
    pub identity: Identity,
    /// What the spec does not allow, and only rendering finds.
    pub warnings: Vec<Diagnostic>,
}

impl CheckedSpec {
    /// Renders the artifacts. The error is everything that is wrong with templates of the user, or with
    /// what they make.
    ///
    /// ```
    /// use wigen::{Levels, LoadOptions, RenderOptions, Source, Spec};
    ///
    /// let source = Source::new("app.toml", r#"
    ///     name = "books-api"
    ///     project = "my-project"
    ///     cluster = { name = "shop", region = "us-central1" }
    ///     container = { image = "us-docker.pkg.dev/my-project/books/api:1.4.2" }
    /// "#);
    /// let spec = Spec::load(&source, &LoadOptions::default())?;
    /// let checked = spec.check(None, &Levels::default())?;
    /// let rendered = checked.render(&RenderOptions::default()).unwrap();
    /// let names: Vec<&str> = rendered.artifacts.iter().map(|one| one.name.as_str()).collect();
    /// assert_eq!(names, ["gcloud.sh", "service-account.yaml", "deployment.yaml"]);
    /// # Ok::<(), wigen::Diagnostics>(())
    /// ```
    pub fn render(&self, options: &RenderOptions<'_>) -> Result<Rendered, Vec<TemplateError>> {
        let identity = Identity::from_app(self.app());
        let previous = options
            .previous
            .map(|(spec, app)| Previous::new(spec, &Identity::from_app(app), &identity));
        let workload = Workload::from_app(self.app(), &identity);
        let kinds = if options.kinds.is_empty() { ArtifactKind::ALL } else { options.kinds };
        let RenderOptions { templates, library, import, .. } = *options;
        let version = self.version();
        let options = TemplateOptions { kinds, templates, version, library, import };
        let mut artifacts =
            templates::render(self.source(), &identity, previous.as_ref(), &workload, options)?;
        let owner = Owner { app: &self.app().name, environment: self.environment() };
        for artifact in &mut artifacts {
            artifact.sign(owner);
        }
        let claims = Claim::from_app(self.app(), self.environment(), &identity);
        let imports = artifacts.iter().any(|one| one.kind == ArtifactKind::TerraformImport);
        let warnings = if imports { not_importable(self.app()) } else { Vec::new() };
        Ok(Rendered { artifacts, claims, identity, warnings })
    }

    /// The spec as a side of a comparison (see [`crate::model::diff::changes`]), with the manifest that
    /// wigen's own templates make. What the rules have accepted can be rendered; should it ever not, the
    /// error says why.
    pub fn resolve(&self) -> Result<Resolved, Vec<TemplateError>> {
        let identity = Identity::from_app(self.app());
        let workload = Workload::from_app(self.app(), &identity);
        let kinds = &[ArtifactKind::Namespace, ArtifactKind::NetworkPolicy, ArtifactKind::Workload];
        let version = self.version();
        let options =
            TemplateOptions { kinds, templates: None, version, library: None, import: None };
        let artifacts = templates::render(self.source(), &identity, None, &workload, options)?;
        let (mut manifest, mut objects) = (None, Vec::new());
        for one in artifacts {
            let parsed = text::parse_rendered(&Source::new(one.name, one.text)).ok();
            let object = parsed.and_then(|parsed| parsed.into_iter().next());
            match one.kind {
                ArtifactKind::Workload => manifest = object,
                _ => objects.extend(object),
            }
        }
        Ok(Resolved { identity, workload, manifest, objects, version: self.version() })
    }
}
