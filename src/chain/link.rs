//! The links of a chain, and what they add up to.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Serialize, Serializer};
use serde_json::Value;
use strum::VariantArray;

use crate::diagnostics::{Diagnostic, Location};

/// The identity of one workload's pods, link by link.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    /// Whose pods they are.
    pub workload: Workload,
    /// The Kubernetes `ServiceAccount` that the pods run as.
    pub service_account: ServiceAccount,
    /// The member of IAM that stands for the pods of this ServiceAccount:
    /// `serviceAccount:POOL[NAMESPACE/NAME]`. Absent where the pool or the namespace is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The principal of these pods, to which roles are granted in direct federation; `PROJECT_NUMBER`
    /// stands for a number that is not known. Absent as the member is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Who the pods are to Google Cloud.
    pub identity: Answer,
    /// What the identity may do.
    pub grants: Vec<Access>,
    /// The links, in the order of [`LinkName`].
    pub links: Vec<Link>,
    /// Of what a spec promises: the links that manifests, policies and scripts show otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<LinkDifference>,
    /// The resources whose whole policy was read, as [`Access::resource`] names them: a role that is not in
    /// it is not granted there.
    #[serde(skip)]
    pub(super) policies: Arc<[String]>,
}

/// The object that makes the pods; a `ServiceAccount` that no pods name stands for itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// Its API group; empty for the core group.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; absent where no file says which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Where the spec of its pods stands.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_place")]
    #[schemars(with = "Option<Place>")]
    pub place: Option<Location>,
}

/// A Kubernetes `ServiceAccount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServiceAccount {
    /// Its namespace; absent where no file says which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name; `?` where an operator chooses it.
    pub name: String,
}

/// What gives, or breaks, the identity of pods, in the order in which it matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, VariantArray,
)]
#[serde(rename_all = "camelCase")]
pub enum LinkName {
    /// The cluster has the workload identity pool.
    ClusterPool,
    /// The node pools run the GKE metadata server.
    NodePool,
    /// The pods select nodes that exist.
    NodeSelector,
    /// The pods are not on the network of their node.
    HostNetwork,
    /// Network policies let the pods reach the metadata server.
    NetworkPolicy,
    /// The ServiceAccount is in the namespace of the pods.
    Namespace,
    /// The ServiceAccount exists.
    ServiceAccount,
    /// The ServiceAccount is annotated with the Google Cloud service account.
    Annotation,
    /// The Google Cloud service account exists.
    AccountExists,
    /// It is not disabled.
    AccountEnabled,
    /// A binding on it has exactly the member of these pods.
    Member,
    /// The role of the binding lets the pods act as the account.
    Role,
    /// The condition of the binding holds.
    Condition,
    /// No key file or variable takes precedence.
    Credentials,
    /// The identity has its roles.
    Grants,
}

/// One link of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Link {
    /// Which link it is.
    pub name: LinkName,
    /// Its state.
    #[serde(flatten)]
    pub state: LinkState,
    /// What is to be reported about it.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "serialize_findings")]
    #[schemars(with = "Vec<Finding>")]
    pub findings: Vec<Diagnostic>,
}

/// The state of a link.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum LinkState {
    /// It holds.
    Ok {
        /// What was found.
        found: Fact,
    },
    /// It does not hold: the pods do not get the identity.
    Broken {
        /// What was found.
        found: Fact,
        /// What should be there.
        expected: Fact,
    },
    /// The files do not say.
    Unknown {
        /// What would have to be read.
        needs: String,
    },
    /// This identity does not need it: in direct federation, there is no account.
    NotApplicable,
}

/// A link that is not as promised.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkDifference {
    /// Which link it is.
    pub link: LinkName,
    /// What the spec promises.
    pub promised: LinkState,
    /// What was observed.
    pub observed: LinkState,
    /// What `wigen lint` reports about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Fact {
    /// The value.
    pub value: String,
    /// Where it stands; absent for what a spec promises.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_place")]
    #[schemars(with = "Option<Place>")]
    pub place: Option<Location>,
}

/// Who pods are to Google Cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Answer {
    /// A Google Cloud service account, which the pods act as.
    Account {
        /// Its email.
        email: String,
    },
    /// Themselves: the principal of their ServiceAccount.
    Principal {
        /// The member of IAM; `PROJECT_NUMBER` and `POOL` stand for what is not known.
        member: String,
    },
    /// The service account of their node.
    Node,
    /// The service account of a key file, or of another source of credentials.
    Key,
    /// The files do not say.
    Unknown {
        /// What would have to be read.
        needs: String,
    },
}

/// A role on a resource.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Access {
    /// The role.
    pub role: String,
    /// The type and name of the resource; `?` if it is not known.
    pub resource: String,
    /// The expression of the condition, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Where it is granted; absent for what a spec promises.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_place")]
    #[schemars(with = "Option<Place>")]
    pub place: Option<Location>,
}

impl Chain {
    /// The link with this name. Every chain has every link.
    pub fn link(&self, name: LinkName) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    /// The first link that is broken.
    pub fn first_broken(&self) -> Option<&Link> {
        self.links.iter().find(|link| matches!(link.state, LinkState::Broken { .. }))
    }

