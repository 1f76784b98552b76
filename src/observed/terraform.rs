//! What `terraform show -json` prints of a state or a plan.

use serde_json::Value;

use super::bindings::{Binding, BindingTarget, Origin};
use super::described::{known, setting};
use super::facts::{
    AccountState, Cluster, Facts, GoogleAccount, NodePool, ScriptAccount, ScriptAnnotation, Setting,
};
use super::gke::account_email;
use super::members::email;
use super::partial::Partial;
use crate::diagnostics::Location;
use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;
use crate::google::members::Member;
use crate::google::resources::ResourceType;

/// Adds the resources of a document. Returns whether it is such a document.
pub(super) fn read(source: &Source, pointer: &str, value: &Value, facts: &mut Facts) -> bool {
    let mut is_one = false;
    for key in ["values", "planned_values"] {
        let module = &value[key]["root_module"];
        if value["format_version"].is_string() && module.is_object() {
            read_module(source, &format!("{pointer}/{key}/root_module"), module, facts);
            is_one = true;
        }
    }
    let is_state = value["lineage"].is_string() && value["resources"].is_array();
    if is_state {
        read_state(source, pointer, value, facts);
    }
    is_one || is_state
}

/// Adds the resources of a file of a state, `terraform.tfstate`.
fn read_state(source: &Source, pointer: &str, state: &Value, facts: &mut Facts) {
    let list =
        |value: &Value| value.as_array().cloned().unwrap_or_default().into_iter().enumerate();
    for (index, resource) in list(&state["resources"]).filter(|(_, one)| one["mode"] == "managed") {
        let resource_type = resource["type"].as_str().unwrap_or_default();
        for (number, instance) in list(&resource["instances"]) {
            let at = format!("{pointer}/resources/{index}/instances/{number}/attributes");
            let place = |key: &str| Location::value(join(&at, key)).in_source(source);
            let values = &instance["attributes"];
            Resource { place: &place, values }.read(resource_type, facts);
        }
    }
}

fn read_module(source: &Source, pointer: &str, module: &Value, facts: &mut Facts) {
    let list = |key: &str| module[key].as_array().into_iter().flatten().enumerate();
    for (index, resource) in list("resources").filter(|(_, one)| one["mode"] == "managed") {
        let resource_type = resource["type"].as_str().unwrap_or_default();
        let at = format!("{pointer}/resources/{index}/values");
        let place = |key: &str| Location::value(join(&at, key)).in_source(source);
        Resource { place: &place, values: &resource["values"] }.read(resource_type, facts);
    }
    for (index, module) in list("child_modules") {
        read_module(source, &format!("{pointer}/child_modules/{index}"), module, facts);
    }
}

/// The values of a resource, and where each stands. What is known only after an apply is not there.
pub(super) struct Resource<'a> {
    pub(super) place: &'a dyn Fn(&str) -> Location,
    pub(super) values: &'a Value,
}

