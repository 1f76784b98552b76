//! One app spec in; everything GKE Workload Identity needs out, agreeing by construction.
//!
//! ```text
//! text → located document → spec → model → backends → artifacts
//! manifests, policies, scripts → observed → chain → lint
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
pub mod chain;
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
pub use diagnostics::levels::Levels;
pub use diagnostics::source::Source;
pub use diagnostics::{Diagnostic, Diagnostics};
pub use spec::check::CheckedSpec;
pub use spec::load::{LoadOptions, Spec};
pub use spec::settings::{Setting, Settings};
pub use spec::types::App;
pub use spec::workspace::Workspace;
