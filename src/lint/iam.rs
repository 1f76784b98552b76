//! The other half of the chain: what gcloud scripts and policies of IAM say of the identities.

mod bindings;

use indexmap::IndexMap;

use super::Found;
use super::key_below;
use super::objects::{Objects, annotation, may_be_same};
use crate::diagnostic::{Code, Diagnostic, nearest, quoted};
use crate::grammar::{GSA_ANNOTATION, WORKLOAD_IDENTITY_USER};
use crate::source::Source;
use bindings::{Binding, On};

/// Reads the files behind the manifests, and joins both.
pub(super) fn check(objects: &Objects<'_>, sources: &[Source], found: &mut Found) {
    let first = objects.files();
    let mut all = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        match bindings::read(source) {
            Ok(bindings) => all.extend(bindings.into_iter().map(|one| (first + index, one))),
            Err(errors) => found.extend(errors.into_iter().map(|one| (first + index, one))),
        }
    }
    for (file, binding) in &all {
        let mut push = |diagnostic| found.push((*file, diagnostic));
        if binding.role == WORKLOAD_IDENTITY_USER && binding.on == On::Wider {
            let message = format!(
                "{} here lets the pods act as every service account of it",
                quoted(WORKLOAD_IDENTITY_USER)
            );
            push(Diagnostic::new(Code::WorkloadIdentityUser, binding.place.clone(), message).help(
                "bind it on the one account: `gcloud iam service-accounts add-iam-policy-binding`",
            ));
        }
        if binding.member.starts_with("deleted:") {
            let message = format!("{} is gone", quoted(&binding.member));
            push(
                Diagnostic::new(Code::DeletedMember, binding.place.clone(), message)
                    .help("take the binding away; an account of the same name is another account"),
            );
        }
        if let Some(diagnostic) = misnamed(objects, binding) {
            push(diagnostic);
        }
    }
    unbound(objects, &all, found);
}

/// A member that names nearly an identity of the manifests, and none.
fn misnamed(objects: &Objects<'_>, binding: &Binding) -> Option<Diagnostic> {
    let (namespace, account) = subject(&binding.member)?;
    let accounts = || objects.named(account);
    if accounts().any(|one| may_be_same(one.namespace, Some(namespace)))
        || objects.pods_of(Some(account), Some(namespace)).next().is_some()
        || (account == "default" && objects.pods_of(None, Some(namespace)).next().is_some())
    {
        return None;
    }
    let member = quoted(&format!("[{namespace}/{account}]"));
    let message = format!("{member} is the identity of nobody here");
    let diagnostic = Diagnostic::new(Code::IamMember, binding.place.clone(), message);
    if let Some(of) = accounts().find_map(|one| one.namespace) {
        return Some(diagnostic.help(format!(
            "the ServiceAccount {} is in namespace {}: `[{of}/{account}]`",
            quoted(account),
            quoted(of)
        )));
    }
    let beside = objects.accounts().filter(|one| may_be_same(one.namespace, Some(namespace)));
    let near = nearest(account, beside.map(|one| one.name), 2)?;
    let help = format!("there is a ServiceAccount {}: `[{namespace}/{near}]`", quoted(near));
    Some(diagnostic.help(help))
}

/// Namespace and ServiceAccount of a member that is a pod's. Sources: GKE, "Authenticate to Google
/// Cloud APIs from GKE workloads"; "About Workload Identity Federation for GKE", principal
/// identifiers.
fn subject(member: &str) -> Option<(&str, &str)> {
    let (namespace, account) = if let Some(rest) = member.strip_prefix("serviceAccount:") {
        rest.split_once(".svc.id.goog[")?.1.strip_suffix(']')?.split_once('/')?
    } else {
        let rest = member.strip_prefix("principal://")?;
        rest.split_once("/subject/ns/")?.1.split_once("/sa/")?
    };
    // What a shell would fill in, nobody knows here.
    let known = |name: &str| !name.is_empty() && !name.contains(['$', '{']);
    (known(namespace) && known(account)).then_some((namespace, account))
}

/// An account that is annotated, and whose policy is here without a binding for it.
fn unbound(objects: &Objects<'_>, all: &[(usize, Binding)], found: &mut Found) {
    let mut policies: IndexMap<&str, Vec<(&str, &str)>> = IndexMap::new();
    for (_, binding) in all {
        if let On::Account(email) = &binding.on {
            let members = policies.entry(email).or_default();
            if binding.role == WORKLOAD_IDENTITY_USER {
                members.extend(subject(&binding.member));
            }
        }
    }
    for account in objects.accounts() {
        let Some(email) = annotation(account, GSA_ANNOTATION).and_then(|email| email.as_str())
        else {
            continue;
        };
        let Some(members) = policies.get(email) else { continue };
        let is_bound = members.iter().any(|(namespace, name)| {
            *name == account.name && account.namespace.is_none_or(|of| of == *namespace)
        });
        if is_bound {
            continue;
        }
        let place = key_below(&account.pointer, "/metadata/annotations", GSA_ANNOTATION);
        let namespace = account.namespace.unwrap_or("NAMESPACE");
        let message = format!(
            "no binding lets {} act as {}",
            quoted(&format!("[{namespace}/{}]", account.name)),
            quoted(email)
        );
        let help = match members.first() {
            Some((namespace, name)) => {
                format!("`{WORKLOAD_IDENTITY_USER}` is bound to `[{namespace}/{name}]`")
            }
            None => format!("bind `{WORKLOAD_IDENTITY_USER}` on the account to it"),
        };
        found.push((account.file, Diagnostic::new(Code::IamBinding, place, message).help(help)));
    }
}

#[cfg(test)]
mod tests {
    use super::subject;

    #[test]
    fn members_of_pods() {
        assert_eq!(subject("serviceAccount:p.svc.id.goog[n/a]"), Some(("n", "a")));
        assert_eq!(subject("serviceAccount:p.eu0.svc.id.goog[n/a]"), Some(("n", "a")));
        let principal = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog/subject/ns/n/sa/a.b";
        assert_eq!(subject(principal), Some(("n", "a.b")));
        for other in [
            "user:a@b.c",
            "serviceAccount:a@p.iam.gserviceaccount.com",
            "serviceAccount:p.svc.id.goog[$NS/a]",
        ] {
            assert_eq!(subject(other), None, "{other}");
        }
    }
}
