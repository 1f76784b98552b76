//! Whether annotations and bindings name each other.

use std::cell::LazyCell;

use super::bindings::{Binding, From, On};
use super::member::is_known;
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::google::names::{GSA_ANNOTATION, WORKLOAD_IDENTITY_USER};
use crate::lint::accounts::is_email;
use crate::lint::objects::{Object, Objects, annotation, annotations, may_be_same};
use crate::lint::{Found, key_below};

/// A member that names nearly an identity of the manifests, and none.
pub(in crate::lint) fn members(objects: &Objects<'_>, found: &mut Found) {
    for (binding, account) in misnamed(objects) {
        let Some((namespace, name)) = binding.named.subject() else { continue };
        let message =
            format!("{} is the identity of nobody here", quoted(&format!("[{namespace}/{name}]")));
        let right = format!("[{}/{}]", account.namespace.unwrap_or(namespace), account.name);
        let (field, label) = if account.name == name {
            ("namespace", "the ServiceAccount is in this namespace")
        } else {
            ("name", "there is this ServiceAccount")
        };
        let diagnostic = Diagnostic::new(Code::IamMember, binding.place.clone(), message)
            .help(format!("it is {}", quoted(&right)));
        let place = Place::value(format!("{}/metadata/{field}", account.pointer));
        found.push((binding.file, objects.see(diagnostic, binding.file, account, place, label)));
    }
}

/// The bindings that name nobody, each with the account that is meant.
fn misnamed<'s, 'a>(objects: &'s Objects<'a>) -> Vec<(&'s Binding, &'s Object<'a>)> {
    let mut all = Vec::new();
    for binding in &objects.iam.bindings {
        let Some((namespace, name)) = binding.named.subject() else { continue };
        let is_here = objects.named(name).any(|one| may_be_same(one.namespace, Some(namespace)))
            || objects.pods_of(Some(name), Some(namespace)).next().is_some()
            || (name == "default" && objects.pods_of(None, Some(namespace)).next().is_some());
        if is_here {
            continue;
        }
        let meant = objects.named(name).find(|one| is_meant(objects, binding, one));
        let near = || objects.near(name, Some(namespace));
        let meant = meant.or_else(|| near().filter(|one| is_meant(objects, binding, one)));
        all.extend(meant.map(|account| (binding, account)));
    }
    all
}

/// Whether a binding can be for an account, which has none itself: else both share what is bound.
fn is_meant(objects: &Objects<'_>, binding: &Binding, account: &Object<'_>) -> bool {
    let email = annotation(account, GSA_ANNOTATION).and_then(|email| email.as_str());
    let is_of = match (&binding.on, email) {
        (On::Account(on), Some(email)) if binding.role == WORKLOAD_IDENTITY_USER => {
            // Of some account, it may be of the one of another namespace.
            let id = on.split('@').next().unwrap_or_default();
            is_known(id) && binding.may_be_on(email)
        }
        (_, None) => binding.is_direct(),
        _ => false,
    };
    is_of
        && !objects.iam.bindings.iter().any(|other| {
            other.named.may_be(account.namespace, account.name)
                && match email {
                    Some(email) => other.may_let_act() && other.may_be_on(email),
                    None => true,
                }
        })
}

/// Both halves are needed: the annotation on the one side, the binding on the other.
pub(in crate::lint) fn pairs(objects: &Objects<'_>, found: &mut Found) {
    let told = misnamed(objects);
    let annotates = LazyCell::new(|| {
        let mut others = objects.all.iter().filter(|object| object.kind != "ServiceAccount");
        others.any(names_annotation)
    });
    for account in objects.accounts() {
        if told.iter().any(|(_, other)| std::ptr::eq(*other, account)) {
            continue;
        }
        match annotation(account, GSA_ANNOTATION).map(|email| email.as_str()) {
            Some(Some(email)) if is_email(email) => found.extend(unbound(objects, account, email)),
            None => found.extend(unannotated(objects, account).filter(|_| !*annotates)),
            // What is no e-mail is told already.
            Some(_) => {}
        }
    }
}

