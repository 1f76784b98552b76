//! Rules for roles: that they exist, and that they are not wider than necessary.

use std::collections::BTreeSet;

use crate::diagnostics::{Code, Diagnostic, Location, one_of, quoted};
use crate::google::resources::ResourceType;
use crate::google::roles;
use crate::spec::types::{App, EnvPlace, Grant};

/// Where a role is granted: the index of the grant, and of the role in it.
#[derive(Clone, Copy)]
struct GrantSite {
    grant: usize,
    role: usize,
}

impl GrantSite {
    fn place(self) -> Location {
        Location::value(format!("/grants/{}/roles/{}", self.grant, self.role))
    }
}

/// Every role that is granted, with its place and its grant.
fn granted(app: &App) -> impl Iterator<Item = (GrantSite, &Grant, &str)> {
    app.grants.iter().enumerate().flat_map(|(index, grant)| {
        let roles = grant.roles.iter().enumerate();
        roles.map(move |(role, name)| (GrantSite { grant: index, role }, grant, name.as_str()))
    })
}

/// Like [`granted`], but only predefined roles, without `roles/`.
fn predefined(app: &App) -> impl Iterator<Item = (GrantSite, &Grant, &str)> {
    granted(app).filter_map(|(at, grant, role)| Some((at, grant, role.strip_prefix("roles/")?)))
}

crate::diagnostics::declare_code! {
    UNKNOWN_ROLE: Warning = "unknown-role",
    what: "wigen does not know this role, but it differs by one or two letters from one that it knows.",
    why: "IAM refuses a role that does not exist, when the script runs. Unknown roles that resemble no other are not reported: Google adds new ones every week.",
    example: "[[grants]]\nroles = [\"roles/secretmanager.secretAccesor\"]",
    instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]",
    source: "IAM, IAM roles and permissions index: https://cloud.google.com/iam/docs/roles-permissions",
}

crate::diagnostics::declare_code! {
    AGENT_ROLE: Warning = "agent-role",
    what: "A role whose name ends in `serviceAgent` is granted to an app.",
    why: "Such a role has whatever a Google service needs internally, often everything in the project, and Google changes it without notice.",
    example: "[[grants]]\nroles = [\"roles/pubsub.serviceAgent\"]",
    instead: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]",
    source: "IAM, Service agents: https://cloud.google.com/iam/docs/service-agents",
}

/// Misspelt roles, and roles that are not for pods.
pub(super) fn names(app: &App, found: &mut Vec<Diagnostic>) {
    for (at, _, name) in predefined(app) {
        if roles::is_for_agents(name) {
            let message = format!("`roles/{name}` is for service agents of Google");
            let warning = Diagnostic::new(Code::AGENT_ROLE, at.place(), message);
            found.push(warning.help("grant the role of the service that fits what the app does"));
            continue;
        }
        found.extend(roles::misspelt(&format!("roles/{name}"), at.place()));
    }
}

crate::diagnostics::declare_code! {
    BASIC_ROLE: Warning = "basic-role",
    what: "`roles/owner`, `roles/editor` or `roles/viewer` is granted.",
    why: "A basic role has thousands of permissions across all services, so one compromised pod compromises the project. Workload Identity exists to give each app only what it needs.",
    example: "[[grants]]\nroles = [\"roles/editor\"]",
    instead: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\ntopic = \"books\"",
    source: "IAM, Basic roles: https://cloud.google.com/iam/docs/roles-overview#basic",
}

crate::diagnostics::declare_code! {
    IMPERSONATION_ROLE: Warning = "impersonation-role",
    what: "A role that creates tokens for service accounts, or changes who has which role, is granted on a whole project, folder or organization.",
    why: "The pods can then act as every service account there, with all their roles.",
    example: "[[grants]]\nroles = [\"roles/iam.serviceAccountTokenCreator\"]",
    instead: "[[grants]]\nroles = [\"roles/iam.serviceAccountTokenCreator\"]\nserviceAccount = \"signer@my-project.iam.gserviceaccount.com\"",
    source: "IAM, Best practices for using service accounts securely: https://cloud.google.com/iam/docs/best-practices-service-accounts",
}

