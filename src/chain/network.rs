//! The link of the network: NetworkPolicies that keep pods from the metadata server.

use std::net::Ipv4Addr;

use indexmap::IndexMap;
use serde_json::Value;

use super::cloud::has_dataplane_v2;
use super::link::{Fact, Link, LinkName};
use crate::diagnostics::{Code, Diagnostic};
use crate::observed::{Object, Pods, World, can_be_same};

/// Where policies see the metadata server: on the node, and with Dataplane V2. Source: GKE, "About
/// Workload Identity Federation for GKE", network policies.
const METADATA: [(Ipv4Addr, u64); 2] =
    [(Ipv4Addr::new(169, 254, 169, 252), 988), (Ipv4Addr::new(169, 254, 169, 254), 80)];

const NAME: LinkName = LinkName::NetworkPolicy;

/// The link of every pods, by their index. Pods that any policy isolates reach only what some policy
/// allows. `has_identity` says which of them miss a token.
pub(super) fn network_links(world: &World<'_>, has_identity: impl Fn(usize) -> bool) -> Vec<Link> {
    let is_policy = |object: &&Object<'_>| object.id.kind.ends_with("NetworkPolicy");
    let (own, others): (Vec<&Object<'_>>, Vec<_>) = world
        .objects
        .all
        .iter()
        .filter(is_policy)
        .partition(|object| object.value["apiVersion"] == "networking.k8s.io/v1");
    let egress: Vec<_> =
        own.into_iter().filter(|object| is_for_egress(&object.value["spec"])).collect();
    let mut links = Vec::new();
    // The pods by the policies that isolate them, and by what they reach.
    let mut isolated: IndexMap<(Vec<usize>, Reach), Vec<usize>> = IndexMap::new();
    for (index, pods) in world.objects.pods.iter().enumerate() {
        let namespace = world.owner(pods).id.namespace;
        // Policies do not concern pods on the network of their node.
        let is_subject = pods.field("hostNetwork").is_none_or(|(_, value)| *value == false);
        if !is_subject {
            links.push(Link::not_applicable(NAME));
            continue;
        }
        let may_allow = |other: &&Object<'_>| may_allow(other, pods, namespace);
        if others.iter().any(may_allow) || !pods.is_verbatim {
            links.push(Link::unknown(
                NAME,
                "the policies of another API, or the labels of the pods",
            ));
            continue;
        }
        let mut selecting: Vec<usize> = (0..egress.len()).collect();
        selecting.retain(|policy| {
            let policy = egress[*policy];
            can_be_same(policy.id.namespace, namespace) && selects(policy, pods)
        });
        links.push(Link::ok(NAME, ALLOWED));
        if !selecting.is_empty() {
            let reach = METADATA.map(|server| {
                selecting.iter().any(|policy| allows(&egress[*policy].value["spec"], server))
            });
            isolated.entry((selecting, reach)).or_default().push(index);
        }
    }
    let dataplane = has_dataplane_v2(world);
    for ((selecting, reach), pods) in isolated {
        // The address that the clusters use is the one that counts.
        let reach = dataplane.map_or(reach, |is_v2| [reach[usize::from(is_v2)]; 2]);
        let policies: Vec<_> = selecting.into_iter().map(|policy| egress[policy]).collect();
        let missing = pods.iter().filter(|index| has_identity(**index));
        let missing: Vec<&Pods<'_>> = missing.map(|index| &world.objects.pods[*index]).collect();
        let finding = (!missing.is_empty() && reach != [true, true])
            .then(|| report(world, &policies, &missing, reach));
        let place = finding
            .as_ref()
            .map_or_else(|| policies[0].place("/spec/egress"), |finding| finding.place.clone());
        let mut link = match reach {
            [true, true] => Link::ok(NAME, Fact::at(ALLOWED, place)),
            [false, false] => {
                let found = Fact::at("the metadata server is not allowed", place);
                Link::broken(NAME, found, "egress to 169.254.169.252/32 port 988", None)
            }
            _ => Link::unknown(NAME, "whether the cluster has Dataplane V2"),
        };
        link.findings.extend(finding);
        // Without an identity, pods miss no token.
        for index in pods.into_iter().filter(|index| has_identity(*index)) {
            links[index] = link.clone();
        }
    }
    links
}

/// What is found where pods reach the metadata server.
pub(super) const ALLOWED: &str = "the metadata server is allowed";

/// Which of the two addresses pods reach.
type Reach = [bool; 2];

/// Whether a policy of another API may allow more to pods.
fn may_allow(other: &Object<'_>, pods: &Pods<'_>, namespace: Option<&str>) -> bool {
    let labels = &other.value["spec"]["endpointSelector"]["matchLabels"];
    let other_namespace = other.value["metadata"]["namespace"].as_str();
    // Keys of Cilium may have a prefix that says where the label is from.
    let fits = |(key, value): (&String, &Value)| {
        key.contains(':') || pods.metadata["labels"][key.as_str()] == *value
    };
    can_be_same(other_namespace, namespace)
        && labels.as_object().is_none_or(|labels| labels.iter().all(fits))
}

crate::diagnostics::declare_code! {
    NETWORK_POLICY: Error = "network-policy",
    what: "Network policies isolate pods that have an identity, and none of them allows traffic to the metadata server.",
    why: "Without the metadata server the pods get no token. It runs on the node, at 169.254.169.252 port 988; with Dataplane V2 pods reach it at 169.254.169.254 port 80.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - ports:\n    - port: 443\n",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - ports:\n    - port: 443\n  - to:\n    - ipBlock: { cidr: 169.254.169.252/32 }\n    ports:\n    - port: 988\n  - to:\n    - ipBlock: { cidr: 169.254.169.254/32 }\n    ports:\n    - port: 80",
    source: "GKE, About Workload Identity Federation for GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
}

crate::diagnostics::declare_code! {
    METADATA_ADDRESS: Warning = "metadata-address",
    what: "Network policies let pods that have an identity reach one of the two addresses of the metadata server, and not the other.",
    why: "Which address counts depends on the cluster: 169.254.169.254 port 80 with Dataplane V2, as in every Autopilot cluster, and 169.254.169.252 port 988 without it. With the wrong one the pods get no token.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - to:\n    - ipBlock: { cidr: 0.0.0.0/0, except: [169.254.169.254/32] }",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - to:\n    - ipBlock: { cidr: 0.0.0.0/0 }",
    source: "GKE, About Workload Identity Federation for GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
}

/// The diagnostic for pods that policies cut off, at the rule that was probably meant to let them
/// through, or else at the first policy.
fn report(
    world: &World<'_>,
    policies: &[&Object<'_>],
    pods: &[&Pods<'_>],
    reach: Reach,
) -> Diagnostic {
    const NAMED: usize = 3;
    let named = || pods.iter().take(NAMED).map(|pods| world.owner(pods));
    let mut owners: Vec<String> = named().map(|owner| owner.id.to_string()).collect();
    if pods.len() > NAMED {
        owners.push(format!("{} more", pods.len() - NAMED));
    }
    let last = owners.pop().unwrap_or_default();
    let whose = if owners.is_empty() { last } else { format!("{} and {last}", owners.join(", ")) };
    let (code, message) = if let Some(only) = reach.iter().position(|reached| *reached) {
        let [(own, _), (dataplane, _)] = METADATA;
        let (found, when, needed) = match only {
            0 => (own, "with", dataplane),
            _ => (dataplane, "without", own),
        };
        let message = format!(
            "the pods of {whose} reach the metadata server at {found} alone; {when} Dataplane V2 it is at {needed}"
        );
        (Code::METADATA_ADDRESS, message)
    } else {
        let message =
            format!("the pods of {whose} cannot reach the metadata server, so they get no token");
        (Code::NETWORK_POLICY, message)
    };
    let first = policies[0];
    let near = policies.iter().find_map(|policy| {
        let (path, label) = mistake(&policy.value["spec"], reach)?;
        Some((policy.place(&format!("/spec/egress{path}")), label))
    });
    let (place, label) = near.unwrap_or_else(|| {
        let has_rules = !first.value["spec"]["egress"].is_null();
        let key = if has_rules { "egress" } else { "policyTypes" };
        (first.key_place("/spec", key), String::new())
    });
    let diagnostic = Diagnostic::new(code, place, message)
        .label(label)
        .help("allow TCP to 169.254.169.252/32 port 988, and with Dataplane V2 to 169.254.169.254/32 port 80");
    named().fold(diagnostic, |diagnostic, owner| {
        diagnostic.related(owner.place("/metadata/name"), "its pods")
    })
}

/// The mistake in a rule that almost lets pods through to an address: where, and what.
fn mistake(spec: &Value, reach: Reach) -> Option<(String, String)> {
    let rules = spec["egress"].as_array()?;
    let missing = || METADATA.into_iter().zip(reach).filter(|(_, reached)| !reached);
    for (index, rule) in rules.iter().enumerate() {
        for (at, peer) in rule["to"].as_array().into_iter().flatten().enumerate() {
            let path = format!("/{index}/to/{at}/ipBlock/cidr");
            let cidr = peer["ipBlock"]["cidr"].as_str().unwrap_or_default();
            if missing().any(|((address, _), _)| cidr == address.to_string()) {
                return Some((path, format!("a CIDR needs a mask: `{cidr}/32`")));
            }
            let except = peer["ipBlock"]["except"].as_array().into_iter().flatten().enumerate();
            for (number, cidr) in except {
                let is_one = |address: Ipv4Addr| *cidr == format!("{address}/32");
                if let Some(((address, _), _)) = missing().find(|((it, _), _)| is_one(*it)) {
                    let path = format!("/{index}/to/{at}/ipBlock/except/{number}");
                    return Some((path, format!("{address} is the metadata server")));
                }
            }
        }
        for ((address, port), _) in missing() {
            if !reaches(rule, address) {
                continue;
            }
            for (at, open) in rule["ports"].as_array().into_iter().flatten().enumerate() {
                let path = format!("/{index}/ports/{at}/port");
                if open["port"].as_str() == Some(&port.to_string()) {
                    return Some((path, "in quotes it is the name of a port".to_owned()));
                }
                let is_one = |rule: &Value| rule["to"].as_array().is_some_and(|to| to.len() == 1);
                let is_crossed = METADATA.iter().any(|(_, other)| open["port"] == *other);
                if is_one(rule) && is_crossed && open["port"] != port {
                    return Some((path, format!("{address} listens on port {port}")));
                }
            }
        }
    }
    None
}

/// Whether a policy restricts egress: without `policyTypes`, one with rules for egress does. Source:
/// Kubernetes, "Network Policies".
fn is_for_egress(spec: &Value) -> bool {
    match spec["policyTypes"].as_array() {
        Some(types) => types.iter().any(|of| of == "Egress"),
        None => spec["egress"].is_array(),
    }
}

/// Whether a policy selects pods. A malformed selector selects none.
fn selects(policy: &Object<'_>, pods: &Pods<'_>) -> bool {
    let selector = &policy.value["spec"]["podSelector"];
    let label = |key: &str| pods.metadata["labels"][key].as_str();
    let same = |labels: &Value| {
        labels.as_object().is_none_or(|labels| {
            labels.iter().all(|(key, value)| label(key) == value.as_str() && value.is_string())
        })
    };
    let fits = |expression: &Value| {
        let value = label(expression["key"].as_str().unwrap_or_default());
        let values = expression["values"].as_array();
        let is_one = value.is_some_and(|value| {
            values.is_some_and(|values| values.iter().any(|one| one == value))
        });
        match expression["operator"].as_str() {
            Some("In") => is_one,
            Some("NotIn") => !is_one,
            Some("Exists") => value.is_some(),
            Some("DoesNotExist") => value.is_none(),
            _ => false,
        }
    };
    same(&selector["matchLabels"])
        && selector["matchExpressions"].as_array().is_none_or(|all| all.iter().all(fits))
}

/// Whether the rules let pods reach the metadata server at an address and port.
fn allows(spec: &Value, (address, port): (Ipv4Addr, u64)) -> bool {
    let rules = spec["egress"].as_array();
    rules.is_some_and(|rules| rules.iter().any(|rule| reaches(rule, address) && opens(rule, port)))
}

/// Whether a rule allows an address: one of its peers contains it, or it has none and allows all.
fn reaches(rule: &Value, address: Ipv4Addr) -> bool {
    rule["to"].as_array().filter(|peers| !peers.is_empty()).is_none_or(|peers| {
        peers.iter().any(|peer| {
            let block = &peer["ipBlock"];
            let except = block["except"].as_array();
            contains(&block["cidr"], address)
                && except.is_none_or(|except| !except.iter().any(|cidr| contains(cidr, address)))
        })
    })
}

/// Whether a CIDR contains an address.
fn contains(cidr: &Value, address: Ipv4Addr) -> bool {
    let parts = cidr.as_str().and_then(|cidr| cidr.split_once('/'));
    let Some((network, bits)) = parts else { return false };
    let (Ok(network), Ok(bits)) = (network.parse::<Ipv4Addr>(), bits.parse::<u32>()) else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
    bits <= 32 && network.to_bits() & mask == address.to_bits() & mask
}

/// Whether a rule allows a TCP port: it lists the port, or it has none and allows all. A named port is
/// one of pods, and the metadata server is not a pod.
fn opens(rule: &Value, port: u64) -> bool {
    rule["ports"].as_array().filter(|ports| !ports.is_empty()).is_none_or(|ports| {
        ports.iter().any(|open| {
            let first = match &open["port"] {
                Value::Null => Some((0, 65535)),
                value => {
                    value.as_u64().map(|first| (first, open["endPort"].as_u64().unwrap_or(first)))
                }
            };
            open["protocol"].as_str().is_none_or(|protocol| protocol == "TCP")
                && first.is_some_and(|(first, last)| (first..=last).contains(&port))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_allow_what_they_list() {
        let allows_any = |spec: &Value| METADATA.into_iter().any(|server| allows(spec, server));
        let rule = |rule: Value| allows_any(&json!({ "egress": [rule] }));
        assert!(rule(json!({})));
        assert!(rule(
            json!({"to": [{"ipBlock": {"cidr": "169.254.169.252/32"}}], "ports": [{"port": 988}]})
        ));
        assert!(rule(
            json!({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 1, "endPort": 100}]})
        ));
        assert!(rule(json!({"ports": [{"protocol": "TCP"}]})));
        assert!(!rule(
            json!({"ports": [{"port": 443}, {"port": "http"}, {"port": 988, "protocol": "UDP"}]})
        ));
        assert!(!rule(
            json!({"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}]})
        ));
        assert!(!rule(json!({"to": [{"namespaceSelector": {}}]})));
        assert!(!rule(json!({"to": [{"ipBlock": {"cidr": "169.254.169.252/99"}}]})));
        assert!(!allows_any(&json!({})));
    }
}
