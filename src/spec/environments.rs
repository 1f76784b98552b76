//! The environments of a spec: parts that are merged over it, one at a time.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::diagnostics::pointer::is_at_or_below;
use crate::diagnostics::{Code, Diagnostic, Location, Part, quoted, shortened, similar};
use crate::spec::merge::{Shared, merge};
use crate::text::{Node, NodeValue};

crate::diagnostics::declare_code! {
    UNKNOWN_ENVIRONMENT: Error = "unknown-environment",
    what: "The spec does not define the environment that `environment` or `--env` names.",
    why: "Rendered without it, the spec would describe another cluster or project than you asked for.",
    example: "environment = \"prd\"\n[environments.prod]\nnamespace = \"books\"",
    instead: "environment = \"prod\"\n[environments.prod]\nnamespace = \"books\"",
}

pub(crate) const ENVIRONMENTS: &str = "environments";
/// The key that chooses one of them.
pub(crate) const ENVIRONMENT: &str = "environment";

/// The environments of a spec in its flat form, by their names.
pub(super) fn environments(spec: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let table = spec.get(ENVIRONMENTS).and_then(Node::as_object).into_iter().flatten();
    table.map(|(name, node)| (name.as_str(), node))
}

/// Marks the origins of all nodes of the environments.
pub(super) fn mark(spec: &mut Node) {
    let table = spec.as_object_mut().and_then(|spec| spec.get_mut(ENVIRONMENTS));
    for environment in
        table.and_then(Node::as_object_mut).into_iter().flat_map(|it| it.values_mut())
    {
        environment.each_origin(&|origin| origin.layer = origin.layer.in_environment());
    }
}

/// The spec without its environments.
pub(super) fn base(spec: &Node) -> Node {
    let entries = spec.as_object().into_iter().flatten().filter(|(key, _)| *key != ENVIRONMENTS);
    let entries = entries.map(|(key, node)| (key.clone(), node.clone()));
    Node { value: NodeValue::Object(entries.collect()), origin: spec.origin }
}

pub(super) fn merged(spec: &Node, environment: &Node) -> Node {
    let mut merged = base(spec);
    merge(&mut merged, environment.clone(), Shared::Base);
    merged
}

/// The environment that was asked for, or that the spec itself chooses; `None` where neither says.
pub(super) fn chosen<'a>(
    spec: &'a Node,
    asked: Option<&str>,
) -> Result<Option<(&'a str, &'a Node)>, Box<Diagnostic>> {
    let own = spec.get(ENVIRONMENT).and_then(Node::as_str);
    let Some(name) = asked.or(own) else { return Ok(None) };
    match environments(spec).find(|(known, _)| *known == name) {
        Some(environment) => Ok(Some(environment)),
        None => Err(Box::new(unknown(spec, name, asked.is_some()))),
    }
}

fn unknown(spec: &Node, name: &str, is_asked: bool) -> Diagnostic {
    let known = || environments(spec).map(|(name, _)| name);
    let near = similar(name, known());
    let place = match (is_asked, spec.get(ENVIRONMENTS)) {
        (false, _) => Location::value(format!("/{ENVIRONMENT}")),
        (true, Some(_)) => Location::key(format!("/{ENVIRONMENTS}")),
        (true, None) => Location::value(""),
    };
    let message = format!("there is no environment {}", quoted(name));
    let found = Diagnostic::new(Code::UNKNOWN_ENVIRONMENT, place, message);
    let all: Vec<String> = known().map(quoted).collect();
    let all = shortened(&all.join(", "));
    let found = match near {
        _ if all.is_empty() => {
            found.help("the spec has none; the table `environments.NAME` makes one")
        }
        Some(near) => {
            found.help(format!("did you mean {}? The environments are {all}", quoted(near)))
        }
        None => found.help(format!("the environments are {all}")),
    };
    found.suggestion(near.filter(|_| !is_asked))
}

/// What was found in a spec with an environment.
pub(super) struct Found {
    pub(super) name: String,
    /// The pointers of the environment in the documents that may have it.
    pub(super) pointers: [String; 2],
    pub(super) key: Location,
    /// What was found, at its places in the documents.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Found {
    /// The diagnostics of this environment alone. What the base allows may occur in another.
    pub(super) fn alone(mut self) -> Vec<Diagnostic> {
        let is_within = |place: &Location| is_within(place, &self.pointers);
        self.diagnostics.retain(|one| one.code != Code::UNUSED_ALLOWANCE || is_within(&one.place));
        for one in &mut self.diagnostics {
            one.environments.push(self.name.clone());
        }
        self.diagnostics
    }
}

/// Joins what was found in a spec without an environment and in each of them, without repetition.
pub(super) fn joined(base: Vec<Diagnostic>, of_each: Vec<Found>) -> Vec<Diagnostic> {
    let mut all = base;
    if of_each.is_empty() {
        return all;
    }
    // An allowance in the base is unused if no environment needs it either.
    all.retain(|one| {
        let again = |other: &Diagnostic| other.code == one.code && other.message == one.message;
        one.code != Code::UNUSED_ALLOWANCE
            || of_each.iter().all(|found| found.diagnostics.iter().any(again))
    });
    // The index of what was found in an environment; none for what was found without one.
    let mut seen: HashMap<_, _> = all.iter().map(|one| (identity(one), None)).collect();
    for found in of_each {
        let (name, pointers, key) = (found.name.clone(), found.pointers.clone(), found.key.clone());
        for one in found.alone() {
            match seen.entry(identity(&one)) {
                Entry::Vacant(unknown) => drop(unknown.insert(Some(all.len()))),
                Entry::Occupied(known) => {
                    let first = known.get().and_then(|index| all.get_mut(index));
                    if let Some(Diagnostic { environments, .. }) = first
                        && environments.last() != Some(&name)
                    {
                        environments.push(name.clone());
                    }
                    continue;
                }
            }
            let mut places = std::iter::once(&one.place).chain(one.related.iter().map(|it| &it.0));
            let is_seen = places.any(|place| is_within(place, &pointers));
            all.push(if is_seen { one } else { one.related(key.clone(), "in this environment") });
        }
    }
    all
}

/// Says of keys that are missing without an environment that all of them set it. `wrong` is what is wrong with
/// the shape of the spec in some of them.
pub(super) fn say_what_environments_set(
    base: &mut [Diagnostic],
    environments: usize,
    wrong: &[(String, Vec<Diagnostic>)],
) {
    let is_missing = |one: &&Diagnostic| one.code == Code::MISSING_KEY;
    let in_environments = wrong.iter().flat_map(|(_, found)| found).filter(is_missing);
    let missing: HashSet<&str> = in_environments.map(|one| one.message.as_str()).collect();
    let set =
        |one: &&mut Diagnostic| is_missing(&&**one) && !missing.contains(one.message.as_str());
    for one in base.iter_mut().filter(set).take_while(|_| environments > 0) {
        one.help = Some(
            "every environment sets it, but the spec must be complete without one: set it outside of `environments`; what all apps share can be in `[defaults]` of wigen.toml".to_owned(),
        );
    }
}

fn is_within(place: &Location, pointers: &[String]) -> bool {
    pointers.iter().any(|pointer| is_at_or_below(&place.pointer, pointer))
}

/// What makes a finding the same as another.
fn identity(one: &Diagnostic) -> (Code, String, bool, String) {
    let place = &one.place;
    (one.code, place.pointer.clone(), place.target == Part::Key, one.message.clone())
}
