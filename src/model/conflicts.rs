//! Finds resources claimed by more than one app: a Google Cloud service account, the identity of pods, a
//! file. One spec alone cannot show it.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, Hash};

use indexmap::IndexMap;

use crate::diagnostics::levels::Levels;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, quoted, shortened};
use crate::model::identity::Identity;
use crate::model::previous::bindings_not_in;
use crate::model::selectors::{PodLabels, Selectors, scope};
use crate::spec::checked::CheckedApp;
use crate::spec::types::{App, CloudFormat};

/// A resource that only one app may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The code of the diagnostic if two apps have it.
    code: Code,
    /// The hash of what identifies it.
    key: u64,
    /// Its name, as messages show it.
    resource: String,
    /// The pods of the app, if the claim is that nobody else selects them.
    pods: Option<PodLabels>,
    site: ClaimSite,
}

/// Where a spec claims a resource: a pointer into its flat form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pointer {
    /// A key.
    Key(&'static str),
    /// A role of a grant, by their indexes.
    Role { grant: usize, role: usize },
}

impl Pointer {
    fn location(self) -> Location {
        match self {
            Self::Key(key) => Location::value(key),
            Self::Role { grant, role } => Location::value(format!("/grants/{grant}/roles/{role}")),
        }
    }
}

/// Where and how a spec claims a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ClaimSite {
    /// The environment in which it does.
    environment: Option<Box<str>>,
    pointer: Pointer,
    /// Whether the spec allows other apps to have it too.
    is_allowed: bool,
}

crate::diagnostics::declare_code! {
    SHARED_ACCOUNT: Warning = "shared-account",
    what: "Two apps in one run create the same Google Cloud service account.",
    why: "What is granted to one, the other has too; and undoing one, with `gcloud.sh destroy` or `terraform destroy`, deletes the account of both.",
    example: "# books/app.toml\nname = \"books\"\n[googleServiceAccount]\nname = \"shop-sa\"\n\n# films/app.toml\nname = \"films\"\n[googleServiceAccount]\nname = \"shop-sa\"",
    instead: "# books/app.toml\nname = \"books\"\n[googleServiceAccount]\nname = \"shop-sa\"\n\n# films/app.toml\nname = \"films\"\n[googleServiceAccount]\nname = \"shop-sa\"\ncreate = false",
}

crate::diagnostics::declare_code! {
    SHARED_IDENTITY: Warning = "shared-identity",
    what: "Two apps in one run, or two environments of one spec with different grants, have the same Kubernetes ServiceAccount of the same workload identity pool: namespace and name are equal. All clusters of a project share one pool.",
    why: "To IAM the pods of both are the same: what is granted to one, the other has, and what is revoked from one, the other loses. In one cluster each apply also overwrites the ServiceAccount of the other.",
    example: "# books/app.toml\nname = \"books\"\n[serviceAccount]\nname = \"shop\"\n\n# films/app.toml\nname = \"films\"\n[serviceAccount]\nname = \"shop\"",
    instead: "# books/app.toml\nname = \"books\"\n[serviceAccount]\nname = \"shop\"\n\n# films/app.toml\nname = \"films\"\n[serviceAccount]\nname = \"shop\"\ncreate = false",
    source: "Google Cloud, About Workload Identity Federation for GKE, identity sameness: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
}

crate::diagnostics::declare_code! {
    SHARED_GRANT: Warning = "shared-grant",
    what: "Two apps in one run share an account or a ServiceAccount, and grant it the same role on the same resource.",
    why: "IAM has one binding, and each app owns it. When one app no longer has the grant or is undone, with `prune`, `destroy` or `terraform apply`, the other loses the role until its next apply.",
    example: "# books/app.toml\nname = \"books\"\ngoogleServiceAccount = { name = \"shop-sa\" }\n[[grants]]\nbucket = \"shop-data\"\nroles = [\"roles/storage.objectViewer\"]\n\n# films/app.toml\nname = \"films\"\ngoogleServiceAccount = { name = \"shop-sa\", create = false }\n[[grants]]\nbucket = \"shop-data\"\nroles = [\"roles/storage.objectViewer\"]",
    instead: "# books/app.toml\nname = \"books\"\ngoogleServiceAccount = { name = \"shop-sa\" }\n[[grants]]\nbucket = \"shop-data\"\nroles = [\"roles/storage.objectViewer\"]\n\n# films/app.toml\nname = \"films\"\ngoogleServiceAccount = { name = \"shop-sa\", create = false }",
}

