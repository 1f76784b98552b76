//! The variable `identity` of templates: the Google Cloud side of an app, in the syntax of gcloud. Its
//! fields are published; `docs/templates.md` describes them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::backends::gcloud::command;
use crate::google::members::Member;
use crate::google::names::GSA_ANNOTATION;
use crate::google::resources::ResourceRef;
use crate::model::identity::{Account, Binding, Cluster, Identity, Location, Step};
use crate::model::previous::Previous;
use crate::spec::types::{ClusterType, Setup};

/// The Google Cloud side of an app.
#[derive(Serialize, JsonSchema)]
pub(super) struct IdentityContext<'a> {
    /// Project ID of grants, and of cluster and account where they have none of their own.
    project: &'a str,
    /// `PROJECT.svc.id.goog`: the workload identity pool of the cluster's project.
    workload_pool: &'a str,
    /// The cluster; none where the script leaves clusters alone.
    cluster: Option<ClusterContext<'a>>,
    /// Kubernetes namespace.
    namespace: &'a str,
    /// Name of the Kubernetes `ServiceAccount`.
    service_account: &'a str,
    /// Whether that is rendered; otherwise somebody else keeps it.
    renders_service_account: bool,
    /// `KEY=VALUE`: the annotation that it carries, where the pods impersonate an account.
    annotation: Option<String>,
    /// The Google Cloud service account that the pods impersonate; none where the roles are granted
    /// to the pods themselves (direct federation).
    account: Option<AccountContext<'a>>,
    /// Who is granted the roles.
    member: MemberContext<'a>,
    /// What to do, in this order; to undo it, in the reverse order.
    steps: Vec<StepContext<'a>>,
    /// Whether the script must look up the number of a project.
    looks_up_number: bool,
    /// What an earlier spec granted and this one does not.
    earlier: Option<EarlierContext<'a>>,
}

/// The cluster the pods run on.
#[derive(Serialize, JsonSchema)]
struct ClusterContext<'a> {
    /// Its name.
    name: &'a str,
    /// ID of its project.
    project: &'a str,
    /// Where it stands.
    location: LocationContext<'a>,
    /// Its kind.
    kind: ClusterType,
    /// How far the script goes for it.
    setup: Setup,
    /// Node pools that the script may switch to the GKE metadata server.
    node_pools: &'a [String],
}

/// Where a cluster stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind", content = "name")]
enum LocationContext<'a> {
    /// A region, for a regional cluster.
    Region(&'a str),
    /// A zone, for a zonal one.
    Zone(&'a str),
}

/// The Google Cloud service account.
#[derive(Serialize, JsonSchema)]
struct AccountContext<'a> {
    /// The part of the e-mail before the `@`.
    id: &'a str,
    /// `ID@PROJECT.iam.gserviceaccount.com`.
    email: &'a str,
    /// ID of its project.
    project: &'a str,
    /// Whether the script creates and deletes it.
    create: bool,
    /// Name for people.
    display_name: Option<&'a str>,
    /// What it is for.
    description: Option<&'a str>,
    /// `serviceAccount:POOL[NAMESPACE/KSA]`: the pods, as the member that may impersonate it.
    workload_member: String,
}

/// A member of an IAM policy.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind")]
enum MemberContext<'a> {
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
        project: &'a str,
        /// What stands before the number.
        before: &'static str,
        /// What stands behind the number.
        after: String,
    },
}

/// One step of the cloud side.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind")]
enum StepContext<'a> {
    /// The cluster uses the workload pool, and its nodes have the GKE metadata server.
    Cluster,
    /// The account exists.
    Account,
    /// Whoever is granted roles has them.
    Grants {
        /// The roles on each resource.
        bindings: Vec<BindingContext<'a>>,
    },
    /// The pods may act as the account.
    Impersonation {
        /// The role that lets them, on the account.
        binding: Box<BindingContext<'a>>,
    },
}

/// Roles that a member has on a resource.
#[derive(Serialize, JsonSchema)]
struct BindingContext<'a> {
    /// IAM roles, each once.
    roles: &'a [String],
    /// Who has them.
    member: MemberContext<'a>,
    /// On what.
    resource: ResourceContext<'a>,
    /// Under which condition, as gcloud takes it.
    condition: Option<String>,
}

/// A resource, and how gcloud is told of it.
#[derive(Serialize, JsonSchema)]
struct ResourceContext<'a> {
    /// What it is called in a sentence.
    noun: &'static str,
    /// The command group that binds roles on it; empty where gcloud has none.
    group: &'static [&'static str],
    /// The argument of the command.
    name: String,
    /// Flags that say where it is.
    flags: Vec<(&'static str, &'a str)>,
    /// The project that it is in, or that it is; none where that plays no part.
    project: Option<&'a str>,
    /// Whether the command has `--condition`.
    condition_flag: bool,
}

