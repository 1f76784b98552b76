//! Errors about objects that do not match the cloud side.

use serde_json::Value;

use super::resolved_app::ResolvedApp;
use super::resource::Resource;
use super::results::FunctionResult;
use crate::diagnostics::{Code, quoted, shown};
use crate::google::members::Member;
use crate::google::names::GSA_ANNOTATION;
use crate::spec::types::CloudFormat;

/// Namespace and name of a ServiceAccount.
pub(super) type AccountName = (String, String);

crate::diagnostics::declare_code! {
    FINAL_NAMES: Error = "final-names",
    what: "The objects that Kustomize built do not match the cloud side: a prefix, suffix, namespace or hash changed the `[NAMESPACE/KSA]` of the pods, or their annotation, after the spec was rendered.",
    why: "The binding on the Google Cloud service account contains the exact namespace and ServiceAccount. Kustomize changes both in the manifests, but not in IAM.",
    example: "# kustomization.yaml\nnamePrefix: pre-\ngenerators: [app.yaml]\nvalidators: [app.yaml]\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}\n# kustomize build says:\n# wigen: error[final-names]: App books: spec.serviceAccount.name: ServiceAccount `pre-books` makes the pods [default/pre-books], but Google Cloud was set up for [default/books] (…/locations/global/workloadIdentityPools/my-project.svc.id.goog/subject/ns/default/sa/books); remove the prefix or suffix, or compare with a separate App that has `spec.serviceAccount.name: pre-books`, and run its gcloud.sh",
    instead: "# kustomization.yaml\ngenerators: [app.yaml]\nvalidators: [app.yaml]\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// The error that the pods have another identity than the cloud side, because of this object.
pub(super) fn wrong_identity(
    app: &ResolvedApp<'_>,
    by: &Resource,
    (namespace, name): &AccountName,
) -> FunctionResult {
    let identity = &app.identity;
    let expected = &identity.pods;
    let member = match (&identity.account, &identity.member) {
        (Some(_), _) => Member::WorkloadIdentity(identity.pods.clone()).to_string(),
        (None, Member::Principal { pods, .. }) => format!("…{}", pods.principal_suffix()),
        (None, member) => member.to_string(),
    };
    let (namespace, name) = (&shown(namespace), &shown(name));
    let mut changes = Vec::new();
    if expected.namespace != *namespace {
        changes.push((app.key_path("namespace"), &expected.namespace, namespace));
    }
    if expected.service_account != *name {
        let key = app.key_path("serviceAccount/name");
        changes.push((key, &expected.service_account, name));
    }
    let keys: Vec<String> = changes.iter().map(|(key, _, now)| format!("`{key}: {now}`")).collect();
    let keys = keys.join(" and ");
    let run = match identity.format {
        CloudFormat::Gcloud => " and run its gcloud.sh",
        CloudFormat::Terraform => " and apply its main.tf",
        CloudFormat::ConfigConnector | CloudFormat::None => "",
    };
    // Kustomize would add the prefix again to what this call generates.
    let help = if app.is_generated && expected.service_account != *name {
        format!(
            "remove the prefix or suffix, or compare with a separate App that has {keys}{}",
            run.replacen(" and", ", and", 1)
        )
    } else {
        let app = app.display_name();
        format!("write {keys} in {app}{run}, or keep the original names")
    };
    let message = format!(
        "{} {} makes the pods [{namespace}/{name}], but Google Cloud was set up for [{}/{}] ({member}); {help}",
        by.kind(),
        quoted(by.name()),
        expected.namespace,
        expected.service_account,
    );
    let error = FunctionResult::error(Code::FINAL_NAMES, message).about(app.resource);
    match changes.first() {
        Some((key, before, now)) => error.field(key, before.as_str().into(), now.as_str().into()),
        None => error,
    }
}

/// The error that Kustomize will change the name of the ServiceAccount after this call.
pub(super) fn hash_suffix(app: &ResolvedApp<'_>, account: &Resource) -> FunctionResult {
    let message = format!(
        "Kustomize appends a hash to this name, but Google Cloud was set up for [{}/{}]; remove `kustomize.config.k8s.io/needs-hash`",
        app.identity.pods.namespace, app.identity.pods.service_account
    );
    FunctionResult::error(Code::FINAL_NAMES, message).about(account)
}

/// The error that an object cannot be annotated, because its annotations are not an object.
pub(super) fn invalid_annotations(resource: &Resource) -> FunctionResult {
    let message = "annotations must map keys to strings; remove these";
    let found = Some(resource.annotations()).filter(|found| !found.is_array());
    let found = found.cloned().unwrap_or_default();
    FunctionResult::error(Code::WRONG_TYPE, message).about(resource).field(
        "metadata.annotations",
        found,
        Value::Null,
    )
}

/// Checks the annotation of the ServiceAccount: the account's email, or none.
pub(super) fn check_annotation(
    app: &ResolvedApp<'_>,
    resource: &Resource,
    results: &mut Vec<FunctionResult>,
) {
    let found = resource.annotation(GSA_ANNOTATION);
    let wanted = app.identity.account.as_ref().map(|account| account.email.as_str());
    if found == wanted {
        return;
    }
    let message = match wanted {
        Some(email) => format!("{} must be {}", quoted(GSA_ANNOTATION), quoted(email)),
        None => format!(
            "{} makes the pods act as a Google Cloud service account; the spec grants the roles directly to the pods",
            quoted(GSA_ANNOTATION)
        ),
    };
    let path = format!("metadata.annotations[{GSA_ANNOTATION:?}]");
    results.push(FunctionResult::error(Code::FINAL_NAMES, message).about(resource).field(
        &path,
        found.into(),
        wanted.into(),
    ));
}
