//! Rules for the workload: its kind and its pods.

use serde_json::Value;

use super::containers::{containers, list};
use super::metadata::{key_in, qualified_names};
use crate::diagnostics::{Code, Diagnostic, Location, one_of, quoted};
use crate::google::gke::{
    BUCKET_ANNOTATION, has_identity_on_host_network, selects_metadata_server,
};
use crate::google::names::{METADATA_SERVER_LABEL, PRINCIPAL_ANNOTATION};
use crate::kubernetes::names::NAME_LABEL;
use crate::spec::kubernetes_tables::SELECTOR_OF_JOB;
use crate::spec::types::{App, ClusterType, WaitForMetadata};

/// Keys that need a workload, without the app's container.
pub(super) fn container(app: &App, found: &mut Vec<Diagnostic>) {
    if app.container.is_some() {
        return;
    }
    let waits = !matches!(app.wait_for_metadata, None | Some(WaitForMetadata::Switch(false)));
    let mut given = [
        ("requireMetadataServer", app.require_metadata_server),
        ("waitForMetadata", waits),
        ("selector", !app.selector.is_empty()),
        ("networkPolicy", app.network_policy.is_some()),
        ("pod", !app.pod.is_empty()),
        ("sidecars", !app.sidecars.is_empty()),
    ]
    .into_iter()
    .filter_map(|(key, given)| given.then_some(key))
    .chain(app.kinds().map(|(kind, _)| kind.key()));
    let Some(first) = given.next() else { return };
    let place = |key: &str| Location::key(format!("/{key}"));
    let message = format!("missing key `container`, which {} needs", quoted(first));
    let found_here = Diagnostic::new(Code::MISSING_KEY, place(first), message).help(
        "add the table `container`, with its `image`; if the workload is managed elsewhere, remove this key",
    );
    found.push(given.fold(found_here, |found, key| found.related(place(key), "and this")));
}

crate::diagnostics::declare_code! {
    WORKLOAD_KIND: Error = "workload-kind",
    what: "Two kinds of workload. An app is a Deployment, or what one of the tables `deployment`, `statefulSet`, `daemonSet`, `job` and `cronJob` says; or, without `container`, the existing workloads that `workloads` selects.",
    why: "One spec renders one workload. For two workloads with one identity, write two specs with the same account.",
    example: "[deployment]\nreplicas = 2\n[job]\nbackoffLimit = 1",
    instead: "[deployment]\nreplicas = 2",
    source: "Kubernetes, Workloads: https://kubernetes.io/docs/concepts/workloads/",
}

/// Either wigen renders the workload, or `workloads` selects others.
pub(super) fn selectors(app: &App, found: &mut Vec<Diagnostic>) {
    let Some(workloads) = &app.workloads else { return };
    if app.container.is_some() {
        let message = "wigen renders the workload of this app, but `workloads` selects others";
        found.push(
            Diagnostic::new(Code::WORKLOAD_KIND, Location::key("/workloads"), message)
                .related(Location::key("/container"), "the app's container")
                .help(
                    "keep `container` if wigen renders the workload, `workloads` if it is managed elsewhere",
                ),
        );
    }
    for (index, workload) in workloads.iter().enumerate() {
        let table = format!("/workloads/{index}/matchLabels");
        qualified_names(&table, &workload.match_labels, found);
    }
}

/// An app has one kind of workload.
pub(super) fn one_kind(app: &App, found: &mut Vec<Diagnostic>) {
    let mut kinds = app.kinds();
    let Some((first, _)) = kinds.next() else { return };
    for (kind, _) in kinds {
        found.push(
            Diagnostic::new(
                Code::WORKLOAD_KIND,
                Location::key(format!("/{}", kind.key())),
                format!("the app is both a {} and a {}", first.as_str(), kind.as_str()),
            )
            .related(
                Location::key(format!("/{}", first.key())),
                format!("a {} here", first.as_str()),
            )
            .help(format!("keep {}", one_of([first.key(), kind.key()]))),
        );
    }
}

