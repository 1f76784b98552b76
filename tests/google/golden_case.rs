//! The golden cases, and a cloud for each that has what its spec expects.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use wigen::diagnostics::source::Source;
use wigen::google::accounts;
use wigen::google::resources::{ResourceRef, ResourceType};
use wigen::model::identity::{ClusterLocation, Identity};
use wigen::spec::types::{ClusterType, Setup};
use wigen::{CheckedSpec, Diagnostics, Levels, LoadOptions, Setting, Settings, Spec};

use crate::cloud::{Cluster, Google};
use crate::support::{cases, repository, spec_of, wigen};

/// A golden case, with settings as for `--set`.
pub(crate) struct GoldenCase {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    source: Source,
    settings: Vec<String>,
}

pub(crate) fn golden_cases() -> Vec<GoldenCase> {
    cases().into_iter().filter_map(GoldenCase::read).collect()
}

impl GoldenCase {
    /// `None` for a case that is not UTF-8.
    pub(crate) fn read(folder: PathBuf) -> Option<Self> {
        let spec = spec_of(&folder);
        let text = fs::read_to_string(&spec).ok()?;
        Some(Self {
            name: folder.file_name()?.to_str()?.to_owned(),
            source: Source::new(spec.file_name()?.to_string_lossy(), text),
            folder,
            settings: Vec::new(),
        })
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::read(repository().join("golden/cases").join(name)).unwrap()
    }

    /// The same, but for clusters: only the script creates and updates them.
    pub(crate) fn for_modules(mut self) -> Self {
        let is_change = |it: &Identity| {
            let setup = it.cluster.as_ref().map(|cluster| cluster.setup);
            matches!(setup, Some(Setup::Create | Setup::Update))
        };
        if self.identity(&["cloud.format=gcloud"]).is_some_and(|it| is_change(&it)) {
            self.settings = vec!["cluster.setup=verify".into(), "cluster.nodePools=[]".into()];
        }
        self
    }

    /// The same, with nothing that one format does or knows alone: only the script creates clusters, and looks
    /// up the numbers of projects.
    pub(crate) fn for_formats(mut self) -> Self {
        let formats = ["gcloud", "terraform"].map(|format| format!("cloud.format={format}"));
        self.settings = vec!["cluster.setup=none".into(), "cluster.nodePools=[]".into()];
        let identity = formats.iter().find_map(|format| self.identity(&[format]));
        if identity.is_some_and(|it| it.member.unknown_number().is_some()) {
            self.settings.push(format!("projectNumber={NUMBER}"));
        }
        self
    }

    /// Checks the spec with these settings, too.
    pub(crate) fn check(&self, more: &[&str]) -> Result<CheckedSpec, Diagnostics> {
        let settings = self.settings.iter().map(String::as_str).chain(more.iter().copied());
        let settings: Vec<Setting> = settings.map(|one| Setting::parse(one).unwrap()).collect();
        let settings = Settings::new(&settings);
        let options = LoadOptions { settings: Some(&settings), ..LoadOptions::default() };
        Spec::load(&self.source, &options)?.check(None, &Levels::default())
    }

    pub(crate) fn identity(&self, more: &[&str]) -> Option<Identity> {
        self.check(more).ok().map(|checked| Identity::from_app(checked.app()))
    }

    /// `wigen render` of the spec, without a place for the files.
    pub(crate) fn render(&self) -> Command {
        let mut command = wigen(&self.folder);
        command.arg("render").arg(spec_of(&self.folder));
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        command
    }
}

/// The number of the project of the pods, unless the spec gives another.
pub(crate) const NUMBER: u64 = 123_456_789_012;

/// Who has a binding on each resource.
const FOREIGN: &str = "user:owner@example.com";

/// A cloud with the projects, the cluster, the accounts and the resources that exist before, and on each
/// resource a binding of another user.
pub(crate) fn cloud_for(identity: &Identity) -> Google {
    let google = Google::start();
    let home = home_project(identity);
    let mut emails: BTreeSet<&str> = identity
        .bindings()
        .filter(|one| one.resource.resource_type == ResourceType::ServiceAccount)
        .map(|one| one.resource.name())
        .collect();
    let account = identity.account.as_ref();
    let own = account.map(|account| account.email.as_str());
    let mut projects = BTreeSet::from([home.clone(), identity.project.clone()]);
    projects.extend(account.map(|account| account.project.clone()));
    projects.extend(identity.bindings().filter_map(|one| one.resource.project.clone()));
    projects.extend(emails.iter().filter_map(|email| accounts::project(email)));
    // The email of a default account has the number of its project.
    let in_email = own.and_then(|email| email.split_once("-compute@")?.0.parse().ok());
    let principal = identity.principal.to_string();
    let known = principal.split('/').nth(4).and_then(|number| number.parse().ok());
    let (numbered, number) = match (account, in_email) {
        (Some(account), Some(number)) => (&account.project, number),
        _ => (&home, known.unwrap_or(NUMBER)),
    };
    for (project, other) in projects.iter().zip(1..) {
        google.project(project, if project == numbered { number } else { other });
    }
    if account.is_some_and(|account| account.create) {
        emails.retain(|email| Some(*email) != own);
    }
    for email in emails.iter().copied() {
        google.account(email);
    }
    add_cluster(&google, identity, &home);
    for binding in identity.bindings() {
        let place = place(&binding.resource);
        match binding.resource.resource_type {
            ResourceType::ServiceAccount if !emails.contains(binding.resource.name()) => continue,
            ResourceType::ServiceAccount => {}
            _ => drop(google.resource(&place)),
        }
        if binding.resource.resource_type != ResourceType::Dataset {
            google.binding(&place, &binding.roles[0], FOREIGN, None);
        }
    }
    google
}

