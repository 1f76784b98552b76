//! Rules for grants: duplicate roles, the resources that roles are granted on, and conditions.

use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::accounts;
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::google::resources::{BindingSupport, ResourceRef, ResourceType};
use crate::spec::types::{App, CloudFormat, Grant};

crate::diagnostics::declare_code! {
    WORKLOAD_IDENTITY_USER: Error = "workload-identity-user",
    what: "`roles/iam.workloadIdentityUser` is among the grants.",
    why: "wigen binds this role where it belongs: on the one Google Cloud service account, for the one Kubernetes ServiceAccount. Granted on the project, it lets the identity act as every account of the project, and still does not make impersonation work.",
    example: "[[grants]]\nroles = [\"roles/iam.workloadIdentityUser\"]",
    instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

crate::diagnostics::declare_code! {
    DUPLICATE_ROLE: Warning = "duplicate-role",
    what: "The same role is granted twice.",
    why: "The second grant has no effect. Usually another role was meant.",
    example: "[[grants]]\nroles = [\"roles/logging.logWriter\", \"roles/logging.logWriter\"]",
    instead: "[[grants]]\nroles = [\"roles/logging.logWriter\", \"roles/monitoring.metricWriter\"]",
}

/// Each role is granted once, and never the one that wigen binds itself.
pub(super) fn roles(app: &App, found: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&Grant, &str, (usize, usize))> = Vec::new();
    let place = |(grant, role)| Location::value(format!("/grants/{grant}/roles/{role}"));
    for (index, grant) in app.grants.iter().enumerate() {
        for (role_index, role) in grant.roles.iter().enumerate() {
            let at = (index, role_index);
            let same = |other: &Grant| {
                other.project == grant.project
                    && other.resources().eq(grant.resources())
                    && other.condition == grant.condition
            };
            if role == WORKLOAD_IDENTITY_USER
                && (grant.service_account.is_none() || is_on_own_account(app, grant))
            {
                let on = match grant.resource_type() {
                    _ if is_on_own_account(app, grant) => "the app's own account".to_owned(),
                    ResourceType::Project => "the project".to_owned(),
                    other => format!("a {}", other.noun()),
                };
                let message = format!("{} must not be granted on {on}", quoted(role));
                found.push(
                    Diagnostic::new(Code::WORKLOAD_IDENTITY_USER, place(at), message)
                        .help("remove it: wigen grants it on the one account that needs it"),
                );
            } else if let Some((.., first)) =
                seen.iter().find(|(other, seen, _)| *seen == role.as_str() && same(other))
            {
                let message = format!("{} is granted twice", quoted(role));
                found.push(
                    Diagnostic::new(Code::DUPLICATE_ROLE, place(at), message)
                        .related(place(*first), "first granted here"),
                );
            } else if let Some((_, id)) = role.rsplit_once("/roles/")
                && !(3..=64).contains(&id.len())
            {
                let size = if id.len() < 3 { "short" } else { "long" };
                let message = format!("the ID of the custom role {} is too {size}", quoted(role));
                found.push(
                    Diagnostic::new(Code::ROLE, place(at), message)
                        .help("the ID of a custom role has 3 to 64 characters"),
                );
            }
            seen.push((grant, role, at));
        }
    }
}

/// Whether a grant is on the account that the pods impersonate.
fn is_on_own_account(app: &App, grant: &Grant) -> bool {
    let (Some(own), Some(on)) = (&app.google_service_account, &grant.service_account) else {
        return false;
    };
    let id = own.name.as_deref().unwrap_or(&app.name);
    let project = own.project.as_ref().unwrap_or(&app.project);
    match &own.email {
        Some(email) => *email == on.as_str(),
        None => {
            on.split_once('@').is_some_and(|(on_id, _)| on_id == id)
                && accounts::project(on).is_some_and(|home| *project == home.as_str())
        }
    }
}

