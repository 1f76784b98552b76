//! Rules for pods that are to have an identity.

use serde_json::Value;

use super::objects::{Objects, Pods, may_be_same};
use super::{Found, below, key_below};
use crate::diagnostic::{Code, Diagnostic, Edit, Place, nearest, quoted};
use crate::grammar::{GSA_ANNOTATION, METADATA_SERVER_LABEL};

/// Pods without the account that they name do not start, and an account in another namespace is
/// another account.
pub(super) fn accounts(objects: &Objects<'_>, found: &mut Found) {
    for pods in &objects.pods {
        let owner = objects.owner(pods);
        let Some(name) = pods.account.filter(|name| *name != "default") else { continue };
        if objects.account_of(pods).is_some() {
            continue;
        }
        let place = below(&pods.pointer, field_of(pods));
        let missing = |code, what: &str| {
            let namespace = match owner.namespace {
                Some(namespace) => format!(" in namespace {}", quoted(namespace)),
                None => String::new(),
            };
            let message = format!("there is no ServiceAccount {}{namespace}{what}", quoted(name));
            Diagnostic::new(code, place.clone(), message)
        };
        let at = |pointer: &str, key: &str| Place::value(format!("{pointer}/metadata/{key}"));
        if let Some(other) = objects.named(name).next() {
            let diagnostic = missing(Code::MissingServiceAccount, "")
                .help("give both the same namespace: an account of another one is another account");
            let place = at(&other.pointer, "namespace");
            let label = "there is one of this name here";
            found.push((owner.file, objects.see(diagnostic, owner.file, other, place, label)));
            continue;
        }
        let beside: Vec<_> = objects
            .accounts()
            .filter(|account| may_be_same(account.namespace, owner.namespace))
            .collect();
        let near = nearest(name, beside.iter().map(|account| account.name), 2);
        let near = near.and_then(|near| beside.iter().find(|account| account.name == near));
        if let Some(near) = near {
            let diagnostic = missing(Code::MissingServiceAccount, "")
                .help(format!("there is a ServiceAccount {}", quoted(near.name)))
                .replacement(format!("\"{}\"", near.name));
            let place = at(&near.pointer, "name");
            found.push((owner.file, objects.see(diagnostic, owner.file, near, place, "here")));
        } else if !beside.is_empty() {
            let diagnostic = missing(Code::UnknownServiceAccount, ", though there are others")
                .help("add it here, unless it is made elsewhere");
            found.push((owner.file, diagnostic));
        }
    }
}

/// Where pods name their account.
fn field_of(pods: &Pods<'_>) -> &'static str {
    let new = pods.spec["serviceAccountName"].as_str().is_some_and(|name| !name.is_empty());
    if new { "/spec/serviceAccountName" } else { "/spec/serviceAccount" }
}

/// The old name of the field loses against the new one.
pub(super) fn old_field(objects: &Objects<'_>, found: &mut Found) {
    for pods in &objects.pods {
        let field = |key: &str| pods.spec[key].as_str().filter(|name| !name.is_empty());
        if let (Some(new), Some(old)) = (field("serviceAccountName"), field("serviceAccount"))
            && new != old
        {
            let message = format!("the pods run as {}, not as {}", quoted(new), quoted(old));
            let place = below(&pods.pointer, "/spec/serviceAccount");
            let other = below(&pods.pointer, "/spec/serviceAccountName");
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
        let Some(account) = objects.identity_of(pods) else { continue };
        if pods.spec["hostNetwork"] != Value::Bool(true) {
            continue;
        }
        let owner = objects.owner(pods);
        let message =
            "pods in the network of their node get the node's identity, not that of their account";
        let place = below(&pods.pointer, "/spec/hostNetwork");
        let diagnostic = Diagnostic::new(Code::HostNetwork, place, message)
            .help("take it out: Workload Identity does not work with it");
        let place = key_below(&account.pointer, "/metadata/annotations", GSA_ANNOTATION);
        let see = objects.see(diagnostic, owner.file, account, place, "the identity they miss");
        found.push((owner.file, see));
    }
}

/// The containers of pods, with their pointers.
fn containers<'a>(pods: &'a Pods<'_>) -> impl Iterator<Item = (String, &'a Value)> {
    ["initContainers", "containers"].into_iter().flat_map(move |list| {
        let containers = pods.spec[list].as_array().into_iter().flatten().enumerate();
        containers.map(move |(index, container)| {
            (format!("{}/spec/{list}/{index}", pods.pointer), container)
        })
    })
}

/// A key file goes before Workload Identity in every client library.
pub(super) fn key_files(objects: &Objects<'_>, found: &mut Found) {
    const VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
    for pods in &objects.pods {
        let Some(account) = objects.identity_of(pods) else { continue };
        let owner = objects.owner(pods);
        for (pointer, container) in containers(pods) {
            let variables = container["env"].as_array().into_iter().flatten().enumerate();
            for (index, _) in variables.filter(|(_, variable)| variable["name"] == VARIABLE) {
                let place = below(&pointer, &format!("/env/{index}/name"));
                let message =
                    format!("with `{VARIABLE}` the pod uses a key file, not its identity");
                let diagnostic = Diagnostic::new(Code::KeyFile, place, message)
                    .help("take the variable and the key out");
                let place = key_below(&account.pointer, "/metadata/annotations", GSA_ANNOTATION);
                let see = objects.see(diagnostic, owner.file, account, place, "the identity");
                found.push((owner.file, see));
            }
        }
    }
}

/// The label of nodes with the metadata server has one value, which is a text.
pub(super) fn node_selector(objects: &Objects<'_>, found: &mut Found) {
    for pods in &objects.pods {
        let value = &pods.spec["nodeSelector"][METADATA_SERVER_LABEL];
        if value.is_null() || value == "true" {
            continue;
        }
        let place = key_below(&pods.pointer, "/spec/nodeSelector", METADATA_SERVER_LABEL);
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
                diagnostic.help("it is a text: put it in quotes").certainly(Edit::Quotes)
            } else {
                diagnostic.help("nodes with the GKE metadata server have \"true\"")
            },
        ));
    }
}
