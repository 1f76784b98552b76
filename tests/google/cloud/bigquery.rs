//! BigQuery: datasets, whose access lists have a form of their own. The policies of tables are in `kinds`.

use serde_json::{Value, json};

use super::answer::Answer;
use super::member;
use super::policy::Bindings;
use super::request::Request;
use super::world::World;

/// What BigQuery calls the roles that are older than IAM.
const LEGACY: [(&str, &str); 3] = [
    ("OWNER", "roles/bigquery.dataOwner"),
    ("READER", "roles/bigquery.dataViewer"),
    ("WRITER", "roles/bigquery.dataEditor"),
];

/// What BigQuery calls an error of this status.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        403 => "accessDenied",
        404 => "notFound",
        412 => "conditionNotMet",
        429 => "rateLimitExceeded",
        500.. => "backendError",
        _ => "invalid",
    }
}

pub(super) fn answer(world: &mut World, request: &Request, path: &[&str]) -> Option<Answer> {
    let ["bigquery", "v2", "projects", project, "datasets", dataset] = path else { return None };
    let resource = format!("bigquery/projects/{project}/datasets/{dataset}");
    if world.absent(&resource, "get").is_some() {
        return Some(Answer::error(404, format!("Not found: Dataset {project}:{dataset}")));
    }
    let policy = world.policies[&resource].read(3);
    let etag = policy["etag"].clone();
    let mut access = entries_of_others();
    for binding in policy["bindings"].as_array().into_iter().flatten() {
        access.extend(entries(binding));
    }
    match request.method.as_str() {
        "GET" => {
            request.has_only(&["accessPolicyVersion"], &[])?;
            Some(Answer::ok(json!({
                "kind": "bigquery#dataset",
                "etag": etag,
                "id": format!("{project}:{dataset}"),
                "datasetReference": { "projectId": project, "datasetId": dataset },
                "access": access,
            })))
        }
        "PATCH" if etag != request.if_match => {
            Some(Answer::named(412, "FAILED_PRECONDITION", "Precondition check failed."))
        }
        "PATCH" => {
            let new = request.body["access"].as_array()?;
            // Whoever replaces the list keeps what others have in it.
            if !entries_of_others().iter().all(|entry| new.contains(entry)) {
                return None;
            }
            let mut bindings = Bindings::new();
            for entry in new.iter().filter(|entry| !entries_of_others().contains(entry)) {
                let (role, member) = binding(entry)?;
                if member::check_role(&role).is_err() || member::check(world, &member).is_err() {
                    let message = format!(
                        "IAM setPolicy failed for Dataset {project}:{dataset}: Principal {member} \
                         does not exist."
                    );
                    return Some(Answer::error(400, message));
                }
                bindings.entry((role, None)).or_default().insert(member);
            }
            let policy = world.policies.get_mut(&resource)?;
            policy.change(|all| *all = bindings);
            Some(Answer::ok(json!({})))
        }
        _ => None,
    }
}

/// What is in every list: a group, an authorized view, and an entry under a condition.
fn entries_of_others() -> Vec<Value> {
    vec![
        json!({ "role": "WRITER", "specialGroup": "projectWriters" }),
        json!({ "view": { "projectId": "p", "datasetId": "d", "tableId": "roles" } }),
        json!({
            "role": "READER",
            "userByEmail": "fastapi-gke-sa@my-project.iam.gserviceaccount.com",
            "condition": { "title": "t", "expression": "request.host == \"a, b\"" },
        }),
    ]
}

/// The entries for a binding of IAM.
fn entries(binding: &Value) -> Vec<Value> {
    let role = binding["role"].as_str().unwrap();
    let legacy = LEGACY.iter().find(|(_, iam)| *iam == role);
    let role = legacy.map_or(role, |(legacy, _)| legacy);
    let members = binding["members"].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
    let entry = |member: &str| match member.strip_prefix("serviceAccount:") {
        Some(email) => json!({ "role": role, "userByEmail": email }),
        None => json!({ "role": role, "iamMember": member }),
    };
    members.map(entry).collect()
}

/// The role and the member of an entry.
fn binding(entry: &Value) -> Option<(String, String)> {
    let role = entry["role"].as_str()?;
    let role = LEGACY.iter().find(|(legacy, _)| *legacy == role).map_or(role, |(_, iam)| iam);
    let member = match (entry["userByEmail"].as_str(), entry["iamMember"].as_str()) {
        (Some(email), None) => format!("serviceAccount:{email}"),
        (None, Some(member)) if member.starts_with("principal://") => member.to_owned(),
        _ => return None,
    };
    Some((role.to_owned(), member))
}
