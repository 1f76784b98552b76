//! `wigen templates`: which there are, what they may print, and a copy to change.

use std::path::Path;

use wigen::backends::templates::{self, BUILT_IN, Variable};
use wigen::diagnostics::{one_of, similar};

use super::{Outcome, print, tell_line};
use crate::cli::{GlobalArgs, TemplatesAction};
use crate::files::{self, Failure, File};

pub(super) fn run(
    action: Option<TemplatesAction>,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    match action.unwrap_or(TemplatesAction::List) {
        TemplatesAction::List => list(),
        TemplatesAction::Eject { into, names, force } => eject(&into, &names, force, global),
        TemplatesAction::Variables => {
            let line = |Variable { path, kind, meaning }: Variable| {
                format!("{path}: {kind}\n    {}\n", meaning.replace('\n', "\n    "))
            };
            print(&templates::variables().into_iter().map(line).collect::<String>())
        }
    }
}

fn list() -> Result<Outcome, Failure> {
    let widest = BUILT_IN.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let line = |(name, what, _): &(&str, &str, &str)| format!("{name:widest$}  {what}\n");
    print(&BUILT_IN.iter().map(line).collect::<String>())
}

fn eject(
    directory: &Path,
    names: &[String],
    force: bool,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let known = || BUILT_IN.iter().map(|(name, ..)| *name);
    if let Some(name) = names.iter().find(|name| known().all(|known| known != name.as_str())) {
        let hint = match similar(name, known()) {
            Some(known) => format!("; did you mean {}?", one_of([known])),
            None => "; `wigen templates` lists them".to_owned(),
        };
        return Err(Failure::Message(format!(
            "there is no template {}{hint}",
            one_of([name.as_str()])
        )));
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let files: Vec<File<'_>> = BUILT_IN
        .iter()
        .filter(|(name, ..)| wanted(name))
        .map(|(name, _, text)| File { path: directory.join(name), text, executable: false })
        .collect();
    let there = files.iter().find(|file| !force && file.path.exists());
    if let Some(file) = there {
        return Err(Failure::Message(format!(
            "{} is there already; --force overwrites it",
            file.path.display()
        )));
    }
    let written = files::write(&files, true)?;
    if global.verbose {
        for path in written {
            tell_line(&format!("wrote {}", path.display()));
        }
    }
    Ok(Outcome::Done)
}