impl Resource<'_> {
    fn place(&self, key: &str) -> Location {
        (self.place)(key)
    }

    fn setting(&self, key: &str) -> Setting {
        setting(&self.values[key], false)
    }

    /// Adds the facts of a resource of this type.
    pub(super) fn read(&self, resource_type: &str, facts: &mut Facts) {
        let values = self.values;
        match resource_type {
            "google_service_account" => {
                let project = self.setting("project");
                let by_id = || match &project {
                    Setting::Is(project) => {
                        account_email(&known(&values["account_id"]), Some(project))
                    }
                    _ => account_email(&known(&values["account_id"]), None),
                };
                let is_disabled = values["disabled"] == true;
                facts.google_accounts.push(GoogleAccount {
                    place: self.place("account_id"),
                    email: values["email"].as_str().map_or_else(by_id, Partial::known),
                    state: if is_disabled { AccountState::Disabled } else { AccountState::Enabled },
                });
            }
            "google_container_cluster" => self.read_cluster(facts),
            "google_bigquery_dataset_access" => self.read_access(facts),
            "google_container_node_pool" => {
                facts.node_pools.push(self.node_pool(values, self.setting("cluster")));
            }
            "kubernetes_service_account" | "kubernetes_service_account_v1" => {
                let metadata = &values["metadata"][0];
                let place = || self.place("metadata");
                let annotations = metadata["annotations"].as_object().into_iter().flatten();
                let annotation = |(key, value): (&String, &Value)| ScriptAnnotation {
                    place: place(),
                    key: Partial::known(key),
                    value: known(value),
                };
                facts.script_accounts.push(ScriptAccount {
                    place: place(),
                    namespace: known(&metadata["namespace"]),
                    name: known(&metadata["name"]),
                    annotations: annotations.map(annotation).collect(),
                });
            }
            _ => self.read_bindings(resource_type, facts),
        }
    }

    fn read_bindings(&self, resource_type: &str, facts: &mut Facts) {
        let values = self.values;
        let kinds = ["_iam_member", "_iam_binding", "_iam_policy"];
        let Some(resource) = kinds.iter().find_map(|kind| resource_type.strip_suffix(kind)) else {
            return;
        };
        let target = match resource {
            "google_service_account" => BindingTarget::ServiceAccount(
                values["service_account_id"].as_str().map_or(Partial::unknown(), email),
            ),
            "google_project" | "google_folder" | "google_organization" => BindingTarget::Project,
            _ => BindingTarget::Other,
        };
        let mut push = |place: Location, binding: &Value, member: &Value| {
            let (role, member) = (known(&binding["role"]), known(member));
            let mut one = Binding::new(place, Origin::Terraform, target.clone(), role, member);
            if let Some(name) = shown_name(resource, values) {
                one.resource = name;
            }
            one.condition = match &binding["condition"] {
                Value::Array(list) => list.first().map(|one| known(&one["expression"])),
                Value::Object(one) => one.get("expression").map(known),
                _ => None,
            };
            facts.bindings.push(one);
        };
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        if resource_type.ends_with("_iam_member") {
            push(self.place("member"), values, &values["member"]);
        }
        for (index, member) in list(&values["members"]).iter().enumerate() {
            push(self.place(&format!("members/{index}")), values, member);
        }
        let policy = values["policy_data"].as_str().unwrap_or_default();
        let policy: Value = serde_json::from_str(policy).unwrap_or_default();
        for binding in list(&policy["bindings"]) {
            for member in list(&binding["members"]) {
                push(self.place("policy_data"), &binding, &member);
            }
        }
    }

    /// An entry of the access list of a dataset.
    fn read_access(&self, facts: &mut Facts) {
        let values = self.values;
        let (key, member) = match (&values["user_by_email"], &values["iam_member"]) {
            (Value::String(email), _) => {
                ("user_by_email", Member::ServiceAccount(email.clone()).to_string())
            }
            (_, Value::String(member)) => ("iam_member", member.clone()),
            _ => return,
        };
        let role = match values["role"].as_str() {
            Some("OWNER") => "roles/bigquery.dataOwner",
            Some("READER") => "roles/bigquery.dataViewer",
            Some("WRITER") => "roles/bigquery.dataEditor",
            role => role.unwrap_or_default(),
        };
        let (role, member) = (Partial::known(role), Partial::known(member));
        let target = BindingTarget::Other;
        let mut one = Binding::new(self.place(key), Origin::Terraform, target, role, member);
        one.resource = shown_name("google_bigquery_dataset", values).unwrap_or_default();
        facts.bindings.push(one);
    }

    fn read_cluster(&self, facts: &mut Facts) {
        let values = self.values;
        let pool = &values["workload_identity_config"][0]["workload_pool"];
        let is_autopilot = values["enable_autopilot"] == true;
        facts.clusters.push(Cluster {
            place: Some(self.place("name")),
            name: known(&values["name"]),
            pool: setting(pool, !is_autopilot && values["workload_identity_config"].is_array()),
            is_pool_of_project: false,
            pool_place: pool.is_string().then(|| self.place("workload_identity_config")),
            is_autopilot: Some(is_autopilot),
            has_dataplane_v2: values["datapath_provider"]
                .as_str()
                .map(|provider| provider == "ADVANCED_DATAPATH"),
        });
        for pool in values["node_pool"].as_array().into_iter().flatten() {
            facts.node_pools.push(self.node_pool(pool, self.setting("name")));
        }
    }

    fn node_pool(&self, pool: &Value, cluster: Setting) -> NodePool {
        let config = &pool["node_config"][0];
        let mode = &config["workload_metadata_config"][0]["mode"];
        NodePool {
            place: Some(self.place("name")),
            cluster,
            name: known(&pool["name"]),
            metadata_mode: setting(mode, config["workload_metadata_config"].is_array()),
        }
    }
}

/// What people call resources, by type and the attribute with the name.
const NAMES: [(&str, ResourceType, &str); 17] = [
    ("google_artifact_registry_repository", ResourceType::Repository, "repository"),
    ("google_bigquery_dataset", ResourceType::Dataset, "dataset_id"),
    ("google_bigquery_table", ResourceType::Table, "table_id"),
    ("google_bigtable_instance", ResourceType::BigtableInstance, "instance"),
    ("google_bigtable_table", ResourceType::BigtableTable, "table"),
    ("google_cloud_run_v2_service", ResourceType::RunService, "name"),
    ("google_folder", ResourceType::Folder, "folder"),
    ("google_kms_crypto_key", ResourceType::KmsKey, "crypto_key_id"),
    ("google_organization", ResourceType::Organization, "org_id"),
    ("google_project", ResourceType::Project, "project"),
    ("google_pubsub_subscription", ResourceType::Subscription, "subscription"),
    ("google_pubsub_topic", ResourceType::Topic, "topic"),
    ("google_secret_manager_regional_secret", ResourceType::Secret, "secret_id"),
    ("google_secret_manager_secret", ResourceType::Secret, "secret_id"),
    ("google_spanner_database", ResourceType::SpannerDatabase, "database"),
    ("google_spanner_instance", ResourceType::SpannerInstance, "instance"),
    ("google_storage_bucket", ResourceType::Bucket, "bucket"),
];

/// What people call a resource.
fn shown_name(resource_type: &str, values: &Value) -> Option<String> {
    let (_, known, key) = NAMES.iter().find(|(name, ..)| *name == resource_type)?;
    let name = values[*key].as_str()?;
    let name = name.rsplit('/').next().unwrap_or(name).replace('\0', "…");
    Some(format!("{} {name}", known.noun()))
}
