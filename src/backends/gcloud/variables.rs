//! The variables at the head of the script, and the words of commands that use them.

use std::borrow::Cow;

use super::command;
use super::quote::word;
use crate::google::accounts::CREATED_MARK;
use crate::google::members::Member;
use crate::google::resources::ResourceType;
use crate::model::identity::{Binding, ClusterLocation, Identity};

/// The names and values of the variables.
#[derive(Clone)]
pub(crate) struct Variables<'a> {
    pairs: Vec<(&'static str, Cow<'a, str>)>,
    /// The member that the script puts into `MEMBER` when it knows the number of the project.
    late_member: Option<&'a Member>,
}

impl<'a> Variables<'a> {
    pub(crate) fn new(identity: &'a Identity) -> Self {
        let project = ("PROJECT", identity.project.as_str().into());
        let mut all = Self { pairs: vec![project], late_member: Some(&identity.member) };
        if let Some(cluster) = &identity.cluster {
            all.add_project("CLUSTER_PROJECT", &cluster.project);
            all.add("CLUSTER", &cluster.name);
            match &cluster.location {
                ClusterLocation::Region(region) => all.add("REGION", region),
                ClusterLocation::Zone(zone) => all.add("ZONE", zone),
            }
            all.add("WORKLOAD_POOL", &identity.pods.pool);
        }
        if let Some(account) = &identity.account {
            all.add_project("ACCOUNT_PROJECT", &account.project);
            if account.create {
                all.add("ACCOUNT", &account.id);
            }
            all.add("ACCOUNT_EMAIL", &account.email);
            if account.create {
                if let Some(name) = &account.display_name {
                    all.add("DISPLAY_NAME", name);
                }
                let description = match &account.description {
                    Some(description) => format!("{description} {CREATED_MARK}").into(),
                    None => CREATED_MARK.into(),
                };
                all.pairs.push(("DESCRIPTION", description));
            }
        }
        if identity.grants().next().is_some() && identity.member.unknown_number().is_none() {
            all.pairs.push(("MEMBER", identity.member.to_string().into()));
        }
        if identity.account.is_some() {
            let member = Member::WorkloadIdentity(identity.pods.clone());
            all.pairs.push(("WORKLOAD_MEMBER", member.to_string().into()));
        }
        all
    }

    /// The same, for a function that does not set `MEMBER`.
    pub(crate) fn without_late_member(&self) -> Self {
        Self { late_member: None, ..self.clone() }
    }

    fn add(&mut self, name: &'static str, value: &'a str) {
        self.pairs.push((name, value.into()));
    }

    /// Adds the ID of a project, unless it is that of the app.
    fn add_project(&mut self, name: &'static str, id: &'a str) {
        if self.pairs[0].1 != id {
            self.add(name, id);
        }
    }

    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        self.pairs.iter().map(|(name, value)| (*name, value.to_string())).collect()
    }

    /// The name of the first of these variables that exists.
    pub(crate) fn name(&self, names: [&'static str; 2]) -> &'static str {
        let exists = |name: &&&str| self.pairs.iter().any(|(known, _)| *known == **name);
        names.iter().find(exists).unwrap_or(&names[1])
    }

    /// A value as a bash word: one of these variables if it has that value.
    fn word(&self, names: &[&str], value: &str) -> String {
        let mut pairs = self.pairs.iter();
        match pairs.find(|(name, known)| names.contains(name) && *known == value) {
            Some((name, _)) => format!("\"${name}\""),
            None => word(value).into_owned(),
        }
    }

    /// The commands that add a binding, one for each of its roles, and those that remove it.
    pub(crate) fn commands(&self, binding: &Binding) -> [Vec<String>; 2] {
        let argument = command::argument(&binding.resource);
        let member = self.member_word(&binding.member);
        // bq takes no flag after an operand.
        let in_bigquery = |table: &str| {
            (format!("{table} \\\n    --member={member} --role="), format!(" {}", word(&argument)))
        };
        let (program, (before_role, after_role)) = match binding.resource.resource_type {
            ResourceType::Dataset => ("bq_dataset".to_owned(), in_bigquery("")),
            ResourceType::Table => ("bq".to_owned(), in_bigquery(" --table=true")),
            resource_type => {
                let words = ["gcloud"].iter().chain(command::group(resource_type));
                let program = words.copied().collect::<Vec<&str>>().join(" ");
                (program, (self.flags(binding, &argument, &member), String::new()))
            }
        };
        ["add-iam-policy-binding", "remove-iam-policy-binding"].map(|verb| {
            let command = |role: &String| {
                [&program, " ", verb, &before_role, &word(role), &after_role].concat()
            };
            binding.roles.iter().map(command).collect()
        })
    }

    /// The words of a command of gcloud between the verb and the role.
    fn flags(&self, binding: &Binding, argument: &str, member: &str) -> String {
        let resource = &binding.resource;
        let resource_type = resource.resource_type;
        let names: &[&str] = match resource_type {
            ResourceType::Project => &["PROJECT"],
            ResourceType::ServiceAccount => &["ACCOUNT_EMAIL"],
            _ => &[],
        };
        let mut words = format!(" {}", self.word(names, argument));
        for (flag, value) in command::flags(resource) {
            words.extend([" ", flag, "=", &word(value)]);
        }
        let project = resource.project.as_deref().unwrap_or_else(|| &self.pairs[0].1);
        let project = self.word(&["PROJECT", "ACCOUNT_PROJECT"], project);
        words.extend([" \\\n    --member=", member, " --project=", &project]);
        match &binding.condition {
            Some(condition) => {
                words.extend([" --condition=", &word(&command::condition(condition))]);
            }
            None if command::has_condition_flag(resource_type) => {
                words.push_str(" --condition=None");
            }
            None => {}
        }
        words.push_str(" \\\n    --role=");
        words
    }

    fn member_word(&self, member: &Member) -> String {
        match member {
            member if member.unknown_number().is_some() && self.late_member == Some(member) => {
                "\"$MEMBER\"".to_owned()
            }
            Member::Principal { number: None, pods, .. } => {
                let (before, after) = (Member::PRINCIPAL_PREFIX, pods.principal_suffix());
                format!("{}\"$PROJECT_NUMBER\"{}", word(before), word(&after))
            }
            member => self.word(&["MEMBER", "WORKLOAD_MEMBER"], &member.to_string()),
        }
    }
}
