//! Rules for pods and their ServiceAccounts.

use serde_json::Value;

use super::rule::Found;
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Edit, Location, Part, quoted};
use crate::google::gke::{
    BUCKET_ANNOTATION, KeyMatch, has_identity_on_host_network, selects_metadata_server,
};
use crate::google::names::METADATA_SERVER_LABEL;
use crate::observed::{AccountUse, Object, Pods, UseKind, World, can_be_same};

crate::diagnostics::declare_code! {
    MISSING_SERVICE_ACCOUNT: Error = "missing-service-account",
    what: "The pods use a ServiceAccount that is in another namespace, or whose name differs by one letter.",
    why: "A ServiceAccount belongs to its namespace: pods in another namespace cannot use it, and pods whose ServiceAccount does not exist are never created.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: web\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    source: "Kubernetes, Service Accounts: https://kubernetes.io/docs/concepts/security/service-accounts/",
}

/// A ServiceAccount that its user names and that its namespace does not have. Pods do not start.
pub(super) fn missing_account(world: &World<'_>, found: &mut Found) {
    for one in &world.objects.uses {
        let is_checked = [UseKind::Pods, UseKind::Reference].contains(&one.kind);
        let AccountUse { name, namespace, .. } = *one;
        let is_here = |account: &Object<'_>| can_be_same(account.id.namespace, namespace);
        if !is_checked || name == "default" || world.accounts_named(name).any(is_here) {
            continue;
        }
        let place = namespace.map_or(String::new(), |it| format!(" in namespace {}", quoted(it)));
        let message = format!("there is no ServiceAccount {}{place}", quoted(name));
        let missing = Diagnostic::new(Code::MISSING_SERVICE_ACCOUNT, one.place(), message);
        if let Some(other) = world.accounts_named(name).next() {
            let help = match one.kind {
                UseKind::Pods => "pods can only use a ServiceAccount of their own namespace",
                _ => "name the namespace of the ServiceAccount, or use one of this namespace",
            };
            let label = "a ServiceAccount with this name is in this namespace";
            found.push(missing.help(help).related(other.place("/metadata/namespace"), label));
        } else if let Some(other) = world.similar_account(name, namespace) {
            let diagnostic = missing
                .help(format!("there is a ServiceAccount {}", quoted(other.id.name)))
                .replacement(format!("\"{}\"", other.id.name))
                .related(other.place("/metadata/name"), "its name");
            found.push(diagnostic);
        }
    }
}

fn named_account<'a>(pods: &Pods<'a>, field: &str) -> Option<&'a str> {
    pods.spec[field].as_str().filter(|name| !name.is_empty())
}

crate::diagnostics::declare_code! {
    SERVICE_ACCOUNT_FIELD: Warning = "service-account-field",
    what: "The pods set both `serviceAccountName` and `serviceAccount`, with different values.",
    why: "`serviceAccount` is the deprecated name of the field. If both are set, `serviceAccountName` wins, and the other is misleading.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books\n      serviceAccount: default",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    source: "Kubernetes, PodSpec: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
}

/// Pods with both fields for their ServiceAccount, of which the old one does not count.
pub(super) fn old_account_field(world: &World<'_>, found: &mut Found) {
    for pods in &world.objects.pods {
        if let Some(new) = named_account(pods, "serviceAccountName")
            && let Some(old) = named_account(pods, "serviceAccount")
            && new != old
        {
            let message = format!("the pods run as {}, not as {}", quoted(new), quoted(old));
            let place = pods.place("/serviceAccount");
            let diagnostic = Diagnostic::new(Code::SERVICE_ACCOUNT_FIELD, place, message)
                .related(pods.place("/serviceAccountName"), "this field counts")
                .help("remove `serviceAccount`, the deprecated name of `serviceAccountName`");
            found.push(diagnostic);
        }
    }
}

/// Pods with an identity on the network of their node, where they get the node's identity.
pub(super) fn host_network(world: &World<'_>, found: &mut Found) {
    const HELP: &str = "remove it; Workload Identity does not work on the host network";
    for pods in &world.objects.pods {
        let Some((pointer, value)) = pods.field("hostNetwork") else { continue };
        let is_string = value == "true";
        let annotation = pods.metadata["annotations"][BUCKET_ANNOTATION].as_str();
        let has_identity = pods
            .spec
            .as_object()
            .is_some_and(|spec| has_identity_on_host_network(spec, annotation));
        if (*value != Value::Bool(true) && !is_string) || has_identity {
            continue;
        }
        let Some(identity) = world.identity_of(pods) else { continue };
        let place = Location::value(pointer).in_source(pods.source);
        let diagnostic = if is_string {
            let message = format!("{} is a string, but the field is a boolean", quoted("true"));
            Diagnostic::new(Code::WRONG_TYPE, place, message).help(HELP)
        } else {
            let message = "pods on the host network get the identity of their node, not of their ServiceAccount";
            Diagnostic::new(Code::HOST_NETWORK, place, message)
                .help(HELP)
                .related(identity.place(), "the identity that they do not get")
        };
        found.push(diagnostic);
    }
}

/// Pods that select nodes by the metadata server, and get none with it.
pub(super) fn node_selector(world: &World<'_>, found: &mut Found) {
    for pods in &world.objects.pods {
        let Some((pointer, selector)) = pods.field("nodeSelector") else { continue };
        for (key, value) in selector.as_object().into_iter().flatten() {
            let place = Location::key(join(&pointer, key)).in_source(pods.source);
            let diagnostic = match KeyMatch::for_node_label(key) {
                KeyMatch::Misspelt(known) => {
                    let message = format!("no node has the label {}", quoted(key));
                    Diagnostic::new(Code::METADATA_SERVER, place, message)
                        .help(format!("the label is `{known}`"))
                        .replacement(known)
                }
                KeyMatch::Exact(METADATA_SERVER_LABEL) if !value.is_null() => {
                    let Some(diagnostic) =
                        node_label_value(Location { target: Part::Value, ..place }, value)
                    else {
                        continue;
                    };
                    diagnostic
                }
                _ => continue,
            };
            found.push(diagnostic);
        }
    }
}

fn node_label_value(place: Location, value: &Value) -> Option<Diagnostic> {
    if selects_metadata_server(value) {
        return None;
    }
    let message = match value.as_str() {
        Some(text) => format!("no node has this label with the value {}", quoted(text)),
        None => format!("{} is not a string; label values are strings", quoted(&value.to_string())),
    };
    let diagnostic = Diagnostic::new(Code::METADATA_SERVER, place, message);
    Some(if *value == Value::Bool(true) {
        let text = Edit::Text("\"true\"".to_owned());
        diagnostic.help("put it in quotes").certainly(text)
    } else {
        diagnostic.help("on nodes with the GKE metadata server, the value is \"true\"")
    })
}
