//! What a schema cannot say of the workload: its kind, its pods, their containers and volumes.

use serde_json::{Map, Value};

use super::{Rule, key_in, qualified_names};
use crate::app::{App, ClusterType, WaitForMetadata};
use crate::diagnostic::{Code, Diagnostic, Place, one_of, quoted, similar};
use crate::grammar::{
    DNS_LABEL, METADATA_SERVER_LABEL, NAME_LABEL, PRINCIPAL_ANNOTATION, WAITING_CONTAINER,
};
use crate::kubernetes::WorkloadKind;

/// Every rule of the workload.
pub(super) const RULES: &[Rule] = &[
    container,
    selectors,
    one_kind,
    length_of_name,
    selector_label,
    restart_policy,
    container_restart_policy,
    host_network,
    autopilot,
    metadata_server,
    expected_identity,
    images,
    names,
    ports,
    mounts,
];

/// Without the app's container there is no workload that could have these.
fn container(app: &App, found: &mut Vec<Diagnostic>) {
    if app.container.is_some() {
        return;
    }
    let waits = !matches!(app.wait_for_metadata, None | Some(WaitForMetadata::Switch(false)));
    let mut given = [
        ("requireMetadataServer", app.require_metadata_server),
        ("waitForMetadata", waits),
        ("pod", !app.pod.is_empty()),
        ("sidecars", !app.sidecars.is_empty()),
    ]
    .into_iter()
    .filter_map(|(key, given)| given.then_some(key))
    .chain(app.kinds().map(|(kind, _)| kind.key()));
    let Some(first) = given.next() else { return };
    let place = |key: &str| Place::key(format!("/{key}"));
    let message = format!("missing key `container`, which {} needs", quoted(first));
    let found_here = Diagnostic::new(Code::MissingKey, place(first), message).help(
        "add the table `container`, with its `image`; where somebody else makes the workload, take this out",
    );
    found.push(given.fold(found_here, |found, key| found.related(place(key), "and this")));
}

/// The workload is wigen's, or those of others are meant.
fn selectors(app: &App, found: &mut Vec<Diagnostic>) {
    let Some(workloads) = &app.workloads else { return };
    if app.container.is_some() {
        let message = "wigen renders the workload of this app, and others are meant too";
        found.push(
            Diagnostic::new(Code::WorkloadKind, Place::key("/workloads"), message)
                .related(Place::key("/container"), "the app's container")
                .help(
                    "keep `container` for a workload of wigen's, `workloads` for those of others",
                ),
        );
    }
    for (index, workload) in workloads.iter().enumerate() {
        let table = format!("/workloads/{index}/matchLabels");
        qualified_names(&table, &workload.match_labels, found);
    }
}

/// An app is one workload.
fn one_kind(app: &App, found: &mut Vec<Diagnostic>) {
    let mut kinds = app.kinds();
    let Some((first, _)) = kinds.next() else { return };
    for (kind, _) in kinds {
        found.push(
            Diagnostic::new(
                Code::WorkloadKind,
                Place::key(format!("/{}", kind.key())),
                format!("the app is both a {} and a {}", first.as_str(), kind.as_str()),
            )
            .related(Place::key(format!("/{}", first.key())), format!("a {} here", first.as_str()))
            .help(format!("keep {}", one_of([first.key(), kind.key()]))),
        );
    }
}

/// Some kinds of workload make longer names of theirs.
fn length_of_name(app: &App, found: &mut Vec<Diagnostic>) {
    let kind = app.kind();
    let length = app.name.len();
    if let Some(max) = kind.longest_name().filter(|max| length > *max) {
        found.push(
            Diagnostic::new(
                Code::TooLong,
                Place::value("/name"),
                format!(
                    "{} has {length} characters; the name of a {} may have {max}",
                    quoted(&app.name),
                    kind.as_str()
                ),
            )
            .help("Kubernetes appends eleven characters to it"),
        );
    }
}

