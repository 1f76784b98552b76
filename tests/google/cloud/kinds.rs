//! The kinds of resources that have an IAM policy, and how each service gives and takes it.

use serde_json::json;

use super::answer::Answer;
use super::request::Request;
use super::world::World;

/// How a service is asked for a policy.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    /// `GET`, with the version in the query.
    Get,
    /// `POST`, with the version in the query.
    PostQuery,
    /// `POST`, with the version in the body.
    PostBody,
}

struct Kind {
    /// The service, and the path without its version.
    path: &'static str,
    version: &'static str,
    asked: Asked,
}

const fn kind(path: &'static str, version: &'static str, asked: Asked) -> Kind {
    Kind { path, version, asked }
}

/// Cloud Storage is in `storage`, and datasets are in `bigquery`: their policies have another form.
const KINDS: [Kind; 18] = [
    kind("crm/projects/*", "v1", Asked::PostBody),
    kind("crm/organizations/*", "v1", Asked::PostBody),
    kind("crm/folders/*", "v2", Asked::PostBody),
    kind("iam/projects/*/serviceAccounts/*", "v1", Asked::PostQuery),
    kind("secretmanager/projects/*/secrets/*", "v1", Asked::Get),
    kind("secretmanager/projects/*/locations/*/secrets/*", "v1", Asked::Get),
    kind("pubsub/projects/*/topics/*", "v1", Asked::Get),
    kind("pubsub/projects/*/subscriptions/*", "v1", Asked::Get),
    kind("artifactregistry/projects/*/locations/*/repositories/*", "v1", Asked::Get),
    kind("cloudkms/projects/*/locations/*/keyRings/*", "v1", Asked::Get),
    kind("cloudkms/projects/*/locations/*/keyRings/*/cryptoKeys/*", "v1", Asked::Get),
    kind("run/projects/*/locations/*/services/*", "v1", Asked::Get),
    kind("run/projects/*/locations/*/jobs/*", "v1", Asked::Get),
    kind("spanner/projects/*/instances/*", "v1", Asked::PostBody),
    kind("spanner/projects/*/instances/*/databases/*", "v1", Asked::PostBody),
    kind("bigtableadmin/projects/*/instances/*", "v2", Asked::PostBody),
    kind("bigtableadmin/projects/*/instances/*/tables/*", "v2", Asked::PostBody),
    kind("bigquery/projects/*/datasets/*/tables/*", "v2", Asked::PostBody),
];

fn find(resource: &str) -> Option<&'static Kind> {
    let matches = |kind: &&Kind| {
        let (pattern, parts) = (kind.path.split('/'), resource.split('/'));
        pattern.clone().count() == parts.clone().count()
            && pattern
                .zip(parts)
                .all(|(want, part)| if want == "*" { !part.is_empty() } else { want == part })
    };
    KINDS.iter().find(matches)
}

/// Whether there are resources of this form.
pub(super) fn known(resource: &str) -> bool {
    find(resource).is_some()
        || resource.strip_prefix("storage/b/").is_some_and(|bucket| !bucket.contains('/'))
        || resource.starts_with("bigquery/projects/")
}

/// Answers requests for policies; nothing where the request is not for one.
pub(super) fn answer(world: &mut World, request: &Request) -> Option<Answer> {
    let parts: Vec<&str> = request.parts.iter().map(String::as_str).collect();
    // bq puts the name of its service once more before the version.
    let (service, version, path) = match parts.as_slice() {
        ["bigquery", "bigquery", version, path @ ..] => ("bigquery", version, path),
        [service, version, path @ ..] => (*service, version, path),
        _ => return None,
    };
    let resource = resolve(world, &format!("{service}/{}", path.join("/")));
    let kind = find(&resource)?;
    if kind.version != *version {
        return None;
    }
    match (request.method.as_str(), request.verb) {
        ("GET", "getIamPolicy") if kind.asked == Asked::Get => {
            request.has_only(&["options.requestedPolicyVersion"], &[])?;
        }
        ("POST", "getIamPolicy") if kind.asked == Asked::PostQuery => {
            request.has_only(&["options.requestedPolicyVersion"], &[])?;
        }
        ("POST", "getIamPolicy") if kind.asked == Asked::PostBody => {
            request.has_only(&[], &["options"])?;
        }
        ("POST", "setIamPolicy") => {
            request.has_only(&[], &["policy"])?;
            return world.set_policy(&resource, &request.body["policy"]);
        }
        // The request whether it exists: the same for all that have no other.
        ("GET", "") if !["iam", "crm", "run", "bigquery"].contains(&service) => {
            request.has_only(&[], &[])?;
            let found = json!({ "name": path.join("/") });
            return Some(world.absent(&resource, "get").unwrap_or_else(|| Answer::ok(found)));
        }
        _ => return None,
    }
    let version = match request.query.get("options.requestedPolicyVersion") {
        Some(version) => version.parse().ok()?,
        None => request.body["options"]["requestedPolicyVersion"].as_u64().unwrap_or(1),
    };
    Some(world.get_policy(&resource, version))
}

/// The name under which a resource is kept: IAM takes any project for an account, and the Resource
/// Manager takes a project's number for its id.
fn resolve(world: &World, resource: &str) -> String {
    if let Some(email) = resource.strip_prefix("iam/projects/-/serviceAccounts/")
        && let Some(account) = world.accounts.get(email)
    {
        return format!("iam/projects/{}/serviceAccounts/{email}", account.project);
    }
    if let Some(project) = resource.strip_prefix("crm/projects/")
        && let Some(id) = world.project(project)
    {
        return format!("crm/projects/{id}");
    }
    resource.to_owned()
}

/// What is said of a resource that is not there. The Resource Manager does not tell that from one
/// that is forbidden.
pub(super) fn absent(resource: &str) -> Answer {
    let (service, path) = resource.split_once('/').unwrap_or_default();
    match service {
        "crm" => Answer::error(403, "The caller does not have permission"),
        "storage" => Answer::error(404, "The specified bucket does not exist."),
        "secretmanager" => {
            Answer::error(404, format!("Secret [{path}] not found or has no versions."))
        }
        "bigquery" => Answer::error(404, format!("Not found: Table {path}")),
        _ => Answer::error(404, format!("Resource not found (resource={path}).")),
    }
}
