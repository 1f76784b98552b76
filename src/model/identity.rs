//! Every resolved fact of the Google Cloud side, once, and the steps that make it so. What is
//! composed of other names (e-mail, pool, member) is composed here and nowhere else.

use schemars::JsonSchema;
use serde::Serialize;

use crate::google::names::{GSA_ANNOTATION, WORKLOAD_IDENTITY_USER};
use crate::google::resources::{self, Kind, Resource};
use crate::model::previous::Earlier;
use crate::spec::types::{App, ClusterType, Condition, Setup};

/// The Google Cloud side of an app.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Identity {
    /// Project ID of grants, and of cluster and account where they have none of their own.
    pub project: String,
    /// `PROJECT.svc.id.goog`: the workload identity pool of the cluster's project.
    pub workload_pool: String,
    /// The cluster; none where the script leaves clusters alone.
    pub cluster: Option<Cluster>,
    /// Kubernetes namespace.
    pub namespace: String,
    /// Name of the Kubernetes `ServiceAccount`.
    pub service_account: String,
    /// Whether that is rendered; otherwise somebody else keeps it.
    pub renders_service_account: bool,
    /// `KEY=VALUE`: the annotation that it carries, where the pods impersonate an account.
    pub annotation: Option<String>,
    /// The Google Cloud service account that the pods impersonate; none where the roles are granted
    /// to the pods themselves (direct federation).
    pub account: Option<Account>,
    /// Who is granted the roles.
    pub member: Member,
    /// What to do, in this order; to undo it, in the reverse order.
    pub steps: Vec<Step>,
    /// Whether the script must look up the number of a project.
    pub looks_up_number: bool,
    /// What an earlier spec granted and this one does not.
    pub earlier: Option<Earlier>,
}

/// The cluster the pods run on.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// ID of its project.
    pub project: String,
    /// Where it stands.
    pub location: Location,
    /// Its kind.
    pub kind: ClusterType,
    /// How far the script goes for it.
    pub setup: Setup,
    /// Node pools that the script may switch to the GKE metadata server.
    pub node_pools: Vec<String>,
}

/// Where a cluster stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind", content = "name")]
pub enum Location {
    /// A region, for a regional cluster.
    Region(String),
    /// A zone, for a zonal one.
    Zone(String),
}

/// The Google Cloud service account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Account {
    /// The part of the e-mail before the `@`.
    pub id: String,
    /// `ID@PROJECT.iam.gserviceaccount.com`.
    pub email: String,
    /// ID of its project.
    pub project: String,
    /// Whether the script creates and deletes it.
    pub create: bool,
    /// Name for people.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// `serviceAccount:POOL[NAMESPACE/KSA]`: the pods, as the member that may impersonate it.
    pub workload_member: String,
}

/// A member of an IAM policy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Member {
    /// A service account, or the pods of impersonation: known to the letter.
    Account {
        /// `serviceAccount:EMAIL` or `serviceAccount:POOL[NAMESPACE/KSA]`.
        text: String,
    },
    /// The pods of one Kubernetes `ServiceAccount`, in direct federation:
    /// `principal://iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/subject/ns/NAMESPACE/sa/KSA`.
    Principal {
        /// All of it, where the number is known.
        text: Option<String>,
        /// ID of the project that the number belongs to.
        project: String,
        /// What stands before the number.
        before: String,
        /// What stands behind the number.
        after: String,
    },
}

/// One step of the cloud side.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Step {
    /// The cluster uses the workload pool, and its nodes have the GKE metadata server.
    Cluster,
    /// The account exists.
    Account,
    /// Whoever is granted roles has them.
    Grants {
        /// The roles on each resource.
        bindings: Vec<Binding>,
    },
    /// The pods may act as the account.
    Impersonation {
        /// The role that lets them, on the account.
        binding: Box<Binding>,
    },
}

/// Roles that a member has on a resource.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Binding {
    /// IAM roles, each once.
    pub roles: Vec<String>,
    /// Who has them.
    pub member: Member,
    /// On what.
    pub resource: Resource,
    /// Under which condition, as gcloud takes it.
    pub condition: Option<String>,
}

impl Identity {
    /// Resolves the facts of a spec that the rules have accepted.
    pub fn of(app: &App) -> Self {
        let project = app.project.clone();
        let cluster_project = app.cluster.project.as_ref().unwrap_or(&project).clone();
        let workload_pool = match &app.cluster.workload_pool {
            Some(pool) => pool.clone(),
            None => format!("{cluster_project}.svc.id.goog"),
        };
        let namespace = app.namespace.clone();
        let service_account = app.service_account.name.as_ref().unwrap_or(&app.name).clone();
        let account = account(app, &workload_pool, &namespace, &service_account);
        let member = if let Some(account) = &account {
            Member::Account { text: format!("serviceAccount:{}", account.email) }
        } else {
            let own = cluster_project == project;
            let number = if own { app.project_number } else { app.cluster.project_number };
            let pods = (workload_pool.as_str(), namespace.as_str(), service_account.as_str());
            Member::principal(cluster_project.clone(), number, pods)
        };
        Self {
            looks_up_number: !app.grants.is_empty() && member.number_of().is_some(),
            steps: steps(app, account.as_ref(), &member),
            cluster: cluster(app, cluster_project),
            renders_service_account: app.service_account.create,
            annotation: account
                .as_ref()
                .map(|account| format!("{GSA_ANNOTATION}={}", account.email)),
            project,
            workload_pool,
            namespace,
            service_account,
            account,
            member,
            earlier: None,
        }
    }

    /// Every binding of every step, in order.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.steps.iter().flat_map(|step| match step {
            Step::Grants { bindings } => bindings.as_slice(),
            Step::Impersonation { binding } => std::slice::from_ref(&**binding),
            Step::Cluster | Step::Account => &[],
        })
    }
}

