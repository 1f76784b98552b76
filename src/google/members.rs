//! Members of IAM policies, as far as Workload Identity uses them.

use std::fmt;

use super::names::{ACCOUNT_EMAIL, WORKLOAD_POOL};
use crate::diagnostics::{one_of, quoted, similar};

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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkloadIdentity {
    /// The workload identity pool, `PROJECT.svc.id.goog`.
    pub pool: String,
    /// The Kubernetes namespace.
    pub namespace: String,
    /// Name of the Kubernetes `ServiceAccount`.
    pub service_account: String,
}

impl WorkloadIdentity {
    /// The workload identity pool of a project. A project has one, whatever its clusters.
    pub(crate) fn pool_of_project(project: &str) -> String {
        format!("{project}.svc.id.goog")
    }

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

/// The workload identity pool of GKE that a member is of.
pub(crate) fn pool(member: &str) -> Option<&str> {
    let pool = match member.split_once("/workloadIdentityPools/") {
        Some((_, rest)) => rest.split('/').next()?,
        None => member.split_once(':')?.1.split_once('[')?.0,
    };
    (WORKLOAD_POOL.matches(pool) && numbered_pool(pool).is_none()).then_some(pool)
}

/// What is wrong with a member, and how to write it; `None` if IAM can know it, or if it is to be
/// filled in. Sources: googleapis, `google/iam/v1/policy.proto`; GKE, "About Workload Identity
/// Federation for GKE", principal identifiers. `principal` and `principalSet` are case-sensitive.
pub(crate) fn malformation(member: &str) -> Option<(String, String)> {
    const TYPES: [&str; 10] = [
        "serviceAccount",
        "user",
        "group",
        "domain",
        "principal",
        "principalSet",
        "deleted",
        "projectOwner",
        "projectEditor",
        "projectViewer",
    ];
    if is_placeholder(member) || ["allUsers", "allAuthenticatedUsers"].contains(&member) {
        return None;
    }
    let invalid =
        |help: &str| Some((format!("{} is not a valid member", quoted(member)), help.to_owned()));
    let Some((kind, value)) = member.split_once(':') else {
        return if member.contains(".svc.id.goog[") || ACCOUNT_EMAIL.matches(member) {
            let message = format!("{} has no member type", quoted(member));
            Some((message, format!("write `serviceAccount:{member}`")))
        } else {
            invalid(&format!("a member starts with its type: {}", one_of(TYPES)))
        };
    };
    let is_federated = kind.to_ascii_lowercase().starts_with("principal");
    let scheme = if is_federated { "://" } else { ":" };
    let is_same =
        |known: &&str| *known == kind || (!is_federated && known.eq_ignore_ascii_case(kind));
    let known = TYPES.into_iter().find(is_same);
    let Some(known) = known else {
        let help = match similar(kind, TYPES) {
            Some(right) => format!("write `{right}{scheme}`"),
            None => format!("the types are {}", one_of(TYPES)),
        };
        return Some((
            format!("{} is not a valid member type", quoted(&format!("{kind}{scheme}"))),
            help,
        ));
    };
    if value.contains(|c: char| c.is_whitespace() || "\"'`".contains(c)) {
        return invalid("remove the quotation marks and spaces");
    }
    match known {
        "serviceAccount" if value.contains(['[', ']', '/']) || value.contains(".svc.id.goog") => {
            let (pool, pods) = value.split_once('[').unwrap_or((value, ""));
            if let Some(problem) = numbered_pool(pool) {
                return Some(problem);
            }
            let names = pods.strip_suffix(']').and_then(|pods| pods.split_once('/'));
            let is_valid =
                names.is_some_and(|(namespace, name)| is_name(namespace) && is_name(name));
            if is_valid && WORKLOAD_POOL.matches(pool) {
                return None;
            }
            invalid("pods are `serviceAccount:PROJECT.svc.id.goog[NAMESPACE/SERVICE_ACCOUNT]`")
        }
        "serviceAccount" if !ACCOUNT_EMAIL.matches(&value.to_ascii_lowercase()) => {
            invalid("a service account is `serviceAccount:ID@PROJECT.iam.gserviceaccount.com`")
        }
        "user" | "group" if !value.contains('@') => invalid("write the whole email"),
        "principal" | "principalSet" => {
            let (message, help) = federated_malformation(known, value)?;
            let message =
                message.unwrap_or_else(|| format!("{} is not a valid member", quoted(member)));
            Some((message, help))
        }
        _ if value.is_empty() => invalid("write the member after its type"),
        _ => None,
    }
}

/// A pool that is named after the number of a project.
fn numbered_pool(pool: &str) -> Option<(String, String)> {
    let project = pool.strip_suffix(".svc.id.goog")?;
    let is_number = !project.is_empty() && project.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| {
        let message = format!("{} is the number of a project, not its ID", quoted(project));
        (message, "a pool is `PROJECT_ID.svc.id.goog`".to_owned())
    })
}