/// Parses what each grant is on: one resource, by a valid name. `None` if any of them is not.
pub(super) fn resolve(app: &App, found: &mut Vec<Diagnostic>) -> Option<Vec<ResourceRef>> {
    let grants = app.grants.iter().enumerate();
    let resources: Vec<Option<ResourceRef>> =
        grants.map(|(index, grant)| resource(app, index, grant, found)).collect();
    resources.into_iter().collect()
}

crate::diagnostics::declare_code! {
    RESOURCE_NAME: Error = "resource-name",
    what: "A grant that names no resource, more than one, or one by an invalid name. Give the resource's name in the project, or its full path starting with `projects/`.",
    why: "The command would fail after others have already made changes, or the role would be granted on another resource.",
    example: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]\nsecret = \"secrets/db-password\"",
    instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]\nsecret = \"db-password\"",
    source: "gcloud reference: https://cloud.google.com/sdk/gcloud/reference",
}

fn resource(
    app: &App,
    index: usize,
    grant: &Grant,
    found: &mut Vec<Diagnostic>,
) -> Option<ResourceRef> {
    let project = grant.project.as_ref().unwrap_or(&app.project);
    let named: Vec<(ResourceType, &str)> = grant.resources().collect();
    let key = |resource_type: ResourceType| {
        Location::key(format!("/grants/{index}/{}", resource_type.key()))
    };
    let before = found.len();
    if let [(first, _), (second, _), ..] = named.as_slice() {
        let message = format!("the grant already has a resource, `{}`", first.key());
        found.push(
            Diagnostic::new(Code::RESOURCE_NAME, key(*second), message)
                .related(key(*first), "here")
                .help("write one grant for each resource"),
        );
    }
    let mut resource = ResourceRef::project(project);
    for (resource_type, name) in named {
        let place = Location::value(key(resource_type).pointer);
        match resource_type.parse(name, project) {
            Err(invalid) => {
                let message = format!("{} {}", quoted(name), invalid.message);
                found.push(Diagnostic::new(Code::RESOURCE_NAME, place, message).help(invalid.help));
            }
            Ok(_)
                if grant.project.is_some()
                    && (name.starts_with("projects/") || resource_type.is_globally_named()) =>
            {
                let message = format!("{} does not need a project", quoted(name));
                found.push(
                    Diagnostic::new(Code::RESOURCE_NAME, key(ResourceType::Project), message)
                        .help("remove `project`"),
                );
            }
            Ok(parsed) => resource = parsed,
        }
    }
    (found.len() == before).then_some(resource)
}

/// Source: IAM, "Quotas and limits", conditional role bindings.
const MAX_OPERATORS: usize = 12;

crate::diagnostics::declare_code! {
    CONDITION: Error = "condition",
    what: "The condition is not possible: the resource's policy takes none (Pub/Sub topics and subscriptions), bq cannot write one (BigQuery datasets and tables), its gcloud command cannot see one (Artifact Registry), the tool of `cloud.format` does not keep it there, the role is a basic role, or the condition has more than one line.",
    why: "The tool refuses it, or would overwrite conditions that it cannot see.",
    example: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\ntopic = \"events\"\ncondition = { title = \"t\", expression = \"true\" }",
    instead: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\ntopic = \"events\"",
    source: "IAM, Overview of IAM Conditions: https://cloud.google.com/iam/docs/conditions-overview",
}

