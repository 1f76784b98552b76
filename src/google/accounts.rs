//! Emails of service accounts, and the project that each is in.

use super::names::ACCOUNT_EMAIL;

/// How the description of an account ends that `gcloud.sh` created, and may delete.
pub const CREATED_MARK: &str = "Created by wigen; gcloud.sh destroy deletes it.";

/// The email of a user-managed service account. For a domain-scoped project (`example.com:books`),
/// IAM swaps the two halves: `ID@books.example.com.iam.gserviceaccount.com`.
pub fn email(id: &str, project: &str) -> String {
    match project.split_once(':') {
        Some((domain, project)) => format!("{id}@{project}.{domain}{USER_MANAGED}"),
        None => format!("{id}@{project}{USER_MANAGED}"),
    }
}

/// The project of a user-managed service account. `None` for the accounts of Google's services,
/// whose emails do not name a project ID.
pub fn project(email: &str) -> Option<String> {
    let (_, domain) = email.split_once('@')?;
    let project = domain.strip_suffix(USER_MANAGED)?;
    match project.split_once('.') {
        Some((project, domain)) => Some(format!("{domain}:{project}")),
        None => Some(project.to_owned()),
    }
}

/// Whether a string is the email of a service account in a domain that exists: below `iam` for
/// user-managed accounts, and else one of Google's services.
pub(crate) fn is_email_in_known_domain(text: &str) -> bool {
    const SERVICES: [&str; 7] = [
        "appspot",
        "cloudbuild",
        "cloudservices",
        "developer",
        "partnercontent",
        "project",
        "system",
    ];
    let domain = text.split_once('@').map_or("", |(_, domain)| domain);
    let host = domain.strip_suffix(".gserviceaccount.com").unwrap_or_default();
    // A project has a number, but accounts are in the domain of its ID.
    let has_number =
        host.strip_suffix(".iam").is_some_and(|id| id.bytes().all(|b| b.is_ascii_digit()));
    ACCOUNT_EMAIL.matches(text) && !has_number && (host.contains('.') || SERVICES.contains(&host))
}

const USER_MANAGED: &str = ".iam.gserviceaccount.com";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_names_its_project() {
        for project_id in ["books", "example.com:books"] {
            let email = email("a", project_id);
            assert!(ACCOUNT_EMAIL.matches(&email), "{email}");
            assert_eq!(project(&email).as_deref(), Some(project_id));
        }
        assert_eq!(email("a", "example.com:books"), "a@books.example.com.iam.gserviceaccount.com");
        assert_eq!(project("1-compute@developer.gserviceaccount.com"), None);
    }

    #[test]
    fn emails_are_in_known_domains() {
        for good in [
            "a@p.iam.gserviceaccount.com",
            "a@p.example.com.iam.gserviceaccount.com",
            "a@p.eu0.iam.gserviceaccount.com",
            "1-compute@developer.gserviceaccount.com",
        ] {
            assert!(is_email_in_known_domain(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@p",
            "[a@p.iam.gserviceaccount.com]",
            "A@p.iam.gserviceaccount.com",
            "books@my-project.gserviceaccount.com",
            "books@iam.gserviceaccount.com",
            "books@123456789012.iam.gserviceaccount.com",
            "books@.iam.gserviceaccount.com",
        ] {
            assert!(!is_email_in_known_domain(bad), "{bad}");
        }
    }
}
