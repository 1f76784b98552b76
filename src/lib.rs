//! One app spec in; everything GKE Workload Identity needs out, agreeing by construction.
//!
//! ```text
//! source → locate → envelope → schema → overlay → app → rules, policy → identity, workload → render → artifacts
//!              └ syntax            └ shape                  └ meaning
//! ```
//!
//! A room may import only the rooms before it in this line (`tests/cli/layers.rs`). The library neither
//! prints nor reads files: it takes a [`diagnostics::source::Source`] and gives back artifacts and diagnostics.
//!
//! ```
//! use wigen::{Options, diagnostics::source::Source};
//!
//! let source = Source::new("app.toml", r#"
//!     name = "fastapi-books"
//!     project = "my-project"
//!     cluster = { name = "fastapi-cluster", region = "us-central1" }
//!     googleServiceAccount = {}
//!     container = { image = "us-docker.pkg.dev/my-project/books/api:1.4.2" }
//! "#);
//! let rendered = wigen::render(&source, &Options::default(), None);
//! assert!(rendered.diagnostics.is_empty());
//! assert_eq!(rendered.artifacts[0].name, "gcloud.sh");
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

use serde_json::Value;

use backends::artifact::{Artifact, ArtifactKind};
use backends::templates::{RenderOptions, TemplateError, Templates};
use diagnostics::levels::Policy;
use diagnostics::source::Source;
use diagnostics::{Code, Diagnostic, Place, Severity};
use kubernetes::Version;
use model::conflicts::Claim;
use model::diff::Resolved;
use model::identity::Identity;
use model::previous::Previous;
use model::workload::Workload;
use spec::checked::CheckedApp;
use spec::envelope::Form;
use spec::environments::Environments;
use spec::layers::Layers;
use spec::merge::Overlay;
use spec::settings::Settings;
use spec::types::App;
use spec::workspace::Workspace;
use spec::{rules, schema};

/// What is asked of every spec of a run.
#[derive(Debug, Clone, Default)]
pub struct Options<'a> {
    /// Which warnings are said, and which stop.
    pub policy: Policy,
    /// The version of Kubernetes whose fields there are.
    pub version: Version,
    /// The artifacts that are rendered; none for all of them.
    pub kinds: Vec<ArtifactKind>,
    /// Templates of the user.
    pub templates: Option<&'a Templates>,
    /// The environment of the spec that is meant; unless given, that which the spec chooses.
    pub environment: Option<&'a str>,
    /// The workspace that the specs are in: each of them is laid over its defaults.
    pub workspace: Option<&'a Workspace>,
    /// What is laid over each spec, and over its environments.
    pub settings: Option<&'a Settings>,
}

/// What a spec was found to be.
#[derive(Debug)]
pub struct Checked {
    /// The spec, with the environment that is chosen; `None` when any diagnostic is an error.
    pub app: Option<CheckedApp>,
    /// Everything there is to say of it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// What came out of a spec.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The name of the app; empty when anything is wrong.
    pub name: String,
    /// The environment that it was rendered for, where one was chosen.
    pub environment: Option<String>,
    /// What the app claims for itself; nothing when anything is wrong.
    pub claims: Vec<Claim>,
    /// The artifacts; none when anything is wrong.
    pub artifacts: Vec<Artifact>,
    /// Everything there is to say of the spec, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong with templates of the user, or with what they make; warnings too.
    pub faults: Vec<TemplateError>,
}

/// Reads a spec and says everything that is wrong with it. Three stages (syntax, shape, meaning),
/// each complete before the next. Where no environment is chosen, all of them are judged. In a workspace
/// it is the merged spec that is judged, and each place is where the value comes from.
pub fn check(source: &Source, options: &Options<'_>) -> Checked {
    let (app, mut diagnostics) = stages(source, options);
    text::place(source, &mut diagnostics);
    let sound = diagnostics.iter().all(|found| found.severity != Severity::Error);
    Checked { app: app.filter(|_| sound), diagnostics }
}

fn stages(source: &Source, options: &Options<'_>) -> (Option<CheckedApp>, Vec<Diagnostic>) {
    let document = match text::parse(source) {
        Ok(document) => document,
        Err(found) => return (None, found),
    };
    let (document, layers) = match layers(document, options) {
        Ok(layered) => layered,
        Err(found) => return (None, found),
    };
    let (app, mut found) = whole(document, options);
    layers.trace(&mut found);
    (app, found)
}

