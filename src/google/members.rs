//! Members of IAM policies, as far as Workload Identity has to do with them.

use std::fmt;

/// A member of an IAM policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A Google Cloud service account, by its email: `serviceAccount:EMAIL`.
    ServiceAccount(String),
    /// Pods that may impersonate a service account: `serviceAccount:POOL[NAMESPACE/KSA]`.
    WorkloadIdentity(WorkloadIdentity),
    /// Pods in direct federation:
    /// `principal://iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/subject/ns/NAMESPACE/sa/KSA`.
    Principal {
        /// ID of the project that the pool is in.
        project: String,
        /// Number of that project, if it is known.
        number: Option<u64>,
        /// The pods.
        pods: WorkloadIdentity,
    },
}

/// The identity of pods: `POOL[NAMESPACE/KSA]`. Source: Google Cloud, "About Workload Identity
/// Federation for GKE".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadIdentity {
    /// The workload identity pool, `PROJECT.svc.id.goog`.
    pub pool: String,
    /// The Kubernetes namespace.
    pub namespace: String,
    /// Name of the Kubernetes `ServiceAccount`.
    pub service_account: String,
}

impl WorkloadIdentity {
    /// The part of a principal after the number of the project.
    pub fn principal_suffix(&self) -> String {
        let Self { pool, namespace, service_account } = self;
        format!(
            "/locations/global/workloadIdentityPools/{pool}/subject/ns/{namespace}/sa/{service_account}"
        )
    }
}

impl fmt::Display for WorkloadIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}/{}]", self.pool, self.namespace, self.service_account)
    }
}

impl Member {
    /// The part of a principal before the number of the project.
    pub const PRINCIPAL_PREFIX: &str = "principal://iam.googleapis.com/projects/";

    /// ID of the project whose number must be looked up to write this member.
    pub fn unknown_number(&self) -> Option<&str> {
        match self {
            Self::Principal { number: None, project, .. } => Some(project),
            _ => None,
        }
    }

    /// Whether both may be the same member; certain, unless a project number is unknown.
    pub fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Principal { project, number, pods },
                Self::Principal { project: project2, number: number2, pods: pods2 },
            ) => {
                let is_known = number.is_some() && number2.is_some();
                pods == pods2 && if is_known { number == number2 } else { project == project2 }
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for Member {
    /// The member as IAM writes it; an unknown project number is written as `PROJECT_NUMBER`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceAccount(email) => write!(f, "serviceAccount:{email}"),
            Self::WorkloadIdentity(pods) => write!(f, "serviceAccount:{pods}"),
            Self::Principal { number, pods, .. } => {
                f.write_str(Self::PRINCIPAL_PREFIX)?;
                match number {
                    Some(number) => write!(f, "{number}")?,
                    None => f.write_str("PROJECT_NUMBER")?,
                }
                f.write_str(&pods.principal_suffix())
            }
        }
    }
}
