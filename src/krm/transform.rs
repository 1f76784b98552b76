//! An app without a container gives its identity to workloads that others made.

use serde_json::Value;

use super::resource;
use super::resource_index::{Items, SERVICE_ACCOUNT};
use super::results::Told;
use super::select_workloads::{chosen, nothing_chosen};
use super::{Caller, Spec, generate, mismatch};
use crate::backends::artifact::ArtifactKind;
use crate::google::names::GSA_ANNOTATION;

/// Has the workloads that are chosen name the ServiceAccount, and the ServiceAccount carry what the
/// identity asks for.
pub(super) fn transform(spec: &Spec<'_>, caller: Caller, items: &mut Items, told: &mut Vec<Told>) {
    let (namespace, account) = (&spec.identity.pods.namespace, &spec.identity.pods.service_account);
    let chosen = chosen(spec, items);
    match chosen.first().map(|index| items.get(*index)) {
        None => {
            told.push(nothing_chosen(spec, items));
            return;
        }
        Some(item) if !item.may_be_in(namespace) => {
            let found = (item.namespace().to_owned(), account.clone());
            told.push(mismatch::changed(spec, item, &found));
            return;
        }
        Some(_) => {}
    }
    for index in chosen {
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
    let (namespace, name) = (&spec.identity.pods.namespace, &spec.identity.pods.service_account);
    let found = items.find(SERVICE_ACCOUNT, namespace, name);
    if let Some(item) = found.map(|index| items.get_mut(index)).filter(|item| !item.is_ours()) {
        if item.gets_a_hash() {
            told.push(mismatch::hashed(spec, item));
        }
        if !spec.identity.renders_service_account {
            // Somebody else keeps it.
            mismatch::annotation(spec, item, told);
            return;
        }
        if !item.annotations().is_object() && !item.annotations().is_null() {
            told.push(mismatch::no_table(item));
            return;
        }
        let mut value = item.value().clone();
        match &spec.identity.account {
            Some(account) => resource::annotate(&mut value, GSA_ANNOTATION, account.email.as_str()),
            None => resource::unannotate(&mut value, GSA_ANNOTATION),
        }
        item.set(value);
        return;
    }
    let renamed = || items.account_before(namespace, name);
    if let Some(item) = found.map_or_else(renamed, |_| None) {
        let found = (item.namespace().to_owned(), item.name().to_owned());
        told.push(mismatch::changed(spec, item, &found));
        return;
    }
    if spec.item.gets_a_hash() {
        told.push(mismatch::hashed(spec, spec.item));
        return;
    }
    generate::generate(spec, &[ArtifactKind::ServiceAccount], caller, items, told);
}
