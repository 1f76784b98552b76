//! Policies as `gcloud … get-iam-policy` prints them, in YAML or JSON, flattened or not; and those of all
//! resources of a project, as `gcloud asset search-all-iam-policies` prints them.

use serde_json::Value;

use super::bindings::{Binding, BindingTarget, Origin};
use super::facts::Facts;
use super::gcloud::singular;
use super::partial::Partial;
use crate::diagnostics::Location;
use crate::diagnostics::source::Source;
use crate::google::names::WORKLOAD_IDENTITY_USER;

/// One member with one role, and where it stands.
struct Entry<'a> {
    pointer: String,
    role: &'a str,
    member: &'a str,
    condition: &'a Value,
    /// The full name of the resource, in a list of policies.
    resource: Option<&'a str>,
}

/// Adds the policies among the documents of a file. Returns whether there is one.
pub(super) fn read(source: &Source, documents: &[Value], facts: &mut Facts) -> bool {
    let name = source.file_name();
    let mut policies = Policies::default();
    for (number, document) in documents.iter().enumerate() {
        policies.collect(document, &format!("/{number}"), None);
    }
    let Policies { entries, resources, is_policy } = policies;
    let account = [".json", ".yaml", ".yml"].iter().find_map(|ending| name.strip_suffix(ending));
    let account = account.filter(|name| name.contains('@'));
    let is_of_project = entries.iter().any(|entry| is_project_role(entry.role));
    let target = |entry: &Entry<'_>| match (entry.resource, account) {
        (Some(resource), _) => target_of(resource),
        (None, Some(email)) => BindingTarget::ServiceAccount(Partial::known(email)),
        _ if is_of_project => BindingTarget::Project,
        // It is the policy of some service account.
        _ if entry.role == WORKLOAD_IDENTITY_USER => {
            BindingTarget::ServiceAccount(Partial::unknown())
        }
        _ => BindingTarget::Other,
    };
    for entry in &entries {
        let place = Location::value(entry.pointer.clone()).in_source(source);
        let (role, member) = (Partial::known(entry.role), Partial::known(entry.member));
        let mut binding = Binding::new(place, Origin::Policy, target(entry), role, member);
        let (policy, _) = entry.pointer.rsplit_once("/members").unwrap_or_default();
        binding.role_place = Location::value(format!("{policy}/role")).in_source(source);
        binding.condition = condition(entry.condition);
        if let Some(resource) = entry.resource {
            binding.resource = shown(resource);
        }
        facts.bindings.push(binding);
    }
    facts.policies.extend(resources.into_iter().map(shown));
    facts
        .policies
        .extend(account.filter(|_| is_policy).map(|email| format!("service account {email}")));
    is_policy
}

/// What people call the resource with this full name, as other bindings have it. Source: Google Cloud,
/// "Full resource names".
fn shown(full_name: &str) -> String {
    let path = full_name.trim_start_matches("//");
    let (host, path) = path.split_once('/').unwrap_or((path, ""));
    let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
    let collection = parents.rsplit('/').next().unwrap_or_default();
    let noun = match collection {
        "" if host.starts_with("storage.") => "bucket".to_owned(),
        "serviceAccounts" => "account".to_owned(),
        collection => singular(collection),
    };
    format!("{noun} {name}")
}

fn target_of(full_name: &str) -> BindingTarget {
    match full_name.split_once("/serviceAccounts/") {
        Some((_, email)) => BindingTarget::ServiceAccount(Partial::known(email)),
        None if full_name.starts_with("//cloudresourcemanager.") => BindingTarget::Project,
        None => BindingTarget::Other,
    }
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

/// What was collected of the policies of a file.
#[derive(Default)]
struct Policies<'a> {
    entries: Vec<Entry<'a>>,
    /// The full names of the resources, in a list of policies.
    resources: Vec<&'a str>,
    is_policy: bool,
}

impl<'a> Policies<'a> {
    /// Collects the entries of a policy, of a list of policies or of a flattened one; or of what
    /// `gcloud asset search-all-iam-policies` prints, which says whose policy each is.
    fn collect(&mut self, value: &'a Value, pointer: &str, resource: Option<&'a str>) {
        if let Some(list) = value.as_array() {
            // An empty list is a flattened policy without bindings.
            self.is_policy |= list.is_empty();
            for (index, value) in list.iter().enumerate() {
                self.collect(value, &format!("{pointer}/{index}"), resource);
            }
            return;
        }
        let name = value["resource"].as_str().filter(|name| name.starts_with("//"));
        if let (Some(name), policy @ Value::Object(_)) = (name, &value["policy"]) {
            self.resources.push(name);
            self.is_policy = true;
            self.collect(policy, &format!("{pointer}/policy"), Some(name));
            return;
        }
        if !value["bindings"].is_null() {
            self.collect(&value["bindings"], &format!("{pointer}/bindings"), resource);
            self.is_policy = true;
            return;
        }
        let Some(role) = value["role"].as_str() else {
            self.is_policy |= value["etag"].is_string() && value["kind"].is_null();
            return;
        };
        self.is_policy = true;
        let pointer = format!("{pointer}/members");
        let condition = &value["condition"];
        match &value["members"] {
            Value::String(member) => {
                self.entries.push(Entry { pointer, role, member, condition, resource });
            }
            members => {
                let members = members.as_array().into_iter().flatten().enumerate();
                self.entries.extend(members.filter_map(|(index, member)| {
                    let pointer = format!("{pointer}/{index}");
                    Some(Entry { pointer, role, member: member.as_str()?, condition, resource })
                }));
            }
        }
    }
}