fn layers<'a>(
    document: Value,
    options: &Options<'a>,
) -> Result<(Value, Layers<'a>), Vec<Diagnostic>> {
    Layers::merged(document, options.workspace, options.settings, options.version)
}

/// What a document is and means that is complete by itself.
fn whole(document: Value, options: &Options<'_>) -> (Option<CheckedApp>, Vec<Diagnostic>) {
    let form = Form::of(&document);
    let found = schema::check(form, &document, options.version);
    if !found.is_empty() {
        return (None, found);
    }
    let (app, mut found) = judged(form.open(document), options);
    for place in found.iter_mut().flat_map(Diagnostic::places_mut) {
        place.pointer = form.pointer(&place.pointer);
    }
    (app, found)
}

/// The names of the environments of a spec, in its order; none where the text cannot be read. Those of
/// the workspace's defaults are among them.
pub fn environments(source: &Source, options: &Options<'_>) -> Vec<String> {
    let Ok(document) = text::parse(source) else { return Vec::new() };
    let Ok((document, _)) = layers(document, options) else { return Vec::new() };
    let form = Form::of(&document);
    Environments::take(&mut form.open(document)).names().map(str::to_owned).collect()
}

/// The name of the app of a spec, as it is written and whatever else is wrong; `None` where there is
/// none.
pub fn name(source: &Source) -> Option<String> {
    let document = text::parse(source).ok()?;
    let name = document.pointer(&Form::of(&document).pointer("/name"))?;
    name.as_str().map(str::to_owned)
}

/// As [`name`], in the environment that is chosen, and with what lies under and over the spec.
pub fn merged_name(source: &Source, options: &Options<'_>) -> Option<String> {
    let (document, _) = layers(text::parse(source).ok()?, options).ok()?;
    let mut spec = Form::of(&document).open(document);
    let environments = Environments::take(&mut spec);
    let overlay = environments.chosen(&spec, options.environment).ok()?;
    let merged = overlay.map_or_else(|| spec.clone(), |overlay| overlay.merged());
    merged.get("name")?.as_str().map(str::to_owned)
}

/// Where a node of the flat, merged spec comes from: a range of the text of the spec, of its environment
/// there, or of the file of the workspace.
pub fn origin(source: &Source, options: &Options<'_>, place: Place) -> Place {
    let code = Code::WORKSPACE;
    let mut found = vec![Diagnostic::new(code, place, "")];
    if let Ok((document, layers)) =
        text::parse(source).and_then(|document| layers(document, options))
    {
        let form = Form::of(&document);
        let mut spec = form.open(document);
        let environments = Environments::take(&mut spec);
        if let Ok(Some(overlay)) = environments.chosen(&spec, options.environment) {
            found = traced(&overlay, found);
        }
        for place in found.iter_mut().flat_map(Diagnostic::places_mut) {
            place.pointer = form.pointer(&place.pointer);
            layers.trace_place(place);
        }
    }
    text::place(source, &mut found);
    let place = found.pop().map_or_else(|| Place::value(""), |found| found.place);
    if place.source.is_some() { place } else { place.of(source) }
}

/// What a spec is and means: with its environment, and of the others the shape; or without one, and
/// then all that is to say of each.
fn judged(mut spec: Value, options: &Options<'_>) -> (Option<CheckedApp>, Vec<Diagnostic>) {
    let environments = Environments::take(&mut spec);
    match environments.chosen(&spec, options.environment) {
        Err(unknown) => return (None, vec![*unknown]),
        Ok(Some(overlay)) => {
            let (app, found) = merged(&overlay, options);
            let mut found = Environments::of_one(&overlay.at, found);
            let others = environments.over(&spec).filter(|other| other.at != overlay.at);
            found.extend(others.flat_map(|other| shape(&other, &other.merged(), options)));
            return (app, found);
        }
        Ok(None) => {}
    }
    let of_each = environments.over(&spec).map(|overlay| {
        let (_, found) = merged(&overlay, options);
        (overlay.at, found)
    });
    let of_each = of_each.collect();
    let (app, found) = meaning(environments.put_back(spec), options);
    (app, Environments::of_all(found, of_each))
}

