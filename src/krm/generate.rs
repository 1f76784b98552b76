//! An app becomes objects: as a generator all there is, among other objects whatever is missing or
//! not as the spec has it.

use super::resource::{self, INDEX, Item, PATH, STYLE};
use super::resource_index::{Items, SERVICE_ACCOUNT};
use super::results::Told;
use super::{Caller, Spec};
use crate::backends::artifact::{self, Artifact, ArtifactKind};
use crate::backends::templates::{self, TemplateOptions};
use crate::diagnostics::source::is_hidden;
use crate::diagnostics::{Code, Severity, quoted, shown};
use crate::text::yaml_writer::to_yaml;

/// What Kustomize does with an object that is generated, as the user has asked of the app. Source:
/// Kustomize, "Generator options".
const OF_GENERATORS: [&str; 2] =
    ["kustomize.config.k8s.io/behavior", "kustomize.config.k8s.io/needs-hash"];

const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Puts the artifacts of these kinds among the items.
pub(super) fn generate(
    spec: &Spec<'_>,
    kinds: &[ArtifactKind],
    caller: Caller,
    items: &mut Items,
    told: &mut Vec<Told>,
) {
    let how = TemplateOptions {
        kinds: &ArtifactKind::ALL,
        templates: None,
        version: spec.settings.version,
    };
    // What the rules have accepted can be rendered; should it ever not, the reason is told.
    let artifacts = match templates::render(&spec.source, &spec.identity, None, &spec.workload, how)
    {
        Ok(artifacts) => artifacts,
        Err(faults) => {
            let found = faults.iter().map(|fault| &fault.diagnostic);
            told.extend(found.map(|found| Told::found(spec.item, &spec.source, found)));
            return;
        }
    };
    let folder = folder(spec);
    let path = |artifact: &Artifact| format!("{folder}{}", file_name(artifact));
    for artifact in artifacts.iter().filter(|artifact| kinds.contains(&artifact.kind)) {
        let mut item = item_of(spec, artifact);
        if !artifact.kind.is_script() {
            with_generator_options(spec, &mut item, told);
        }
        put(spec, item, (caller == Caller::Package).then(|| path(artifact)), items, told);
    }
    if caller == Caller::Package {
        // What is not asked for this time may stay.
        items.keep(&folder, artifacts.iter().map(path));
    }
}

/// The folder of an app's files, which is beside its spec.
pub(super) fn folder(spec: &Spec<'_>) -> String {
    let spec_folder = spec.item.path().and_then(|path| path.rsplit_once('/'));
    let before = spec_folder.map_or(String::new(), |(folder, _)| format!("{folder}/"));
    format!("{before}{}/", spec.app.name)
}

/// A script is no object: it travels in a ConfigMap.
fn file_name(artifact: &Artifact) -> String {
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
            "namespace": spec.identity.pods.namespace,
            "annotations": {LOCAL_CONFIG: "true"},
        },
    });
    let is_literal = !artifact.text.chars().any(|c| c != '\n' && is_hidden(c));
    if !is_literal {
        object["data"][&artifact.name] = artifact.text.as_str().into();
    }
    let mut text = to_yaml(&object);
    if is_literal {
        text.push_str("data:\n  ");
        text.extend([artifact.name.as_str(), ": |\n"]);
        for line in artifact.text.split_inclusive('\n') {
            text.extend([if line == "\n" { "" } else { "    " }, line]);
        }
    }
    Item::of(artifact::with_mark(text, spec.source.file_name()))
}

fn with_generator_options(spec: &Spec<'_>, item: &mut Item, told: &mut Vec<Told>) {
    let mut value = item.value().clone();
    for key in OF_GENERATORS {
        if let Some(text) = spec.item.annotation(key) {
            resource::annotate(&mut value, key, text);
        }
    }
    item.set(value);
    if item.kind() == SERVICE_ACCOUNT && item.gets_a_hash() {
        let message = format!(
            "Kustomize appends a hash to the name of the ServiceAccount {}, which Google Cloud knows without it; take {} off",
            quoted(item.name()),
            quoted(OF_GENERATORS[1])
        );
        told.push(
            Told::error(Code::FINAL_NAMES, message).of(spec.item).with_severity(Severity::Warning),
        );
    }
}

crate::diagnostics::declare_code! {
    FOREIGN_OBJECT: Error = "foreign-object",
    what: "wigen would write an object here, but there is a different one that wigen did not write. wigen recognizes its own objects by their first line.",
    why: "wigen does not overwrite what somebody wrote by hand.",
    example: "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {name: fastapi-books, namespace: default, labels: {by: hand}}\n- apiVersion: wigen.dev/v1alpha1\n  kind: App\n  metadata: {name: fastapi-books}\n  spec:\n    project: my-project\n    cluster: {name: fastapi-cluster, region: us-central1}\n    container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}",
    instead: crate::krm::resource_list::EXAMPLE,
    source: "",
}

/// Puts an object in the place of the one that there is of it, or behind all others.
fn put(
    spec: &Spec<'_>,
    mut new: Item,
    path: Option<String>,
    items: &mut Items,
    told: &mut Vec<Told>,
) {
    let found = items.find(new.kind(), &spec.identity.pods.namespace, new.name());
    let found = found.or_else(|| items.in_file(path.as_ref()?));
    let Some(found) = found else {
        if let Some(path) = path {
            let mut value = new.value().clone();
            resource::annotate(&mut value, PATH[0], path);
            resource::annotate(&mut value, INDEX, "0");
            // As `wigen render` writes files.
            resource::annotate(&mut value, STYLE, "wide");
            new.set(value);
        }
        items.give(new);
        return;
    };
    items.want(found);
    let old = items.get(found);
    if old.content() == *new.value() {
        return;
    }
    let refused = |by: &Item, what: &str| {
        let message =
            format!("there is a {} {} that {what}", shown(old.kind()), quoted(old.name()));
        Told::error(Code::FOREIGN_OBJECT, message).of(by)
    };
    if items.is_given(found) {
        let what = "another App gives, and that this one would give otherwise; name it otherwise in one of them";
        told.push(refused(spec.item, what));
        return;
    }
    if !old.is_ours() {
        let what = "wigen did not write and that the spec would change; take it out, or name it otherwise in the spec";
        told.push(refused(old, what));
        return;
    }
    let mut value = new.value().clone();
    for (key, text) in old.annotations_of_caller() {
        let text = if key == STYLE { "wide".into() } else { text.clone() };
        resource::annotate(&mut value, key, text);
    }
    new.set(value);
    items.replace(found, new);
}
