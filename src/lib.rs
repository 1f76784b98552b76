//! One app spec in; everything GKE Workload Identity needs out, agreeing by construction.
//!
//! ```text
//! text → located document → spec → model → backends → artifacts
//! manifests, policies, scripts → observed → lint
//! ```
//!
//! The library neither prints nor reads files: it takes a [`Source`] and gives back artifacts and
//! diagnostics.
//!
//! ```
//! use wigen::{Levels, LoadOptions, RenderOptions, Source, Spec};
//!
//! let source = Source::new("app.toml", r#"
//!     name = "fastapi-books"
//!     project = "my-project"
//!     cluster = { name = "fastapi-cluster", region = "us-central1" }
//!     googleServiceAccount = {}
//!     container = { image = "us-docker.pkg.dev/my-project/books/api:1.4.2" }
//! "#);
//! let spec = Spec::load(&source, &LoadOptions::default())?;
//! let checked = spec.check(None, &Levels::default())?;
//! assert!(checked.warnings().is_empty());
//! let rendered = checked.render(&RenderOptions::default()).unwrap();
//! assert_eq!(rendered.artifacts[0].name, "gcloud.sh");
//! # Ok::<(), wigen::Diagnostics>(())
//! ```
#![deny(
    clippy::disallowed_methods,
    clippy::exit,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

pub mod backends;
pub mod diagnostics;
pub mod google;
pub mod krm;
pub mod kubernetes;
pub mod lint;
pub mod model;
pub(crate) mod observed;
pub mod report;
pub mod spec;
pub mod text;

pub use backends::artifact::Artifact;
pub use backends::{RenderOptions, Rendered};
pub use diagnostics::levels::Policy as Levels;
pub use diagnostics::source::Source;
pub use diagnostics::{Diagnostic, Diagnostics};
pub use spec::check::CheckedSpec;
pub use spec::load::{LoadOptions, Spec};
pub use spec::settings::{Setting, Settings};
pub use spec::types::App;
pub use spec::workspace::Workspace;

use backends::artifact::ArtifactKind;
use backends::templates::{TemplateError, Templates};
use diagnostics::{Code, Place, Severity};
use kubernetes::Version;
use model::conflicts::Claim;
use spec::checked::CheckedApp;

/// Options for every spec in a run.
#[derive(Debug, Clone, Default)]
pub struct Options<'a> {
    /// Warning levels: allowed, shown or denied.
    pub policy: Levels,
    /// The version of Kubernetes whose fields there are.
    pub version: Version,
    /// The artifacts that are rendered; none for all of them.
    pub kinds: Vec<ArtifactKind>,
    /// Templates of the user.
    pub templates: Option<&'a Templates>,
    /// The environment of the spec; unless given, that which the spec chooses.
    pub environment: Option<&'a str>,
    /// The workspace that the specs are in.
    pub workspace: Option<&'a Workspace>,
    /// The settings that are merged over each spec, and over its environments.
    pub settings: Option<&'a Settings>,
}

impl Options<'_> {
    /// Reads a spec.
    pub fn load(&self, source: &Source) -> Result<Spec, Diagnostics> {
        let Self { workspace, settings, version, .. } = *self;
        Spec::load(source, &LoadOptions { workspace, settings, version })
    }
}

