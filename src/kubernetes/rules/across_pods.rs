//! Rules across the containers, volumes and annotations of pods.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde_json::Value;

use super::annotations;
use super::findings::{conflict, duplicate, is_empty};
use super::operating_system;
use super::rule::Found;
use super::view::{ContainerView, PodView, WorkloadView};
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Location, quoted, similar};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::version::Version;

crate::diagnostics::declare_code! {
    DUPLICATE_NAME: Error = "duplicate-name",
    what: "Two entries of a list have the same name or key: containers of the pods (init containers included), volumes, variables, ports, paths of mounts. In manifests: one file has two ServiceAccounts with one name and two identities.",
    why: "The API server would reject the manifest, or keep only one of the two.",
    example: "[[sidecars]]\nname = \"fastapi-books\"\nimage = \"envoyproxy/envoy:v1.31.0\"",
    instead: "[[sidecars]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"",
    source: "Kubernetes API, Container: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container",
}

crate::diagnostics::declare_code! {
    VOLUME_MOUNT: Error = "volume-mount",
    what: "A container mounts a volume that is neither in `pod.volumes` nor in `statefulSet.volumeClaimTemplates`.",
    why: "The API server would reject the manifest.",
    example: "[[container.volumeMounts]]\nname = \"data\"\nmountPath = \"/data\"",
    instead: "[[container.volumeMounts]]\nname = \"data\"\nmountPath = \"/data\"\n[[pod.volumes]]\nname = \"data\"\nemptyDir = {}",
    source: "Kubernetes, Volumes: https://kubernetes.io/docs/concepts/storage/volumes/",
}

/// A rule across the tables of pods.
type PodRule = fn(&WorkloadView<'_>, &PodView<'_>, Version, &mut Found);

/// Every rule, in words and with its function in Kubernetes.
pub(super) const RULES: &[(&str, &str, PodRule)] = &[
    ("names of containers are distinct", "core: validateInitContainers", distinct_names),
    ("mounted volumes are there; block devices are claims", "core: ValidateVolumeMounts", volumes),
    (
        "variables from files: a volume that is an `emptyDir`",
        "core: validateFileKeyRefVolumes",
        file_keys,
    ),
    (
        "no probes and hooks in init containers that end",
        "core: validateInitContainers",
        init_containers,
    ),
    (
        "restart policies of containers from 1.35 on",
        "core: validateContainerRestartPolicy",
        restart_policies,
    ),
    (
        "`sleep` up to `terminationGracePeriodSeconds`; `stopSignal` only with `os`",
        "core: validateLifecycle",
        lifecycle,
    ),
    ("`NotRequired` if `restartPolicy` is `Never`", "core: validateResizePolicy", resize_policy),
    (
        "host ports are distinct, and those of the containers with `hostNetwork`",
        "core: checkHostPortConflicts",
        host_ports,
    ),
    (
        "`Unmasked` and block devices need their `hostUsers`",
        "core: ValidateSecurityContext",
        host_users,
    ),
    ("claims of resources are there", "core: validateResourceClaimNames", resource_claims),
    (
        "resources of pods cover those of their containers",
        "core: validatePodResourceConsistency",
        pod_resources,
    ),
    ("no fields of another operating system", "core: validateWindows", operating_system::fields),
    (
        "annotations for AppArmor, seccomp and the cost of deletion",
        "core: ValidatePodSpecificAnnotations",
        annotations::known,
    ),
    (
        "annotations say what `securityContext` says",
        "core: validateSeccompAnnotationsAndFields",
        annotations::agree_with_fields,
    ),
];

fn distinct_names(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    let mut seen: HashMap<&str, Option<&String>, RandomState> = HashMap::default();
    for container in pod.containers.iter().filter(|it| !it.name.is_empty()) {
        let place = container.name_pointer.as_ref();
        match (seen.get(container.name), place) {
            (Some(first), Some(place)) => {
                let message = format!("there already is a container {}", quoted(container.name));
                let twice = Diagnostic::new(Code::DUPLICATE_NAME, Location::value(place), message);
                found.push(match first {
                    Some(first) => twice.related(Location::value(*first), "the first"),
                    None => twice,
                });
            }
            _ => _ = seen.insert(container.name, place),
        }
    }
}

