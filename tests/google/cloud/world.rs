//! Everything that the cloud holds, and what one service must know of another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::answer::Answer;
use super::container::{Cluster, Operation};
use super::policy::{NewPolicy, Policy};
use super::{kinds, member};

#[derive(Clone, Debug, Default)]
pub(super) struct Project {
    pub(super) number: u64,
    pub(super) services: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) project: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) uid: u64,
    pub(super) disabled: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(super) projects: BTreeMap<String, Project>,
    /// By email address.
    pub(super) accounts: BTreeMap<String, Account>,
    /// How many more readers get the answer that there is no such account.
    pub(super) hidden: BTreeMap<String, usize>,
    /// Whether an absent account is 403 and not 404.
    pub(super) forbidden: bool,
    /// By `projects/P/locations/L/clusters/C`.
    pub(super) clusters: BTreeMap<String, Cluster>,
    pub(super) operations: Vec<Operation>,
    /// How often an operation is seen running before it is done.
    pub(super) polls: usize,
    /// The workload pools that were ever made, with the project of each.
    pub(super) pools: BTreeMap<String, String>,
    /// Every resource that has a policy, by the service and the path without its version:
    /// `crm/projects/P`, `secretmanager/projects/P/secrets/S`, `storage/b/B`.
    pub(super) policies: BTreeMap<String, Policy>,
    /// The last number given to something.
    pub(super) numbered: u64,
}

impl World {
    /// A number that nothing else has.
    pub(super) fn number(&mut self) -> u64 {
        self.numbered += 1;
        100_000_000 + self.numbered
    }

    /// The id of a project that is given by its id or its number.
    pub(super) fn project(&self, name: &str) -> Option<String> {
        let mut projects = self.projects.iter();
        projects
            .find(|(id, project)| *id == name || project.number.to_string() == name)
            .map(|(id, _)| id.clone())
    }

    pub(super) fn add_account(&mut self, email: &str, account: Account) {
        let resource = format!("iam/projects/{}/serviceAccounts/{email}", account.project);
        self.policies.insert(resource, Policy::default());
        let uid = self.number();
        self.accounts.insert(email.to_owned(), Account { uid, ..account });
    }

    /// Whether a reader finds an account. One that is hidden comes out after enough readers.
    pub(super) fn sees_account(&mut self, email: &str) -> bool {
        if !self.accounts.contains_key(email) {
            return false;
        }
        match self.hidden.get_mut(email) {
            Some(0) | None => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }

    /// Deletes an account; its bindings stay, for a deleted member.
    pub(crate) fn delete_account(&mut self, email: &str) {
        let Some(account) = self.accounts.remove(email) else { return };
        self.policies.remove(&format!("iam/projects/{}/serviceAccounts/{email}", account.project));
        let member = format!("serviceAccount:{email}");
        for policy in self.policies.values_mut() {
            if policy.bindings.values().any(|members| members.contains(&member)) {
                policy.change(|bindings| {
                    for members in bindings.values_mut() {
                        if members.remove(&member) {
                            members.insert(format!("deleted:{member}?uid={}", account.uid));
                        }
                    }
                });
            }
        }
    }

    /// Answers a reader of a policy.
    pub(super) fn get_policy(&mut self, resource: &str, version: u64) -> Answer {
        if let Some(absent) = self.absent(resource, "getIamPolicy") {
            return absent;
        }
        Answer::ok(self.policies[resource].read(version))
    }

    /// Answers a writer of a policy; nothing where the policy cannot be read.
    pub(super) fn set_policy(&mut self, resource: &str, policy: &Value) -> Option<Answer> {
        let new = NewPolicy::read(policy)?;
        if let Some(absent) = self.absent(resource, "setIamPolicy") {
            return Some(absent);
        }
        let stale = if resource.starts_with("storage/") { 412 } else { 409 };
        if let Some(refusal) = self.policies[resource].refusal(&new, stale) {
            return Some(refusal);
        }
        for (role, _) in new.bindings.keys() {
            if let Err(message) = member::check_role(role) {
                return Some(Answer::error(400, message));
            }
        }
        let members: BTreeSet<&String> = new.bindings.values().flatten().collect();
        for member in members {
            if let Err(message) = member::check(self, member) {
                return Some(Answer::error(400, message));
            }
        }
        let policy = self.policies.get_mut(resource)?;
        policy.change(|bindings| *bindings = new.bindings);
        Some(Answer::ok(policy.read(3)))
    }

    /// What a caller hears of a resource that it does not find.
    pub(super) fn absent(&mut self, resource: &str, verb: &str) -> Option<Answer> {
        if let Some((_, email)) = resource.split_once("/serviceAccounts/") {
            let seen = self.sees_account(email) && self.policies.contains_key(resource);
            return (!seen).then(|| self.absent_account(email, verb));
        }
        (!self.policies.contains_key(resource)).then(|| kinds::absent(resource))
    }

    pub(super) fn absent_account(&self, email: &str, verb: &str) -> Answer {
        if self.forbidden {
            return Answer::error(
                403,
                format!(
                    "Permission 'iam.serviceAccounts.{verb}' denied on resource (or it may not \
                     exist)."
                ),
            );
        }
        Answer::error(
            404,
            if verb == "get" {
                "Unknown service account".to_owned()
            } else {
                format!("Service account projects/-/serviceAccounts/{email} does not exist.")
            },
        )
    }

    /// All of it, without what differs between two ways to the same state.
    pub(super) fn state(&self) -> Value {
        let projects: BTreeMap<&String, Value> = self
            .projects
            .iter()
            .map(|(id, p)| (id, json!({ "number": p.number, "services": p.services })))
            .collect();
        let accounts: BTreeMap<&String, Value> = self
            .accounts
            .iter()
            .map(|(email, account)| {
                let display_name = &account.display_name;
                let description = &account.description;
                (email, json!({ "displayName": display_name, "description": description }))
            })
            .collect();
        let clusters: BTreeMap<&String, Value> =
            self.clusters.iter().map(|(path, cluster)| (path, cluster.state())).collect();
        let policies: BTreeMap<&String, Vec<Value>> =
            self.policies.iter().map(|(resource, policy)| (resource, bindings(policy))).collect();
        json!({
            "projects": projects,
            "accounts": accounts,
            "clusters": clusters,
            "pools": self.pools.keys().collect::<Vec<_>>(),
            "policies": policies,
        })
    }
}

/// A line for each member of each binding: role, member, condition.
fn bindings(policy: &Policy) -> Vec<Value> {
    policy
        .bindings
        .iter()
        .flat_map(|((role, condition), members)| {
            let condition = condition.as_ref().map(super::policy::Condition::value);
            members.iter().map(move |member| {
                let member = member.split("?uid=").next();
                match &condition {
                    None => json!([role, member]),
                    Some(condition) => json!([role, member, condition]),
                }
            })
        })
        .collect()
}
