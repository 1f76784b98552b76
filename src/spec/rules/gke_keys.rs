//! Rules for the keys by which GKE knows service accounts and nodes: what is nearly right does nothing.

use serde_json::Value;

use super::{annotation_tables, key_in};
use crate::diagnostics::{Code, Diagnostic, Edit, Place, nearest_key, quoted};
use crate::google::names::{
    GKE_ANNOTATIONS, GKE_PREFIX, GSA_ANNOTATION, METADATA_SERVER_LABEL, PRINCIPAL_ANNOTATION,
};
use crate::spec::types::{App, ClusterType};

/// Annotations that are nearly those of GKE.
pub(super) fn annotations(app: &App, found: &mut Vec<Diagnostic>) {
    for (table, annotations) in annotation_tables(app) {
        for (key, value) in annotations {
            let pointer = key_in(table, key);
            if key == PRINCIPAL_ANNOTATION && !["true", "false"].contains(&value.as_str()) {
                let message = format!("{} is neither \"true\" nor \"false\"", quoted(value));
                found.push(Diagnostic::new(Code::UnknownValue, Place::value(&pointer), message));
            }
            let near = nearest_key(key, &GKE_ANNOTATIONS);
            let is_known = GKE_ANNOTATIONS.contains(&key.as_str());
            if is_known || (near.is_none() && !key.starts_with(GKE_PREFIX)) {
                continue;
            }
            let message = format!("GKE knows no annotation {}", quoted(key));
            let diagnostic = Diagnostic::new(Code::AnnotationKey, Place::key(pointer), message);
            found.push(match near {
                Some(GSA_ANNOTATION) => {
                    diagnostic.help(format!("take it out: wigen writes `{GSA_ANNOTATION}` itself"))
                }
                Some(known) => diagnostic.help(format!("there is `{known}`")).replacement(known),
                None => diagnostic.help(format!("it knows `{}`", GKE_ANNOTATIONS.join("`, `"))),
            });
        }
    }
}

/// Labels of nodes that are nearly the one for the metadata server, or have another value.
pub(super) fn node_labels(app: &App, found: &mut Vec<Diagnostic>) {
    let selector = app.pod.get("nodeSelector").and_then(Value::as_object);
    for (key, value) in selector.into_iter().flatten() {
        let pointer = key_in("/pod/nodeSelector", key);
        let near = nearest_key(key, &[METADATA_SERVER_LABEL]);
        if key != METADATA_SERVER_LABEL && (near.is_some() || key.starts_with(GKE_PREFIX)) {
            let message = format!("no node has the label {}", quoted(key));
            let diagnostic = Diagnostic::new(Code::MetadataServer, Place::key(pointer), message)
                .help(format!("there is `{METADATA_SERVER_LABEL}`"));
            found.push(match near {
                Some(known) => diagnostic.certainly(Edit::Text(known.to_owned())),
                None => diagnostic,
            });
        } else if key == METADATA_SERVER_LABEL
            && value != "true"
            && !app.require_metadata_server
            && app.cluster.kind == ClusterType::Standard
        {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let message =
                format!("{} selects nodes without the GKE metadata server", quoted(&shown));
            found.push(
                Diagnostic::new(Code::MetadataServer, Place::value(pointer), message)
                    .help("nodes that have it are labelled \"true\""),
            );
        }
    }
}
