//! Rules for scripts: what could not be read, and commands that do not fit each other or the pods.

use std::collections::{HashMap, HashSet};

use super::annotations::key_problem;
use super::rule::Found;
use crate::chain::email_problem;
use crate::diagnostics::suggest::NameSketch;
use crate::diagnostics::{Code, Diagnostic, Location, Severity, quoted};
use crate::google::members;
use crate::google::names::GSA_ANNOTATION;
use crate::observed::{Binding, BindingTarget, ScriptAccount, Setting, World};

/// What mentions a binding, and was not read.
pub(super) fn unread(world: &World<'_>, found: &mut Found) {
    for one in &world.facts.unread {
        found
            .push(Diagnostic::new(Code::NOTHING_BOUND, one.place.clone(), one.message.clone()).help(
            "what it binds is not checked; write out the whole command or policy, with its values",
        ));
    }
}

crate::diagnostics::declare_code! {
    REPEATED_FLAG: Warning = "repeated-flag",
    what: "A command of gcloud has a flag twice, with different values.",
    why: "gcloud uses the last value and ignores the others without a message: what the first one names is not bound.",
    example: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --member=\"serviceAccount:my-project.svc.id.goog[shop/orders]\" --condition=None",
    instead: "for name in books orders; do\n  gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/$name]\" --condition=None\ndone",
}

/// A flag of which only the last value counts.
pub(super) fn repeated_flags(world: &World<'_>, found: &mut Found) {
    for one in &world.facts.repeated_flags {
        let message =
            format!("gcloud uses this value of {} and ignores the other", quoted(one.flag));
        found.push(
            Diagnostic::new(Code::REPEATED_FLAG, one.last.clone(), message)
                .related(one.earlier.clone(), "ignored")
                .help("write one command for each value"),
        );
    }
}

/// A member in a pool that no cluster has: none of the same script, or else none at all if the names are
/// almost the same.
pub(super) fn pools(world: &World<'_>, found: &mut Found) {
    let known = world.facts.clusters.iter().filter_map(|cluster| match &cluster.pool {
        Setting::Is(pool) => Some((pool.as_known()?, cluster, cluster.pool_place.as_ref()?)),
        Setting::Unknown | Setting::Absent => None,
    });
    let known: Vec<_> = known.collect();
    for binding in &world.bindings {
        let Some(pool) = pool_of(binding).filter(|_| !known.is_empty()) else { continue };
        let is_beside = |place: &Location| place.source == binding.place.source;
        let beside = known.iter().any(|(.., place)| is_beside(place));
        let mut clusters: Vec<_> =
            known.iter().filter(|(.., place)| !beside || is_beside(place)).collect();
        clusters.dedup_by_key(|(pool, ..)| *pool);
        let [(other, cluster, place)] = clusters.as_slice() else { continue };
        let is_slip = NameSketch::new(pool).is_slip_of(NameSketch::new(other));
        if *other == pool || !(beside || is_slip) {
            continue;
        }
        let message = format!(
            "the member is of the pool {}, and the cluster has {}",
            quoted(pool),
            quoted(other)
        );
        let mut diagnostic = Diagnostic::new(Code::IAM_MEMBER, binding.place.clone(), message)
            .help("use the pool of the cluster that the pods run in")
            .related((*place).clone(), "the pool of the cluster");
        // The project can be one of several.
        if !is_slip && cluster.is_pool_of_project {
            diagnostic.severity = Severity::Warning;
        }
        found.push(diagnostic);
    }
}

/// The pool of the pods that a member names.
fn pool_of(binding: &Binding) -> Option<&str> {
    binding.subject.known_account()?;
    members::pool(binding.member.as_known()?)
}

