//! Every resolved fact of the Google Cloud side, once, and the steps that make it so. What is
//! composed of other names (e-mail, pool, member) is composed here and nowhere else.

use serde::Serialize;

use crate::app::{App, Setup};
use crate::grammar::WORKLOAD_IDENTITY_USER;

/// The Google Cloud side of an app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Identity {
    /// Project ID of cluster, account and grants.
    pub project: String,
    /// `PROJECT.svc.id.goog`: the workload identity pool of the cluster's project.
    pub workload_pool: String,
    /// The cluster.
    pub cluster: Cluster,
    /// Kubernetes namespace.
    pub namespace: String,
    /// Name of the Kubernetes `ServiceAccount`.
    pub service_account: String,
    /// The Google Cloud service account.
    pub account: Account,
    /// `serviceAccount:EMAIL`: the account as the member of an IAM policy.
    pub member: String,
    /// `serviceAccount:POOL[NAMESPACE/KSA]`: the pods as the member of an IAM policy.
    pub workload_member: String,
    /// What to do, in this order; to undo it, in the reverse order.
    pub steps: Vec<Step>,
}

/// The cluster the pods run on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Where it stands; `None` only where nothing is to be done about it.
    pub location: Option<Location>,
}

/// Where a cluster stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "name")]
pub enum Location {
    /// A region, for a regional cluster.
    Region(String),
    /// A zone, for a zonal one.
    Zone(String),
}

/// The Google Cloud service account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// The part of the e-mail before the `@`.
    pub id: String,
    /// `ID@PROJECT.iam.gserviceaccount.com`.
    pub email: String,
    /// Name for people.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// One step of the cloud side.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Step {
    /// The cluster uses the workload pool.
    Cluster {
        /// How far to go for it.
        setup: Setup,
    },
    /// The account exists.
    Account,
    /// The account has roles on the project.
    Grant {
        /// IAM roles, each once.
        roles: Vec<String>,
    },
    /// The pods may act as the account.
    Binding {
        /// The role that lets them.
        role: &'static str,
    },
}

impl Identity {
    /// Resolves the facts of a spec that the rules have accepted.
    pub fn of(app: &App) -> Self {
        let project = app.project.clone();
        let namespace = app.namespace.clone();
        let service_account = app.service_account.name.as_ref().unwrap_or(&app.name).clone();
        let google = &app.google_service_account;
        let id = google.name.as_ref().unwrap_or(&app.name).clone();
        let email = format!("{id}@{project}.iam.gserviceaccount.com");
        let workload_pool = format!("{project}.svc.id.goog");
        Self {
            member: format!("serviceAccount:{email}"),
            workload_member: format!(
                "serviceAccount:{workload_pool}[{namespace}/{service_account}]"
            ),
            cluster: Cluster {
                name: app.cluster.name.clone(),
                location: match (&app.cluster.region, &app.cluster.zone) {
                    (Some(region), _) => Some(Location::Region(region.clone())),
                    (None, Some(zone)) => Some(Location::Zone(zone.clone())),
                    (None, None) => None,
                },
            },
            account: Account {
                id,
                email,
                display_name: google.display_name.clone(),
                description: google.description.clone(),
            },
            steps: steps(app),
            project,
            workload_pool,
            namespace,
            service_account,
        }
    }
}

/// The pool exists only once the project has a cluster that uses it, and an account must exist
/// before it is named in a policy: cluster, account, grants, binding.
fn steps(app: &App) -> Vec<Step> {
    let mut steps = Vec::new();
    if app.cluster.setup != Setup::None {
        steps.push(Step::Cluster { setup: app.cluster.setup });
    }
    steps.push(Step::Account);
    let mut roles: Vec<String> = Vec::new();
    for role in app.grants.iter().flat_map(|grant| &grant.roles) {
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    if !roles.is_empty() {
        steps.push(Step::Grant { roles });
    }
    steps.push(Step::Binding { role: WORKLOAD_IDENTITY_USER });
    steps
}
