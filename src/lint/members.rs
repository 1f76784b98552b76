//! Rules for each binding by itself.

use super::rule::Found;
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::observed::{BindingTarget, Origin, World};

/// A file of IAM that binds nothing.
pub(super) fn nothing_bound(world: &World<'_>, found: &mut Found) {
    for file in &world.files_without_bindings {
        let diagnostic = Diagnostic::new(Code::NothingBound, Place::text(0..0), "nothing is bound here")
            .help("`--iam` takes scripts with `gcloud … add-iam-policy-binding`, and policies as `gcloud … get-iam-policy` prints them");
        found.push((*file, diagnostic));
    }
}

/// A command that asks for a condition, and stops, where the policy has one.
pub(super) fn missing_condition(world: &World<'_>, found: &mut Found) {
    for binding in &world.bindings {
        if let Origin::Command { verb, lacks_condition: true } = &binding.origin {
            let message =
                "without `--condition` gcloud refuses this where the policy has a condition";
            let diagnostic = Diagnostic::new(Code::MissingCondition, verb.clone(), message);
            found.push((binding.file, diagnostic.help("add `--condition=None`")));
        }
    }
}

/// A role that lets pods act as every account of a project.
pub(super) fn bound_on_project(world: &World<'_>, found: &mut Found) {
    for binding in &world.bindings {
        if binding.role.is(WORKLOAD_IDENTITY_USER) && binding.target == BindingTarget::Project {
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
pub(super) fn deleted(world: &World<'_>, found: &mut Found) {
    for binding in &world.bindings {
        let member = binding.member.as_str();
        if member.starts_with("deleted:") {
            let message = format!("{} is gone", quoted(member));
            let diagnostic = Diagnostic::new(Code::DeletedMember, binding.place.clone(), message)
                .help("take the binding away; an account of the same name is another account");
            found.push((binding.file, diagnostic));
        }
    }
}

/// A member that IAM does not know. Source: GKE, "About Workload Identity Federation for GKE",
/// principal identifiers; `principal` and `principalSet` are case-sensitive.
pub(super) fn malformed(world: &World<'_>, found: &mut Found) {
    for binding in &world.bindings {
        let Some(member) = binding.member.as_known() else { continue };
        if let Some((message, help)) = malformation(member, binding.is_command()) {
            let diagnostic = Diagnostic::new(Code::IamMember, binding.place.clone(), message);
            found.push((binding.file, diagnostic.help(help)));
        }
    }
}

/// What is wrong with a member, and how to put it right.
fn malformation(member: &str, is_command: bool) -> Option<(String, String)> {
    const SCHEMES: [&str; 2] = ["principal", "principalSet"];
    let unknown = |what: &str| format!("{} is no kind of member", quoted(what));
    let scheme = member.split_once("://").map_or("", |(scheme, _)| scheme);
    if let Some(right) = SCHEMES.into_iter().find(|right| right.eq_ignore_ascii_case(scheme)) {
        if right != scheme {
            return Some((unknown(&format!("{scheme}://")), format!("it is `{right}://`")));
        }
        let (project, rest) = member.split_once("/projects/")?.1.split_once('/')?;
        let is_id = project.starts_with(|c: char| c.is_ascii_lowercase());
        return (is_id && rest.contains(".svc.id.goog")).then(|| {
            (
                format!("{} is the ID of a project, not its number", quoted(project)),
                format!(
                    "`gcloud projects describe {project} --format='value(projectNumber)'` says the number"
                ),
            )
        });
    }
    let names_pods = member.contains(".svc.id.goog[");
    if is_command && names_pods && member.contains('$') {
        return Some((
            format!("{} is bound as it stands", quoted(member)),
            "nothing is filled in between single quotes: take double ones".to_owned(),
        ));
    }
    (names_pods && !member.contains(':'))
        .then(|| (unknown(member), format!("`serviceAccount:{member}`")))
}
