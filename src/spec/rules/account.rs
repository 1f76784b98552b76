//! Rules for the service accounts of Kubernetes and of Google Cloud.

use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::accounts::CREATED_MARK;
use crate::google::{accounts, names};
use crate::spec::types::App;

crate::diagnostics::declare_code! {
    DERIVED_ACCOUNT_ID: Error = "derived-account-id",
    what: "`googleServiceAccount` has no `name`, and the app's name, its default, is not a service account ID: it has fewer than 6 or more than 30 characters, or starts with a digit.",
    why: "Kubernetes accepts names that Google Cloud does not. wigen does not shorten names: two apps could end up with one identity.",
    example: "name = \"api\"\n[googleServiceAccount]",
    instead: "name = \"api\"\n[googleServiceAccount]\nname = \"api-gke-sa\"",
    source: crate::diagnostics::references::IAM_ADMIN,
}

/// The name of the app is the ID of the account, but may not be a valid one.
pub(super) fn derived_id(app: &App, found: &mut Vec<Diagnostic>) {
    let Some(account) = &app.google_service_account else { return };
    if account.name.is_some() || account.email.is_some() {
        return;
    }
    let name = &app.name;
    let length = name.len();
    let (min, max) = (names::ACCOUNT_ID.min, names::ACCOUNT_ID.max.unwrap_or(length));
    let why = if length < min {
        format!("has {length} characters, fewer than {min}")
    } else if length > max {
        format!("has {length} characters, more than {max}")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "does not start with a letter".to_owned()
    } else {
        return;
    };
    let stem = name.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let stem = if stem.is_empty() { "app" } else { stem };
    let most = max - SUFFIX.len();
    let suggested = if stem.len() > most {
        // Two names that begin alike must not become one ID.
        let sum = checksum(name);
        let stem = stem[..most - sum.len() - 1].trim_end_matches('-');
        format!("{stem}-{sum}{SUFFIX}")
    } else {
        format!("{stem}{SUFFIX}")
    };
    found.push(
        Diagnostic::new(
            Code::DERIVED_ACCOUNT_ID,
            Location::value("/name"),
            format!("{} cannot be the ID of the Google Cloud service account: it {why}", quoted(name)),
        )
        .help(format!("set another name for the account: `googleServiceAccount.name`, for example \"{suggested}\"")),
    );
}

/// The suffix of suggested IDs, as in Google's own example.
const SUFFIX: &str = "-gke-sa";

/// A short FNV-1a checksum, the same on every platform.
fn checksum(name: &str) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let sum = name.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let digit = |byte: u8| char::from(DIGITS[usize::from(byte % 32)]);
    sum.to_be_bytes().into_iter().take(5).map(digit).collect()
}

crate::diagnostics::declare_code! {
    TOO_LONG: Error = "too-long",
    what: "A string is too long: at most 100 bytes for the display name and 208 for the description of a Google Cloud service account, to which `gcloud.sh` adds a sentence, 262144 for all annotations of one object together, 52 for the name of a CronJob or StatefulSet. Characters outside ASCII take two to four bytes each.",
    why: "Google Cloud or the API server would reject it.",
    example: "[googleServiceAccount]\ndisplayName = \"A service account with a display name that goes on and on, until at last it is longer than one hundred bytes\"",
    instead: "[googleServiceAccount]\ndisplayName = \"FastAPI GKE Service Account\"",
    source: crate::diagnostics::references::IAM_ADMIN,
}

/// Google Cloud limits the bytes of these strings; a schema counts characters.
pub(super) fn texts(app: &App, found: &mut Vec<Diagnostic>) {
    let Some(account) = &app.google_service_account else { return };
    let max_description = 256 - CREATED_MARK.len() - 1;
    let texts = [
        ("displayName", &account.display_name, 100),
        ("description", &account.description, max_description),
    ];
    for (key, text, max) in texts {
        let length = text.as_ref().map_or(0, |text| text.len());
        if length > max {
            found.push(Diagnostic::new(
                Code::TOO_LONG,
                Location::value(format!("/googleServiceAccount/{key}")),
                format!("{} has {length} bytes; the maximum is {max}", quoted(key)),
            ));
        }
    }
}