impl Claim {
    /// What an app claims: the account that its script creates, the identity of the pods of the
    /// `ServiceAccount` that it renders, its Namespace, its pods, and its grants. With `create = false` an app claims
    /// neither account nor identity.
    pub fn from_app(app: &CheckedApp, environment: Option<&str>, identity: &Identity) -> Vec<Self> {
        let claim = |code, resource: String, pointer| {
            let is_allowed = app.lint.allow.contains_key(&code);
            let site = ClaimSite { environment: environment.map(Box::from), pointer, is_allowed };
            Self { code, key: hash(&resource), resource, pods: None, site }
        };
        let mut claims = Vec::new();
        if let Some(account) = identity.account.as_ref().filter(|account| account.create) {
            let google = app.google_service_account.as_ref();
            let pointer = match google.map(|google| (&google.name, &google.email)) {
                Some((Some(_), _)) => "/googleServiceAccount/name",
                Some((_, Some(_))) => "/googleServiceAccount/email",
                _ => "/name",
            };
            let email = account.email.clone();
            claims.push(claim(Code::SHARED_ACCOUNT, email, Pointer::Key(pointer)));
        }
        if identity.renders_service_account {
            let is_named = app.service_account.name.is_some();
            let pointer = Pointer::Key(if is_named { "/serviceAccount/name" } else { "/name" });
            claims.push(claim(Code::SHARED_IDENTITY, identity.pods.to_string(), pointer));
        }
        if app.create_namespace {
            let pointer = Pointer::Key("/createNamespace");
            claims.push(claim(Code::SHARED_NAMESPACE, scope(app, identity), pointer));
        }
        if let Some(pods) = PodLabels::from_app(app, identity) {
            let pointer = Pointer::Key(if pods.has_selector { "/selector" } else { "/name" });
            let namespace = identity.pods.namespace.clone();
            let own = claim(Code::SHARED_SELECTOR, namespace, pointer);
            claims.push(Self { pods: Some(pods), ..own });
        }
        if app.cloud.format != CloudFormat::None {
            let email = identity.account.as_ref().map(|account| &*account.email);
            let member = email.ok_or(&identity.pods);
            for (grant, (it, resource)) in app.resolved_grants().enumerate() {
                let condition = it.condition.as_ref().map(|it| (&*it.title, &*it.expression));
                for (role, name) in it.roles.iter().enumerate() {
                    let pointer = Pointer::Role { grant, role };
                    let key = hash(&(&**name, resource.unique_name(), member, condition));
                    let own = claim(Code::SHARED_GRANT, name.to_string(), pointer);
                    claims.push(Self { key, ..own });
                }
            }
        }
        claims
    }
}

/// Two of a million values have the same hash once in 30 million runs.
fn hash(value: &impl Hash) -> u64 {
    foldhash::quality::FixedState::default().hash_one(value)
}

/// Two specs that claim one resource. Each has the number that it was added with.
#[derive(Debug)]
pub struct Conflict {
    /// The diagnostic, for the spec that came second. The place in the first spec is not yet among the
    /// related ones, because it is in another source.
    pub found: Diagnostic,
    /// The spec that came second.
    pub spec: usize,
    /// The environment in which it claims the resource.
    pub environment: Option<Box<str>>,
    /// The spec that claimed the resource first, in which environment, and where.
    pub first: (usize, Option<Box<str>>, Location),
}