/// An environment over its spec: what only the two together have, or lack, is found here.
fn merged(overlay: &Overlay<'_>, options: &Options<'_>) -> (Option<CheckedApp>, Vec<Diagnostic>) {
    let spec = overlay.merged();
    let found = shape(overlay, &spec, options);
    if !found.is_empty() {
        return (None, found);
    }
    let (app, found) = meaning(spec, options);
    (app, traced(overlay, found))
}

fn shape(overlay: &Overlay<'_>, spec: &Value, options: &Options<'_>) -> Vec<Diagnostic> {
    traced(overlay, schema::check(Form::Flat, spec, options.version))
}

/// What was found in a merged spec, told where it comes from.
fn traced(overlay: &Overlay<'_>, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for place in found.iter_mut().flat_map(Diagnostic::places_mut) {
        place.pointer = overlay.origin(&place.pointer);
    }
    found
}

fn meaning(spec: Value, options: &Options<'_>) -> (Option<CheckedApp>, Vec<Diagnostic>) {
    let app = match App::from_value(spec) {
        Ok(app) => app,
        // The schema and the types agree; should they ever not, this is still no panic.
        Err(error) => {
            let message = diagnostics::shortened(&error.to_string());
            return (None, vec![Diagnostic::new(Code::WRONG_TYPE, Place::value(""), message)]);
        }
    };
    let lint = app.lint.clone();
    let (app, mut found) = rules::check(app);
    options.policy.apply(&lint.allow, &mut found);
    (app, found)
}

/// Renders the artifacts of a spec. `previous` is an earlier spec of the app and its file name: what
/// it granted and this one does not, the script can take back.
pub fn render(
    source: &Source,
    options: &Options<'_>,
    previous: Option<(&str, &CheckedApp)>,
) -> Rendered {
    let Checked { app, diagnostics } = check(source, options);
    let rendered = app.map(|app| artifacts(source, &app, options, previous)).unwrap_or_default();
    Rendered { diagnostics, ..rendered }
}

/// As [`render`], of a spec that [`check`] has found to be an app.
pub fn artifacts(
    source: &Source,
    app: &CheckedApp,
    options: &Options<'_>,
    previous: Option<(&str, &CheckedApp)>,
) -> Rendered {
    let identity = Identity::from_app(app);
    let previous = previous
        .map(|(spec, previous)| Previous::new(spec, &Identity::from_app(previous), &identity));
    let workload = Workload::from_app(app, &identity);
    let kinds =
        if options.kinds.is_empty() { &ArtifactKind::ALL } else { options.kinds.as_slice() };
    let how = RenderOptions { kinds, templates: options.templates, version: options.version };
    match backends::templates::render(source, &identity, previous.as_ref(), &workload, how) {
        Ok(artifacts) => {
            let own = options.templates.is_some();
            let faults = if own { disagreements(&artifacts, options) } else { Vec::new() };
            let is_error = |fault: &TemplateError| fault.diagnostic.severity == Severity::Error;
            let artifacts = if faults.iter().any(is_error) { Vec::new() } else { artifacts };
            let claims = Claim::from_app(app, &identity);
            let environment =
                options.environment.map(str::to_owned).or_else(|| app.environment.clone());
            let diagnostics = Vec::new();
            Rendered { name: app.name.clone(), environment, claims, artifacts, diagnostics, faults }
        }
        Err(faults) => Rendered { faults, ..Rendered::default() },
    }
}

/// One side of a comparison of specs (see [`model::diff::changes`]): an app as [`check`] gave it, with the
/// manifest that wigen's own templates make. What the rules have accepted can be rendered; should it ever
/// not, the faults say why.
pub fn side(
    source: &Source,
    app: &CheckedApp,
    version: Version,
) -> Result<Resolved, Vec<TemplateError>> {
    let identity = Identity::from_app(app);
    let workload = Workload::from_app(app, &identity);
    let how = RenderOptions { kinds: &[ArtifactKind::Workload], templates: None, version };
    let artifacts = backends::templates::render(source, &identity, None, &workload, how)?;
    let text = artifacts.into_iter().next();
    let manifest = text.and_then(|one| text::parse_rendered(&Source::new(one.name, one.text)).ok());
    let manifest = manifest.and_then(|objects| objects.into_iter().next());
    Ok(Resolved { identity, workload, manifest })
}

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
