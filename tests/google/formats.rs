//! What every golden case grants as a script, as a Terraform module and as objects of Config Connector: the
//! same, and what the spec promises.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hcl_edit::expr::{Expression, TraversalOperator};
use hcl_edit::structure::{Attribute, Body};
use hcl_edit::template::Element;
use serde_json::{Map, Value, json};
use wigen::diagnostics::Severity;
use wigen::diagnostics::source::Source;
use wigen::google::accounts;
use wigen::model::identity::Identity;
use wigen::text;

use crate::golden_case::{GoldenCase, Grant, NUMBER, golden_cases, grant, promised};
use crate::support::cloud::Cloud;
use crate::support::outcome;
use crate::support::trials::{Topic, Trial};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "formats",
        "the script, the Terraform module and the objects of every golden case grant the same",
        vec![Trial::new("every_case", every_case)],
    )
}

const FORMATS: [&str; 3] = ["gcloud", "terraform", "configConnector"];

/// The cases that a format cannot express, and the codes of the errors that say so.
const NOT_EXPRESSED: [(&str, &str, &str); 9] = [
    ("bigquery", "configConnector", "cloud-format"),
    ("bigquery-direct", "configConnector", "cloud-format"),
    ("config-connector-direct", "gcloud", "condition"),
    ("config-connector-direct", "terraform", "condition"),
    ("config-connector-faults", "configConnector", "cloud-format condition"),
    ("odd-names", "configConnector", "condition"),
    ("resources", "configConnector", "cloud-format condition"),
    ("terraform", "configConnector", "cloud-format condition"),
    ("terraform-direct", "configConnector", "cloud-format"),
];

/// Renders every case that is right in some format, in all of them, and reads what comes out.
fn every_case() {
    let (mut not_expressed, mut compared) = (Vec::new(), 0);
    for case in golden_cases().into_iter().map(GoldenCase::for_formats) {
        let formats = FORMATS.map(|name| (name, case.check(&[&format!("cloud.format={name}")])));
        if formats.iter().all(|(_, checked)| checked.is_err()) {
            continue;
        }
        for (format, checked) in formats {
            let out = tempfile::tempdir().unwrap();
            let mut render = case.render();
            render.args(["--cloud-format", format, "-o"]).arg(out.path());
            let (code, _, stderr) = outcome(&mut render);
            let name = &case.name;
            let checked = match checked {
                Ok(checked) => checked,
                Err(found) => {
                    assert_eq!(code, Some(1), "{name} as {format}: {stderr}");
                    let errors = found.iter().filter(|it| it.severity == Severity::Error);
                    let codes: BTreeSet<&str> = errors.map(|it| it.code.as_str()).collect();
                    let codes = Vec::from_iter(codes).join(" ");
                    not_expressed.push((name.clone(), format, codes));
                    continue;
                }
            };
            assert_eq!(code, Some(0), "{name} as {format}: {stderr}");
            let promised = promised(&Identity::from_app(checked.app()));
            let read = match format {
                "gcloud" => script_grants(&out.path().join("gcloud.sh")),
                "terraform" => module_grants(&out.path().join("main.tf")),
                _ => objects_grants(&out.path().join("iam.yaml")),
            };
            assert_same(&read, &promised, &format!("{name} as {format}"));
            compared += read.len();
        }
    }
    let not_expressed: Vec<(&str, &str, &str)> =
        not_expressed.iter().map(|(name, format, codes)| (&**name, *format, &**codes)).collect();
    assert_eq!(not_expressed, NOT_EXPRESSED);
    assert!(compared > 400, "{compared} grants");
}

fn assert_same(read: &BTreeSet<Grant>, promised: &BTreeSet<Grant>, what: &str) {
    let different: Vec<&Grant> = read.symmetric_difference(promised).collect();
    assert!(different.is_empty(), "{what}: {different:#?}");
}

