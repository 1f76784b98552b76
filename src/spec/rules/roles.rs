//! Rules for roles: that they are ones, and that they reach no further than they must.

use std::collections::BTreeSet;

use crate::diagnostics::{Code, Diagnostic, Edit, Place, one_of, quoted};
use crate::google::resources::Kind;
use crate::google::roles::{self, Known};
use crate::spec::types::{App, EnvValue, Grant};

/// Where a role stands: which of the roles of which grant it is.
#[derive(Clone, Copy)]
struct At {
    grant: usize,
    role: usize,
}

impl At {
    fn place(self) -> Place {
        Place::value(format!("/grants/{}/roles/{}", self.grant, self.role))
    }
}

/// Every role that is granted, with its place and its grant.
fn granted(app: &App) -> impl Iterator<Item = (At, &Grant, &str)> {
    app.grants.iter().enumerate().flat_map(|(index, grant)| {
        let roles = grant.roles.iter().enumerate();
        roles.map(move |(role, name)| (At { grant: index, role }, grant, name.as_str()))
    })
}

/// As [`granted`], the predefined roles alone, without `roles/`.
fn predefined(app: &App) -> impl Iterator<Item = (At, &Grant, &str)> {
    granted(app).filter_map(|(at, grant, role)| Some((at, grant, role.strip_prefix("roles/")?)))
}

/// The one thing that a grant is on: its key; none for the app's project or the grant's.
fn resource_of(grant: &Grant) -> Option<&'static str> {
    grant.resources().map(|(key, _)| key).find(|key| *key != "project")
}

/// A role that is nearly one is a slip, and some are not for pods.
pub(super) fn names(app: &App, found: &mut Vec<Diagnostic>) {
    for (at, _, name) in predefined(app) {
        let warn = |code, message: String, help: &str| {
            Diagnostic::new(code, at.place(), message).help(help)
        };
        if roles::is_for_agents(name) {
            let message = format!("`roles/{name}` is for an agent of Google's own");
            let help = "grant the role of the service that says what the app does";
            found.push(warn(Code::AgentRole, message, help));
            continue;
        }
        let (role, certain) = match roles::known(name) {
            Known::ButForCase(role) => (role, true),
            Known::Nearly(role) => (role, false),
            Known::Yes | Known::No => continue,
        };
        let message = format!("{} is no role that wigen knows", quoted(&format!("roles/{name}")));
        let diagnostic =
            warn(Code::UnknownRole, message, &format!("there is a role `roles/{role}`"));
        let text = format!("\"roles/{role}\"");
        found.push(if certain {
            diagnostic.certainly(Edit::Text(text))
        } else {
            diagnostic.replacement(text)
        });
    }
}

/// Roles that reach everything, or that reach every account of a project.
pub(super) fn too_wide(app: &App, found: &mut Vec<Diagnostic>) {
    for (at, grant, name) in predefined(app) {
        if roles::is_basic(name) {
            let message = format!("the basic role `roles/{name}` reaches nearly every service");
            found.push(
                Diagnostic::new(Code::BasicRole, at.place(), message)
                    .help("grant the roles of the services that the app uses"),
            );
        } else if roles::escalates(name)
            && let None | Some("folder" | "organization") = resource_of(grant)
        {
            let message = format!(
                "with `roles/{name}` here the pods can make themselves any service account of it"
            );
            let diagnostic = Diagnostic::new(Code::ImpersonationRole, at.place(), message);
            found.push(if roles::resources(name).is_some() {
                diagnostic
                    .help("grant it on the one account that is meant: `serviceAccount = \"…\"`")
            } else {
                diagnostic
                    .help("leave it to people and pipelines; a pod needs it for nothing of its own")
            });
        } else if resource_of(grant).is_none()
            && let Some((key, resource, other)) = the_one_resource(app, grant, name)
        {
            let noun = Kind::of(key).map_or(key, |kind| kind.noun);
            let message = format!("`roles/{name}` on the project reaches every {noun} in it");
            found.push(
                Diagnostic::new(Code::WideGrant, at.place(), message)
                    .related(other, format!("the one {noun} that the app names"))
                    .help(format!("grant it there: `{key} = \"{resource}\"`")),
            );
        }
    }
}