/// The workload finds its pods by the label that names the app.
fn selector_label(app: &App, found: &mut Vec<Diagnostic>) {
    // Without a workload there is no selector.
    if app.container.is_some()
        && let Some(value) = app.labels.get(NAME_LABEL).filter(|value| **value != app.name)
    {
        found.push(
            Diagnostic::new(
                Code::SelectorLabel,
                Place::value(key_in("/labels", NAME_LABEL)),
                format!(
                    "{} contradicts the selector, which is {}",
                    quoted(value),
                    quoted(&app.name)
                ),
            )
            .related(Place::value("/name"), "the name")
            .help("take the label out: wigen writes it, with the app's name"),
        );
    }
}

/// What a pod does when its containers end depends on the kind of workload.
fn restart_policy(app: &App, found: &mut Vec<Diagnostic>) {
    let kind = app.kind();
    let allowed = kind.restart_policies();
    if let Some(policy) = app.pod.get("restartPolicy").and_then(Value::as_str)
        && !allowed.contains(&policy)
    {
        let mut diagnostic = Diagnostic::new(
            Code::RestartPolicy,
            Place::value("/pod/restartPolicy"),
            format!(
                "the pods of a {} cannot have the restart policy {}",
                kind.as_str(),
                quoted(policy)
            ),
        )
        .label(format!("expected {}", one_of(allowed.iter().copied())));
        diagnostic.help = Some(if kind.completes() {
            "a Job ends, so its pods do".to_owned()
        } else {
            format!(
                "take it out; what ends is a {}",
                one_of([WorkloadKind::Job.key(), WorkloadKind::CronJob.key()])
            )
        });
        found.push(diagnostic);
    }
}

/// In the network of its node a pod asks the metadata server of the node, and gets its identity.
fn host_network(app: &App, found: &mut Vec<Diagnostic>) {
    if app.pod.get("hostNetwork") == Some(&Value::Bool(true)) {
        found.push(
            Diagnostic::new(
                Code::HostNetwork,
                Place::value("/pod/hostNetwork"),
                "pods in the network of their node get the node's identity, not the app's",
            )
            .help("take it out: Workload Identity does not work with it"),
        );
    }
}

/// What Autopilot does not let pods do on its nodes. Source: GKE, "Autopilot security features".
fn autopilot(app: &App, found: &mut Vec<Diagnostic>) {
    if app.cluster.kind != ClusterType::Autopilot {
        return;
    }
    let mut refuse = |place: String, what: &str| {
        let message = format!("Autopilot refuses pods {what}");
        found.push(
            Diagnostic::new(Code::AutopilotPod, Place::value(place), message)
                .related(Place::value("/cluster/type"), "Autopilot here")
                .help("take it out, or use a Standard cluster"),
        );
    };
    for key in ["hostPID", "hostIPC"] {
        if app.pod.get(key) == Some(&Value::Bool(true)) {
            refuse(format!("/pod/{key}"), "that see the processes of their node");
        }
    }
    for (pointer, volume) in list(&app.pod, "volumes", "/pod/volumes") {
        let path = volume.get("hostPath").and_then(|host| host["path"].as_str());
        if path.is_some_and(|path| path != "/var/log" && !path.starts_with("/var/log/")) {
            refuse(format!("{pointer}/hostPath/path"), "that mount other folders than /var/log");
        }
    }
    for (pointer, container) in containers(app) {
        let privileged = container.get("securityContext").map(|context| &context["privileged"]);
        if privileged == Some(&Value::Bool(true)) {
            refuse(format!("{pointer}/securityContext/privileged"), "that are privileged");
        }
        let ports = container.get("ports").and_then(Value::as_array).into_iter().flatten();
        for (index, _) in ports.enumerate().filter(|(_, port)| port["hostPort"].is_number()) {
            refuse(format!("{pointer}/ports/{index}/hostPort"), "that take a port of their node");
        }
    }
}

