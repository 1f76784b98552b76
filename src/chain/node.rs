//! The links of the node that pods run on: its pool, and its network.

use serde_json::Value;

use super::link::{Fact, Link, LinkName};
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Edit, Location, Part, quoted};
use crate::google::gke::{
    BUCKET_ANNOTATION, KeyMatch, has_identity_on_host_network, selects_metadata_server,
};
use crate::google::names::METADATA_SERVER_LABEL;
use crate::observed::Pods;

/// Whether pods keep their identity on the network that they are on. `identity` is where it is given to
/// them; pods without one miss nothing on the network of their node.
pub(super) fn network_link(pods: &Pods<'_>, identity: Option<&Location>) -> Link {
    const NAME: LinkName = LinkName::HostNetwork;
    const HELP: &str = "remove it; Workload Identity does not work on the host network";
    let Some((pointer, value)) = pods.field("hostNetwork") else { return Link::ok(NAME, "false") };
    let place = Location::value(pointer).in_source(pods.source);
    let is_string = value == "true";
    let found = Fact::at(value.to_string(), place.clone());
    if *value != Value::Bool(true) && !is_string {
        return Link::ok(NAME, found);
    }
    let annotation = pods.metadata["annotations"][BUCKET_ANNOTATION].as_str();
    let spec = pods.spec.as_object();
    if spec.is_some_and(|spec| has_identity_on_host_network(spec, annotation)) {
        // They get the identity of their ServiceAccount all the same.
        return Link::ok(NAME, "false");
    }
    let Some(identity) = identity else { return Link::ok(NAME, found) };
    let finding = if is_string {
        let message = format!("{} is a string, but the field is a boolean", quoted("true"));
        Diagnostic::new(Code::WRONG_TYPE, place, message)
    } else {
        let message =
            "pods on the host network get the identity of their node, not of their ServiceAccount";
        Diagnostic::new(Code::HOST_NETWORK, place, message)
            .related(identity.clone(), "the identity that they do not get")
    };
    Link::broken(NAME, found, "false", finding.help(HELP))
}

/// Whether the nodes that pods select by the metadata server exist.
pub(super) fn selector_link(pods: &Pods<'_>) -> Link {
    let mut link = Link::not_applicable(LinkName::NodeSelector);
    let (pointer, selector) = pods.field("nodeSelector").unwrap_or_default();
    for (key, value) in selector.as_object().into_iter().flatten() {
        let place = Location::key(join(&pointer, key)).in_source(pods.source);
        let shown = || Fact::at(format!("{key}: {value}"), place.clone());
        let finding = match KeyMatch::for_node_label(key) {
            KeyMatch::Misspelt(known) => {
                let message = format!("no node has the label {}", quoted(key));
                let diagnostic = Diagnostic::new(Code::METADATA_SERVER, place.clone(), message)
                    .help(format!("the label is `{known}`"))
                    .replacement(known);
                Some(diagnostic)
            }
            KeyMatch::Exact(METADATA_SERVER_LABEL) if !value.is_null() => {
                wrong_value(Location { target: Part::Value, ..place.clone() }, value)
            }
            _ => continue,
        };
        match finding {
            Some(finding) => {
                link.findings.push(finding);
                let expected = format!("{METADATA_SERVER_LABEL}: \"true\"");
                let broken = Link::broken(link.name, shown(), expected, None);
                link.state = broken.state;
            }
            None if link.findings.is_empty() => link = Link::ok(link.name, shown()),
            None => {}
        }
    }
    link
}

fn wrong_value(place: Location, value: &Value) -> Option<Diagnostic> {
    if selects_metadata_server(value) {
        return None;
    }
    let message = match value.as_str() {
        Some(text) => format!("no node has this label with the value {}", quoted(text)),
        None => format!("{} is not a string; label values are strings", quoted(&value.to_string())),
    };
    let diagnostic = Diagnostic::new(Code::METADATA_SERVER, place, message);
    Some(if *value == Value::Bool(true) {
        diagnostic.help("put it in quotes").certainly(Edit::Text("\"true\"".to_owned()))
    } else {
        diagnostic.help("on nodes with the GKE metadata server, the value is \"true\"")
    })
}
