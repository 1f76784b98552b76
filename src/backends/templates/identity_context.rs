//! The variable `identity` of templates: the Google Cloud side of an app, in the syntax of gcloud. Its
//! fields are published; `docs/templates.md` describes them.

use schemars::JsonSchema;
use serde::Serialize;

use super::code::Code;

use crate::backends::gcloud::command;
use crate::backends::gcloud::variables::Variables;
use crate::google::accounts::CREATED_MARK;
use crate::google::members::Member;
use crate::google::names::GSA_ANNOTATION;
use crate::google::resources::ResourceRef;
use crate::model::identity::{Account, Binding, Cluster, ClusterLocation, Identity, Step};
use crate::model::previous::Previous;
use crate::spec::types::{ClusterType, Setup};

/// The Google Cloud side of an app.
#[derive(Serialize, JsonSchema)]
pub(super) struct IdentityContext<'a> {
    /// ID of the app's project.
    project: &'a str,
    /// `PROJECT.svc.id.goog`: the workload identity pool of the cluster's project.
    workload_pool: &'a str,
    /// The cluster; none if the script leaves clusters alone.
    cluster: Option<ClusterContext<'a>>,
    /// Kubernetes namespace.
    namespace: &'a str,
    /// Name of the Kubernetes `ServiceAccount`.
    service_account: &'a str,
    /// Whether wigen renders that; otherwise it is managed elsewhere.
    renders_service_account: bool,
    /// `KEY=VALUE`: its annotation, if the pods impersonate an account.
    annotation: Option<String>,
    /// The Google Cloud service account that the pods impersonate; none if roles are granted directly
    /// to the pods (direct federation).
    account: Option<AccountContext<'a>>,
    /// The member that gets the roles.
    member: MemberContext<'a>,
    /// The variables of `gcloud.sh`: pairs of name and value.
    variables: Vec<(&'static str, String)>,
    /// What to do, in this order; the reverse order undoes it.
    steps: Vec<StepContext<'a>>,
    /// Whether the script must look up the number of a project.
    looks_up_number: bool,
    /// Whether the script changes datasets or tables of BigQuery.
    uses_bigquery: bool,
    /// What an earlier spec granted and this one does not; none without `--previous`.
    earlier: Option<EarlierContext<'a>>,
    /// The path from `gcloud.sh` to `gcloud-lib.sh`; none if the script has the machinery itself.
    library: Option<&'a str>,
}

/// The cluster the pods run on.
#[derive(Serialize, JsonSchema)]
struct ClusterContext<'a> {
    /// Name of the cluster.
    name: &'a str,
    /// ID of its project.
    project: &'a str,
    /// Its location.
    location: LocationContext<'a>,
    /// The variable with the name of its location.
    location_variable: &'static str,
    /// The variable with its project.
    project_variable: &'static str,
    /// Bash code: the flags for location and project.
    flags: Code,
    /// Its type.
    kind: ClusterType,
    /// What the script does about it.
    setup: Setup,
    /// Node pools that the script may switch to the GKE metadata server.
    node_pools: &'a [String],
}

/// The location of a cluster.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind", content = "name")]
enum LocationContext<'a> {
    /// A region.
    Region(&'a str),
    /// A zone.
    Zone(&'a str),
}

/// The Google Cloud service account.
#[derive(Serialize, JsonSchema)]
struct AccountContext<'a> {
    /// The part of the email before the `@`.
    id: &'a str,
    /// `ID@PROJECT.iam.gserviceaccount.com`.
    email: &'a str,
    /// ID of its project.
    project: &'a str,
    /// The variable with its project.
    project_variable: &'static str,
    /// Whether the script creates and deletes it.
    create: bool,
    /// How its description ends if the script created it.
    mark: &'static str,
    /// Display name.
    display_name: Option<&'a str>,
    /// Description.
    description: Option<&'a str>,
    /// `serviceAccount:POOL[NAMESPACE/KSA]`: the member for the pods that may impersonate it.
    workload_member: String,
}

/// A member of an IAM policy.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind")]
enum MemberContext<'a> {
    /// A service account, or the pods that impersonate one.
    Account {
        /// `serviceAccount:EMAIL` or `serviceAccount:POOL[NAMESPACE/KSA]`.
        text: String,
    },
    /// The pods of one Kubernetes `ServiceAccount`, in direct federation:
    /// `principal://iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/subject/ns/NAMESPACE/sa/KSA`.
    Principal {
        /// The member, if the number is known.
        text: Option<String>,
        /// ID of the project that the number belongs to.
        project: &'a str,
        /// The part before the number.
        before: &'static str,
        /// The part after the number.
        after: String,
    },
}

/// A step of the Google Cloud side.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind")]
enum StepContext<'a> {
    /// The cluster uses the workload pool, and its nodes have the GKE metadata server.
    Cluster,
    /// The account exists.
    Account,
    /// The member has its roles.
    Grants {
        /// The roles on each resource.
        bindings: Vec<BindingContext<'a>>,
    },
    /// The pods may act as the account.
    Impersonation {
        /// The role on the account that lets them.
        bindings: Vec<BindingContext<'a>>,
    },
}

/// Roles that a member has on a resource.
#[derive(Serialize, JsonSchema)]
struct BindingContext<'a> {
    /// IAM roles, each once.
    roles: &'a [String],
    /// The member that has them.
    member: MemberContext<'a>,
    /// The resource that they are granted on.
    resource: ResourceContext<'a>,
    /// The condition, in the syntax of gcloud.
    condition: Option<String>,
    /// Bash code: the command that adds each role.
    add: Vec<Code>,
    /// Bash code: the command that removes each role.
    remove: Vec<Code>,
}

