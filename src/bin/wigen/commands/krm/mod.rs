//! `wigen krm`, and wigen started by Kustomize or kpt.

mod kustomization;

use std::env;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use wigen::diagnostics::Diagnostic;
use wigen::diagnostics::source::Source;
use wigen::krm::{self, Call, SpecFile};
use wigen::spec::workspace::Workspace;
use wigen::text;

use super::console::{eprintln, print};
use super::outcome::{Outcome, exit_code};
use crate::files::{self, Failure, STDIN, SelectedSpec, Selection, read_text};

/// Runs as a KRM function if Kustomize or kpt started the program: with an argument and a variable of the
/// exec plugin, or without arguments and with a ResourceList on standard input.
pub(crate) fn run_as_function() -> Option<ExitCode> {
    let Some(config) = env::args_os().nth(1).map(PathBuf::from) else {
        if io::stdin().is_terminal() {
            return None;
        }
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).ok()?;
        return match text::decode(STDIN, &bytes) {
            Ok(list) => krm::is_list(list.text()).then(|| exit_code(call(&list, None))),
            Err(invalid) => krm::is_list(invalid.0.text())
                .then(|| exit_code(Err(files::not_text(&invalid.0, &invalid.1)))),
        };
    };
    let is_plugin = env::var_os("KUSTOMIZE_PLUGIN_CONFIG_ROOT").is_some() && config.is_file();
    is_plugin.then(|| exit_code(run(Some(&config), &["-".into()])))
}

/// `wigen krm`: without a function config, as a function on standard input.
pub(super) fn run(config: Option<&Path>, inputs: &[PathBuf]) -> Result<Outcome, Failure> {
    let Some(config) = config else {
        if io::stdin().is_terminal() {
            return Err(Failure::new(
                "`wigen krm` reads a ResourceList on standard input; name a function config to try one by hand",
            ));
        }
        return call(&read_text("-".as_ref())?, None);
    };
    let config = read_text(config)?;
    if krm::is_list(config.text()) {
        return call(&config, None);
    }
    let inputs = inputs.iter().map(|path| read_text(path)).collect::<Result<Vec<_>, _>>()?;
    let documents: Vec<&str> = inputs.iter().map(Source::text).collect();
    call(&Source::new("input.yaml", documents.join("\n---\n")), Some(&config))
}

fn call(input: &Source, config: Option<&Source>) -> Result<Outcome, Failure> {
    let call = Call {
        input,
        config,
        listed: &kustomization::listed,
        workspace: &workspace_of_config,
        specs: &read_specs,
    };
    let answer = krm::run(call);
    for line in &answer.messages {
        eprintln(&format!("wigen: {line}"));
    }
    print(&answer.output)?;
    Ok(if answer.failed { Outcome::Invalid } else { Outcome::Done })
}

/// Reads the specs that a function config names, relative to the directory of the kustomization, where
/// Kustomize starts functions.
fn read_specs(named: &[String]) -> Result<Vec<SpecFile>, String> {
    if named.iter().any(|name| name == "-") {
        return Err("standard input holds no spec here".to_owned());
    }
    let paths: Vec<PathBuf> = named.iter().map(PathBuf::from).collect();
    for path in &paths {
        files::require_inside(path, Path::new(".")).map_err(message)?;
        if !path.is_dir() && !files::has_spec_extension(path) {
            return Err(files::not_a_spec(path));
        }
    }
    let selection = select(&paths)?;
    let workspaces = selection.workspaces.into_iter().map(|one| Rc::new(one.workspace));
    let workspaces: Vec<Rc<Workspace>> = workspaces.collect();
    let read = |spec: &SelectedSpec| {
        let (source, invalid) = files::read_source(&spec.path).map_err(message)?;
        let workspace = spec.workspace.map(|index| Rc::clone(&workspaces[index]));
        match invalid {
            None => Ok(SpecFile { source, workspace }),
            Some(found) => Err(one_line(&source, &found)),
        }
    };
    selection.specs.iter().map(read).collect()
}

/// The workspace of the file in which Kustomize found the function config of this kind and name.
fn workspace_of_config(kind: &str, name: &str) -> Result<Option<Rc<Workspace>>, String> {
    let Some(file) = kustomization::file_of_config(kind, name) else { return Ok(None) };
    let file = files::relative_to(".".as_ref(), &file)
        .map_err(|error| message(Failure::file("find", &file, &error)))?;
    let mut selection = select(&[file])?;
    let index = selection.specs.first().and_then(|spec| spec.workspace);
    Ok(index.map(|index| Rc::new(selection.workspaces.swap_remove(index).workspace)))
}

fn select(paths: &[PathBuf]) -> Result<Selection, String> {
    let selection = Selection::named(paths).map_err(message)?;
    match selection.invalid.first().and_then(|(source, found)| Some((source, found.first()?))) {
        None => Ok(selection),
        Some((source, first)) => Err(one_line(source, first)),
    }
}

fn message(failure: Failure) -> String {
    match failure {
        Failure::Message(message) => message,
        Failure::BrokenPipe => "the pipe is broken".to_owned(),
    }
}

fn one_line(source: &Source, found: &Diagnostic) -> String {
    let start = found.place.span.as_ref().map_or(0, |span| span.start);
    let position = source.position(start);
    format!("{}:{}:{}: {}", source.name(), position.line, position.column, found.message)
}
