//! What differs between the chain that a spec promises and the one that is observed.

use schemars::JsonSchema;
use serde::Serialize;

use super::link::{Access, Chain, LinkName, LinkState};

/// A link that is not as promised.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkDifference {
    /// Which link it is.
    pub link: LinkName,
    /// What the spec promises.
    pub promised: LinkState,
    /// What was observed.
    pub observed: LinkState,
}

/// The links that are not as promised, in order. What the files do not say is no difference.
pub fn compare(promised: &Chain, observed: &Chain) -> Vec<LinkDifference> {
    let links = promised.links.iter().zip(&observed.links);
    let differs = links.filter(|(one, other)| match one.name {
        LinkName::Grants => !has_grants(&promised.grants, observed),
        _ => is_different(&one.state, &other.state),
    });
    let difference = differs.map(|(one, other)| LinkDifference {
        link: one.name,
        promised: one.state.clone(),
        observed: other.state.clone(),
    });
    difference.collect()
}

fn is_different(promised: &LinkState, observed: &LinkState) -> bool {
    match (promised, observed) {
        (_, LinkState::Broken { .. }) => true,
        (_, LinkState::Unknown { .. }) => false,
        (LinkState::Ok { found: one }, LinkState::Ok { found: other }) => one.value != other.value,
        // Nothing of it is in the files, as for pods that select no nodes.
        (LinkState::Ok { .. }, LinkState::NotApplicable) => true,
        (LinkState::NotApplicable, LinkState::Ok { .. }) => true,
        _ => false,
    }
}

/// Whether every role that is promised was observed, if any was.
fn has_grants(promised: &[Access], observed: &Chain) -> bool {
    let last = |access: &Access| {
        // Paths and short names of a resource end in its own name.
        let name = access.resource.rsplit([' ', '/', ':', '.']).next().unwrap_or_default();
        (access.role.clone(), name.to_owned())
    };
    let is_there = |one: &Access| observed.grants.iter().any(|other| last(one) == last(other));
    observed.grants.is_empty() || promised.iter().all(is_there)
}
