//! Reads the user's templates.

use std::path::{Path, PathBuf};

use wigen::backends::templates::Template;

use super::failure::Failure;
use super::find::walk;
use super::read::read_text;

/// The templates below a directory: files whose names end in `.j2`.
pub(crate) fn read_templates(directory: &Path) -> Result<Vec<Template>, Failure> {
    let mut paths = Vec::new();
    let is_template = |name: &str| Path::new(name).extension().is_some_and(|end| end == "j2");
    walk(directory, &is_template, &mut paths)?;
    if paths.is_empty() {
        let directory = directory.display();
        return Err(Failure::new(format!(
            "there is no template below {directory}; `wigen templates eject {directory}` writes them there"
        )));
    }
    let template = |path: PathBuf| {
        let relative = path.strip_prefix(directory).unwrap_or(&path);
        let names: Vec<_> = relative.iter().map(|name| name.to_string_lossy()).collect();
        Ok(Template { name: names.join("/"), source: read_text(&path)? })
    };
    paths.into_iter().map(template).collect()
}