impl Conflict {
    /// The diagnostic with both places, and the source of the second. `origin` finds where a spec, in an
    /// environment, has a value: its source, and the place there or in another one.
    pub fn locate(
        self,
        origin: impl Fn(usize, Option<&str>, Location) -> (Source, Location),
    ) -> (Source, Diagnostic) {
        let (first, environment, place) = self.first;
        let (_, place) = origin(first, environment.as_deref(), place);
        let mut found = self.found.related(place, "the other one");
        let (source, place) = origin(self.spec, self.environment.as_deref(), found.place);
        found.place = place;
        found.place.source.take_if(|own| *own == source);
        (source, found)
    }
}

/// All claims so far.
#[derive(Debug, Default)]
pub struct Claims {
    /// By the hash of code and key. It is dense, since a run may have many thousands of claims.
    first: IndexMap<u64, (usize, ClaimSite), foldhash::fast::RandomState>,
    selectors: Selectors<(usize, ClaimSite)>,
}

impl Claims {
    /// Adds the claims of a spec. One spec may claim a resource several times, in its environments.
    pub fn add(&mut self, spec: usize, claims: Vec<Claim>, levels: &Levels) -> Vec<Conflict> {
        let (mut conflicts, mut reported) = (Vec::new(), HashSet::new());
        for Claim { code, key, resource, pods, site } in claims {
            let is_shared = |(first, theirs): &(usize, ClaimSite)| {
                *first != spec && !site.is_allowed && !theirs.is_allowed
            };
            let own = (spec, site.clone());
            let first = if let Some(pods) = pods {
                self.selectors.add(own, pods, is_shared)
            } else {
                let first = self.first.entry(hash(&(code, key))).or_insert(own);
                Some(&*first).filter(|one| is_shared(one))
            };
            let Some((first, theirs)) = first else { continue };
            // Apps with one account or identity have more in common than a grant.
            let is_known = code == Code::SHARED_GRANT
                && conflicts.iter().any(|one: &Conflict| one.found.code != Code::SHARED_GRANT);
            if is_known || !reported.insert((code, key)) {
                continue;
            }
            let mut found = vec![diagnostic(code, &resource, site.pointer.location())];
            levels.apply_levels(&mut found);
            let first = (*first, theirs.environment.clone(), theirs.pointer.location());
            let environment = site.environment;
            conflicts.extend(found.pop().map(|found| Conflict { found, spec, environment, first }));
        }
        conflicts
    }
}

crate::diagnostics::declare_code! {
    SHARED_NAMESPACE: Warning = "shared-namespace",
    what: "Two apps in one run render the same Namespace of one cluster.",
    why: "Each apply overwrites the labels and annotations of the other, deleting the manifests of one app deletes the namespace of both, and Kustomize and Argo CD accept an object only once.",
    example: "# books/app.toml\nname = \"books\"\nnamespace = \"shop\"\ncreateNamespace = true\n\n# films/app.toml\nname = \"films\"\nnamespace = \"shop\"\ncreateNamespace = true",
    instead: "# books/app.toml\nname = \"books\"\nnamespace = \"shop\"\ncreateNamespace = true\n\n# films/app.toml\nname = \"films\"\nnamespace = \"shop\"",
    source: "Kubernetes, Namespaces: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
}

crate::diagnostics::declare_code! {
    SHARED_SELECTOR: Warning = "shared-selector",
    what: "Two apps in one run, in one namespace of a cluster, and the selector of one matches the pods of the other.",
    why: "Controllers with overlapping selectors fight over each other's pods, and Services and NetworkPolicies for one reach the other.",
    example: "# books/app.toml\nname = \"books\"\n[selector]\napp = \"shop\"\n\n# films/app.toml\nname = \"films\"\n[pod.labels]\napp = \"shop\"",
    instead: "# books/app.toml\nname = \"books\"\n[selector]\napp = \"shop\"\nrole = \"books\"\n\n# films/app.toml\nname = \"films\"\n[pod.labels]\napp = \"shop\"",
    source: "Kubernetes, Deployments, Selector: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
}

