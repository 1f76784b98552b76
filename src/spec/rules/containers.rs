//! Rules for the containers and volumes of the pods.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::diagnostics::{Code, Diagnostic, Location, quoted, similar};
use crate::google::names::WAITING_CONTAINER;
use crate::kubernetes::WorkloadKind;
use crate::kubernetes::names::DNS_LABEL;
use crate::spec::types::{App, WaitForMetadata};

/// The containers in Kubernetes fields of the pods, with their pointers.
pub(super) fn native_containers(app: &App) -> impl Iterator<Item = (String, &Map<String, Value>)> {
    let init = list(&app.pod, "initContainers", "/pod/initContainers");
    let sidecars = app.sidecars.iter().enumerate();
    init.chain(sidecars.map(|(index, container)| (format!("/sidecars/{index}"), container)))
}

/// The tables in a list of Kubernetes fields, with their pointers.
pub(super) fn list<'a>(
    table: &'a Map<String, Value>,
    key: &str,
    pointer: &'static str,
) -> impl Iterator<Item = (String, &'a Map<String, Value>)> {
    let elements = table.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
    elements.filter_map(move |(index, element)| {
        Some((format!("{pointer}/{index}"), element.as_object()?))
    })
}

fn text<'a>(table: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Value::as_str)
}

/// A container without an image. Kubernetes allows it only for controllers that fill it in.
pub(super) fn images(app: &App, found: &mut Vec<Diagnostic>) {
    for (pointer, container) in native_containers(app) {
        if !container.contains_key("image") {
            let list = pointer.split('/').rev().nth(1).unwrap_or_default();
            found.push(
                Diagnostic::new(
                    Code::MISSING_KEY,
                    Location::key(&pointer),
                    format!("missing key `image` in {}", quoted(list)),
                )
                .help("add `image`"),
            );
        }
    }
}

/// The names of containers and of volumes are distinct DNS labels.
pub(super) fn names(app: &App, found: &mut Vec<Diagnostic>) {
    let own = app.container.as_ref().map(|container| match &container.name {
        Some(name) => (name.to_string(), Some("/container/name".to_owned())),
        None => (app.name.to_string(), Some("/name".to_owned())),
    });
    let containers = native_containers(app).filter_map(|(pointer, container)| {
        Some((format!("{pointer}/name"), text(container, "name")?))
    });
    let mut own: Vec<_> = own.into_iter().collect();
    if !matches!(app.wait_for_metadata, None | Some(WaitForMetadata::Switch(false))) {
        own.push((WAITING_CONTAINER.to_owned(), Some("/waitForMetadata".to_owned())));
    }
    distinct("container", own, containers, found);
    // A claim template may have the name of a volume, whose place it takes.
    for of in ["/pod/", CLAIMS] {
        let volumes = volumes(app).into_iter().filter(|(pointer, _)| pointer.starts_with(of));
        distinct("volume", Vec::new(), volumes, found);
    }
    if let Some(templates) = &app.stateful_set {
        for (pointer, template) in list(templates, "volumeClaimTemplates", CLAIMS) {
            if template.get("metadata").and_then(|metadata| metadata.get("name")).is_none() {
                let message = "missing key `metadata.name` in `volumeClaimTemplates`";
                found.push(
                    Diagnostic::new(Code::MISSING_KEY, Location::key(pointer), message)
                        .help("add it: containers mount the volume by this name"),
                );
            }
        }
    }
}

crate::diagnostics::declare_code! {
    DUPLICATE_NAME: Error = "duplicate-name",
    what: "Two containers of the pods (init containers included), two volumes or two variables in a list have the same name, or the app's container lists a port twice. In manifests: one file has two ServiceAccounts with one name and two identities.",
    why: "The API server would reject the manifest, or keep only one of the two.",
    example: "[[sidecars]]\nname = \"fastapi-books\"\nimage = \"envoyproxy/envoy:v1.31.0\"",
    instead: "[[sidecars]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"",
    source: "Kubernetes API, Container: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container",
}

