//! What the kustomization lists that started wigen as a function.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wigen::diagnostics::source::Source;
use wigen::krm::{Listed, Position};
use wigen::text;

/// The names of a kustomization. Source: Kustomize, "kustomization.yaml".
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The fields of a kustomization that list function configs.
const FIELDS: [&str; 3] = ["generators", "transformers", "validators"];

/// How deep kustomizations of function configs may refer to each other.
const MAX_DEPTH: usize = 8;

/// A function config, by its kind and name.
#[derive(Clone, Copy)]
struct ConfigName<'a> {
    kind: &'a str,
    name: &'a str,
}

/// How the kustomization in this directory, where Kustomize starts functions, lists a function config.
pub(super) fn listed(kind: &str, name: &str) -> Listed {
    let directory = Path::new(".");
    let Some(kustomization) = read_kustomization(directory) else {
        return Listed { position: Position::Unknown, generates: false };
    };
    let is_empty = |field: &str| kustomization[field].as_array().is_none_or(Vec::is_empty);
    let lists = |field: &str| {
        entries(&kustomization, field).any(|entry| {
            find_config(directory, entry, ConfigName { kind, name }, MAX_DEPTH).is_some()
        })
    };
    let only_validators = !is_empty("validators") && is_empty("transformers");
    let validates = only_validators || lists("validators") && !lists("transformers");
    let position = if validates { Position::Validators } else { Position::Elsewhere };
    Listed { position, generates: lists("generators") }
}

/// The file with a function config that the kustomization in this directory lists; `None` if the config
/// is inline in the kustomization.
pub(super) fn file_of_config(kind: &str, name: &str) -> Option<PathBuf> {
    let directory = Path::new(".");
    let kustomization = read_kustomization(directory)?;
    let mut entries = FIELDS.iter().flat_map(|field| entries(&kustomization, field));
    let file = entries
        .find_map(|entry| find_config(directory, entry, ConfigName { kind, name }, MAX_DEPTH));
    file.filter(|file| file.is_file())
}

fn read_kustomization(directory: &Path) -> Option<Value> {
    let text = NAMES.iter().find_map(|file| fs::read_to_string(directory.join(file)).ok())?;
    let documents = text::parse_stream(&Source::new("kustomization.yaml", text));
    Some(documents.ok().and_then(|mut documents| documents.pop()).unwrap_or_default())
}

fn entries<'a>(kustomization: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    kustomization[field].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The path of an entry of a kustomization, if it has the function config. The entry is a file, a directory
/// with a kustomization, or the text of the config, whose path does not exist.
fn find_config(
    directory: &Path,
    entry: &str,
    config: ConfigName<'_>,
    depth: usize,
) -> Option<PathBuf> {
    let path = directory.join(entry);
    if path.is_dir() {
        let kustomization = read_kustomization(&path).filter(|_| depth > 0)?;
        let mut resources = entries(&kustomization, "resources");
        return resources.find_map(|entry| find_config(&path, entry, config, depth - 1));
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|_| entry.to_owned());
    let objects = text::parse_stream(&Source::new("entry.yaml", text)).unwrap_or_default();
    let is_config =
        |object: &Value| object["kind"] == config.kind && object["metadata"]["name"] == config.name;
    objects.iter().any(is_config).then_some(path)
}