/// The nodes of Standard clusters say by a label whether they have the metadata server; Autopilot
/// refuses pods that ask for it.
fn metadata_server(app: &App, found: &mut Vec<Diagnostic>) {
    let selector = app.pod.get("nodeSelector").and_then(Value::as_object);
    let selected = selector.and_then(|selector| selector.get(METADATA_SERVER_LABEL));
    let label = || Place::key(key_in("/pod/nodeSelector", METADATA_SERVER_LABEL));
    if app.cluster.kind == ClusterType::Autopilot {
        let required = app.require_metadata_server.then(|| Place::key("/requireMetadataServer"));
        for place in required.into_iter().chain(selected.map(|_| label())) {
            let message = "Autopilot refuses pods that select nodes by their metadata server";
            found.push(
                Diagnostic::new(Code::ClusterType, place, message)
                    .related(Place::value("/cluster/type"), "Autopilot here")
                    .help(
                        "take it out: every node of an Autopilot cluster has the metadata server",
                    ),
            );
        }
    } else if let Some(value) = selected.and_then(Value::as_str)
        && app.require_metadata_server
        && value != "true"
    {
        let message = format!("{} contradicts `requireMetadataServer`", quoted(value));
        found.push(
            Diagnostic::new(Code::MetadataServer, label(), message)
                .related(Place::key("/requireMetadataServer"), "required here")
                .help("take the label out: `requireMetadataServer` selects \"true\""),
        );
    }
}

/// What the metadata server says of pods that it names by their principal is documented nowhere to
/// the letter, so nothing can wait for it.
fn expected_identity(app: &App, found: &mut Vec<Diagnostic>) {
    let waits = !matches!(app.wait_for_metadata, None | Some(WaitForMetadata::Switch(false)));
    let annotations = &app.service_account.annotations;
    let named = annotations.get(PRINCIPAL_ANNOTATION).is_some_and(|value| value == "true");
    if waits && named && app.google_service_account.is_none() {
        let place = Place::key(key_in("/serviceAccount/annotations", PRINCIPAL_ANNOTATION));
        let message = "with this annotation the metadata server names the pods in a form that `waitForMetadata` does not know";
        found.push(
            Diagnostic::new(Code::MetadataServer, place, message)
                .related(Place::key("/waitForMetadata"), "waits for it")
                .help("take the annotation or `waitForMetadata` out"),
        );
    }
}

/// The native containers of the pods, with their pointers.
pub(super) fn native_containers(app: &App) -> impl Iterator<Item = (String, &Map<String, Value>)> {
    let init = list(&app.pod, "initContainers", "/pod/initContainers");
    let sidecars = app.sidecars.iter().enumerate();
    init.chain(sidecars.map(|(index, container)| (format!("/sidecars/{index}"), container)))
}

/// The tables in a list of a native table, with their pointers.
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

/// A container without an image is for controllers that fill it in; here nobody does.
fn images(app: &App, found: &mut Vec<Diagnostic>) {
    for (pointer, container) in native_containers(app) {
        if !container.contains_key("image") {
            let list = pointer.split('/').rev().nth(1).unwrap_or_default();
            found.push(
                Diagnostic::new(
                    Code::MissingKey,
                    Place::key(&pointer),
                    format!("missing key `image` in {}", quoted(list)),
                )
                .help("add `image`"),
            );
        }
    }
}

/// Containers of one pod have different names, and so have its volumes; and all are DNS labels.
fn names(app: &App, found: &mut Vec<Diagnostic>) {
    let own = app.container.as_ref().map(|container| match &container.name {
        Some(name) => (name.clone(), Some("/container/name".to_owned())),
        None => (app.name.clone(), Some("/name".to_owned())),
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
                    Diagnostic::new(Code::MissingKey, Place::key(pointer), message)
                        .help("add it: the name by which containers mount the volume"),
                );
            }
        }
    }
}

