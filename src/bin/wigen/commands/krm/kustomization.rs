//! What the kustomization that has started wigen lists.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wigen::diagnostics::source::Source;
use wigen::krm::{Listed, Position};
use wigen::text;

/// The names of a kustomization. Source: Kustomize, "kustomization.yaml".
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Where the kustomization in this directory, from which Kustomize starts its functions, lists the
/// function config of this kind and name.
pub(super) fn listed(kind: &str, name: &str) -> Listed {
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

/// The file from which the kustomization in this directory has the function config of this kind and name;
/// an object in the text of a kustomization has none.
pub(super) fn file(kind: &str, name: &str) -> Option<PathBuf> {
    let here = Path::new(".");
    let kustomization = kustomization(here)?;
    let mut entries = LISTS.iter().flat_map(|field| entries(&kustomization, field));
    let file = entries.find_map(|entry| place(here, entry, (kind, name), DEEPEST));
    file.filter(|file| file.is_file())
}

/// The fields of a kustomization that list function configs.
const LISTS: [&str; 3] = ["generators", "transformers", "validators"];

/// So deep may kustomizations of function configs refer to each other.
const DEEPEST: usize = 8;

/// The kustomization in a folder.
fn kustomization(folder: &Path) -> Option<Value> {
    let text = KUSTOMIZATIONS.iter().find_map(|file| fs::read_to_string(folder.join(file)).ok())?;
    let documents = text::parse_stream(&Source::new("kustomization.yaml", text));
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
    let documents = text::parse_stream(&Source::new("entry.yaml", text)).unwrap_or_default();
    let mut objects = documents.iter().map(|object| (&object["kind"], &object["metadata"]["name"]));
    objects.any(|(kind, name)| kind == config.0 && name == config.1).then_some(path)
}
