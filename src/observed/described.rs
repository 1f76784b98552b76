//! What `gcloud … describe` and `list` print of clusters, node pools and service accounts.

use serde_json::Value;

use super::facts::{AccountState, Cluster, Facts, GoogleAccount, NodePool, Setting};
use super::partial::Partial;
use crate::diagnostics::Location;
use crate::diagnostics::source::Source;

/// Adds what a document describes. Returns whether it is such a document.
pub(super) fn read(source: &Source, pointer: &str, value: &Value, facts: &mut Facts) -> bool {
    if let Some(list) = value.as_array() {
        return list.iter().enumerate().fold(false, |is_one, (index, value)| {
            read(source, &format!("{pointer}/{index}"), value, facts) || is_one
        });
    }
    let place = |path: &str| Location::value(format!("{pointer}{path}")).in_source(source);
    let link = value["selfLink"].as_str().unwrap_or_default();
    let email = value["email"].as_str().filter(|it| it.ends_with(".gserviceaccount.com"));
    if let Some(email) = email.filter(|_| value["uniqueId"].is_string()) {
        let is_disabled = value["disabled"] == true;
        let state = if is_disabled { AccountState::Disabled } else { AccountState::Enabled };
        let email = Partial::known(email);
        facts.google_accounts.push(GoogleAccount { place: place("/email"), email, state });
    } else if value["nodePools"].is_array() || value["workloadIdentityConfig"].is_object() {
        let pool = &value["workloadIdentityConfig"]["workloadPool"];
        // All of a description has its status.
        let is_whole = value["status"].is_string();
        facts.clusters.push(Cluster {
            place: Some(place("/name")),
            name: known(&value["name"]),
            pool: setting(pool, is_whole),
            is_pool_of_project: false,
            pool_place: pool.is_string().then(|| place("/workloadIdentityConfig/workloadPool")),
            is_autopilot: flag(&value["autopilot"]["enabled"], is_whole),
            has_dataplane_v2: flag(
                &(value["networkConfig"]["datapathProvider"] == "ADVANCED_DATAPATH").into(),
                is_whole,
            ),
        });
        for (index, pool) in value["nodePools"].as_array().into_iter().flatten().enumerate() {
            let at = place(&format!("/nodePools/{index}/name"));
            facts.node_pools.push(node_pool(at, pool, setting(&value["name"], false)));
        }
    } else if value["config"].is_object() && link.contains("/nodePools/") {
        let cluster = path_segment(link, "clusters");
        facts.node_pools.push(node_pool(place("/name"), value, cluster));
    } else {
        return false;
    }
    true
}

fn node_pool(place: Location, value: &Value, cluster: Setting) -> NodePool {
    let config = &value["config"];
    NodePool {
        place: Some(place),
        cluster,
        name: known(&value["name"]),
        metadata_mode: setting(&config["workloadMetadataConfig"]["mode"], config.is_object()),
    }
}

pub(super) fn known(value: &Value) -> Partial {
    value.as_str().map_or(Partial::unknown(), Partial::known)
}

/// The setting in a document. In a whole one, what is not there is absent.
pub(super) fn setting(value: &Value, is_whole: bool) -> Setting {
    match value.as_str() {
        Some(text) if !text.is_empty() => Setting::Is(Partial::known(text)),
        _ if is_whole => Setting::Absent,
        _ => Setting::Unknown,
    }
}

fn flag(value: &Value, is_whole: bool) -> Option<bool> {
    value.as_bool().or(is_whole.then_some(false)).filter(|value| *value || is_whole)
}

/// The segment of a path after another one.
pub(super) fn path_segment(path: &str, before: &str) -> Setting {
    let segment = path.split('/').skip_while(|segment| *segment != before).nth(1);
    segment.map_or(Setting::Unknown, |segment| Setting::Is(Partial::known(segment)))
}