/// The result of checking a spec.
#[derive(Debug)]
pub struct Checked {
    /// The spec, with the environment that is chosen; `None` when any diagnostic is an error.
    pub app: Option<CheckedApp>,
    /// Everything that was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks a spec.
pub fn check(source: &Source, options: &Options<'_>) -> Checked {
    let checked = options.load(source);
    match checked.and_then(|spec| spec.check(options.environment, &options.policy)) {
        Ok(checked) => {
            let diagnostics = checked.warnings().to_vec();
            Checked { app: Some(checked.into_app()), diagnostics }
        }
        Err(found) => Checked { app: None, diagnostics: found.into_vec() },
    }
}

/// The names of the environments of a spec.
pub fn environments(source: &Source, options: &Options<'_>) -> Vec<String> {
    let spec = options.load(source);
    spec.map(|spec| spec.environments().map(str::to_owned).collect()).unwrap_or_default()
}

pub use spec::load::name_in as name;

/// The name of the app in the environment that is chosen.
pub fn merged_name(source: &Source, options: &Options<'_>) -> Option<String> {
    options.load(source).ok()?.name(options.environment).map(str::to_owned)
}

/// Where a node of the flat, merged spec comes from.
pub fn origin(source: &Source, options: &Options<'_>, place: Place) -> Place {
    match options.load(source) {
        Ok(spec) => spec.origin(options.environment, place),
        Err(_) => Place { span: Some(0..0), ..place }.in_source(source),
    }
}

/// What came out of a spec.
#[derive(Debug, Default)]
pub struct Output {
    /// The name of the app; empty when anything is wrong.
    pub name: String,
    /// The environment that it was rendered for, where one was chosen.
    pub environment: Option<String>,
    /// What the app claims for itself; nothing when anything is wrong.
    pub claims: Vec<Claim>,
    /// The artifacts; none when anything is wrong.
    pub artifacts: Vec<Artifact>,
    /// Everything that was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong with templates of the user, or with what they make; warnings too.
    pub faults: Vec<TemplateError>,
}

/// Reads, checks and renders a spec.
pub fn render(
    source: &Source,
    options: &Options<'_>,
    previous: Option<(&str, &CheckedApp)>,
) -> Output {
    let Checked { app, diagnostics } = check(source, options);
    let rendered = app.map(|app| artifacts(source, &app, options, previous)).unwrap_or_default();
    Output { diagnostics, ..rendered }
}

/// Renders a spec that has been checked.
pub fn artifacts(
    source: &Source,
    app: &CheckedApp,
    options: &Options<'_>,
    previous: Option<(&str, &CheckedApp)>,
) -> Output {
    let Options { templates, version, .. } = *options;
    let render = RenderOptions { kinds: &options.kinds, templates, previous };
    match backends::render(source, app, version, &render) {
        Ok(Rendered { artifacts, claims }) => {
            let own = options.templates.is_some();
            let faults = if own { disagreements(&artifacts, options) } else { Vec::new() };
            let is_error = |fault: &TemplateError| fault.diagnostic.severity == Severity::Error;
            let artifacts = if faults.iter().any(is_error) { Vec::new() } else { artifacts };
            let environment =
                options.environment.map(str::to_owned).or_else(|| app.environment.clone());
            let diagnostics = Vec::new();
            Output {
                name: app.name.to_string(),
                environment,
                claims,
                artifacts,
                diagnostics,
                faults,
            }
        }
        Err(faults) => Output { faults, ..Output::default() },
    }
}

pub use backends::side;

/// What wigen's own templates agree on by construction: the links of the identity, in what templates of
/// the user made. What the spec says is judged there.
fn disagreements(artifacts: &[Artifact], options: &Options<'_>) -> Vec<TemplateError> {
    let sources = |wanted: fn(ArtifactKind) -> bool| -> Vec<Source> {
        let artifacts = artifacts.iter().filter(|artifact| wanted(artifact.kind));
        artifacts
            .map(|one| Source::new(format!("rendered {}", one.name), one.text.as_str()))
            .collect()
    };
    let manifests = sources(ArtifactKind::is_manifest);
    let scripts = sources(|kind| kind == ArtifactKind::Gcloud);
    let found = lint::lint(&manifests, &scripts, None, &options.policy);
    let rendered = manifests.iter().chain(&scripts).zip(found);
    rendered
        .flat_map(|(source, found)| found.into_iter().map(move |one| (source, one)))
        .filter(|(_, found)| found.code != Code::KEY_FILE)
        .map(|(source, diagnostic)| TemplateError { template: source.clone(), diagnostic })
        .collect()
}