fn script_grants(script: &Path) -> BTreeSet<Grant> {
    let cloud = Cloud::empty();
    // The access list of a dataset is in a file, which becomes the last word here.
    let words = "for word; do case $word in --source=*) set -- \"$@\" \"$(cat \"${word#*=}\")\" ;; esac; done";
    cloud.wrap("bq", &format!("{words}\nitself \"$@\""));
    let (code, text, calls) = cloud.run(script, &["apply"]);
    assert_eq!(code, Some(0), "{text}");
    calls.iter().filter_map(|call| access_grant(call).or_else(|| command_grant(call))).collect()
}

/// What a command adds to the access list of a dataset.
fn access_grant(call: &[String]) -> Option<Grant> {
    let access: Value = serde_json::from_str(call.last()?).ok()?;
    let (project, name) = call[call.len() - 2].rsplit_once(':').unwrap();
    let mut values = access["access"][0].clone();
    values["project"] = project.into();
    values["dataset_id"] = name.into();
    values["user_by_email"] = values["userByEmail"].take();
    values["iam_member"] = values["iamMember"].take();
    resource_grant("google_bigquery_dataset_access", &values)
}

/// What a command of the script grants.
fn command_grant(call: &[String]) -> Option<Grant> {
    let verb = call.iter().position(|word| word == "add-iam-policy-binding")?;
    let flag = |name: &str| {
        let prefix = format!("--{name}=");
        call.iter().find_map(|word| word.strip_prefix(&prefix)).unwrap_or_default()
    };
    // A project may have the name of the verb.
    if flag("member").is_empty() {
        return None;
    }
    let (argument, project) = (call.get(verb + 1).map_or("", String::as_str), flag("project"));
    let location = flag("location").to_owned() + flag("region");
    let instance = flag("instance");
    let in_project = |service: &str, collection: &str| {
        let location = Some(&location).filter(|location| !location.is_empty());
        let location = location.map(|name| format!("locations/{name}/")).unwrap_or_default();
        format!("{service}/projects/{project}/{location}{collection}/{argument}")
    };
    let group = call[..verb].join(" ");
    let resource = match group.as_str() {
        _ if call[0] == "bq" => {
            let (project, name) = call.last()?.rsplit_once(':').unwrap();
            let name = name.replacen('.', "/tables/", 1);
            format!("bigquery/projects/{project}/datasets/{name}")
        }
        "projects" => format!("crm/projects/{argument}"),
        "resource-manager folders" => format!("crm/folders/{argument}"),
        "organizations" => format!("crm/organizations/{argument}"),
        "storage buckets" => argument.replace("gs://", "storage/b/"),
        "secrets" => in_project("secretmanager", "secrets"),
        "iam service-accounts" => in_project("iam", "serviceAccounts"),
        "pubsub topics" => in_project("pubsub", "topics"),
        "pubsub subscriptions" => in_project("pubsub", "subscriptions"),
        "artifacts repositories" => in_project("artifactregistry", "repositories"),
        "kms keys" => {
            let ring = flag("keyring");
            in_project("cloudkms", &format!("keyRings/{ring}/cryptoKeys"))
        }
        "run services" => in_project("run", "services"),
        "spanner instances" => in_project("spanner", "instances"),
        "bigtable instances" => in_project("bigtableadmin", "instances"),
        "spanner databases" => in_project("spanner", &format!("instances/{instance}/databases")),
        "bigtable tables" => in_project("bigtableadmin", &format!("instances/{instance}/tables")),
        _ => panic!("{call:?}"),
    };
    let condition = flag("condition").strip_prefix('^').and_then(|text| text.split_once('^'));
    let condition = condition.map(|(delimiter, pairs)| {
        pairs.split(delimiter).map(|pair| pair.split_once('=').unwrap()).collect()
    });
    Some(grant(&resource, flag("role"), flag("member"), condition.as_ref()))
}

fn objects_grants(file: &Path) -> BTreeSet<Grant> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let objects = text::parse_stream(&Source::new("iam.yaml", text)).unwrap();
    objects.iter().filter_map(|object| object_grant(object, &objects)).collect()
}