/// Containers mount only volumes of the pod; block devices are claims.
fn volumes(workload: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    let named = pod.list("volumes").filter_map(|it| Some((it["name"].as_str()?, it)));
    let volumes: HashMap<&str, &Value, RandomState> = named.collect();
    for container in &pod.containers {
        for key in ["volumeMounts", "volumeDevices"] {
            for (index, mount) in container.list(key) {
                let Some(name) = mount["name"].as_str().filter(|it| !it.is_empty()) else {
                    continue;
                };
                let place = || container.value(&format!("{key}/{index}/name"));
                let is_claim = pod.claims.contains(&name);
                match volumes.get(name) {
                    _ if is_claim => {}
                    None => found.push(no_volume(workload, pod, name, place())),
                    Some(volume) => {
                        let is_block = !is_empty(&volume["persistentVolumeClaim"])
                            || !is_empty(&volume["ephemeral"]);
                        if key == "volumeDevices" && !is_block {
                            let message =
                                format!("the volume {} is not a block device", quoted(name));
                            found.push(conflict(place(), message).help(
                                "block devices are volumes with `persistentVolumeClaim` or `ephemeral`",
                            ));
                        }
                    }
                }
            }
        }
    }
}

fn no_volume(
    workload: &WorkloadView<'_>,
    pod: &PodView<'_>,
    name: &str,
    place: Location,
) -> Diagnostic {
    let volumes = pod.list("volumes").filter_map(|volume| volume["name"].as_str());
    let volumes = volumes.chain(pod.claims.iter().copied());
    let missing =
        Diagnostic::new(Code::VOLUME_MOUNT, place, format!("there is no volume {}", quoted(name)));
    match similar(name, volumes) {
        Some(volume) => missing
            .help(format!("there is a volume named {}", quoted(volume)))
            .replacement(format!("\"{volume}\"")),
        None if workload.kind == "StatefulSet" => {
            missing.help("add it to `pod.volumes` or `statefulSet.volumeClaimTemplates`")
        }
        None => missing.help("add it to `pod.volumes`"),
    }
}

fn file_keys(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    for (pointer, reference) in pod.containers.iter().flat_map(|it| &it.file_keys) {
        let Some(name) = reference["volumeName"].as_str() else { continue };
        let place = Location::value(format!("{pointer}/volumeName"));
        match pod.list("volumes").find(|volume| volume["name"] == name) {
            None => {
                let message = format!("there is no volume {}", quoted(name));
                found.push(
                    Diagnostic::new(Code::VOLUME_MOUNT, place, message)
                        .help("add it to `pod.volumes`, with `emptyDir`"),
                );
            }
            Some(volume) if !volume["emptyDir"].is_object() => {
                let message = format!("the volume {} is no `emptyDir`", quoted(name));
                found.push(conflict(place, message));
            }
            Some(_) => {}
        }
    }
}

/// A container that ends before the others start is neither probed nor stopped.
fn init_containers(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    for container in pod.containers.iter().filter(|it| it.is_init && !it.is_sidecar()) {
        for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if !container.field(key).is_null() {
                let message = format!("{} is not allowed in an init container", quoted(key));
                found.push(conflict(container.key(key), message).help(
                    "remove it, or set `restartPolicy = \"Always\"` for a container that runs beside the others",
                ));
            }
        }
        for (index, policy) in container.list("resizePolicy") {
            if policy["restartPolicy"] == "RestartContainer" {
                let place = container.value(&format!("resizePolicy/{index}/restartPolicy"));
                found.push(conflict(place, "an init container is not restarted to be resized"));
            }
        }
    }
}

