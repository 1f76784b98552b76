//! Service Usage: which APIs a project has enabled.

use serde_json::{Value, json};

use super::answer::Answer;
use super::request::Request;
use super::world::World;

pub(super) fn answer(world: &mut World, request: &Request, path: &[&str]) -> Option<Answer> {
    let ["v1", "projects", name, "services", service @ ..] = path else { return None };
    let Some(id) = world.project(name) else {
        return Some(Answer::error(403, "The caller does not have permission"));
    };
    let services = &mut world.projects.get_mut(&id)?.services;
    let value = |service: &str, enabled: bool| {
        let state = if enabled { "ENABLED" } else { "DISABLED" };
        json!({
            "name": format!("projects/{id}/services/{service}"),
            "config": { "name": service },
            "state": state,
        })
    };
    Some(Answer::ok(match (request.method.as_str(), service, request.verb) {
        ("GET", [], "") => {
            request.has_only(&["filter", "pageSize"], &[])?;
            if request.query.get("filter")? != "state:ENABLED" {
                return None;
            }
            json!({ "services": services.iter().map(|name| value(name, true)).collect::<Vec<_>>() })
        }
        ("GET", [service], "") => {
            request.has_only(&[], &[])?;
            value(service, services.contains(*service))
        }
        ("POST", [service], "enable") => {
            request.has_only(&[], &[])?;
            services.insert((*service).to_owned());
            done()
        }
        ("POST", [], "batchEnable") => {
            request.has_only(&[], &["serviceIds"])?;
            for service in request.body["serviceIds"].as_array()? {
                services.insert(service.as_str()?.to_owned());
            }
            done()
        }
        _ => return None,
    }))
}

/// Real operations take a while; none here does, because gcloud would wait for it, not a script.
fn done() -> Value {
    json!({ "name": "operations/acf.p2-1", "done": true, "response": {} })
}