/// `seen` are the names in use, each with its place if the spec has one.
fn distinct<'a>(
    what: &str,
    mut seen: Vec<(String, Option<String>)>,
    names: impl Iterator<Item = (String, &'a str)>,
    found: &mut Vec<Diagnostic>,
) {
    for (pointer, name) in names {
        if !is_dns_label(name) {
            let message = format!("{} is not {}", quoted(name), DNS_LABEL.noun);
            let diagnostic = Diagnostic::new(Code::DNS_LABEL, Location::value(&pointer), message)
                .help(DNS_LABEL.words);
            found.push(match DNS_LABEL.suggest(name) {
                Some(name) => diagnostic.replacement(format!("\"{name}\"")),
                None => diagnostic,
            });
        } else if let Some((_, first)) = seen.iter().find(|(other, _)| other == name) {
            let message = format!("there already is a {what} {}", quoted(name));
            let diagnostic =
                Diagnostic::new(Code::DUPLICATE_NAME, Location::value(&pointer), message);
            found.push(match first {
                Some(first) => diagnostic.related(Location::value(first), "the first"),
                None => diagnostic,
            });
        }
        seen.push((name.to_owned(), Some(pointer)));
    }
}

/// The variables of a list have distinct names and one value each.
pub(super) fn variables(app: &App, found: &mut Vec<Diagnostic>) {
    let Some(env) = app.container.as_ref().map(|container| &container.env) else { return };
    let mut first: HashMap<&str, String> = HashMap::new();
    for (pointer, variable) in env.pointers() {
        let name = variable.name.as_str();
        if variable.value.is_some() && variable.value_from.is_some() {
            let place = Location::key(format!("{pointer}/valueFrom"));
            let message = format!("the variable {} has a `value` too", quoted(name));
            let here = Diagnostic::new(Code::WRONG_COUNT, place, message);
            found.push(here.help("keep `value` or `valueFrom`"));
        }
        if let Some(first) = first.get(name) {
            let place = Location::value(format!("{pointer}/name"));
            let message = format!("there already is a variable {}", quoted(name));
            found.push(
                Diagnostic::new(Code::DUPLICATE_NAME, place, message)
                    .related(Location::value(format!("{first}/name")), "the first")
                    .help("remove one of them: Kubernetes takes the last"),
            );
        } else {
            first.insert(name, pointer);
        }
    }
}

