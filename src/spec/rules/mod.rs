//! What a schema cannot check: one function per rule, each reporting places of the flat form. The rules
//! also parse the resources that grants name, so that nothing after them has to.

mod account;
mod cloud;
mod cluster;
mod containers;
mod credentials;
mod gke_keys;
mod grants;
mod images;
mod kubernetes;
mod metadata;
mod roles;
mod workload;

use std::sync::Arc;

use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::names;
use crate::kubernetes::Version;
use crate::spec::checked::CheckedApp;
use crate::spec::names::ProjectId;
use crate::spec::types::App;

/// A rule: adds what it finds in an app.
type Rule = fn(&App, &mut Vec<Diagnostic>);

/// Every rule, in the order of the keys of a spec.
const RULES: &[Rule] = &[
    project_ids,
    cluster::location,
    cluster::node_pools,
    cluster::domain_scoped_pool,
    cluster::foreign_pool,
    cluster::unknown_location,
    cluster::project_number,
    cluster::system_namespace,
    cloud::setup,
    cloud::config_connector,
    cloud::normalized,
    account::existing_service_account,
    account::subject,
    account::derived_id,
    account::texts,
    account::existing,
    account::shared,
    grants::roles,
    roles::names,
    roles::too_wide,
    roles::resources,
    roles::custom,
    grants::conditions,
    grants::direct_federation,
    images::references,
    images::project,
    images::stale,
    credentials::key_files,
    credentials::key_flags,
    credentials::key_secrets,
    credentials::metadata_host,
    gke_keys::annotations,
    gke_keys::node_labels,
    metadata::label_keys,
    metadata::annotation_keys,
    metadata::annotations_size,
    workload::container,
    workload::selectors,
    workload::one_kind,
    workload::length_of_name,
    workload::selector_label,
    workload::host_network,
    workload::autopilot,
    workload::metadata_server,
    workload::expected_identity,
    containers::container_restart_policy,
    containers::images,
    containers::variables,
    containers::ports,
];

/// Checks a spec that has the right shape. There is no app if a grant names no valid resource.
pub fn check(app: Arc<App>, version: Version) -> (Option<CheckedApp>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    for rule in RULES {
        rule(&app, &mut found);
    }
    kubernetes::check(&app, version, &mut found);
    let resources = grants::resolve(&app, &mut found);
    (resources.map(|resources| CheckedApp::new(app, resources)), found)
}

/// A project ID has a limited length, not counting the domain of a domain-scoped one.
fn project_ids(app: &App, found: &mut Vec<Diagnostic>) {
    let (min, max) = names::PROJECT_ID_LENGTH;
    let mut check = |id: Option<&ProjectId>, place: &dyn Fn() -> String| {
        let Some(id) = id else { return };
        let length = id.rsplit(':').next().unwrap_or(id).len();
        if !(min..=max).contains(&length) {
            let message = format!("{} is not a project ID: it has {length} characters", quoted(id));
            let place = Location::value(place());
            found.push(
                Diagnostic::new(Code::PROJECT_ID, place, message).help(names::PROJECT_ID.words),
            );
        }
    };
    let account = app.google_service_account.as_ref();
    check(Some(&app.project), &|| "/project".to_owned());
    check(app.cluster.project.as_ref(), &|| "/cluster/project".to_owned());
    check(account.and_then(|account| account.project.as_ref()), &|| {
        "/googleServiceAccount/project".to_owned()
    });
    for (index, grant) in app.grants.iter().enumerate() {
        check(grant.project.as_ref(), &|| format!("/grants/{index}/project"));
    }
}
