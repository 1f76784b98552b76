//! Bindings that objects of Config Connector make.

use serde_json::Value;

use super::bindings::{Binding, BindingTarget, Origin};
use super::facts::{AccountState, GoogleAccount};
use super::members::email;
use super::object::{Object, can_be_same};
use super::objects::Objects;
use super::partial::Partial;
use super::policies::condition;
use crate::google::accounts;
use crate::google::config_connector::ResourceKind;

const GROUP: &str = "iam.cnrm.cloud.google.com";
const PROJECT_ANNOTATION: &str = "cnrm.cloud.google.com/project-id";

pub(super) fn bindings(objects: &Objects<'_>) -> Vec<Binding> {
    let mut all = Vec::new();
    let kinds = ["IAMPolicyMember", "IAMPartialPolicy", "IAMPolicy"];
    let is_binding =
        |object: &&Object<'_>| object.id.group == GROUP && kinds.contains(&object.id.kind);
    for object in objects.all.iter().filter(is_binding) {
        let spec = &object.value["spec"];
        let target = target(objects, object, &spec["resourceRef"]);
        let mut push = |at: &str, path: &str, binding: &Value, holder: &Value| {
            let Some(role) = binding["role"].as_str() else { return };
            let Some((key, member)) = member(objects, object, holder) else { return };
            let place = object.place(&format!("/spec{at}{path}{key}"));
            let role = Partial::known(role);
            let mut one =
                Binding::new(place, Origin::ConfigConnector, target.clone(), role, member);
            one.role_place = object.place(&format!("/spec{at}/role"));
            one.condition = condition(&binding["condition"]);
            if one.resource.is_empty() {
                one.resource = resource(&spec["resourceRef"]);
            }
            all.push(one);
        };
        push("", "", spec, spec);
        for (index, binding) in spec["bindings"].as_array().into_iter().flatten().enumerate() {
            for (at, member) in binding["members"].as_array().into_iter().flatten().enumerate() {
                let path = format!("/members/{at}");
                push(&format!("/bindings/{index}"), &path, binding, member);
            }
        }
    }
    all
}

/// A member, and the key below its holder: an item of a list, or a table with `member` or `memberFrom`.
fn member(
    objects: &Objects<'_>,
    object: &Object<'_>,
    holder: &Value,
) -> Option<(&'static str, Partial)> {
    if let Some(member) = holder.as_str() {
        return Some(("", Partial::known(member)));
    }
    if let Some(member) = holder["member"].as_str() {
        return Some(("/member", Partial::known(member)));
    }
    let reference = holder["memberFrom"].get("serviceAccountRef")?;
    let mut member = Partial::known("serviceAccount:");
    match reference["external"].as_str() {
        Some(external) => member.push(&email(external)),
        None => member.push(&referenced_email(objects, object, reference)),
    }
    Some(("/memberFrom/serviceAccountRef", member))
}

/// What people call the resource of a reference.
fn resource(reference: &Value) -> String {
    let text = |key: &str| reference[key].as_str().unwrap_or_default();
    let (kind, external) = (text("kind"), text("external"));
    match ResourceKind::resource_type(kind) {
        Some(known) if !external.is_empty() => {
            let name = external.rsplit('/').next().unwrap_or_default();
            format!("{} {name}", known.noun())
        }
        _ if text("name").is_empty() && external.is_empty() => String::new(),
        _ => format!("{kind} {}", if external.is_empty() { text("name") } else { external }),
    }
}

fn target(objects: &Objects<'_>, object: &Object<'_>, reference: &Value) -> BindingTarget {
    match reference["kind"].as_str() {
        Some("Project" | "Folder" | "Organization") => BindingTarget::Project,
        Some("IAMServiceAccount") => {
            BindingTarget::ServiceAccount(match reference["external"].as_str() {
                Some(external) => email(external),
                None => referenced_email(objects, object, reference),
            })
        }
        _ => BindingTarget::Other,
    }
}

/// The email of the service account that another object makes.
fn referenced_email(objects: &Objects<'_>, object: &Object<'_>, reference: &Value) -> Partial {
    let namespace = reference["namespace"].as_str().or(object.id.namespace);
    let name = reference["name"].as_str().unwrap_or_default();
    let account = objects.all.iter().find(|other| {
        other.id.is_a(GROUP, "IAMServiceAccount")
            && other.id.name == name
            && can_be_same(other.id.namespace, namespace)
    });
    account.map_or(Partial::unknown(), |account| email_of(objects, account))
}

/// The service accounts that objects make.
pub(super) fn accounts(objects: &Objects<'_>) -> Vec<GoogleAccount> {
    let all = objects.all.iter().filter(|one| one.id.is_a(GROUP, "IAMServiceAccount"));
    let account = |one: &Object<'_>| GoogleAccount {
        place: one.place("/metadata/name"),
        email: email_of(objects, one),
        state: if one.value["spec"]["disabled"] == true {
            AccountState::Disabled
        } else {
            AccountState::Enabled
        },
    };
    all.map(account).collect()
}

fn email_of(objects: &Objects<'_>, account: &Object<'_>) -> Partial {
    let id = account.value["spec"]["resourceID"].as_str().unwrap_or(account.id.name);
    let project = project_of(account).or_else(|| {
        let namespace = objects.all.iter().find(|other| {
            other.id.is_a("", "Namespace") && Some(other.id.name) == account.id.namespace
        });
        namespace.and_then(project_of)
    });
    if let Some(project) = project {
        return Partial::known(accounts::email(id, project));
    }
    let mut email = Partial::known(format!("{id}@"));
    email.push_unknown();
    email.push_known(".iam.gserviceaccount.com");
    email
}

fn project_of<'a>(object: &Object<'a>) -> Option<&'a str> {
    object.annotations()?.get(PROJECT_ANNOTATION)?.as_str()
}
