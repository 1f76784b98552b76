//! Cloud Storage: buckets, whose policies have a form of their own.

use serde_json::{Value, json};

use super::answer::Answer;
use super::request::Request;
use super::world::World;

pub(super) fn answer(world: &mut World, request: &Request, path: &[&str]) -> Option<Answer> {
    let bucket = path.get(2).filter(|name| !name.is_empty())?;
    let resource = format!("storage/b/{bucket}");
    match (request.method.as_str(), path) {
        ("GET", ["v1", "b", _]) => {
            request.has_only(&["projection", "fields"], &[])?;
            let found = json!({ "kind": "storage#bucket", "id": bucket, "name": bucket });
            Some(world.absent(&resource, "get").unwrap_or_else(|| Answer::ok(found)))
        }
        ("GET", ["v1", "b", _, "iam"]) => {
            request.has_only(&["fields", "optionsRequestedPolicyVersion"], &[])?;
            let version = match request.query.get("optionsRequestedPolicyVersion") {
                Some(version) => version.parse().ok()?,
                None => 1,
            };
            let mut answer = world.get_policy(&resource, version);
            if let (200, Some(fields)) = (answer.status, request.query.get("fields")) {
                let fields: Vec<&str> = fields.split(',').collect();
                answer.body.as_object_mut()?.retain(|key, _| fields.contains(&key.as_str()));
            }
            Some(storage_form(answer))
        }
        ("PUT", ["v1", "b", _, "iam"]) => {
            request.has_only(&[], &["bindings", "etag", "version", "kind", "resourceId"])?;
            world.set_policy(&resource, &request.body).map(storage_form)
        }
        _ => None,
    }
}

/// Cloud Storage writes etags in the other alphabet of base64.
fn storage_form(mut answer: Answer) -> Answer {
    if let Some(Value::String(etag)) = answer.body.get_mut("etag") {
        *etag = etag.replace('+', "-").replace('/', "_");
    }
    answer
}
