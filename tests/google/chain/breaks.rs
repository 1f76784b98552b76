//! Ways to break one link of a chain, and how a program in the pods notices.

use serde_json::{Value, json};

use super::situation::{ANNOTATION, NODE, Situation};

/// One link broken.
pub(super) struct Break {
    pub(super) name: &'static str,
    /// The link that the chain must name.
    pub(super) link: &'static str,
    /// Breaks it; returns whether the case has this link.
    pub(super) apply: fn(&mut Situation) -> bool,
    pub(super) noticed: Noticed,
}

/// How a program in the pods notices.
#[derive(Debug, Clone, Copy)]
pub(super) enum Noticed {
    /// There are no pods: the cluster refuses them.
    NotCreated,
    /// It gets no token, with this in the error.
    Error(&'static str),
    /// It is the node.
    Node,
    /// It is other than promised.
    SomebodyElse,
    /// A resource does not let it in.
    Refused,
}

const NO_SERVER: &str = "default credentials";
const DENIED: &str = "iam.serviceAccounts.getAccessToken";
const NO_ACCOUNT: &str = "Gaia id not found";
const USER: &str = "roles/iam.workloadIdentityUser";
/// Values that are wrong for every app.
const OTHER_EMAIL: &str = "somebody-else@my-project.iam.gserviceaccount.com";

pub(super) const BREAKS: &[Break] = &[
    Break {
        name: "cluster without a pool",
        link: "clusterPool",
        apply: no_pool,
        noticed: Noticed::Node,
    },
    Break {
        name: "cluster with another pool",
        link: "clusterPool",
        apply: other_pool,
        noticed: Noticed::Error(DENIED),
    },
    Break {
        name: "node pool without the metadata server",
        link: "nodePool",
        apply: node_pool,
        noticed: Noticed::Node,
    },
    Break {
        name: "node selector for another node pool",
        link: "nodeSelector",
        apply: node_selector,
        noticed: Noticed::Node,
    },
    Break {
        name: "host network",
        link: "hostNetwork",
        apply: host_network,
        noticed: Noticed::Node,
    },
    Break {
        name: "network policy",
        link: "networkPolicy",
        apply: network_policy,
        noticed: Noticed::Error(NO_SERVER),
    },
    Break {
        name: "pods in another namespace",
        link: "namespace",
        apply: pods_elsewhere,
        noticed: Noticed::NotCreated,
    },
    Break {
        name: "no ServiceAccount",
        link: "serviceAccount",
        apply: no_service_account,
        noticed: Noticed::NotCreated,
    },
    Break {
        name: "misspelt ServiceAccount",
        link: "serviceAccount",
        apply: misspelt_service_account,
        noticed: Noticed::NotCreated,
    },
    Break {
        name: "ServiceAccount in another namespace",
        link: "namespace",
        apply: service_account_elsewhere,
        noticed: Noticed::NotCreated,
    },
    Break {
        name: "no annotation",
        link: "annotation",
        apply: no_annotation,
        noticed: Noticed::SomebodyElse,
    },
    Break {
        name: "misspelt annotation",
        link: "annotation",
        apply: misspelt_annotation,
        noticed: Noticed::SomebodyElse,
    },
    Break {
        name: "annotation of another account",
        link: "annotation",
        apply: other_annotation,
        noticed: Noticed::Error(NO_ACCOUNT),
    },
    Break {
        name: "annotation without the project",
        link: "annotation",
        apply: short_annotation,
        noticed: Noticed::Error(NO_ACCOUNT),
    },
    Break {
        name: "annotation in direct federation",
        link: "annotation",
        apply: annotation_in_direct_federation,
        noticed: Noticed::Error(NO_ACCOUNT),
    },
    Break {
        name: "deleted account",
        link: "accountExists",
        apply: deleted_account,
        noticed: Noticed::Error(NO_ACCOUNT),
    },
    Break {
        name: "disabled account",
        link: "accountEnabled",
        apply: disabled_account,
        noticed: Noticed::Error(DENIED),
    },
    Break {
        name: "no binding",
        link: "member",
        apply: no_binding,
        noticed: Noticed::Error(DENIED),
    },
    Break {
        name: "member of another namespace",
        link: "member",
        apply: member_namespace,
        noticed: Noticed::Error(DENIED),
    },
    Break {
        name: "member of another ServiceAccount",
        link: "member",
        apply: member_name,
        noticed: Noticed::Error(DENIED),
    },
    Break {
        name: "member of another pool",
        link: "member",
        apply: member_pool,
        noticed: Noticed::Error(DENIED),
    },
    Break {
        name: "another role",
        link: "role",
        apply: other_role,
        noticed: Noticed::Error(DENIED),
    },
    Break {
        name: "expired condition",
        link: "condition",
        apply: expired,
        noticed: Noticed::Error(DENIED),
    },
    Break {
        name: "key file in a variable",
        link: "credentials",
        apply: key_file,
        noticed: Noticed::Error("was not found"),
    },
    Break {
        name: "metadata server in a variable",
        link: "credentials",
        apply: metadata_variable,
        noticed: Noticed::Error(NO_SERVER),
    },
    Break { name: "grant revoked", link: "grants", apply: no_grant, noticed: Noticed::Refused },
    Break {
        name: "grant of another role",
        link: "grants",
        apply: grant_role,
        noticed: Noticed::Refused,
    },
    Break {
        name: "grant to a deleted account",
        link: "grants",
        apply: grant_to_deleted,
        noticed: Noticed::Refused,
    },
];

fn no_pool(situation: &mut Situation) -> bool {
    !situation.cluster.autopilot && situation.cluster.pool.take().is_some()
}

fn other_pool(situation: &mut Situation) -> bool {
    situation.cluster.pool = Some("other-project.svc.id.goog".to_owned());
    // Direct federation gives them another identity, without an error.
    email(situation).is_some()
}

fn node_pool(situation: &mut Situation) -> bool {
    for (_, mode) in &mut situation.cluster.node_pools {
        "GCE_METADATA".clone_into(mode);
    }
    let spec = situation.pod_spec();
    !situation.cluster.autopilot
        && spec["nodeSelector"]["iam.gke.io/gke-metadata-server-enabled"].is_null()
}

fn node_selector(situation: &mut Situation) -> bool {
    let is_standard = !situation.cluster.autopilot;
    situation.cluster.node_pools.push(("old".to_owned(), "GCE_METADATA".to_owned()));
    let spec = situation.pod_spec_mut();
    spec["nodeSelector"] = json!({ "cloud.google.com/gke-nodepool": "old" });
    is_standard
}

fn host_network(situation: &mut Situation) -> bool {
    situation.pod_spec_mut()["hostNetwork"] = true.into();
    true
}

fn network_policy(situation: &mut Situation) -> bool {
    let namespace = situation.namespace().to_owned();
    let had = situation.objects.iter().any(|object| object["kind"] == "NetworkPolicy");
    situation.objects.push(json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": { "name": "deny", "namespace": namespace },
        "spec": { "podSelector": {}, "policyTypes": ["Egress"], "egress": [] },
    }));
    // Policies add up: one that allows it is enough.
    !had && has_identity(situation)
}

