//! Tests that need a tool: without it they are shown as ignored, and in CI they fail.

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;

use super::repository;

/// A tool, and whether it is there.
pub(crate) struct Tool {
    name: &'static str,
    found: bool,
}

impl Tool {
    /// Looks for a tool on the PATH.
    pub(crate) fn find(name: &'static str) -> Self {
        Self { name, found: on_path(name).is_some() }
    }

    /// A test that needs the tool.
    pub(crate) fn trial(&self, name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
        let missing = if self.found { vec![] } else { vec![self.name] };
        trial(name, &missing, test)
    }
}

/// Its name, the tool, and what to do with that.
pub(crate) type Check = (&'static str, &'static str, fn(&Path));

/// A check with the tool that was found for it.
pub(crate) fn check((name, tool, check): Check, found: Option<PathBuf>) -> Trial {
    let missing = if found.is_none() { vec![tool] } else { vec![] };
    trial(name, &missing, move || check(&found.expect("the trial needs it")))
}

/// A program on the PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A test that needs tools, of which these are missing.
pub(crate) fn trial(name: &str, missing: &[&str], test: impl FnOnce() + Send + 'static) -> Trial {
    let ignored = !missing.is_empty() && std::env::var_os("CI").is_none();
    let missing = missing.join(", no ");
    if ignored {
        eprintln!("skipped: {name}, because there is no {missing}");
    }
    Trial::test(name, move || {
        if !missing.is_empty() {
            return Err(format!("there is no {missing}").into());
        }
        test();
        Ok(())
    })
    .with_ignored_flag(ignored)
}

/// A tool: from the folder that `.ci/run` installs into, or from the PATH. Python only with the
/// libraries that the checks need.
pub(crate) fn find(tool: &str) -> Option<PathBuf> {
    let installed = repository().join("target/real-tools/bin").join(tool);
    let candidates = [installed, PathBuf::from(tool)];
    let works = |path: &PathBuf| {
        let mut command = Command::new(path);
        match tool {
            "python" => command.args([
                "-c",
                "import yaml, kubernetes_validate, jsonschema, openapi_schema_validator, tomllib",
            ]),
            "kubectl" => command.args(["version", "--client"]),
            "kustomize-oldest" | "kustomize-newest" => command.arg("version"),
            _ => command.arg("--version"),
        };
        command.output().is_ok_and(|output| output.status.success())
    };
    candidates.into_iter().find(works)
}
