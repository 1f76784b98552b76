//! The other half of the chain: what gcloud scripts, policies of IAM and Config Connector say of the
//! identities.

mod bindings;
mod connector;
mod member;
mod pairs;
mod policy;
mod script;
mod shell;

use super::Found;
use super::objects::Objects;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, quoted};
use crate::google::names::WORKLOAD_IDENTITY_USER;
pub(super) use bindings::Binding;
use bindings::On;
pub(super) use pairs::{members, pairs};

/// What is bound, as far as the files say it.
#[derive(Debug, Default)]
pub(super) struct Iam {
    pub(super) bindings: Vec<Binding>,
    /// The e-mails of the accounts whose whole policies are here.
    policies: Vec<String>,
    /// Whether a script annotates accounts itself.
    annotates: bool,
}

/// Reads the files behind the manifests, and what the manifests bind themselves.
pub(super) fn read(
    objects: &Objects<'_>,
    sources: &[Source],
    first: usize,
    found: &mut Found,
) -> Iam {
    let mut iam = Iam { bindings: connector::read(objects), ..Iam::default() };
    for (index, source) in sources.iter().enumerate() {
        let file = first + index;
        let reading = bindings::read(source);
        iam.bindings.extend(reading.bindings.into_iter().map(|one| Binding { file, ..one }));
        iam.policies.extend(reading.policies);
        iam.annotates |= script::annotates(source);
        found.extend(reading.found.into_iter().map(|one| (file, one)));
    }
    iam
}

/// On a project the role is for every account of it.
pub(super) fn wide(objects: &Objects<'_>, found: &mut Found) {
    for binding in &objects.iam.bindings {
        if binding.role == WORKLOAD_IDENTITY_USER && binding.on == On::Wider {
            let message = format!(
                "{} here lets the pods act as every service account of it",
                quoted(WORKLOAD_IDENTITY_USER)
            );
            let diagnostic =
                Diagnostic::new(Code::WorkloadIdentityUser, binding.place.clone(), message);
            found.push((binding.file, diagnostic.help(
                "bind it on the one account: `gcloud iam service-accounts add-iam-policy-binding`",
            )));
        }
    }
}

/// A member that was deleted.
pub(super) fn deleted(objects: &Objects<'_>, found: &mut Found) {
    for binding in &objects.iam.bindings {
        if binding.member.starts_with("deleted:") {
            let message = format!("{} is gone", quoted(&binding.member));
            let diagnostic = Diagnostic::new(Code::DeletedMember, binding.place.clone(), message)
                .help("take the binding away; an account of the same name is another account");
            found.push((binding.file, diagnostic));
        }
    }
}

/// A member that is written as none is. Source: GKE, "About Workload Identity Federation for GKE",
/// principal identifiers; `principal` and `principalSet` are case-sensitive.
pub(super) fn forms(objects: &Objects<'_>, found: &mut Found) {
    for binding in &objects.iam.bindings {
        let member = binding.member.as_str();
        if !member::is_known(member) {
            continue;
        }
        let mut push = |message: String, help: String| {
            let diagnostic = Diagnostic::new(Code::IamMember, binding.place.clone(), message);
            found.push((binding.file, diagnostic.help(help)));
        };
        let scheme = member.split_once("://").map_or("", |(scheme, _)| scheme);
        let right = ["principal", "principalSet"]
            .into_iter()
            .find(|right| right.eq_ignore_ascii_case(scheme));
        if let Some(right) = right {
            let project =
                member.split_once("/projects/").and_then(|(_, rest)| rest.split_once('/'));
            if right != scheme {
                push(
                    format!("{} is no kind of member", quoted(&format!("{scheme}://"))),
                    format!("it is `{right}://`"),
                );
            } else if let Some((project, rest)) = project
                && rest.contains(".svc.id.goog")
                && project.starts_with(|c: char| c.is_ascii_lowercase())
            {
                push(
                    format!("{} is the ID of a project, not its number", quoted(project)),
                    format!(
                        "`gcloud projects describe {project} --format='value(projectNumber)'` says the number"
                    ),
                );
            }
        } else if binding.is_command() && member.contains(".svc.id.goog[") && member.contains('$') {
            push(
                format!("{} is bound as it stands", quoted(member)),
                "nothing is filled in between single quotes: take double ones".to_owned(),
            );
        } else if member.contains(".svc.id.goog[") && !member.contains(':') {
            push(
                format!("{} is no kind of member", quoted(member)),
                format!("`serviceAccount:{member}`"),
            );
        }
    }
}
