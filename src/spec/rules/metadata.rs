//! Rules for labels and annotations.

use crate::diagnostics::{Code, Diagnostic, Location};
use crate::google::names::GSA_ANNOTATION;
use crate::kubernetes::names::{QUALIFIED_NAME, long_part};
use crate::kubernetes::rules::{not_a_name, too_many_annotations};
use crate::spec::types::App;
use crate::text::OrderedMap;

/// The keys of labels: the parts before and after the slash have a limit each.
pub(super) fn label_keys(app: &App, found: &mut Vec<Diagnostic>) {
    for (table, labels) in [
        ("/labels", &app.labels),
        ("/selector", &app.selector),
        ("/serviceAccount/labels", &app.service_account.labels),
        ("/pod/labels", &app.pod.labels),
    ] {
        qualified_names(table, labels, found);
    }
}

crate::diagnostics::declare_code! {
    RESERVED_ANNOTATION: Error = "reserved-annotation",
    what: "The annotation `iam.gke.io/gcp-service-account` is set by hand.",
    why: "wigen writes it, from the same facts as the IAM binding; a second value could only contradict it.",
    example: "[serviceAccount.annotations]\n\"iam.gke.io/gcp-service-account\" = \"other@my-project.iam.gserviceaccount.com\"",
    instead: "[googleServiceAccount]\nname = \"fastapi-gke-sa\"",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// The keys of annotations: as for labels, and one key is reserved for wigen.
pub(super) fn annotation_keys(app: &App, found: &mut Vec<Diagnostic>) {
    for (table, annotations) in annotation_tables(app) {
        qualified_names(table, annotations, found);
        if annotations.contains_key(GSA_ANNOTATION) {
            found.push(
                Diagnostic::new(
                    Code::RESERVED_ANNOTATION,
                    Location::key(key_in(table, GSA_ANNOTATION)),
                    format!("the annotation `{GSA_ANNOTATION}` is written by wigen"),
                )
                .help("remove it; `googleServiceAccount` sets the account"),
            );
        }
    }
}

/// The tables of annotations, with their pointers.
pub(super) fn annotation_tables(app: &App) -> [(&'static str, &OrderedMap<String>); 3] {
    [
        ("/annotations", &app.annotations),
        ("/serviceAccount/annotations", &app.service_account.annotations),
        ("/pod/annotations", &app.pod.annotations),
    ]
}

/// Reports keys with a part that is too long.
pub(super) fn qualified_names(
    table: &str,
    entries: &OrderedMap<String>,
    found: &mut Vec<Diagnostic>,
) {
    for key in entries.keys().filter(|key| long_part(key).is_some()) {
        found.push(not_a_name(&QUALIFIED_NAME, key, Location::key(key_in(table, key))));
    }
}

pub(super) use crate::diagnostics::pointer::join as key_in;

/// Kubernetes limits the size of all annotations of an object together.
pub(super) fn annotations_size(app: &App, found: &mut Vec<Diagnostic>) {
    let size = |annotations: &OrderedMap<String>| {
        annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>()
    };
    let of_every_object = size(&app.annotations);
    for (table, annotations) in annotation_tables(app) {
        let own = if table == "/annotations" { 0 } else { size(annotations) };
        if own > 0 || table == "/annotations" {
            found.extend(too_many_annotations(of_every_object + own, || Location::key(table)));
        }
    }
}
