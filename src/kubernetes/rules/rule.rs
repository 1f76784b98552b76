//! The kinds of rules: what a rule about a key of a definition can say, and how it is checked.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::findings::{
    check_name, conflict, duplicate, is_empty, negative, not_a_mode, not_a_name, out_of_range,
    quoted_or_empty,
};
use super::place::Place;
use crate::diagnostics::{Code, Diagnostic, one_of, quoted};
use crate::kubernetes::names;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::version::{Version, VersionRange};
use crate::text::NamePattern;

pub(in crate::kubernetes) type Table = Map<String, Value>;
pub(in crate::kubernetes) type Found = Vec<Diagnostic>;

/// A definition, the function of Kubernetes that its rules come from (its group in `pkg/apis`, and its name
/// there), and the rules.
#[derive(Debug)]
pub(in crate::kubernetes) struct Rules(
    pub(in crate::kubernetes) &'static str,
    pub(in crate::kubernetes) &'static str,
    pub(in crate::kubernetes) &'static [Rule],
);

/// What the API server demands of a key, or of its table.
#[derive(Debug, Clone, Copy)]
pub(in crate::kubernetes) struct Rule {
    /// The key; empty for a rule about the table.
    pub(in crate::kubernetes) key: &'static str,
    pub(in crate::kubernetes) when: When,
    pub(in crate::kubernetes) check: Check,
    since: Option<u8>,
    until: Option<u8>,
}

