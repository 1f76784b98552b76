//! One app spec in; everything GKE Workload Identity needs out, agreeing by construction.
//!
//! ```text
//! source → locate → envelope → schema → app → rules, policy → identity, workload → render → artifacts
//!              └ syntax            └ shape        └ meaning
//! ```
//!
//! A room may import only the rooms before it in this line (`tests/rooms.rs`). The library neither
//! prints nor reads files: it takes a [`source::Source`] and gives back artifacts and diagnostics.
//!
//! ```
//! use wigen::{artifact::Kind, policy::Policy, source::Source};
//!
//! let source = Source::new("app.toml", r#"
//!     name = "fastapi-books"
//!     project = "my-project"
//!     cluster = { name = "fastapi-cluster", region = "us-central1" }
//!     googleServiceAccount = {}
//!     container = { image = "us-docker.pkg.dev/my-project/books/api:1.4.2" }
//! "#);
//! let rendered = wigen::render(&source, &Policy::default(), None, &Kind::ALL)?;
//! assert!(rendered.diagnostics.is_empty());
//! assert_eq!(rendered.artifacts[0].name, "gcloud.sh");
//! # Ok::<(), wigen::render::Error>(())
//! ```
#![deny(
    clippy::disallowed_methods,
    clippy::exit,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

pub mod app;
pub mod artifact;
pub mod diagnostic;
pub mod envelope;
pub mod fix;
pub mod grammar;
pub mod identity;
pub mod kubernetes;
pub mod lint;
pub mod locate;
pub mod policy;
pub mod render;
pub mod report;
pub mod resource;
pub mod role;
pub mod rules;
pub mod schema;
pub mod source;
pub mod workload;

use app::App;
use artifact::{Artifact, Kind};
use diagnostic::{Code, Diagnostic, Place, Severity};
use envelope::Form;
use identity::Identity;
use policy::Policy;
use source::Source;
use workload::Workload;

/// What a spec was found to be.
#[derive(Debug)]
pub struct Checked {
    /// The spec; `None` when any diagnostic is an error.
    pub app: Option<App>,
    /// Everything there is to say of it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// What came out of a spec.
#[derive(Debug)]
pub struct Rendered {
    /// The name of the app; empty when any diagnostic is an error.
    pub name: String,
    /// The artifacts; none when any diagnostic is an error.
    pub artifacts: Vec<Artifact>,
    /// Everything there is to say of the spec, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a spec and says everything that is wrong with it. Three stages (syntax, shape, meaning),
/// each complete before the next.
pub fn check(source: &Source, policy: &Policy) -> Checked {
    let (app, mut diagnostics) = stages(source, policy);
    locate::place(source, &mut diagnostics);
    let sound = diagnostics.iter().all(|found| found.severity != Severity::Error);
    Checked { app: app.filter(|_| sound), diagnostics }
}

fn stages(source: &Source, policy: &Policy) -> (Option<App>, Vec<Diagnostic>) {
    let document = match locate::parse(source) {
        Ok(document) => document,
        Err(found) => return (None, found),
    };
    let form = Form::of(&document);
    let found = schema::check(form, &document);
    if !found.is_empty() {
        return (None, found);
    }
    let app = match App::from_value(form.open(document)) {
        Ok(app) => app,
        // The schema and the types agree; should they ever not, this is still no panic.
        Err(error) => {
            return (
                None,
                vec![Diagnostic::new(Code::WrongType, Place::value(""), error.to_string())],
            );
        }
    };
    let mut found = rules::check(&app);
    policy.apply(&app.lint, &mut found);
    for place in found.iter_mut().flat_map(Diagnostic::places_mut) {
        place.pointer = form.pointer(&place.pointer);
    }
    (Some(app), found)
}

/// Renders the artifacts of these kinds from a spec. `previous` is an earlier spec of the app and
/// its file name: what it granted and this one does not, the script can take back.
///
/// What is wrong with the spec is in the diagnostics. The error is for a template that does not
/// render, which is never the fault of a spec.
pub fn render(
    source: &Source,
    policy: &Policy,
    previous: Option<(&str, &App)>,
    kinds: &[Kind],
) -> Result<Rendered, render::Error> {
    let Checked { app, diagnostics } = check(source, policy);
    let Some(app) = app else {
        return Ok(Rendered { name: String::new(), artifacts: Vec::new(), diagnostics });
    };
    let mut identity = Identity::of(&app);
    if let Some((name, previous)) = previous {
        identity = identity.after(name, &Identity::of(previous));
    }
    let workload = Workload::of(&app, &identity);
    let artifacts = render::render(source.file_name(), &identity, &workload, kinds)?;
    Ok(Rendered { name: app.name, artifacts, diagnostics })
}
