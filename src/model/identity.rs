//! The Google Cloud side of an app: its resolved facts, and the ordered steps that bring them about.
//! Backends read both; nothing here is the syntax of one of them.

use crate::google::accounts;
use crate::google::members::{Member, WorkloadIdentity};
use crate::google::names::WORKLOAD_IDENTITY_USER;
use crate::google::resources::ResourceRef;
use crate::spec::checked::CheckedApp;
use crate::spec::types::{App, CloudFormat, ClusterType, Condition, DeletionPolicy, Setup};

/// The Google Cloud side of an app.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The tool that owns it.
    pub format: CloudFormat,
    /// Where the objects of Config Connector are, and what their deletion does.
    pub config_connector: ConfigConnector,
    /// Project ID of grants, and of cluster and account unless they name another.
    pub project: String,
    /// The cluster; `None` if clusters are managed elsewhere.
    pub cluster: Option<Cluster>,
    /// Who the pods are: workload identity pool, namespace and Kubernetes `ServiceAccount`.
    pub pods: WorkloadIdentity,
    /// Whether wigen renders the `ServiceAccount`; otherwise it is managed elsewhere.
    pub renders_service_account: bool,
    /// The service account that the pods impersonate; `None` in direct federation, where roles are
    /// granted to the pods.
    pub account: Option<Account>,
    /// Who is granted the roles.
    pub member: Member,
    /// The pods themselves, as direct federation names them.
    pub principal: Member,
    /// What to do, in this order; to undo it, in reverse order.
    pub steps: Vec<Step>,
}

/// What all objects of Config Connector have.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigConnector {
    /// Their namespace.
    pub namespace: String,
    /// Whether what they made stays when they are deleted.
    pub abandons: bool,
}

/// The cluster that the pods run on.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// ID of its project.
    pub project: String,
    /// Its location.
    pub location: ClusterLocation,
    /// Its type.
    pub kind: ClusterType,
    /// What may be done about it.
    pub setup: Setup,
    /// Node pools that may be switched to the GKE metadata server.
    pub node_pools: Vec<String>,
}

/// The location of a cluster.
#[derive(Debug, Clone, PartialEq)]
pub enum ClusterLocation {
    /// The region of a regional cluster.
    Region(String),
    /// The zone of a zonal cluster.
    Zone(String),
}

/// The Google Cloud service account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The part of the email before the `@`.
    pub id: String,
    /// `ID@PROJECT.iam.gserviceaccount.com`.
    pub email: String,
    /// ID of its project.
    pub project: String,
    /// Whether wigen creates and deletes it.
    pub create: bool,
    /// Its display name.
    pub display_name: Option<String>,
    /// Its description.
    pub description: Option<String>,
}

/// One step of the Google Cloud side.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The cluster uses the workload identity pool, and its nodes have the GKE metadata server.
    Cluster,
    /// The account exists.
    Account,
    /// The member has its roles.
    Grants(Vec<Binding>),
    /// The pods may impersonate the account.
    Impersonation(Box<Binding>),
}

/// Roles of a member on a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// IAM roles, each once.
    pub roles: Vec<String>,
    /// Who has the roles.
    pub member: Member,
    /// What the roles are on.
    pub resource: ResourceRef,
    /// The condition of the binding, if it has one.
    pub condition: Option<Condition>,
}

impl Identity {
    /// Resolves the facts of an app.
    pub fn from_app(app: &CheckedApp) -> Self {
        let project = app.project.to_string();
        let cluster_project = app.cluster.project.as_ref().unwrap_or(&app.project).to_string();
        let pods = WorkloadIdentity {
            pool: match &app.cluster.workload_pool {
                Some(pool) => pool.to_string(),
                None => WorkloadIdentity::pool_of_project(&cluster_project),
            },
            namespace: app.namespace.to_string(),
            service_account: app.service_account_name().to_owned(),
        };
        let account = account(app);
        let number = if cluster_project == project {
            app.project_number
        } else {
            app.cluster.project_number
        };
        let principal =
            Member::Principal { project: cluster_project.clone(), number, pods: pods.clone() };
        let member = match &account {
            Some(account) => Member::ServiceAccount(account.email.clone()),
            None => principal.clone(),
        };
        Self {
            format: app.cloud.format,
            config_connector: config_connector(app),
            steps: steps(app, account.as_ref(), &member, &pods),
            cluster: cluster(app, cluster_project),
            renders_service_account: app.service_account.create,
            project,
            pods,
            account,
            member,
            principal,
        }
    }