/// The cluster, unless the script is to leave clusters alone.
fn cluster(app: &App, project: String) -> Option<Cluster> {
    let cluster = &app.cluster;
    if cluster.setup == Setup::None {
        return None;
    }
    let location = match (&cluster.region, &cluster.zone) {
        (Some(region), _) => Location::Region(region.clone()),
        (None, Some(zone)) => Location::Zone(zone.clone()),
        (None, None) => return None,
    };
    Some(Cluster {
        name: cluster.name.clone(),
        project,
        location,
        kind: cluster.kind,
        setup: cluster.setup,
        node_pools: cluster.node_pools.clone(),
    })
}

impl Member {
    fn principal(
        project: String,
        number: Option<u64>,
        (pool, namespace, service_account): (&str, &str, &str),
    ) -> Self {
        let before = "principal://iam.googleapis.com/projects/".to_owned();
        let after = format!(
            "/locations/global/workloadIdentityPools/{pool}/subject/ns/{namespace}/sa/{service_account}"
        );
        let text = number.map(|number| format!("{before}{number}{after}"));
        Self::Principal { text, project, before, after }
    }

    /// ID of the project whose number must be looked up to know it.
    pub(crate) fn number_of(&self) -> Option<&String> {
        match self {
            Self::Principal { text: None, project, .. } => Some(project),
            _ => None,
        }
    }

    /// Whether two are one and the same, as far as can be told without looking up a number.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Principal { text, project, after, .. },
                Self::Principal { text: text2, project: project2, after: after2, .. },
            ) => {
                let known = text.is_some() && text2.is_some();
                after == after2 && if known { text == text2 } else { project == project2 }
            }
            _ => self == other,
        }
    }
}

/// The account that the pods impersonate, if any.
fn account(app: &App, pool: &str, namespace: &str, service_account: &str) -> Option<Account> {
    let google = app.google_service_account.as_ref()?;
    let workload_member = format!("serviceAccount:{pool}[{namespace}/{service_account}]");
    let home = |email: &str| resources::project_of_account(email);
    let (id, email, project) = if let Some(email) = &google.email {
        let project = google.project.clone().or_else(|| home(email));
        let id = email.split('@').next().unwrap_or_default().to_owned();
        (id, email.clone(), project.unwrap_or_else(|| app.project.clone()))
    } else {
        let id = google.name.as_ref().unwrap_or(&app.name).clone();
        let project = google.project.as_ref().unwrap_or(&app.project).clone();
        // In the e-mail of an account in `example.com:books` the halves change places.
        let email = match project.split_once(':') {
            Some((domain, books)) => format!("{id}@{books}.{domain}.iam.gserviceaccount.com"),
            None => format!("{id}@{project}.iam.gserviceaccount.com"),
        };
        (id, email, project)
    };
    Some(Account {
        id,
        email,
        project,
        create: google.create.unwrap_or(google.email.is_none()),
        display_name: google.display_name.clone(),
        description: google.description.clone(),
        workload_member,
    })
}

/// The pool exists only once the project has a cluster that uses it, and an account must exist
/// before it is named in a policy: cluster, account, grants, binding.
fn steps(app: &App, account: Option<&Account>, member: &Member) -> Vec<Step> {
    let mut steps = Vec::new();
    if app.cluster.setup != Setup::None {
        steps.push(Step::Cluster);
    }
    if account.is_some() {
        steps.push(Step::Account);
    }
    let bindings = grants(app, member);
    if !bindings.is_empty() {
        steps.push(Step::Grants { bindings });
    }
    if let Some(account) = account {
        let binding = Binding {
            roles: vec![WORKLOAD_IDENTITY_USER.to_owned()],
            member: Member::Account { text: account.workload_member.clone() },
            resource: Kind::account(&account.email, &account.project),
            condition: None,
        };
        steps.push(Step::Impersonation { binding: Box::new(binding) });
    }
    steps
}

/// The grants, those on one resource under one condition as one, and each role in it once.
fn grants(app: &App, member: &Member) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = Vec::new();
    for grant in &app.grants {
        let project = grant.project.as_ref().unwrap_or(&app.project);
        let (key, named) =
            grant.resources().find(|(key, _)| *key != "project").unwrap_or(("project", project));
        // The rules have accepted it; what they refuse is not granted.
        let Some(Ok(resource)) = Kind::of(key).map(|kind| kind.parse(named, project)) else {
            continue;
        };
        let condition = grant.condition.as_ref().map(gcloud_condition);
        let same = |known: &Binding| known.resource == resource && known.condition == condition;
        let index = bindings.iter().position(same).unwrap_or_else(|| {
            bindings.push(Binding {
                roles: Vec::new(),
                member: member.clone(),
                resource,
                condition,
            });
            bindings.len() - 1
        });
        let roles = &mut bindings[index].roles;
        for role in &grant.roles {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
    }
    bindings
}

/// The value of `--condition`: a gcloud dictionary whose delimiter occurs in no value. Source:
/// `gcloud topic escaping`.
fn gcloud_condition(condition: &Condition) -> String {
    let values = [
        ("title", Some(&condition.title)),
        ("expression", Some(&condition.expression)),
        ("description", condition.description.as_ref()),
    ];
    let free = |delimiter: &char| {
        !values.iter().any(|(_, value)| value.is_some_and(|value| value.contains(*delimiter)))
    };
    // No value holds a control character.
    let delimiter = ":;|~#@!%+*".chars().find(free).unwrap_or('\u{1f}');
    let pairs: Vec<String> = values
        .iter()
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_ref()?)))
        .collect();
    format!("^{delimiter}^{}", pairs.join(&delimiter.to_string()))
}
