//! The environments of a spec: parts that are laid over it, one at a time.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::merge::Overlay;
use crate::diagnostics::{Code, Diagnostic, Place, Target, quoted, shortened, similar};

/// The key of the environments of a spec.
pub const ENVIRONMENTS: &str = "environments";
/// The key that chooses one of them.
pub const ENVIRONMENT: &str = "environment";

/// The environments of a spec, taken out of its flat form.
#[derive(Debug)]
pub struct Environments {
    /// None where the spec has no such key.
    tables: Option<Map<String, Value>>,
    /// The one that the spec itself chooses.
    chosen: Option<String>,
}

crate::diagnostics::declare_code! {
    UNKNOWN_ENVIRONMENT: Error = "unknown-environment",
    what: "The spec does not define the environment that `environment` or `--env` names.",
    why: "Rendered without it, the spec would describe another cluster or project than you asked for.",
    example: "environment = \"prd\"\n[environments.prod]\nnamespace = \"books\"",
    instead: "environment = \"prod\"\n[environments.prod]\nnamespace = \"books\"",
    source: "",
}

impl Environments {
    /// Takes them out of a spec.
    pub fn take(spec: &mut Value) -> Self {
        let tables = match spec.as_object_mut().and_then(|spec| spec.shift_remove(ENVIRONMENTS)) {
            Some(Value::Object(tables)) => Some(tables),
            _ => None,
        };
        let chosen = spec.get(ENVIRONMENT).and_then(Value::as_str);
        Self { tables, chosen: chosen.map(str::to_owned) }
    }

    /// Their names, in the order of the spec.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().flatten().map(|(name, _)| name.as_str())
    }

    /// Puts them back where they were taken from.
    #[must_use]
    pub fn put_back(self, mut spec: Value) -> Value {
        if let (Some(spec), Some(tables)) = (spec.as_object_mut(), self.tables) {
            spec.insert(ENVIRONMENTS.to_owned(), tables.into());
        }
        spec
    }

    /// Each of them, over the spec that they were taken from.
    pub fn over<'a>(&'a self, base: &'a Value) -> impl Iterator<Item = Overlay<'a>> {
        let tables = self.tables.iter().flatten();
        tables.map(move |(name, over)| Overlay { base, over, at: pointer(name) })
    }

    /// The one that was asked for, or that the spec chooses itself; `None` where nobody says.
    pub fn chosen<'a>(
        &'a self,
        base: &'a Value,
        asked: Option<&str>,
    ) -> Result<Option<Overlay<'a>>, Box<Diagnostic>> {
        let Some(name) = asked.or(self.chosen.as_deref()) else { return Ok(None) };
        let known = || self.names();
        if let Some(over) = self.tables.as_ref().and_then(|tables| tables.get(name)) {
            return Ok(Some(Overlay { base, over, at: pointer(name) }));
        }
        let near = similar(name, known());
        let place = match (asked, &self.tables) {
            (None, _) => Place::value(format!("/{ENVIRONMENT}")),
            (Some(_), Some(_)) => Place::key(format!("/{ENVIRONMENTS}")),
            (Some(_), None) => Place::value(""),
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
        Err(Box::new(match near.filter(|_| asked.is_none()) {
            Some(near) => found.replacement(format!("\"{near}\"")),
            None => found,
        }))
    }

    /// What there is to say of one environment alone. What the base allows may come in another.
    pub fn of_one(at: &str, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        found.retain(|one| one.code != Code::UNUSED_ALLOWANCE || is_in(&one.place, at));
        found
    }

    /// What there is to say of a spec without any environment and of each of them, once. `of_each` has
    /// the place of each, and what was found with it.
    pub fn of_all(
        base: Vec<Diagnostic>,
        of_each: Vec<(String, Vec<Diagnostic>)>,
    ) -> Vec<Diagnostic> {
        let mut all = base;
        if of_each.is_empty() {
            return all;
        }
        // What is allowed in the base comes in one of the environments, or it does not come at all.
        all.retain(|one| {
            let again = |other: &Diagnostic| other.code == one.code && other.message == one.message;
            one.code != Code::UNUSED_ALLOWANCE
                || of_each.iter().all(|(_, found)| found.iter().any(again))
        });
        let mut said: HashSet<_> = all.iter().map(identity).collect();
        for (at, found) in of_each {
            for one in Self::of_one(&at, found) {
                if !said.insert(identity(&one)) {
                    continue;
                }
                let mut places =
                    std::iter::once(&one.place).chain(one.related.iter().map(|it| &it.0));
                let is_seen = places.any(|place| is_in(place, &at));
                all.push(if is_seen {
                    one
                } else {
                    one.related(Place::key(&at), "in this environment")
                });
            }
        }
        all
    }
}

fn pointer(name: &str) -> String {
    format!("/{ENVIRONMENTS}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn is_in(place: &Place, at: &str) -> bool {
    place.pointer.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What makes a finding the same as another.
fn identity(one: &Diagnostic) -> (Code, String, bool, String) {
    let place = &one.place;
    (one.code, place.pointer.clone(), place.target == Target::Key, one.message.clone())
}
