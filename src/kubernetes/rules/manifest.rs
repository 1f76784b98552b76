//! Manifests as the API server sees them.

use serde_json::Value;

use super::findings::check_name;
use super::place::Place;
use super::rule::{Found, Table};
use super::size::ObjectSize;
use super::view::{ContainerView, Entry, PodView, WorkloadView};
use super::walk::{check, check_workload};
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic, Location};
use crate::kubernetes::kind::{api_group, pod_template};
use crate::kubernetes::names::{DNS_LABEL, DNS_SUBDOMAIN};
use crate::kubernetes::version::Version;
use crate::text::NamePattern;

/// Adds what a manifest of a definition, at a JSON pointer, breaks.
pub fn check_object(
    definition: &str,
    manifest: &Value,
    pointer: &str,
    version: Version,
    found: &mut Found,
) {
    let Some(table) = manifest.as_object() else { return };
    let name_pointer = format!("{pointer}/metadata/name");
    let name = &manifest["metadata"]["name"];
    if let Some(pattern) = name_pattern(definition) {
        check_name(pattern, name, &Place::Root(&name_pointer), found);
    }
    let length = name.as_str().map_or(0, str::len);
    if definition == "CronJob" && length > 52 {
        let message = format!("the name of a CronJob has {length} characters; the maximum is 52");
        found.push(
            Diagnostic::new(Code::TOO_LONG, Location::value(&name_pointer), message)
                .help("Kubernetes appends a hyphen and ten digits to name its Jobs"),
        );
    }
    check(definition, table, pointer, version, found);
    let mut size = ObjectSize::default();
    size.add_table(table, pointer, found);
    for entry in entries("", &manifest["metadata"]["annotations"]) {
        size.add_annotation(entry.key, entry.value);
    }
    found.extend(size.problem());
    let group = api_group(manifest["apiVersion"].as_str().unwrap_or_default());
    let Some(template) = pod_template(group, definition) else { return };
    let template_pointer = format!("{pointer}{template}");
    let Some(template) = manifest.pointer(template).filter(|it| it["spec"].is_object()) else {
        return;
    };
    let Some(spec) = template["spec"].as_object() else { return };
    let spec_pointer = format!("{template_pointer}/spec");
    let (labels, annotations) = (
        format!("{template_pointer}/metadata/labels"),
        format!("{template_pointer}/metadata/annotations"),
    );
    let job = match definition {
        "Job" => Some(("/spec", manifest.get("spec"))),
        "CronJob" => Some(("/spec/jobTemplate/spec", manifest.pointer("/spec/jobTemplate/spec"))),
        _ => None,
    };
    let job_pointer = format!("{pointer}{}", job.map_or("", |(path, _)| path));
    let claims = manifest["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
    let workload = WorkloadView {
        kind: definition,
        name: manifest["metadata"]["name"].as_str().unwrap_or_default(),
        name_pointer: &name_pointer,
        job: job.and_then(|(_, job)| Some((job_pointer.as_str(), job?.as_object()?))),
        labels: entries(&labels, &template["metadata"]["labels"]),
        pod: PodView {
            pointer: &spec_pointer,
            spec,
            containers: containers(spec, &spec_pointer),
            claims: claims.filter_map(|claim| claim["metadata"]["name"].as_str()).collect(),
            annotations: entries(&annotations, &template["metadata"]["annotations"]),
            restart_policy: "Always",
        },
    };
    check_workload(&workload, version, found);
}

/// What the names of objects of a kind are like; `None` for names that only need to fit into a path.
fn name_pattern(kind: &str) -> Option<&'static NamePattern> {
    match kind {
        "Namespace" | "Service" | "StatefulSet" => Some(&DNS_LABEL),
        "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding" => None,
        _ => Some(&DNS_SUBDOMAIN),
    }
}

fn entries<'a>(table: &'a str, entries: &'a Value) -> Vec<Entry<'a>> {
    let entries = entries.as_object().into_iter().flatten();
    let entry =
        |(key, value): (&'a String, &'a Value)| Some(Entry { table, key, value: value.as_str()? });
    entries.filter_map(entry).collect()
}

/// The containers of pods, those that run first last.
fn containers<'a>(spec: &'a Table, pointer: &str) -> Vec<ContainerView<'a>> {
    let mut containers = Vec::new();
    for list in ["containers", "initContainers"] {
        let elements = spec.get(list).and_then(Value::as_array).into_iter().flatten();
        for (index, container) in elements.enumerate() {
            let pointer = format!("{pointer}/{list}/{index}");
            containers.extend(ContainerView::new(container, pointer, list == "initContainers"));
        }
    }
    containers
}

impl<'a> ContainerView<'a> {
    /// A container with the fields of Kubernetes, at a JSON pointer.
    pub fn new(container: &'a Value, pointer: String, is_init: bool) -> Option<Self> {
        container.as_object().map(|fields| Self::from_fields(fields, pointer, is_init))
    }

    /// As [`Self::new`], of its fields.
    pub fn from_fields(fields: &'a Table, pointer: String, is_init: bool) -> Self {
        let env = fields.get("env").and_then(Value::as_array).into_iter().flatten();
        let file_key = |(index, variable): (usize, &'a Value)| {
            let reference = variable["valueFrom"].get("fileKeyRef")?;
            Some((format!("{pointer}/env/{index}/valueFrom/fileKeyRef"), reference))
        };
        Self {
            name: fields.get("name").and_then(Value::as_str).unwrap_or_default(),
            name_pointer: Some(join(&pointer, "name")),
            file_keys: env.enumerate().filter_map(file_key).collect(),
            fields,
            pointer,
            is_init,
        }
    }
}