/// Kubernetes appends to the names of some kinds of workload.
pub(super) fn length_of_name(app: &App, found: &mut Vec<Diagnostic>) {
    let kind = app.kind();
    let length = app.name.len();
    if let Some(max) = kind.longest_name().filter(|max| length > *max) {
        found.push(
            Diagnostic::new(
                Code::TOO_LONG,
                Location::value("/name"),
                format!(
                    "{} has {length} characters; the maximum for the name of a {} is {max}",
                    quoted(&app.name),
                    kind.as_str()
                ),
            )
            .help("Kubernetes appends eleven characters to it"),
        );
    }
}

crate::diagnostics::declare_code! {
    SELECTOR_LABEL: Error = "selector-label",
    what: "The pods have another value for a label of the selector, from `labels` or `pod.labels`; or a Job has a `selector`. Unless `selector` is set, the workload selects its pods by `app.kubernetes.io/name`, whose value is the app's name.",
    why: "The API server rejects a workload that does not select its own pods. Kubernetes gives every Job its own selector.",
    example: "[labels]\n\"app.kubernetes.io/name\" = \"books\"",
    instead: "[labels]\n\"app.kubernetes.io/part-of\" = \"books\"",
    source: crate::diagnostics::references::LABELS,
}

/// The workload selects its own pods.
pub(super) fn selector_label(app: &App, found: &mut Vec<Diagnostic>) {
    // Without a workload there is no selector.
    if app.container.is_none() {
        return;
    }
    if app.kind().completes() && !app.selector.is_empty() {
        let message = format!("a {} has no selector of its own", app.kind().as_str());
        let place = Location::key("/selector");
        found.push(Diagnostic::new(Code::SELECTOR_LABEL, place, message).help(SELECTOR_OF_JOB));
    }
    let mut contradicts = |key: &str, selected: &str, selector: Location, help: &str| {
        let (table, label) = match (app.pod.labels.get(key), app.labels.get(key)) {
            (Some(label), _) => ("/pod/labels", label),
            (None, Some(label)) => ("/labels", label),
            (None, None) => return,
        };
        if label != selected {
            let place = Location::value(key_in(table, key));
            let message = format!(
                "{} contradicts the selector, which is {}",
                quoted(label),
                quoted(selected)
            );
            found.push(
                Diagnostic::new(Code::SELECTOR_LABEL, place, message)
                    .related(selector, "selected here")
                    .help(help),
            );
        }
    };
    if app.selector.is_empty() {
        let help = "remove the label: wigen writes it, with the app's name";
        contradicts(NAME_LABEL, &app.name, Location::value("/name"), help);
    }
    for (key, value) in &app.selector {
        let help = "remove the label: the pods get the labels of the selector";
        contradicts(key, value, Location::value(key_in("/selector", key)), help);
    }
}

crate::diagnostics::declare_code! {
    HOST_NETWORK: Error = "host-network",
    what: "`pod.hostNetwork` runs the pods in the network of their node.",
    why: "They reach the metadata server of the node instead of GKE's, and act as the node's service account: Workload Identity does not work. Pods that mount buckets with the Cloud Storage FUSE driver are excepted.",
    example: "[pod]\nhostNetwork = true",
    instead: "[pod]\nhostNetwork = false",
    source: "GKE, About Workload Identity Federation for GKE: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
}

/// On the host network, a pod uses the metadata server of the node, and gets the node's identity.
pub(super) fn host_network(app: &App, found: &mut Vec<Diagnostic>) {
    let annotations = [&app.pod.annotations, &app.annotations];
    let mut annotations = annotations.into_iter().filter_map(|table| table.get(BUCKET_ANNOTATION));
    let bucket_annotation = annotations.next().map(String::as_str);
    if app.pod.get("hostNetwork") == Some(&Value::Bool(true))
        && !has_identity_on_host_network(&app.pod, bucket_annotation)
    {
        found.push(
            Diagnostic::new(
                Code::HOST_NETWORK,
                Location::value("/pod/hostNetwork"),
                "pods on the host network get the identity of the node, not of the app",
            )
            .help("remove it: Workload Identity does not work on the host network"),
        );
    }
}

crate::diagnostics::declare_code! {
    AUTOPILOT_POD: Warning = "autopilot-pod",
    what: "A pod for an Autopilot cluster needs its node: a host port, a host path outside /var/log, host processes, or privileges.",
    why: "Autopilot rejects such pods when they are created, unless Google allowed them for the cluster.",
    example: "[cluster]\ntype = \"autopilot\"\n[container]\nsecurityContext = { privileged = true }",
    instead: "[cluster]\ntype = \"autopilot\"",
    source: "GKE, Autopilot security features: https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-security",
}

