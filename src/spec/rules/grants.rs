//! Rules for grants: roles, the resources they are on, and conditions.

use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::google::resources::{Conditions, Kind, project_of_account};
use crate::spec::types::{App, Grant};

/// What may be granted, and once.
pub(super) fn roles(app: &App, found: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&Grant, &str, (usize, usize))> = Vec::new();
    let place = |(grant, role)| Place::value(format!("/grants/{grant}/roles/{role}"));
    for (index, grant) in app.grants.iter().enumerate() {
        for (role_index, role) in grant.roles.iter().enumerate() {
            let at = (index, role_index);
            let same = |other: &Grant| {
                other.resources().eq(grant.resources()) && other.condition == grant.condition
            };
            if role == WORKLOAD_IDENTITY_USER
                && (grant.service_account.is_none() || is_own(app, grant))
            {
                found.push(
                    Diagnostic::new(
                        Code::WorkloadIdentityUser,
                        place(at),
                        format!(
                            "{} must not be granted on {}",
                            quoted(role),
                            if is_own(app, grant) {
                                "the app's own account".to_owned()
                            } else {
                                resource_words(grant)
                            }
                        ),
                    )
                    .help("take it out: wigen binds it on the one account that needs it"),
                );
            } else if let Some((.., first)) =
                seen.iter().find(|(other, seen, _)| seen == role && same(other))
            {
                let message = format!("{} is granted twice", quoted(role));
                found.push(
                    Diagnostic::new(Code::DuplicateRole, place(at), message)
                        .related(place(*first), "the first time"),
                );
            } else if let Some((_, id)) = role.rsplit_once("/roles/")
                && !(3..=64).contains(&id.len())
            {
                found.push(
                    Diagnostic::new(
                        Code::Role,
                        place(at),
                        format!(
                            "the id of the custom role {} is too {}",
                            quoted(role),
                            if id.len() < 3 { "short" } else { "long" }
                        ),
                    )
                    .help("the id of a custom role has 3 to 64 characters"),
                );
            }
            seen.push((grant, role, at));
        }
    }
}

/// Whether a grant is on the account that the pods act as.
fn is_own(app: &App, grant: &Grant) -> bool {
    let (Some(own), Some(on)) = (&app.google_service_account, &grant.service_account) else {
        return false;
    };
    let id = own.name.as_ref().unwrap_or(&app.name);
    let home = own.project.as_ref().unwrap_or(&app.project);
    match &own.email {
        Some(email) => email == on,
        None => {
            on.split_once('@').is_some_and(|(named, _)| named == id)
                && project_of_account(on).as_ref() == Some(home)
        }
    }
}

/// `the project`, `a secret`: what a grant is on.
fn resource_words(grant: &Grant) -> String {
    match grant.resources().find_map(|(key, _)| Kind::of(key).filter(|kind| kind.key != "project"))
    {
        Some(kind) => format!("a {}", kind.noun),
        None => "the project".to_owned(),
    }
}

/// A grant is on one resource, and its name names one.
pub(super) fn resources(app: &App, found: &mut Vec<Diagnostic>) {
    for (index, grant) in app.grants.iter().enumerate() {
        let named: Vec<_> = grant.resources().filter(|(key, _)| *key != "project").collect();
        for (key, text) in &named {
            let place = || Place::value(format!("/grants/{index}/{key}"));
            let Some(kind) = Kind::of(key) else { continue };
            match kind.parse(text, grant.project.as_ref().unwrap_or(&app.project)) {
                Err(mistake) => found.push(
                    Diagnostic::new(
                        Code::ResourceName,
                        place(),
                        format!("{} {}", quoted(text), mistake.message),
                    )
                    .help(mistake.help),
                ),
                Ok(resource) if resource.group.is_empty() => found.push(
                    Diagnostic::new(
                        Code::ResourceName,
                        place(),
                        format!("gcloud has no command that grants a role on a BigQuery {}", kind.noun),
                    )
                    .help("grant it with the SQL statement `GRANT` or with `bq add-iam-policy-binding`, and take it out here"),
                ),
                Ok(_) if grant.project.is_some() && (text.starts_with("projects/") || is_global(key)) => {
                    found.push(
                        Diagnostic::new(
                            Code::ResourceName,
                            Place::key(format!("/grants/{index}/project")),
                            format!("{} says itself where it is", quoted(text)),
                        )
                        .help("take `project` out"),
                    );
                }
                Ok(_) => {}
            }
        }
        if let [(first, _), (second, _), ..] = named.as_slice() {
            found.push(
                Diagnostic::new(
                    Code::ResourceName,
                    Place::key(format!("/grants/{index}/{second}")),
                    format!("the grant is on `{first}` already"),
                )
                .related(Place::key(format!("/grants/{index}/{first}")), "here")
                .help("write a grant for each resource"),
            );
        }
    }
}

