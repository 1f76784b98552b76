//! The chain that a spec promises.

use std::sync::Arc;

use strum::VariantArray;

use super::link::{Access, Answer, Chain, Fact, Link, LinkName, ServiceAccount, Workload};
use super::network::ALLOWED;
use crate::google::members::Member;
use crate::google::names::{METADATA_SERVER_LABEL, WORKLOAD_IDENTITY_USER};
use crate::google::resources::{ResourceRef, ResourceType};
use crate::model::identity::{Binding, Identity};
use crate::model::workload;

/// The chain of an app: every link as it is once everything that is rendered was applied.
pub fn promise(identity: &Identity, workload: &workload::Workload) -> Chain {
    let pods = &identity.pods;
    let account = identity.account.as_ref();
    let grants: Vec<Access> = identity.grants().flat_map(access).collect();
    let shown: Vec<String> = grants.iter().map(Access::to_string).collect();
    let links = LinkName::VARIANTS.iter().map(|&name| {
        let fact: Option<Fact> = match name {
            LinkName::ClusterPool => Some(pods.pool.as_str().into()),
            LinkName::NodePool => Some("GKE_METADATA".into()),
            LinkName::NodeSelector => {
                let value = workload.pod.before.get("nodeSelector");
                let value = value.and_then(|selector| selector.get(METADATA_SERVER_LABEL));
                value.map(|value| format!("{METADATA_SERVER_LABEL}: {value}").into())
            }
            LinkName::HostNetwork => Some("false".into()),
            LinkName::NetworkPolicy => Some(ALLOWED.into()),
            LinkName::Namespace => Some(pods.namespace.as_str().into()),
            LinkName::ServiceAccount => Some(pods.service_account.as_str().into()),
            LinkName::Annotation | LinkName::AccountExists => {
                account.map(|account| account.email.as_str().into())
            }
            LinkName::AccountEnabled => account.map(|_| "true".into()),
            LinkName::Member => {
                account.map(|_| Member::WorkloadIdentity(pods.clone()).to_string().into())
            }
            LinkName::Role => account.map(|_| WORKLOAD_IDENTITY_USER.into()),
            LinkName::Condition => account.map(|_| "none".into()),
            LinkName::Credentials => Some("none".into()),
            LinkName::Grants if shown.is_empty() => None,
            LinkName::Grants => Some(shown.join(", ").into()),
        };
        fact.map_or_else(|| Link::not_applicable(name), |fact| Link::ok(name, fact))
    });
    Chain {
        workload: Workload {
            group: workload.kind.group().to_owned(),
            kind: workload.kind.as_str().to_owned(),
            namespace: Some(workload.namespace.clone()),
            name: workload.name.clone(),
            place: None,
        },
        service_account: ServiceAccount {
            namespace: Some(pods.namespace.clone()),
            name: pods.service_account.clone(),
        },
        member: Some(Member::WorkloadIdentity(pods.clone()).to_string()),
        principal: Some(identity.principal.to_string()),
        identity: match account {
            Some(account) => Answer::Account { email: account.email.clone() },
            None => Answer::Principal { member: identity.member.to_string() },
        },
        grants,
        links: links.collect(),
        differences: Vec::new(),
        policies: Arc::default(),
    }
}

fn access(binding: &Binding) -> impl Iterator<Item = Access> {
    binding.roles.iter().map(|role| Access {
        role: role.clone(),
        resource: resource(&binding.resource),
        condition: binding.condition.as_ref().map(|condition| condition.expression.to_string()),
        place: None,
    })
}

/// What people call a resource: `secret db-password`.
fn resource(resource: &ResourceRef) -> String {
    let noun = match resource.resource_type {
        ResourceType::Project => "project",
        other => other.noun(),
    };
    format!("{noun} {}", resource.name())
}
