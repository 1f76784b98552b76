//! Generates the objects of an app: all of them, or those that are missing or outdated among other objects.

use super::call::Caller;
use super::resolved_app::ResolvedApp;
use super::resource::{self, INDEX, PATH, Resource, STYLE};
use super::resource_index::ResourceIndex;
use super::results::FunctionResult;
use crate::backends::artifact::{self, Artifact, ArtifactKind};
use crate::backends::templates::{self, TemplateOptions};
use crate::diagnostics::source::is_hidden;
use crate::diagnostics::{Code, Severity, quoted, shown};
use crate::text::yaml_writer::to_yaml;

/// Annotations of the App that its objects get too: what Kustomize does with generated objects. Source:
/// Kustomize, "Generator options".
const GENERATOR_OPTIONS: [&str; 2] =
    ["kustomize.config.k8s.io/behavior", "kustomize.config.k8s.io/needs-hash"];

const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

pub(super) fn generate(
    app: &ResolvedApp<'_>,
    kinds: &[ArtifactKind],
    caller: Caller,
    resources: &mut ResourceIndex,
    results: &mut Vec<FunctionResult>,
) {
    let Some(artifacts) = artifacts(app, ArtifactKind::ALL, results) else { return };
    if caller == Caller::Kpt
        && let Some(path) = app.resource.path().filter(|path| !is_in_package(path))
    {
        let message = format!(
            "{} leads out of the package, and so would the files of the app; correct the annotation {}",
            quoted(path),
            quoted(PATH[0])
        );
        results.push(FunctionResult::error(Code::FUNCTION_CONFIG, message).about(app.resource));
        return;
    }
    let folder = app_folder(app);
    let path = |artifact: &Artifact| format!("{folder}{}", file_name(artifact));
    for artifact in artifacts.iter().filter(|artifact| kinds.contains(&artifact.kind)) {
        let objects = objects(app, artifact);
        let is_alone = objects.len() == 1;
        let first = if is_alone { 0 } else { resources.first_index(&path(artifact)) };
        for (index, mut resource) in (first..).zip(objects) {
            if artifact.kind.is_manifest() {
                add_generator_options(app, &mut resource, results);
            }
            let path = path(artifact);
            let file = (caller == Caller::Kpt).then_some(File { path, index, is_alone });
            replace_or_push(app, resource, file, resources, results);
        }
    }
    if caller == Caller::Kpt {
        // Artifacts that this call does not render may stay. Of several objects in a file, each stays by itself.
        let selected = app.options.artifacts();
        let files = artifacts.iter().filter(|artifact| {
            artifact.kind != ArtifactKind::ConfigConnector || !selected.contains(&artifact.kind)
        });
        resources.mark_current_files(&folder, files.map(path));
    }
}

/// Where an object is in a package.
struct File {
    path: String,
    /// Its place among the objects of the file.
    index: usize,
    is_alone: bool,
}

/// Renders artifacts. The built-in templates render every valid spec; if one ever fails, the errors are reported.
fn artifacts(
    app: &ResolvedApp<'_>,
    kinds: &[ArtifactKind],
    results: &mut Vec<FunctionResult>,
) -> Option<Vec<Artifact>> {
    let version = app.options.version;
    let options = TemplateOptions { kinds, templates: None, version, library: None, import: None };
    match templates::render(&app.source, &app.identity, None, &app.workload, options) {
        Ok(artifacts) => Some(artifacts),
        Err(errors) => {
            let found = errors.iter().map(|error| &error.diagnostic);
            results
                .extend(found.map(|found| {
                    FunctionResult::from_diagnostic(app.resource, &app.source, found)
                }));
            None
        }
    }
}

/// The objects of Config Connector; none with another format.
pub(super) fn config_connector(
    app: &ResolvedApp<'_>,
    results: &mut Vec<FunctionResult>,
) -> Vec<Resource> {
    let artifacts = artifacts(app, &[ArtifactKind::ConfigConnector], results);
    artifacts.iter().flatten().flat_map(|artifact| objects(app, artifact)).collect()
}

/// Whether a path stays in the package of kpt, also on Windows.
fn is_in_package(path: &str) -> bool {
    !path.starts_with('/')
        && !path.contains(['\\', ':'])
        && path.split('/').all(|name| name != ".." && !name.eq_ignore_ascii_case(".git"))
}

/// The folder of an app's files, beside its spec.
pub(super) fn app_folder(app: &ResolvedApp<'_>) -> String {
    let spec_folder = app.resource.path().and_then(|path| path.rsplit_once('/'));
    let before = spec_folder.map_or(String::new(), |(folder, _)| format!("{folder}/"));
    format!("{before}{}/", app.spec.name)
}

/// The file of an artifact. One that is not a manifest is in a ConfigMap.
fn file_name(artifact: &Artifact) -> String {
    if artifact.kind.is_manifest() {
        return artifact.name.clone();
    }
    format!("{}.yaml", stem(artifact))
}

