//! What a member may do, and changes of bindings that no API was asked for.

use serde_json::Value;

use super::container::{self, Cluster};
use super::iam;
use super::policy::Condition;
use super::world::World;

impl World {
    /// The number of a project.
    pub(crate) fn project_number(&self, project: &str) -> u64 {
        self.projects.get(project).map_or(0, |project| project.number)
    }

    pub(crate) fn has_account(&self, email: &str) -> bool {
        self.accounts.contains_key(email)
    }

    pub(crate) fn is_disabled(&self, email: &str) -> bool {
        self.accounts.get(email).is_some_and(|account| account.disabled)
    }

    pub(crate) fn disable_account(&mut self, email: &str) {
        self.accounts.get_mut(email).expect("the account exists").disabled = true;
    }

    /// The resource of an account, which exists.
    pub(crate) fn account_resource(&self, email: &str) -> String {
        format!("iam/projects/{}/serviceAccounts/{email}", self.accounts[email].project)
    }

    /// Whether a member has a role on a resource, now.
    pub(crate) fn is_granted(&self, resource: &str, role: &str, member: &str) -> bool {
        self.policies.get(resource).is_some_and(|policy| {
            policy.bindings.iter().any(|((granted, condition), members)| {
                granted == role
                    && members.contains(member)
                    && condition.as_ref().is_none_or(Condition::is_met)
            })
        })
    }

    /// The resources and roles that a member has.
    pub(crate) fn grants_to(&self, member: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (resource, policy) in &self.policies {
            for ((role, _), members) in &policy.bindings {
                if members.contains(member) {
                    found.push((resource.clone(), role.clone()));
                }
            }
        }
        found
    }

    /// Binds each member of a role to another role, under a condition, or nothing in its place. Returns
    /// whether there was one.
    pub(crate) fn replace_members(
        &mut self,
        resource: &str,
        role: &str,
        new_role: &str,
        condition: Option<&str>,
        new_member: impl Fn(&str) -> Option<String>,
    ) -> bool {
        let condition = condition.map(|expression| Condition::new("broken", expression));
        let mut replaced = false;
        self.policies.get_mut(resource).expect("the resource exists").change(|bindings| {
            let old = bindings.remove(&(role.to_owned(), None)).unwrap_or_default();
            replaced = !old.is_empty();
            let new = old.iter().filter_map(|member| new_member(member));
            bindings.entry((new_role.to_owned(), condition)).or_default().extend(new);
        });
        replaced
    }

    /// Binds another member, or none, in place of one that has a role without a condition. Returns
    /// whether it had.
    pub(crate) fn replace_member(
        &mut self,
        resource: &str,
        role: &str,
        member: &str,
        new_role: &str,
        new_member: Option<String>,
    ) -> bool {
        let mut replaced = false;
        self.policies.get_mut(resource).expect("the resource exists").change(|bindings| {
            let members = bindings.entry((role.to_owned(), None)).or_default();
            replaced = members.remove(member);
            bindings.entry((new_role.to_owned(), None)).or_default().extend(new_member);
        });
        replaced
    }

    /// Every resource with its policy, as `get-iam-policy` prints it.
    pub(crate) fn exported_policies(&self) -> Vec<(String, Value)> {
        self.policies.iter().map(|(resource, policy)| (resource.clone(), policy.read(3))).collect()
    }

    /// A cluster, as `describe` prints it.
    pub(crate) fn exported_cluster(&self, path: &str, cluster: &Cluster) -> Value {
        let mut world = self.clone();
        world.clusters.insert(path.to_owned(), cluster.clone());
        container::value(&world, path).expect("it has just been added")
    }

    /// The first cluster, with its path.
    pub(crate) fn first_cluster(&self) -> Option<(String, Cluster)> {
        self.clusters.iter().next().map(|(path, cluster)| (path.clone(), cluster.clone()))
    }

    /// Every account, as `describe` prints it.
    pub(crate) fn exported_accounts(&self) -> Vec<Value> {
        self.accounts.keys().map(|email| iam::value(self, email)).collect()
    }
}

impl Condition {
    /// Whether it holds now: one that ends in the past, or is `false`, does not.
    fn is_met(&self) -> bool {
        let past = "request.time < timestamp(\"20";
        let year = self.expression.strip_prefix(past).and_then(|rest| rest.get(..2));
        self.expression != "false" && year.is_none_or(|year| year >= "26")
    }
}
