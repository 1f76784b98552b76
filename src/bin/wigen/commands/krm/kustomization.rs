//! What the kustomization lists that started wigen as a function.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wigen::diagnostics::source::Source;
use wigen::krm::{Listed, Position};
use wigen::text;

use crate::files;

/// The names of a kustomization. Source: Kustomize, "kustomization.yaml".
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The fields of a kustomization that list function configs.
const FIELDS: [&str; 3] = ["generators", "transformers", "validators"];

/// Directories that are searched for a function config.
const MAX_DIRECTORIES: usize = 1000;

/// How the kustomization in this directory, where Kustomize starts functions, lists a function config.
pub(super) fn listed(kind: &str, name: &str) -> Listed {
    let Some(kustomization) = read_kustomization(Path::new(".")) else {
        return Listed { position: Position::Unknown, generates: false };
    };
    let is_empty = |field: &str| kustomization[field].as_array().is_none_or(Vec::is_empty);
    let lists = |field: &str| {
        Search::new(kind, name).entries(Path::new("."), &kustomization, field).is_some()
    };
    let only_validators = !is_empty("validators") && is_empty("transformers");
    let position = match (lists("transformers"), lists("validators")) {
        (true, true) => Position::Both(number(kind, name)),
        (false, true) => Position::Validators,
        _ if only_validators => Position::Validators,
        _ => Position::Elsewhere,
    };
    Listed { position, generates: lists("generators") }
}

/// A number for a function config of the kustomization in this directory.
fn number(kind: &str, name: &str) -> u32 {
    let directory = std::env::current_dir().unwrap_or_default();
    let config = format!("{}\n{kind}\n{name}", directory.display());
    crc32fast::hash(config.as_bytes())
}

/// The file with a function config that the kustomization in this directory lists; `None` if the config
/// is inline in the kustomization.
pub(super) fn file_of_config(kind: &str, name: &str) -> Option<PathBuf> {
    let kustomization = read_kustomization(Path::new("."))?;
    let mut search = Search::new(kind, name);
    let file =
        FIELDS.iter().find_map(|field| search.entries(Path::new("."), &kustomization, field))?;
    file.is_file().then_some(file)
}

fn read_kustomization(directory: &Path) -> Option<Value> {
    let text = NAMES.iter().find_map(|name| files::read_existing(&directory.join(name)))?;
    let documents = text::parse_stream(&Source::new("kustomization.yaml", text));
    Some(documents.ok().and_then(|mut documents| documents.pop()).unwrap_or_default())
}

struct Search<'a> {
    kind: &'a str,
    name: &'a str,
    /// The files and directories that were searched, by their canonical paths: each is searched once.
    searched: HashSet<PathBuf>,
    directories: usize,
}

impl<'a> Search<'a> {
    fn new(kind: &'a str, name: &'a str) -> Self {
        Self { kind, name, searched: HashSet::new(), directories: 0 }
    }

    /// The path of the first entry of a list that has the function config.
    fn entries(&mut self, directory: &Path, kustomization: &Value, list: &str) -> Option<PathBuf> {
        let entries = kustomization[list].as_array().into_iter().flatten();
        entries.filter_map(Value::as_str).find_map(|entry| self.entry(directory, entry))
    }

    /// The path of an entry, if it has the function config. The entry is a file, a directory with a
    /// kustomization, or the text of the config, whose path does not exist.
    fn entry(&mut self, directory: &Path, entry: &str) -> Option<PathBuf> {
        let path = directory.join(entry);
        if fs::canonicalize(&path).is_ok_and(|path| !self.searched.insert(path)) {
            return None;
        }
        if path.is_dir() {
            self.directories += 1;
            if self.directories > MAX_DIRECTORIES {
                return None;
            }
            return self.entries(&path, &read_kustomization(&path)?, "resources");
        }
        let text = files::read_existing(&path).unwrap_or_else(|| entry.to_owned());
        let objects = text::parse_stream(&Source::new("entry.yaml", text)).unwrap_or_default();
        let is_config =
            |object: &Value| object["kind"] == self.kind && object["metadata"]["name"] == self.name;
        objects.iter().any(is_config).then_some(path)
    }
}
