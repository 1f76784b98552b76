//! Kustomizations that change the names that IAM knows.

use serde_json::Value;

use super::rule::Found;
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::google::names::GSA_ANNOTATION;
use crate::observed::{Object, World};

crate::diagnostics::declare_code! {
    KUSTOMIZATION_NAMES: Warning = "kustomization-names",
    what: "A kustomization gives a ServiceAccount another name or namespace (`namePrefix`, `nameSuffix`, `namespace`) than it has in the files that it includes, and neither its build nor a binding that is known here names the new one.",
    why: "IAM knows the names in the files. The pods get other ones, and a 403.",
    example: "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: prod-\nresources: [a.yaml]\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations: {iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com}",
    instead: "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations: {iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com}",
    source: "Kustomize, namePrefix: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/nameprefix/",
}

/// The name of the ServiceAccount that IAM knows by an object: one with an account, or an App of wigen.
fn known_name<'a>(object: &Object<'a>) -> Option<&'a str> {
    let metadata = &object.value["metadata"];
    if object.id.is_a("", "ServiceAccount") && !metadata["annotations"][GSA_ANNOTATION].is_null() {
        return Some(object.id.name);
    }
    let own = object.value.pointer("/spec/serviceAccount/name").and_then(Value::as_str);
    object.id.is_a("wigen.dev", "App").then(|| own.unwrap_or(object.id.name))
}

/// A ServiceAccount has another name or namespace after Kustomize than IAM knows.
pub(super) fn names(world: &World<'_>, found: &mut Found) {
    let all = &world.kustomizations;
    for kustomization in all {
        let given = |key: &str| kustomization.value[key].as_str().unwrap_or_default();
        let (prefix, suffix, namespace) =
            (given("namePrefix"), given("nameSuffix"), given("namespace"));
        let keys = ["namePrefix", "nameSuffix", "namespace"];
        let Some(key) = keys.into_iter().find(|key| !given(key).is_empty()) else { continue };
        if kustomization.is_validated(all) {
            continue;
        }
        let includes = kustomization.includes(all);
        for object in world.objects.all.iter().filter(|object| includes(object.source)) {
            let Some(name) = known_name(object) else { continue };
            let old_namespace = object.id.namespace.unwrap_or_default();
            // Without a namespace in the files, the kustomization sets it.
            let new_namespace = if old_namespace.is_empty() || namespace.is_empty() {
                old_namespace
            } else {
                namespace
            };
            let new_name = format!("{prefix}{name}{suffix}");
            let is_bound = world.bindings.iter().any(|binding| {
                binding.subject.known_account() == Some((new_namespace, new_name.as_str()))
            });
            if is_bound || (new_namespace, new_name.as_str()) == (old_namespace, name) {
                continue;
            }
            let shown = |namespace: &str, name: &str| match namespace {
                "" => quoted(name),
                namespace => quoted(&format!("{namespace}/{name}")),
            };
            let message = format!(
                "the ServiceAccount {} becomes {} here, which nothing binds",
                shown(old_namespace, name),
                shown(new_namespace, &new_name)
            );
            found.push(
                Diagnostic::new(Code::KUSTOMIZATION_NAMES, kustomization.key(key), message)
                    .related(object.place("/metadata/name"), "the name that IAM knows")
                    .help("keep the name, or bind the new one; an overlay by `wigen kustomize init SPEC --base DIR` fails to build if it renames"),
            );
        }
    }
}
