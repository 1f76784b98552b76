//! Rules for ServiceAccounts and their annotations.

use indexmap::IndexMap;
use serde_json::Value;

use super::objects::{Object, Objects, annotation, annotations, called};
use super::{Found, key_below};
use crate::diagnostics::{Code, Diagnostic, Edit, Place, nearest_key, quoted, shown};
use crate::google::names::{ACCOUNT_EMAIL, GKE_ANNOTATIONS, GKE_PREFIX, GSA_ANNOTATION};
use crate::kubernetes::pod_template;

/// Where accounts are that Google makes.
const OF_GOOGLE: [&str; 7] =
    ["appspot", "cloudbuild", "cloudservices", "developer", "partnercontent", "project", "system"];

const TABLE: &str = "/metadata/annotations";

/// The annotation means something on a ServiceAccount, and nowhere else.
pub(super) fn places(objects: &Objects<'_>, found: &mut Found) {
    const ON: &str = "put it on the ServiceAccount that the pods name";
    const BELOW: &str = "put it below `metadata.annotations` of the ServiceAccount";
    let mut refuse = |file: usize, place: Place, key: &str, what: &str, help: &str| {
        let message = format!("{} has no effect {what}", quoted(key));
        found.push((file, Diagnostic::new(Code::AnnotationPlace, place, message).help(help)));
    };
    for object in objects.all.iter().filter(|object| is_of_kubernetes(object)) {
        for (table, what) in [
            ("", "at the root"),
            ("/metadata", "directly below `metadata`"),
            ("/metadata/labels", "as a label"),
        ] {
            if object.value.pointer(table).is_some_and(|table| is_set(&table[GSA_ANNOTATION])) {
                let place = key_below(&object.pointer, table, GSA_ANNOTATION);
                refuse(object.file, place, GSA_ANNOTATION, what, BELOW);
            }
        }
        if object.kind == "ServiceAccount" {
            continue;
        }
        for (key, value) in annotations(object).into_iter().flatten() {
            if is_set(value)
                && (key == GSA_ANNOTATION
                    || nearest_key(key, &GKE_ANNOTATIONS) == Some(GSA_ANNOTATION))
            {
                let place = key_below(&object.pointer, TABLE, key);
                refuse(object.file, place, key, &format!("on a {}", shown(object.kind)), ON);
            }
        }
    }
    for pods in &objects.pods {
        let owner = objects.owner(pods);
        if pods.is_as_written
            && owner.kind != "Pod"
            && is_set(&pods.metadata["annotations"][GSA_ANNOTATION])
        {
            let place = key_below(&pods.metadata_at, "/annotations", GSA_ANNOTATION);
            refuse(owner.file, place, GSA_ANNOTATION, "on pods", ON);
        }
    }
}

/// An annotation that is empty or null is switched off.
fn is_set(value: &Value) -> bool {
    !value.is_null() && value != ""
}

/// In another API, what reads the object may pass the annotation on.
fn is_of_kubernetes(object: &Object<'_>) -> bool {
    let api = object.value["apiVersion"].as_str().unwrap_or_default();
    let group = api.split_once('/').map_or("", |(group, _)| group);
    !group.contains('.') || group.ends_with(".k8s.io") || pod_template(object.kind).is_some()
}

/// A key that is nearly one of GKE's.
pub(super) fn keys(objects: &Objects<'_>, found: &mut Found) {
    for account in objects.accounts() {
        for key in annotations(account).into_iter().flat_map(|entries| entries.keys()) {
            if GKE_ANNOTATIONS.contains(&key.as_str()) {
                continue;
            }
            let known = nearest_key(key, &GKE_ANNOTATIONS);
            if !key.starts_with(GKE_PREFIX) && known.is_none() {
                continue;
            }
            let place = key_below(&account.pointer, TABLE, key);
            let message = format!("GKE knows no annotation {}", quoted(key));
            let diagnostic = Diagnostic::new(Code::AnnotationKey, place, message);
            found.push((
                account.file,
                match known {
                    Some(known) => {
                        diagnostic.help(format!("there is `{known}`")).replacement(known)
                    }
                    None => diagnostic.help(format!("it knows `{}`", GKE_ANNOTATIONS.join("`, `"))),
                },
            ));
        }
    }
}

