//! The predefined roles of Google Cloud: which there are, and what the narrow ones are for.

use crate::diagnostics::{nearest, same_but_for_case};

/// The names of all predefined roles but those of Google's own agents, without `roles/`, one a line
/// in the order of their bytes; `CONTRIBUTING.md` says how they are renewed. Google adds roles every
/// week, so a name that is not here says nothing by itself.
const NAMES: &str = include_str!("roles.txt");

/// How many letters of a misspelt name may be wrong.
const SLIPS: usize = 2;

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is the name of a role.
    Yes,
    /// It is one but for its case.
    ButForCase(&'static str),
    /// It is nearly the name of this role and of no other.
    Nearly(&'static str),
    /// Nothing.
    No,
}

/// What is known of the name of a predefined role, without `roles/`.
pub fn known(name: &str) -> Known {
    if contains(name) {
        return Known::Yes;
    }
    if let Some(role) = NAMES.lines().find(|role| role.eq_ignore_ascii_case(name)) {
        return Known::ButForCase(role);
    }
    let found = match name.split_once('.') {
        Some((service, role)) if of_service(service).next().is_some() => {
            within(service, role).or_else(|| nearest(name, of_service(service), SLIPS))
        }
        _ => nearest(name, NAMES.lines(), SLIPS),
    };
    match found {
        Some(role) if same_but_for_case(role, name) => Known::ButForCase(role),
        Some(role) => Known::Nearly(role),
        None => Known::No,
    }
}

/// The roles of a service.
fn of_service(service: &str) -> impl Iterator<Item = &'static str> {
    NAMES
        .lines()
        .filter(move |name| name.strip_prefix(service).is_some_and(|rest| rest.starts_with('.')))
}

/// The one role of a service whose name ends in another: `secretAccessor` for `accessor`.
fn within(service: &str, role: &str) -> Option<&'static str> {
    const LEAST: usize = 6;
    let role = role.to_ascii_lowercase();
    let mut ending =
        of_service(service).filter(|name| name.to_ascii_lowercase().ends_with(role.as_str()));
    match (ending.next(), ending.next()) {
        (Some(one), None) if role.len() >= LEAST => Some(one),
        _ => None,
    }
}

/// Halves the list, at the beginnings of lines.
fn contains(name: &str) -> bool {
    let names = NAMES.as_bytes();
    let (mut low, mut high) = (0, names.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let is_break = |byte: &u8| *byte == b'\n';
        let start = names[..middle].iter().rposition(is_break).map_or(0, |end| end + 1);
        let line = names[start..].split(is_break).next().unwrap_or_default();
        match line.cmp(name.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// The keys of the grants on which a narrow role has a meaning, where that is certain: all its
/// permissions are on these. Source: Google Cloud, "IAM basic and predefined roles reference",
/// lowest-level resources.
pub fn resources(name: &str) -> Option<&'static [&'static str]> {
    let (service, role) = name.split_once('.')?;
    Some(match (service, role) {
        (
            "secretmanager",
            "secretAccessor" | "secretVersionAdder" | "secretVersionManager" | "viewer",
        ) => &["secret"],
        ("storage", "objectViewer" | "objectUser" | "objectCreator" | "objectAdmin") => &["bucket"],
        ("pubsub", "publisher") => &["topic"],
        ("pubsub", "subscriber") => &["subscription", "topic"],
        ("artifactregistry", "reader" | "writer" | "repoAdmin") => &["repository"],
        (
            "cloudkms",
            "cryptoKeyDecrypter"
            | "cryptoKeyEncrypter"
            | "cryptoKeyEncrypterDecrypter"
            | "publicKeyViewer"
            | "signer"
            | "signerVerifier"
            | "verifier",
        ) => &["kmsKey"],
        ("run", "invoker" | "servicesInvoker") => &["runService"],
        ("spanner", "databaseReader" | "databaseUser") => &["spannerDatabase", "spannerInstance"],
        ("bigtable", "reader" | "user") => &["bigtableTable", "bigtableInstance"],
        ("bigquery", "dataViewer" | "dataEditor") => &["dataset", "table"],
        (
            "iam",
            "serviceAccountUser"
            | "serviceAccountTokenCreator"
            | "serviceAccountOpenIdTokenCreator"
            | "workloadIdentityUser",
        ) => &["serviceAccount"],
        _ => return None,
    })
}

/// What a role lets its holder become, where it is granted on more than one service account.
/// Source: IAM, "Roles for service account authentication"; IAM, "Best practices for using service
/// accounts securely", lateral movement.
pub fn escalates(name: &str) -> bool {
    const ROLES: [&str; 9] = [
        "iam.roleAdmin",
        "iam.securityAdmin",
        "iam.serviceAccountAdmin",
        "iam.serviceAccountKeyAdmin",
        "iam.serviceAccountOpenIdTokenCreator",
        "iam.serviceAccountTokenCreator",
        "iam.serviceAccountUser",
        "resourcemanager.organizationAdmin",
        "resourcemanager.projectIamAdmin",
    ];
    ROLES.contains(&name)
}

/// Whether a role is a basic one, which reaches nearly everything. Source: IAM, "Basic roles".
pub fn is_basic(name: &str) -> bool {
    ["owner", "editor", "viewer"].contains(&name)
}

/// Whether a role is for Google's own service agents. Source: IAM, "Service agents".
pub fn is_for_agents(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("serviceagent")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_halving() {
        let names: Vec<&str> = NAMES.lines().collect();
        assert!(names.len() > 1400 && names.is_sorted(), "in the order of their bytes");
        assert!(NAMES.ends_with('\n') && names.iter().all(|name| !is_for_agents(name)));
        for name in names {
            assert!(contains(name), "{name}");
            assert!(!contains(&format!("{name}x")) && !contains(&name[1..]), "{name}");
        }
        assert!(!contains("") && !contains("\n") && !contains("zzz") && !contains("é"));
    }

    #[test]
    fn a_slip_is_seen_and_another_role_is_none() {
        let role = "secretmanager.secretAccessor";
        assert_eq!(known(role), Known::Yes);
        assert_eq!(known("secretManager.secretaccessor"), Known::ButForCase(role));
        assert_eq!(known("secretmanager.secretAccesor"), Known::Nearly(role));
        assert_eq!(known("secretmanager.accessor"), Known::Nearly(role));
        assert_eq!(known("iam.admin"), Known::No);
        assert_eq!(known("logging.writer"), Known::No);
        assert_eq!(known("telemetry.tracesWriter"), Known::No);
        assert_eq!(known("storage.bucketViewer"), Known::No);
    }

    #[test]
    fn what_is_said_of_roles_is_said_of_roles_that_there_are() {
        let kinds: Vec<&str> =
            crate::google::resources::KINDS.iter().map(|kind| kind.key).collect();
        let narrow = NAMES.lines().filter_map(resources).flatten();
        assert!(narrow.clone().all(|key| kinds.contains(key)));
        assert_eq!(NAMES.lines().filter_map(resources).count(), 32);
        assert_eq!(NAMES.lines().filter(|name| escalates(name)).count(), 9);
        assert_eq!(NAMES.lines().filter(|name| is_basic(name)).count(), 3);
    }
}
