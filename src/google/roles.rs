//! The predefined roles of Google Cloud, and the resources that the narrow ones are for.

use super::names::ROLE;
use super::resources::ResourceType;
use crate::diagnostics::suggest::misspelt_segments;
use crate::diagnostics::{Code, Diagnostic, Edit, Location, quoted, same_but_for_case};

/// The names of all predefined roles except those of Google's service agents, without `roles/`, one
/// per line, sorted by byte; `CONTRIBUTING.md` says how to update them. Google adds roles every week,
/// so a name that is missing here proves nothing.
const NAMES: &str = include_str!("roles.txt");

/// The month of that listing.
pub const LISTED: &str = "2026-05";

/// How a name compares with the predefined roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleMatch {
    /// It is the name of a role.
    Exact,
    /// It differs from this role only in upper and lower case.
    OtherCase(&'static str),
    /// It is similar to this role and to no other.
    Similar(&'static str),
    /// It is not similar to any role.
    Unknown,
}

/// Looks up the name of a predefined role, without `roles/`.
pub fn find(name: &str) -> RoleMatch {
    if contains(name) {
        return RoleMatch::Exact;
    }
    if let Some(role) = NAMES.lines().find(|role| role.eq_ignore_ascii_case(name)) {
        return RoleMatch::OtherCase(role);
    }
    let found = match name.split_once('.') {
        Some((service, role)) if in_service(service).next().is_some() => {
            ending_in(service, role).or_else(|| misspelt_in(name, in_service(service)))
        }
        _ => misspelt_in(name, NAMES.lines()),
    };
    match found {
        Some(role) if same_but_for_case(role, name) => RoleMatch::OtherCase(role),
        Some(role) => RoleMatch::Similar(role),
        None => RoleMatch::Unknown,
    }
}

/// The only one of some roles that a name can mean: one or two words of it are misspelt, its last letter is missing, or
/// its service.
fn misspelt_in(name: &str, roles: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let is_slip = |role: &&str| {
        role[..role.len() - 1] == *name
            || role.split_once('.').is_some_and(|(_, own)| own == name)
            || misspelt_segments(name, role).is_some_and(|count| count <= 2)
    };
    let mut found = roles.filter(is_slip);
    found.next().filter(|_| found.next().is_none())
}

/// A role that is misspelt, or that is not a role at all.
pub(crate) fn misspelt(role: &str, place: Location) -> Option<Diagnostic> {
    if !ROLE.matches(role) && !role.contains(['$', '<', '{']) {
        let diagnostic =
            Diagnostic::new(Code::ROLE, place, format!("{} is not a role", quoted(role)));
        let right = ROLE.suggest(role).map(|right| format!("write `{right}`"));
        return Some(diagnostic.help(right.unwrap_or_else(|| ROLE.words.to_owned())));
    }
    let name = role.strip_prefix("roles/")?;
    let (role, is_certain) = match find(name) {
        RoleMatch::OtherCase(role) => (role, true),
        RoleMatch::Similar(role) => (role, false),
        RoleMatch::Exact | RoleMatch::Unknown => return None,
    };
    let message = format!("wigen does not know the role {}", quoted(&format!("roles/{name}")));
    let diagnostic = Diagnostic::new(Code::UNKNOWN_ROLE, place, message)
        .help(format!("there is a role `roles/{role}`"));
    let text = format!("\"roles/{role}\"");
    Some(if is_certain {
        diagnostic.certainly(Edit::Text(text))
    } else {
        diagnostic.replacement(text)
    })
}

/// Whether a role on a service account lets its members get access tokens for it; `None` where that is
/// not known. Source: IAM, "Roles for service account authentication".
pub(crate) fn creates_access_tokens(role: &str) -> Option<bool> {
    if !ROLE.matches(role) {
        return Some(false);
    }
    let name = role.strip_prefix("roles/")?;
    if ["iam.workloadIdentityUser", "iam.serviceAccountTokenCreator"].contains(&name) {
        return Some(true);
    }
    (!is_for_agents(name) && find(name) != RoleMatch::Unknown).then_some(false)
}

fn in_service(service: &str) -> impl Iterator<Item = &'static str> {
    NAMES
        .lines()
        .filter(move |name| name.strip_prefix(service).is_some_and(|rest| rest.starts_with('.')))
}

/// The only role of a service whose name ends in a word: `secretAccessor` for `accessor`.
fn ending_in(service: &str, role: &str) -> Option<&'static str> {
    const MIN_LENGTH: usize = 6;
    let role = role.to_ascii_lowercase();
    let mut ending =
        in_service(service).filter(|name| name.to_ascii_lowercase().ends_with(role.as_str()));
    match (ending.next(), ending.next()) {
        (Some(one), None) if role.len() >= MIN_LENGTH => Some(one),
        _ => None,
    }
}

