//! Whether policies of the network let pods reach the metadata server.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::objects::{Object, Objects, Pods, called, may_be_same};
use super::{Found, below};
use crate::diagnostic::{Code, Diagnostic, Place};

/// Where the metadata server listens: on the node, and as pods see it with Dataplane V2. Source:
/// GKE, "About Workload Identity Federation for GKE", network policies.
const METADATA: [(Ipv4Addr, u64); 2] =
    [(Ipv4Addr::new(169, 254, 169, 252), 988), (Ipv4Addr::new(169, 254, 169, 254), 80)];

/// Pods that a policy isolates reach what any policy allows them, and nothing else.
pub(super) fn policies(objects: &Objects<'_>, found: &mut Found) {
    let egress: Vec<&Object<'_>> = objects
        .all
        .iter()
        .filter(|object| object.kind == "NetworkPolicy" && is_for_egress(&object.value["spec"]))
        .collect();
    if egress.is_empty() {
        return;
    }
    for pods in &objects.pods {
        if objects.identity_of(pods).is_none() {
            continue;
        }
        let owner = objects.owner(pods);
        let selecting: Vec<_> = egress
            .iter()
            .filter(|policy| {
                may_be_same(policy.namespace, owner.namespace) && selects(policy, pods)
            })
            .collect();
        let [first, ..] = selecting.as_slice() else { continue };
        if selecting.iter().any(|policy| lets_through(&policy.value["spec"])) {
            continue;
        }
        let place = if first.value["spec"]["egress"].is_null() {
            below(&first.pointer, "/spec/policyTypes")
        } else {
            Place::key(format!("{}/spec/egress", first.pointer))
        };
        let message = format!(
            "the pods of {} cannot reach the metadata server, and get no token",
            called(owner)
        );
        let diagnostic = Diagnostic::new(Code::NetworkPolicy, place, message)
            .help("allow TCP to 169.254.169.252/32 port 988, and with Dataplane V2 to 169.254.169.254/32 port 80");
        let other = below(&owner.pointer, "/metadata/name");
        found.push((first.file, objects.see(diagnostic, first.file, owner, other, "its pods")));
    }
}

/// Source: Kubernetes, "Network Policies": without `policyTypes`, one with rules for egress.
fn is_for_egress(spec: &Value) -> bool {
    match spec["policyTypes"].as_array() {
        Some(types) => types.iter().any(|of| of == "Egress"),
        None => spec["egress"].is_array(),
    }
}

/// Whether the selector of a policy selects pods; one that cannot be read does not.
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

fn lets_through(spec: &Value) -> bool {
    let rules = spec["egress"].as_array();
    METADATA.iter().any(|(address, port)| {
        rules.is_some_and(|rules| {
            rules.iter().any(|rule| reaches(rule, *address) && opens(rule, *port))
        })
    })
}

/// Whether a rule is for an address: one of its peers holds it, or it has none and is for all.
fn reaches(rule: &Value, address: Ipv4Addr) -> bool {
    rule["to"].as_array().filter(|peers| !peers.is_empty()).is_none_or(|peers| {
        peers.iter().any(|peer| {
            let block = &peer["ipBlock"];
            let except = block["except"].as_array();
            holds(&block["cidr"], address)
                && except.is_none_or(|except| !except.iter().any(|cidr| holds(cidr, address)))
        })
    })
}

fn holds(cidr: &Value, address: Ipv4Addr) -> bool {
    let parts = cidr.as_str().and_then(|cidr| cidr.split_once('/'));
    let Some((network, bits)) = parts else { return false };
    let (Ok(network), Ok(bits)) = (network.parse::<Ipv4Addr>(), bits.parse::<u32>()) else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
    bits <= 32 && network.to_bits() & mask == address.to_bits() & mask
}

/// Whether a rule is for a TCP port: one of its ports, or it has none and is for all. A port by name
/// is one of pods, which the metadata server is not.
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
    fn rules_let_through_what_they_name() {
        let rule = |rule: Value| lets_through(&json!({ "egress": [rule] }));
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
        assert!(!lets_through(&json!({})));
    }
}