/// What an object of Config Connector grants.
fn object_grant(object: &Value, all: &[Value]) -> Option<Grant> {
    let spec = &object["spec"];
    let role = spec["role"].as_str()?;
    let account = |name: &Value| {
        let is_it =
            |one: &&Value| one["kind"] == "IAMServiceAccount" && one["metadata"]["name"] == *name;
        let account = all.iter().find(is_it).expect("a reference leads to an object");
        let annotations = &account["metadata"]["annotations"];
        let project = annotations["cnrm.cloud.google.com/project-id"].as_str().unwrap();
        let email = accounts::email(account["spec"]["resourceID"].as_str().unwrap(), project);
        (format!("iam/projects/{project}/serviceAccounts/{email}"), email)
    };
    let member = match &spec["memberFrom"]["serviceAccountRef"]["name"] {
        Value::Null => spec["member"].as_str()?.to_owned(),
        name => format!("serviceAccount:{}", account(name).1),
    };
    let reference = &spec["resourceRef"];
    let service = match reference["apiVersion"].as_str()?.split_once(".cnrm.")?.0 {
        "resourcemanager" => "crm",
        "storage" => "storage/b",
        "kms" => "cloudkms",
        "bigtable" => "bigtableadmin",
        service => service,
    };
    let resource = match (reference["kind"].as_str()?, reference["external"].as_str()) {
        (_, None) => account(&reference["name"]).0,
        ("Organization", Some(number)) => format!("crm/organizations/{number}"),
        (_, Some(name)) => format!("{service}/{name}"),
    };
    Some(grant(&resource, role, &member, spec.get("condition")))
}

/// What a resource of a module names, by its type, from its values.
const RESOURCES: [(&str, &str); 18] = [
    (
        "artifact_registry_repository",
        "artifactregistry/projects/{project}/locations/{location}/repositories/{repository}",
    ),
    ("bigquery_dataset_access", "bigquery/projects/{project}/datasets/{dataset_id}"),
    ("bigquery_table", "bigquery/projects/{project}/datasets/{dataset_id}/tables/{table_id}"),
    ("bigtable_instance", "bigtableadmin/projects/{project}/instances/{instance}"),
    ("bigtable_table", "bigtableadmin/projects/{project}/instances/{instance_name}/tables/{table}"),
    ("cloud_run_v2_service", "run/projects/{project}/locations/{location}/services/{name}"),
    ("folder", "crm/{folder}"),
    ("kms_crypto_key", "cloudkms/{crypto_key_id}"),
    ("organization", "crm/organizations/{org_id}"),
    ("project", "crm/projects/{project}"),
    ("pubsub_subscription", "pubsub/projects/{project}/subscriptions/{subscription}"),
    ("pubsub_topic", "pubsub/projects/{project}/topics/{topic}"),
    (
        "secret_manager_regional_secret",
        "secretmanager/projects/{project}/locations/{location}/secrets/{secret_id}",
    ),
    ("secret_manager_secret", "secretmanager/projects/{project}/secrets/{secret_id}"),
    ("service_account", "iam/{service_account_id}"),
    ("spanner_database", "spanner/projects/{project}/instances/{instance}/databases/{database}"),
    ("spanner_instance", "spanner/projects/{project}/instances/{instance}"),
    ("storage_bucket", "storage/b/{bucket}"),
];

