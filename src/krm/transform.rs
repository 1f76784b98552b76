//! Gives the identity of an app without a container to existing workloads.

use serde_json::Value;

use super::call::Caller;
use super::resolved_app::ResolvedApp;
use super::resource::{self, SERVICE_ACCOUNT};
use super::resource_index::ResourceIndex;
use super::results::FunctionResult;
use super::select_workloads::{no_match, select};
use super::{generate, mismatch, rbac};
use crate::backends::artifact::ArtifactKind;
use crate::google::names::GSA_ANNOTATION;

/// Sets the ServiceAccount of the selected workloads, and adds or annotates the ServiceAccount.
pub(super) fn transform(
    app: &ResolvedApp<'_>,
    caller: Caller,
    resources: &mut ResourceIndex,
    results: &mut Vec<FunctionResult>,
) {
    let (namespace, account) = (&app.identity.pods.namespace, &app.identity.pods.service_account);
    let selected = select(app, resources);
    match selected.first().map(|index| resources.get(*index)) {
        None => {
            results.push(no_match(app, resources));
            return;
        }
        Some(resource) if !resource.may_be_in(namespace) => {
            let found = (resource.namespace().to_owned(), account.clone());
            results.push(mismatch::wrong_identity(app, resource, &found));
            return;
        }
        Some(_) => {}
    }
    let mut replaced = Vec::new();
    for index in selected {
        let resource = resources.get_mut(index);
        let mut value = resource.value().clone();
        let pods = resource.pod_spec_pointer().unwrap_or_default();
        let Some(Value::Object(pod)) = value.pointer_mut(&pods) else { continue };
        let before = pod.insert("serviceAccountName".to_owned(), account.as_str().into());
        let before = before.or_else(|| pod.get("serviceAccount").cloned());
        let before = before.as_ref().and_then(Value::as_str).unwrap_or("default");
        replaced.push(before.to_owned());
        // The deprecated name of the same field.
        if let Some(old) = pod.get_mut("serviceAccount") {
            *old = account.as_str().into();
        }
        resource.set(value);
    }
    rbac::check_subjects(app, &replaced, resources, results);
    if caller == Caller::Kpt {
        resources.mark_current_files(&generate::app_folder(app), []);
    }
    service_account(app, caller, resources, results);
    if app.options.artifacts().contains(&ArtifactKind::ConfigConnector) {
        generate::generate(app, &[ArtifactKind::ConfigConnector], caller, resources, results);
    }
}

/// Adds the ServiceAccount, or annotates the existing one.
fn service_account(
    app: &ResolvedApp<'_>,
    caller: Caller,
    resources: &mut ResourceIndex,
    results: &mut Vec<FunctionResult>,
) {
    let (namespace, name) = (&app.identity.pods.namespace, &app.identity.pods.service_account);
    let found = resources.find(SERVICE_ACCOUNT, namespace, name);
    if let Some(resource) =
        found.map(|index| resources.get_mut(index)).filter(|resource| !resource.is_ours())
    {
        if resource.gets_hash() {
            results.push(mismatch::hash_suffix(app, resource));
        }
        if !app.identity.renders_service_account {
            // It is managed elsewhere.
            mismatch::check_annotation(app, resource, results);
            return;
        }
        if !resource.annotations().is_object() && !resource.annotations().is_null() {
            results.push(mismatch::invalid_annotations(resource));
            return;
        }
        let mut value = resource.value().clone();
        match &app.identity.account {
            Some(account) => resource::annotate(&mut value, GSA_ANNOTATION, account.email.as_str()),
            None => resource::remove_annotation(&mut value, GSA_ANNOTATION),
        }
        resource.set(value);
        return;
    }
    let renamed = || resources.account_by_earlier_name(namespace, name);
    if let Some(resource) = found.map_or_else(renamed, |_| None) {
        let found = (resource.namespace().to_owned(), resource.name().to_owned());
        results.push(mismatch::wrong_identity(app, resource, &found));
        return;
    }
    if app.resource.gets_hash() {
        results.push(mismatch::hash_suffix(app, app.resource));
        return;
    }
    generate::generate(app, &[ArtifactKind::ServiceAccount], caller, resources, results);
}
