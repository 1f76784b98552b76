//! The golden cases that have pods with an identity, each in a cloud in which its script was run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use wigen::chain::{self, Chain};
use wigen::diagnostics::source::Source;
use wigen::model::identity::Identity;
use wigen::model::workload::Workload;
use wigen::{Levels, LoadOptions, Spec, text};

use super::situation::{ANNOTATION, Situation};
use crate::cloud::{Cluster, Google};
use crate::support::{folders, repository};

/// A golden case.
pub(super) struct Case {
    pub(super) name: String,
    /// The spec, with its environment.
    pub(super) source: Source,
}

/// Every case with a script and pods.
pub(super) fn cases() -> Vec<Case> {
    let cases = folders("golden/cases").into_iter().filter_map(|folder| {
        let name = folder.file_name()?.to_str()?.to_owned();
        let spec = ["app.toml", "app.yaml", "app.json"]
            .into_iter()
            .find(|name| folder.join(name).is_file())?;
        let has_pods = folder.join("gcloud.sh").is_file()
            && objects(&folder).iter().any(|object| {
                object["spec"]["template"].is_object() || object["spec"]["jobTemplate"].is_object()
            });
        let source = Source::new(spec, fs::read_to_string(folder.join(spec)).ok()?);
        has_pods.then_some(Case { name, source })
    });
    cases.collect()
}

/// The rendered manifests of a case.
fn objects(folder: &Path) -> Vec<Value> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|end| end == "yaml")
                && path.file_stem().is_some_and(|name| name != "app")
        })
        .collect();
    paths.sort();
    let documents = |path| {
        let source = Source::new("manifest.yaml", fs::read_to_string(path).unwrap());
        text::parse(&source).unwrap_or_else(|found| panic!("{found:?}"))
    };
    paths.into_iter().map(documents).collect()
}

impl Case {
    /// The spec as it is rendered.
    fn spec(&self) -> Value {
        let spec = Spec::load(&self.source, &LoadOptions::default()).unwrap();
        spec.merged(None).expect("a golden spec is readable")
    }

    /// The chain that the spec promises.
    pub(super) fn promise(&self) -> Chain {
        let spec = Spec::load(&self.source, &LoadOptions::default()).unwrap();
        let checked = spec.check(None, &Levels::default()).unwrap();
        let identity = Identity::from_app(checked.app());
        chain::promise(&identity, &Workload::from_app(checked.app(), &identity))
    }

    /// Runs the script of the case in a cloud that has what the spec expects.
    pub(super) fn apply(&self) -> Situation {
        let folder = repository().join("golden/cases").join(&self.name);
        let spec = self.spec();
        let google = Google::start();
        google.every_resource();
        let project = string(&spec, "/project").expect("a project");
        let cluster_project = string(&spec, "/cluster/project").unwrap_or(project).to_owned();
        add_projects(&google, &spec, &fs::read_to_string(folder.join("gcloud.sh")).unwrap());
        add_cluster(&google, &spec, &cluster_project);
        if let Some(email) = existing_account(&spec)
            && !google.world().has_account(&email)
        {
            google.account(&email);
        }
        for grant in spec["grants"].as_array().into_iter().flatten() {
            if let Some(name) = grant["serviceAccount"].as_str() {
                google.account(name.rsplit('/').next().unwrap_or(name));
            }
        }
        let (code, printed) = google.bash(&folder.join("gcloud.sh"), &["apply"]);
        assert_eq!(code, Some(0), "{}: {printed}", self.name);
        let world = google.world();
        let (path, cluster) = world.first_cluster().expect("a cluster");
        let mut objects = objects(&folder);
        if spec.pointer("/serviceAccount/create") == Some(&Value::Bool(false)) {
            objects.push(service_account(&spec));
        }
        Situation { objects, cluster_path: path, cluster, project: cluster_project, world }
    }
}

/// The ServiceAccount that somebody else manages.
fn service_account(spec: &Value) -> Value {
    let mut account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": string(spec, "/serviceAccount/name").or(string(spec, "/name")),
            "namespace": string(spec, "/namespace").unwrap_or("default"),
        },
    });
    if let Some(email) = string(spec, "/googleServiceAccount/email") {
        account["metadata"]["annotations"] = json!({ ANNOTATION: email });
    }
    account
}

