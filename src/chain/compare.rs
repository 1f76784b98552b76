//! What differs between the chain that a spec promises and the one that is observed.

use super::link::{Access, Chain, LinkDifference, LinkName, LinkState};

/// The links that are not as promised, in order. What the files do not show is not a difference.
pub fn compare(promised: &Chain, observed: &Chain) -> Vec<LinkDifference> {
    let links = promised.links.iter().zip(&observed.links);
    let differs = links.filter(|(one, other)| match one.name {
        LinkName::Grants => !has_grants(&promised.grants, observed),
        name => is_different(name, &one.state, &other.state),
    });
    let difference = differs.map(|(one, other)| LinkDifference {
        link: one.name,
        promised: one.state.clone(),
        observed: other.state.clone(),
        message: other.findings.first().map(|finding| finding.message.clone()),
    });
    difference.collect()
}

fn is_different(name: LinkName, promised: &LinkState, observed: &LinkState) -> bool {
    match (promised, observed) {
        (_, LinkState::Unknown { .. }) | (LinkState::NotApplicable, LinkState::NotApplicable) => {
            false
        }
        (LinkState::Ok { found: one }, LinkState::Ok { found: other }) => {
            is_exact(name) && one.value != other.value
        }
        // Network policies do not concern pods on the host network.
        (_, LinkState::NotApplicable) if name == LinkName::NetworkPolicy => false,
        // It is broken; or one side has nothing of it, as for pods that select no nodes.
        _ => true,
    }
}

/// Whether the value of a link must be the same on both sides. Other links hold in many ways.
fn is_exact(name: LinkName) -> bool {
    use LinkName::{Annotation, ClusterPool, HostNetwork, Member, Namespace, Role, ServiceAccount};
    matches!(
        name,
        Annotation | ClusterPool | HostNetwork | Member | Namespace | Role | ServiceAccount
    )
}

/// Whether every role that is promised was observed. What was not observed is missing only if the policy of
/// its resource was read, or other roles were observed.
fn has_grants(promised: &[Access], observed: &Chain) -> bool {
    // Paths and short names of a resource end in its own name.
    let name = |resource: &str| {
        resource.rsplit([' ', '/', ':', '.']).next().unwrap_or_default().to_owned()
    };
    let is_there = |one: &Access| {
        let is_same =
            |other: &Access| one.role == other.role && name(&one.resource) == name(&other.resource);
        observed.grants.iter().any(is_same)
    };
    let is_known = |one: &Access| {
        let is_same = |other: &String| name(other) == name(&one.resource);
        !observed.grants.is_empty() || observed.policies.iter().any(is_same)
    };
    promised.iter().all(|one| is_there(one) || !is_known(one))
}

/// Adds to each promised chain how the observed one of the same workload differs.
pub fn compare_all(promised: &mut [Chain], observed: &[Chain]) {
    for chain in promised {
        let own = observed.iter().find(|one| {
            let (ours, theirs) = (&chain.workload, &one.workload);
            let is_in_same = theirs.namespace.is_none() || theirs.namespace == ours.namespace;
            (&ours.group, &ours.kind, &ours.name) == (&theirs.group, &theirs.kind, &theirs.name)
                && is_in_same
        });
        chain.differences = own.map_or(Vec::new(), |own| compare(chain, own));
    }
}
