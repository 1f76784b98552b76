//! Rules for the operating system of pods.

use serde_json::Value;

use super::findings::{conflict, is_empty};
use super::rule::{Found, Table};
use super::view::{PodView, WorkloadView};
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

/// Fields of the pods themselves that only Linux has; those of their node may be false.
const NOT_FOR_WINDOWS_PODS: [&str; 5] =
    ["hostIPC", "hostPID", "hostUsers", "resources", "shareProcessNamespace"];

/// Pods and containers have no fields that are for another operating system.
pub(super) fn fields(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    host_process(pod, found);
    let system = pod.get("os").map(|os| &os["name"]).and_then(Value::as_str);
    let (of_spec, of_pod, of_containers): (&[&str], &[&str], &[&str]) = match system {
        Some("windows") => (&NOT_FOR_WINDOWS_PODS, &NOT_FOR_WINDOWS, &NOT_FOR_WINDOWS_CONTAINERS),
        Some("linux") => (&[], &["windowsOptions"], &["windowsOptions"]),
        _ => return,
    };
    let os = pod.place("os/name");
    let mut report = |table: Option<&Table>, keys: &[&str], pointer: &str| {
        for key in keys {
            let value = table.and_then(|table| table.get(*key)).unwrap_or(&Value::Null);
            let is_false = ["hostIPC", "hostPID"].contains(key) && *value == false;
            if !is_empty(value) && !is_false {
                let message = format!("{} is not allowed for this operating system", quoted(key));
                let place = Location::key(format!("{pointer}/{key}"));
                found.push(conflict(place, message).related(Location::value(&os), "set here"));
            }
        }
    };
    report(Some(pod.spec), of_spec, pod.pointer);
    let context = pod.get("securityContext").and_then(Value::as_object);
    report(context, of_pod, &pod.place("securityContext"));
    for container in &pod.containers {
        let place = format!("{}/securityContext", container.pointer);
        report(container.field("securityContext").as_object(), of_containers, &place);
    }
}

/// Containers that run on the node itself are on its network, and all of them do.
fn host_process(pod: &PodView<'_>, found: &mut Found) {
    let of_pod = pod.get("securityContext").map(|it| &it["windowsOptions"]["hostProcess"]);
    let of_pod = of_pod.and_then(Value::as_bool);
    let mut count = 0;
    for container in &pod.containers {
        let own = container.field("securityContext")["windowsOptions"]["hostProcess"].as_bool();
        count += usize::from(own.or(of_pod) == Some(true));
        if own.zip(of_pod).is_some_and(|(own, of_pod)| own != of_pod) {
            let place = container.value("securityContext/windowsOptions/hostProcess");
            let pod = Location::value(pod.place("securityContext/windowsOptions/hostProcess"));
            found.push(
                conflict(place, "the pods have another `hostProcess`").related(pod, "set here"),
            );
        }
    }
    if count > 0 && !pod.is("hostNetwork", true) {
        let place = Location::key(pod.pointer);
        found.push(conflict(place, "`hostProcess` needs `hostNetwork`").help("set it to true"));
    }
    if count > 0 && count < pod.containers.len() {
        let message = "`hostProcess` is for all containers of the pods, or for none";
        found.push(conflict(Location::key(pod.pointer), message));
    }
}
