//! Selects the existing workloads of an app without a container.

use serde_json::Value;

use super::resolved_app::ResolvedApp;
use super::resource::Resource;
use super::resource_index::ResourceIndex;
use super::results::FunctionResult;
use crate::diagnostics::{Code, quoted};
use crate::spec::types::WorkloadSelector;

/// The workloads that the spec selects, in order: those in its namespace, or else those in others.
pub(super) fn select(app: &ResolvedApp<'_>, resources: &ResourceIndex) -> Vec<usize> {
    let here = select_in(app, resources, Some(&app.identity.pods.namespace));
    if here.is_empty() { select_in(app, resources, None) } else { here }
}

fn select_in(
    app: &ResolvedApp<'_>,
    resources: &ResourceIndex,
    namespace: Option<&str>,
) -> Vec<usize> {
    let mut candidates: Vec<usize> = Vec::new();
    for selector in app.spec.workloads.iter().flatten() {
        match (&selector.name, selector.match_labels.iter().next()) {
            (Some(name), _) => candidates.extend(resources.workloads_by_any_name(name, namespace)),
            (None, Some((key, value))) => {
                candidates.extend(resources.workloads_by_label([key, value], namespace));
            }
            (None, None) => candidates.extend(resources.workloads()),
        }
    }
    if app.spec.workloads.is_none() {
        candidates.extend(resources.workloads_by_any_name(&app.spec.name, namespace));
    }
    candidates.sort_unstable();
    candidates.dedup();
    let may_be_in =
        |resource: &Resource| namespace.is_none_or(|namespace| resource.may_be_in(namespace));
    candidates.retain(|index| {
        let resource = resources.get(*index);
        may_be_in(resource) && is_selected(app, resource)
    });
    candidates
}

fn is_selected(app: &ResolvedApp<'_>, resource: &Resource) -> bool {
    let has_name = |name: &str| {
        resource.name() == name || resource.had_name(&app.identity.pods.namespace, name)
    };
    let matches = |selector: &WorkloadSelector| {
        let label = |key: &String| resource.value().pointer("/metadata/labels")?.get(key)?.as_str();
        selector.kind.as_ref().is_none_or(|kind| *resource.kind() == **kind)
            && selector.name.as_ref().is_none_or(|name| has_name(name))
            && selector.match_labels.iter().all(|(key, value)| label(key) == Some(value))
    };
    match &app.spec.workloads {
        None => has_name(&app.spec.name),
        Some(selectors) => selectors.iter().any(matches),
    }
}

crate::diagnostics::declare_code! {
    NO_WORKLOAD: Error = "no-workload",
    what: "An app without a container gives its identity to existing workloads, and none of the objects matches.",
    why: "Nothing would use the identity, and the intended pods would keep the one that they have.",
    example: "# kustomization.yaml\nresources: [deployment.yaml]\ntransformers: [app.yaml]\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  workloads: [{name: books}]\n# deployment.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  template:\n    spec:\n      containers: [{name: api, image: api}]\n# kustomize build says:\n# wigen: error[no-workload]: App books: spec.workloads: `workloads` chooses nothing; there are Deployment `api`",
    instead: "# kustomization.yaml\nresources: [deployment.yaml]\ntransformers: [app.yaml]\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  workloads: [{name: api}]\n# deployment.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  template:\n    spec:\n      containers: [{name: api, image: api}]",
}

pub(super) fn no_match(app: &ResolvedApp<'_>, resources: &ResourceIndex) -> FunctionResult {
    let workloads: Vec<String> = resources
        .workloads()
        .map(|index| resources.get(index))
        .map(|resource| format!("{} {}", resource.kind(), quoted(resource.name())))
        .take(5)
        .collect();
    let there = if workloads.is_empty() {
        "there is no workload at all".to_owned()
    } else {
        format!("there are {}", workloads.join(", "))
    };
    let message = match &app.spec.workloads {
        None => format!(
            "there is no workload called {} to use the identity; {there}: choose with `workloads`, or give the app a `container`",
            quoted(&app.spec.name)
        ),
        Some(_) => format!("`workloads` chooses nothing; {there}"),
    };
    FunctionResult::error(Code::NO_WORKLOAD, message).about(app.resource).field(
        "spec.workloads",
        Value::Null,
        Value::Null,
    )
}
