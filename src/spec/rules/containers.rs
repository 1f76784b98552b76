//! Rules for the containers and volumes of the pods.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Map, Value};

use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::spec::types::App;

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

/// The variables of a list have distinct names and one value each.
pub(super) fn variables(app: &App, found: &mut Vec<Diagnostic>) {
    let env = app.container.as_ref().map(|container| &container.env);
    let Some(env) = env.filter(|env| env.is_list) else { return };
    let mut first = HashMap::new();
    for (place, variable) in env.places() {
        let name = variable.name.as_str();
        let has_value = variable.value.as_deref().is_some_and(|value| !value.is_empty());
        if has_value && variable.value_from.is_some() {
            let place = Location::key(place.pointer() + "/valueFrom");
            let message = format!("the variable {} has a `value` too", quoted(name));
            let here = Diagnostic::new(Code::WRONG_COUNT, place, message);
            found.push(here.help("keep `value` or `valueFrom`"));
        }
        match first.entry(name) {
            Entry::Vacant(entry) => drop(entry.insert(place)),
            Entry::Occupied(first) => {
                let message = format!("there already is a variable {}", quoted(name));
                found.push(
                    Diagnostic::new(Code::DUPLICATE_NAME, place.name(), message)
                        .related(first.get().name(), "the first")
                        .help("remove one of them: Kubernetes takes the last"),
                );
            }
        }
    }
}

/// Every container of the pods, the app's own first: pointer and Kubernetes fields.
pub(super) fn containers(app: &App) -> impl Iterator<Item = (String, &Map<String, Value>)> {
    let own = app.container.iter().map(|own| ("/container".to_owned(), &own.kubernetes));
    own.chain(native_containers(app))
}

/// Ports are distinct; `port` is one of them.
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
            if seen.contains(&(number, protocol)) {
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
    what: "A regular container has the restart policy `Always`, which all containers of these pods have.",
    why: "It does nothing, and Kubernetes before 1.35 rejects it. A native sidecar, which starts before the app and stops after it, is an init container.",
    example: "[[sidecars]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"\nrestartPolicy = \"Always\"",
    instead: "[[pod.initContainers]]\nname = \"proxy\"\nimage = \"envoyproxy/envoy:v1.31.0\"\nrestartPolicy = \"Always\"",
    source: "Kubernetes, Sidecar Containers: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
}

/// In pods that always restart their containers, `Always` makes only init containers sidecars.
pub(super) fn container_restart_policy(app: &App, found: &mut Vec<Diagnostic>) {
    for (pointer, container) in containers(app).filter(|(at, _)| !at.starts_with("/pod/")) {
        if !app.kind().completes() && container.get("restartPolicy") == Some(&"Always".into()) {
            let place = Location::key(format!("{pointer}/restartPolicy"));
            let message = "the containers of these pods restart always anyway";
            found.push(
                Diagnostic::new(Code::CONTAINER_RESTART_POLICY, place, message)
                    .help("remove it; a native sidecar goes into `pod.initContainers`"),
            );
        }
    }
}
