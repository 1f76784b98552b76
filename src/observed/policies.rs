//! Policies as `gcloud … get-iam-policy` prints them, in YAML or JSON, flattened or not.

use serde_json::Value;

use super::bindings::{Binding, BindingTarget, Origin};
use super::partial::Partial;
use crate::diagnostics::Location;
use crate::diagnostics::source::Source;
use crate::google::names::WORKLOAD_IDENTITY_USER;

/// The bindings of a file, and the email of the service account whose whole policy it is.
type Policies = (Vec<Binding>, Option<String>);

/// One member with one role, and where it stands.
struct Entry<'a> {
    pointer: String,
    role: &'a str,
    member: &'a str,
    condition: &'a Value,
}

/// Reads the policies among the documents of a file.
pub(super) fn read(source: &Source, documents: &[Value]) -> Policies {
    let name = source.file_name();
    let mut entries = Vec::new();
    let mut is_policy = false;
    for (number, document) in documents.iter().enumerate() {
        is_policy |= collect(document, &format!("/{number}"), &mut entries);
    }
    let account = [".json", ".yaml", ".yml"].iter().find_map(|ending| name.strip_suffix(ending));
    let account = account.filter(|name| name.contains('@'));
    let is_of_project = entries.iter().any(|entry| is_project_role(entry.role));
    let target = |role: &str| match account {
        Some(email) => BindingTarget::ServiceAccount(Partial::known(email)),
        None if is_of_project => BindingTarget::Project,
        // It is the policy of some service account.
        None if role == WORKLOAD_IDENTITY_USER => BindingTarget::ServiceAccount(Partial::unknown()),
        None => BindingTarget::Other,
    };
    let bindings = entries.iter().map(|entry| {
        let place = Location::value(entry.pointer.clone()).in_source(source);
        let (role, member) = (Partial::known(entry.role), Partial::known(entry.member));
        let mut binding = Binding::new(place, Origin::Policy, target(entry.role), role, member);
        let (policy, _) = entry.pointer.rsplit_once("/members").unwrap_or_default();
        binding.role_place = Location::value(format!("{policy}/role")).in_source(source);
        binding.condition = condition(entry.condition);
        binding
    });
    (bindings.collect(), account.filter(|_| is_policy).map(str::to_owned))
}

/// The expression of a condition in JSON.
pub(super) fn condition(condition: &Value) -> Option<Partial> {
    let expression =
        || condition["expression"].as_str().map_or_else(Partial::unknown, Partial::known);
    (!condition.is_null()).then(expression)
}

/// Whether only projects and the like grant a role, and service accounts do not.
fn is_project_role(role: &str) -> bool {
    ["roles/owner", "roles/editor"].contains(&role) || role.ends_with(".serviceAgent")
}

/// Collects the entries of a policy, of a list of policies or of a flattened one. Returns whether the
/// value is a policy.
fn collect<'a>(value: &'a Value, pointer: &str, entries: &mut Vec<Entry<'a>>) -> bool {
    if let Some(list) = value.as_array() {
        // An empty list is a flattened policy without bindings.
        return list.iter().enumerate().fold(list.is_empty(), |is_policy, (index, value)| {
            collect(value, &format!("{pointer}/{index}"), entries) || is_policy
        });
    }
    if !value["bindings"].is_null() {
        collect(&value["bindings"], &format!("{pointer}/bindings"), entries);
        return true;
    }
    let Some(role) = value["role"].as_str() else {
        return value["etag"].is_string() && value["kind"].is_null();
    };
    let pointer = format!("{pointer}/members");
    let condition = &value["condition"];
    match &value["members"] {
        Value::String(member) => entries.push(Entry { pointer, role, member, condition }),
        members => {
            let members = members.as_array().into_iter().flatten().enumerate();
            entries.extend(members.filter_map(|(index, member)| {
                let pointer = format!("{pointer}/{index}");
                Some(Entry { pointer, role, member: member.as_str()?, condition })
            }));
        }
    }
    true
}
