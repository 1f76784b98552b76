//! Folders of YAML, as the engines of GitOps read them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wigen::diagnostics::source::Source;

/// Every file below a folder: its path from there, and its content.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The documents of a YAML text.
pub(crate) fn documents(name: &str, text: impl Into<String>) -> Vec<Value> {
    wigen::text::parse_stream(&Source::new(name, text.into()))
        .unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

/// The documents of a YAML file.
pub(crate) fn objects(path: &Path) -> Vec<Value> {
    documents(&path.display().to_string(), fs::read_to_string(path).unwrap())
}

/// The one document of a YAML file.
pub(crate) fn object(path: &Path) -> Value {
    let [object] = objects(path).try_into().unwrap_or_else(|_| panic!("{}", path.display()));
    object
}

/// Whether this is what Kubernetes calls an object.
pub(crate) fn is_object(value: &Value) -> Result<(), String> {
    for key in ["/apiVersion", "/kind", "/metadata/name"] {
        if value.pointer(key).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(format!("no {key} in {value}"));
        }
    }
    Ok(())
}

/// Objects in an order of their own, so that two ways to make them can be compared.
pub(crate) fn sorted(mut objects: Vec<Value>) -> Vec<Value> {
    objects.sort_by_key(|object| {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        (text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
    });
    objects
}