/// What is wrong with a principal in a pool of GKE.
fn federated_malformation(kind: &str, value: &str) -> Option<(Option<String>, String)> {
    const ONE: &str = "projects/NUMBER/locations/global/workloadIdentityPools/POOL";
    let is_gke = ["svc.id.goog", "/subject/ns/", "/sa/"].iter().any(|part| value.contains(part));
    let path = value.strip_prefix("//iam.googleapis.com/");
    if !is_gke
        && (path.is_some() || value.starts_with("//goog/") || value.contains(".googleapis.com/"))
    {
        return None;
    }
    let parts: Vec<&str> = path.unwrap_or_default().splitn(7, '/').collect();
    let help = match kind {
        "principal" => format!(
            "pods are `principal://iam.googleapis.com/{ONE}/subject/ns/NAMESPACE/sa/SERVICE_ACCOUNT`"
        ),
        _ => format!(
            "all pods of a namespace are `principalSet://iam.googleapis.com/{ONE}/namespace/NAMESPACE`"
        ),
    };
    let ["projects", project, "locations", "global", "workloadIdentityPools", pool, rest] = *parts
    else {
        return Some((None, help));
    };
    if !project.bytes().all(|b| b.is_ascii_digit()) {
        let message = format!("{} is the ID of a project, not its number", quoted(project));
        let print = format!("`gcloud projects describe {project} --format='value(projectNumber)'`");
        return Some((Some(message), format!("{print} prints the number")));
    }
    if let Some((message, help)) = numbered_pool(pool) {
        return Some((Some(message), help));
    }
    let is_valid = WORKLOAD_POOL.matches(pool)
        && match kind {
            "principal" => {
                let names =
                    rest.strip_prefix("subject/ns/").and_then(|rest| rest.split_once("/sa/"));
                names.is_some_and(|(namespace, name)| is_name(namespace) && is_name(name))
                    || rest.starts_with("kubernetes.serviceaccount.uid/")
            }
            _ => {
                rest == "*"
                    || rest.strip_prefix("namespace/").is_some_and(is_name)
                    || rest.starts_with("kubernetes.")
                    || rest.starts_with("attribute.")
            }
        };
    (!is_valid).then_some((None, help))
}

/// Whether a string can be the name of a Kubernetes object.
fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    !text.is_empty() && text.chars().all(is_part)
}

/// Whether something in a string is to be filled in: a variable, or words in capitals.
fn is_placeholder(text: &str) -> bool {
    let is_capital = |pair: &[u8]| pair.iter().all(|b| b.is_ascii_uppercase() || *b == b'_');
    text.contains(['$', '<', '{', '%']) || text.as_bytes().windows(3).any(is_capital)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_the_forms_of_iam() {
        let pool = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog";
        let set = pool.replace("principal:", "principalSet:");
        for good in [
            "allUsers",
            "user:a@example.com",
            "serviceaccount:a@p.iam.gserviceaccount.com",
            "serviceAccount:1-compute@developer.gserviceaccount.com",
            "serviceAccount:p.svc.id.goog[n/a.b]",
            "serviceAccount:example.com:p.svc.id.goog[n/a]",
            "serviceAccount:PROJECT_ID.svc.id.goog[NAMESPACE/KSA]",
            "serviceAccount:${PROJECT}.svc.id.goog[n/a]",
            "deleted:serviceAccount:a@p.iam.gserviceaccount.com?uid=1",
            "projectOwner:p",
            "principalSet://iam.googleapis.com/locations/global/workforcePools/x/*",
            "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/subject/x",
            &format!("{pool}/subject/ns/n/sa/a"),
            &format!("{set}/namespace/n"),
            &format!("{set}/*"),
        ] {
            assert_eq!(malformation(good), None, "{good}");
        }
        for bad in [
            "",
            "books",
            "p.svc.id.goog[n/a]",
            "serviceAccounts:p.svc.id.goog[n/a]",
            "serviceAccount:[p].svc.id.goog[n/a]",
            "serviceAccount:p.svc.id.goog[n/a",
            "serviceAccount:p.svc.id.goog[n/a]\"",
            "serviceAccount:p.svc.id.goog[n:a]",
            "serviceAccount:p.svc.id.goog[a]",
            "serviceAccount:p.svc.id.goog[n/a/b]",
            "serviceAccount:p.svc.id.goog/n/a",
            "serviceAccount: p.svc.id.goog[n/a]",
            "serviceAccount:p.svc.id.google[n/a]",
            "serviceAccount:n/a",
            "serviceAccount:123456789012.svc.id.goog[n/a]",
            "serviceAccount:books",
            "Principal://iam.googleapis.com/x",
            &format!("{pool}/subject/ns/n/a"),
            &format!("{pool}/namespace/n"),
            &format!("{set}/subject/ns/n/sa/a"),
            &format!("{pool}/subject/ns/n/sa/a").replace("Pools", "Pool"),
            &format!("{pool}/subject/ns/n/sa/a").replace("projects/1", "projects/my-project"),
        ] {
            assert!(malformation(bad).is_some(), "{bad}");
        }
    }
}
