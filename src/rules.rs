//! What a schema cannot say of a spec: one function for each rule, each pointing into the flat form.

mod account;
mod cluster;
mod grants;
mod workload;

use indexmap::IndexMap;

use crate::app::{App, EnvValue, WaitForMetadata};
use crate::diagnostic::{Code, Diagnostic, Place, quoted};
use crate::grammar::{self, GSA_ANNOTATION};

/// A rule: what it finds in an app.
type Rule = fn(&App, &mut Vec<Diagnostic>);

/// Every rule but those of the workload, in the order of the spec's keys.
const RULES: &[Rule] = &[
    project_ids,
    cluster::location,
    cluster::node_pools,
    cluster::domain_scoped_pool,
    cluster::project_number,
    account::existing_service_account,
    account::subject,
    account::derived_id,
    account::texts,
    account::existing,
    grants::roles,
    grants::resources,
    grants::conditions,
    grants::direct_federation,
    images,
    key_file,
    label_keys,
    annotation_keys,
    annotations_size,
];

/// Everything the rules find in a spec of the right shape.
pub fn check(app: &App) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in RULES.iter().chain(workload::RULES) {
        rule(app, &mut found);
    }
    found
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
    let (min, max) = grammar::PROJECT_ID_LENGTH;
    for (place, id) in ids {
        let Some(id) = id else { continue };
        let length = id.rsplit(':').next().unwrap_or(id).len();
        if !(min..=max).contains(&length) {
            found.push(
                Diagnostic::new(
                    Code::ProjectId,
                    Place::value(place),
                    format!("{} is not a project ID: it has {length} characters", quoted(id)),
                )
                .help(grammar::PROJECT_ID.words),
            );
        }
    }
}

/// The limits on the parts of an image reference, which a pattern would have to count.
fn images(app: &App, found: &mut Vec<Diagnostic>) {
    image("/container/image", &app.container.image, found);
    if let Some(WaitForMetadata::Image(waiting)) = &app.wait_for_metadata {
        image("/waitForMetadata", waiting, found);
    }
}

fn image(place: &str, image: &str, found: &mut Vec<Diagnostic>) {
    let (rest, digest) =
        image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let (repository, tag) = match rest.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (rest, None),
    };
    let hex = digest.and_then(|digest| digest.rsplit_once(':')).map(|(_, hex)| hex.len());
    let wrong = if repository.len() > 255 {
        format!("its repository has {} characters; it may have 255", repository.len())
    } else if tag.is_some_and(|tag| tag.len() > 128) {
        format!("its tag has {} characters; it may have 128", tag.unwrap_or_default().len())
    } else if hex.is_some_and(|hex| hex < 32) {
        format!("its digest has {} digits; it has at least 32", hex.unwrap_or_default())
    } else {
        return;
    };
    let message = format!("{} is not {}: {wrong}", quoted(image), grammar::IMAGE.noun);
    found.push(Diagnostic::new(Code::Image, Place::value(place), message));
}

/// The variable that names a key file.
const NAME_OF_KEY_FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

/// A key file goes before Workload Identity in every client library.
fn key_file(app: &App, found: &mut Vec<Diagnostic>) {
    if let Some(value) = app.container.env.get(NAME_OF_KEY_FILE) {
        let file = match value {
            EnvValue::Text(file) => Some(file.as_str()),
            EnvValue::From { .. } => None,
        };
        found.push(key_file_at(Place::key(format!("/container/env/{NAME_OF_KEY_FILE}")), file));
    }
}

fn key_file_at(place: Place, file: Option<&str>) -> Diagnostic {
    let file = file.map(|file| format!(" {}", quoted(file))).unwrap_or_default();
    let message =
        format!("with `{NAME_OF_KEY_FILE}` the pod uses the key file{file}, not Workload Identity");
    Diagnostic::new(Code::KeyFile, place, message).help("take the variable out")
}

/// The part of a key after the slash has a limit of its own, and so has the part before it.
fn label_keys(app: &App, found: &mut Vec<Diagnostic>) {
    for (table, labels) in
        [("/labels", &app.labels), ("/serviceAccount/labels", &app.service_account.labels)]
    {
        qualified_names(table, labels, found);
    }
}

/// As for labels; and one key is wigen's own.
fn annotation_keys(app: &App, found: &mut Vec<Diagnostic>) {
    for (table, annotations) in annotation_tables(app) {
        qualified_names(table, annotations, found);
        if annotations.contains_key(GSA_ANNOTATION) {
            found.push(
                Diagnostic::new(
                    Code::ReservedAnnotation,
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
                Code::QualifiedName,
                Place::key(key_in(table, key)),
                format!(
                    "the {part} of the key {} has {length} characters; it may have {max}",
                    quoted(key)
                ),
            )
            .help(grammar::QUALIFIED_NAME.words),
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
                Code::TooLong,
                Place::key(table),
                format!("the annotations have {size} bytes together; an object may have {MAX}"),
            ));
            return;
        }
    }
}