/// Until 1.34, only init containers have a restart policy of their own, which makes them run on.
fn restart_policies(_: &WorkloadView<'_>, pod: &PodView<'_>, version: Version, found: &mut Found) {
    for container in pod.containers.iter().filter(|_| version < Version::from_minor(35)) {
        let Some(policy) = container.field("restartPolicy").as_str() else { continue };
        if !(container.is_init && policy == "Always") {
            let what = if container.is_init { policy } else { "restartPolicy" };
            let message = format!("{} is for Kubernetes 1.35 and later", quoted(what));
            let place = container.value("restartPolicy");
            found.push(
                Diagnostic::new(Code::KUBERNETES_VERSION, place, message)
                    .help("`pod.restartPolicy` is that of all containers"),
            );
        }
    }
}

fn lifecycle(_: &WorkloadView<'_>, pod: &PodView<'_>, version: Version, found: &mut Found) {
    let grace = pod.get("terminationGracePeriodSeconds").map_or(Some(30), Value::as_i64);
    let least = i64::from(version < Version::from_minor(33));
    for container in &pod.containers {
        let lifecycle = container.field("lifecycle");
        for hook in ["postStart", "preStop"] {
            let seconds = lifecycle[hook]["sleep"]["seconds"].as_i64();
            let Some((seconds, grace)) = seconds.zip(grace) else { continue };
            let place = container.value(&format!("lifecycle/{hook}/sleep/seconds"));
            if !(least..=grace).contains(&seconds) {
                let message = format!("`seconds` is {seconds}; it must be {least} to {grace}");
                found.push(
                    Diagnostic::new(Code::OUT_OF_RANGE, place, message).help(
                        "the pods have `terminationGracePeriodSeconds` to end, 30 unless given",
                    ),
                );
            }
        }
        let Some(signal) = lifecycle["stopSignal"].as_str() else { continue };
        let place = container.value("lifecycle/stopSignal");
        match pod.get("os").map(|os| &os["name"]).and_then(Value::as_str) {
            None => found.push(
                conflict(place, "`stopSignal` needs `os.name` of the pods")
                    .help("set `pod.os.name`, for example to \"linux\""),
            ),
            Some("windows") if !["SIGKILL", "SIGTERM"].contains(&signal) => {
                let message = format!("{} is not a signal of Windows", quoted(signal));
                found.push(conflict(place, message).label("expected `SIGKILL` or `SIGTERM`"));
            }
            Some(_) => {}
        }
    }
}

fn resize_policy(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    for container in pod.containers.iter().filter(|_| pod.restart_policy() == "Never") {
        for (index, policy) in container.list("resizePolicy") {
            if policy["restartPolicy"] == "RestartContainer" {
                let place = container.value(&format!("resizePolicy/{index}/restartPolicy"));
                found.push(
                    conflict(place, "the pods never restart a container")
                        .help("the only value here")
                        .replacement("\"NotRequired\""),
                );
            }
        }
    }
}

fn host_ports(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    let is_shared = pod.is("hostNetwork", true);
    let mut seen: HashMap<(&str, &str, i64), String, RandomState> = HashMap::default();
    for container in &pod.containers {
        // Init containers run one by one.
        let mut own = HashMap::default();
        let seen = if container.is_init { &mut own } else { &mut seen };
        for (index, port) in container.list("ports") {
            let Some(number) = port["hostPort"].as_i64().filter(|it| *it != 0) else { continue };
            let place = container.value(&format!("ports/{index}/hostPort"));
            let text = |key: &str| port[key].as_str().filter(|it| !it.is_empty());
            let socket =
                (text("protocol").unwrap_or("TCP"), text("hostIP").unwrap_or_default(), number);
            if is_shared && !container.is_init && port["containerPort"] != number {
                let message = "on the network of the node, `hostPort` is `containerPort`";
                let replacement = port["containerPort"].to_string();
                found.push(
                    conflict(place, message)
                        .help("remove it, or write the same")
                        .replacement(replacement),
                );
            } else if let Some(first) = seen.get(&socket) {
                let message = format!("there already is a host port {number}");
                found.push(duplicate(place, message, Location::value(first)));
            } else {
                seen.insert(socket, place.pointer);
            }
        }
    }
}