/// What is left of an earlier spec.
#[derive(Serialize, JsonSchema)]
struct EarlierContext<'a> {
    /// File name of the earlier spec.
    spec: &'a str,
    /// Bindings that it asked for and this spec does not, in the order in which to take them back.
    bindings: Vec<BindingContext<'a>>,
    /// ID of the project whose number names its members.
    number_of: Option<&'a str>,
    /// E-mail of the account that it created, where this spec uses another or none.
    account: Option<&'a str>,
    /// Project of that account.
    account_project: Option<&'a str>,
}

impl<'a> IdentityContext<'a> {
    pub(super) fn new(identity: &'a Identity, previous: Option<&'a Previous>) -> Self {
        let Identity { project, pods, account, .. } = identity;
        let earlier = previous.map(EarlierContext::from);
        let number_of = unknown_number(identity.bindings());
        let number_of = number_of.or(earlier.as_ref().and_then(|earlier| earlier.number_of));
        Self {
            project,
            workload_pool: &pods.pool,
            cluster: identity.cluster.as_ref().map(ClusterContext::from),
            namespace: &pods.namespace,
            service_account: &pods.service_account,
            renders_service_account: identity.renders_service_account,
            annotation: account.as_ref().map(|one| format!("{GSA_ANNOTATION}={}", one.email)),
            account: account.as_ref().map(|account| AccountContext::new(account, identity)),
            member: MemberContext::from(&identity.member),
            steps: identity.steps.iter().map(StepContext::from).collect(),
            looks_up_number: number_of.is_some(),
            earlier,
        }
    }
}

impl<'a> From<&'a Cluster> for ClusterContext<'a> {
    fn from(cluster: &'a Cluster) -> Self {
        let Cluster { name, project, location, kind, setup, node_pools } = cluster;
        let location = match location {
            Location::Region(name) => LocationContext::Region(name),
            Location::Zone(name) => LocationContext::Zone(name),
        };
        Self { name, project, location, kind: *kind, setup: *setup, node_pools }
    }
}

impl<'a> AccountContext<'a> {
    fn new(account: &'a Account, identity: &Identity) -> Self {
        Self {
            id: &account.id,
            email: &account.email,
            project: &account.project,
            create: account.create,
            display_name: account.display_name.as_deref(),
            description: account.description.as_deref(),
            workload_member: Member::WorkloadIdentity(identity.pods.clone()).to_string(),
        }
    }
}

impl<'a> From<&'a Member> for MemberContext<'a> {
    fn from(member: &'a Member) -> Self {
        match member {
            Member::Principal { project, pods, .. } => Self::Principal {
                text: member.unknown_number().is_none().then(|| member.to_string()),
                project,
                before: Member::PRINCIPAL_PREFIX,
                after: pods.principal_suffix(),
            },
            Member::ServiceAccount(_) | Member::WorkloadIdentity(_) => {
                Self::Account { text: member.to_string() }
            }
        }
    }
}

impl<'a> From<&'a Step> for StepContext<'a> {
    fn from(step: &'a Step) -> Self {
        match step {
            Step::Cluster => Self::Cluster,
            Step::Account => Self::Account,
            Step::Grants(bindings) => {
                Self::Grants { bindings: bindings.iter().map(BindingContext::from).collect() }
            }
            Step::Impersonation(binding) => {
                Self::Impersonation { binding: Box::new(binding.into()) }
            }
        }
    }
}

impl<'a> From<&'a Binding> for BindingContext<'a> {
    fn from(binding: &'a Binding) -> Self {
        Self {
            roles: &binding.roles,
            member: MemberContext::from(&binding.member),
            resource: ResourceContext::from(&binding.resource),
            condition: binding.condition.as_ref().map(command::condition),
        }
    }
}

impl<'a> From<&'a ResourceRef> for ResourceContext<'a> {
    fn from(resource: &'a ResourceRef) -> Self {
        let resource_type = resource.resource_type;
        Self {
            noun: resource_type.noun(),
            group: command::group(resource_type),
            name: command::argument(resource),
            flags: command::flags(resource).collect(),
            project: resource.project.as_deref(),
            condition_flag: command::has_condition_flag(resource_type),
        }
    }
}

impl<'a> From<&'a Previous> for EarlierContext<'a> {
    fn from(previous: &'a Previous) -> Self {
        let account = previous.account.as_ref();
        Self {
            spec: &previous.spec,
            bindings: previous.bindings.iter().map(BindingContext::from).collect(),
            number_of: unknown_number(&previous.bindings),
            account: account.map(|account| account.email.as_str()),
            account_project: account.map(|account| account.project.as_str()),
        }
    }
}

/// The project whose number must be looked up to name the members of these bindings.
fn unknown_number<'a>(bindings: impl IntoIterator<Item = &'a Binding>) -> Option<&'a str> {
    bindings.into_iter().find_map(|binding| binding.member.unknown_number())
}
