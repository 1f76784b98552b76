//! An app without a container gives its identity to workloads that others made.

use serde_json::Value;

use super::item::{self, Item};
use super::items::Items;
use super::told::Told;
use super::{Caller, Spec, compare, generate};
use crate::app::WorkloadSelector;
use crate::artifact::Kind;
use crate::diagnostic::{Code, quoted};
use crate::grammar::GSA_ANNOTATION;

/// Has the workloads that are chosen name the ServiceAccount, and the ServiceAccount carry what the
/// identity asks for.
pub(super) fn transform(spec: &Spec<'_>, caller: Caller, items: &mut Items, told: &mut Vec<Told>) {
    let (namespace, account) = (&spec.identity.namespace, &spec.identity.service_account);
    let (here, elsewhere): (Vec<usize>, Vec<usize>) = items
        .workloads()
        .filter(|index| is_chosen(spec, items.get(*index)))
        .partition(|index| items.get(*index).may_be_in(namespace));
    if here.is_empty() {
        told.push(match elsewhere.first().map(|index| items.get(*index)) {
            Some(item) => {
                let found = (item.namespace().to_owned(), account.clone());
                compare::changed(spec, item, &found)
            }
            None => nothing_chosen(spec, items),
        });
        return;
    }
    for index in here {
        let item = items.get_mut(index);
        let mut value = item.value().clone();
        let pods = item.pods().unwrap_or_default();
        let Some(Value::Object(pod)) = value.pointer_mut(&pods) else { continue };
        pod.insert("serviceAccountName".to_owned(), account.as_str().into());
        // The old name of the same field: if it stays, it says the same.
        if let Some(old) = pod.get_mut("serviceAccount") {
            *old = account.as_str().into();
        }
        item.set(value);
    }
    if caller == Caller::Package {
        items.keep(&generate::folder(spec), []);
    }
    service_account(spec, caller, items, told);
}

/// Adds the ServiceAccount, or annotates the one that there is.
fn service_account(spec: &Spec<'_>, caller: Caller, items: &mut Items, told: &mut Vec<Told>) {
    let (namespace, name) = (&spec.identity.namespace, &spec.identity.service_account);
    let found = items.find("ServiceAccount", namespace, name);
    if let Some(item) = found.map(|index| items.get_mut(index)).filter(|item| !item.is_ours()) {
        if item.gets_a_hash() {
            told.push(compare::hashed(spec, item));
        }
        if !spec.identity.renders_service_account {
            // Somebody else keeps it.
            compare::annotation(spec, item, told);
            return;
        }
        let mut value = item.value().clone();
        match &spec.identity.account {
            Some(account) => item::annotate(&mut value, GSA_ANNOTATION, &account.email),
            None => item::unannotate(&mut value, GSA_ANNOTATION),
        }
        item.set(value);
        return;
    }
    let renamed = || items.of_kind("ServiceAccount").find(|item| item.was(namespace, name));
    if let Some(item) = renamed().filter(|_| found.is_none()) {
        let found = (item.namespace().to_owned(), item.name().to_owned());
        told.push(compare::changed(spec, item, &found));
        return;
    }
    generate::generate(spec, &[Kind::ServiceAccount], caller, items, told);
}

/// Whether a workload is one of those that the spec chooses.
pub(super) fn is_chosen(spec: &Spec<'_>, item: &Item) -> bool {
    let called = |name: &str| item.name() == name || item.was(&spec.identity.namespace, name);
    let fits = |selector: &WorkloadSelector| {
        let label = |key: &String| item.value().pointer("/metadata/labels")?.get(key)?.as_str();
        selector.kind.as_ref().is_none_or(|kind| item.kind() == kind)
            && selector.name.as_ref().is_none_or(|name| called(name))
            && selector.match_labels.iter().all(|(key, value)| label(key) == Some(value))
    };
    match &spec.app.workloads {
        None => called(&spec.app.name),
        Some(selectors) => selectors.iter().any(fits),
    }
}

fn nothing_chosen(spec: &Spec<'_>, items: &Items) -> Told {
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
    Told::error(Code::NoWorkload, message).of(spec.item).field(
        "spec.workloads",
        Value::Null,
        Value::Null,
    )
}
