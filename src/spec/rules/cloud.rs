//! Rules for the tool that owns the Google Cloud side: what it cannot do.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::google::config_connector::ResourceKind;
use crate::google::resources::ResourceType;
use crate::spec::types::{App, CloudFormat, ClusterType, Setup};

crate::diagnostics::declare_code! {
    CLOUD_FORMAT: Error = "cloud-format",
    what: "The tool of `cloud.format` cannot do what the spec says. Only the gcloud script creates and updates clusters. Config Connector grants no roles on BigQuery datasets and regional secrets, and needs `projectNumber` for roles that are granted to the pods.",
    why: "A cluster serves many apps, so it has one owner: your own Terraform configuration, or the objects that already make it. Two owners undo what the other does. Config Connector would report an object that it does not know at run time, and looks nothing up.",
    example: "[cloud]\nformat = \"terraform\"\n[cluster]\nsetup = \"create\"",
    instead: "[cloud]\nformat = \"terraform\"\n[cluster]\nsetup = \"verify\"",
}

/// Only the script makes and changes clusters.
pub(super) fn setup(app: &App, found: &mut Vec<Diagnostic>) {
    let cluster = &app.cluster;
    let change = match cluster.setup {
        Setup::Create => "create",
        Setup::Update => "update",
        Setup::Verify | Setup::None => return,
    };
    let project = cluster.project.as_ref().unwrap_or(&app.project);
    let pool = match &cluster.workload_pool {
        Some(pool) => pool.to_string(),
        None => format!("{project}.svc.id.goog"),
    };
    let (tool, add) = match app.cloud.format {
        CloudFormat::Gcloud | CloudFormat::None => return,
        CloudFormat::Terraform if cluster.kind == ClusterType::Autopilot => (
            "the Terraform module does",
            "has `enable_autopilot = true`, which turns Workload Identity on".to_owned(),
        ),
        CloudFormat::Terraform => (
            "the Terraform module does",
            format!(
                "has `workload_identity_config {{ workload_pool = \"{pool}\" }}`, and each `google_container_node_pool` has `workload_metadata_config {{ mode = \"GKE_METADATA\" }}` in its `node_config`"
            ),
        ),
        CloudFormat::ConfigConnector => (
            "the Config Connector objects do",
            format!("has `spec.workloadIdentityConfig.workloadPool: {pool}`"),
        ),
    };
    let resource = match app.cloud.format {
        CloudFormat::Terraform => "google_container_cluster",
        _ => "ContainerCluster",
    };
    found.push(
        Diagnostic::new(
            Code::CLOUD_FORMAT,
            Location::value("/cluster/setup"),
            format!("{tool} not {change} clusters"),
        )
        .related(Location::value("/cloud/format"), "the format is set here")
        .help(format!("write `setup = \"verify\"`, and see that your own `{resource}` {add}")),
    );
}

/// Config Connector does not know every resource, and looks up no project number.
pub(super) fn config_connector(app: &App, found: &mut Vec<Diagnostic>) {
    if app.cloud.format != CloudFormat::ConfigConnector {
        return;
    }
    let report = |place, message, help| {
        Diagnostic::new(Code::CLOUD_FORMAT, place, message)
            .related(Location::value("/cloud/format"), "the format is set here")
            .help(help)
    };
    for (index, grant) in app.grants.iter().enumerate() {
        for (resource_type, name) in grant.resources() {
            let Ok(resource) = resource_type.parse(name, &app.project) else { continue };
            if ResourceKind::new(&resource).is_some() {
                continue;
            }
            let (noun, help) = match resource_type {
                ResourceType::Dataset => (
                    "dataset",
                    "grant the roles on its tables or on the project, or list the account in `spec.access` of your own BigQueryDataset; the gcloud script and Terraform can grant them",
                ),
                _ => (
                    "regional secret",
                    "use a secret without a location, or grant the roles on the project with a condition on `resource.name`; the gcloud script and Terraform can grant them",
                ),
            };
            let place = Location::key(format!("/grants/{index}/{}", resource_type.key()));
            let message = format!("Config Connector cannot grant roles on a {noun}");
            found.push(report(place, message, help.to_owned()));
        }
    }
    let is_direct = app.google_service_account.is_none() && !app.grants.is_empty();
    let (key, project, number) = match &app.cluster.project {
        Some(project) if *project != app.project => {
            ("/cluster/project", project, app.cluster.project_number)
        }
        _ => ("/project", &app.project, app.project_number),
    };
    if is_direct && number.is_none() {
        let message = format!(
            "Config Connector needs the number of {}, because the roles are granted to the pods",
            quoted(project)
        );
        let help = format!(
            "set `{}Number`: `gcloud projects describe {project} --format='value(projectNumber)'` prints it",
            key[1..].replace('/', ".")
        );
        found.push(report(Location::value(key), message, help));
    }
}

/// Terraform changes strings to Unicode Normalization Form C, and would find others changed for ever.
pub(super) fn normalized(app: &App, found: &mut Vec<Diagnostic>) {
    if app.cloud.format != CloudFormat::Terraform {
        return;
    }
    let mut check = |pointer: String, text: Option<&str>| {
        let Some(text) = text.filter(|text| !is_nfc(text)) else { return };
        let normal = serde_json::Value::from(text.nfc().collect::<String>()).to_string();
        let message = format!(
            "{} is not in Unicode Normalization Form C, in which Terraform keeps strings",
            quoted(text)
        );
        found.push(
            Diagnostic::new(Code::CLOUD_FORMAT, Location::value(pointer), message)
                .help("write the same characters in that form")
                .replacement(normal),
        );
    };
    if let Some(account) = &app.google_service_account {
        check("/googleServiceAccount/displayName".to_owned(), account.display_name.as_deref());
        check("/googleServiceAccount/description".to_owned(), account.description.as_deref());
    }
    for (index, grant) in app.grants.iter().enumerate() {
        let Some(condition) = &grant.condition else { continue };
        let pointer = |key: &str| format!("/grants/{index}/condition/{key}");
        check(pointer("title"), Some(&condition.title));
        check(pointer("expression"), Some(&condition.expression));
        check(pointer("description"), condition.description.as_deref());
    }
}
