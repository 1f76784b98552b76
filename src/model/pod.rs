//! The Kubernetes fields of the workload and of its pods, in their customary order.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::google::names::{METADATA_SERVER_LABEL, WAITING_CONTAINER};
use crate::kubernetes::{WorkloadKind, canonicalize};
use crate::model::identity::Identity;
use crate::spec::types::{App, Container, WaitForMetadata};
use crate::text::OrderedMap;

const CONTAINER: &str = "Container";

/// The spec of the workload, except for the pod template.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WorkloadFields {
    /// Fields before the pod template.
    pub before: Map<String, Value>,
    /// Fields after it: the volume claims of a StatefulSet.
    pub after: Map<String, Value>,
    /// Fields before the pod template in the Jobs of a CronJob.
    pub job: Map<String, Value>,
}

/// The pods, except for the app's container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PodFields {
    /// Their labels.
    pub labels: OrderedMap<String>,
    /// Their annotations.
    pub annotations: OrderedMap<String>,
    /// Fields before the containers.
    pub before: Map<String, Value>,
    /// The init container that waits for the identity; none unless the spec asks for it.
    pub waiting: Option<MetadataWaiter>,
    /// The init containers.
    pub init_containers: Vec<ContainerFields>,
    /// The other containers.
    pub sidecars: Vec<ContainerFields>,
    /// The volumes.
    pub volumes: Vec<Value>,
}

/// The init container that waits until the metadata server knows the pods by the app's identity.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MetadataWaiter {
    /// Its name.
    pub name: &'static str,
    /// Image reference.
    pub image: String,
    /// The email that the metadata server reports for the pods: that of the account, or the name of
    /// the workload pool in direct federation.
    pub expected: String,
}

/// Small, with `sh` and `wget`, for many platforms. The digest is that of the image index.
const BUSYBOX: &str = "docker.io/library/busybox:1.36.1@sha256:73aaf090f3d85aa34ee199857f03fa3a95c8ede2ffd4cc2cdb5b94e566b11662";

/// A Kubernetes container, with the fields that a template puts first apart from the others.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ContainerFields {
    /// Its name.
    pub name: Value,
    /// Image reference.
    pub image: Value,
    /// Its other fields.
    pub fields: Map<String, Value>,
}

impl ContainerFields {
    fn new(container: &Value) -> Self {
        let mut fields = container.as_object().cloned().unwrap_or_default();
        let mut take = |key| fields.shift_remove(key).unwrap_or_default();
        Self { name: take("name"), image: take("image"), fields }
    }
}

impl WorkloadFields {
    /// The fields of the app's kind of workload.
    pub fn from_app(app: &App) -> Self {
        let kind = app.kind();
        let mut before = app.kinds().next().map(|(_, table)| table.clone()).unwrap_or_default();
        canonicalize(kind.definition(), &mut before);
        let mut after = Map::new();
        let mut job = Map::new();
        match kind {
            WorkloadKind::StatefulSet => {
                // Older versions of Kubernetes require it.
                if !before.contains_key("serviceName") {
                    before.shift_insert(0, "serviceName".to_owned(), app.name.as_str().into());
                }
                after.extend(before.shift_remove_entry("volumeClaimTemplates"));
            }
            WorkloadKind::CronJob => {
                let template = before.shift_remove("jobTemplate").unwrap_or_default();
                job = template["spec"].as_object().cloned().unwrap_or_default();
            }
            WorkloadKind::Deployment | WorkloadKind::DaemonSet | WorkloadKind::Job => {}
        }
        Self { before, after, job }
    }
}

impl PodFields {
    /// The fields of the app's pods, and those that the identity needs.
    pub fn from_app(
        app: &App,
        identity: &Identity,
        labels: &OrderedMap<String>,
        selector: &OrderedMap<String>,
    ) -> Self {
        let mut before = app.pod.kubernetes.clone();
        canonicalize("PodSpec", &mut before);
        let mut list = |key: &str| match before.shift_remove(key) {
            Some(Value::Array(elements)) => elements,
            _ => Vec::new(),
        };
        let init_containers = list("initContainers").iter().map(ContainerFields::new).collect();
        let volumes = list("volumes");
        if let Some(policy) = app.kind().default_restart_policy() {
            before.entry("restartPolicy").or_insert_with(|| policy.into());
        }
        if app.require_metadata_server
            && let Some(selector) =
                before.entry("nodeSelector").or_insert_with(|| json!({})).as_object_mut()
        {
            selector.insert(METADATA_SERVER_LABEL.to_owned(), "true".into());
        }
        let image = match &app.wait_for_metadata {
            Some(WaitForMetadata::Image(image)) => Some(image.as_str()),
            Some(WaitForMetadata::Switch(true)) => Some(BUSYBOX),
            Some(WaitForMetadata::Switch(false)) | None => None,
        };
        let waiting = image.map(|image| MetadataWaiter {
            name: WAITING_CONTAINER,
            image: image.to_owned(),
            expected: match &identity.account {
                Some(account) => account.email.clone(),
                None => identity.pods.pool.clone(),
            },
        });
        let sidecars = app.sidecars.iter().cloned().map(|mut container| {
            canonicalize(CONTAINER, &mut container);
            ContainerFields::new(&Value::Object(container))
        });
        let sidecars = sidecars.collect();
        let mut labels = labels.clone();
        labels.extend(selector.clone());
        labels.extend(app.pod.labels.clone());
        let mut annotations = app.annotations.clone();
        annotations.extend(app.pod.annotations.clone());
        Self { labels, annotations, before, waiting, init_containers, sidecars, volumes }
    }
}

/// The Kubernetes fields of the app's container: those that come before its ports, and the others.
pub(super) fn fields(container: &Container) -> (Map<String, Value>, Map<String, Value>) {
    const FIRST: [&str; 4] = ["imagePullPolicy", "command", "args", "workingDir"];
    let mut fields = container.kubernetes.clone();
    canonicalize(CONTAINER, &mut fields);
    let (first, rest): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .filter(|(key, _)| key != "ports")
        .partition(|(key, _)| FIRST.contains(&key.as_str()));
    (first.into_iter().collect(), rest.into_iter().collect())
}

/// The ports of the app's container: `port` first, then those in `ports`.
pub(super) fn ports(container: &Container) -> Vec<Value> {
    let port = container.port.map(|port| json!({ "containerPort": port }));
    let listed = container.kubernetes.get("ports").and_then(Value::as_array);
    let mut ports: Vec<Value> =
        port.into_iter().chain(listed.into_iter().flatten().cloned()).collect();
    for port in ports.iter_mut().filter_map(Value::as_object_mut) {
        canonicalize("ContainerPort", port);
    }
    ports
}
