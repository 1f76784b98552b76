//! Whether the final objects are still those that the cloud side was set up for: names and namespaces
//! that Kustomize changes are no longer the `[NAMESPACE/KSA]` of the binding.

use super::Spec;
use super::mismatch::{Pair, annotation, changed, hashed};
use super::resource::Item;
use super::resource_index::{Items, SERVICE_ACCOUNT};
use super::results::Told;
use super::select_workloads::chosen;
use crate::diagnostics::{Code, quoted};

/// Tells everything that does not agree.
pub(super) fn compare(spec: &Spec<'_>, items: &Items, told: &mut Vec<Told>) {
    let (namespace, name) = (&spec.identity.pods.namespace, &spec.identity.pods.service_account);
    let account = items.find(SERVICE_ACCOUNT, namespace, name).map(|index| items.get(index));
    let account = account.or_else(|| items.account_before(namespace, name));
    let mut pairs: Vec<(Pair, &Item)> = Vec::new();
    match account {
        Some(account) => {
            pairs.push((pair(account.namespace(), account.name(), namespace), account));
            if account.gets_a_hash() {
                told.push(hashed(spec, account));
            }
            annotation(spec, account, told);
        }
        None if spec.identity.renders_service_account => {
            let message = format!(
                "there is no ServiceAccount {} in namespace {} among the resources; it is what Google Cloud was set up for",
                quoted(name),
                quoted(namespace)
            );
            told.push(Told::error(Code::FINAL_NAMES, message).of(spec.item));
        }
        None => {}
    }
    for index in workloads(spec, items) {
        let item = items.get(index);
        let Some(pods) = item.pods().and_then(|at| item.value().pointer(&at)) else { continue };
        let named = pods["serviceAccountName"].as_str().unwrap_or("default");
        // Kustomize brings the name up to date only after every function.
        let known = || items.accounts_called(named, Some(item.namespace()));
        let meant = known().find(|account| account.name() == named);
        let meant = meant.or_else(|| known().find(|account| account.was(namespace, named)));
        pairs.push((pair(item.namespace(), meant.map_or(named, Item::name), namespace), item));
    }
    let wanted = (namespace.clone(), name.clone());
    let mut seen = Vec::new();
    for (found, item) in pairs {
        if found != wanted && !seen.contains(&found) {
            told.push(changed(spec, item, &found));
            seen.push(found);
        }
    }
}

/// Where no namespace is given it is whichever is applied to.
fn pair(namespace: &str, name: &str, otherwise: &str) -> Pair {
    let namespace = if namespace.is_empty() { otherwise } else { namespace };
    (namespace.to_owned(), name.to_owned())
}

/// The workloads that are to have the identity: those in its namespace, or else those that are in
/// others. Another app may have the same name there.
fn workloads(spec: &Spec<'_>, items: &Items) -> Vec<usize> {
    if spec.app.container.is_none() {
        return chosen(spec, items);
    }
    let name = &spec.workload.name;
    let is_it = |index: &usize| {
        let item = items.get(*index);
        let is_called = item.name() == name || item.was(&spec.identity.pods.namespace, name);
        item.kind() == spec.workload.kind.as_str() && is_called
    };
    let called =
        |place: Option<&str>| items.workloads_called(name, place).filter(is_it).collect::<Vec<_>>();
    let here = called(Some(&spec.identity.pods.namespace));
    if here.is_empty() { called(None) } else { here }
}
