//! Rules for the two halves of an identity: the annotation and the binding must name each other.

use std::cell::LazyCell;

use super::rule::Found;
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::google::accounts::is_email_in_known_domain;
use crate::google::names::{GSA_ANNOTATION, WORKLOAD_IDENTITY_USER};
use crate::observed::{Binding, BindingTarget, Object, Origin, World, can_be_same};

crate::diagnostics::declare_code! {
    IAM_MEMBER: Error = "iam-member",
    what: "A binding has a member that matches no identity of the manifests exactly, but almost: the same ServiceAccount in another namespace, or a name that differs by one letter.",
    why: "IAM does not check the member string: it accepts a binding that applies to nobody, and the pods get a 403.",
    example: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[default/books]\" --condition=None",
    instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --condition=None",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// A member that names almost a ServiceAccount of the manifests, and none exactly.
pub(super) fn misnamed(world: &World<'_>, found: &mut Found) {
    for (binding, account) in misnamed_bindings(world) {
        let Some((namespace, name)) = binding.subject.known_account() else { continue };
        let message =
            format!("no ServiceAccount here matches {}", quoted(&format!("[{namespace}/{name}]")));
        let right = format!("[{}/{}]", account.id.namespace.unwrap_or(namespace), account.id.name);
        let (field, label) = if account.id.name == name {
            ("namespace", "the ServiceAccount is in this namespace")
        } else {
            ("name", "the ServiceAccount that is probably meant")
        };
        let diagnostic = Diagnostic::new(Code::IAM_MEMBER, binding.place.clone(), message)
            .help(format!("did you mean {}?", quoted(&right)))
            .related(account.place(&format!("/metadata/{field}")), label);
        found.push(diagnostic);
    }
}

/// The bindings that name no ServiceAccount, each with the one that is meant.
fn misnamed_bindings<'w, 'a>(world: &'w World<'a>) -> Vec<(&'w Binding, &'w Object<'a>)> {
    let mut all = Vec::new();
    for binding in &world.bindings {
        let Some((namespace, name)) = binding.subject.known_account() else { continue };
        let is_here = world
            .accounts_named(name)
            .any(|account| can_be_same(account.id.namespace, Some(namespace)))
            || world.pods_of(Some(name), Some(namespace)).next().is_some()
            || (name == "default" && world.pods_of(None, Some(namespace)).next().is_some());
        if is_here {
            continue;
        }
        let is_meant = |account: &&Object<'_>| can_be_meant(world, binding, account);
        let meant = world
            .accounts_named(name)
            .find(is_meant)
            .or_else(|| world.similar_account(name, Some(namespace)).filter(is_meant));
        all.extend(meant.map(|account| (binding, account)));
    }
    all
}

/// Whether a binding can be meant for a ServiceAccount: it fits, and no other binding does.
fn can_be_meant(world: &World<'_>, binding: &Binding, account: &Object<'_>) -> bool {
    let email = account.annotation(GSA_ANNOTATION).and_then(|email| email.as_str());
    let fits = match (&binding.target, email) {
        (BindingTarget::ServiceAccount(target), Some(email))
            if binding.role.is(WORKLOAD_IDENTITY_USER) =>
        {
            // With an unknown ID it can be for an account of another namespace.
            target.is_known_before('@') && binding.can_be_on(email)
        }
        (_, None) => binding.is_direct(),
        _ => false,
    };
    fits && !world.bindings.iter().any(|other| {
        other.subject.can_be(account.id.namespace, account.id.name)
            && email.is_none_or(|email| other.can_let_act() && other.can_be_on(email))
    })
}

/// An annotation without a binding, or a binding without an annotation.
pub(super) fn unpaired(world: &World<'_>, found: &mut Found) {
    let misnamed = misnamed_bindings(world);
    let others_annotate = LazyCell::new(|| {
        let mut others = world.objects.all.iter().filter(|one| !one.id.is_service_account());
        others.any(mentions_annotation)
    });
    for account in world.accounts() {
        if misnamed.iter().any(|(_, meant)| std::ptr::eq(*meant, account)) {
            continue;
        }
        let diagnostic = match account.annotation(GSA_ANNOTATION).map(|email| email.as_str()) {
            Some(Some(email)) if is_email_in_known_domain(email) => unbound(world, account, email),
            None => unannotated(world, account).filter(|_| !*others_annotate),
            // Another rule reports what is no email.
            Some(_) => None,
        };
        found.extend(diagnostic);
    }
}

crate::diagnostics::declare_code! {
    IAM_BINDING: Error = "iam-binding",
    what: "A ServiceAccount is annotated with a Google Cloud service account, but that account's policy, or a script that binds others on it, has no binding for it.",
    why: "Both halves are needed: the annotation says which account the pods want to act as, the binding allows it.",
    example: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/orders]\" --condition=None",
    instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --condition=None",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// An annotated ServiceAccount without a binding, where all bindings are known.
fn unbound(world: &World<'_>, account: &Object<'_>, email: &str) -> Option<Diagnostic> {
    let is_bound = world.bindings.iter().any(|binding| {
        binding.can_let_act()
            && (binding.can_be_on(email) || binding.target == BindingTarget::Project)
            && binding.subject.can_be(account.id.namespace, account.id.name)
    });
    if is_bound {
        return None;
    }
    let namespace = account.id.namespace.unwrap_or("NAMESPACE");
    let member = quoted(&format!("[{namespace}/{}]", account.id.name));
    if let Some((binding, other)) = bound_elsewhere(world, account, email) {
        let message =
            format!("{member} is annotated with {}, but bound on {}", quoted(email), quoted(other));
        let place = account.annotation_value_place(GSA_ANNOTATION);
        let diagnostic = Diagnostic::new(Code::IAM_BINDING, place, message)
            .help("use the same service account in both places")
            .related(binding.place.clone(), "bound here");
        return Some(diagnostic);
    }
    let message = format!("no binding lets {member} act as {}", quoted(email));
    let place = account.annotation_place(GSA_ANNOTATION);
    let diagnostic = Diagnostic::new(Code::IAM_BINDING, place, message);
    let direct = world.bindings.iter().find(|binding| {
        binding.acts_as() == Some(email) && binding.subject.known_account().is_some()
    });
    if let Some(binding) = direct {
        let diagnostic = diagnostic
            .help(format!("also grant `{WORKLOAD_IDENTITY_USER}` to {member}"))
            .related(binding.place.clone(), "this binding names other pods");
        return Some(diagnostic);
    }
    // Other scripts, and other objects of Config Connector, can bind more.
    let is_policy_known = world.has_policy_of(email)
        || world.bindings.iter().any(|binding| match &binding.target {
            BindingTarget::ServiceAccount(on) => binding.origin == Origin::Policy && on.is(email),
            _ => false,
        });
    is_policy_known.then(|| {
        diagnostic
            .help(format!("grant `{WORKLOAD_IDENTITY_USER}` on the service account to {member}"))
    })
}

/// A binding of the same pods on another account, which no manifest names for them.
fn bound_elsewhere<'w>(
    world: &'w World<'_>,
    account: &Object<'_>,
    email: &str,
) -> Option<(&'w Binding, &'w str)> {
    let (binding, other) = bindings_of(world, account)
        .find_map(|binding| Some((binding, binding.acts_as().filter(|other| *other != email)?)))?;
    // Two clusters may have one account each.
    let mut same = world.accounts_named(account.id.name);
    let is_named = same.any(|one| one.annotation(GSA_ANNOTATION).is_some_and(|e| e == other));
    (!is_named).then_some((binding, other))
}

