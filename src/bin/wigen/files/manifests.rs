//! The manifests that `wigen lint` checks.

use std::path::{Path, PathBuf};

use wigen::diagnostics::source::Source;
use wigen::text;

use super::failure::Failure;
use super::find::{MatchedBy, find_files};
use super::read::{STDIN, SourceFile, read_source};

/// Manifests, and the names of files beside them that hold no Kubernetes object.
pub(crate) type Manifests = (Vec<SourceFile>, Vec<String>);

/// Reads the manifests that are named; without names, all below this directory.
pub(crate) fn read_manifests(named: &[PathBuf]) -> Result<Manifests, Failure> {
    let is_manifest = |name: &str| {
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension))
    };
    let current = [PathBuf::from(".")];
    let named = if named.is_empty() { current.as_slice() } else { named };
    let (mut manifests, mut skipped, mut without_object) = (Vec::new(), Vec::new(), Vec::new());
    let mut any = false;
    for (path, matched_by) in find_files(named, &is_manifest, "*.yaml, *.yml, *.json")? {
        let file = read_source(&path)?;
        let name = file.0.name().to_owned();
        let is_invalid = || file.1.is_some() || text::parse_stream(&file.0).is_err();
        if path.extension().is_some()
            && !is_manifest(&name)
            && (!may_hold_object(&file.0) || is_invalid())
        {
            return Err(Failure::new(format!(
                "{name} is not a manifest; pass a script, a Terraform file or a policy with --iam"
            )));
        }
        if may_hold_object(&file.0) {
            any = true;
        } else if file.0.file_name().starts_with("kustomization.") {
            // It says which manifests are patches, and may lack `apiVersion` and `kind`.
        } else if matched_by == MatchedBy::Directory {
            without_object.push(name.clone());
            skipped.push(name);
            continue;
        } else if is_invalid() {
            // A file that was named is checked, whatever it is.
            any = true;
        } else if name == STDIN {
            // The program that should have written to the pipe has failed.
            return Err(no_manifest(&[name]));
        } else {
            without_object.push(name);
        }
        manifests.push(file);
    }
    if any { Ok((manifests, skipped)) } else { Err(no_manifest(&without_object)) }
}

fn may_hold_object(source: &Source) -> bool {
    ["apiVersion", "kind"].into_iter().all(|key| source.text().contains(key))
}

fn no_manifest(names: &[String]) -> Failure {
    let more = match names.len() {
        0 | 1 => String::new(),
        count => format!(", nor in {} more", count - 1),
    };
    let first = names.first().map_or("", String::as_str);
    Failure::new(format!("there is no manifest in {first}{more}"))
}
