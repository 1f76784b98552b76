//! Policies as `gcloud … get-iam-policy` prints them, in YAML or JSON, flattened or not.

use serde_json::Value;

use super::bindings::{Binding, On, Reading};
use super::member::ANYTHING;
use crate::diagnostics::Place;
use crate::diagnostics::source::Source;
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::text;

/// Roles that no policy of a service account holds.
const OF_PROJECTS: [&str; 2] = ["roles/owner", "roles/editor"];

/// One member with one role, and where it stands.
struct Entry<'a> {
    pointer: String,
    role: &'a str,
    member: &'a str,
}

/// Reads policies; `None` for a text that is none.
pub(super) fn read(source: &Source) -> Option<Reading> {
    let is_json = source.file_name().strip_suffix(".json").is_some()
        || source.text().trim_start().starts_with('{');
    let documents = match text::parse_stream(source) {
        Ok(documents) if documents.iter().any(|one| one.is_object() || one.is_array()) => documents,
        Err(found) if is_json => return Some(Reading { found, ..Reading::default() }),
        Ok(_) | Err(_) => return None,
    };
    let mut entries = Vec::new();
    let mut is_policy = false;
    for (number, document) in documents.iter().enumerate() {
        is_policy |= collect(document, &format!("/{number}"), &mut entries);
    }
    let name = source.file_name();
    let endings = [".json", ".yaml", ".yml"];
    let email = endings.iter().find_map(|ending| name.strip_suffix(ending));
    let email = email.filter(|name| name.contains('@'));
    let is_of_project = |entry: &Entry<'_>| {
        OF_PROJECTS.contains(&entry.role) || entry.role.ends_with(".serviceAgent")
    };
    let on = |role: &str| match email {
        Some(email) => On::Account(email.to_owned()),
        None if entries.iter().any(is_of_project) => On::Wider,
        // The policy of an account, and nobody says of which.
        None if role == WORKLOAD_IDENTITY_USER => On::Account(ANYTHING.to_owned()),
        None => On::Other,
    };
    let bindings = entries.iter().map(|entry| {
        let place = Place::value(entry.pointer.clone());
        Binding::new(place, on(entry.role), entry.role, entry.member)
    });
    Some(Reading {
        bindings: bindings.collect(),
        policies: email.filter(|_| is_policy).map(str::to_owned).into_iter().collect(),
        found: Vec::new(),
    })
}

/// The entries of a policy, of a list of them, or of one that is flattened; whether it is one.
fn collect<'a>(value: &'a Value, pointer: &str, entries: &mut Vec<Entry<'a>>) -> bool {
    if let Some(list) = value.as_array() {
        // An empty list is a policy without bindings, flattened.
        return list.iter().enumerate().fold(list.is_empty(), |is_one, (index, value)| {
            collect(value, &format!("{pointer}/{index}"), entries) || is_one
        });
    }
    if !value["bindings"].is_null() {
        collect(&value["bindings"], &format!("{pointer}/bindings"), entries);
        return true;
    }
    let Some(role) = value["role"].as_str() else {
        return value["etag"].is_string() && value["kind"].is_null();
    };
    let at = format!("{pointer}/members");
    match &value["members"] {
        Value::String(member) => entries.push(Entry { pointer: at, role, member }),
        members => {
            let members = members.as_array().into_iter().flatten().enumerate();
            entries.extend(members.filter_map(|(index, member)| {
                Some(Entry { pointer: format!("{at}/{index}"), role, member: member.as_str()? })
            }));
        }
    }
    true
}