/// A resource, in the syntax of gcloud.
#[derive(Serialize, JsonSchema)]
struct ResourceContext<'a> {
    /// Its type, in words.
    noun: &'static str,
    /// The command group that binds roles on it; empty if gcloud has none.
    group: &'static [&'static str],
    /// The positional argument of the command.
    name: String,
    /// Flags for its location.
    flags: Vec<(&'static str, &'a str)>,
    /// The project that it is in, or that it is; none if the command needs none.
    project: Option<&'a str>,
    /// Whether the command has `--condition`.
    condition_flag: bool,
}

/// What remains of an earlier spec.
#[derive(Serialize, JsonSchema)]
struct EarlierContext<'a> {
    /// File name of the earlier spec.
    spec: &'a str,
    /// Bindings of that spec that this one does not have, in the order in which to revoke them.
    bindings: Vec<BindingContext<'a>>,
    /// ID of the project whose number its members need.
    number_of: Option<&'a str>,
    /// Email of the account that it created, if this spec uses another or none.
    account: Option<&'a str>,
    /// Project of that account.
    account_project: Option<&'a str>,
}

impl<'a> IdentityContext<'a> {
    pub(super) fn new(
        identity: &'a Identity,
        previous: Option<&'a Previous>,
        library: Option<&'a str>,
    ) -> Self {
        let Identity { project, pods, account, .. } = identity;
        let variables = Variables::new(identity);
        let earlier = previous.map(|previous| EarlierContext::new(previous, &variables));
        let earlier_bindings = previous.iter().flat_map(|previous| &previous.bindings);
        let uses_bigquery =
            identity.bindings().chain(earlier_bindings).any(|one| one.resource.is_in_bigquery());
        let number_of = unknown_number(identity.bindings());
        let number_of = number_of.or(earlier.as_ref().and_then(|earlier| earlier.number_of));
        Self {
            project,
            workload_pool: &pods.pool,
            cluster: identity
                .cluster
                .as_ref()
                .map(|cluster| ClusterContext::new(cluster, &variables)),
            namespace: &pods.namespace,
            service_account: &pods.service_account,
            renders_service_account: identity.renders_service_account,
            annotation: account.as_ref().map(|one| format!("{GSA_ANNOTATION}={}", one.email)),
            account: account.as_ref().map(|one| AccountContext::new(one, identity, &variables)),
            member: MemberContext::from(&identity.member),
            variables: variables.pairs(),
            steps: identity.steps.iter().map(|step| StepContext::new(step, &variables)).collect(),
            looks_up_number: number_of.is_some(),
            uses_bigquery,
            earlier,
            library,
        }
    }
}

impl<'a> ClusterContext<'a> {
    fn new(cluster: &'a Cluster, variables: &Variables<'_>) -> Self {
        let Cluster { name, project, location, kind, setup, node_pools } = cluster;
        let (location, flag, location_variable) = match location {
            ClusterLocation::Region(name) => (LocationContext::Region(name), "--region", "REGION"),
            ClusterLocation::Zone(name) => (LocationContext::Zone(name), "--zone", "ZONE"),
        };
        let project_variable = variables.name(["CLUSTER_PROJECT", "PROJECT"]);
        Self {
            name,
            project,
            location,
            location_variable,
            project_variable,
            flags: Code::bash(format!(
                "{flag}=\"${location_variable}\" --project=\"${project_variable}\""
            )),
            kind: *kind,
            setup: *setup,
            node_pools,
        }
    }
}

impl<'a> AccountContext<'a> {
    fn new(account: &'a Account, identity: &Identity, variables: &Variables<'_>) -> Self {
        Self {
            id: &account.id,
            email: &account.email,
            project: &account.project,
            project_variable: variables.name(["ACCOUNT_PROJECT", "PROJECT"]),
            create: account.create,
            mark: CREATED_MARK,
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

impl<'a> StepContext<'a> {
    fn new(step: &'a Step, variables: &Variables<'_>) -> Self {
        match step {
            Step::Cluster => Self::Cluster,
            Step::Account => Self::Account,
            Step::Grants(bindings) => {
                Self::Grants { bindings: BindingContext::list(bindings, variables) }
            }
            Step::Impersonation(binding) => Self::Impersonation {
                bindings: BindingContext::list(std::slice::from_ref(binding), variables),
            },
        }
    }
}

impl<'a> BindingContext<'a> {
    fn list(bindings: &'a [Binding], variables: &Variables<'_>) -> Vec<Self> {
        let context = |binding: &'a Binding| {
            let [add, remove] = variables
                .commands(binding)
                .map(|commands| commands.into_iter().map(Code::bash).collect());
            Self {
                roles: &binding.roles,
                member: MemberContext::from(&binding.member),
                resource: ResourceContext::from(&binding.resource),
                condition: binding.condition.as_ref().map(command::condition),
                add,
                remove,
            }
        };
        bindings.iter().map(context).collect()
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

impl<'a> EarlierContext<'a> {
    fn new(previous: &'a Previous, variables: &Variables<'_>) -> Self {
        let account = previous.account.as_ref();
        Self {
            spec: &previous.spec,
            bindings: BindingContext::list(&previous.bindings, &variables.without_late_member()),
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