crate::diagnostics::declare_code! {
    EXISTING_ACCOUNT: Error = "existing-account",
    what: "The Google Cloud service account already exists (`email`, or `create = false`), and the spec sets something that applies only to an account that the script creates.",
    why: "The script does not change an account that it did not create, so the setting would have no effect.",
    example: "[googleServiceAccount]\nemail = \"books@my-project.iam.gserviceaccount.com\"\ndisplayName = \"Books\"",
    instead: "[googleServiceAccount]\nemail = \"books@my-project.iam.gserviceaccount.com\"",
}

/// An account that exists has one name, and no description of ours.
pub(super) fn existing(app: &App, found: &mut Vec<Diagnostic>) {
    let Some(account) = &app.google_service_account else { return };
    let mut refuse = |key: &str, message: &str, help: &str| {
        let place = |key: &str| Location::key(format!("/googleServiceAccount/{key}"));
        let exists = if account.email.is_some() { "email" } else { "create" };
        found.push(
            Diagnostic::new(Code::EXISTING_ACCOUNT, place(key), message)
                .related(place(exists), "it exists")
                .help(help),
        );
    };
    if account.email.is_some() {
        if account.name.is_some() {
            refuse(
                "name",
                "the account has both a name and an email",
                "keep one: `name` for an account that the script creates, `email` for one that exists",
            );
        }
        if account.create == Some(true) {
            refuse(
                "create",
                "an account that is named by its email is not created",
                "set its `name` instead, and its `project` if it is in another one",
            );
        }
    }
    if let (Some(email), Some(project)) = (&account.email, &account.project)
        && let Some(home) = accounts::project(email)
        && *project != home.as_str()
    {
        refuse(
            "project",
            &format!("the account is in project {}, according to its email", quoted(&home)),
            "remove it: the email contains the project",
        );
    }
    if account.email.is_some() || account.create == Some(false) {
        for (key, text) in
            [("displayName", &account.display_name), ("description", &account.description)]
        {
            if text.is_some() {
                refuse(key, "an existing account keeps its own description", "remove it");
            }
        }
    }
}

crate::diagnostics::declare_code! {
    DEFAULT_SERVICE_ACCOUNT: Warning = "default-service-account",
    what: "The Kubernetes ServiceAccount is `default`.",
    why: "Every pod of the namespace that sets no ServiceAccount runs as `default`, so all of them get the app's roles.",
    example: "[serviceAccount]\nname = \"default\"",
    instead: "[serviceAccount]\nname = \"books\"",
    source: "Kubernetes, Service Accounts: https://kubernetes.io/docs/concepts/security/service-accounts/",
}

crate::diagnostics::declare_code! {
    DEFAULT_ACCOUNT: Warning = "default-account",
    what: "The pods act as an account that Google created: the default account of Compute Engine or App Engine, or a service agent.",
    why: "Nodes, other apps and Google's own services act as it too. It often has `roles/editor`, which the app then has as well, and every role of the app applies to all of them.",
    example: "[googleServiceAccount]\nemail = \"123456789012-compute@developer.gserviceaccount.com\"",
    instead: "[googleServiceAccount]\nname = \"books-gke-sa\"",
    source: "IAM, Service account types: https://cloud.google.com/iam/docs/service-account-types",
}

/// Accounts that other workloads use too: they would share all roles.
pub(super) fn shared(app: &App, found: &mut Vec<Diagnostic>) {
    let name = app.service_account_name();
    if name == "default" {
        let place =
            if app.service_account.name.is_some() { "/serviceAccount/name" } else { "/name" };
        found.push(
            Diagnostic::new(
                Code::DEFAULT_SERVICE_ACCOUNT,
                Location::value(place),
                "every pod of the namespace that sets no ServiceAccount gets this identity",
            )
            .help("give the app its own ServiceAccount: set another `serviceAccount.name`"),
        );
    }
    let Some(email) =
        app.google_service_account.as_ref().and_then(|account| account.email.as_ref())
    else {
        return;
    };
    let (id, domain) = email.split_once('@').unwrap_or((email, ""));
    let whose = match domain {
        "developer.gserviceaccount.com" => "the default account of Compute Engine",
        "appspot.gserviceaccount.com" => "the default account of App Engine",
        "cloudservices.gserviceaccount.com" => "the service agent of Google APIs",
        domain if domain.starts_with("gcp-sa-") || is_agent(id) => "a service agent of Google",
        _ => return,
    };
    found.push(
        Diagnostic::new(
            Code::DEFAULT_ACCOUNT,
            Location::value("/googleServiceAccount/email"),
            format!("{} is {whose}, which others use too", quoted(email)),
        )
        .help("give the app its own account: set `googleServiceAccount.name`"),
    );
}

