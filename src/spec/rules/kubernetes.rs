//! What the API server demands of the Kubernetes tables of an app, at the keys of the spec.

use serde_json::Value;

use super::containers::native_containers;
use crate::diagnostics::pointer::join;
use crate::diagnostics::{Code, Diagnostic};
use crate::google::names::{GSA_ANNOTATION, WAITING_CONTAINER};
use crate::kubernetes::names::ENV_NAME_BEFORE_1_34;
use crate::kubernetes::rules::{self, ContainerView, Entry, ObjectSize, PodView, WorkloadView};
use crate::kubernetes::{Version, WorkloadKind};
use crate::spec::names::{GoogleApis, IpRange};
use crate::spec::types::{App, Container, EnvPlace, EnvVariable, WaitForMetadata};
use crate::text::OrderedMap;

/// Adds what the server of a version rejects.
pub(super) fn check(app: &App, version: Version, found: &mut Vec<Diagnostic>) {
    for (kind, table) in app.kinds() {
        let pointer = join("", kind.key());
        rules::check(kind.definition(), table, &pointer, version, found);
    }
    rules::check("PodSpec", &app.pod, "/pod", version, found);
    for (index, sidecar) in app.sidecars.iter().enumerate() {
        rules::check("Container", sidecar, &format!("/sidecars/{index}"), version, found);
    }
    ranges(app, version, found);
    sizes(app, found);
    let Some(container) = &app.container else { return };
    rules::check("Container", &container.kubernetes, "/container", version, found);
    variables(container, version, found);
    rules::check_workload(&workload(app, container), version, found);
}

/// The variables of the app's container, which have a form of their own.
fn variables(container: &Container, version: Version, found: &mut Vec<Diagnostic>) {
    for (place, variable) in container.env.places() {
        let name = &variable.name;
        if version < Version::RELAXED_ENV_NAMES && !ENV_NAME_BEFORE_1_34.matches(name) {
            found.push(rules::not_a_name(&ENV_NAME_BEFORE_1_34, name, place.name()));
        }
        if let Some(value_from) = &variable.value_from {
            let pointer = place.pointer() + "/valueFrom";
            rules::check("EnvVarSource", value_from, &pointer, version, found);
        }
    }
}

/// The ranges of addresses in the NetworkPolicy.
fn ranges(app: &App, version: Version, found: &mut Vec<Diagnostic>) {
    let Some(policy) = &app.network_policy else { return };
    let apis = policy.google_apis.iter().map(GoogleApis::range).enumerate();
    let dns = policy.dns.iter().map(IpRange::as_str).enumerate();
    let apis = apis.map(|(index, range)| ("googleApis", index, range));
    for (key, index, range) in apis.chain(dns.map(|(index, range)| ("dns", index, range))) {
        let pointer = format!("/networkPolicy/{key}/{index}");
        rules::check_range(range, &pointer, version, found);
    }
}

/// The sizes of the ServiceAccount and of the workload, which have the labels and annotations of the app.
fn sizes(app: &App, found: &mut Vec<Diagnostic>) {
    let account = &app.service_account;
    let (mut of_account, mut of_workload) = (ObjectSize::default(), ObjectSize::default());
    // The workload and its pods have them.
    for (key, value) in &app.annotations {
        let pointer = || join("/annotations", key);
        of_workload.add_text(value, &pointer, 2, found);
        of_workload.add_annotation(key, value);
        of_account.add_text(value, &pointer, 1, &mut Vec::new());
        of_account.add_annotation(key, value);
    }
    for (key, value) in &account.annotations {
        of_account.add_text(value, &|| join("/serviceAccount/annotations", key), 1, found);
        of_account.add_annotation(key, value);
    }
    for (key, value) in &app.pod.annotations {
        of_workload.add_text(value, &|| join("/pod/annotations", key), 1, found);
    }
    if app.google_service_account.is_some() {
        of_account.add_annotation(GSA_ANNOTATION, "");
    }
    let mut problem = of_account.problem();
    if let Some(container) = &app.container {
        for (kind, table) in app.kinds() {
            of_workload.add_table(table, &join("", kind.key()), found);
        }
        of_workload.add_table(&app.pod, "/pod", found);
        for (index, sidecar) in app.sidecars.iter().enumerate() {
            of_workload.add_table(sidecar, &format!("/sidecars/{index}"), found);
        }
        of_workload.add_table(&container.kubernetes, "/container", found);
        for (place, variable) in container.env.places() {
            if let Some(value) = &variable.value {
                of_workload.add_text(value, &|| place.value().pointer, 1, found);
            } else if let Some(value_from) = &variable.value_from {
                of_workload.add_table(value_from, &(place.pointer() + "/valueFrom"), found);
            }
        }
        let keys = r#"{"name":"","value":},"#.len();
        let names = container.env.places().map(|(_, variable)| keys + variable.name.len()).sum();
        of_workload.add_length(names, &|| "/container/env".to_owned(), 1);
        problem = problem.or_else(|| of_workload.problem());
    }
    let is_reported = |one: &Diagnostic| one.code == Code::TOO_LONG && one.place.pointer != "/name";
    if !found.iter().any(is_reported) {
        found.extend(problem);
    }
}

