//! Rules for the annotations of ServiceAccounts.

use indexmap::IndexMap;
use serde_json::Value;

use super::rule::Found;
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Location, quoted, shown};
use crate::google::gke::KeyMatch;
use crate::google::names::{GKE_ANNOTATIONS, GSA_ANNOTATION};
use crate::kubernetes::{is_kubernetes_group, pod_template};
use crate::observed::{Object, World};

crate::diagnostics::declare_code! {
    ANNOTATION_PLACE: Error = "annotation-place",
    what: "The annotation for the Google Cloud service account is on an object other than a ServiceAccount: a Deployment, its pods, a Service.",
    why: "GKE reads it only on the ServiceAccount of the pods. Anywhere else it has no effect, and the pods get a 403.",
    example: "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      annotations:\n        iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// The annotation anywhere but on a ServiceAccount, where nothing reads it.
pub(super) fn misplaced(world: &World<'_>, found: &mut Found) {
    const ON: &str = "put it on the ServiceAccount that the pods name";
    const BELOW: &str = "put it below `metadata.annotations` of the ServiceAccount";
    let mut report = |place: Location, key: &str, what: &str, help: &str| {
        let message = format!("{} has no effect {what}", quoted(key));
        found.push(Diagnostic::new(Code::ANNOTATION_PLACE, place, message).help(help));
    };
    for object in world.objects.all.iter().filter(|object| is_of_kubernetes(object)) {
        for (table, what) in [
            ("", "at the root"),
            ("/metadata", "directly below `metadata`"),
            ("/metadata/labels", "as a label"),
        ] {
            if object.value.pointer(table).is_some_and(|table| is_set(&table[GSA_ANNOTATION])) {
                report(object.key_place(table, GSA_ANNOTATION), GSA_ANNOTATION, what, BELOW);
            }
        }
        if object.id.is_service_account() {
            continue;
        }
        for (key, _) in object.annotations().into_iter().flatten().filter(|(_, it)| is_set(it)) {
            let key_match = KeyMatch::for_annotation(key);
            if let KeyMatch::Exact(GSA_ANNOTATION) | KeyMatch::Misspelt(GSA_ANNOTATION) = key_match
            {
                let what = format!("on a {}", shown(object.id.kind));
                report(object.annotation_place(key), key, &what, ON);
            }
        }
    }
    for pods in world.objects.pods.iter().filter(|pods| pods.is_verbatim) {
        let owner = world.owner(pods);
        if !owner.id.is_a("", "Pod") && is_set(&pods.metadata["annotations"][GSA_ANNOTATION]) {
            let pointer = join(&format!("{}/annotations", pods.metadata_pointer), GSA_ANNOTATION);
            report(Location::key(pointer).in_source(pods.source), GSA_ANNOTATION, "on pods", ON);
        }
    }
}

/// An annotation that is empty or null is switched off.
fn is_set(value: &Value) -> bool {
    !value.is_null() && value != ""
}

/// Whether an object is of an API of Kubernetes. Another API may pass the annotation on.
fn is_of_kubernetes(object: &Object<'_>) -> bool {
    let (group, kind) = (object.id.group, object.id.kind);
    is_kubernetes_group(group) || pod_template(group, kind).is_some()
}

/// A key that looks like one of GKE's.
pub(super) fn misspelt(world: &World<'_>, found: &mut Found) {
    for account in world.accounts() {
        let keys = account.annotations().into_iter().flat_map(|entries| entries.keys());
        found.extend(keys.filter_map(|key| key_problem(key, account.annotation_place(key))));
    }
}

/// What is wrong with the key of an annotation.
pub(super) fn key_problem(key: &str, place: Location) -> Option<Diagnostic> {
    let message = format!("GKE knows no annotation {}", quoted(key));
    let diagnostic = Diagnostic::new(Code::ANNOTATION_KEY, place, message);
    match KeyMatch::for_annotation(key) {
        KeyMatch::Exact(_) | KeyMatch::Unrelated => None,
        KeyMatch::Misspelt(known) => {
            Some(diagnostic.help(format!("there is `{known}`")).replacement(known))
        }
        KeyMatch::Unknown => {
            let known = GKE_ANNOTATIONS.join("`, `");
            Some(diagnostic.help(format!("the annotations are `{known}`")))
        }
    }
}

crate::diagnostics::declare_code! {
    UNUSED_IDENTITY: Warning = "unused-identity",
    what: "A ServiceAccount has an identity that no pod uses, while pods in its namespace run as `default`.",
    why: "Pods without `serviceAccountName` run as `default`, which has no identity: it was probably forgotten.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      containers: []",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// An identity that no pod has, while pods beside it have none.
pub(super) fn unused_identity(world: &World<'_>, found: &mut Found) {
    let mut unused = Vec::new();
    for account in world.accounts() {
        let name = account.id.name;
        let has_identity = account.annotation(GSA_ANNOTATION).is_some() && name != "default";
        let mut users = world.uses_of(name, account.id.namespace);
        if has_identity && users.next().is_none() {
            let pods = world.pods_of(None, account.id.namespace).next();
            unused.extend(pods.map(|pods| (account, pods)));
        }
    }
    let names: Vec<&str> = unused.iter().map(|(account, _)| account.id.name).collect();
    let mentioned = world.mentioned(&names);
    for (account, pods) in unused {
        let name = account.id.name;
        if mentioned.contains(name) || world.may_be_patched(account) {
            continue;
        }
        let owner = world.owner(pods);
        let place = Location::key(&pods.spec_pointer).in_source(pods.source);
        let message = format!("no pod names the ServiceAccount {}", quoted(name));
        let at = account.annotation_place(GSA_ANNOTATION);
        let diagnostic = Diagnostic::new(Code::UNUSED_IDENTITY, at, message)
            .help(format!(
                "set `serviceAccountName: {}` on the pods that need this identity",
                shown(name)
            ))
            .related(place, format!("{} runs as `default`", owner.id));
        found.push(diagnostic);
    }
}

/// Two ServiceAccounts with one name in one file, of which the last one counts.
pub(super) fn two_identities(world: &World<'_>, found: &mut Found) {
    let mut earlier: IndexMap<_, &Object<'_>> = IndexMap::new();
    for account in world.accounts() {
        let Some(email) = account.annotation(GSA_ANNOTATION) else { continue };
        let Some(other) = earlier.insert((account.source.name(), account.id), account) else {
            continue;
        };
        if other.annotation(GSA_ANNOTATION) == Some(email) {
            continue;
        }
        let message = format!("{} is defined twice; this identity wins", account.id);
        let diagnostic = Diagnostic::new(
            Code::DUPLICATE_NAME,
            account.annotation_value_place(GSA_ANNOTATION),
            message,
        )
        .help("remove one of the two objects, or rename it")
        .related(other.annotation_value_place(GSA_ANNOTATION), "the other identity");
        found.push(diagnostic);
    }
}