    /// The bindings of the grants, in order.
    pub fn grants(&self) -> impl Iterator<Item = &Binding> {
        self.steps.iter().flat_map(|step| match step {
            Step::Grants(bindings) => bindings.as_slice(),
            Step::Impersonation(_) | Step::Cluster | Step::Account => &[],
        })
    }

    /// Every binding of every step, in order.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.steps.iter().flat_map(|step| match step {
            Step::Grants(bindings) => bindings.as_slice(),
            Step::Impersonation(binding) => std::slice::from_ref(&**binding),
            Step::Cluster | Step::Account => &[],
        })
    }
}

fn config_connector(app: &App) -> ConfigConnector {
    let options = &app.cloud.config_connector;
    ConfigConnector {
        namespace: options.namespace.as_ref().unwrap_or(&app.namespace).to_string(),
        abandons: options.deletion_policy == DeletionPolicy::Abandon,
    }
}

/// The cluster, unless clusters are managed elsewhere.
fn cluster(app: &App, project: String) -> Option<Cluster> {
    let cluster = &app.cluster;
    if cluster.setup == Setup::None {
        return None;
    }
    let location = match (&cluster.region, &cluster.zone) {
        (Some(region), _) => ClusterLocation::Region(region.to_string()),
        (None, Some(zone)) => ClusterLocation::Zone(zone.to_string()),
        (None, None) => return None,
    };
    Some(Cluster {
        name: cluster.name.to_string(),
        project,
        location,
        kind: cluster.kind,
        setup: cluster.setup,
        node_pools: cluster.node_pools.iter().map(ToString::to_string).collect(),
    })
}

fn account(app: &App) -> Option<Account> {
    let google = app.google_service_account.as_ref()?;
    let (id, email, project) = if let Some(email) = &google.email {
        let project = google.project.clone().map(String::from);
        let project = project.or_else(|| accounts::project(email));
        let id = email.split('@').next().unwrap_or_default().to_owned();
        (id, email.to_string(), project.unwrap_or_else(|| app.project.to_string()))
    } else {
        let id = google.name.as_deref().unwrap_or(&app.name).to_owned();
        let project = google.project.as_ref().unwrap_or(&app.project).to_string();
        let email = accounts::email(&id, &project);
        (id, email, project)
    };
    Some(Account {
        id,
        email,
        project,
        create: google.create.unwrap_or(google.email.is_none()),
        display_name: google.display_name.clone().map(String::from),
        description: google.description.clone().map(String::from),
    })
}

/// The order matters: the pool exists only once a cluster of the project uses it, and an account must
/// exist before a policy names it.
fn steps(
    app: &CheckedApp,
    account: Option<&Account>,
    member: &Member,
    pods: &WorkloadIdentity,
) -> Vec<Step> {
    let mut steps = Vec::new();
    if app.cluster.setup != Setup::None {
        steps.push(Step::Cluster);
    }
    if account.is_some() {
        steps.push(Step::Account);
    }
    let bindings = grants(app, member);
    if !bindings.is_empty() {
        steps.push(Step::Grants(bindings));
    }
    if let Some(account) = account {
        steps.push(Step::Impersonation(Box::new(Binding {
            roles: vec![WORKLOAD_IDENTITY_USER.to_owned()],
            member: Member::WorkloadIdentity(pods.clone()),
            resource: ResourceRef::service_account(&account.email, &account.project),
            condition: None,
        })));
    }
    steps
}

/// The grants: one binding for each resource and condition, with each role once.
fn grants(app: &CheckedApp, member: &Member) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = Vec::new();
    for (grant, resource) in app.resolved_grants() {
        let is_same =
            |known: &Binding| known.resource == *resource && known.condition == grant.condition;
        let index = bindings.iter().position(is_same).unwrap_or_else(|| {
            bindings.push(Binding {
                roles: Vec::new(),
                member: member.clone(),
                resource: resource.clone(),
                condition: grant.condition.clone(),
            });
            bindings.len() - 1
        });
        let roles = &mut bindings[index].roles;
        for role in &grant.roles {
            if !roles.iter().any(|known| *role == known.as_str()) {
                roles.push(role.to_string());
            }
        }
    }
    bindings
}
