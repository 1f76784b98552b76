//! Whether the final objects are still those that the cloud side was set up for: names and namespaces
//! that Kustomize changes are no longer the `[NAMESPACE/KSA]` of the binding.

use super::item::Item;
use super::items::Items;
use super::told::Told;
use super::{Spec, transform};
use crate::diagnostic::{Code, quoted};
use crate::grammar::GSA_ANNOTATION;
use crate::identity::Member;

/// Namespace and name of a ServiceAccount.
type Pair = (String, String);

/// Tells everything that does not agree.
pub(super) fn compare(spec: &Spec<'_>, items: &Items, told: &mut Vec<Told>) {
    let (namespace, name) = (&spec.identity.namespace, &spec.identity.service_account);
    let accounts = || items.of_kind("ServiceAccount");
    let account = items.find("ServiceAccount", namespace, name).map(|index| items.get(index));
    let account = account.or_else(|| accounts().find(|item| item.was(namespace, name)));
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
            told.push(Told::error(Code::FinalNames, message).of(spec.item));
        }
        None => {}
    }
    let workloads = items.workloads().map(|index| items.get(index));
    for item in workloads.filter(|item| is_workload(spec, item)) {
        let Some(pods) = item.pods().and_then(|at| item.value().pointer(&at)) else { continue };
        let named = pods["serviceAccountName"].as_str().unwrap_or("default");
        // Kustomize brings the name up to date only after every function.
        let is_meant = |account: &&Item| account.may_be_in(item.namespace());
        let known = || accounts().filter(is_meant);
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

fn is_workload(spec: &Spec<'_>, item: &Item) -> bool {
    if spec.app.container.is_none() {
        return transform::is_chosen(spec, item);
    }
    let name = &spec.workload.name;
    let is_called = item.name() == name || item.was(&spec.identity.namespace, name);
    item.kind() == spec.workload.kind.as_str() && is_called
}

/// By this object the pods have another identity than the one that was set up.
pub(super) fn changed(spec: &Spec<'_>, by: &Item, (namespace, name): &Pair) -> Told {
    let identity = &spec.identity;
    let wanted = (&identity.namespace, &identity.service_account);
    let member = match (&identity.account, &identity.member) {
        (Some(account), _) => account.workload_member.clone(),
        (None, Member::Principal { after, .. }) => format!("…{after}"),
        (None, Member::Account { text }) => text.clone(),
    };
    // The names of an environment stand in it.
    let (place, account) = match spec.environment() {
        Some(name) => {
            let place = format!("spec.environments.{name}");
            (format!("{place}.namespace"), format!("{place}.serviceAccount.name"))
        }
        None => ("metadata.namespace".to_owned(), "spec.serviceAccount.name".to_owned()),
    };
    let mut changes = Vec::new();
    if wanted.0 != namespace {
        changes.push((place, wanted.0, namespace));
    }
    if wanted.1 != name {
        changes.push((account, wanted.1, name));
    }
    let words: Vec<String> =
        changes.iter().map(|(key, _, now)| format!("`{key}: {now}`")).collect();
    let message = format!(
        "by {} {} the pods are [{namespace}/{name}], but Google Cloud was set up for [{}/{}] ({member}); write {} in this App and run its gcloud.sh, or leave the names as they were",
        by.kind(),
        quoted(by.name()),
        wanted.0,
        wanted.1,
        words.join(" and "),
    );
    let told = Told::error(Code::FinalNames, message).of(spec.item);
    match changes.first() {
        Some((key, before, now)) => told.field(key, before.as_str().into(), now.as_str().into()),
        None => told,
    }
}

/// Kustomize will give the ServiceAccount a name that nobody knows yet.
pub(super) fn hashed(spec: &Spec<'_>, account: &Item) -> Told {
    let message = format!(
        "Kustomize appends a hash to this name, but Google Cloud was set up for [{}/{}]; take `kustomize.config.k8s.io/needs-hash` off",
        spec.identity.namespace, spec.identity.service_account
    );
    Told::error(Code::FinalNames, message).of(account)
}

/// The annotation must be the account's e-mail, or not be there.
pub(super) fn annotation(spec: &Spec<'_>, item: &Item, told: &mut Vec<Told>) {
    let found = item.annotation(GSA_ANNOTATION);
    let wanted = spec.identity.account.as_ref().map(|account| account.email.as_str());
    if found == wanted {
        return;
    }
    let message = match wanted {
        Some(email) => format!("{} must be {}", quoted(GSA_ANNOTATION), quoted(email)),
        None => format!(
            "{} makes the pods act as a Google Cloud service account; the spec grants the roles to the pods themselves",
            quoted(GSA_ANNOTATION)
        ),
    };
    let path = format!("metadata.annotations[{GSA_ANNOTATION:?}]");
    told.push(Told::error(Code::FinalNames, message).of(item).field(
        &path,
        found.into(),
        wanted.into(),
    ));
}
