//! Rules for the operating system of pods.

use serde_json::Value;

use super::findings::{conflict, is_empty};
use super::rule::Found;
use super::view::{ContainerView, PodView, WorkloadView};
use crate::diagnostics::{Location, quoted};
use crate::kubernetes::version::Version;

/// Fields of the security context of pods that only Linux has.
const NOT_FOR_WINDOWS: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];

/// Fields of the security context of containers that only Linux has.
const NOT_FOR_WINDOWS_CONTAINERS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// Pods and containers have no fields that are for another operating system.
pub(super) fn fields(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    let system = pod.spec.get("os").map(|os| &os["name"]).and_then(Value::as_str);
    let (own, of_containers, of_spec): (&[&str], &[&str], &[&str]) = match system {
        Some("windows") => (
            &NOT_FOR_WINDOWS,
            &NOT_FOR_WINDOWS_CONTAINERS,
            &["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace", "resources"],
        ),
        Some("linux") => (&["windowsOptions"], &["windowsOptions"], &[]),
        _ => return host_process(pod, found),
    };
    let mut report = |table: &Value, keys: &[&str], pointer: &str| {
        for key in keys.iter().filter(|key| !is_empty(&table[**key]) && table[**key] != false) {
            let message = format!("{} is not allowed for this operating system", quoted(key));
            let place = Location::key(format!("{pointer}/{key}"));
            let os = Location::value(pod.place("os/name"));
            found.push(conflict(place, message).related(os, "set here"));
        }
    };
    let context = pod.spec.get("securityContext").unwrap_or(&Value::Null);
    report(context, own, &pod.place("securityContext"));
    for key in of_spec.iter().filter(|key| pod.spec.get(**key).is_some_and(|it| !is_empty(it))) {
        report(
            &Value::Object([((*key).to_owned(), true.into())].into_iter().collect()),
            &[key],
            pod.pointer,
        );
    }
    for container in &pod.containers {
        let place = format!("{}/securityContext", container.pointer);
        report(container.field("securityContext"), of_containers, &place);
    }
    host_process(pod, found);
}

/// Containers that run on the node itself are on its network, and all of them do.
fn host_process(pod: &PodView<'_>, found: &mut Found) {
    let of_pod = pod.spec.get("securityContext").map(|it| &it["windowsOptions"]["hostProcess"]);
    let is_host = |container: &ContainerView<'_>| {
        let own = &container.field("securityContext")["windowsOptions"]["hostProcess"];
        if own.is_boolean() { *own == true } else { of_pod == Some(&Value::Bool(true)) }
    };
    let count = pod.containers.iter().filter(|it| is_host(it)).count();
    if count > 0 && !pod.is("hostNetwork", true) {
        let place = Location::key(pod.pointer);
        found.push(conflict(place, "`hostProcess` needs `hostNetwork`").help("set it to true"));
    }
    if count > 0 && count < pod.containers.len() {
        let message = "`hostProcess` is for all containers of the pods, or for none";
        found.push(conflict(Location::key(pod.pointer), message));
    }
}