/// When a rule holds.
#[derive(Debug, Clone, Copy)]
pub(in crate::kubernetes) enum When {
    Always,
    Has(&'static str),
    Lacks(&'static str),
    /// A key has one of these values.
    Is(&'static str, &'static [&'static str]),
    /// A key has none of these values, or is missing.
    IsNot(&'static str, &'static [&'static str]),
    True(&'static str),
}

/// What a rule demands.
#[derive(Debug, Clone, Copy)]
pub(in crate::kubernetes) enum Check {
    /// A number from one to another; each number of a list.
    Range(i64, i64),
    /// The permissions of a file.
    Mode,
    /// A port, or a string of this form.
    Port(&'static Form),
    /// The key is there and not empty.
    Required,
    Forbidden,
    /// A string, list or table that is not empty if it is there.
    NotEmpty,
    /// One of these strings.
    Only(&'static [&'static str]),
    /// A name that matches; each name of a list.
    Name(&'static NamePattern),
    Keys(&'static NamePattern),
    Values(&'static NamePattern),
    /// A string of this form; each string of a list.
    Form(&'static Form),
    /// Exactly one of these keys.
    OneOf(&'static [&'static str]),
    AtMostOneOf(&'static [&'static str]),
    AtLeastOneOf(&'static [&'static str]),
    /// At most this many characters or entries.
    AtMost(usize),
    /// Elements of a list that differ in these keys; without keys, as a whole.
    Unique(&'static [&'static str]),
    /// A quantity that is zero or more.
    NotNegative,
    /// What the value of a key, a table, has at another key.
    In(&'static str, &'static Check),
    /// What no other kind of rule can say, in words.
    Code(&'static str, fn(&Table, &Place<'_>, Version, &mut Found)),
}

/// A form of strings that is not a name.
#[derive(Debug)]
pub(in crate::kubernetes) struct Form {
    pub(in crate::kubernetes) code: Code,
    /// What such a string is called, with its article.
    pub(in crate::kubernetes) noun: &'static str,
    /// The rule in words.
    pub(in crate::kubernetes) words: &'static str,
    pub(in crate::kubernetes) accepts: fn(&str) -> bool,
    /// A valid string close to an invalid one.
    pub(in crate::kubernetes) repair: fn(&str) -> Option<String>,
}

crate::diagnostics::declare_code! {
    INVALID_VALUE: Error = "invalid-value",
    what: "The value is not of the form that Kubernetes demands here: the name of a port, a path, an IP address, the path of a field.",
    why: "The API server would reject the manifest.",
    example: "[[container.ports]]\nname = \"http_api\"\ncontainerPort = 8080",
    instead: "[[container.ports]]\nname = \"http-api\"\ncontainerPort = 8080",
    source: crate::diagnostics::references::VALIDATION,
}

crate::diagnostics::declare_code! {
    CONFLICTING_KEYS: Error = "conflicting-keys",
    what: "Two keys that Kubernetes does not accept together, or a key whose value needs another one elsewhere.",
    why: "The API server would reject the manifest.",
    example: "[deployment.strategy]\ntype = \"Recreate\"\nrollingUpdate = { maxSurge = 1 }",
    instead: "[deployment.strategy]\ntype = \"Recreate\"",
    source: crate::diagnostics::references::VALIDATION,
}

pub(super) const fn rule(key: &'static str, check: Check) -> Rule {
    Rule { key, when: When::Always, check, since: None, until: None }
}

impl Rule {
    pub(super) const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// Holds from a minor version on.
    pub(super) const fn since(self, minor: u8) -> Self {
        Self { since: Some(minor), ..self }
    }

    /// Holds up to a minor version.
    pub(super) const fn until(self, minor: u8) -> Self {
        Self { until: Some(minor), ..self }
    }

    pub(in crate::kubernetes) fn versions(&self) -> VersionRange {
        VersionRange::from_minors(self.since, self.until)
    }

    /// Adds what a table breaks.
    pub(super) fn check(&self, table: &Table, at: &Place<'_>, version: Version, found: &mut Found) {
        let value = find(table, self.key);
        // Most rules are about keys that a table lacks.
        if (value.is_some() || self.is_about_absence())
            && self.versions().contains(version)
            && self.when.holds(table)
        {
            self.apply(value.unwrap_or(&Value::Null), table, at, version, found);
        }
    }

    /// Whether a table can break the rule without having the key.
    fn is_about_absence(&self) -> bool {
        self.key.is_empty() || matches!(self.check, Check::Required)
    }

    /// As [`Self::check`], where the rule holds.
    fn apply(
        &self,
        value: &Value,
        table: &Table,
        at: &Place<'_>,
        version: Version,
        found: &mut Found,
    ) {
        if value.is_null() && !self.is_about_absence() {
            return;
        }
        let place = at.at(self.key);
        match self.check {
            Check::Required if is_empty(value) => found.push(missing(at, self.key, self.when)),
            Check::Forbidden if !is_empty(value) => {
                found.push(forbidden(&place, at, self.when));
            }
            Check::NotEmpty if !value.is_null() && is_empty(value) => {
                let message = format!("{} must not be empty", quoted(self.key));
                found.push(Diagnostic::new(Code::WRONG_COUNT, place.value(), message));
            }
            Check::AtMost(most) => at_most(most, value, &place, found),
            Check::Unique(keys) => unique(keys, value, &place, found),
            Check::OneOf(keys) | Check::AtMostOneOf(keys) | Check::AtLeastOneOf(keys) => {
                count(self.check, keys, table, at, found);
            }
            Check::Code(_, check) => check(table, at, version, found),
            Check::In(key, check) => {
                if let Value::Object(table) = value {
                    let rule = Self { key, check: *check, ..*self };
                    rule.apply(field(table, key), table, &place, version, found);
                }
            }
            Check::Keys(_) | Check::Values(_) => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    match self.check {
                        Check::Keys(name) if !names::accepts(name, key) => {
                            found.push(not_a_name(name, key, place.at(key).key()));
                        }
                        Check::Values(name) => check_name(name, value, &place.at(key), found),
                        _ => {}
                    }
                }
            }
            Check::Required | Check::Forbidden | Check::NotEmpty => {}
            _ => match value {
                Value::Array(elements) => {
                    for (index, element) in elements.iter().enumerate() {
                        self.check_value(element, &place.element(index), found);
                    }
                }
                value => self.check_value(value, &place, found),
            },
        }
    }

    fn check_value(&self, value: &Value, place: &Place<'_>, found: &mut Found) {
        match self.check {
            Check::Range(min, max) => {
                if let Some(number) = value.as_i64().filter(|it| !(min..=max).contains(it)) {
                    found.push(out_of_range(number, min, max, place));
                }
            }
            Check::Mode => {
                if let Some(mode) = value.as_i64().filter(|it| !(0..=0o777).contains(it)) {
                    found.push(not_a_mode(mode, place));
                }
            }
            Check::Port(name) => match value {
                Value::String(string) if !(name.accepts)(string) => {
                    let message = format!(
                        "{} is neither a port nor the name of one",
                        quoted_or_empty(string)
                    );
                    let wrong = Diagnostic::new(Code::INVALID_VALUE, place.value(), message);
                    found.push(match string.parse::<u16>() {
                        Ok(number @ 1..) => {
                            wrong.help("leave the quotes out").replacement(number.to_string())
                        }
                        _ => wrong.help(name.words),
                    });
                }
                _ => {
                    let number = Self { check: Check::Range(1, 65535), ..*self };
                    number.check_value(value, place, found);
                }
            },
            Check::Only(allowed) => {
                let is_wrong = |it: &&str| !it.is_empty() && !allowed.contains(it);
                if let Some(string) = value.as_str().filter(is_wrong) {
                    let message =
                        format!("{} is not a value of {}", quoted(string), quoted(place.name()));
                    let expected = one_of(allowed.iter().copied());
                    let wrong = Diagnostic::new(Code::UNKNOWN_VALUE, place.value(), message)
                        .label(format!("expected {expected}{}", self.when.words()));
                    found.push(match allowed {
                        [only] => {
                            wrong.help("the only value here").replacement(format!("\"{only}\""))
                        }
                        _ => wrong,
                    });
                }
            }
            Check::Name(name) => check_name(name, value, place, found),
            Check::Form(form) => {
                if let Some(string) = value.as_str() {
                    form.check(string, place, found);
                }
            }
            Check::NotNegative if Quantity::parse(value).is_some_and(|it| it < Quantity::ZERO) => {
                found.push(negative(place.name(), place));
            }
            _ => {}
        }
    }
}

impl When {
    pub(super) fn holds(self, table: &Table) -> bool {
        match self {
            Self::Always => true,
            Self::Has(key) => !is_empty(field(table, key)),
            Self::Lacks(key) => is_empty(field(table, key)),
            Self::Is(key, values) => values.contains(&string(table, key)),
            Self::IsNot(key, values) => !values.contains(&string(table, key)),
            Self::True(key) => *field(table, key) == true,
        }
    }

    fn key(self) -> Option<&'static str> {
        match self {
            Self::Always => None,
            Self::Has(key)
            | Self::Lacks(key)
            | Self::True(key)
            | Self::Is(key, _)
            | Self::IsNot(key, _) => Some(key),
        }
    }

    /// In words, as the end of a sentence.
    pub(super) fn words(self) -> String {
        let values = |values: &[&str]| match values {
            [""] => "empty".to_owned(),
            values => one_of(values.iter().copied().filter(|it| !it.is_empty())),
        };
        match self {
            Self::Always => String::new(),
            Self::Has(key) => format!(" beside {}", quoted(key)),
            Self::Lacks(key) => format!(" without {}", quoted(key)),
            Self::Is(key, is) => format!(" if {} is {}", quoted(key), values(is)),
            Self::IsNot(key, is) => format!(" unless {} is {}", quoted(key), values(is)),
            Self::True(key) => format!(" if {} is true", quoted(key)),
        }
    }
}

impl Form {
    pub(super) fn check(&self, string: &str, place: &Place<'_>, found: &mut Found) {
        if (self.accepts)(string) || string.is_empty() && !place.is_element() {
            return;
        }
        let message = format!("{} is not {}", quoted_or_empty(string), self.noun);
        let wrong = Diagnostic::new(self.code, place.value(), message).help(self.words);
        let repaired = (self.repair)(string).filter(|it| (self.accepts)(it));
        found.push(wrong.suggestion(repaired));
    }
}

fn missing(table: &Place<'_>, key: &str, when: When) -> Diagnostic {
    let name = table.name();
    let of = if name.is_empty() { String::new() } else { format!(" in {}", quoted(name)) };
    let message = format!("missing key {}{of}", quoted(key));
    let missing = Diagnostic::new(Code::MISSING_KEY, table.key(), message);
    missing.help(format!("add {}: it is required{}", quoted(key), when.words()))
}

fn forbidden(place: &Place<'_>, table: &Place<'_>, when: When) -> Diagnostic {
    let message = format!("{} is not allowed{}", quoted(place.name()), when.words());
    let found = conflict(place.key(), message);
    match when {
        When::Has(key) | When::Is(key, _) | When::True(key) => {
            found.related(table.at(key).key(), "set here").help("remove one of them")
        }
        When::Always | When::Lacks(_) | When::IsNot(..) => match when.key() {
            Some(key) => found.help(format!("remove it, or set {}", quoted(key))),
            None => found.help("remove it"),
        },
    }
}

fn at_most(most: usize, value: &Value, place: &Place<'_>, found: &mut Found) {
    let (length, what, code) = match value {
        Value::String(string) => (string.chars().count(), "characters", Code::TOO_LONG),
        Value::Array(list) => (list.len(), "entries", Code::WRONG_COUNT),
        _ => return,
    };
    if length > most {
        let message =
            format!("{} has {length} {what}; the maximum is {most}", quoted(place.name()));
        found.push(Diagnostic::new(code, place.value(), message));
    }
}

fn unique(keys: &[&str], value: &Value, list: &Place<'_>, found: &mut Found) {
    let elements = value.as_array().filter(|list| list.len() > 1);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, element) in elements.into_iter().flatten().enumerate() {
        let parts: Vec<&Value> = match keys {
            [] => vec![element],
            keys => keys.iter().filter_map(|key| element.get(key)).collect(),
        };
        if parts.is_empty() || parts.iter().all(|it| is_empty(it)) {
            continue;
        }
        let shown = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
        let shown = parts.into_iter().map(shown).collect::<Vec<_>>().join(", ");
        let element = list.element(index);
        let place = |element: &Place<'_>| match keys {
            [] => element.value(),
            [key, ..] => element.at(key).value(),
        };
        match seen.get(&shown) {
            Some(first) => {
                let message = format!("{} is in {} twice", quoted(&shown), quoted(list.name()));
                let first = list.element(*first);
                found.push(duplicate(place(&element), message, place(&first)));
            }
            None => _ = seen.insert(shown, index),
        }
    }
}

/// Checks how many of some keys a table has.
fn count(check: Check, keys: &[&str], table: &Table, at: &Place<'_>, found: &mut Found) {
    let is_given =
        |(key, value): &(&String, &Value)| keys.contains(&key.as_str()) && !is_empty(value);
    let mut given = table.iter().filter(is_given).map(|(key, _)| key);
    let Some(first) = given.next() else {
        if !matches!(check, Check::AtMostOneOf(_)) {
            let message = format!("{} has none of the keys that it needs", quoted(at.name()));
            found.push(
                Diagnostic::new(Code::WRONG_COUNT, at.key(), message)
                    .help(format!("add {}", one_of(keys.iter().copied()))),
            );
        }
        return;
    };
    for other in given.filter(|_| !matches!(check, Check::AtLeastOneOf(_))) {
        let name = quoted(at.name());
        let message = format!("{name} has both {} and {}", quoted(first), quoted(other));
        found.push(
            conflict(at.at(other).key(), message)
                .related(at.at(first).key(), "set here")
                .help("remove one of them"),
        );
    }
}

/// The value of a key; null if there is none.
pub(super) fn field<'t>(table: &'t Table, key: &str) -> &'t Value {
    find(table, key).unwrap_or(&Value::Null)
}

/// The string at a key; empty if there is none.
pub(super) fn string<'t>(table: &'t Table, key: &str) -> &'t str {
    field(table, key).as_str().unwrap_or_default()
}

/// The elements of the list at a key, if there is one.
pub(super) fn elements<'t>(table: &'t Table, key: &str) -> &'t [Value] {
    field(table, key).as_array().map_or(&[], Vec::as_slice)
}

/// The entries of the table at a key, if there is one.
pub(super) fn entries<'t>(
    table: &'t Table,
    key: &str,
) -> impl Iterator<Item = (&'t String, &'t Value)> + use<'t> {
    field(table, key).as_object().into_iter().flatten()
}

/// The value of a key. Tables are small: comparing their keys costs less than a hash.
pub(super) fn find<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    table.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
}