fn string<'s>(spec: &'s Value, pointer: &str) -> Option<&'s str> {
    spec.pointer(pointer).and_then(Value::as_str)
}

/// The projects that a spec and its script name, with the numbers that the spec expects.
fn add_projects(google: &Google, spec: &Value, script: &str) {
    let account = string(spec, "/googleServiceAccount/email");
    let email = account.and_then(project_in_email);
    let mut projects: BTreeSet<String> =
        ["/project", "/cluster/project", "/googleServiceAccount/project"]
            .into_iter()
            .filter_map(|pointer| string(spec, pointer).map(str::to_owned))
            .chain(email)
            .collect();
    for grant in spec["grants"].as_array().into_iter().flatten() {
        projects.extend(grant["project"].as_str().map(str::to_owned));
        projects.extend(grant["serviceAccount"].as_str().and_then(project_in_email));
    }
    for rest in script.split("projects/").skip(1) {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-.:".contains(c));
        projects.insert(rest[..end.unwrap_or(rest.len())].to_owned());
    }
    projects.retain(|id| id.starts_with(|c: char| c.is_ascii_lowercase()));
    for (number, id) in (111_111_111_111..).zip(projects) {
        let known =
            [("/project", "/projectNumber"), ("/cluster/project", "/cluster/projectNumber")];
        let known = known.into_iter().find_map(|(name, number)| {
            let number = spec.pointer(number).and_then(Value::as_u64)?;
            (string(spec, name) == Some(&id)).then_some(number)
        });
        // The default account of Compute Engine has the number of its project in its name.
        let default =
            account.and_then(|email| email.split_once("-compute@developer.")?.0.parse().ok());
        let default = default.filter(|_| string(spec, "/project") == Some(&id));
        google.project(&id, known.or(default).unwrap_or(number));
    }
}

fn project_in_email(email: &str) -> Option<String> {
    let domain = email.split_once('@')?.1.strip_suffix(".iam.gserviceaccount.com")?;
    Some(match domain.split_once('.') {
        Some((project, organization)) => format!("{organization}:{project}"),
        None => domain.to_owned(),
    })
}

/// The cluster, unless the script creates it.
fn add_cluster(google: &Google, spec: &Value, project: &str) {
    let cluster = &spec["cluster"];
    let default = format!("{project}.svc.id.goog");
    let pool = cluster["workloadPool"].as_str().unwrap_or(&default);
    let existing = match cluster["setup"].as_str() {
        Some("create") => return,
        // Node pools that are not listed have been made with the metadata server.
        Some("update") => Cluster { pool: None, ..Cluster::with_pool(pool) },
        _ if cluster["type"] == "autopilot" => Cluster::autopilot(pool),
        _ => Cluster::with_pool(pool),
    };
    let node_pools =
        cluster["nodePools"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let node_pools: Vec<_> = node_pools.map(|name| (name.to_owned(), String::new())).collect();
    let existing =
        if node_pools.is_empty() { existing } else { Cluster { node_pools, ..existing } };
    let location = cluster["region"].as_str().or(cluster["zone"].as_str()).unwrap_or("us-central1");
    google.cluster(project, location, cluster["name"].as_str().unwrap_or("cluster"), existing);
}

/// The account that the spec expects to be there.
fn existing_account(spec: &Value) -> Option<String> {
    let account = spec.get("googleServiceAccount").filter(|account| account.is_object())?;
    if let Some(email) = account["email"].as_str() {
        return (account["create"] != true).then(|| email.to_owned());
    }
    let project = account["project"].as_str().or(spec["project"].as_str())?;
    let id = account["name"].as_str().or(spec["name"].as_str())?;
    let domain = match project.split_once(':') {
        Some((organization, name)) => format!("{name}.{organization}"),
        None => project.to_owned(),
    };
    (account["create"] == false).then(|| format!("{id}@{domain}.iam.gserviceaccount.com"))
}