/// The project of the cluster.
pub(crate) fn home_project(identity: &Identity) -> String {
    let pool = identity.pods.pool.strip_suffix(".svc.id.goog");
    let cluster = identity.cluster.as_ref().map(|cluster| cluster.project.as_str());
    cluster.or(pool).unwrap_or(&identity.project).to_owned()
}

/// The cluster, unless the script creates it.
fn add_cluster(google: &Google, identity: &Identity, project: &str) {
    let pool = identity.pods.pool.as_str();
    let Some(cluster) = &identity.cluster else {
        google.cluster(project, "us-central1", "other", Cluster::with_pool(pool));
        return;
    };
    let mut existing = match (cluster.setup, cluster.kind) {
        (Setup::Create, _) => return,
        (_, ClusterType::Autopilot) => Cluster::autopilot(pool),
        (Setup::Update, _) => Cluster { pool: None, ..Cluster::with_pool(pool) },
        _ => Cluster::with_pool(pool),
    };
    if !cluster.node_pools.is_empty() {
        let names = cluster.node_pools.iter();
        existing.node_pools = names.map(|name| (name.clone(), String::new())).collect();
    }
    let (ClusterLocation::Region(location) | ClusterLocation::Zone(location)) = &cluster.location;
    google.cluster(project, location, &cluster.name, existing);
}

/// Where the cloud has a resource.
fn place(resource: &ResourceRef) -> String {
    let service = match resource.resource_type {
        ResourceType::Bucket => return format!("storage/b/{}", resource.name()),
        ResourceType::Project | ResourceType::Folder | ResourceType::Organization => "crm",
        ResourceType::Secret => "secretmanager",
        ResourceType::Topic | ResourceType::Subscription => "pubsub",
        ResourceType::Repository => "artifactregistry",
        ResourceType::KmsKey => "cloudkms",
        ResourceType::RunService => "run",
        ResourceType::Dataset | ResourceType::Table => "bigquery",
        ResourceType::SpannerInstance | ResourceType::SpannerDatabase => "spanner",
        ResourceType::BigtableInstance | ResourceType::BigtableTable => "bigtableadmin",
        ResourceType::ServiceAccount => "iam",
    };
    format!("{service}/{}", resource.path())
}

/// A role of a member on a resource: `[resource, role, member, condition]`, as JSON.
pub(crate) type Grant = String;

pub(crate) fn grant(resource: &str, role: &str, member: &str, condition: Option<&Value>) -> Grant {
    let mut line = vec![json!(resource), json!(role), json!(member)];
    let fields = ["title", "expression", "description"];
    line.extend(condition.map(|one| fields.map(|key| one[key].clone()).into()));
    Value::from(line).to_string()
}

/// What a spec promises.
pub(crate) fn promised(identity: &Identity) -> BTreeSet<Grant> {
    let mut all = BTreeSet::new();
    for binding in identity.bindings() {
        let member = binding.member.to_string().replace("PROJECT_NUMBER", &NUMBER.to_string());
        let condition = binding.condition.as_ref().map(|condition| {
            let mut value =
                json!({ "title": &*condition.title, "expression": &*condition.expression });
            if let Some(description) = &condition.description {
                value["description"] = json!(&**description);
            }
            value
        });
        for role in &binding.roles {
            all.insert(grant(&place(&binding.resource), role, &member, condition.as_ref()));
        }
    }
    all
}

/// Every binding of every policy.
pub(crate) fn granted(google: &Google) -> BTreeSet<Grant> {
    let state = google.state();
    let policies = state["policies"].as_object().unwrap();
    let lines = policies.iter().flat_map(|(resource, bindings)| {
        bindings.as_array().unwrap().iter().map(move |binding| {
            let [role, member] = [&binding[0], &binding[1]].map(|it| it.as_str().unwrap());
            grant(resource, role, member, binding.get(2))
        })
    });
    lines.collect()
}