/// What has its place in its name, or none.
fn is_global(key: &str) -> bool {
    ["folder", "organization", "bucket"].contains(&key)
}

/// Source: IAM, "Quotas and limits", conditional role bindings.
const MOST_OPERATORS: usize = 12;

/// Not every policy takes a condition, and not every role.
pub(super) fn conditions(app: &App, found: &mut Vec<Diagnostic>) {
    const BASIC: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];
    for (index, grant) in app.grants.iter().enumerate() {
        let Some(condition) = &grant.condition else { continue };
        let place = Place::key(format!("/grants/{index}/condition"));
        let operators =
            condition.expression.matches("&&").count() + condition.expression.matches("||").count();
        if operators > MOST_OPERATORS {
            let place = Place::value(format!("{}/expression", place.pointer));
            let message = format!(
                "the condition has {operators} logical operators; it may have {MOST_OPERATORS}"
            );
            found.push(
                Diagnostic::new(Code::Condition, place, message)
                    .help("write a grant for each part of what `||` joins"),
            );
            continue;
        }
        let kind = grant.resources().map(|(key, _)| key).find(|key| *key != "project");
        let kind = kind.and_then(Kind::of);
        let why = match kind.map(|kind| (kind.conditions, kind.noun)) {
            Some((Conditions::Absent, noun)) => {
                format!("gcloud binds no role under a condition on a {noun}")
            }
            Some((Conditions::Unsafe, noun)) => {
                format!("gcloud reads the policy of a {noun} in a version that has no conditions")
            }
            _ => match grant.roles.iter().find(|role| BASIC.contains(&role.as_str())) {
                Some(role) => format!("the basic role {} takes no condition", quoted(role)),
                None => continue,
            },
        };
        found.push(Diagnostic::new(Code::Condition, place, why).help(
            "grant a narrower role without a condition, or grant it on the project under one",
        ));
    }
}

/// Services that direct federation does not reach, or not wholly. Source: GKE, "Identity federation:
/// products and limitations"; the first part of a role's name is its service.
const LIMITS: &[(&str, &str)] = &[
    ("appengine", "App Engine takes no federated identity"),
    ("cloudfunctions", "Cloud Run functions take no federated identity"),
    ("cloudprofiler", "Cloud Profiler takes no federated identity"),
    ("cloudscheduler", "Cloud Scheduler makes no App Engine targets for it"),
    ("cloudsql", "Cloud SQL has no IAM database login for it"),
    ("cloudsupport", "the Cloud Support API takes no federated identity"),
    ("cloudtasks", "Cloud Tasks makes no App Engine targets for it"),
    ("container", "a pod cannot use kubectl on another cluster with it"),
    ("deploymentmanager", "Deployment Manager takes no federated identity"),
    ("endpoints", "Cloud Endpoints takes no federated identity"),
    ("identityplatform", "Identity Platform cannot be initialised with it"),
    ("looker", "Looker takes no federated identity"),
    ("policysimulator", "Policy Simulator takes no federated identity"),
    ("pubsublite", "Pub/Sub Lite takes no federated identity"),
    ("run", "Cloud Run takes no federated identity"),
    ("servicemanagement", "the Service Management API takes no federated identity"),
    ("source", "Cloud Source Repositories take no federated identity"),
    ("speech", "only version 2 of the Speech-to-Text API takes it"),
    ("storage", "only buckets with uniform access take it, and it signs no URLs"),
];

/// What the pods will not be able to do with a role in direct federation.
pub(super) fn direct_federation(app: &App, found: &mut Vec<Diagnostic>) {
    if app.google_service_account.is_some() {
        return;
    }
    for (index, grant) in app.grants.iter().enumerate() {
        for (role_index, role) in grant.roles.iter().enumerate() {
            let service = role.strip_prefix("roles/").and_then(|name| name.split('.').next());
            let limit = LIMITS.iter().find(|(name, _)| Some(*name) == service);
            if let Some((_, why)) = limit {
                found.push(
                    Diagnostic::new(
                        Code::DirectFederation,
                        Place::value(format!("/grants/{index}/roles/{role_index}")),
                        format!("{} with direct federation: {why}", quoted(role)),
                    )
                    .help("where that matters, add `[googleServiceAccount]`: the pods then act as a service account"),
                );
            }
        }
    }
}
