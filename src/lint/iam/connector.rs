//! Bindings that objects of Config Connector make.

use serde_json::Value;

use super::bindings::{Binding, From, On};
use super::member::{ANYTHING, email};
use crate::diagnostics::Place;
use crate::lint::objects::{Object, Objects, may_be_same};

const API: &str = "iam.cnrm.cloud.google.com/";
const PROJECT: &str = "cnrm.cloud.google.com/project-id";

pub(super) fn read(objects: &Objects<'_>) -> Vec<Binding> {
    let mut all = Vec::new();
    for object in objects.all.iter().filter(|object| is_of(object)) {
        let spec = &object.value["spec"];
        let on = resource(objects, object, &spec["resourceRef"]);
        let mut push = |path: String, role: &Value, member: &Value| {
            let (Some(role), Some(member)) = (role.as_str(), member.as_str()) else { return };
            let place = Place::value(format!("{}/spec{path}", object.pointer));
            let binding = Binding::new(place, on.clone(), role, member);
            all.push(Binding { file: object.file, from: From::Object, ..binding });
        };
        push("/member".to_owned(), &spec["role"], &spec["member"]);
        for (index, binding) in spec["bindings"].as_array().into_iter().flatten().enumerate() {
            for (at, member) in binding["members"].as_array().into_iter().flatten().enumerate() {
                // A partial policy has its members in maps.
                let (path, member) = match member.as_str() {
                    Some(_) => (String::new(), member),
                    None => ("/member".to_owned(), &member["member"]),
                };
                let path = format!("/bindings/{index}/members/{at}{path}");
                push(path, &binding["role"], member);
            }
        }
    }
    all
}

fn is_of(object: &Object<'_>) -> bool {
    object.value["apiVersion"].as_str().is_some_and(|api| api.starts_with(API))
        && ["IAMPolicyMember", "IAMPartialPolicy", "IAMPolicy"].contains(&object.kind)
}

fn resource(objects: &Objects<'_>, object: &Object<'_>, reference: &Value) -> On {
    match reference["kind"].as_str() {
        Some("Project" | "Folder" | "Organization") => On::Wider,
        Some("IAMServiceAccount") => On::Account(match reference["external"].as_str() {
            Some(external) => email(external),
            None => account(objects, object, reference),
        }),
        _ => On::Other,
    }
}

/// The e-mail of the account that an object here makes.
fn account(objects: &Objects<'_>, object: &Object<'_>, reference: &Value) -> String {
    let namespace = reference["namespace"].as_str().or(object.namespace);
    let name = reference["name"].as_str().unwrap_or_default();
    let mut accounts = objects.all.iter().filter(|one| {
        one.kind == "IAMServiceAccount" && one.name == name && may_be_same(one.namespace, namespace)
    });
    let Some(account) = accounts.next() else { return ANYTHING.to_owned() };
    let id = account.value["spec"]["resourceID"].as_str().unwrap_or(name);
    let of = |object: &Object<'_>| {
        let annotations = &object.value["metadata"]["annotations"];
        annotations[PROJECT].as_str().map(str::to_owned)
    };
    let space = || {
        let mut all = objects.all.iter();
        all.find(|one| one.kind == "Namespace" && Some(one.name) == account.namespace).and_then(of)
    };
    let project = of(account).or_else(space).unwrap_or_else(|| ANYTHING.to_owned());
    format!("{id}@{project}.iam.gserviceaccount.com")
}
