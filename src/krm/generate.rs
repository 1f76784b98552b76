//! An app becomes objects: as a generator all there is, among other objects whatever is missing or
//! not as the spec has it.

use super::item::{self, INDEX, Item, PATH};
use super::told::Told;
use super::{Caller, Spec};
use crate::artifact::{self, Artifact, Kind};
use crate::diagnostic::{Code, Severity, quoted};
use crate::render::{self, How};
use crate::source::is_hidden;

/// What Kustomize does with an object that is generated, as the user has asked of the app. Source:
/// Kustomize, "Generator options".
const OF_GENERATORS: [&str; 2] =
    ["kustomize.config.k8s.io/behavior", "kustomize.config.k8s.io/needs-hash"];

const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Puts the artifacts of these kinds among the items.
pub(super) fn generate(
    spec: &Spec<'_>,
    kinds: &[Kind],
    caller: Caller,
    items: &mut Vec<Item>,
    told: &mut Vec<Told>,
) {
    let how = How { kinds: &Kind::ALL, templates: None, version: spec.settings.version };
    // What the rules have accepted can be rendered; should it ever not, the reason is told.
    let artifacts = match render::render(&spec.source, &spec.identity, &spec.workload, how) {
        Ok(artifacts) => artifacts,
        Err(faults) => {
            let found = faults.iter().map(|fault| &fault.diagnostic);
            told.extend(found.map(|found| Told::found(spec.item, &spec.source, found)));
            return;
        }
    };
    let folder = folder(spec);
    let mut ours = Vec::new();
    for artifact in &artifacts {
        let path = format!("{folder}{}", artifact_path(artifact));
        let mut item = item_of(spec, artifact);
        if !artifact.kind.is_script() {
            with_generator_options(spec, &mut item, told);
        }
        ours.push(path.clone());
        if kinds.contains(&artifact.kind) {
            put(spec, item, (caller == Caller::Package).then_some(path.as_str()), items, told);
        }
    }
    if caller == Caller::Package {
        // What an earlier state of the spec gave.
        items.retain(|item| {
            let path = item.path().unwrap_or_default();
            let is_here = path.starts_with(&folder) && artifact::is_ours(item.text().as_bytes());
            !is_here || ours.iter().any(|name| name == path)
        });
    }
}

/// The folder of an app's files, which is beside its spec.
fn folder(spec: &Spec<'_>) -> String {
    let spec_folder = spec.item.path().and_then(|path| path.rsplit_once('/'));
    let before = spec_folder.map_or(String::new(), |(folder, _)| format!("{folder}/"));
    format!("{before}{}/", spec.app.name)
}

/// A script is no object: it travels in a ConfigMap.
fn artifact_path(artifact: &Artifact) -> String {
    match artifact.name.strip_suffix(".sh") {
        Some(name) => format!("{name}.yaml"),
        None => artifact.name.clone(),
    }
}

fn item_of(spec: &Spec<'_>, artifact: &Artifact) -> Item {
    if !artifact.kind.is_script() {
        return Item::of(artifact.text.clone());
    }
    let name = artifact.name.strip_suffix(".sh").unwrap_or(&artifact.name);
    let mut object = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": format!("{}-{name}", spec.app.name),
            "namespace": spec.identity.namespace,
            "annotations": {LOCAL_CONFIG: "true"},
        },
    });
    let is_literal = !artifact.text.chars().any(|c| c != '\n' && is_hidden(c));
    if !is_literal {
        object["data"][&artifact.name] = artifact.text.as_str().into();
    }
    let mut text = render::yaml(&object);
    if is_literal {
        text.push_str("data:\n  ");
        text.extend([artifact.name.as_str(), ": |\n"]);
        for line in artifact.text.split_inclusive('\n') {
            text.extend([if line == "\n" { "" } else { "    " }, line]);
        }
    }
    Item::of(artifact::marked(text, spec.source.file_name()))
}

fn with_generator_options(spec: &Spec<'_>, item: &mut Item, told: &mut Vec<Told>) {
    let mut value = item.value().clone();
    for key in OF_GENERATORS {
        if let Some(text) = spec.item.annotation(key) {
            item::annotate(&mut value, key, text);
        }
    }
    item.set(value);
    if item.kind() == "ServiceAccount" && item.gets_a_hash() {
        let message = format!(
            "Kustomize appends a hash to the name of the ServiceAccount {}, which Google Cloud knows without it; take {} off",
            quoted(item.name()),
            quoted(OF_GENERATORS[1])
        );
        told.push(
            Told::error(Code::FinalNames, message).of(spec.item).with_severity(Severity::Warning),
        );
    }
}

/// Puts an object in the place of the one that there is of it, or behind all others.
fn put(
    spec: &Spec<'_>,
    mut new: Item,
    path: Option<&str>,
    items: &mut Vec<Item>,
    told: &mut Vec<Told>,
) {
    let same = |item: &Item| {
        item.api_version() == new.api_version()
            && item.is(new.kind(), &spec.identity.namespace, new.name())
    };
    let at = |item: &Item| path.is_some() && item.path() == path;
    let found = items.iter().position(same).or_else(|| items.iter().position(at));
    let Some(found) = found else {
        if let Some(path) = path {
            let mut value = new.value().clone();
            item::annotate(&mut value, PATH[0], path);
            item::annotate(&mut value, INDEX, "0");
            new.set(value);
        }
        items.push(new);
        return;
    };
    let old = &mut items[found];
    if old.content() == new.value().clone() {
        return;
    }
    if !artifact::is_ours(old.text().as_bytes()) {
        let message = format!(
            "there is a {} {} that wigen did not write and that the spec would change; take it out, or name it otherwise in the spec",
            old.kind(),
            quoted(old.name()),
        );
        told.push(Told::error(Code::ForeignObject, message).of(old));
        return;
    }
    let mut value = new.value().clone();
    for (key, text) in old.annotations_of_caller() {
        item::annotate(&mut value, key, text.as_str().unwrap_or_default());
    }
    new.set(value);
    *old = new;
}
