//! The list of everything wigen can find.

use serde::de::{Deserialize, Deserializer, Error};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The spec cannot work; nothing is rendered.
    Error,
    /// The spec works and will hurt.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $severity:ident;)*) => {
        /// The class of a finding. Its text form is stable: scripts and `wigen explain` rely on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable text form.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Whether only several specs together can have it.
            pub fn is_across(self) -> bool {
                matches!(self, Self::SharedOutput | Self::SharedAccount | Self::SharedIdentity)
            }

            /// The severity of every finding of this code.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// The text is not UTF-8.
    NotUtf8 = "not-utf-8", Error;
    /// The text is not TOML, YAML or JSON.
    Syntax = "syntax", Error;
    /// A key stands twice in one table.
    DuplicateKey = "duplicate-key", Error;
    /// A TOML or YAML value that JSON does not have.
    UnsupportedValue = "unsupported-value", Error;

    /// A key that the spec language does not have.
    UnknownKey = "unknown-key", Error;
    /// A key that must be there is not.
    MissingKey = "missing-key", Error;
    /// A value of another type than the key takes.
    WrongType = "wrong-type", Error;
    /// A value that is none of those the key takes.
    UnknownValue = "unknown-value", Error;
    /// A number that is too small or too large.
    OutOfRange = "out-of-range", Error;
    /// Too few or too many entries.
    WrongCount = "wrong-count", Error;
    /// An environment that the spec does not have.
    UnknownEnvironment = "unknown-environment", Error;

    /// What `wigen.toml` says of its specs is not so.
    Workspace = "workspace", Error;
    /// Two specs render one file.
    SharedOutput = "shared-output", Error;
    /// Not a Google Cloud project ID.
    ProjectId = "project-id", Error;
    /// Not the id of a Google Cloud service account.
    AccountId = "account-id", Error;
    /// Not the name of a GKE cluster.
    ClusterName = "cluster-name", Error;
    /// Not the name of a node pool.
    NodePoolName = "node-pool-name", Error;
    /// Not a workload identity pool.
    WorkloadPool = "workload-pool", Error;
    /// Not the e-mail of a service account.
    AccountEmail = "account-email", Error;
    /// Not a Google Cloud region or zone.
    Location = "location", Error;
    /// Not a DNS label (RFC 1123).
    DnsLabel = "dns-label", Error;
    /// Not a DNS subdomain (RFC 1123).
    DnsSubdomain = "dns-subdomain", Error;
    /// Not a kind of Kubernetes objects.
    Kind = "kind", Error;
    /// Not the key of a Kubernetes label or annotation.
    QualifiedName = "qualified-name", Error;
    /// Not the value of a Kubernetes label.
    LabelValue = "label-value", Error;
    /// Not the name of an environment variable.
    EnvName = "env-name", Error;
    /// Not a key of a `ConfigMap` or Secret.
    ConfigKey = "config-key", Error;
    /// Not an image reference.
    Image = "image", Error;
    /// Not the name of an IAM role.
    Role = "role", Error;
    /// Not a quantity of Kubernetes.
    Quantity = "quantity", Error;
    /// A field that this version of Kubernetes does not have.
    KubernetesVersion = "kubernetes-version", Error;
    /// A NUL character, which no command line and no environment can carry.
    NulCharacter = "nul-character", Error;

    /// The cluster has no location, or two.
    ClusterLocation = "cluster-location", Error;
    /// Something that this kind of cluster does not have.
    ClusterType = "cluster-type", Error;
    /// Something that contradicts what is asked of the metadata server.
    MetadataServer = "metadata-server", Error;
    /// The pool of a project with a domain is a guess.
    DomainScopedPool = "domain-scoped-pool", Warning;
    /// A Google Cloud service account that exists, and keys for one that is made.
    ExistingAccount = "existing-account", Error;
    /// A Kubernetes `ServiceAccount` that exists, and keys for one that is rendered.
    ExistingServiceAccount = "existing-service-account", Error;
    /// The subject of direct federation is longer than some pools take.
    LongSubject = "long-subject", Warning;
    /// A grant that names no resource, or two.
    ResourceName = "resource-name", Error;
    /// A narrow role on a resource of another service.
    RoleResource = "role-resource", Error;
    /// A custom role outside the project that it is of.
    CustomRole = "custom-role", Error;
    /// A condition where there can be none.
    Condition = "condition", Error;
    /// A role of a service that direct federation does not wholly reach.
    DirectFederation = "direct-federation", Warning;
    /// The account id derived from the app's name is not one.
    DerivedAccountId = "derived-account-id", Error;
    /// A text is longer than Google Cloud or Kubernetes takes.
    TooLong = "too-long", Error;
    /// An annotation that wigen writes itself.
    ReservedAnnotation = "reserved-annotation", Error;
    /// `roles/iam.workloadIdentityUser` granted on the project.
    WorkloadIdentityUser = "workload-identity-user", Error;
    /// A native field that wigen writes itself.
    OwnedField = "owned-field", Error;
    /// Two kinds of workload, or one of wigen's and some of others.
    WorkloadKind = "workload-kind", Error;
    /// A restart policy that the kind of workload does not have.
    RestartPolicy = "restart-policy", Error;
    /// Pods in the network of their node, past Workload Identity.
    HostNetwork = "host-network", Error;
    /// Two parts of a pod with one name.
    DuplicateName = "duplicate-name", Error;
    /// A mount of a volume that the pods do not have.
    VolumeMount = "volume-mount", Error;
    /// A label that the selector of the workload rests on.
    SelectorLabel = "selector-label", Error;
    /// A key file beside Workload Identity.
    KeyFile = "key-file", Warning;
    /// A restart policy of one container.
    ContainerRestartPolicy = "container-restart-policy", Warning;
    /// One role granted twice.
    DuplicateRole = "duplicate-role", Warning;
    /// A template that cannot be rendered.
    Template = "template", Error;
    /// A value that a template prints inside of another text.
    TemplateValue = "template-value", Error;
    /// What a template makes is no object of Kubernetes.
    Manifest = "manifest", Error;
    /// A kind of Kubernetes in an API that does not have it.
    ApiVersion = "api-version", Error;

    /// A function config that asks for nothing that there is.
    FunctionConfig = "function-config", Error;
    /// The names of the built objects are not those that the cloud side was set up for.
    FinalNames = "final-names", Error;
    /// No workload is there to use the identity.
    NoWorkload = "no-workload", Error;
    /// An object that somebody else wrote, where wigen writes one.
    ForeignObject = "foreign-object", Error;

    /// The annotation of a `ServiceAccount` on something else.
    AnnotationPlace = "annotation-place", Error;
    /// Nearly an annotation of GKE.
    AnnotationKey = "annotation-key", Error;
    /// A `ServiceAccount` that is in another namespace, or has another name.
    MissingServiceAccount = "missing-service-account", Error;
    /// Pods that a network policy cuts off from the metadata server.
    NetworkPolicy = "network-policy", Error;
    /// A member of a policy that is nearly an identity of the manifests.
    IamMember = "iam-member", Error;
    /// An annotated account that no binding lets act.
    IamBinding = "iam-binding", Error;
    /// An account that is bound, and has no annotation.
    MissingAnnotation = "missing-annotation", Error;
    /// A file of IAM in which no role is bound.
    NothingBound = "nothing-bound", Warning;
    /// A binding by a script that stops where a policy has conditions.
    MissingCondition = "missing-condition", Warning;
    /// An identity that no pod has.
    UnusedIdentity = "unused-identity", Warning;
    /// The old name of a field, contradicting the new one.
    ServiceAccountField = "service-account-field", Warning;
    /// A member of a policy that was deleted.
    DeletedMember = "deleted-member", Warning;
    /// Nearly the name of a role.
    UnknownRole = "unknown-role", Warning;
    /// Nearly the name of a region.
    UnknownLocation = "unknown-location", Warning;
    /// A workload pool of another project.
    ForeignPool = "foreign-pool", Warning;
    /// A role for Google's own agents.
    AgentRole = "agent-role", Warning;
    /// A role that reaches nearly every service.
    BasicRole = "basic-role", Warning;
    /// A role with which pods become other accounts.
    ImpersonationRole = "impersonation-role", Warning;
    /// A role on the whole project for the one resource that is used.
    WideGrant = "wide-grant", Warning;
    /// An image that is in another project than the nodes.
    ImageProject = "image-project", Warning;
    /// A tag that moves, and a pull policy that keeps what was.
    StaleImage = "stale-image", Warning;
    /// A namespace of the system.
    SystemNamespace = "system-namespace", Warning;
    /// The `ServiceAccount` of every pod that names none.
    DefaultServiceAccount = "default-service-account", Warning;
    /// A Google Cloud service account that others act as too.
    DefaultAccount = "default-account", Warning;
    /// What Autopilot refuses of pods.
    AutopilotPod = "autopilot-pod", Warning;
    /// A metadata server that is not GKE's.
    MetadataHost = "metadata-host", Warning;
    /// Two apps create one Google Cloud service account.
    SharedAccount = "shared-account", Warning;
    /// Two apps have one Kubernetes identity.
    SharedIdentity = "shared-identity", Warning;
    /// A warning that is allowed and does not come.
    UnusedAllowance = "unused-allowance", Warning;
}

impl Code {
    /// The codes of warnings, which a user may allow or deny.
    pub fn warnings() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|code| code.severity() == Severity::Warning)
    }

    /// The code with this text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format_args!("no code `{text}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_stable_words() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!(
                code.as_str()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
        }
    }
}
