//! The directory for the files of an app, and the library of the scripts of all apps.

use std::path::{Path, PathBuf};

use wigen::backends::templates::LIBRARY;

use super::checkout::{check_links, require_inside};
use super::failure::Failure;
use super::paths::{or_current, relative_to};
use crate::cli::OutputPattern;

/// What decides where the files of an app go.
pub(crate) struct Destination<'a> {
    /// The path of the spec, or the name of standard input.
    pub(crate) spec: &'a str,
    pub(crate) app: &'a str,
    pub(crate) environment: Option<&'a str>,
    /// Whether several apps are rendered.
    pub(crate) one_of_apps: bool,
    /// Whether it is rendered for several environments.
    pub(crate) one_of_environments: bool,
    /// The directory of the workspace that says where files go; none if the command line does.
    pub(crate) workspace: Option<&'a Path>,
}

/// The directory for the files of an app: from a pattern, or one for each app and environment where there
/// are several.
pub(crate) fn output_directory(
    out: &OutputPattern,
    destination: &Destination<'_>,
) -> Result<PathBuf, Failure> {
    let Destination { spec, app, environment, .. } = *destination;
    if out.has_dir() && spec.contains(char::REPLACEMENT_CHARACTER) {
        let message = format!("the path of {spec} is not UTF-8, so there is no {{dir}}");
        return Err(Failure::new(message));
    }
    if out.has_env() && environment.is_none() {
        return Err(Failure::new(format!(
            "{spec} is rendered for no environment, so there is no {{env}}; --env chooses one"
        )));
    }
    let mut directory = out.directory(Path::new(spec), app, environment.unwrap_or_default());
    if !out.is_pattern() {
        if destination.one_of_apps {
            directory.push(app);
        }
        if destination.one_of_environments {
            directory.extend(environment);
        }
    }
    check_links(&directory).map_err(|error| Failure::file("write", &directory, &error))?;
    if let Some(workspace) = destination.workspace {
        require_inside(&directory, or_current(workspace))?;
    }
    Ok(directory)
}

/// Where the library of the scripts goes that are below the directory `out`: there, or beside the file of their
/// workspace if `out` begins with a placeholder.
pub(crate) fn library_file(out: &OutputPattern, workspace: &Path) -> PathBuf {
    let root = out.root();
    (if root.as_os_str().is_empty() { workspace } else { &root }).join(LIBRARY)
}

/// The path of a library from a script in a directory, as bash takes it: with a slash.
pub(crate) fn library_path(library: &Path, directory: &Path) -> Result<String, Failure> {
    let above = library.parent().unwrap_or(Path::new(""));
    let relative =
        relative_to(directory, above).map_err(|error| Failure::file("find", library, &error))?;
    let mut path = String::from(if relative.starts_with("..") { "" } else { "./" });
    for name in &relative {
        let name = name.to_str().ok_or_else(|| {
            Failure::new(format!("the path of {} is not UTF-8", library.display()))
        })?;
        path.extend([name, "/"]);
    }
    Ok(path + LIBRARY)
}
