//! What a schema cannot check: one function per rule, each reporting places of the flat form. The rules
//! also parse the resources that grants name, so that nothing after them has to.

mod account;
mod cluster;
mod containers;
mod credentials;
mod gke_keys;
mod grants;
mod images;
mod roles;
mod workload;

use indexmap::IndexMap;

use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::google::names::{self, GSA_ANNOTATION};
use crate::kubernetes::names::QUALIFIED_NAME;
use crate::spec::checked::CheckedApp;
use crate::spec::types::App;

/// A rule: adds what it finds in an app.
type Rule = fn(&App, &mut Vec<Diagnostic>);

/// Every rule except those of the workload, in the order of the keys of a spec.
const RULES: &[Rule] = &[
    project_ids,
    cluster::location,
    cluster::node_pools,
    cluster::domain_scoped_pool,
    cluster::foreign_pool,
    cluster::unknown_location,
    cluster::project_number,
    cluster::system_namespace,
    account::existing_service_account,
    account::subject,
    account::derived_id,
    account::texts,
    account::existing,
    account::shared,
    grants::roles,
    roles::names,
    roles::too_wide,
    roles::resources,
    roles::custom,
    grants::conditions,
    grants::direct_federation,
    images::references,
    images::project,
    images::stale,
    credentials::key_files,
    credentials::key_secrets,
    credentials::metadata_host,
    gke_keys::annotations,
    gke_keys::node_labels,
    label_keys,
    annotation_keys,
    annotations_size,
];

/// Checks a spec that has the right shape. There is no app if a grant names no valid resource.
pub fn check(app: App) -> (Option<CheckedApp>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    for rule in RULES.iter().chain(workload::RULES).chain(containers::RULES) {
        rule(&app, &mut found);
    }
    let resources = grants::resolve(&app, &mut found);
    (resources.map(|resources| CheckedApp::new(app, resources)), found)
}

/// The part of a project ID behind the domain has a length of its own.
fn project_ids(app: &App, found: &mut Vec<Diagnostic>) {
    let account = app.google_service_account.as_ref();
    let mut ids = vec![
        ("/project".to_owned(), Some(&app.project)),
        ("/cluster/project".to_owned(), app.cluster.project.as_ref()),
        (
            "/googleServiceAccount/project".to_owned(),
            account.and_then(|account| account.project.as_ref()),
        ),
    ];
    for (index, grant) in app.grants.iter().enumerate() {
        ids.push((format!("/grants/{index}/project"), grant.project.as_ref()));
    }
    let (min, max) = names::PROJECT_ID_LENGTH;
    for (place, id) in ids {
        let Some(id) = id else { continue };
        let length = id.rsplit(':').next().unwrap_or(id).len();
        if !(min..=max).contains(&length) {
            found.push(
                Diagnostic::new(
                    Code::PROJECT_ID,
                    Place::value(place),
                    format!("{} is not a project ID: it has {length} characters", quoted(id)),
                )
                .help(names::PROJECT_ID.words),
            );
        }
    }
}

/// The part of a key after the slash has a limit of its own, and so has the part before it.
fn label_keys(app: &App, found: &mut Vec<Diagnostic>) {
    for (table, labels) in
        [("/labels", &app.labels), ("/serviceAccount/labels", &app.service_account.labels)]
    {
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

/// As for labels; and one key is wigen's own.
fn annotation_keys(app: &App, found: &mut Vec<Diagnostic>) {
    for (table, annotations) in annotation_tables(app) {
        qualified_names(table, annotations, found);
        if annotations.contains_key(GSA_ANNOTATION) {
            found.push(
                Diagnostic::new(
                    Code::RESERVED_ANNOTATION,
                    Place::key(key_in(table, GSA_ANNOTATION)),
                    format!("the annotation `{GSA_ANNOTATION}` is written by wigen"),
                )
                .help("take it out; `googleServiceAccount` says which account it names"),
            );
        }
    }
}

fn annotation_tables(app: &App) -> [(&'static str, &IndexMap<String, String>); 2] {
    [
        ("/annotations", &app.annotations),
        ("/serviceAccount/annotations", &app.service_account.annotations),
    ]
}

fn qualified_names(table: &str, entries: &IndexMap<String, String>, found: &mut Vec<Diagnostic>) {
    for key in entries.keys() {
        let (prefix, name) = key.split_once('/').unwrap_or(("", key));
        let (part, length, max) = match (prefix.len(), name.len()) {
            (_, length @ 64..) => ("name", length, 63),
            (length @ 254.., _) => ("prefix", length, 253),
            _ => continue,
        };
        found.push(
            Diagnostic::new(
                Code::QUALIFIED_NAME,
                Place::key(key_in(table, key)),
                format!(
                    "the {part} of the key {} has {length} characters; it may have {max}",
                    quoted(key)
                ),
            )
            .help(QUALIFIED_NAME.words),
        );
    }
}

fn key_in(table: &str, key: &str) -> String {
    format!("{table}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Kubernetes limits the keys and values of all annotations of an object together.
fn annotations_size(app: &App, found: &mut Vec<Diagnostic>) {
    const MAX: usize = 256 * 1024;
    let mut size = 0;
    for (table, annotations) in annotation_tables(app) {
        size += annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        if size > MAX {
            found.push(Diagnostic::new(
                Code::TOO_LONG,
                Place::key(table),
                format!("the annotations have {size} bytes together; an object may have {MAX}"),
            ));
            return;
        }
    }
}