crate::diagnostics::declare_code! {
    WIDE_GRANT: Warning = "wide-grant",
    what: "The role is granted on the project, but the container names the one resource that it is for: `projects/…/secrets/NAME`, `topics`, `subscriptions`, or `gs://BUCKET`.",
    why: "On the project the role applies to every resource of this type: those of other teams, and those created later.",
    example: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]\n[container.env]\nDB_PASSWORD = \"projects/my-project/secrets/books-db/versions/latest\"",
    instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]\nsecret = \"books-db\"\n[container.env]\nDB_PASSWORD = \"projects/my-project/secrets/books-db/versions/latest\"",
    source: "IAM, Use IAM securely: https://cloud.google.com/iam/docs/using-iam-securely",
}

/// Roles that reach everything, or every account of a project.
pub(super) fn too_wide(app: &App, found: &mut Vec<Diagnostic>) {
    for (at, grant, name) in predefined(app) {
        let on = grant.resource_type();
        if roles::is_basic(name) {
            let message = format!("the basic role `roles/{name}` reaches nearly every service");
            found.push(
                Diagnostic::new(Code::BASIC_ROLE, at.place(), message)
                    .help("grant the roles of the services that the app uses"),
            );
        } else if roles::escalates(name) && (on == ResourceType::Project || on.contains_projects())
        {
            let message =
                format!("with `roles/{name}` here, the pods can become any service account in it");
            let diagnostic = Diagnostic::new(Code::IMPERSONATION_ROLE, at.place(), message);
            found.push(if roles::resource_types(name).is_some() {
                diagnostic.help(
                    "grant it on the one account that the app needs: `serviceAccount = \"…\"`",
                )
            } else {
                diagnostic.help("leave it to people and pipelines; a pod does not need it")
            });
        } else if on == ResourceType::Project
            && let Some((resource_type, resource, other)) = only_resource(app, grant, name)
        {
            let (key, noun) = (resource_type.key(), resource_type.noun());
            let message = format!("`roles/{name}` on the project reaches every {noun} in it");
            found.push(
                Diagnostic::new(Code::WIDE_GRANT, at.place(), message)
                    .related(other, format!("the one {noun} that the app names"))
                    .help(format!("grant it there: `{key} = \"{resource}\"`")),
            );
        }
    }
}

/// The resource that a narrow role is for, if the container names exactly one in full.
fn only_resource<'a>(
    app: &'a App,
    grant: &Grant,
    name: &str,
) -> Option<(ResourceType, &'a str, Location)> {
    let project = grant.project.as_ref().unwrap_or(&app.project);
    let types = roles::resource_types(name)?;
    let mut named = BTreeSet::new();
    let mut at = None;
    for (place, text) in strings(app) {
        for (resource_type, resource) in resources_in(text, project) {
            if types.contains(&resource_type) {
                named.insert((resource_type, resource));
                at.get_or_insert(place);
            }
        }
    }
    let mut named = named.into_iter();
    match (named.next(), named.next()) {
        (Some((resource_type, resource)), None) => Some((resource_type, resource, at?.value())),
        _ => None,
    }
}

/// Where a string of the app's container is.
#[derive(Clone, Copy)]
enum StringPlace<'a> {
    Variable(EnvPlace<'a>),
    /// In the list under a key.
    Word(&'static str, usize),
}

impl StringPlace<'_> {
    fn value(self) -> Location {
        match self {
            Self::Variable(place) => place.value(),
            Self::Word(key, index) => Location::value(format!("/container/{key}/{index}")),
        }
    }
}

/// The strings of the app's container that may name a resource, with their places.
fn strings(app: &App) -> impl Iterator<Item = (StringPlace<'_>, &str)> {
    let own = app.container.as_ref();
    let variables = own.into_iter().flat_map(|own| {
        own.env.places().filter_map(|(place, variable)| {
            Some((StringPlace::Variable(place), variable.value.as_deref()?))
        })
    });
    let words =
        ["command", "args"].into_iter().flat_map(move |key| {
            let words = own.and_then(|own| own.kubernetes.get(key)?.as_array());
            words.into_iter().flatten().enumerate().filter_map(move |(index, word)| {
                Some((StringPlace::Word(key, index), word.as_str()?))
            })
        });
    variables.chain(words)
}