    /// Whether all of these links hold, or are not needed; `None` if it is not known of one, and of none
    /// that it does not.
    pub fn holds(&self, names: &[LinkName]) -> Option<bool> {
        let mut states = self.links.iter().filter(|link| names.contains(&link.name));
        if states.clone().any(|link| matches!(link.state, LinkState::Broken { .. })) {
            return Some(false);
        }
        (!states.any(|link| matches!(link.state, LinkState::Unknown { .. }))).then_some(true)
    }

    /// Every place in it.
    pub fn places_mut(&mut self) -> impl Iterator<Item = &mut Location> {
        let links = self.links.iter_mut().flat_map(|link| {
            let (found, expected) = match &mut link.state {
                LinkState::Ok { found } => (Some(found), None),
                LinkState::Broken { found, expected } => (Some(found), Some(expected)),
                LinkState::Unknown { .. } | LinkState::NotApplicable => (None, None),
            };
            let facts = found.into_iter().chain(expected).filter_map(|fact| fact.place.as_mut());
            facts.chain(link.findings.iter_mut().flat_map(Diagnostic::places_mut))
        });
        let grants = self.grants.iter_mut().filter_map(|access| access.place.as_mut());
        self.workload.place.iter_mut().chain(links).chain(grants)
    }
}

impl LinkName {
    /// The links from pods to their ServiceAccount.
    pub const OF_PODS: [Self; 6] = [
        Self::NodeSelector,
        Self::HostNetwork,
        Self::NetworkPolicy,
        Self::Namespace,
        Self::ServiceAccount,
        Self::Credentials,
    ];

    /// The links from the ServiceAccount to the service account that its pods act as.
    pub const OF_ACCOUNT: [Self; 4] = [Self::Annotation, Self::Member, Self::Role, Self::Condition];

    /// What a sentence calls it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::ClusterPool => "workload identity pool",
            Self::NodePool => "metadata server of the nodes",
            Self::NodeSelector => "node selector",
            Self::HostNetwork => "host network",
            Self::NetworkPolicy => "network policy",
            Self::Namespace => "namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Annotation => "annotation",
            Self::AccountExists => "service account",
            Self::AccountEnabled => "disabled service account",
            Self::Member => "member",
            Self::Role => "role",
            Self::Condition => "condition",
            Self::Credentials => "credentials",
            Self::Grants => "grants",
        }
    }
}

impl Link {
    pub(super) fn new(name: LinkName, state: LinkState) -> Self {
        Self { name, state, findings: Vec::new() }
    }

    pub(super) fn ok(name: LinkName, found: impl Into<Fact>) -> Self {
        Self::new(name, LinkState::Ok { found: found.into() })
    }

    pub(super) fn unknown(name: LinkName, needs: impl Into<String>) -> Self {
        Self::new(name, LinkState::Unknown { needs: needs.into() })
    }

    pub(super) fn not_applicable(name: LinkName) -> Self {
        Self::new(name, LinkState::NotApplicable)
    }

    pub(super) fn broken(
        name: LinkName,
        found: impl Into<Fact>,
        expected: impl Into<Fact>,
        finding: impl Into<Option<Diagnostic>>,
    ) -> Self {
        let state = LinkState::Broken { found: found.into(), expected: expected.into() };
        Self { findings: finding.into().into_iter().collect(), ..Self::new(name, state) }
    }
}

impl Fact {
    pub(super) fn at(value: impl Into<String>, place: Location) -> Self {
        Self { value: value.into(), place: Some(place) }
    }
}

impl fmt::Display for Access {
    /// The role without `roles/`, and the resource.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = self.role.strip_prefix("roles/").unwrap_or(&self.role);
        write!(f, "{role} on {}", self.resource)
    }
}

impl<T: Into<String>> From<T> for Fact {
    fn from(value: T) -> Self {
        Self { value: value.into(), place: None }
    }
}

/// The JSON Schema (draft 2020-12) of a chain: `schemas/chain.schema.json`.
pub fn json_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Chain>();
    schema.insert("title".into(), "wigen chain".into());
    schema.to_value()
}

/// A place in a file.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Place")]
struct Place<'a> {
    /// The file.
    file: &'a str,
    /// Line, from 1; absent until the file is read again for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// JSON pointer (RFC 6901) into the documents of the file; the first segment is the number of the
    /// document. Empty in scripts.
    #[serde(skip_serializing_if = "str::is_empty")]
    pointer: &'a str,
}

#[allow(clippy::ref_option, reason = "serde gives it so")]
fn serialize_place<S: Serializer>(
    place: &Option<Location>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    place.as_ref().map(shown_place).serialize(serializer)
}

fn shown_place(place: &Location) -> Place<'_> {
    let source = place.source.as_ref();
    let at = source.zip(place.span.as_ref()).map(|(source, span)| source.position(span.start));
    Place {
        file: source.map_or("", |source| source.name()),
        line: at.map(|at| at.line),
        column: at.map(|at| at.column),
        pointer: &place.pointer,
    }
}

/// A diagnostic of `wigen lint`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct Finding<'a> {
    /// Its code.
    code: &'static str,
    /// `error` or `warning`.
    severity: &'a str,
    /// One sentence.
    message: &'a str,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    /// Where it is.
    place: Place<'a>,
}

fn serialize_findings<S: Serializer>(
    findings: &[Diagnostic],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(|one| Finding {
        code: one.code.as_str(),
        severity: one.severity.as_ref(),
        message: &one.message,
        help: one.help.as_deref(),
        place: shown_place(&one.place),
    }))
}