/// Binary search over the lines.
fn contains(name: &str) -> bool {
    let (mut low, mut high) = (0, NAMES.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        // Names are short: a loop finds their ends sooner than a search.
        let before = NAMES.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n');
        let start = before.map_or(0, |end| end + 1);
        let length = NAMES[start..].bytes().position(|byte| byte == b'\n').unwrap_or_default();
        let line = &NAMES[start..start + length];
        match line.cmp(name) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// The types of resources that a narrow role can be granted on, where that is certain: all its
/// permissions are on these. Source: Google Cloud, "IAM basic and predefined roles reference",
/// lowest-level resources.
pub fn resource_types(name: &str) -> Option<&'static [ResourceType]> {
    use ResourceType::{
        BigtableInstance, BigtableTable, Bucket, Dataset, KmsKey, Repository, RunService, Secret,
        ServiceAccount, SpannerDatabase, SpannerInstance, Subscription, Table, Topic,
    };
    let (service, role) = name.split_once('.')?;
    Some(match (service, role) {
        (
            "secretmanager",
            "secretAccessor" | "secretVersionAdder" | "secretVersionManager" | "viewer",
        ) => &[Secret],
        ("storage", "objectViewer" | "objectUser" | "objectCreator" | "objectAdmin") => &[Bucket],
        ("pubsub", "publisher") => &[Topic],
        ("pubsub", "subscriber") => &[Subscription, Topic],
        ("artifactregistry", "reader" | "writer" | "repoAdmin") => &[Repository],
        (
            "cloudkms",
            "cryptoKeyDecrypter"
            | "cryptoKeyEncrypter"
            | "cryptoKeyEncrypterDecrypter"
            | "publicKeyViewer"
            | "signer"
            | "signerVerifier"
            | "verifier",
        ) => &[KmsKey],
        ("run", "invoker" | "servicesInvoker") => &[RunService],
        ("spanner", "databaseReader" | "databaseUser") => &[SpannerDatabase, SpannerInstance],
        ("bigtable", "reader" | "user") => &[BigtableTable, BigtableInstance],
        ("bigquery", "dataViewer" | "dataEditor") => &[Dataset, Table],
        (
            "iam",
            "serviceAccountUser"
            | "serviceAccountTokenCreator"
            | "serviceAccountOpenIdTokenCreator"
            | "workloadIdentityUser",
        ) => &[ServiceAccount],
        _ => return None,
    })
}

/// Whether a role that is granted on more than one service account lets its holder act as any of them.
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

/// Whether a role is a basic role, which reaches nearly everything. Source: IAM, "Basic roles".
pub fn is_basic(name: &str) -> bool {
    ["owner", "editor", "viewer"].contains(&name)
}

/// Whether a role is for Google's service agents. Source: IAM, "Service agents".
pub fn is_for_agents(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("serviceagent")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        let names: Vec<&str> = NAMES.lines().collect();
        assert!(names.len() > 1400 && names.is_sorted(), "sorted by byte");
        assert!(NAMES.ends_with('\n') && names.iter().all(|name| !is_for_agents(name)));
        for name in names {
            assert!(contains(name), "{name}");
            assert!(!contains(&format!("{name}x")) && !contains(&name[1..]), "{name}");
        }
        assert!(!contains("") && !contains("\n") && !contains("zzz") && !contains("é"));
    }

    #[test]
    fn a_misspelt_name_is_similar_and_another_role_is_unknown() {
        let role = "secretmanager.secretAccessor";
        assert_eq!(find(role), RoleMatch::Exact);
        assert_eq!(find("secretManager.secretaccessor"), RoleMatch::OtherCase(role));
        assert_eq!(find("secretmanager.secretAccesor"), RoleMatch::Similar(role));
        assert_eq!(find("secretmanager.accessor"), RoleMatch::Similar(role));
        assert_eq!(find("iam.admin"), RoleMatch::Unknown);
        assert_eq!(find("logging.writer"), RoleMatch::Unknown);
        assert_eq!(find("telemetry.tracesWriter"), RoleMatch::Unknown);
        assert_eq!(find("storage.bucketViewer"), RoleMatch::Unknown);
    }

    #[test]
    fn what_is_listed_is_a_role() {
        assert_eq!(NAMES.lines().filter_map(resource_types).count(), 32);
        assert_eq!(NAMES.lines().filter(|name| escalates(name)).count(), 9);
        assert_eq!(NAMES.lines().filter(|name| is_basic(name)).count(), 3);
    }
}