/// The resources that a string names unmistakably: by a path from `projects/` on, or by `gs://`.
fn resources_in<'a>(text: &'a str, project: &str) -> Vec<(ResourceType, &'a str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.~+%".contains(c);
    let name_at = |at: usize| {
        let rest = &text[at..];
        let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
        Some(name).filter(|name| !name.is_empty())
    };
    let mut found = Vec::new();
    for (resource_type, collection) in [
        (ResourceType::Secret, "secrets"),
        (ResourceType::Topic, "topics"),
        (ResourceType::Subscription, "subscriptions"),
    ] {
        let path = format!("projects/{project}/{collection}/");
        found.extend(
            text.match_indices(&path)
                .filter_map(|(at, path)| Some((resource_type, name_at(at + path.len())?))),
        );
    }
    let buckets = text.match_indices("gs://");
    found.extend(
        buckets
            .filter_map(|(at, scheme)| Some((ResourceType::Bucket, name_at(at + scheme.len())?))),
    );
    found
}

crate::diagnostics::declare_code! {
    ROLE_RESOURCE: Error = "role-resource",
    what: "The role is granted on a resource to which none of its permissions apply.",
    why: "IAM refuses such a binding when the script runs: at least one permission of the role must apply to the resource.",
    example: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\nsubscription = \"books\"",
    instead: "[[grants]]\nroles = [\"roles/pubsub.publisher\"]\ntopic = \"books\"",
    source: "IAM, IAM roles and permissions index, lowest-level resources: https://cloud.google.com/iam/docs/roles-permissions",
}

/// IAM rejects a narrow role on a resource that has none of its permissions.
pub(super) fn resources(app: &App, found: &mut Vec<Diagnostic>) {
    for (at, grant, name) in predefined(app) {
        let mut named = grant.resources();
        // Two resources are an error already.
        let (Some((on, _)), None) = (named.next(), named.next()) else { continue };
        let Some(types) = roles::resource_types(name) else { continue };
        if types.contains(&on) || on.contains_projects() {
            continue;
        }
        let noun = on.noun();
        let key = Location::key(format!("/grants/{}/{}", at.grant, on.key()));
        let message = format!("`roles/{name}` cannot be granted on a {noun}");
        found.push(
            Diagnostic::new(Code::ROLE_RESOURCE, at.place(), message)
                .related(key, format!("on a {noun}"))
                .help(format!("it is for {}", one_of(types.iter().map(|on| on.key())))),
        );
    }
}

crate::diagnostics::declare_code! {
    CUSTOM_ROLE: Error = "custom-role",
    what: "A custom role of one project is granted in another project, in a folder or in an organization.",
    why: "IAM refuses it: a project's custom role can be granted only in that project; an organization's custom role, in the whole organization.",
    example: "[[grants]]\nroles = [\"projects/other-project/roles/reader\"]",
    instead: "[[grants]]\nroles = [\"organizations/123456789012/roles/reader\"]",
    source: "IAM, Custom roles: https://cloud.google.com/iam/docs/creating-custom-roles",
}

/// A custom role of a project can be granted only in that project.
pub(super) fn custom(app: &App, found: &mut Vec<Diagnostic>) {
    for (at, grant, role) in granted(app) {
        let Some((home, _)) =
            role.strip_prefix("projects/").and_then(|rest| rest.split_once("/roles/"))
        else {
            continue;
        };
        let project = grant.project.as_ref().unwrap_or(&app.project);
        let on = match grant.resource_type() {
            ResourceType::Folder => "in a folder".to_owned(),
            ResourceType::Organization => "in an organization".to_owned(),
            // The name of another resource may contain its project.
            ResourceType::Project if home != project => format!("in project {}", quoted(project)),
            _ => continue,
        };
        let message = format!("the custom role of project {} cannot be granted {on}", quoted(home));
        found.push(Diagnostic::new(Code::CUSTOM_ROLE, at.place(), message).help(
            "create the role there, or in the organization: `organizations/NUMBER/roles/ID`",
        ));
    }
}
