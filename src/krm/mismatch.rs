//! What there is to say where objects are not what Google Cloud was set up for.

use serde_json::Value;

use super::Spec;
use super::resource::Item;
use super::results::Told;
use crate::diagnostics::{Code, quoted, shown};
use crate::google::members::Member;
use crate::google::names::GSA_ANNOTATION;

/// Namespace and name of a ServiceAccount.
pub(super) type Pair = (String, String);

crate::diagnostics::declare_code! {
    FINAL_NAMES: Error = "final-names",
    what: "The objects that Kustomize built do not match the cloud side: a prefix, suffix, namespace or hash changed the `[NAMESPACE/KSA]` of the pods, or their annotation, after the spec was rendered.",
    why: "The binding on the Google Cloud service account contains the exact namespace and ServiceAccount. Kustomize changes both in the manifests, but not in IAM.",
    example: "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata:\n    name: pre-fastapi-books\n    namespace: default\n    annotations:\n      kustomize.config.k8s.io/id: \"{kind: ServiceAccount}\"\n      internal.config.kubernetes.io/previousNames: fastapi-books\n      internal.config.kubernetes.io/previousNamespaces: default\nfunctionConfig:\n  apiVersion: wigen.dev/v1alpha1\n  kind: App\n  metadata: {name: fastapi-books}\n  spec:\n    project: my-project\n    cluster: {name: fastapi-cluster, region: us-central1}\n    container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}",
    instead: crate::krm::resource_list::EXAMPLE,
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// By this object the pods have another identity than the one that was set up.
pub(super) fn changed(spec: &Spec<'_>, by: &Item, (namespace, name): &Pair) -> Told {
    let identity = &spec.identity;
    let wanted = (&identity.pods.namespace, &identity.pods.service_account);
    let member = match (&identity.account, &identity.member) {
        (Some(_), _) => Member::WorkloadIdentity(identity.pods.clone()).to_string(),
        (None, Member::Principal { pods, .. }) => format!("…{}", pods.principal_suffix()),
        (None, member) => member.to_string(),
    };
    let (namespace, name) = (&shown(namespace), &shown(name));
    let mut changes = Vec::new();
    if wanted.0 != namespace {
        changes.push((spec.key("namespace"), wanted.0, namespace));
    }
    if wanted.1 != name {
        changes.push((spec.key("serviceAccount/name"), wanted.1, name));
    }
    let words: Vec<String> =
        changes.iter().map(|(key, _, now)| format!("`{key}: {now}`")).collect();
    let words = words.join(" and ");
    // What generates would be given a prefix once more.
    let help = if spec.is_generated && wanted.1 != name {
        format!(
            "take the prefix or suffix away, or compare with an App of its own that has {words} and whose gcloud.sh is run"
        )
    } else {
        let app = spec.called();
        format!("write {words} in {app} and run its gcloud.sh, or leave the names as they were")
    };
    let message = format!(
        "by {} {} the pods are [{namespace}/{name}], but Google Cloud was set up for [{}/{}] ({member}); {help}",
        by.kind(),
        quoted(by.name()),
        wanted.0,
        wanted.1,
    );
    let told = Told::error(Code::FINAL_NAMES, message).of(spec.item);
    match changes.first() {
        Some((key, before, now)) => told.field(key, before.as_str().into(), now.as_str().into()),
        None => told,
    }
}

/// Kustomize will give the ServiceAccount a name that nobody knows yet.
pub(super) fn hashed(spec: &Spec<'_>, account: &Item) -> Told {
    let message = format!(
        "Kustomize appends a hash to this name, but Google Cloud was set up for [{}/{}]; take `kustomize.config.k8s.io/needs-hash` off",
        spec.identity.pods.namespace, spec.identity.pods.service_account
    );
    Told::error(Code::FINAL_NAMES, message).of(account)
}

/// There is no way to annotate it without taking away what somebody wrote.
pub(super) fn no_table(item: &Item) -> Told {
    let message = "annotations are a mapping of keys to texts, and these are none; take them out";
    let found = Some(item.annotations()).filter(|found| !found.is_array());
    let found = found.cloned().unwrap_or_default();
    Told::error(Code::WRONG_TYPE, message).of(item).field(
        "metadata.annotations",
        found,
        Value::Null,
    )
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
    told.push(Told::error(Code::FINAL_NAMES, message).of(item).field(
        &path,
        found.into(),
        wanted.into(),
    ));
}
