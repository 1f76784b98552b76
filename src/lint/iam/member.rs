//! Members of bindings, as far as they are known.

/// What stands for a part of a text that is known only when a script runs.
pub(in crate::lint) const UNKNOWN: char = '\0';

/// [`UNKNOWN`] as a text: all of it is.
pub(in crate::lint) const ANYTHING: &str = "\0";

/// Which pods a member names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lint) enum Named {
    /// Those of one `ServiceAccount`.
    Account { namespace: String, account: String },
    /// All of a namespace.
    Namespace(String),
    /// Perhaps any.
    Any,
    /// None.
    Nobody,
}

impl Named {
    /// Sources: GKE, "Authenticate to Google Cloud APIs from GKE workloads"; "About Workload Identity
    /// Federation for GKE", principal identifiers.
    pub(super) fn by(member: &str) -> Self {
        if let Some(rest) = member.strip_prefix("principal://") {
            return match rest
                .split_once("/subject/ns/")
                .and_then(|(_, rest)| rest.split_once("/sa/"))
            {
                Some((namespace, account)) => Self::account(namespace, account),
                // The ID of an account, which no manifest has.
                None => Self::any_if(is_pool(rest)),
            };
        }
        if let Some(rest) = member.strip_prefix("principalSet://") {
            return match rest.split_once("/namespace/") {
                Some((_, namespace)) => Self::Namespace(name(namespace)),
                None => Self::any_if(is_pool(rest)),
            };
        }
        let prefix = "serviceAccount:";
        let rest = member.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix));
        if rest.is_some()
            && let Some((pool, inner)) = member[prefix.len()..].split_once('[')
            && is_pool(pool)
            && let Some(inner) = inner.strip_suffix(']')
        {
            let (namespace, account) = inner.split_once('/').unwrap_or((ANYTHING, ANYTHING));
            return Self::account(namespace, account);
        }
        let is_somebody = member.ends_with(".gserviceaccount.com")
            || ["user:", "group:", "domain:", "deleted:"].iter().any(|of| member.starts_with(of));
        Self::any_if(!is_known(member) && !is_somebody)
    }

    fn account(namespace: &str, account: &str) -> Self {
        Self::Account { namespace: name(namespace), account: name(account) }
    }

    fn any_if(is_so: bool) -> Self {
        if is_so { Self::Any } else { Self::Nobody }
    }

    /// Whether it may name the pods of this account.
    pub(super) fn may_be(&self, of: Option<&str>, name: &str) -> bool {
        let is_there = |namespace: &str| of.is_none_or(|of| could_be(namespace, of));
        match self {
            Self::Account { namespace, account } => is_there(namespace) && could_be(account, name),
            Self::Namespace(namespace) => is_there(namespace),
            Self::Any => true,
            Self::Nobody => false,
        }
    }

    /// Namespace and account, where both are known.
    pub(in crate::lint) fn subject(&self) -> Option<(&str, &str)> {
        match self {
            Self::Account { namespace, account } if is_known(namespace) && is_known(account) => {
                Some((namespace, account))
            }
            _ => None,
        }
    }
}

fn is_pool(text: &str) -> bool {
    !is_known(text) || text.contains(".svc.id.goog")
}

/// A name of Kubernetes; a placeholder (`NAMESPACE`, `{}`) is not known.
fn name(text: &str) -> String {
    let is_name =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ['-', '.', UNKNOWN].contains(&c);
    let is_one = !text.is_empty() && text.chars().all(is_name);
    if is_one { text } else { ANYTHING }.to_owned()
}

/// The e-mail of an account, however it is named; a placeholder is not known.
pub(super) fn email(text: &str) -> String {
    let text = text.rsplit_once("serviceAccounts/").map_or(text, |(_, email)| email);
    let is_part = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || ['-', '.', '@', UNKNOWN].contains(&c)
    };
    let is_one = text.contains('@') && text.chars().all(is_part);
    if is_one { text } else { ANYTHING }.to_owned()
}

pub(in crate::lint) fn is_known(text: &str) -> bool {
    !text.contains(UNKNOWN)
}

/// Whether a text with unknown parts could be this one.
pub(in crate::lint) fn could_be(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split(UNKNOWN);
    let first = pieces.next().unwrap_or_default();
    let Some(last) = pieces.next_back() else { return pattern == text };
    let between = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
    let Some(mut rest) = between else { return false };
    pieces.all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_pods() {
        let subject = |member: &str| {
            let named = Named::by(member);
            named.subject().map(|(namespace, account)| format!("{namespace}/{account}"))
        };
        let of = |member: &str| subject(member).unwrap();
        assert_eq!(of("serviceAccount:p.svc.id.goog[n/a]"), "n/a");
        assert_eq!(of("serviceaccount:p.eu0.svc.id.goog[n/a]"), "n/a");
        assert_eq!(of("serviceAccount:\0.svc.id.goog[n/a]"), "n/a");
        let pool =
            "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog";
        assert_eq!(of(&format!("principal://{pool}/subject/ns/n/sa/a.b")), "n/a.b");
        for other in [
            "user:a@b.c",
            "serviceAccount:a@p.iam.gserviceaccount.com",
            "serviceAccount:p.svc.id.goog[\0/a]",
            "serviceAccount:p.svc.id.goog[NAMESPACE/a]",
        ] {
            assert_eq!(subject(other), None, "{other}");
        }
        let namespace = Named::by(&format!("principalSet://{pool}/namespace/n"));
        assert!(namespace.may_be(Some("n"), "a") && !namespace.may_be(Some("m"), "a"));
        assert!(Named::by(&format!("principalSet://{pool}/*")).may_be(Some("n"), "a"));
        assert!(Named::by("serviceAccount:p.svc.id.goog[\0/a]").may_be(Some("n"), "a"));
        assert!(!Named::by("serviceAccount:p.svc.id.goog[\0/a]").may_be(Some("n"), "b"));
        assert!(Named::by("\0").may_be(None, "b"));
        assert_eq!(Named::by("serviceAccount:\0@p.iam.gserviceaccount.com"), Named::Nobody);
    }

    #[test]
    fn what_is_unknown_may_be_anything() {
        assert!(could_be("a", "a") && !could_be("a", "b"));
        assert!(could_be("\0", "a") && could_be("a\0", "a") && could_be("a\0c\0e", "abcde"));
        assert!(!could_be("a\0a", "a") && !could_be("a\0x\0e", "abcde"));
        assert_eq!(
            email("projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"),
            "a@p.iam.gserviceaccount.com"
        );
        assert_eq!(email("GSA@PROJECT.iam.gserviceaccount.com"), ANYTHING);
    }
}