/// What a resource of a module grants, by its type and its values.
fn resource_grant(resource_type: &str, values: &Value) -> Option<Grant> {
    let name = resource_type.strip_prefix("google_")?;
    if ["service_account", "project", "container_cluster"].contains(&name) {
        return None;
    }
    let name = name.strip_suffix("_iam_member").unwrap_or(name);
    // Types that remove the members of others are not among these.
    let (_, path) = RESOURCES.iter().find(|(known, _)| *known == name).expect(resource_type);
    let string = |key: &str| values[key].as_str();
    let mut parts = path.split(['{', '}']);
    let mut resource = parts.next()?.to_owned();
    while let (Some(key), Some(rest)) = (parts.next(), parts.next()) {
        resource += string(key).unwrap_or_else(|| panic!("{resource_type} without {key}"));
        resource += rest;
    }
    // Older names in the access list of a dataset.
    let role = match string("role")? {
        "OWNER" => "roles/bigquery.dataOwner",
        "WRITER" => "roles/bigquery.dataEditor",
        "READER" => "roles/bigquery.dataViewer",
        role => role,
    };
    let member = string("member").or(string("iam_member")).map(str::to_owned);
    let member = member.or_else(|| Some(format!("serviceAccount:{}", string("user_by_email")?)))?;
    let condition = values["condition"].get(0).map(|condition| {
        let fields = condition.as_object().unwrap().iter();
        fields
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, value.clone()))
            .collect()
    });
    Some(grant(&resource, role, &member, condition.as_ref()))
}

/// What the resources of a module grant, as `terraform show -json` prints them.
pub(crate) fn state_grants(resources: &[Value]) -> BTreeSet<Grant> {
    let grants = resources.iter().map(|one| resource_grant(one["type"].as_str()?, &one["values"]));
    grants.flatten().collect()
}

/// What a module says, read without Terraform.
fn module_grants(file: &Path) -> BTreeSet<Grant> {
    let module: Body = fs::read_to_string(file).unwrap().parse().unwrap();
    let blocks = module.get_blocks("resource");
    let grants = blocks.map(|block| {
        let mut values = values(&block.body, &module);
        if let Some(condition) = block.body.get_blocks("condition").next() {
            values["condition"] = json!([self::values(&condition.body, &module)]);
        }
        resource_grant(block.labels[0].as_str(), &values)
    });
    grants.flatten().collect()
}

/// The attributes that are strings.
fn values(body: &Body, module: &Body) -> Value {
    let attributes = body.attributes();
    let values =
        attributes.filter_map(|one| Some((one.key.to_string(), json!(string(one, module)?))));
    values.collect::<Map<String, Value>>().into()
}

fn string(attribute: &Attribute, module: &Body) -> Option<String> {
    match &attribute.value {
        Expression::StringTemplate(parts) => {
            let part = |part: &Element| match part {
                Element::Literal(literal) => Some(literal.as_str().to_owned()),
                Element::Interpolation(one) => referent(&one.expr, module),
                Element::Directive(_) => None,
            };
            parts.iter().map(part).collect()
        }
        other => referent(other, module),
    }
}

/// What the modules refer to: the account, the principal, and the number of a project.
fn referent(expression: &Expression, module: &Body) -> Option<String> {
    if let Expression::String(string) = expression {
        return Some(string.as_str().to_owned());
    }
    let names = names(expression)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["local", key] => {
            string(module.get_blocks("locals").next()?.body.get_attribute(key)?, module)
        }
        ["data", "google_project", "pool", "number"] => Some(NUMBER.to_string()),
        ["google_service_account", "account", key] => {
            let is_account = |label: &str| label == "google_service_account";
            let mut blocks = module.get_blocks("resource");
            let account = blocks.find(|block| is_account(block.labels[0].as_str()))?;
            let string = |key: &str| string(account.body.get_attribute(key)?, module);
            let (id, project) = (string("account_id")?, string("project")?);
            let email = accounts::email(&id, &project);
            Some(match *key {
                "email" => email,
                "member" => format!("serviceAccount:{email}"),
                _ => format!("projects/{project}/serviceAccounts/{email}"),
            })
        }
        _ => panic!("a module refers to {names:?}"),
    }
}

fn names(expression: &Expression) -> Option<Vec<String>> {
    let Expression::Traversal(traversal) = expression else { return None };
    let Expression::Variable(first) = &traversal.expr else { return None };
    let rest = traversal.operators.iter().map(|operator| match operator.value() {
        TraversalOperator::GetAttr(name) => Some(name.to_string()),
        _ => None,
    });
    std::iter::once(Some(first.to_string())).chain(rest).collect()
}
