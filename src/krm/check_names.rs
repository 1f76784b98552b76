//! Checks that the final objects match the cloud side: Kustomize may have changed the namespace or the name
//! of the ServiceAccount in the binding, `[NAMESPACE/KSA]`.

use super::generate;
use super::mismatch::{AccountName, check_annotation, hash_suffix, wrong_identity};
use super::resolved_app::ResolvedApp;
use super::resource::{Resource, SERVICE_ACCOUNT};
use super::resource_index::ResourceIndex;
use super::results::FunctionResult;
use super::select_workloads::{no_match, select};
use crate::backends::artifact::ArtifactKind;
use crate::diagnostics::{Code, quoted};

/// Compares the objects of an app with its cloud side.
pub(super) fn compare(
    app: &ResolvedApp<'_>,
    resources: &ResourceIndex,
    results: &mut Vec<FunctionResult>,
) {
    let (namespace, name) = (&app.identity.pods.namespace, &app.identity.pods.service_account);
    let account =
        resources.find(SERVICE_ACCOUNT, namespace, name).map(|index| resources.get(index));
    let account = account.or_else(|| resources.account_by_earlier_name(namespace, name));
    let mut found: Vec<(AccountName, &Resource)> = Vec::new();
    match account {
        Some(account) => {
            found.push((account_name(account.namespace(), account.name(), namespace), account));
            if account.gets_hash() {
                results.push(hash_suffix(app, account));
            }
            check_annotation(app, account, results);
        }
        None if app.identity.renders_service_account => {
            let message = format!(
                "there is no ServiceAccount {} in namespace {} among the resources; it is what Google Cloud was set up for",
                quoted(name),
                quoted(namespace)
            );
            results.push(FunctionResult::error(Code::FINAL_NAMES, message).about(app.resource));
        }
        None => {}
    }
    config_connector(app, resources, results);
    let workloads = workloads(app, resources);
    if workloads.is_empty() && app.spec.container.is_none() {
        results.push(no_match(app, resources));
    }
    for index in workloads {
        let resource = resources.get(index);
        let Some(pods) = resource.pod_spec_pointer().and_then(|at| resource.value().pointer(&at))
        else {
            continue;
        };
        let named = pods["serviceAccountName"].as_str().unwrap_or("default");
        // Kustomize updates the reference only after all functions.
        let place = Some(resource.namespace()).filter(|place| !place.is_empty());
        // To Kustomize, an object without a namespace is in `default`.
        let accounts = || resources.accounts_by_any_name(named, place.or(Some("default")));
        let account = accounts().find(|account| account.name() == named);
        let account =
            account.or_else(|| accounts().find(|account| account.had_name(namespace, named)));
        found.push((
            account_name(resource.namespace(), account.map_or(named, Resource::name), namespace),
            resource,
        ));
    }
    let wanted = (namespace.clone(), name.clone());
    let mut reported = Vec::new();
    for (name, resource) in found {
        if name != wanted && !reported.contains(&name) {
            results.push(wrong_identity(app, resource, &name));
            reported.push(name);
        }
    }
}

/// The objects of Config Connector refer to each other by names, and Kustomize changes names but not these references.
/// The name of a binding is that of its content.
fn config_connector(
    app: &ResolvedApp<'_>,
    resources: &ResourceIndex,
    results: &mut Vec<FunctionResult>,
) {
    if !app.options.artifacts().contains(&ArtifactKind::ConfigConnector) {
        return;
    }
    for expected in generate::config_connector(app, results) {
        let (namespace, name) = (expected.namespace(), expected.name());
        if resources.find(expected.group_kind(), namespace, name).is_none() {
            let message = format!(
                "there is no {} {} in namespace {} among the resources; without it, or under another name, Config Connector does not grant what the spec says",
                expected.kind(),
                quoted(name),
                quoted(namespace)
            );
            results.push(FunctionResult::error(Code::FINAL_NAMES, message).about(app.resource));
        }
    }
}

/// An account without a namespace is in the namespace that it will be applied to: the app's.
fn account_name(namespace: &str, name: &str, otherwise: &str) -> AccountName {
    let namespace = if namespace.is_empty() { otherwise } else { namespace };
    (namespace.to_owned(), name.to_owned())
}

/// The workloads that should have the identity: those in its namespace, or else those in others, where
/// another app may have the same name.
fn workloads(app: &ResolvedApp<'_>, resources: &ResourceIndex) -> Vec<usize> {
    if app.spec.container.is_none() {
        return select(app, resources);
    }
    let name = &app.workload.name;
    let is_workload = |index: &usize| {
        let resource = resources.get(*index);
        let has_name =
            resource.name() == name || resource.had_name(&app.identity.pods.namespace, name);
        let kind = app.workload.kind;
        resource.group_kind() == (kind.group(), kind.as_str()) && has_name
    };
    let in_namespace = |namespace: Option<&str>| {
        resources.workloads_by_any_name(name, namespace).filter(is_workload).collect::<Vec<_>>()
    };
    let here = in_namespace(Some(&app.identity.pods.namespace));
    if here.is_empty() { in_namespace(None) } else { here }
}
