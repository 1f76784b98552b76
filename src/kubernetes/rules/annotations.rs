//! Annotations of pods that Kubernetes reads.

use serde_json::Value;

use super::findings::conflict;
use super::forms::is_relative_path;
use super::place::Place;
use super::rule::Found;
use super::view::{Entry, PodView, WorkloadView};
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Location, quoted, similar};
use crate::kubernetes::version::Version;

const SECCOMP_OF_PODS: &str = "seccomp.security.alpha.kubernetes.io/pod";

/// Their values are what Kubernetes can read.
pub(super) fn known(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    for Entry { table, key, value } in &pod.annotations {
        let root = Place::Root(table);
        let place = root.at(key);
        let invalid =
            |message: String| Diagnostic::new(Code::INVALID_VALUE, place.value(), message);
        if let Some(name) = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/") {
            if !pod.containers.iter().any(|it| it.name == name) {
                let message = format!("there is no container {}", quoted(name));
                let missing = Diagnostic::new(Code::UNKNOWN_VALUE, place.key(), message);
                let known = pod.containers.iter().map(|it| it.name);
                found.push(match similar(name, known) {
                    Some(known) => missing.help(format!("there is {}", quoted(known))),
                    None => {
                        missing.help("`securityContext.appArmorProfile` replaces this annotation")
                    }
                });
            }
            let is_profile = ["", "runtime/default", "unconfined"].contains(value);
            if !is_profile && !value.starts_with("localhost/") {
                found.push(invalid(format!("{} is not an AppArmor profile", quoted(value))).help(
                    "the profiles are `runtime/default`, `unconfined`, and `localhost/` with a name",
                ));
            }
        } else if *key == SECCOMP_OF_PODS
            || key.starts_with("container.seccomp.security.alpha.kubernetes.io/")
        {
            let is_profile = ["runtime/default", "docker/default", "unconfined"].contains(value);
            let local = value.strip_prefix("localhost/");
            let is_local = local.is_some_and(is_relative_path);
            if !is_profile && !is_local {
                found.push(
                    invalid(format!("{} is not a seccomp profile", quoted(value))).help(
                        "remove it: `securityContext.seccompProfile` replaces this annotation",
                    ),
                );
            }
        } else if *key == "kubernetes.io/config.mirror" && pod.string("nodeName").is_empty() {
            let message = "this annotation is for pods of a node, which have a `nodeName`";
            found.push(conflict(place.key(), message).help("remove it: the kubelet sets it"));
        } else if *key == "scheduler.alpha.kubernetes.io/tolerations"
            && !value.is_empty()
            && serde_json::from_str::<Vec<Value>>(value).is_err()
        {
            found.push(
                invalid("the value is not a JSON list".to_owned())
                    .help("`pod.tolerations` replaces it"),
            );
        } else if *key == "controller.kubernetes.io/pod-deletion-cost" {
            let is_plain =
                *value == "0" || value.starts_with(|c| ('1'..='9').contains(&c) || c == '-');
            if value.parse::<i32>().is_err() || !is_plain {
                found.push(invalid(format!("{} is not a 32-bit integer", quoted(value))));
            }
        }
    }
}

/// Where an annotation and a field set the same profile, they agree.
pub(super) fn agree_with_fields(
    _: &WorkloadView<'_>,
    pod: &PodView<'_>,
    _: Version,
    found: &mut Found,
) {
    let of_pod = pod.get("securityContext").unwrap_or(&Value::Null);
    let profile = |profile: &Value| match profile["type"].as_str() {
        Some("Localhost") => {
            Some(format!("localhost/{}", profile["localhostProfile"].as_str().unwrap_or_default()))
        }
        Some("RuntimeDefault") => Some("runtime/default".to_owned()),
        Some("Unconfined") => Some("unconfined".to_owned()),
        _ => None,
    };
    for Entry { table, key, value } in &pod.annotations {
        let container = |prefix: &str| {
            let name = key.strip_prefix(prefix)?;
            pod.containers.iter().find(|container| container.name == name)
        };
        let is_seccomp_of_pod = *key == SECCOMP_OF_PODS;
        let seccomp = container("container.seccomp.security.alpha.kubernetes.io/");
        let apparmor = container("container.apparmor.security.beta.kubernetes.io/");
        let field = if is_seccomp_of_pod {
            &of_pod["seccompProfile"]
        } else if let Some(container) = seccomp {
            &container.field("securityContext")["seccompProfile"]
        } else if let Some(container) = apparmor {
            let own = &container.field("securityContext")["appArmorProfile"];
            if own.is_null() { &of_pod["appArmorProfile"] } else { own }
        } else {
            continue;
        };
        let is_default = *value == "docker/default" && apparmor.is_none();
        let annotated = if is_default { "runtime/default" } else { value };
        // Another finding says so where the annotation names no profile at all.
        let is_profile = matches!(annotated, "runtime/default" | "unconfined")
            || annotated.is_empty() && apparmor.is_some()
            || annotated.starts_with("localhost/");
        if is_profile && profile(field).is_some_and(|field| field != annotated) {
            let place = Location::value(join(table, key));
            let message = "the profile in `securityContext` is different";
            let wrong = conflict(place, message);
            found.push(wrong.help("remove the annotation"));
        }
    }
}
