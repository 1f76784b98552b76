//! Rules for pods that are to have an identity.

use serde_json::Value;

use super::objects::{Objects, Pods};
use super::{Found, below, key_below};
use crate::diagnostics::{Code, Diagnostic, Edit, Place, nearest, quoted};
use crate::google::names::METADATA_SERVER_LABEL;

/// Pods without the account that they name do not start, and an account in another namespace is
/// another account.
pub(super) fn accounts(objects: &Objects<'_>, found: &mut Found) {
    for pods in &objects.pods {
        let owner = objects.owner(pods);
        let Some(name) = pods.account.filter(|name| *name != "default") else { continue };
        if objects.account_of(pods).is_some() {
            continue;
        }
        let place = below(&pods.at, field_of(pods));
        let missing = || {
            let namespace = match owner.namespace {
                Some(namespace) => format!(" in namespace {}", quoted(namespace)),
                None => String::new(),
            };
            let message = format!("there is no ServiceAccount {}{namespace}", quoted(name));
            Diagnostic::new(Code::MissingServiceAccount, place.clone(), message)
        };
        let at = |pointer: &str, key: &str| Place::value(format!("{pointer}/metadata/{key}"));
        if let Some(other) = objects.named(name).next() {
            let diagnostic = missing()
                .help("give both the same namespace: an account of another one is another account");
            let place = at(&other.pointer, "namespace");
            let label = "there is one of this name here";
            found.push((owner.file, objects.see(diagnostic, owner.file, other, place, label)));
            continue;
        }
        if let Some(near) = objects.near(name, owner.namespace) {
            let diagnostic = missing()
                .help(format!("there is a ServiceAccount {}", quoted(near.name)))
                .replacement(format!("\"{}\"", near.name));
            let place = at(&near.pointer, "name");
            found.push((owner.file, objects.see(diagnostic, owner.file, near, place, "here")));
        }
    }
}

/// Where pods name their account.
fn field_of(pods: &Pods<'_>) -> &'static str {
    let new = pods.spec["serviceAccountName"].as_str().is_some_and(|name| !name.is_empty());
    if new { "/serviceAccountName" } else { "/serviceAccount" }
}

/// The old name of the field loses against the new one.
pub(super) fn old_field(objects: &Objects<'_>, found: &mut Found) {
    for pods in &objects.pods {
        let field = |key: &str| pods.spec[key].as_str().filter(|name| !name.is_empty());
        if let (Some(new), Some(old)) = (field("serviceAccountName"), field("serviceAccount"))
            && new != old
        {
            let message = format!("the pods run as {}, not as {}", quoted(new), quoted(old));
            let place = below(&pods.at, "/serviceAccount");
            let other = below(&pods.at, "/serviceAccountName");
            let diagnostic = Diagnostic::new(Code::ServiceAccountField, place, message)
                .related(other, "this one counts")
                .help("take `serviceAccount` out: it is the old name of `serviceAccountName`");
            found.push((objects.owner(pods).file, diagnostic));
        }
    }
}

/// In the network of its node a pod gets the node's identity.
pub(super) fn host_network(objects: &Objects<'_>, found: &mut Found) {
    for pods in &objects.pods {
        let value = &pods.spec["hostNetwork"];
        let is_text = value == "true";
        if (*value != Value::Bool(true) && !is_text) || mounts_buckets(pods) {
            continue;
        }
        let Some(identity) = objects.identity_of(pods) else { continue };
        let owner = objects.owner(pods);
        let place = below(&pods.at, "/hostNetwork");
        if is_text {
            let message = format!("{} is a text, and the field is true or false", quoted("true"));
            let diagnostic = Diagnostic::new(Code::WrongType, place, message)
                .help("take it out: Workload Identity does not work with it");
            found.push((owner.file, diagnostic));
            continue;
        }
        let message =
            "pods in the network of their node get the node's identity, not that of their account";
        let diagnostic = Diagnostic::new(Code::HostNetwork, place, message)
            .help("take it out: Workload Identity does not work with it");
        let label = "the identity they miss";
        found.push((owner.file, objects.see_identity(diagnostic, owner.file, &identity, label)));
    }
}

/// Whether pods mount buckets: the driver gives them their identity on the network of the node, too,
/// with GKE 1.33.3-gke.1226000. Source: GKE, "About Workload Identity Federation for GKE",
/// limitations.
fn mounts_buckets(pods: &Pods<'_>) -> bool {
    let mut volumes = pods.spec["volumes"].as_array().into_iter().flatten();
    volumes.any(|volume| volume["csi"]["driver"] == "gcsfuse.csi.storage.gke.io")
        || pods.metadata["annotations"]["gke-gcsfuse/volumes"] == "true"
}

/// The label of nodes with the metadata server has one value, which is a text.
pub(super) fn node_selector(objects: &Objects<'_>, found: &mut Found) {
    for pods in &objects.pods {
        for key in pods.spec["nodeSelector"].as_object().into_iter().flat_map(|all| all.keys()) {
            let slips = METADATA_SERVER_LABEL.len() / 3;
            let is_other = key != METADATA_SERVER_LABEL && key.starts_with("iam.gke.io/");
            if is_other && nearest(key, [METADATA_SERVER_LABEL], slips).is_some() {
                let place = key_below(&pods.at, "/nodeSelector", key);
                let message = format!("no node has the label {}", quoted(key));
                let diagnostic = Diagnostic::new(Code::MetadataServer, place, message)
                    .help(format!("it is `{METADATA_SERVER_LABEL}`"))
                    .replacement(METADATA_SERVER_LABEL);
                found.push((objects.owner(pods).file, diagnostic));
            }
        }
        let value = &pods.spec["nodeSelector"][METADATA_SERVER_LABEL];
        if value.is_null() || value == "true" {
            continue;
        }
        let place = key_below(&pods.at, "/nodeSelector", METADATA_SERVER_LABEL);
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let message = if value.is_string() {
            format!("no node has the label with the value {}", quoted(&shown))
        } else {
            format!("{} is no text, as the values of labels are", quoted(&shown))
        };
        let diagnostic =
            Diagnostic::new(Code::MetadataServer, Place::value(place.pointer), message);
        found.push((
            objects.owner(pods).file,
            if *value == Value::Bool(true) {
                let text = Edit::Text("\"true\"".to_owned());
                diagnostic.help("it is a text: put it in quotes").certainly(text)
            } else {
                diagnostic.help("nodes with the GKE metadata server have \"true\"")
            },
        ));
    }
}