/// A binding on an account that nothing makes, in a script that makes one with almost this name.
pub(super) fn accounts(world: &World<'_>, found: &mut Found) {
    let made = world.facts.google_accounts.iter();
    let made: Vec<_> = made.filter_map(|one| Some((one.email.as_known()?, &one.place))).collect();
    let emails: HashSet<&str> = made.iter().map(|(email, _)| *email).collect();
    for binding in world.bindings.iter().filter(|one| one.is_command()) {
        let target = match &binding.target {
            BindingTarget::ServiceAccount(target) => target.as_known(),
            _ => None,
        };
        let member = || binding.member.as_known()?.strip_prefix("serviceAccount:");
        let Some(email) = target.or_else(member).filter(|email| !emails.contains(email)) else {
            continue;
        };
        let is_meant = |(known, place): &&(&str, &Location)| {
            let (Some(ours), Some(theirs)) = (email.split_once('@'), known.split_once('@')) else {
                return false;
            };
            let is_slip = |one, other| NameSketch::new(one).is_slip_of(NameSketch::new(other));
            place.source == binding.place.source
                && (ours.1 == theirs.1 && is_slip(ours.0, theirs.0)
                    || ours.0 == theirs.0 && target.is_some())
        };
        if let Some((known, place)) = made.iter().find(is_meant) {
            let message = format!("nothing here makes the service account {}", quoted(email));
            let mut finding = Diagnostic::new(Code::IAM_BINDING, binding.place.clone(), message)
                .help(format!("did you mean {}?", quoted(known)))
                .related((*place).clone(), "made here");
            // One of another project can be meant.
            if known.split('@').next() == email.split('@').next() {
                finding.severity = Severity::Warning;
            }
            found.push(finding);
        }
    }
}

/// A member for a ServiceAccount that the same script makes in another namespace.
pub(super) fn namespaces(world: &World<'_>, found: &mut Found) {
    let mut accounts: HashMap<&str, Vec<&ScriptAccount>> = HashMap::new();
    for account in &world.facts.script_accounts {
        accounts.entry(account.name.as_known().unwrap_or_default()).or_default().push(account);
    }
    let bound: HashSet<_> =
        world.bindings.iter().filter_map(|one| one.subject.known_account()).collect();
    for binding in world.bindings.iter().filter(|one| one.is_command()) {
        let Some((namespace, name)) = binding.subject.known_account() else { continue };
        // Manifests know better.
        if world.accounts_named(name).next().is_some() || world.uses_of(name, None).next().is_some()
        {
            continue;
        }
        let made = accounts.get(name).into_iter().flatten();
        let made = made.filter(|one| one.place.source == binding.place.source);
        let other = made.clone().find_map(|one| Some((one.namespace.as_known()?, &one.place)));
        let is_here = made.clone().any(|one| one.namespace.can_be(namespace));
        let is_bound = |other: &str| bound.contains(&(other, name));
        let Some((other, place)) = other.filter(|(other, _)| !is_here && !is_bound(other)) else {
            continue;
        };
        let message =
            format!("no ServiceAccount here matches {}", quoted(&format!("[{namespace}/{name}]")));
        found.push(
            Diagnostic::new(Code::IAM_MEMBER, binding.place.clone(), message)
                .help(format!("did you mean {}?", quoted(&format!("[{other}/{name}]"))))
                .related(place.clone(), "made in this namespace"),
        );
    }
}

/// Annotations that a script or Terraform sets.
pub(super) fn annotations(world: &World<'_>, found: &mut Found) {
    for account in &world.facts.script_accounts {
        for one in &account.annotations {
            let Some(key) = one.key.as_known() else { continue };
            found.extend(key_problem(key, one.place.clone()).map(|mut problem| {
                // It is only a part of the word.
                problem.fix = None;
                problem
            }));
            let Some(email) = one.value.as_known().filter(|_| key == GSA_ANNOTATION) else {
                continue;
            };
            found.extend(email_problem(email, one.place.clone()).map(|mut problem| {
                problem.fix = None;
                problem
            }));
            let (Some(namespace), Some(name)) =
                (account.namespace.as_known(), account.name.as_known())
            else {
                continue;
            };
            let mut acting = world.bindings.iter().filter(|binding| {
                binding.is_command()
                    && binding.acts_as().is_some()
                    && binding.subject.known_account() == Some((namespace, name))
            });
            let other = acting.clone().next();
            let is_bound = acting.any(|binding| match &binding.target {
                BindingTarget::ServiceAccount(on) => on.can_be(email),
                _ => false,
            });
            if let Some((other, on)) =
                other.and_then(|other| Some((other, other.acts_as()?))).filter(|_| !is_bound)
            {
                let message = format!(
                    "{} is annotated with {}, but bound on {}",
                    quoted(&format!("[{namespace}/{name}]")),
                    quoted(email),
                    quoted(on)
                );
                found.push(
                    Diagnostic::new(Code::IAM_BINDING, one.place.clone(), message)
                        .help("use the same service account in both places")
                        .related(other.place.clone(), "bound here"),
                );
            }
        }
    }
}
