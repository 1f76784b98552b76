//! wigen started by Kustomize or kpt, and `wigen krm`.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use serde_json::Value;
use wigen::krm::{self, Call, Position};
use wigen::locate;
use wigen::source::Source;

use super::{Outcome, exit, print, tell};
use crate::input::{Failure, STDIN, text};

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
            let text = String::from_utf8(bytes).ok()?;
            krm::is_list(&text).then(|| exit(answer(&Source::new(STDIN, text), None)))
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
    let answer = krm::run(Call { input, config, position: &position });
    for line in &answer.messages {
        tell(&format!("wigen: {line}\n"));
    }
    print(&answer.output)?;
    Ok(if answer.failed { Outcome::WrongSpec } else { Outcome::Done })
}

/// Where the kustomization in this directory, from which Kustomize starts its functions, lists the
/// function config of this kind and name.
fn position(kind: &str, name: &str) -> Position {
    let Some(text) = KUSTOMIZATIONS.iter().find_map(|file| fs::read_to_string(file).ok()) else {
        return Position::Unknown;
    };
    let kustomization = locate::parse_stream(&Source::new("kustomization.yaml", text));
    let kustomization = kustomization.ok().and_then(|mut documents| documents.pop());
    let kustomization = kustomization.unwrap_or_default();
    let lists = |field: &str| {
        let entries = kustomization[field].as_array().into_iter().flatten();
        entries.filter_map(Value::as_str).any(|entry| holds(entry, kind, name))
    };
    let is_empty = |field: &str| kustomization[field].as_array().is_none_or(Vec::is_empty);
    // A folder is not looked into.
    let only = !is_empty("validators") && is_empty("transformers");
    if only || lists("validators") && !lists("transformers") {
        Position::Validators
    } else {
        Position::Elsewhere
    }
}

/// Whether an entry of a kustomization, a file or the text of an object, is this function config.
fn holds(entry: &str, kind: &str, name: &str) -> bool {
    let text = match fs::read_to_string(entry) {
        Ok(text) => text,
        Err(_) => entry.to_owned(),
    };
    let documents = locate::parse_stream(&Source::new("entry.yaml", text)).unwrap_or_default();
    documents.iter().any(|object| object["kind"] == kind && object["metadata"]["name"] == name)
}
