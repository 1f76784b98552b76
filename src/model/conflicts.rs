//! Finds resources claimed by more than one app: a Google Cloud service account, the identity of pods, a
//! file. One spec alone cannot show it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::diagnostics::levels::Levels;
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
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

crate::diagnostics::declare_code! {
    SHARED_ACCOUNT: Warning = "shared-account",
    what: "Two apps in one run create the same Google Cloud service account.",
    why: "What is granted to one, the other has too; and `gcloud.sh destroy` of one deletes the account of both.",
    example: "# books/app.toml\nname = \"books\"\n[googleServiceAccount]\nname = \"shop-sa\"\n\n# films/app.toml\nname = \"films\"\n[googleServiceAccount]\nname = \"shop-sa\"",
    instead: "# books/app.toml\nname = \"books\"\n[googleServiceAccount]\nname = \"shop-sa\"\n\n# films/app.toml\nname = \"films\"\n[googleServiceAccount]\nname = \"shop-sa\"\ncreate = false",
    source: "",
}

crate::diagnostics::declare_code! {
    SHARED_IDENTITY: Warning = "shared-identity",
    what: "Two apps in one run render the same Kubernetes ServiceAccount of the same workload identity pool: namespace and name are equal. All clusters of a project share one pool.",
    why: "To IAM the pods of both are the same: what is granted to one, the other has. In one cluster each apply also overwrites the ServiceAccount of the other.",
    example: "# books/app.toml\nname = \"books\"\n[serviceAccount]\nname = \"shop\"\n\n# films/app.toml\nname = \"films\"\n[serviceAccount]\nname = \"shop\"",
    instead: "# books/app.toml\nname = \"books\"\n[serviceAccount]\nname = \"shop\"\n\n# films/app.toml\nname = \"films\"\n[serviceAccount]\nname = \"shop\"\ncreate = false",
    source: "Google Cloud, About Workload Identity Federation for GKE, identity sameness: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
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
            claim(Code::SHARED_ACCOUNT, account.email.clone(), pointer);
        }
        if identity.renders_service_account {
            let is_named = app.service_account.name.is_some();
            let pointer = if is_named { "/serviceAccount/name" } else { "/name" };
            claim(Code::SHARED_IDENTITY, identity.pods.to_string(), pointer);
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
    pub first: (usize, Location),
}

/// All claims so far.
#[derive(Debug, Default)]
pub struct Claims {
    first: HashMap<(Code, String), (usize, ClaimSite), foldhash::fast::RandomState>,
}

impl Claims {
    /// Adds the claims of a spec. One spec may claim a resource twice, for two of its environments.
    pub fn add(&mut self, spec: usize, claims: Vec<Claim>, levels: &Levels) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        for Claim { code, resource, site } in claims {
            let known = match self.first.entry((code, resource)) {
                Entry::Occupied(known) => known,
                Entry::Vacant(unknown) => {
                    unknown.insert((spec, site));
                    continue;
                }
            };
            let (first, theirs) = *known.get();
            if first == spec || site.is_allowed || theirs.is_allowed {
                continue;
            }
            let mut found = vec![diagnostic(code, &known.key().1, site.pointer)];
            levels.apply_levels(&mut found);
            let first = (first, Location::value(theirs.pointer));
            conflicts.extend(found.pop().map(|found| Conflict { found, spec, first }));
        }
        conflicts
    }
}

crate::diagnostics::declare_code! {
    SHARED_OUTPUT: Error = "shared-output",
    what: "Two specs in one run, or two environments of one spec, render the same file.",
    why: "The file would contain whichever spec is written last; the other app would be lost.",
    example: "# a/app.toml\nname = \"books\"\n\n# b/app.toml\nname = \"books\"",
    instead: "# a/app.toml\nname = \"books\"\n\n# b/app.toml\nname = \"films\"",
    source: "",
}

/// Reports two specs that render one file, at the name of the second app.
pub fn same_file(path: &str) -> Diagnostic {
    diagnostic(Code::SHARED_OUTPUT, path, NAME)
}

/// Reports two environments of one spec that render the same files.
pub fn same_directory(directory: &str, location: Location, first: Location) -> Diagnostic {
    let message = format!("two environments are rendered to {}", quoted(directory));
    Diagnostic::new(Code::SHARED_OUTPUT, location, message)
        .help("distinguish them by `{env}` in the path")
        .related(first, "the other one")
}

/// The pointer of the name of an app.
pub const NAME: &str = "/name";

fn diagnostic(code: Code, resource: &str, pointer: &str) -> Diagnostic {
    let resource = quoted(resource);
    let (message, help) = match code {
        Code::SHARED_ACCOUNT => (
            format!("two apps create the service account {resource}"),
            "give each its own account; to share one, let only one of them create it: `googleServiceAccount.create = false` in the others",
        ),
        Code::SHARED_IDENTITY => (
            format!("two apps have the same identity, {resource}"),
            "give each its own ServiceAccount; to share one, let only one of them render it: `serviceAccount.create = false` in the others",
        ),
        _ => (
            format!("two specs render {resource}"),
            "give the apps different names; or distinguish them by `{dir}`, `{name}` or `{env}` in the path",
        ),
    };
    Diagnostic::new(code, Location::value(pointer), message).help(help)
}
