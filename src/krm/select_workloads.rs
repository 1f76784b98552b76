//! Which workloads of others an app means.

use serde_json::Value;

use super::Spec;
use super::resource::Item;
use super::resource_index::Items;
use super::results::Told;
use crate::diagnostics::{Code, quoted};
use crate::spec::types::WorkloadSelector;

/// The workloads that the spec chooses, in their order: those in its namespace, or else those that are
/// in others.
pub(super) fn chosen(spec: &Spec<'_>, items: &Items) -> Vec<usize> {
    let here = chosen_in(spec, items, Some(&spec.identity.pods.namespace));
    if here.is_empty() { chosen_in(spec, items, None) } else { here }
}

fn chosen_in(spec: &Spec<'_>, items: &Items, namespace: Option<&str>) -> Vec<usize> {
    let mut candidates: Vec<usize> = Vec::new();
    for selector in spec.app.workloads.iter().flatten() {
        match (&selector.name, selector.match_labels.iter().next()) {
            (Some(name), _) => candidates.extend(items.workloads_called(name, namespace)),
            (None, Some((key, text))) => {
                candidates.extend(items.workloads_labelled([key, text], namespace));
            }
            (None, None) => candidates.extend(items.workloads()),
        }
    }
    if spec.app.workloads.is_none() {
        candidates.extend(items.workloads_called(&spec.app.name, namespace));
    }
    candidates.sort_unstable();
    candidates.dedup();
    let is_there = |item: &Item| namespace.is_none_or(|namespace| item.may_be_in(namespace));
    candidates.retain(|index| {
        let item = items.get(*index);
        is_there(item) && is_chosen(spec, item)
    });
    candidates
}

fn is_chosen(spec: &Spec<'_>, item: &Item) -> bool {
    let called = |name: &str| item.name() == name || item.was(&spec.identity.pods.namespace, name);
    let fits = |selector: &WorkloadSelector| {
        let label = |key: &String| item.value().pointer("/metadata/labels")?.get(key)?.as_str();
        selector.kind.as_ref().is_none_or(|kind| *item.kind() == *kind)
            && selector.name.as_ref().is_none_or(|name| called(name))
            && selector.match_labels.iter().all(|(key, value)| label(key) == Some(value))
    };
    match &spec.app.workloads {
        None => called(&spec.app.name),
        Some(selectors) => selectors.iter().any(fits),
    }
}

crate::diagnostics::declare_code! {
    NO_WORKLOAD: Error = "no-workload",
    what: "An app without a container gives its identity to existing workloads, and none of the objects matches.",
    why: "Nothing would use the identity, and the intended pods would keep the one that they have.",
    example: "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: api}\nfunctionConfig:\n  apiVersion: wigen.dev/v1alpha1\n  kind: App\n  metadata: {name: fastapi-books}\n  spec:\n    project: my-project\n    cluster: {name: fastapi-cluster, region: us-central1}\n    workloads:\n    - matchLabels: {app: books}",
    instead: crate::krm::resource_list::EXAMPLE,
    source: "",
}

/// Tells that it means none of those that there are.
pub(super) fn nothing_chosen(spec: &Spec<'_>, items: &Items) -> Told {
    let workloads: Vec<String> = items
        .workloads()
        .map(|index| items.get(index))
        .map(|item| format!("{} {}", item.kind(), quoted(item.name())))
        .take(5)
        .collect();
    let there = if workloads.is_empty() {
        "there is no workload at all".to_owned()
    } else {
        format!("there are {}", workloads.join(", "))
    };
    let message = match &spec.app.workloads {
        None => format!(
            "there is no workload called {} to use the identity; {there}: choose with `workloads`, or give the app a `container`",
            quoted(&spec.app.name)
        ),
        Some(_) => format!("`workloads` chooses nothing; {there}"),
    };
    Told::error(Code::NO_WORKLOAD, message).of(spec.item).field(
        "spec.workloads",
        Value::Null,
        Value::Null,
    )
}
