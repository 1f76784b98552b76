//! Resource Manager: projects, folders and organizations. Their policies are in `kinds`.

use serde_json::json;

use super::answer::Answer;
use super::kinds;
use super::request::Request;
use super::world::World;

pub(super) fn answer(world: &World, request: &Request, path: &[&str]) -> Option<Answer> {
    if request.method != "GET" || !request.verb.is_empty() {
        return None;
    }
    request.has_only(&[], &[])?;
    let resource = format!("crm/{}", path.get(1..)?.join("/"));
    let there = world.policies.contains_key(&resource);
    Some(match path {
        ["v1", "projects", name] => match world.project(name) {
            Some(id) => Answer::ok(json!({
                "projectId": id,
                "projectNumber": world.projects[&id].number.to_string(),
                "lifecycleState": "ACTIVE",
                "name": id,
            })),
            None => kinds::absent(&resource),
        },
        ["v1", "organizations", _] | ["v2", "folders", _] if there => {
            Answer::ok(json!({ "name": path[1..].join("/"), "lifecycleState": "ACTIVE" }))
        }
        ["v1", "organizations", _] | ["v2", "folders", _] => kinds::absent(&resource),
        _ => return None,
    })
}