/// Some policies and some roles take no condition.
pub(super) fn conditions(app: &App, found: &mut Vec<Diagnostic>) {
    const BASIC: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];
    for (index, grant) in app.grants.iter().enumerate() {
        let Some(condition) = &grant.condition else { continue };
        let place = Location::key(format!("/grants/{index}/condition"));
        let operators =
            condition.expression.matches("&&").count() + condition.expression.matches("||").count();
        if operators > MAX_OPERATORS {
            let place = Location::value(format!("{}/expression", place.pointer));
            let message = format!(
                "the condition has {operators} logical operators; the maximum is {MAX_OPERATORS}"
            );
            found.push(
                Diagnostic::new(Code::CONDITION, place, message)
                    .help("write one grant for each part that `||` joins"),
            );
            continue;
        }
        let resource_type = grant.resource_type();
        let noun = resource_type.noun();
        let refused = match (app.cloud.format, resource_type.bindings()) {
            (CloudFormat::Gcloud, BindingSupport::Unconditional) => {
                Some(format!("no command grants a role with a condition on a {noun}"))
            }
            (CloudFormat::Gcloud, BindingSupport::PolicyVersion1) => {
                Some(format!("gcloud reads the policy of a {noun} in a version without conditions"))
            }
            (CloudFormat::Terraform, _) if !resource_type.has_conditions_in_terraform() => {
                Some(format!("the Terraform provider does not keep a condition on a {noun}"))
            }
            (CloudFormat::ConfigConnector, _)
                if !resource_type.has_conditions_in_config_connector() =>
            {
                Some(format!("Config Connector accepts no condition on a {noun}"))
            }
            _ => None,
        };
        let basic = grant.roles.iter().find(|role| BASIC.contains(&role.as_str()));
        let basic = basic.map(|role| format!("the basic role {} takes no condition", quoted(role)));
        let Some(why) = refused.or(basic) else { continue };
        found.push(Diagnostic::new(Code::CONDITION, place, why).help(
            "grant a narrower role without a condition, or grant it on the project with one",
        ));
    }
}

/// Services that direct federation cannot use, or only in part. Source: GKE, "Identity federation:
/// products and limitations"; the first part of a role's name is its service.
const LIMITS: &[(&str, &str)] = &[
    ("appengine", "App Engine does not support federated identities"),
    ("cloudfunctions", "Cloud Run functions do not support federated identities"),
    ("cloudprofiler", "Cloud Profiler does not support federated identities"),
    ("cloudscheduler", "Cloud Scheduler cannot create App Engine targets"),
    ("cloudsql", "Cloud SQL does not support IAM database authentication"),
    ("cloudsupport", "the Cloud Support API does not support federated identities"),
    ("cloudtasks", "Cloud Tasks cannot create App Engine targets"),
    ("container", "a pod cannot use kubectl on another cluster"),
    ("deploymentmanager", "Deployment Manager does not support federated identities"),
    ("endpoints", "Cloud Endpoints does not support federated identities"),
    ("identityplatform", "Identity Platform cannot be initialized"),
    ("looker", "Looker does not support federated identities"),
    ("policysimulator", "Policy Simulator does not support federated identities"),
    ("pubsublite", "Pub/Sub Lite does not support federated identities"),
    ("run", "Cloud Run does not support federated identities"),
    ("servicemanagement", "the Service Management API does not support federated identities"),
    ("source", "Cloud Source Repositories does not support federated identities"),
    ("speech", "only version 2 of the Speech-to-Text API supports it"),
    ("storage", "only buckets with uniform access support it, and it cannot sign URLs"),
];

crate::diagnostics::declare_code! {
    DIRECT_FEDERATION: Warning = "direct-federation",
    what: "The role belongs to a service that direct federation does not support, or not fully: the roles are granted to the pods, not to a service account.",
    why: "The grant succeeds and the call fails, in production.",
    example: "[[grants]]\nroles = [\"roles/cloudsql.client\"]\n# without [googleServiceAccount]",
    instead: "[[grants]]\nroles = [\"roles/cloudsql.client\"]\n[googleServiceAccount]\nname = \"books-gke-sa\"",
    source: "IAM, Identity federation: products and limitations: https://cloud.google.com/iam/docs/federated-identity-supported-services",
}

/// Roles that direct federation makes useless, or limits.
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
                        Code::DIRECT_FEDERATION,
                        Location::value(format!("/grants/{index}/roles/{role_index}")),
                        format!("{} with direct federation: {why}", quoted(role)),
                    )
                    .help("if the app needs that, add `[googleServiceAccount]`: the pods then impersonate a service account"),
                );
            }
        }
    }
}
