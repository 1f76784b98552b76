//! Rules for clusters, node pools and Google Cloud service accounts that were described or are created.

use std::collections::HashMap;

use super::rule::Found;
use crate::diagnostics::{Code, Diagnostic, Location, Severity, quoted};
use crate::google::names::GSA_ANNOTATION;
use crate::observed::{AccountState, Binding, GoogleAccount, Partial, Setting, World};

crate::diagnostics::declare_code! {
    DISABLED_ACCOUNT: Error = "disabled-account",
    what: "Pods are to act as a Google Cloud service account that is disabled or deleted.",
    why: "IAM gives no token for it, so the pods get a 403 or 404.",
    example: "gcloud iam service-accounts disable books@my-project.iam.gserviceaccount.com",
    instead: "gcloud iam service-accounts enable books@my-project.iam.gserviceaccount.com",
    source: crate::diagnostics::references::IAM_ADMIN,
}

/// An annotation with an account that gives no token.
pub(super) fn accounts(world: &World<'_>, found: &mut Found) {
    // The last state of an account counts.
    let known = world.facts.google_accounts.iter();
    let states: HashMap<&str, &GoogleAccount> =
        known.filter_map(|account| Some((account.email.as_known()?, account))).collect();
    if states.is_empty() {
        return;
    }
    for user in world.accounts() {
        let email = user.annotation(GSA_ANNOTATION).and_then(|email| email.as_str());
        let Some((email, account)) = email.and_then(|it| Some((it, states.get(it)?))) else {
            continue;
        };
        let what = match account.state {
            AccountState::Enabled => continue,
            AccountState::Disabled => "disabled",
            AccountState::Deleted => "deleted",
        };
        // A script that also binds roles on it deletes it in another of its runs.
        let binds =
            |one: &Binding| one.can_be_on(email) && one.place.source == account.place.source;
        if world.bindings.iter().any(binds) {
            continue;
        }
        let message = format!("the service account {} is {what}", quoted(email));
        let place = user.annotation_value_place(GSA_ANNOTATION);
        found.push(
            Diagnostic::new(Code::DISABLED_ACCOUNT, place, message)
                .related(account.place.clone(), format!("{what} here"))
                .help("enable it, or use another account"),
        );
    }
}

/// Clusters and node pools on which pods get the identity of their node.
pub(super) fn metadata_server(world: &World<'_>, found: &mut Found) {
    let clusters = &world.facts.clusters;
    let has_pool = |name: &Partial| {
        let mut same = clusters.iter().filter(|one| one.name == *name);
        same.any(|one| matches!(one.pool, Setting::Is(_)) || one.is_autopilot == Some(true))
    };
    let mut warn = |place: &Option<Location>, message: String, help: &str| {
        let Some(place) = place else { return };
        let mut diagnostic =
            Diagnostic::new(Code::METADATA_SERVER, place.clone(), message).help(help);
        diagnostic.severity = Severity::Warning;
        found.push(diagnostic);
    };
    for cluster in clusters.iter().filter(|one| one.pool == Setting::Absent) {
        if !has_pool(&cluster.name) {
            let message = format!(
                "the cluster {} has no workload identity pool: its pods get the identity of their node",
                quoted(&cluster.name.as_str().replace('\0', "…"))
            );
            warn(&cluster.place, message, "set `--workload-pool=PROJECT.svc.id.goog`");
        }
    }
    for pool in &world.facts.node_pools {
        let is_off = match &pool.metadata_mode {
            Setting::Is(mode) => mode.is("GCE_METADATA"),
            Setting::Absent => true,
            Setting::Unknown => false,
        };
        let is_autopilot = match &pool.cluster {
            Setting::Is(name) => {
                clusters.iter().any(|one| one.name == *name && one.is_autopilot == Some(true))
            }
            Setting::Unknown | Setting::Absent => false,
        };
        if is_off && !is_autopilot {
            let message = format!(
                "pods on the node pool {} get the identity of their node",
                quoted(&pool.name.as_str().replace('\0', "…"))
            );
            warn(&pool.place, message, "set `--workload-metadata=GKE_METADATA`");
        }
    }
}