/// The bindings that let the pods of exactly this ServiceAccount act as another by its annotation.
fn bindings_of<'w>(
    world: &'w World<'_>,
    account: &Object<'_>,
) -> impl Iterator<Item = &'w Binding> + use<'w> {
    let (namespace, name) = (account.id.namespace.map(str::to_owned), account.id.name.to_owned());
    world.bindings.iter().filter(move |binding| {
        binding.role.is(WORKLOAD_IDENTITY_USER)
            && matches!(binding.target, BindingTarget::ServiceAccount(_))
            && !binding.member.as_str().starts_with("principal")
            && binding.subject.known_account().is_some_and(|(known, account)| {
                account == name && namespace.as_deref().is_none_or(|namespace| namespace == known)
            })
    })
}

crate::diagnostics::declare_code! {
    MISSING_ANNOTATION: Error = "missing-annotation",
    what: "A binding allows a ServiceAccount to act as a Google Cloud service account, but the ServiceAccount has no annotation for it.",
    why: "Both halves are needed. Without the annotation the pods get a token for their own principal, which has none of the account's roles. Nothing is reported if a script adds the annotations.",
    example: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n---\napiVersion: iam.cnrm.cloud.google.com/v1beta1\nkind: IAMPolicyMember\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  member: serviceAccount:my-project.svc.id.goog[shop/books]\n  role: roles/iam.workloadIdentityUser\n  resourceRef:\n    kind: IAMServiceAccount\n    external: projects/my-project/serviceAccounts/books@my-project.iam.gserviceaccount.com",
    instead: "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: books\n  namespace: shop\n  annotations:\n    iam.gke.io/gcp-service-account: books@my-project.iam.gserviceaccount.com\n---\napiVersion: iam.cnrm.cloud.google.com/v1beta1\nkind: IAMPolicyMember\nmetadata:\n  name: books\n  namespace: shop\nspec:\n  member: serviceAccount:my-project.svc.id.goog[shop/books]\n  role: roles/iam.workloadIdentityUser\n  resourceRef:\n    kind: IAMServiceAccount\n    external: projects/my-project/serviceAccounts/books@my-project.iam.gserviceaccount.com",
    source: crate::diagnostics::references::WORKLOAD_IDENTITY,
}

/// A bound ServiceAccount without an annotation.
fn unannotated(world: &World<'_>, account: &Object<'_>) -> Option<Diagnostic> {
    // A script or a patch of Kustomize annotates it, it is misspelt, or it is empty: switched off.
    let is_annotated = world.iam_files.iter().any(|file| file.can_annotate)
        || world
            .accounts_named(account.id.name)
            .any(|one| one.annotation(GSA_ANNOTATION).is_some())
        || account.annotations().is_some_and(|entries| entries.contains_key(GSA_ANNOTATION))
        || mentions_annotation(account);
    if is_annotated || world.direct_grant(account.id.name, account.id.namespace).is_some() {
        return None;
    }
    let binding = bindings_of(world, account).next()?;
    let email = binding.acts_as();
    let message = format!(
        "{} lacks the annotation for {}",
        account.id,
        email.map_or("its Google Cloud service account".to_owned(), quoted)
    );
    let help = format!("add the annotation `{GSA_ANNOTATION}: {}`", email.unwrap_or("EMAIL"));
    let place = account.place("/metadata/name");
    let diagnostic = Diagnostic::new(Code::MISSING_ANNOTATION, place, message).help(help);
    Some(diagnostic.related(binding.place.clone(), "the binding"))
}

/// Whether an object has the annotation somewhere, in any spelling.
fn mentions_annotation(object: &Object<'_>) -> bool {
    let letters: String =
        object.value.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    letters.to_ascii_lowercase().contains("gcpserviceaccount")
}