/// Whether the pods are granted anything, or act as an account: others miss nothing.
fn has_identity(situation: &Situation) -> bool {
    let member = situation.identity().1.unwrap_or_default();
    email(situation).is_some() || !situation.world.grants_to(&member).is_empty()
}

fn pods_elsewhere(situation: &mut Situation) -> bool {
    situation.workload_mut()["metadata"]["namespace"] = "elsewhere".into();
    situation.account_name() != "default"
}

fn no_service_account(situation: &mut Situation) -> bool {
    let count = situation.objects.len();
    situation.objects.retain(|object| object["kind"] != "ServiceAccount");
    situation.objects.len() < count && situation.account_name() != "default"
}

fn misspelt_service_account(situation: &mut Situation) -> bool {
    let name = format!("{}x", situation.account_name());
    situation.pod_spec_mut()["serviceAccountName"] = name.into();
    true
}

fn service_account_elsewhere(situation: &mut Situation) -> bool {
    let is_default = situation.account_name() == "default";
    let Some(account) = situation.service_account_mut() else { return false };
    account["metadata"]["namespace"] = "elsewhere".into();
    !is_default
}

/// The annotation of the ServiceAccount, if it has one.
fn annotation(situation: &mut Situation) -> Option<&mut serde_json::Map<String, Value>> {
    let account = situation.service_account_mut()?;
    let annotations = account["metadata"]["annotations"].as_object_mut()?;
    annotations.contains_key(ANNOTATION).then_some(annotations)
}

fn no_annotation(situation: &mut Situation) -> bool {
    annotation(situation).is_some_and(|all| all.remove(ANNOTATION).is_some())
}

fn misspelt_annotation(situation: &mut Situation) -> bool {
    let Some(annotations) = annotation(situation) else { return false };
    let email = annotations.remove(ANNOTATION).expect("it has the annotation");
    annotations.insert("iam.gke.io/gcp_service_account".to_owned(), email);
    true
}

fn set_annotation(situation: &mut Situation, email: &str) -> bool {
    annotation(situation)
        .is_some_and(|all| all.insert(ANNOTATION.to_owned(), email.into()).is_some())
}