fn is_dns_label(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

const CLAIMS: &str = "/statefulSet/volumeClaimTemplates";

/// The volumes that containers can mount: pointer and name.
fn volumes(app: &App) -> Vec<(String, &str)> {
    let mut volumes: Vec<(String, &str)> = list(&app.pod, "volumes", "/pod/volumes")
        .filter_map(|(pointer, volume)| Some((format!("{pointer}/name"), text(volume, "name")?)))
        .collect();
    if let Some(table) = &app.stateful_set {
        volumes.extend(list(table, "volumeClaimTemplates", CLAIMS).filter_map(
            |(pointer, template)| {
                let metadata = template.get("metadata")?.as_object()?;
                Some((format!("{pointer}/metadata/name"), text(metadata, "name")?))
            },
        ));
    }
    volumes
}

/// Every container of the pods, the app's own first: pointer and Kubernetes fields.
pub(super) fn containers(app: &App) -> impl Iterator<Item = (String, &Map<String, Value>)> {
    let own = app.container.iter().map(|own| ("/container".to_owned(), &own.kubernetes));
    own.chain(native_containers(app))
}

/// Port numbers are valid and distinct; `port` is one of them.
pub(super) fn ports(app: &App, found: &mut Vec<Diagnostic>) {
    let own = app.container.as_ref().and_then(|container| container.port);
    for (pointer, container) in containers(app) {
        let port_of_app = own.filter(|_| pointer == "/container");
        let mut seen: Vec<(i64, &str)> =
            port_of_app.iter().map(|port| (i64::from(*port), "TCP")).collect();
        let ports = container.get("ports").and_then(Value::as_array).into_iter().flatten();
        for (index, port) in ports.enumerate() {
            let Some(number) = port["containerPort"].as_i64() else { continue };
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            let place = Location::value(format!("{pointer}/ports/{index}/containerPort"));
            if !(1..=65535).contains(&number) {
                let message = format!("`containerPort` is {number}; it must be 1 to 65535");
                found.push(
                    Diagnostic::new(Code::OUT_OF_RANGE, place, message)
                        .label("expected 1 to 65535"),
                );
            } else if seen.contains(&(number, protocol)) {
                let message = format!("there already is a port {number}");
                let diagnostic = Diagnostic::new(Code::DUPLICATE_NAME, place, message);
                found.push(match port_of_app {
                    Some(port) if i64::from(port) == number => diagnostic
                        .help("to give the port a name, keep it in `ports` and remove `port`"),
                    _ => diagnostic,
                });
            }
            seen.push((number, protocol));
        }
    }
}

crate::diagnostics::declare_code! {
    CONTAINER_RESTART_POLICY: Warning = "container-restart-policy",
    what: "A regular container has its own restart policy. `pod.restartPolicy` applies to all containers of the pod.",
    why: "Kubernetes before 1.35 rejects it. A native sidecar, which starts before the app and stops after it, is an init container.",
    example: "[[sidecars]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"\nrestartPolicy = \"Always\"",
    instead: "[[pod.initContainers]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"\nrestartPolicy = \"Always\"",
    source: "Kubernetes, Sidecar Containers: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
}

/// Only init containers have their own restart policy before Kubernetes 1.35.
pub(super) fn container_restart_policy(app: &App, found: &mut Vec<Diagnostic>) {
    for (pointer, container) in containers(app).filter(|(at, _)| !at.starts_with("/pod/")) {
        if container.contains_key("restartPolicy") {
            found.push(
                Diagnostic::new(
                    Code::CONTAINER_RESTART_POLICY,
                    Location::key(format!("{pointer}/restartPolicy")),
                    "clusters before 1.35 accept a restart policy only for init containers",
                )
                .help("`pod.restartPolicy` applies to all containers; a native sidecar goes into `pod.initContainers`"),
            );
        }
    }
}

crate::diagnostics::declare_code! {
    VOLUME_MOUNT: Error = "volume-mount",
    what: "A container mounts a volume that is neither in `pod.volumes` nor in `statefulSet.volumeClaimTemplates`.",
    why: "The API server would reject the manifest.",
    example: "[[container.volumeMounts]]\nname = \"data\"\nmountPath = \"/data\"",
    instead: "[[container.volumeMounts]]\nname = \"data\"\nmountPath = \"/data\"\n[[pod.volumes]]\nname = \"data\"\nemptyDir = {}",
    source: "Kubernetes, Volumes: https://kubernetes.io/docs/concepts/storage/volumes/",
}

/// Containers mount only volumes of the pod.
pub(super) fn mounts(app: &App, found: &mut Vec<Diagnostic>) {
    let volumes: Vec<&str> = volumes(app).into_iter().map(|(_, name)| name).collect();
    for (pointer, container) in containers(app) {
        for key in ["volumeMounts", "volumeDevices"] {
            let mounts = container.get(key).and_then(Value::as_array).into_iter().flatten();
            for (index, mount) in mounts.enumerate() {
                let Some(name) = mount["name"].as_str().filter(|name| !volumes.contains(name))
                else {
                    continue;
                };
                let place = Location::value(format!("{pointer}/{key}/{index}/name"));
                let message = format!("there is no volume {}", quoted(name));
                let diagnostic = Diagnostic::new(Code::VOLUME_MOUNT, place, message);
                found.push(match similar(name, volumes.iter().copied()) {
                    Some(volume) => diagnostic
                        .help(format!("there is a volume named {}", quoted(volume)))
                        .replacement(format!("\"{volume}\"")),
                    None if app.kind() == WorkloadKind::StatefulSet => diagnostic
                        .help("add it to `pod.volumes` or `statefulSet.volumeClaimTemplates`"),
                    None => diagnostic.help("add it to `pod.volumes`"),
                });
            }
        }
    }
}
