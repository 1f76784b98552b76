//! The golden cases that have pods with an identity, each in a cloud in which its script was run.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use wigen::chain::{self, Chain};
use wigen::diagnostics::source::Source;
use wigen::model::identity::Identity;
use wigen::model::workload::Workload;
use wigen::text;

use super::situation::{ANNOTATION, Situation};
use crate::golden_case::{GoldenCase, cloud_for, golden_cases, home_project};

/// A golden case.
pub(super) struct Case(GoldenCase);

/// Every case with a script and pods.
pub(super) fn cases() -> Vec<Case> {
    let has_pods = |case: &GoldenCase| {
        case.folder.join("gcloud.sh").is_file()
            && objects(&case.folder).iter().any(|object| {
                object["spec"]["template"].is_object() || object["spec"]["jobTemplate"].is_object()
            })
    };
    golden_cases().into_iter().filter(has_pods).map(Case).collect()
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
    pub(super) fn name(&self) -> &str {
        &self.0.name
    }

    /// The chain that the spec promises.
    pub(super) fn promise(&self) -> Chain {
        let checked = self.0.check(&[]).unwrap();
        let identity = Identity::from_app(checked.app());
        chain::promise(&identity, &Workload::from_app(checked.app(), &identity))
    }

    /// Runs the script of the case in a cloud that has what the spec expects.
    pub(super) fn apply(&self) -> Situation {
        let identity = self.0.identity(&[]).unwrap();
        let google = cloud_for(&identity);
        let (code, printed) = google.bash(&self.0.folder.join("gcloud.sh"), &["apply"]);
        assert_eq!(code, Some(0), "{}: {printed}", self.0.name);
        let world = google.world();
        let (path, cluster) = world.first_cluster().expect("a cluster");
        let mut objects = objects(&self.0.folder);
        if !identity.renders_service_account {
            objects.push(service_account(&identity));
        }
        let project = home_project(&identity);
        Situation { objects, cluster_path: path, cluster, project, world }
    }
}

/// The ServiceAccount that another tool manages.
fn service_account(identity: &Identity) -> Value {
    let pods = &identity.pods;
    let annotations: Value =
        identity.account.iter().map(|account| (ANNOTATION, account.email.as_str())).collect();
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": pods.service_account,
            "namespace": pods.namespace,
            "annotations": annotations,
        },
    })
}