/// What Autopilot forbids pods to do on its nodes. Source: GKE, "Autopilot security features".
pub(super) fn autopilot(app: &App, found: &mut Vec<Diagnostic>) {
    if app.cluster.kind != ClusterType::Autopilot {
        return;
    }
    let mut refuse = |place: String, what: &str| {
        let message = format!("Autopilot rejects pods {what}");
        found.push(
            Diagnostic::new(Code::AUTOPILOT_POD, Location::value(place), message)
                .related(Location::value("/cluster/type"), "Autopilot here")
                .help("remove it, or use a Standard cluster"),
        );
    };
    for key in ["hostPID", "hostIPC"] {
        if app.pod.get(key) == Some(&Value::Bool(true)) {
            refuse(format!("/pod/{key}"), "that share a namespace of their node");
        }
    }
    for (pointer, volume) in list(&app.pod, "volumes", "/pod/volumes") {
        let path = volume.get("hostPath").and_then(|host| host["path"].as_str());
        if path.is_some_and(|path| path != "/var/log" && !path.starts_with("/var/log/")) {
            refuse(format!("{pointer}/hostPath/path"), "that mount host paths other than /var/log");
        }
    }
    for (pointer, container) in containers(app) {
        let privileged = container.get("securityContext").map(|context| &context["privileged"]);
        if privileged == Some(&Value::Bool(true)) {
            refuse(format!("{pointer}/securityContext/privileged"), "that are privileged");
        }
        let ports = container.get("ports").and_then(Value::as_array).into_iter().flatten();
        for (index, _) in ports.enumerate().filter(|(_, port)| port["hostPort"].is_number()) {
            refuse(format!("{pointer}/ports/{index}/hostPort"), "that use a host port");
        }
    }
}

/// Node labels that contradict `requireMetadataServer`, or that Autopilot rejects.
pub(super) fn metadata_server(app: &App, found: &mut Vec<Diagnostic>) {
    let selector = app.pod.get("nodeSelector").and_then(Value::as_object);
    let selected = selector.and_then(|selector| selector.get(METADATA_SERVER_LABEL));
    let label = || Location::key(key_in("/pod/nodeSelector", METADATA_SERVER_LABEL));
    if app.cluster.kind == ClusterType::Autopilot {
        let required = app.require_metadata_server.then(|| Location::key("/requireMetadataServer"));
        for place in required.into_iter().chain(selected.map(|_| label())) {
            let message = "Autopilot rejects pods that select nodes by their metadata server";
            found.push(
                Diagnostic::new(Code::CLUSTER_TYPE, place, message)
                    .related(Location::value("/cluster/type"), "Autopilot here")
                    .help("remove it: every node of an Autopilot cluster has the metadata server"),
            );
        }
    } else if let Some(value) = selected.filter(|value| !selects_metadata_server(value))
        && let Some(shown) = value.as_str()
        && app.require_metadata_server
    {
        let message = format!("{} contradicts `requireMetadataServer`", quoted(shown));
        found.push(
            Diagnostic::new(Code::METADATA_SERVER, label(), message)
                .related(Location::key("/requireMetadataServer"), "required here")
                .help("remove the label: `requireMetadataServer` selects \"true\""),
        );
    }
}

/// How exactly the metadata server names pods by their principal is not documented, so
/// `waitForMetadata` cannot wait for it.
pub(super) fn expected_identity(app: &App, found: &mut Vec<Diagnostic>) {
    let waits = !matches!(app.wait_for_metadata, None | Some(WaitForMetadata::Switch(false)));
    let annotations = &app.service_account.annotations;
    let named = annotations.get(PRINCIPAL_ANNOTATION).is_some_and(|value| value == "true");
    if waits && named && app.google_service_account.is_none() {
        let place = Location::key(key_in("/serviceAccount/annotations", PRINCIPAL_ANNOTATION));
        let message = "with this annotation, the metadata server names the pods in a form that `waitForMetadata` does not expect";
        found.push(
            Diagnostic::new(Code::METADATA_SERVER, place, message)
                .related(Location::key("/waitForMetadata"), "waits for it")
                .help("remove the annotation or `waitForMetadata`"),
        );
    }
}
