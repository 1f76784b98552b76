//! wigen started by Kustomize or kpt, and `wigen krm`.

mod kustomization;

use std::env;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use wigen::diagnostics::Diagnostic;
use wigen::diagnostics::source::Source;
use wigen::krm::{self, Call, Named};
use wigen::spec::workspace::Workspace;
use wigen::text;

use super::{Outcome, exit, print, tell_line};
use crate::cli::Specs;
use crate::files::{self, Failure, STDIN, Selection, text, text_of};

/// Answers, if it is Kustomize or kpt that has started the program: by an argument and a variable of
/// the exec plugin, or by no argument and a ResourceList on standard input.
pub(crate) fn started() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let first = arguments.next().map(PathBuf::from);
    match first {
        Some(config) => {
            let is_plugin = env::var_os("KUSTOMIZE_PLUGIN_CONFIG_ROOT").is_some();
            (is_plugin && config.is_file()).then(|| exit(run(Some(&config), &["-".into()])))
        }
        None if io::stdin().is_terminal() => None,
        None => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).ok()?;
            let read = text::decode(STDIN, &bytes);
            let text = read.as_ref().unwrap_or_else(|wrong| &wrong.0).text();
            krm::is_list(text).then(|| exit(text_of(read).and_then(|list| answer(&list, None))))
        }
    }
}

/// `wigen krm`: on standard input as a function; with a function config by hand.
pub(super) fn run(config: Option<&Path>, inputs: &[PathBuf]) -> Result<Outcome, Failure> {
    let Some(config) = config else {
        if io::stdin().is_terminal() {
            let message = "`wigen krm` reads a ResourceList on standard input; name a function config to try one by hand";
            return Err(Failure::Message(message.to_owned()));
        }
        return answer(&text("-".as_ref())?, None);
    };
    let config = text(config)?;
    if krm::is_list(config.text()) {
        return answer(&config, None);
    }
    let inputs = inputs.iter().map(|path| text(path)).collect::<Result<Vec<_>, _>>()?;
    let documents: Vec<&str> = inputs.iter().map(Source::text).collect();
    answer(&Source::new("input.yaml", documents.join("\n---\n")), Some(&config))
}

fn answer(input: &Source, config: Option<&Source>) -> Result<Outcome, Failure> {
    let call = Call {
        input,
        config,
        listed: &kustomization::listed,
        workspace: &workspace,
        specs: &specs,
    };
    let answer = krm::run(call);
    for line in &answer.messages {
        tell_line(&format!("wigen: {line}"));
    }
    print(&answer.output)?;
    Ok(if answer.failed { Outcome::WrongSpec } else { Outcome::Done })
}

/// The specs in files that a function config names, from where Kustomize starts its functions: the
/// folder of the kustomization.
fn specs(named: &[String]) -> Result<Vec<Named>, String> {
    if named.iter().any(|name| name == "-") {
        return Err("standard input holds no spec here".to_owned());
    }
    let selected = selected(named.iter().map(PathBuf::from).collect())?;
    let workspaces = selected.workspaces.into_iter().map(|located| Rc::new(located.workspace));
    let workspaces: Vec<Rc<Workspace>> = workspaces.collect();
    let read = |chosen: &files::SelectedSpec| {
        let (source, not_text) = files::read_one(&chosen.path).map_err(words)?;
        let workspace = chosen.workspace.map(|number| Rc::clone(&workspaces[number]));
        match not_text {
            None => Ok(Named { source, workspace }),
            Some(found) => Err(told(&source, &found)),
        }
    };
    selected.specs.iter().map(read).collect()
}

/// The workspace of the spec from which Kustomize has the function config of this kind and name.
fn workspace(kind: &str, name: &str) -> Result<Option<Rc<Workspace>>, String> {
    let Some(file) = kustomization::file(kind, name) else { return Ok(None) };
    let file = files::relative(".".as_ref(), &file)
        .map_err(|error| words(Failure::file("find", &file, &error)))?;
    let mut selected = selected(vec![file])?;
    let number = selected.specs.first().and_then(|chosen| chosen.workspace);
    Ok(number.map(|number| Rc::new(selected.workspaces.swap_remove(number).workspace)))
}

/// Specs that are named, with their workspaces.
fn selected(specs: Vec<PathBuf>) -> Result<Selection, String> {
    if specs.is_empty() {
        return Ok(Selection::default());
    }
    let selected = Selection::of(&Specs::named(specs)).map_err(words)?;
    match selected.wrong.first().and_then(|(source, found)| Some((source, found.first()?))) {
        None => Ok(selected),
        Some((source, first)) => Err(told(source, first)),
    }
}

fn words(failure: Failure) -> String {
    match failure {
        Failure::Message(message) => message,
        Failure::BrokenPipe => "the pipe is broken".to_owned(),
    }
}

/// What is wrong with a file, in one line.
fn told(source: &Source, found: &Diagnostic) -> String {
    let start = found.place.span.as_ref().map_or(0, |span| span.start);
    let at = source.position(start);
    format!("{}:{}:{}: {}", source.name(), at.line, at.column, found.message)
}
