//! Rules for objects of Config Connector.

use std::collections::HashMap;

use serde_json::Value;

use super::rule::Found;
use crate::diagnostics::suggest::NameSketch;
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::observed::{Object, World, can_be_same};

const GROUP: &str = "iam.cnrm.cloud.google.com";
const ACCOUNT: &str = "IAMServiceAccount";

/// A reference to an account that is not here, while one with almost this name is.
pub(super) fn references(world: &World<'_>, found: &mut Found) {
    let mut accounts: HashMap<&str, Vec<&Object<'_>>> = HashMap::new();
    for object in world.objects.all.iter().filter(|object| object.id.is_a(GROUP, ACCOUNT)) {
        accounts.entry(object.id.name).or_default().push(object);
    }
    if accounts.is_empty() {
        return;
    }
    for object in world.objects.all.iter().filter(|object| object.id.group == GROUP) {
        for (pointer, reference) in references_of(object.value) {
            let Some(name) = reference["name"].as_str() else { continue };
            let namespace = reference["namespace"].as_str().or(object.id.namespace);
            let is_here = |one: &&&Object<'_>| can_be_same(one.id.namespace, namespace);
            if accounts.get(name).is_some_and(|all| all.iter().any(|one| is_here(&one))) {
                continue;
            }
            let sketch = NameSketch::new(name);
            let mut similar = accounts
                .values()
                .flatten()
                .filter(|one| is_here(one) && sketch.is_slip_of(NameSketch::new(one.id.name)));
            let (Some(meant), None) = (similar.next(), similar.next()) else { continue };
            let message = format!("there is no {ACCOUNT} {}", quoted(name));
            let place = object.place(&format!("{pointer}/name"));
            found.push(
                Diagnostic::new(Code::IAM_BINDING, place, message)
                    .help(format!("there is an {ACCOUNT} {}", quoted(meant.id.name)))
                    .replacement(format!("\"{}\"", meant.id.name))
                    .related(meant.place("/metadata/name"), "its name"),
            );
        }
    }
}

/// The references to accounts in an object, with their JSON pointers.
fn references_of(value: &Value) -> Vec<(String, &Value)> {
    let spec = &value["spec"];
    let mut all = Vec::new();
    if spec["resourceRef"]["kind"] == ACCOUNT {
        all.push(("/spec/resourceRef".to_owned(), &spec["resourceRef"]));
    }
    let from = "/memberFrom/serviceAccountRef";
    let members = spec["bindings"].as_array().into_iter().flatten().enumerate();
    let members = members.flat_map(|(index, binding)| {
        let members = binding["members"].as_array().into_iter().flatten().enumerate();
        members.map(move |(at, member)| (format!("/spec/bindings/{index}/members/{at}"), member))
    });
    let own = std::iter::once(("/spec".to_owned(), spec));
    all.extend(
        own.chain(members).filter_map(|(pointer, member)| {
            Some((format!("{pointer}{from}"), member.pointer(from)?))
        }),
    );
    all
}