/// `service-NUMBER`: the ID of a service agent. Source: IAM, "Service agents".
fn is_agent(id: &str) -> bool {
    let number = id.strip_prefix("service-").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

crate::diagnostics::declare_code! {
    EXISTING_SERVICE_ACCOUNT: Error = "existing-service-account",
    what: "`serviceAccount.create = false` means that the Kubernetes ServiceAccount is managed elsewhere, but the spec sets labels, annotations or the token switch for it.",
    why: "There is no manifest to put them into.",
    example: "[serviceAccount]\ncreate = false\nlabels = { tier = \"identity\" }",
    instead: "[serviceAccount]\ncreate = false",
}

/// A `ServiceAccount` that is managed elsewhere has no keys in the spec.
pub(super) fn existing_service_account(app: &App, found: &mut Vec<Diagnostic>) {
    let account = &app.service_account;
    if account.create {
        return;
    }
    for (key, given) in [
        ("labels", !account.labels.is_empty()),
        ("annotations", !account.annotations.is_empty()),
        ("automountServiceAccountToken", account.automount_service_account_token.is_some()),
    ] {
        if given {
            found.push(
                Diagnostic::new(
                    Code::EXISTING_SERVICE_ACCOUNT,
                    Location::key(format!("/serviceAccount/{key}")),
                    "the ServiceAccount is managed elsewhere: wigen renders no manifest for this key",
                )
                .related(Location::key("/serviceAccount/create"), "it exists")
                .help("remove it, or `create = false`"),
            );
        }
    }
}

crate::diagnostics::declare_code! {
    LONG_SUBJECT: Warning = "long-subject",
    what: "In direct federation the pods are `ns/NAMESPACE/sa/KSA`, and these names make the subject longer than 127 bytes.",
    why: "Pools of other providers accept no longer subject; whether GKE's own pool does is not documented.",
    example: "namespace = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n[serviceAccount]\nname = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
    instead: "namespace = \"books\"",
    source: "IAM, Workload Identity Federation, attribute mappings: https://cloud.google.com/iam/docs/workload-identity-federation#mapping",
}

/// In direct federation the subject names namespace and `ServiceAccount`. Its length is limited for
/// workload identity pool providers; whether that holds for GKE's provider is not documented.
pub(super) fn subject(app: &App, found: &mut Vec<Diagnostic>) {
    const MAX: usize = 127;
    if app.google_service_account.is_some() {
        return;
    }
    let (place, name) = match &app.service_account.name {
        Some(name) => ("/serviceAccount/name", name.as_str()),
        None => ("/name", app.name.as_str()),
    };
    let length = "ns//sa/".len() + app.namespace.len() + name.len();
    if length > MAX {
        found.push(
            Diagnostic::new(
                Code::LONG_SUBJECT,
                Location::value(place),
                format!("with the namespace, the subject has {length} bytes, more than {MAX}"),
            )
            .related(Location::value("/namespace"), "the namespace")
            .help("shorten the name of the ServiceAccount or of the namespace"),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn suggested_ids_are_valid_and_distinct() {
        let suggested = |name: &str| {
            let text = format!(
                r#"{{"name": "{name}", "project": "my-project", "cluster": {{"name": "c"}}, "googleServiceAccount": {{}}}}"#
            );
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let app = App::from_node(&value.into());
            let mut found = Vec::new();
            if let Ok(app) = &app {
                derived_id(app, &mut found);
            }
            let help = found[0].help.clone().unwrap_or_default();
            help.split('"').nth(1).map(str::to_owned).unwrap_or_default()
        };
        let names = (0..2000).map(|number| format!("the-books-of-the-public-library-{number}"));
        let all: HashSet<String> = names.map(|name| suggested(&name)).collect();
        assert_eq!(all.len(), 2000);
        assert!(all.iter().all(|id| names::ACCOUNT_ID.matches(id)), "{all:?}");
        assert_eq!(suggested("books"), "books-gke-sa");
        assert_eq!(suggested("0-a"), "a-gke-sa");
    }
}
