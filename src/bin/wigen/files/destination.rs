//! Where the files of an app go.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::cli::OutputPattern;

/// One app, as far as it says where its files go.
pub(crate) struct Destination<'a> {
    /// Where its spec is, as far as that is a file.
    pub(crate) spec: &'a str,
    /// Its name.
    pub(crate) app: &'a str,
    /// The environment, where one is chosen.
    pub(crate) environment: Option<&'a str>,
    /// Whether there are other apps.
    pub(crate) one_of_apps: bool,
    /// Whether it is rendered for several environments.
    pub(crate) one_of_environments: bool,
}

/// The directory in which the files of an app are: where a pattern says, or else one for each app
/// and environment where there are several.
pub(crate) fn output_directory(
    out: &OutputPattern,
    of: &Destination<'_>,
) -> Result<PathBuf, Failure> {
    if out.has_dir() && of.spec.contains(char::REPLACEMENT_CHARACTER) {
        let text = format!("the path of {} is not UTF-8, so there is no {{dir}}", of.spec);
        return Err(Failure::Message(text));
    }
    if out.has_env() && of.environment.is_none() {
        let text = format!(
            "{} is rendered for no environment, so there is no {{env}}; --env chooses one",
            of.spec
        );
        return Err(Failure::Message(text));
    }
    let mut directory = out.of(Path::new(of.spec), of.app, of.environment.unwrap_or_default());
    if !out.is_pattern() {
        if of.one_of_apps {
            directory.push(of.app);
        }
        if of.one_of_environments {
            directory.extend(of.environment);
        }
    }
    Ok(directory)
}