/// The file name of an artifact without its extension.
fn stem(artifact: &Artifact) -> &str {
    artifact.name.rsplit_once('.').map_or(&artifact.name, |(stem, _)| stem)
}

fn objects(app: &ResolvedApp<'_>, artifact: &Artifact) -> Vec<Resource> {
    if artifact.kind.is_manifest() {
        let texts = artifact.text.split("\n---\n");
        let spec = app.source.file_name();
        return texts
            .map(|text| Resource::parse(artifact::with_mark(text.to_owned(), spec)))
            .collect();
    }
    let name = stem(artifact);
    let mut object = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": format!("{}-{name}", app.spec.name),
            "namespace": app.identity.pods.namespace,
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
    vec![Resource::parse(artifact::with_mark(text, app.source.file_name()))]
}

fn add_generator_options(
    app: &ResolvedApp<'_>,
    resource: &mut Resource,
    results: &mut Vec<FunctionResult>,
) {
    let mut value = resource.value().clone();
    for key in GENERATOR_OPTIONS {
        if let Some(text) = app.resource.annotation(key) {
            resource::annotate(&mut value, key, text);
        }
    }
    resource.set(value);
    if resource.is_service_account() && resource.gets_hash() {
        let message = format!(
            "Kustomize appends a hash to the name of the ServiceAccount {}, but Google Cloud was set up for the name without it; remove {}",
            quoted(resource.name()),
            quoted(GENERATOR_OPTIONS[1])
        );
        results.push(
            FunctionResult::error(Code::FINAL_NAMES, message)
                .about(app.resource)
                .with_severity(Severity::Warning),
        );
    }
}

crate::diagnostics::declare_code! {
    FOREIGN_OBJECT: Error = "foreign-object",
    what: "wigen would write an object here, but there is a different one that wigen did not write. wigen recognizes its own objects by their first line.",
    why: "wigen does not overwrite what somebody wrote by hand.",
    example: "# kustomization.yaml\nresources: [app.yaml, service-account.yaml]\ntransformers: [apps.yaml]\n# apps.yaml\napiVersion: wigen.dev/v1alpha1\nkind: Apps\nmetadata:\n  name: apps\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}\n# service-account.yaml\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  labels: {by: hand}\n# kustomize build says:\n# wigen: error[foreign-object]: ServiceAccount books: there is a ServiceAccount `books` that wigen did not write and that the spec would change; remove it, or use another name in the spec",
    instead: "# kustomization.yaml\nresources: [app.yaml, service-account.yaml]\ntransformers: [apps.yaml]\n# apps.yaml\napiVersion: wigen.dev/v1alpha1\nkind: Apps\nmetadata:\n  name: apps\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}\n# service-account.yaml\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: others\n  labels: {by: hand}",
}

/// Replaces the object if it exists already, or adds it at the end.
fn replace_or_push(
    app: &ResolvedApp<'_>,
    mut new: Resource,
    file: Option<File>,
    resources: &mut ResourceIndex,
    results: &mut Vec<FunctionResult>,
) {
    let namespace = match new.namespace() {
        "" => &app.identity.pods.namespace,
        namespace => namespace,
    };
    let found = resources.find(new.group_kind(), namespace, new.name()).or_else(|| {
        let file = file.as_ref().filter(|file| file.is_alone)?;
        resources.find_by_file(&file.path)
    });
    let Some(found) = found else {
        if let Some(file) = file {
            let mut value = new.value().clone();
            resource::annotate(&mut value, PATH[0], file.path);
            resource::annotate(&mut value, INDEX[0], file.index.to_string());
            // The style of `wigen render`.
            resource::annotate(&mut value, STYLE, "wide");
            new.set(value);
        }
        resources.add(new);
        return;
    };
    resources.mark_current(found);
    let old = resources.get(found);
    // With another number of objects in its file, its place may be another.
    let index = file.filter(|file| !file.is_alone && old.path() == Some(file.path.as_str()));
    let index = index.map(|file| file.index.to_string());
    let is_moved = index.as_deref().is_some_and(|index| old.annotation(INDEX[0]) != Some(index));
    if old.content() == *new.value() && !is_moved {
        return;
    }
    let refuse = |resource: &Resource, reason: &str| {
        let message =
            format!("there is a {} {} that {reason}", shown(old.kind()), quoted(old.name()));
        FunctionResult::error(Code::FOREIGN_OBJECT, message).about(resource)
    };
    if resources.is_rendered(found) {
        let reason = "another App renders differently; rename it in one of them";
        results.push(refuse(app.resource, reason));
        return;
    }
    if !old.is_ours() {
        let reason = "wigen did not write and that the spec would change; remove it, or use another name in the spec";
        results.push(refuse(old, reason));
        return;
    }
    let mut value = new.value().clone();
    for (key, text) in old.caller_annotations() {
        let text = match &index {
            Some(index) if INDEX.contains(&key.as_str()) => index.as_str().into(),
            _ if key == STYLE => "wide".into(),
            _ => text.clone(),
        };
        resource::annotate(&mut value, key, text);
    }
    new.set(value);
    resources.replace(found, new);
}
