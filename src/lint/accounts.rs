//! Rules for ServiceAccounts and their annotations.

use super::objects::{Objects, annotation, annotations, called};
use super::{Found, key_below};
use crate::diagnostic::{Code, Diagnostic, Edit, Place, nearest, quoted};
use crate::grammar::{ACCOUNT_EMAIL, GSA_ANNOTATION, PRINCIPAL_ANNOTATION, QUOTA_ANNOTATION};

/// The annotations that GKE knows on a ServiceAccount. Source: GKE, "Authenticate to Google Cloud
/// APIs from GKE workloads".
const KNOWN: [&str; 3] = [GSA_ANNOTATION, PRINCIPAL_ANNOTATION, QUOTA_ANNOTATION];

const TABLE: &str = "/metadata/annotations";

/// The annotation means something on a ServiceAccount, and nowhere else.
pub(super) fn places(objects: &Objects<'_>, found: &mut Found) {
    let mut refuse = |file: usize, pointer: &str, what: &str| {
        let place = key_below(pointer, TABLE, GSA_ANNOTATION);
        let message = format!("`{GSA_ANNOTATION}` has no effect on {what}");
        let help = "put it on the ServiceAccount that the pods name";
        found.push((file, Diagnostic::new(Code::AnnotationPlace, place, message).help(help)));
    };
    for object in objects.all.iter().filter(|object| object.kind != "ServiceAccount") {
        // In other APIs (Config Connector, policies) it may be data.
        if annotation(object, GSA_ANNOTATION).is_some() {
            refuse(object.file, &object.pointer, &format!("a {}", object.kind));
        }
    }
    for pods in &objects.pods {
        let owner = objects.owner(pods);
        let value = &pods.metadata["annotations"][GSA_ANNOTATION];
        if owner.kind != "Pod" && !value.is_null() && value != "" {
            refuse(owner.file, &pods.pointer, "pods");
        }
    }
}

/// A key that is nearly one of GKE's.
pub(super) fn keys(objects: &Objects<'_>, found: &mut Found) {
    for account in objects.accounts() {
        for key in annotations(account).into_iter().flat_map(|entries| entries.keys()) {
            if KNOWN.contains(&key.as_str()) {
                continue;
            }
            let is_gkes = key.starts_with("iam.gke.io/");
            let slips = if is_gkes { key.len() / 3 } else { 4 };
            let known = nearest(key, KNOWN, slips)
                .or_else(|| KNOWN.into_iter().find(|known| letters(known) == letters(key)));
            if !is_gkes && known.is_none() {
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
                    None => diagnostic.help(format!("it knows `{}`", KNOWN.join("`, `"))),
                },
            ));
        }
    }
}

fn letters(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
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
        let bare = text.strip_prefix("serviceAccount:").unwrap_or(text).trim();
        let diagnostic = if bare != text && is_email(bare) {
            diagnostic.help("the e-mail alone").certainly(Edit::Text(format!("\"{bare}\"")))
        } else {
            diagnostic.help(ACCOUNT_EMAIL.words)
        };
        found.push((account.file, diagnostic));
    }
}

/// As the grammar says it, without the expense of a pattern.
fn is_email(text: &str) -> bool {
    let part = |part: &str, more: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
    };
    text.split_once('@').is_some_and(|(id, domain)| {
        part(id, "-.") && part(domain, "-.") && domain.ends_with(".gserviceaccount.com")
    })
}

/// An identity that no pod has, while pods beside it have none.
pub(super) fn unused(objects: &Objects<'_>, found: &mut Found) {
    for account in objects.accounts() {
        if annotation(account, GSA_ANNOTATION).is_none() || account.name == "default" {
            continue;
        }
        let beside = |name| objects.pods_of(name, account.namespace).next();
        let (None, Some(pods)) = (beside(Some(account.name)), beside(None)) else { continue };
        let owner = objects.owner(pods);
        let place = key_below(&account.pointer, TABLE, GSA_ANNOTATION);
        let message = format!("no pod names the ServiceAccount {}", quoted(account.name));
        let diagnostic = Diagnostic::new(Code::UnusedIdentity, place, message).help(format!(
            "pods that are to have the identity say `serviceAccountName: {}`",
            account.name
        ));
        let other = Place::key(format!("{}/spec", pods.pointer));
        let label = format!("{} runs as `default`", called(owner));
        found.push((account.file, objects.see(diagnostic, account.file, owner, other, &label)));
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
            "1-compute@developer.gserviceaccount.com",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@p", "[a@p.iam.gserviceaccount.com]", "A@p.iam.gserviceaccount.com"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
