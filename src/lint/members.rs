//! Rules for each binding by itself.

use super::rule::Found;
use crate::chain;
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::observed::{BindingTarget, Origin, World};

crate::diagnostics::declare_code! {
    NOTHING_BOUND: Warning = "nothing-bound",
    what: "A file given with `--iam` contains no binding that wigen can read, or mentions one that it could not read.",
    why: "Its bindings would be missed without a message. wigen reads `gcloud … add-iam-policy-binding` in scripts, Makefiles, workflows, blocks of code and lists of strings, and what `gcloud … get-iam-policy` and `terraform show -json` print. It does not follow variables of HCL, files that a script writes, commands that a program puts together, or values that come from other commands, such as `$(…)`, `read` and `xargs`.",
    example: "gcloud container clusters list",
    instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --condition=None",
}

/// A file of IAM that binds nothing.
pub(super) fn nothing_bound(world: &World<'_>, found: &mut Found) {
    for file in world.iam_files.iter().filter(|file| !file.is_understood) {
        let diagnostic = Diagnostic::new(Code::NOTHING_BOUND, Location::text(0..0).in_source(file.source), "this file binds no roles")
            .help("`--iam` reads scripts with `gcloud … add-iam-policy-binding`, policies that `gcloud … get-iam-policy` printed, Terraform modules and what `terraform show -json` printed, and objects of Config Connector");
        found.push(diagnostic);
    }
}

crate::diagnostics::declare_code! {
    MISSING_CONDITION: Warning = "missing-condition",
    what: "A script binds a role without `--condition`, using a command that supports this flag.",
    why: "Once any binding of the policy has a condition, gcloud asks which one you mean; in a script it fails. `--condition=None` says that there is none.",
    example: "gcloud projects add-iam-policy-binding my-project --role=roles/viewer --member=user:a@example.com",
    instead: "gcloud projects add-iam-policy-binding my-project --role=roles/viewer --member=user:a@example.com --condition=None",
    source: "gcloud, projects add-iam-policy-binding: https://cloud.google.com/sdk/gcloud/reference/projects/add-iam-policy-binding",
}

/// A command that asks for a condition, and stops, where the policy has one.
pub(super) fn missing_condition(world: &World<'_>, found: &mut Found) {
    for binding in &world.bindings {
        if let Origin::Command { verb, lacks_condition: true } = &binding.origin {
            let message =
                "without `--condition`, gcloud fails if the policy has a conditional binding";
            let diagnostic = Diagnostic::new(Code::MISSING_CONDITION, verb.clone(), message);
            found.push(diagnostic.help("add `--condition=None`"));
        }
    }
}

/// A role that lets pods act as every account of a project.
pub(super) fn bound_on_project(world: &World<'_>, found: &mut Found) {
    for binding in &world.bindings {
        if binding.role.is(WORKLOAD_IDENTITY_USER) && binding.target == BindingTarget::Project {
            let message = format!(
                "{} on this level lets the pods act as every service account in it",
                quoted(WORKLOAD_IDENTITY_USER)
            );
            let diagnostic =
                Diagnostic::new(Code::WORKLOAD_IDENTITY_USER, binding.place.clone(), message);
            found.push(diagnostic.help(
                "bind it on one service account: `gcloud iam service-accounts add-iam-policy-binding`",
            ));
        }
    }
}

crate::diagnostics::declare_code! {
    DELETED_MEMBER: Warning = "deleted-member",
    what: "A policy has a member that starts with `deleted:`.",
    why: "The account was deleted, its bindings remain. An account that is recreated with the same name is a new one and has none of them.",
    example: "gcloud iam service-accounts add-iam-policy-binding x@my-project.iam.gserviceaccount.com --role=roles/viewer --member=deleted:serviceAccount:a@my-project.iam.gserviceaccount.com?uid=1 --condition=None",
    instead: "gcloud iam service-accounts add-iam-policy-binding books@my-project.iam.gserviceaccount.com --role=roles/iam.workloadIdentityUser --member=\"serviceAccount:my-project.svc.id.goog[shop/books]\" --condition=None",
    source: "googleapis, google/iam/v1/policy.proto: https://github.com/googleapis/googleapis/blob/master/google/iam/v1/policy.proto",
}

/// A member that was deleted.
pub(super) fn deleted(world: &World<'_>, found: &mut Found) {
    for binding in &world.bindings {
        let member = binding.member.as_str();
        if member.starts_with("deleted:") {
            let message = format!("{} was deleted", quoted(member));
            let diagnostic = Diagnostic::new(Code::DELETED_MEMBER, binding.place.clone(), message)
                .help("remove the binding; a new account with the same name does not get it back");
            found.push(diagnostic);
        }
    }
}

/// A member that IAM does not know, or that bash was to fill in.
pub(super) fn malformed(world: &World<'_>, found: &mut Found) {
    for binding in &world.bindings {
        let Some(member) = binding.member.as_known() else { continue };
        if binding.is_command() && member.contains(".svc.id.goog[") && member.contains('$') {
            let message = format!("{} is bound literally", quoted(member));
            let diagnostic = Diagnostic::new(Code::IAM_MEMBER, binding.place.clone(), message);
            found.push(diagnostic.help("bash expands nothing in single quotes; use double quotes"));
        } else {
            found.extend(chain::malformed(binding));
        }
    }
}

/// A role that is misspelt.
pub(super) fn roles(world: &World<'_>, found: &mut Found) {
    found.extend(world.bindings.iter().filter_map(chain::misspelt_role));
}