/// The app's workload as the server sees it.
fn workload<'a>(app: &'a App, own: &'a Container) -> WorkloadView<'a> {
    let kind = app.kind();
    let job = match kind {
        WorkloadKind::Job => app.job.as_ref().map(|job| ("/job", job)),
        WorkloadKind::CronJob => {
            let template = app.cron_job.as_ref().and_then(|table| table.get("jobTemplate"));
            let job = template.and_then(|template| template["spec"].as_object());
            job.map(|job| ("/cronJob/jobTemplate/spec", job))
        }
        _ => None,
    };
    let claims = app.stateful_set.as_ref().and_then(|table| table.get("volumeClaimTemplates"));
    let claims = claims.and_then(Value::as_array).into_iter().flatten();
    let native = native_containers(app).map(|(pointer, fields)| {
        let is_init = pointer.starts_with("/pod/");
        ContainerView::from_fields(fields, pointer, is_init)
    });
    let mut containers: Vec<ContainerView<'a>> =
        std::iter::once(own_container(app, own)).chain(native).collect();
    if let Some(waiting) = waiting_container(app) {
        containers.insert(1, waiting);
    }
    WorkloadView {
        kind: kind.as_str(),
        name: &app.name,
        name_pointer: "/name",
        job,
        labels: entries([
            ("/labels", &app.labels),
            ("/pod/labels", &app.pod.labels),
            ("/selector", &app.selector),
        ]),
        pod: PodView {
            pointer: "/pod",
            spec: &app.pod,
            containers,
            claims: claims.filter_map(|claim| claim["metadata"]["name"].as_str()).collect(),
            annotations: entries([
                ("/annotations", &app.annotations),
                ("/pod/annotations", &app.pod.annotations),
            ]),
            restart_policy: kind.default_restart_policy().unwrap_or("Always"),
        },
    }
}

fn entries<'a, const N: usize>(tables: [(&'a str, &'a OrderedMap<String>); N]) -> Vec<Entry<'a>> {
    let entries = tables.into_iter().flat_map(|(table, entries)| {
        entries.iter().map(move |(key, value)| Entry { table, key, value })
    });
    entries.collect()
}

fn own_container<'a>(app: &'a App, own: &'a Container) -> ContainerView<'a> {
    let (name, name_pointer) = match &own.name {
        Some(name) => (name.as_str(), "/container/name"),
        None => (app.name.as_str(), "/name"),
    };
    let file_key = |(place, variable): (EnvPlace<'a>, &'a EnvVariable)| {
        let reference = variable.value_from.as_ref()?.get("fileKeyRef")?;
        Some((place.pointer() + "/valueFrom/fileKeyRef", reference))
    };
    ContainerView {
        pointer: "/container".to_owned(),
        name,
        name_pointer: Some(name_pointer.to_owned()),
        fields: &own.kubernetes,
        is_init: false,
        file_keys: own.env.places().filter_map(file_key).collect(),
    }
}

/// The container that waits for the metadata server, of which only the name matters.
fn waiting_container<'a>(app: &App) -> Option<ContainerView<'a>> {
    let waits = !matches!(app.wait_for_metadata, None | Some(WaitForMetadata::Switch(false)));
    waits.then(|| ContainerView {
        pointer: "/waitForMetadata".to_owned(),
        name: WAITING_CONTAINER,
        name_pointer: Some("/waitForMetadata".to_owned()),
        fields: rules::no_fields(),
        is_init: true,
        file_keys: Vec::new(),
    })
}
