//! Finds resources claimed by more than one app: a Google Cloud service account, the identity of pods, a
//! file. One spec alone cannot show it.

use std::collections::HashMap;

use crate::diagnostics::levels::Policy;
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::model::identity::Identity;
use crate::spec::types::App;

/// A resource that only one app may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The code of the diagnostic if two apps have it.
    code: Code,
    /// Its name, as messages show it.
    resource: String,
    site: ClaimSite,
}

/// Where and how a spec claims a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ClaimSite {
    /// The key of the spec that names it: a pointer into the flat form.
    pointer: &'static str,
    /// Whether the spec allows other apps to have it too.
    is_allowed: bool,
}

impl Claim {
    /// What an app claims: the account that its script creates, and the identity of the pods of the
    /// `ServiceAccount` that it renders. With `create = false` an app claims nothing.
    pub fn from_app(app: &App, identity: &Identity) -> Vec<Self> {
        let mut claims = Vec::new();
        let mut claim = |code, resource, pointer| {
            let is_allowed = app.lint.allow.contains_key(&code);
            claims.push(Self { code, resource, site: ClaimSite { pointer, is_allowed } });
        };
        if let Some(account) = identity.account.as_ref().filter(|account| account.create) {
            let google = app.google_service_account.as_ref();
            let pointer = match google.map(|google| (&google.name, &google.email)) {
                Some((Some(_), _)) => "/googleServiceAccount/name",
                Some((_, Some(_))) => "/googleServiceAccount/email",
                _ => "/name",
            };
            claim(Code::SharedAccount, account.email.clone(), pointer);
        }
        if identity.renders_service_account {
            let is_named = app.service_account.name.is_some();
            let pointer = if is_named { "/serviceAccount/name" } else { "/name" };
            claim(Code::SharedIdentity, identity.pods.to_string(), pointer);
        }
        claims
    }
}

/// Two specs that claim one resource. Each has the number that it was added with.
#[derive(Debug)]
pub struct Conflict {
    /// The diagnostic, for the spec that came second. The place in the first spec is not yet among the
    /// related ones, because it is in another source.
    pub found: Diagnostic,
    /// The spec that came second.
    pub spec: usize,
    /// The spec that claimed the resource first, and where.
    pub first: (usize, Place),
}

/// All claims so far.
#[derive(Debug, Default)]
pub struct Claims {
    first: HashMap<(Code, String), (usize, ClaimSite)>,
}

impl Claims {
    /// Adds the claims of a spec. One spec may claim a resource twice, for two of its environments.
    pub fn add(&mut self, spec: usize, claims: Vec<Claim>, policy: &Policy) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        for Claim { code, resource, site } in claims {
            let (first, theirs) =
                *self.first.entry((code, resource.clone())).or_insert((spec, site));
            if first == spec || site.is_allowed || theirs.is_allowed {
                continue;
            }
            let mut found = vec![diagnostic(code, &resource, site.pointer)];
            policy.judge(&mut found);
            let first = (first, Place::value(theirs.pointer));
            conflicts.extend(found.pop().map(|found| Conflict { found, spec, first }));
        }
        conflicts
    }
}

/// Reports two specs that render one file, at the name of the second app.
pub fn same_file(path: &str) -> Diagnostic {
    diagnostic(Code::SharedOutput, path, NAME)
}

/// The pointer of the name of an app.
pub const NAME: &str = "/name";

fn diagnostic(code: Code, resource: &str, pointer: &str) -> Diagnostic {
    let resource = quoted(resource);
    let (message, help) = match code {
        Code::SharedAccount => (
            format!("two apps create the service account {resource}"),
            "give each an account of its own; to share one, let only one of them create it: `googleServiceAccount.create = false` in the others",
        ),
        Code::SharedIdentity => (
            format!("two apps are one identity, {resource}"),
            "give each a ServiceAccount of its own; to share one, let only one of them render it: `serviceAccount.create = false` in the others",
        ),
        _ => (
            format!("two specs render {resource}"),
            "give the apps different names; or tell them apart by `{dir}`, `{name}` or `{env}` in the path",
        ),
    };
    Diagnostic::new(code, Place::value(pointer), message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::rules;

    fn claims(text: &str) -> Vec<Claim> {
        let app = App::from_value(serde_json::from_str(text).unwrap()).unwrap();
        let app = rules::check(app).0.unwrap();
        Claim::from_app(&app, &Identity::from_app(&app))
    }

    fn spec(more: &str) -> String {
        format!(
            r#"{{"name": "books", "project": "my-project", "cluster": {{"name": "c", "region": "r"}}, "container": {{"image": "i"}}{more}}}"#
        )
    }

    #[test]
    fn the_second_spec_is_reported() {
        let mut all = Claims::default();
        let account = spec(r#", "googleServiceAccount": {}"#);
        let mut add = |number, text: &str| {
            let conflicts = all.add(number, claims(text), &Policy::default());
            let short = |conflict: Conflict| (conflict.found.code, conflict.spec, conflict.first.0);
            conflicts.into_iter().map(short).collect::<Vec<_>>()
        };
        assert_eq!(add(0, &account), []);
        // Another environment of the same spec.
        assert_eq!(add(0, &account), []);
        assert_eq!(add(1, &account), [(Code::SharedAccount, 1, 0), (Code::SharedIdentity, 1, 0)]);
        assert_eq!(add(2, &spec("")), [(Code::SharedIdentity, 2, 0)]);
        assert_eq!(add(3, &spec(r#", "namespace": "shop""#)), []);
        // An app may share what another one renders, or allow the conflict.
        assert_eq!(add(4, &spec(r#", "serviceAccount": {"create": false}"#)), []);
        let allowed = spec(r#", "lint": {"allow": {"shared-identity": "one for both"}}"#);
        assert_eq!(add(5, &allowed), []);
    }
}
