//! Members of bindings.

use super::partial::Partial;
use crate::google::members::malformation;

/// The pods that a member names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PodSubject {
    /// Those of one ServiceAccount.
    ServiceAccount { namespace: Partial, name: Partial },
    /// All of a namespace.
    Namespace(Partial),
    /// Possibly any.
    Any,
    /// None: it is another member.
    None,
}

impl PodSubject {
    /// Sources: GKE, "Authenticate to Google Cloud APIs from GKE workloads"; "About Workload Identity
    /// Federation for GKE", principal identifiers.
    pub(crate) fn from_member(member: &Partial) -> Self {
        const PREFIX: &str = "serviceAccount:";
        let text = member.as_str();
        if member.is_known() && malformation(text).is_some() {
            return Self::None;
        }
        if let Some(rest) = text.strip_prefix("principal://") {
            let subject = rest.split_once("/subject/ns/");
            return match subject.and_then(|(_, subject)| subject.split_once("/sa/")) {
                Some((namespace, name)) => Self::service_account(namespace, name),
                // The UID of a ServiceAccount, which no manifest has.
                None => Self::any_if(is_pool(rest)),
            };
        }
        if let Some(rest) = text.strip_prefix("principalSet://") {
            return match rest.split_once("/namespace/") {
                Some((_, namespace)) => Self::Namespace(object_name(namespace)),
                None => Self::any_if(is_pool(rest)),
            };
        }
        let prefix = text.get(..PREFIX.len());
        if prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
            && let Some((pool, subject)) = text[PREFIX.len()..].split_once('[')
            && is_pool(pool)
            && let Some(subject) = subject.strip_suffix(']')
        {
            return match subject.split_once('/') {
                Some((namespace, name)) => Self::service_account(namespace, name),
                None => Self::service_account("", ""),
            };
        }
        let is_other = text.ends_with(".gserviceaccount.com")
            || ["user:", "group:", "domain:", "deleted:"].iter().any(|kind| text.starts_with(kind));
        Self::any_if(!member.is_known() && !is_other)
    }

    fn service_account(namespace: &str, name: &str) -> Self {
        Self::ServiceAccount { namespace: object_name(namespace), name: object_name(name) }
    }

    fn any_if(is_any: bool) -> Self {
        if is_any { Self::Any } else { Self::None }
    }

    /// Whether it can name the pods of this ServiceAccount; without a namespace, of any.
    pub(crate) fn can_be(&self, in_namespace: Option<&str>, account: &str) -> bool {
        let is_in =
            |namespace: &Partial| in_namespace.is_none_or(|expected| namespace.can_be(expected));
        match self {
            Self::ServiceAccount { namespace, name } => is_in(namespace) && name.can_be(account),
            Self::Namespace(namespace) => is_in(namespace),
            Self::Any => true,
            Self::None => false,
        }
    }

    /// Namespace and name of the ServiceAccount, if both are known.
    pub(crate) fn known_account(&self) -> Option<(&str, &str)> {
        match self {
            Self::ServiceAccount { namespace, name } => {
                Some((namespace.as_known()?, name.as_known()?))
            }
            _ => None,
        }
    }
}

/// Whether the start of a member can be a workload identity pool of GKE.
fn is_pool(text: &str) -> bool {
    !Partial::known(text).is_known() || text.contains(".svc.id.goog")
}

/// The name of a Kubernetes object.
fn object_name(text: &str) -> Partial {
    Partial::of_characters(text, |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c)
    })
}

/// The email of a service account, by itself or at the end of a resource name.
pub(crate) fn email(text: &str) -> Partial {
    let text = text.rsplit_once("serviceAccounts/").map_or(text, |(_, email)| email);
    if !text.contains('@') {
        return Partial::unknown();
    }
    Partial::of_characters(text, |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || "-.@".contains(c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(member: &str) -> PodSubject {
        PodSubject::from_member(&Partial::known(member))
    }

    #[test]
    fn members_name_pods() {
        let known = |member: &str| {
            subject(member).known_account().map(|(namespace, name)| format!("{namespace}/{name}"))
        };
        let pool =
            "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog";
        for (member, expected) in [
            ("serviceAccount:p.svc.id.goog[n/a]", "n/a"),
            ("serviceaccount:p.eu0.svc.id.goog[n/a]", "n/a"),
            ("serviceAccount:\0.svc.id.goog[n/a]", "n/a"),
            (&format!("principal://{pool}/subject/ns/n/sa/a.b"), "n/a.b"),
        ] {
            assert_eq!(known(member).as_deref(), Some(expected), "{member}");
        }
        for other in [
            "user:a@b.c",
            "serviceAccount:a@p.iam.gserviceaccount.com",
            "serviceAccount:p.svc.id.goog[\0/a]",
            "serviceAccount:p.svc.id.goog[NAMESPACE/a]",
        ] {
            assert_eq!(known(other), None, "{other}");
        }
        let namespace = subject(&format!("principalSet://{pool}/namespace/n"));
        assert!(namespace.can_be(Some("n"), "a") && !namespace.can_be(Some("m"), "a"));
        assert!(subject(&format!("principalSet://{pool}/*")).can_be(Some("n"), "a"));
        assert!(subject("serviceAccount:p.svc.id.goog[\0/a]").can_be(Some("n"), "a"));
        assert!(!subject("serviceAccount:p.svc.id.goog[\0/a]").can_be(Some("n"), "b"));
        assert!(subject("\0").can_be(None, "b"));
        assert_eq!(subject("serviceAccount:\0@p.iam.gserviceaccount.com"), PodSubject::None);
    }

    #[test]
    fn emails_stand_alone_or_in_resource_names() {
        assert_eq!(
            email("projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"),
            Partial::known("a@p.iam.gserviceaccount.com")
        );
        assert_eq!(email("GSA@PROJECT.iam.gserviceaccount.com"), Partial::unknown());
    }
}
