//! The user's templates.

use std::path::{Path, PathBuf};

use wigen::backends::templates::Template;

use super::failure::Failure;
use super::find::search;
use super::read::text;

/// Reads the templates below a directory: everything that ends in `.j2`.
pub(crate) fn templates(directory: &Path) -> Result<Vec<Template>, Failure> {
    let mut paths = Vec::new();
    let is_one = |name: &str| Path::new(name).extension().is_some_and(|ending| ending == "j2");
    search(directory, &is_one, &mut paths)?;
    if paths.is_empty() {
        let place = directory.display();
        return Err(Failure::Message(format!(
            "there is no template below {place}; `wigen templates eject {place}` writes them there"
        )));
    }
    let template = |path: PathBuf| {
        let below = path.strip_prefix(directory).unwrap_or(&path);
        let steps: Vec<_> = below.iter().map(|step| step.to_string_lossy()).collect();
        let name = steps.join("/");
        Ok(Template { name, source: text(&path)? })
    };
    paths.into_iter().map(template).collect()
}