/// An account that is annotated, and not bound where all that is bound is here.
fn unbound(
    objects: &Objects<'_>,
    account: &Object<'_>,
    email: &str,
) -> Option<(usize, Diagnostic)> {
    let iam = objects.iam;
    let is_bound = iam.bindings.iter().any(|binding| {
        binding.may_let_act()
            && (binding.may_be_on(email) || binding.on == On::Wider)
            && binding.named.may_be(account.namespace, account.name)
    });
    if is_bound {
        return None;
    }
    let namespace = account.namespace.unwrap_or("NAMESPACE");
    let member = quoted(&format!("[{namespace}/{}]", account.name));
    let place = key_below(&account.pointer, "/metadata/annotations", GSA_ANNOTATION);
    if let Some((binding, other)) = bound_elsewhere(objects, account, email) {
        let message =
            format!("{member} is to act as {}, and is bound on {}", quoted(email), quoted(other));
        let diagnostic = Diagnostic::new(Code::IamBinding, Place::value(place.pointer), message)
            .help("name one account in both places");
        return Some((account.file, see(objects, diagnostic, account, binding, "bound here")));
    }
    let message = format!("no binding lets {member} act as {}", quoted(email));
    let diagnostic = Diagnostic::new(Code::IamBinding, place, message);
    let on_it = |binding: &&Binding| binding.acts_as() == Some(email);
    let is_here = iam.policies.iter().any(|one| one == email)
        || iam.bindings.iter().any(|binding| match &binding.on {
            // A script may not be all that binds.
            On::Account(on) => binding.from == From::Iam && !binding.is_command() && on == email,
            _ => false,
        });
    let other =
        iam.bindings.iter().find(|binding| on_it(binding) && binding.named.subject().is_some());
    match other {
        Some(binding) => {
            let help = format!("bind `{WORKLOAD_IDENTITY_USER}` to it, too");
            let label = "it is bound to these pods";
            Some((account.file, see(objects, diagnostic.help(help), account, binding, label)))
        }
        None if is_here => {
            let help = format!("bind `{WORKLOAD_IDENTITY_USER}` on the account to it");
            Some((account.file, diagnostic.help(help)))
        }
        None => None,
    }
}

/// A binding of these very pods on another account, which no manifest of theirs names.
fn bound_elsewhere<'s>(
    objects: &'s Objects<'_>,
    account: &Object<'_>,
    email: &str,
) -> Option<(&'s Binding, &'s str)> {
    let (binding, other) = bound(objects, account)
        .find_map(|binding| Some((binding, binding.acts_as().filter(|other| *other != email)?)))?;
    // One cluster may have the one account, and another cluster the other.
    let mut same = objects.named(account.name);
    let is_named = same.any(|one| annotation(one, GSA_ANNOTATION).is_some_and(|e| e == other));
    (!is_named).then_some((binding, other))
}

/// The bindings that let these pods, and no others, act as some account by its annotation.
fn bound<'s>(
    objects: &'s Objects<'_>,
    account: &Object<'_>,
) -> impl Iterator<Item = &'s Binding> + use<'s> {
    let (namespace, name) = (account.namespace.map(str::to_owned), account.name.to_owned());
    objects.iam.bindings.iter().filter(move |binding| {
        binding.role == WORKLOAD_IDENTITY_USER
            && matches!(binding.on, On::Account(_))
            && !binding.member.starts_with("principal")
            && binding.named.subject().is_some_and(|(of, account)| {
                account == name && namespace.as_deref().is_none_or(|namespace| namespace == of)
            })
    })
}

/// An account that is bound, and not annotated.
fn unannotated(objects: &Objects<'_>, account: &Object<'_>) -> Option<(usize, Diagnostic)> {
    // A script, a patch of kustomize or a slip that is told already; empty, it is switched off.
    let is_annotated = objects.iam.annotates
        || objects.named(account.name).any(|one| annotation(one, GSA_ANNOTATION).is_some())
        || annotations(account).is_some_and(|entries| entries.contains_key(GSA_ANNOTATION))
        || names_annotation(account);
    if is_annotated || objects.granted(account.name, account.namespace).is_some() {
        return None;
    }
    let binding = bound(objects, account).next()?;
    let act = match binding.acts_as() {
        Some(email) => format!("act as {}", quoted(email)),
        None => "act as a Google Cloud service account".to_owned(),
    };
    let message = format!("no annotation lets the pods of {} {act}", quoted(account.name));
    let place = Place::value(format!("{}/metadata/name", account.pointer));
    let help = format!("annotate it: `{GSA_ANNOTATION}: {}`", binding.acts_as().unwrap_or("EMAIL"));
    let diagnostic = Diagnostic::new(Code::MissingAnnotation, place, message).help(help);
    Some((account.file, see(objects, diagnostic, account, binding, "a binding does")))
}

/// Whether the annotation is in an object, in whichever spelling and place.
fn names_annotation(object: &Object<'_>) -> bool {
    let letters: String =
        object.value.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    letters.to_ascii_lowercase().contains("gcpserviceaccount")
}

fn see(
    objects: &Objects<'_>,
    found: Diagnostic,
    account: &Object<'_>,
    binding: &Binding,
    label: &str,
) -> Diagnostic {
    objects.see_place(found, account.file, binding.file, binding.place.clone(), label)
}