/// The value is the whole e-mail of an account.
pub(super) fn emails(objects: &Objects<'_>, found: &mut Found) {
    for account in objects.accounts() {
        let Some(value) = annotation(account, GSA_ANNOTATION) else { continue };
        let place = || {
            let place = key_below(&account.pointer, TABLE, GSA_ANNOTATION);
            Place::value(place.pointer)
        };
        let Some(text) = value.as_str() else {
            let message = format!("{} is no text, as annotations are", quoted(&value.to_string()));
            let diagnostic = Diagnostic::new(Code::WrongType, place(), message);
            found.push((account.file, diagnostic.help(ACCOUNT_EMAIL.words)));
            continue;
        };
        if is_email(text) {
            continue;
        }
        let message = format!("{} is not {}", quoted(text), ACCOUNT_EMAIL.noun);
        let diagnostic = Diagnostic::new(Code::AccountEmail, place(), message);
        let bare = text.rsplit_once("/serviceAccounts/").map_or(text, |(_, bare)| bare);
        let bare = bare.strip_prefix("serviceAccount:").unwrap_or(bare).trim();
        let diagnostic = if bare != text && is_email(bare) {
            diagnostic.help("the e-mail alone").certainly(Edit::Text(format!("\"{bare}\"")))
        } else {
            diagnostic.help(ACCOUNT_EMAIL.words)
        };
        found.push((account.file, diagnostic));
    }
}

/// As the grammar says it, without the expense of a pattern.
pub(super) fn is_email(text: &str) -> bool {
    let part = |part: &str, more: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
    };
    text.split_once('@').is_some_and(|(id, domain)| {
        let Some(project) = domain.strip_suffix(".gserviceaccount.com") else { return false };
        // Those of users are below `iam`, and Google's where no project is called so.
        let is_below = project.contains('.') && !project.starts_with('.');
        part(id, "-.") && part(project, "-.") && (is_below || OF_GOOGLE.contains(&project))
    })
}

/// An identity that no pod has, while pods beside it have none.
pub(super) fn unused(objects: &Objects<'_>, found: &mut Found) {
    for account in objects.accounts() {
        if annotation(account, GSA_ANNOTATION).is_none() || account.name == "default" {
            continue;
        }
        if objects.is_used(account.name) {
            continue;
        }
        let beside = |name| objects.pods_of(name, account.namespace).next();
        let (None, Some(pods)) = (beside(Some(account.name)), beside(None)) else { continue };
        let owner = objects.owner(pods);
        let place = key_below(&account.pointer, TABLE, GSA_ANNOTATION);
        let message = format!("no pod names the ServiceAccount {}", quoted(account.name));
        let diagnostic = Diagnostic::new(Code::UnusedIdentity, place, message).help(format!(
            "pods that are to have the identity say `serviceAccountName: {}`",
            shown(account.name)
        ));
        let other = Place::key(pods.at.clone());
        let label = format!("{} runs as `default`", called(owner));
        found.push((account.file, objects.see(diagnostic, account.file, owner, other, &label)));
    }
}

/// Of two accounts of one name in one file the last one stays.
pub(super) fn twice(objects: &Objects<'_>, found: &mut Found) {
    let mut first: IndexMap<(usize, Option<&str>, &str), &Object<'_>> = IndexMap::new();
    for account in objects.accounts() {
        let Some(email) = annotation(account, GSA_ANNOTATION) else { continue };
        let key = (account.file, account.namespace, account.name);
        let Some(other) = first.insert(key, account) else { continue };
        if annotation(other, GSA_ANNOTATION) == Some(email) {
            continue;
        }
        let at = |account: &Object<'_>| {
            Place::value(key_below(&account.pointer, TABLE, GSA_ANNOTATION).pointer)
        };
        let message = format!("{} has two identities, and gets this one", called(account));
        let diagnostic = Diagnostic::new(Code::DuplicateName, at(account), message)
            .help("take one of the two objects out, or call it otherwise");
        let see = objects.see(diagnostic, account.file, other, at(other), "the other one");
        found.push((account.file, see));
    }
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn emails() {
        for good in [
            "a@p.iam.gserviceaccount.com",
            "a@p.example.com.iam.gserviceaccount.com",
            "a@p.eu0.iam.gserviceaccount.com",
            "1-compute@developer.gserviceaccount.com",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@p",
            "[a@p.iam.gserviceaccount.com]",
            "A@p.iam.gserviceaccount.com",
            "books@my-project.gserviceaccount.com",
            "books@iam.gserviceaccount.com",
            "books@.iam.gserviceaccount.com",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
