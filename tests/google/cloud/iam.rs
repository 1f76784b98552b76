//! IAM: service accounts. Their policies are in `kinds`.

use serde_json::{Value, json};

use super::answer::Answer;
use super::request::{Request, only};
use super::world::{Account, World};

/// How many accounts a page of the list has.
const PAGE: usize = 100;

pub(super) fn answer(world: &mut World, request: &Request, path: &[&str]) -> Option<Answer> {
    match (request.method.as_str(), path, request.verb) {
        ("GET", ["v1", "projects", project, "serviceAccounts"], "") => {
            list(world, request, project)
        }
        ("POST", ["v1", "projects", project, "serviceAccounts"], "") => {
            create(world, request, project)
        }
        ("GET" | "DELETE", ["v1", "projects", project, "serviceAccounts", email], "") => {
            request.has_only(&[], &[])?;
            let deleting = request.method == "DELETE";
            let verb = if deleting { "delete" } else { "get" };
            let here = |account: &Account| *project == "-" || account.project == *project;
            let seen = world.sees_account(email) && world.accounts.get(*email).is_some_and(here);
            if !seen {
                return Some(world.absent_account(email, verb));
            }
            let found = value(world, email);
            if deleting {
                world.delete_account(email);
            }
            Some(Answer::ok(if deleting { json!({}) } else { found }))
        }
        _ => None,
    }
}

fn list(world: &mut World, request: &Request, project: &str) -> Option<Answer> {
    request.has_only(&["pageSize", "pageToken"], &[])?;
    let Some(project) = world.project(project) else { return Some(no_project(project)) };
    let emails: Vec<String> = world
        .accounts
        .iter()
        .filter(|(_, account)| account.project == project)
        .map(|(email, _)| email.clone())
        .collect();
    let start = match request.query.get("pageToken") {
        Some(token) => token.parse().ok()?,
        None => 0,
    };
    let page: Vec<&String> = emails.iter().skip(start).take(PAGE).collect();
    let mut accounts = Vec::new();
    for email in page {
        if world.sees_account(email) {
            accounts.push(value(world, email));
        }
    }
    let mut answer = json!({});
    if !accounts.is_empty() {
        answer["accounts"] = accounts.into();
    }
    if emails.len() > start + PAGE {
        answer["nextPageToken"] = json!((start + PAGE).to_string());
    }
    Some(Answer::ok(answer))
}

fn create(world: &mut World, request: &Request, project: &str) -> Option<Answer> {
    request.has_only(&[], &["accountId", "serviceAccount"])?;
    let (id, given) = (request.body["accountId"].as_str()?, &request.body["serviceAccount"]);
    if !only(given, &["displayName", "description"]) {
        return None;
    }
    let Some(project) = world.project(project) else { return Some(no_project(project)) };
    let valid = (6..=30).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && !id.ends_with('-')
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !valid {
        return Some(Answer::error(400, format!("Invalid service account id: {id}")));
    }
    let email = format!("{id}@{}.iam.gserviceaccount.com", domain(&project));
    if world.accounts.contains_key(&email) {
        return Some(Answer::named(
            409,
            "ALREADY_EXISTS",
            format!("Service account {id} already exists within project projects/{project}."),
        ));
    }
    let text = |key: &str| given[key].as_str().unwrap_or_default().to_owned();
    let (display_name, description) = (text("displayName"), text("description"));
    world.add_account(&email, Account { project, display_name, description, ..Account::default() });
    Some(Answer::ok(value(world, &email)))
}

/// A project id as a part of a domain: `example.com:my-project` is `my-project.example.com`.
pub(super) fn domain(project: &str) -> String {
    match project.split_once(':') {
        Some((organization, name)) => format!("{name}.{organization}"),
        None => project.to_owned(),
    }
}

pub(super) fn value(world: &World, email: &str) -> Value {
    let account = &world.accounts[email];
    let mut value = json!({
        "name": format!("projects/{}/serviceAccounts/{email}", account.project),
        "projectId": account.project,
        "uniqueId": account.uid.to_string(),
        "email": email,
        "etag": "MDEwMjE5MjA=",
        "oauth2ClientId": account.uid.to_string(),
    });
    for (key, text) in
        [("displayName", &account.display_name), ("description", &account.description)]
    {
        if !text.is_empty() {
            value[key] = json!(text);
        }
    }
    if account.disabled {
        value["disabled"] = json!(true);
    }
    value
}

fn no_project(project: &str) -> Answer {
    Answer::error(404, format!("Unknown project id: {project}"))
}
