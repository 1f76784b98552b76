//! `wigen templates`: lists the built-in templates and their variables, and writes templates to files.

use std::path::Path;

use wigen::backends::templates::{self, BUILT_IN, Variable};
use wigen::diagnostics::{did_you_mean, one_of};

use super::console::{eprintln, print};
use super::outcome::Outcome;
use crate::cli::{GlobalArgs, TemplatesAction};
use crate::files::{self, Failure, OutputFile};

pub(super) fn run(
    action: Option<TemplatesAction>,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    match action.unwrap_or(TemplatesAction::List) {
        TemplatesAction::List => print(&list())?,
        TemplatesAction::Variables => print(&variables())?,
        TemplatesAction::Eject { into, names, force } => {
            eject(&into, &names, force, global)?;
        }
    }
    Ok(Outcome::Done)
}

fn list() -> String {
    let width = BUILT_IN.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let line = |(name, what, _): &(&str, &str, &str)| format!("{name:width$}  {what}\n");
    BUILT_IN.iter().map(line).collect()
}

fn variables() -> String {
    let entry = |Variable { path, kind, meaning }: Variable| {
        format!("{path}: {kind}\n    {}\n", meaning.replace('\n', "\n    "))
    };
    templates::variables().into_iter().map(entry).collect()
}

fn eject(
    directory: &Path,
    names: &[String],
    force: bool,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let known = || BUILT_IN.iter().map(|(name, ..)| *name);
    if let Some(name) = names.iter().find(|name| known().all(|known| known != name.as_str())) {
        let hint = did_you_mean(name, known())
            .unwrap_or_else(|| "`wigen templates` lists them".to_owned());
        let name = one_of([name.as_str()]);
        return Err(Failure::new(format!("there is no template {name}; {hint}")));
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let files: Vec<OutputFile<'_>> = BUILT_IN
        .iter()
        .filter(|(name, ..)| wanted(name))
        .map(|(name, _, text)| OutputFile { path: directory.join(name), text, executable: false })
        .collect();
    if let Some(existing) = files.iter().find(|file| !force && file.path.exists()) {
        return Err(Failure::exists(&existing.path));
    }
    for path in files::write(&files, true)?.iter().filter(|_| global.verbose) {
        eprintln(&format!("wrote {}", path.display()));
    }
    Ok(())
}
