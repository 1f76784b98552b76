//! `wigen init`: writes a first spec.

use std::path::Path;

use wigen::spec::schema;

use super::console::eprintln;
use super::outcome::Outcome;
use crate::cli::GlobalArgs;
use crate::files::{self, Failure, OutputFile};

/// The first spec.
pub(super) const APP_TOML: &str = include_str!("../../../../templates/app.toml");

pub(super) fn init(directory: &Path, force: bool, global: &GlobalArgs) -> Result<Outcome, Failure> {
    let path = directory.join("app.toml");
    if path.exists() && !force {
        return Err(Failure::exists(&path));
    }
    let schema = directory.join("app.schema.json");
    let files = [
        OutputFile { path, text: APP_TOML, executable: false },
        OutputFile { path: schema, text: schema::APP, executable: false },
    ];
    // The spec is handled above, and the schema is wigen's, whichever version wrote it.
    let written = files::write(&files, true)?;
    if global.verbose {
        for path in written {
            eprintln(&format!("wrote {}", path.display()));
        }
    }
    Ok(Outcome::Done)
}