crate::diagnostics::declare_code! {
    SHARED_OUTPUT: Error = "shared-output",
    what: "Two specs in one run, or two environments of one spec, render the same file.",
    why: "The file would contain whichever spec is written last; the other app would be lost.",
    example: "# a/app.toml\nname = \"books\"\n\n# b/app.toml\nname = \"books\"",
    instead: "# a/app.toml\nname = \"books\"\n\n# b/app.toml\nname = \"films\"",
}

/// Reports two specs that render one file, at the name of the second app.
pub fn same_file(path: &str) -> Diagnostic {
    diagnostic(Code::SHARED_OUTPUT, path, Location::value(NAME))
}

/// Reports two environments of one spec that render the same files.
pub fn same_directory(directory: &str, location: Location, first: Location) -> Diagnostic {
    let message = format!("two environments are rendered to {}", quoted(directory));
    Diagnostic::new(Code::SHARED_OUTPUT, location, message)
        .help("distinguish them by `{env}` in the path")
        .related(first, "the other one")
}

/// The identity of an app in an environment.
#[derive(Debug)]
pub struct EnvironmentIdentity {
    environment: String,
    identity: Identity,
    /// Whether the spec allows other environments to have it too.
    is_allowed: bool,
}

impl EnvironmentIdentity {
    /// The identity of an app in an environment.
    pub fn new(environment: &str, app: &App, identity: Identity) -> Self {
        let is_allowed = app.lint.allow.contains_key(&Code::SHARED_IDENTITY);
        Self { environment: environment.to_owned(), identity, is_allowed }
    }
}

/// Reports environments of one spec that IAM cannot tell apart, and that have different grants; once for each
/// identity, with the other environments.
pub fn same_identity(
    environments: &[EnvironmentIdentity],
    location: impl Fn(&str) -> Location,
    levels: &Levels,
) -> Vec<Diagnostic> {
    let mut by_pods: BTreeMap<String, Vec<&EnvironmentIdentity>> = BTreeMap::new();
    for environment in environments.iter().filter(|it| !it.is_allowed) {
        by_pods.entry(environment.identity.pods.to_string()).or_default().push(environment);
    }
    let mut found = Vec::new();
    for (pods, environments) in by_pods {
        let first = environments[0];
        let grants_differ = |it: &&&EnvironmentIdentity| {
            let (own, first) = (&it.identity, &first.identity);
            !bindings_not_in(own, first).is_empty() || !bindings_not_in(first, own).is_empty()
        };
        let Some(other) = environments.iter().find(grants_differ) else { continue };
        let names: Vec<&str> = environments.iter().map(|it| it.environment.as_str()).collect();
        let message = format!(
            "the environments {} have different grants, and are one identity to IAM, {}",
            shortened(&names.join(", ")),
            quoted(&pods)
        );
        let one = Diagnostic::new(Code::SHARED_IDENTITY, location(&other.environment), message)
            .help("give each environment its own `namespace`, `serviceAccount.name` or project of the cluster; if their grants belong together, write them once, outside of `environments`");
        found.push(one.related(location(&first.environment), "the other one"));
    }
    levels.apply_levels(&mut found);
    found
}

/// The pointer of the name of an app.
pub const NAME: &str = "/name";

fn diagnostic(code: Code, resource: &str, location: Location) -> Diagnostic {
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
        Code::SHARED_GRANT => (
            format!("two apps grant {resource} on the same resource to the same member"),
            "grant it in only one of them: when one revokes it, the other loses it too",
        ),
        Code::SHARED_NAMESPACE => (
            format!("two apps render the Namespace {resource}"),
            "let only one of them render it: `createNamespace = false` in the others",
        ),
        Code::SHARED_SELECTOR => (
            format!("the selector of one app matches the pods of another in namespace {resource}"),
            "add a label to the `selector` that only its own pods have; a selector that is in use cannot change, so change `labels` or `pod.labels` of the other app then",
        ),
        _ => (
            format!("two specs render {resource}"),
            "give the apps different names; or distinguish them by `{dir}`, `{name}` or `{env}` in the path",
        ),
    };
    Diagnostic::new(code, location, message).help(help)
}