/// The one resource for which a narrow role is, if the container names one, and one only, in full.
fn the_one_resource<'a>(
    app: &'a App,
    grant: &Grant,
    name: &str,
) -> Option<(&'static str, &'a str, Place)> {
    let project = grant.project.as_ref().unwrap_or(&app.project);
    let kinds = roles::resources(name)?;
    let mut named = BTreeSet::new();
    let mut at = None;
    for (place, text) in texts(app) {
        for (key, resource) in resources_in(text, project) {
            if kinds.contains(&key) {
                named.insert((key, resource));
                at.get_or_insert(place.clone());
            }
        }
    }
    let mut named = named.into_iter();
    match (named.next(), named.next()) {
        (Some((key, resource)), None) => Some((key, resource, Place::value(at?))),
        _ => None,
    }
}

/// The texts of the app's container in which it may name what it uses, with their places.
fn texts(app: &App) -> impl Iterator<Item = (String, &str)> {
    let own = app.container.as_ref();
    let variables =
        own.into_iter().flat_map(|own| &own.env).filter_map(|(name, value)| match value {
            EnvValue::Text(text) => {
                let name = name.replace('~', "~0").replace('/', "~1");
                Some((format!("/container/env/{name}"), text.as_str()))
            }
            EnvValue::From { .. } => None,
        });
    let words = ["command", "args"].into_iter().flat_map(move |key| {
        let words = own.and_then(|own| own.native.get(key)?.as_array());
        words.into_iter().flatten().enumerate().filter_map(move |(index, word)| {
            Some((format!("/container/{key}/{index}"), word.as_str()?))
        })
    });
    variables.chain(words)
}

/// What a text names in a form that means nothing else: a path from the project on, or `gs://`.
fn resources_in<'a>(text: &'a str, project: &str) -> Vec<(&'static str, &'a str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.~+%".contains(c);
    let name_at = |at: usize| {
        let rest = &text[at..];
        let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
        Some(name).filter(|name| !name.is_empty())
    };
    let mut found = Vec::new();
    for (key, collection) in
        [("secret", "secrets"), ("topic", "topics"), ("subscription", "subscriptions")]
    {
        let path = format!("projects/{project}/{collection}/");
        found.extend(
            text.match_indices(&path)
                .filter_map(|(at, path)| Some((key, name_at(at + path.len())?))),
        );
    }
    let buckets = text.match_indices("gs://");
    found.extend(buckets.filter_map(|(at, scheme)| Some(("bucket", name_at(at + scheme.len())?))));
    found
}

/// A narrow role on a resource that has none of its permissions is refused by IAM.
pub(super) fn resources(app: &App, found: &mut Vec<Diagnostic>) {
    for (at, grant, name) in predefined(app) {
        let mut named = grant.resources().map(|(key, _)| key).filter(|key| *key != "project");
        // Of two, one is wrong already.
        let (Some(key), None) = (named.next(), named.next()) else { continue };
        let Some(kinds) = roles::resources(name) else { continue };
        if kinds.contains(&key) || ["folder", "organization"].contains(&key) {
            continue;
        }
        let noun = Kind::of(key).map_or(key, |kind| kind.noun);
        let on = Place::key(format!("/grants/{}/{key}", at.grant));
        let message = format!("`roles/{name}` cannot be granted on a {noun}");
        found.push(
            Diagnostic::new(Code::RoleResource, at.place(), message)
                .related(on, format!("on a {noun}"))
                .help(format!("it is for {}", one_of(kinds.iter().copied()))),
        );
    }
}

/// A custom role of a project can be granted in that project alone.
pub(super) fn custom(app: &App, found: &mut Vec<Diagnostic>) {
    for (at, grant, role) in granted(app) {
        let Some((home, _)) =
            role.strip_prefix("projects/").and_then(|rest| rest.split_once("/roles/"))
        else {
            continue;
        };
        let project = grant.project.as_ref().unwrap_or(&app.project);
        let on = match resource_of(grant) {
            Some(key @ ("folder" | "organization")) => format!("in {}", one_article(key)),
            // Elsewhere the resource may say itself where it is.
            None if home != project => format!("in project {}", quoted(project)),
            _ => continue,
        };
        let message = format!("the custom role of project {} cannot be granted {on}", quoted(home));
        found.push(
            Diagnostic::new(Code::CustomRole, at.place(), message).help(
                "make the role there, or in the organization: `organizations/NUMBER/roles/ID`",
            ),
        );
    }
}

fn one_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