/// `seen` are the names that are taken, each with its place if the spec has one.
fn distinct<'a>(
    what: &str,
    mut seen: Vec<(String, Option<String>)>,
    names: impl Iterator<Item = (String, &'a str)>,
    found: &mut Vec<Diagnostic>,
) {
    for (pointer, name) in names {
        if !is_dns_label(name) {
            let message = format!("{} is not {}", quoted(name), DNS_LABEL.noun);
            let diagnostic = Diagnostic::new(Code::DnsLabel, Place::value(&pointer), message)
                .help(DNS_LABEL.words);
            found.push(match DNS_LABEL.suggest(name) {
                Some(name) => diagnostic.replacement(format!("\"{name}\"")),
                None => diagnostic,
            });
        } else if let Some((_, first)) = seen.iter().find(|(other, _)| other == name) {
            let message = format!("there is a {what} {} already", quoted(name));
            let diagnostic = Diagnostic::new(Code::DuplicateName, Place::value(&pointer), message);
            found.push(match first {
                Some(first) => diagnostic.related(Place::value(first), "the first"),
                None => diagnostic,
            });
        }
        seen.push((name.to_owned(), Some(pointer)));
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

/// The names of the volumes that containers can mount, with their pointers.
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

/// Every container of the pods, the app's own first: its pointer, and its native fields.
pub(super) fn containers(app: &App) -> impl Iterator<Item = (String, &Map<String, Value>)> {
    let own = app.container.iter().map(|own| ("/container".to_owned(), &own.native));
    own.chain(native_containers(app))
}

/// Port numbers have 16 bits; `port` is one of the app's ports, and `ports` are the others.
fn ports(app: &App, found: &mut Vec<Diagnostic>) {
    let own = app.container.as_ref().and_then(|container| container.port);
    for (pointer, container) in containers(app) {
        let port_of_app = own.filter(|_| pointer == "/container");
        let mut seen: Vec<(i64, &str)> =
            port_of_app.iter().map(|port| (i64::from(*port), "TCP")).collect();
        let ports = container.get("ports").and_then(Value::as_array).into_iter().flatten();
        for (index, port) in ports.enumerate() {
            let Some(number) = port["containerPort"].as_i64() else { continue };
            let protocol = port["protocol"].as_str().unwrap_or("TCP");
            let place = Place::value(format!("{pointer}/ports/{index}/containerPort"));
            if !(1..=65535).contains(&number) {
                let message = format!("`containerPort` is {number}; it goes from 1 to 65535");
                found.push(
                    Diagnostic::new(Code::OutOfRange, place, message).label("expected 1 to 65535"),
                );
            } else if seen.contains(&(number, protocol)) {
                let message = format!("there is a port {number} already");
                let diagnostic = Diagnostic::new(Code::DuplicateName, place, message);
                found.push(match port_of_app {
                    Some(port) if i64::from(port) == number => diagnostic
                        .help("to give the port a name, keep it in `ports` and take `port` out"),
                    _ => diagnostic,
                });
            }
            seen.push((number, protocol));
        }
    }
}

/// A container that is no init container has the restart policy of its pod, or rules of its own.
fn container_restart_policy(app: &App, found: &mut Vec<Diagnostic>) {
    for (pointer, container) in containers(app).filter(|(at, _)| !at.starts_with("/pod/")) {
        if container.contains_key("restartPolicy") {
            found.push(
                Diagnostic::new(
                    Code::ContainerRestartPolicy,
                    Place::key(format!("{pointer}/restartPolicy")),
                    "clusters before 1.35 take a restart policy of init containers alone",
                )
                .help("`pod.restartPolicy` is that of all; a native sidecar is in `pod.initContainers`"),
            );
        }
    }
}

/// What is mounted is a volume of the pod.
fn mounts(app: &App, found: &mut Vec<Diagnostic>) {
    let volumes: Vec<&str> = volumes(app).into_iter().map(|(_, name)| name).collect();
    for (pointer, container) in containers(app) {
        for key in ["volumeMounts", "volumeDevices"] {
            let mounts = container.get(key).and_then(Value::as_array).into_iter().flatten();
            for (index, mount) in mounts.enumerate() {
                let Some(name) = mount["name"].as_str().filter(|name| !volumes.contains(name))
                else {
                    continue;
                };
                let place = Place::value(format!("{pointer}/{key}/{index}/name"));
                let message = format!("there is no volume {}", quoted(name));
                let diagnostic = Diagnostic::new(Code::VolumeMount, place, message);
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