fn host_users(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    let has_own_users = pod.is("hostUsers", false);
    for container in &pod.containers {
        if container.field("securityContext")["procMount"] == "Unmasked" && !has_own_users {
            let place = container.value("securityContext/procMount");
            found.push(
                conflict(place, "`Unmasked` needs `hostUsers = false`")
                    .help("set `pod.hostUsers` to false"),
            );
        }
        if has_own_users && container.list("volumeDevices").next().is_some() {
            let message = "block devices are not allowed with users of the pods' own";
            found.push(
                conflict(container.key("volumeDevices"), message)
                    .related(Location::value(pod.place("hostUsers")), "set here"),
            );
        }
    }
}

fn resource_claims(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    let names = || pod.list("resourceClaims").filter_map(|claim| claim["name"].as_str());
    for container in &pod.containers {
        let claims = container.field("resources")["claims"].as_array().into_iter().flatten();
        for (index, claim) in claims.enumerate() {
            let Some(name) = claim["name"].as_str() else { continue };
            if !names().any(|known| known == name) {
                let place = container.value(&format!("resources/claims/{index}/name"));
                let message = format!("there is no claim {}", quoted(name));
                let missing = Diagnostic::new(Code::UNKNOWN_VALUE, place, message)
                    .help("add it to `pod.resourceClaims`");
                found.push(missing.suggestion(similar(name, names())));
            }
        }
    }
    if pod.get("resources").is_some_and(|it| !it["claims"].is_null()) {
        let place = Location::key(pod.place("resources/claims"));
        found.push(conflict(place, "claims are for containers, not for pods as a whole"));
    }
}

/// What pods as a whole request and may use covers their containers; of huge pages, limits too.
fn pod_resources(_: &WorkloadView<'_>, pod: &PodView<'_>, _: Version, found: &mut Found) {
    let Some(Value::Object(resources)) = pod.get("resources") else { return };
    for (key, verb) in [("requests", "request"), ("limits", "may use")] {
        let amounts = resources.get(key).and_then(Value::as_object).into_iter().flatten();
        for (name, value) in amounts {
            let Some(of_pod) = Quantity::parse(value) else { continue };
            let place = join(&pod.place(&format!("resources/{key}")), name);
            let is_summed = key == "requests" || name.starts_with("hugepages-");
            if is_summed && of_pod < together(pod, key, name) {
                let message = format!("the containers together {verb} more of {}", quoted(name));
                found.push(Diagnostic::new(Code::RESOURCES, Location::value(&place), message));
            }
            for container in pod.containers.iter().filter(|it| key == "limits" && !it.is_init) {
                if amount(container, key, name) > of_pod {
                    let own = join(&container.value("resources/limits").pointer, name);
                    let message =
                        format!("the limit of {} is more than that of the pod", quoted(name));
                    found.push(
                        Diagnostic::new(Code::RESOURCES, Location::value(own), message)
                            .related(Location::value(&place), "the limit of the pod"),
                    );
                }
            }
        }
    }
}

fn amount(container: &ContainerView<'_>, key: &str, name: &str) -> Quantity {
    Quantity::parse(&container.field("resources")[key][name]).unwrap_or(Quantity::ZERO)
}

/// What the containers have at most at one time: all that run on, or an init container and the sidecars
/// that started before it.
fn together(pod: &PodView<'_>, key: &str, name: &str) -> Quantity {
    let (mut sidecars, mut most) = (Quantity::ZERO, Quantity::ZERO);
    for container in pod.containers.iter().filter(|it| it.is_init) {
        let with_own = sidecars.plus(amount(container, key, name));
        most = most.max(with_own);
        if container.is_sidecar() {
            sidecars = with_own;
        }
    }
    let running = pod.containers.iter().filter(|it| !it.is_init);
    running.fold(sidecars, |sum, it| sum.plus(amount(it, key, name))).max(most)
}
