//! The manifests that `wigen lint` judges.

use std::path::{Path, PathBuf};

use wigen::diagnostics::source::Source;
use wigen::text;

use super::failure::Failure;
use super::find::{MatchedBy, find_all};
use super::read::{STDIN, Spec, read_one};

/// Manifests, and the names of the files that were found beside them and are none.
pub(crate) type Manifests = (Vec<Spec>, Vec<String>);

/// Reads the manifests that were named, or all below this directory.
pub(crate) fn manifests(named: &[PathBuf]) -> Result<Manifests, Failure> {
    let is_one = |name: &str| {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ["yaml", "yml", "json"].contains(&ending))
    };
    let here = [PathBuf::from(".")];
    let named = if named.is_empty() { here.as_slice() } else { named };
    let (mut specs, mut others) = (Vec::new(), Vec::new());
    let (mut is_any, mut without) = (false, Vec::new());
    for (path, how) in find_all(named, &is_one, "*.yaml, *.yml, *.json")? {
        let spec = read_one(&path)?;
        let name = spec.0.name().to_owned();
        if shows_an_object(&spec.0) {
            is_any = true;
        } else if how == MatchedBy::Found {
            without.push(name.clone());
            others.push(name);
            continue;
        } else if spec.1.is_some() || text::parse_stream(&spec.0).is_err() {
            // What was named is judged, whatever it is.
            is_any = true;
        } else if name == STDIN {
            // Whatever was to write here has failed.
            return Err(no_manifest(&[name]));
        } else {
            without.push(name);
        }
        specs.push(spec);
    }
    if is_any { Ok((specs, others)) } else { Err(no_manifest(&without)) }
}

/// Whether there can be an object of Kubernetes in a text.
fn shows_an_object(source: &Source) -> bool {
    ["apiVersion", "kind"].into_iter().all(|key| source.text().contains(key))
}

fn no_manifest(names: &[String]) -> Failure {
    let more = match names.len() {
        0 | 1 => String::new(),
        count => format!(", nor in {} more", count - 1),
    };
    let first = names.first().map_or("", String::as_str);
    Failure::Message(format!("there is no manifest in {first}{more}"))
}
