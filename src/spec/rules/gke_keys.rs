//! Rules for the annotations and node labels that GKE reads. A misspelt one does nothing.

use serde_json::Value;

use super::metadata::{annotation_tables, key_in};
use crate::diagnostics::{Code, Diagnostic, Edit, Location, quoted};
use crate::google::gke::{KeyMatch, selects_metadata_server};
use crate::google::names::{
    GKE_ANNOTATIONS, GSA_ANNOTATION, METADATA_SERVER_LABEL, PRINCIPAL_ANNOTATION,
};
use crate::spec::types::{App, ClusterType};

crate::diagnostics::declare_code! {
    ANNOTATION_KEY: Error = "annotation-key",
    what: "A ServiceAccount has an annotation that is almost one of GKE's: an underscore instead of a hyphen, one letter too many.",
    why: "GKE ignores a misspelled annotation, and kubectl accepts it without a warning.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp_service_account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  template:\n    metadata:\n      labels:\n        app: books\n    spec:\n      serviceAccountName: books",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// Misspelt annotations of GKE.
pub(super) fn annotations(app: &App, found: &mut Vec<Diagnostic>) {
    for (table, annotations) in annotation_tables(app) {
        for (key, value) in annotations {
            let pointer = key_in(table, key);
            if key == PRINCIPAL_ANNOTATION && !["true", "false"].contains(&value.as_str()) {
                let message = format!("{} is neither \"true\" nor \"false\"", quoted(value));
                found.push(Diagnostic::new(
                    Code::UNKNOWN_VALUE,
                    Location::value(&pointer),
                    message,
                ));
            }
            let key_match = KeyMatch::for_annotation(key);
            if matches!(key_match, KeyMatch::Exact(_) | KeyMatch::Unrelated) {
                continue;
            }
            let message = format!("GKE knows no annotation {}", quoted(key));
            let diagnostic = Diagnostic::new(Code::ANNOTATION_KEY, Location::key(pointer), message);
            found.push(match key_match {
                KeyMatch::Misspelt(GSA_ANNOTATION) => {
                    diagnostic.help(format!("remove it: wigen writes `{GSA_ANNOTATION}` itself"))
                }
                KeyMatch::Misspelt(known) => {
                    diagnostic.help(format!("there is `{known}`")).replacement(known)
                }
                _ => diagnostic.help(format!("it knows `{}`", GKE_ANNOTATIONS.join("`, `"))),
            });
        }
    }
}

crate::diagnostics::declare_code! {
    METADATA_SERVER: Error = "metadata-server",
    what: "A node selector contradicts `requireMetadataServer`, or an annotation makes it impossible for `waitForMetadata` to recognize the pods.",
    why: "The pods would run on nodes where they get the identity of the node, or wait for a name that never appears.",
    example: "requireMetadataServer = true\n[pod.nodeSelector]\n\"iam.gke.io/gke-metadata-server-enabled\" = \"false\"",
    instead: "requireMetadataServer = true",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// Node labels that are almost the one for the metadata server, or have a wrong value.
pub(super) fn node_labels(app: &App, found: &mut Vec<Diagnostic>) {
    let selector = app.pod.get("nodeSelector").and_then(Value::as_object);
    for (key, value) in selector.into_iter().flatten() {
        let pointer = key_in("/pod/nodeSelector", key);
        let key_match = KeyMatch::for_node_label(key);
        if let KeyMatch::Misspelt(_) | KeyMatch::Unknown = key_match {
            let message = format!("no node has the label {}", quoted(key));
            let diagnostic =
                Diagnostic::new(Code::METADATA_SERVER, Location::key(pointer), message)
                    .help(format!("there is `{METADATA_SERVER_LABEL}`"));
            found.push(match key_match {
                KeyMatch::Misspelt(known) => diagnostic.certainly(Edit::Text(known.to_owned())),
                _ => diagnostic,
            });
        } else if key == METADATA_SERVER_LABEL
            && !selects_metadata_server(value)
            && !app.require_metadata_server
            && app.cluster.kind == ClusterType::Standard
        {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let message =
                format!("{} selects nodes without the GKE metadata server", quoted(&shown));
            found.push(
                Diagnostic::new(Code::METADATA_SERVER, Location::value(pointer), message)
                    .help("the label of nodes with the metadata server is \"true\""),
            );
        }
    }
}
