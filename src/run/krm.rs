//! wigen started by Kustomize or kpt, and `wigen krm`.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::{env, fs};

use serde_json::Value;
use wigen::diagnostic::Diagnostic;
use wigen::krm::{self, Call, Listed, Named, Position};
use wigen::locate;
use wigen::source::Source;
use wigen::workspace::Workspace;

use super::{Outcome, exit, print, tell};
use crate::cli::Specs;
use crate::input::{self, Failure, STDIN, Selected, text, text_of};

/// The names of a kustomization. Source: Kustomize, "kustomization.yaml".
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

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
            let read = locate::decode(STDIN, &bytes);
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
            return Err(Failure::Told(message.to_owned()));
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
    let call = Call { input, config, listed: &listed, workspace: &workspace, specs: &specs };
    let answer = krm::run(call);
    for line in &answer.messages {
        tell(&format!("wigen: {line}\n"));
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
    let read = |chosen: &input::Chosen| {
        let (source, not_text) = input::read_one(&chosen.path).map_err(words)?;
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
    let here = Path::new(".");
    let kustomization = kustomization(here).unwrap_or_default();
    let mut entries = LISTS.iter().flat_map(|field| entries(&kustomization, field));
    let file = entries.find_map(|entry| place(here, entry, (kind, name), DEEPEST));
    // An object in the text of a kustomization is no spec that a workspace could have.
    let file = file.filter(|file| file.is_file());
    let file = file.and_then(|file| input::relative(here, &file).ok());
    let mut selected = selected(file.into_iter().collect())?;
    let number = selected.specs.first().and_then(|chosen| chosen.workspace);
    Ok(number.map(|number| Rc::new(selected.workspaces.swap_remove(number).workspace)))
}

/// Specs that are named, with their workspaces.
fn selected(specs: Vec<PathBuf>) -> Result<Selected, String> {
    if specs.is_empty() {
        return Ok(Selected::default());
    }
    let selected = Selected::of(&Specs::named(specs)).map_err(words)?;
    match selected.wrong.first().and_then(|(source, found)| Some((source, found.first()?))) {
        None => Ok(selected),
        Some((source, first)) => Err(told(source, first)),
    }
}

fn words(failure: Failure) -> String {
    match failure {
        Failure::Told(message) => message,
        Failure::BrokenPipe => "the pipe is broken".to_owned(),
    }
}

/// What is wrong with a file, in one line.
fn told(source: &Source, found: &Diagnostic) -> String {
    let start = found.place.span.as_ref().map_or(0, |span| span.start);
    let at = source.position(start);
    format!("{}:{}:{}: {}", source.name(), at.line, at.column, found.message)
}

/// Where the kustomization in this directory, from which Kustomize starts its functions, lists the
/// function config of this kind and name.
fn listed(kind: &str, name: &str) -> Listed {
    let here = Path::new(".");
    let Some(kustomization) = kustomization(here) else {
        return Listed { position: Position::Unknown, generates: false };
    };
    let is_empty = |field: &str| kustomization[field].as_array().is_none_or(Vec::is_empty);
    let lists = |field: &str| {
        let mut entries = entries(&kustomization, field);
        entries.any(|entry| place(here, entry, (kind, name), DEEPEST).is_some())
    };
    let only = !is_empty("validators") && is_empty("transformers");
    let validates = only || lists("validators") && !lists("transformers");
    let position = if validates { Position::Validators } else { Position::Elsewhere };
    Listed { position, generates: lists("generators") }
}

/// The fields of a kustomization that list function configs.
const LISTS: [&str; 3] = ["generators", "transformers", "validators"];

/// So deep may kustomizations of function configs refer to each other.
const DEEPEST: usize = 8;

/// The kustomization in a folder.
fn kustomization(folder: &Path) -> Option<Value> {
    let text = KUSTOMIZATIONS.iter().find_map(|file| fs::read_to_string(folder.join(file)).ok())?;
    let documents = locate::parse_stream(&Source::new("kustomization.yaml", text));
    Some(documents.ok().and_then(|mut documents| documents.pop()).unwrap_or_default())
}

fn entries<'a>(kustomization: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    kustomization[field].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Where an entry of a kustomization has this function config, if it does: in a file, which may be
/// listed in a folder with a kustomization; or in its own text, which is no file.
fn place(folder: &Path, entry: &str, config: (&str, &str), depth: usize) -> Option<PathBuf> {
    let path = folder.join(entry);
    if path.is_dir() {
        let kustomization = kustomization(&path).filter(|_| depth > 0)?;
        let mut resources = entries(&kustomization, "resources");
        return resources.find_map(|entry| place(&path, entry, config, depth - 1));
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|_| entry.to_owned());
    let documents = locate::parse_stream(&Source::new("entry.yaml", text)).unwrap_or_default();
    let mut objects = documents.iter().map(|object| (&object["kind"], &object["metadata"]["name"]));
    objects.any(|(kind, name)| kind == config.0 && name == config.1).then_some(path)
}
