//! Clusters, node pools and Google Cloud service accounts, from commands of gcloud.

use super::facts::{AccountState, Cluster, Facts, GoogleAccount, NodePool, Setting};
use super::gcloud::{flag, resource};
use super::members::email;
use super::partial::Partial;
use super::variables::Argument;
use crate::diagnostics::Location;
use crate::diagnostics::source::Source;

/// Adds what a command creates or changes.
pub(super) fn read(script: &Source, arguments: &[Argument], facts: &mut Facts) {
    const VERBS: [&str; 8] = [
        "create",
        "create-auto",
        "update",
        "get-credentials",
        "delete",
        "disable",
        "enable",
        "undelete",
    ];
    let is_gcloud = |one: &Argument| one.text.as_str().rsplit('/').next() == Some("gcloud");
    let Some(start) = arguments.iter().position(is_gcloud) else { return };
    let arguments = &arguments[start..];
    let is_verb = |one: &Argument| VERBS.contains(&one.text.as_str());
    let Some(verb) = arguments.iter().position(is_verb) else { return };
    let (group, operands) = resource(arguments, verb);
    let Some(name) = operands.first().map(|name| Partial::known(*name)) else { return };
    let place = Location::text(arguments[verb].span.clone()).in_source(script);
    let setting = |flags: &[&'static str]| {
        let value = flags.iter().find_map(|name| flag(arguments, name));
        value.map_or(Setting::Unknown, |(value, _)| Setting::Is(value))
    };
    let has = |flag: &str| arguments.iter().any(|one| one.text.is(flag)).then_some(true);
    let word = arguments[verb].text.as_str();
    match (group.last(), word) {
        (Some(&"clusters"), "create" | "create-auto" | "update" | "get-credentials") => {
            let is_pool_of_project = flag(arguments, "--workload-pool").is_none();
            let at = flag(arguments, "--workload-pool").or_else(|| flag(arguments, "--project"));
            let at = at.map(|(_, span)| span);
            let is_new = word.starts_with("create");
            facts.clusters.push(Cluster {
                place: Some(place.clone()),
                name: name.clone(),
                pool: match setting(&["--workload-pool", "--identity-namespace"]) {
                    Setting::Unknown if word == "create" => Setting::Absent,
                    // If it has one, it is that of its project.
                    Setting::Unknown if word != "update" => match setting(&["--project"]) {
                        Setting::Is(mut pool) => {
                            pool.push_known(".svc.id.goog");
                            Setting::Is(pool)
                        }
                        unknown => unknown,
                    },
                    pool => pool,
                },
                is_pool_of_project,
                pool_place: at.map(|span| Location::text(span).in_source(script)),
                is_autopilot: is_new.then_some(word == "create-auto"),
                has_dataplane_v2: has("--enable-dataplane-v2")
                    .or((word == "create-auto").then_some(true)),
            });
            if let mode @ Setting::Is(_) = setting(&["--workload-metadata"]) {
                facts.node_pools.push(NodePool {
                    place: Some(place),
                    cluster: Setting::Is(name),
                    name: Partial::known("default-pool"),
                    metadata_mode: mode,
                });
            }
        }
        (Some(&"node-pools"), "create" | "update") => facts.node_pools.push(NodePool {
            place: Some(place),
            cluster: setting(&["--cluster"]),
            name,
            metadata_mode: setting(&["--workload-metadata"]),
        }),
        (Some(&"service-accounts"), _) => {
            let email = match (word, setting(&["--project"])) {
                ("create", Setting::Is(project)) => account_email(&name, Some(&project)),
                ("create", _) => account_email(&name, None),
                _ => email(name.as_str()),
            };
            let state = match word {
                "delete" => AccountState::Deleted,
                "disable" => AccountState::Disabled,
                _ => AccountState::Enabled,
            };
            facts.google_accounts.push(GoogleAccount { place, email, state });
        }
        _ => {}
    }
}

/// The email of an account, by its ID and project.
pub(super) fn account_email(id: &Partial, project: Option<&Partial>) -> Partial {
    let mut email = id.clone();
    email.push_known("@");
    match project {
        Some(project) => email.push(project),
        None => email.push_unknown(),
    }
    email.push_known(".iam.gserviceaccount.com");
    email
}