fn other_annotation(situation: &mut Situation) -> bool {
    set_annotation(situation, OTHER_EMAIL)
}

fn short_annotation(situation: &mut Situation) -> bool {
    set_annotation(situation, "books")
}

fn annotation_in_direct_federation(situation: &mut Situation) -> bool {
    if annotation(situation).is_some() {
        return false;
    }
    let Some(account) = situation.service_account_mut() else { return false };
    account["metadata"]["annotations"] = json!({ ANNOTATION: OTHER_EMAIL });
    true
}

/// The account that the pods impersonate.
fn email(situation: &Situation) -> Option<String> {
    let annotations = &situation.service_account()?["metadata"]["annotations"];
    annotations[ANNOTATION].as_str().map(str::to_owned)
}

fn deleted_account(situation: &mut Situation) -> bool {
    let Some(email) = email(situation) else { return false };
    // Without a role, nothing remembers it.
    let is_remembered = !situation.world.grants_to(&format!("serviceAccount:{email}")).is_empty();
    situation.world.delete_account(&email);
    is_remembered
}

fn disabled_account(situation: &mut Situation) -> bool {
    let Some(email) = email(situation) else { return false };
    situation.world.disable_account(&email);
    true
}

/// Replaces the binding that lets the pods act as their account.
fn rebind(
    situation: &mut Situation,
    role: &str,
    condition: Option<&str>,
    member: impl Fn(&str) -> Option<String>,
) -> bool {
    let Some(email) = email(situation) else { return false };
    let resource = situation.world.account_resource(&email);
    situation.world.replace_members(&resource, USER, role, condition, member)
}

fn no_binding(situation: &mut Situation) -> bool {
    rebind(situation, USER, None, |_| None)
}

fn member_namespace(situation: &mut Situation) -> bool {
    rebind(situation, USER, None, |member| {
        let (pool, rest) = member.split_once('[')?;
        Some(format!("{pool}[elsewhere/{}", rest.split_once('/')?.1))
    })
}

fn member_name(situation: &mut Situation) -> bool {
    rebind(situation, USER, None, |member| Some(format!("{}x]", member.strip_suffix(']')?)))
}

fn member_pool(situation: &mut Situation) -> bool {
    rebind(situation, USER, None, |member| {
        Some(format!("serviceAccount:other-project.svc.id.goog[{}", member.split_once('[')?.1))
    })
}

fn other_role(situation: &mut Situation) -> bool {
    rebind(situation, "roles/iam.serviceAccountUser", None, |member| Some(member.to_owned()))
}

fn expired(situation: &mut Situation) -> bool {
    let past = "request.time < timestamp(\"2020-01-01T00:00:00Z\")";
    rebind(situation, USER, Some(past), |member| Some(member.to_owned()))
}

fn variable(situation: &mut Situation, name: &str, value: &str) {
    let container = &mut situation.pod_spec_mut()["containers"][0];
    if !container["env"].is_array() {
        container["env"] = json!([]);
    }
    let variables = container["env"].as_array_mut().expect("variables");
    variables.retain(|variable| variable["name"] != name);
    variables.push(json!({ "name": name, "value": value }));
}

fn key_file(situation: &mut Situation) -> bool {
    variable(situation, "GOOGLE_APPLICATION_CREDENTIALS", "/var/secrets/google/key.json");
    has_identity(situation)
}

fn metadata_variable(situation: &mut Situation) -> bool {
    for name in ["GCE_METADATA_HOST", "GCE_METADATA_IP"] {
        variable(situation, name, "metadata.invalid");
    }
    has_identity(situation)
}

/// Replaces one of the grants.
fn regrant(situation: &mut Situation, change: fn(&str) -> Option<(String, String)>) -> bool {
    let Ok(member) = situation.identity().1 else { return false };
    if member.ends_with(NODE) {
        return false;
    }
    let Some((resource, role)) = situation.world.grants_to(&member).into_iter().next() else {
        return false;
    };
    let changed = change(&member);
    let new_role = changed.as_ref().map_or(role.clone(), |(role, _)| role.clone());
    let new_member = changed.map(|(_, member)| member);
    situation.world.replace_member(&resource, &role, &member, &new_role, new_member)
}

fn no_grant(situation: &mut Situation) -> bool {
    regrant(situation, |_| None)
}

fn grant_role(situation: &mut Situation) -> bool {
    regrant(situation, |member| Some(("roles/browser".to_owned(), member.to_owned())))
}

fn grant_to_deleted(situation: &mut Situation) -> bool {
    situation.service_account().is_some()
        && email(situation).is_some()
        && regrant(situation, |member| {
            Some(("roles/viewer".to_owned(), format!("deleted:{member}?uid=1")))
        })
}
