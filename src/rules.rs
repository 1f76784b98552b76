//! What a schema cannot say of a spec: one function for each rule, each pointing into the flat form.

mod workload;

use indexmap::IndexMap;

use crate::app::{App, EnvValue, Setup};
use crate::diagnostic::{Code, Diagnostic, Place, quoted};
use crate::grammar::{self, GSA_ANNOTATION, WORKLOAD_IDENTITY_USER};

/// A rule: what it finds in an app.
type Rule = fn(&App, &mut Vec<Diagnostic>);

/// Every rule but those of the workload, in the order of the spec's keys.
const RULES: &[Rule] = &[
    cluster_location,
    derived_account_id,
    account_texts,
    roles,
    image,
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

/// A cluster stands in a region or in a zone.
fn cluster_location(app: &App, found: &mut Vec<Diagnostic>) {
    let cluster = &app.cluster;
    match (&cluster.region, &cluster.zone) {
        (Some(region), Some(zone)) => found.push(
            Diagnostic::new(
                Code::ClusterLocation,
                Place::key("/cluster/zone"),
                format!("the cluster has both the region {} and the zone {}", quoted(region), quoted(zone)),
            )
            .help("keep `region` for a regional cluster, `zone` for a zonal one"),
        ),
        (None, None) if cluster.setup != Setup::None => found.push(
            Diagnostic::new(
                Code::ClusterLocation,
                Place::key("/cluster"),
                "the cluster has neither a region nor a zone",
            )
            .help("add `region`, for example \"us-central1\", or `zone`, for example \"us-central1-a\""),
        ),
        _ => {}
    }
}

/// The app's name need not be an account id.
fn derived_account_id(app: &App, found: &mut Vec<Diagnostic>) {
    if app.google_service_account.name.is_some() {
        return;
    }
    let name = &app.name;
    let length = name.len();
    let (min, max) = (grammar::ACCOUNT_ID.min, grammar::ACCOUNT_ID.max.unwrap_or(length));
    let why = if length < min {
        format!("has {length} characters, fewer than {min}")
    } else if length > max {
        format!("has {length} characters, more than {max}")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "does not start with a letter".to_owned()
    } else {
        return;
    };
    let suffix = "-gke-sa";
    let stem = name.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let stem = stem[..stem.len().min(max - suffix.len())].trim_end_matches('-');
    let stem = if stem.is_empty() { "app" } else { stem };
    found.push(
        Diagnostic::new(
            Code::DerivedAccountId,
            Place::value("/name"),
            format!("{} cannot be the id of the Google Cloud service account: it {why}", quoted(name)),
        )
        .help(format!("give the account a name of its own: `googleServiceAccount.name`, for example \"{stem}{suffix}\"")),
    );
}

/// Google Cloud counts the bytes of these texts, a schema their characters.
fn account_texts(app: &App, found: &mut Vec<Diagnostic>) {
    let account = &app.google_service_account;
    let texts =
        [("displayName", &account.display_name, 100), ("description", &account.description, 256)];
    for (key, text, max) in texts {
        let length = text.as_ref().map_or(0, String::len);
        if length > max {
            found.push(Diagnostic::new(
                Code::TooLong,
                Place::value(format!("/googleServiceAccount/{key}")),
                format!("{} is {length} bytes long; it may have {max}", quoted(key)),
            ));
        }
    }
}

/// What may be granted on a project, and once.
fn roles(app: &App, found: &mut Vec<Diagnostic>) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, grant) in app.grants.iter().enumerate() {
        for (role_index, role) in grant.roles.iter().enumerate() {
            let place = Place::value(format!("/grants/{index}/roles/{role_index}"));
            if role == WORKLOAD_IDENTITY_USER {
                found.push(
                    Diagnostic::new(
                        Code::WorkloadIdentityUser,
                        place,
                        format!("{} must not be granted on the project", quoted(role)),
                    )
                    .help("take it out: wigen binds it on the one account that needs it"),
                );
            } else if seen.contains(&role.as_str()) {
                found.push(Diagnostic::new(
                    Code::DuplicateRole,
                    place,
                    format!("{} is granted twice", quoted(role)),
                ));
            } else if let Some((_, id)) = role.rsplit_once("/roles/")
                && !(3..=64).contains(&id.len())
            {
                found.push(
                    Diagnostic::new(
                        Code::Role,
                        place,
                        format!(
                            "the id of the custom role {} is too {}",
                            quoted(role),
                            if id.len() < 3 { "short" } else { "long" }
                        ),
                    )
                    .help("the id of a custom role has 3 to 64 characters"),
                );
            }
            seen.push(role);
        }
    }
}

/// The limits on the parts of an image reference, which a pattern would have to count.
fn image(app: &App, found: &mut Vec<Diagnostic>) {
    let image = &app.container.image;
    let (rest, digest) =
        image.split_once('@').map_or((image.as_str(), None), |(rest, digest)| (rest, Some(digest)));
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
    found.push(Diagnostic::new(Code::Image, Place::value("/container/image"), message));
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
