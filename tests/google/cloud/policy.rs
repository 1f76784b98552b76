//! An IAM policy: who has which role under which condition, its versions and its etag.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::answer::Answer;
use super::request::only;

/// When a binding holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Condition {
    pub(crate) title: String,
    pub(crate) expression: String,
    pub(crate) description: Option<String>,
}

impl Condition {
    pub(crate) fn new(title: &str, expression: &str) -> Self {
        Self { title: title.into(), expression: expression.into(), description: None }
    }

    fn read(value: &Value) -> Option<Self> {
        if !only(value, &["title", "expression", "description"]) {
            return None;
        }
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let (title, expression) = (text("title")?, text("expression")?);
        Some(Self { title, expression, description: text("description") })
    }

    pub(super) fn value(&self) -> Value {
        let mut value = json!({ "title": self.title, "expression": self.expression });
        if let Some(description) = &self.description {
            value["description"] = json!(description);
        }
        value
    }
}

/// The members of each role and condition.
pub(super) type Bindings = BTreeMap<(String, Option<Condition>), BTreeSet<String>>;

/// The bindings of one resource, and how often they were written.
#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    pub(super) bindings: Bindings,
    revision: usize,
}

impl Policy {
    /// Valid base64, with the letters in which its two alphabets differ.
    fn etag(&self) -> String {
        format!("Bw/+{:08}", self.revision)
    }

    fn conditional(&self) -> bool {
        self.bindings.keys().any(|(_, condition)| condition.is_some())
    }

    /// The policy as a reader gets it who understands this version. Who does not understand
    /// conditions sees that a role is not simply granted, by its strange name: that form is
    /// described in IAM's documentation, and written here from memory.
    pub(super) fn read(&self, asked: u64) -> Value {
        let whole = asked >= 3;
        let bindings: Vec<Value> = self
            .bindings
            .iter()
            .map(|((role, condition), members)| match condition {
                None => json!({ "role": role, "members": members }),
                Some(condition) if whole => {
                    json!({ "role": role, "members": members, "condition": condition.value() })
                }
                Some(condition) => {
                    let mut hasher = DefaultHasher::new();
                    condition.hash(&mut hasher);
                    let role = format!("{role}_withcond_{:020x}", hasher.finish());
                    json!({ "role": role, "members": members })
                }
            })
            .collect();
        let version = if whole && self.conditional() { 3 } else { 1 };
        let mut policy = json!({ "version": version, "etag": self.etag() });
        if !bindings.is_empty() {
            policy["bindings"] = bindings.into();
        }
        policy
    }

    /// Changes the bindings, and with them the etag.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Bindings)) {
        change(&mut self.bindings);
        self.bindings.retain(|_, members| !members.is_empty());
        self.revision += 1;
    }

    /// What to say against a policy in place of this one, as far as that needs no look around.
    pub(super) fn refusal(&self, new: &NewPolicy, stale: u16) -> Option<Answer> {
        if new.etag != self.etag() {
            return Some(Answer::error(
                stale,
                if stale == 412 {
                    "At least one of the pre-conditions you specified did not hold."
                } else {
                    "There were concurrent policy changes. Please retry the whole \
                     read-modify-write with exponential backoff."
                },
            ));
        }
        // The two rules are in IAM's documentation; their words here are from memory.
        let conditions = new.bindings.keys().any(|(_, condition)| condition.is_some());
        if new.version < 3 && conditions {
            return Some(Answer::error(
                400,
                format!(
                    "Conditions need policy version 3, but the policy has version {}.",
                    new.version
                ),
            ));
        }
        if new.version < 3 && self.conditional() {
            return Some(Answer::error(
                400,
                format!(
                    "Specified policy version ({}) cannot be less than the existing policy \
                     version (3).",
                    new.version
                ),
            ));
        }
        None
    }
}

/// A policy that a request sets.
pub(super) struct NewPolicy {
    pub(super) bindings: Bindings,
    version: u64,
    etag: String,
}

impl NewPolicy {
    /// Nothing for what is not a policy, or has no etag: that would overwrite what others did.
    pub(super) fn read(policy: &Value) -> Option<Self> {
        if !only(policy, &["bindings", "etag", "version", "kind", "resourceId"]) {
            return None;
        }
        let mut bindings = Bindings::new();
        for binding in policy["bindings"].as_array().unwrap_or(&Vec::new()) {
            if !only(binding, &["role", "members", "condition"]) {
                return None;
            }
            let condition = match &binding["condition"] {
                Value::Null => None,
                condition => Some(Condition::read(condition)?),
            };
            let key = (binding["role"].as_str()?.to_owned(), condition);
            let members = bindings.entry(key).or_default();
            for member in binding["members"].as_array()? {
                members.insert(member.as_str()?.to_owned());
            }
        }
        // Both alphabets of base64 are taken.
        let etag = policy["etag"].as_str()?.replace('-', "+").replace('_', "/");
        Some(Self { bindings, version: policy["version"].as_u64().unwrap_or(0), etag })
    }
}
