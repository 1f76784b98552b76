//! What apps have in common that only one of them may have: a Google Cloud service account, the
//! identity of their pods, a file. One spec alone cannot show it.

use std::collections::HashMap;

use crate::diagnostics::levels::Policy;
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::model::identity::Identity;
use crate::spec::types::App;

/// What an app lays claim to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The code of what is wrong when two apps have it.
    code: Code,
    /// What is claimed, as people read it.
    what: String,
    by: Claimed,
}

/// How an app lays claim to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claimed {
    /// The node of the spec that says so: a pointer into the flat form.
    pointer: &'static str,
    /// Whether the spec allows that others have it too.
    allowed: bool,
}

impl Claim {
    /// What an app lays claim to by what it makes: the account that its script creates, and the
    /// identity of the pods by the `ServiceAccount` that it renders. Who says `create = false` uses what
    /// another one has made.
    pub fn of(app: &App, identity: &Identity) -> Vec<Self> {
        let mut claims = Vec::new();
        let mut claim = |code, what, pointer| {
            let allowed = app.lint.allow.contains_key(&code);
            claims.push(Self { code, what, by: Claimed { pointer, allowed } });
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
            let Identity { workload_pool: pool, namespace, service_account: name, .. } = identity;
            let named = app.service_account.name.is_some();
            let pointer = if named { "/serviceAccount/name" } else { "/name" };
            claim(Code::SharedIdentity, format!("{pool}[{namespace}/{name}]"), pointer);
        }
        claims
    }
}

/// Two specs that claim the same. Each has the number that it was added with.
#[derive(Debug)]
pub struct Clash {
    /// What is wrong, told of the spec that claims it too. The place of the first is not yet among the
    /// related ones, since it is in another text.
    pub found: Diagnostic,
    /// The spec of the finding.
    pub spec: usize,
    /// The spec that claimed it first, and where.
    pub first: (usize, Place),
}

/// All that was claimed so far.
#[derive(Debug, Default)]
pub struct Claims {
    taken: HashMap<(Code, String), (usize, Claimed)>,
}

impl Claims {
    /// Adds what a spec claims. One spec may claim the same twice, for two of its environments.
    pub fn add(&mut self, spec: usize, claims: Vec<Claim>, policy: &Policy) -> Vec<Clash> {
        let mut clashes = Vec::new();
        for Claim { code, what, by } in claims {
            let (first, theirs) = *self.taken.entry((code, what.clone())).or_insert((spec, by));
            if first == spec || by.allowed || theirs.allowed {
                continue;
            }
            let mut found = vec![told(code, &what, by.pointer)];
            policy.judge(&mut found);
            let first = (first, Place::value(theirs.pointer));
            clashes.extend(found.pop().map(|found| Clash { found, spec, first }));
        }
        clashes
    }
}

/// What is wrong with two specs that render one file: told of the second, at the name of the app.
pub fn same_file(path: &str) -> Diagnostic {
    told(Code::SharedOutput, path, NAME)
}

/// Where an app has its name.
pub const NAME: &str = "/name";

fn told(code: Code, what: &str, pointer: &str) -> Diagnostic {
    let what = quoted(what);
    let (message, help) = match code {
        Code::SharedAccount => (
            format!("two apps create the service account {what}"),
            "give each an account of its own; to share one, let only one of them create it: `googleServiceAccount.create = false` in the others",
        ),
        Code::SharedIdentity => (
            format!("two apps are one identity, {what}"),
            "give each a ServiceAccount of its own; to share one, let only one of them render it: `serviceAccount.create = false` in the others",
        ),
        _ => (
            format!("two specs render {what}"),
            "give the apps different names; or tell them apart by `{dir}`, `{name}` or `{env}` in the path",
        ),
    };
    Diagnostic::new(code, Place::value(pointer), message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(text: &str) -> Vec<Claim> {
        let app = App::from_value(serde_json::from_str(text).unwrap()).unwrap();
        Claim::of(&app, &Identity::of(&app))
    }

    fn spec(more: &str) -> String {
        format!(
            r#"{{"name": "books", "project": "my-project", "cluster": {{"name": "c", "region": "r"}}, "container": {{"image": "i"}}{more}}}"#
        )
    }

    #[test]
    fn what_two_specs_make_is_told_of_the_second() {
        let mut all = Claims::default();
        let account = spec(r#", "googleServiceAccount": {}"#);
        let mut add = |number, text: &str| {
            let clashes = all.add(number, claims(text), &Policy::default());
            let told = |clash: Clash| (clash.found.code, clash.spec, clash.first.0);
            clashes.into_iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(add(0, &account), []);
        // Another environment of the same spec.
        assert_eq!(add(0, &account), []);
        assert_eq!(add(1, &account), [(Code::SharedAccount, 1, 0), (Code::SharedIdentity, 1, 0)]);
        assert_eq!(add(2, &spec("")), [(Code::SharedIdentity, 2, 0)]);
        assert_eq!(add(3, &spec(r#", "namespace": "shop""#)), []);
        // Who uses what another has made says so, or allows it.
        assert_eq!(add(4, &spec(r#", "serviceAccount": {"create": false}"#)), []);
        let allowed = spec(r#", "lint": {"allow": {"shared-identity": "one for both"}}"#);
        assert_eq!(add(5, &allowed), []);
    }
}
