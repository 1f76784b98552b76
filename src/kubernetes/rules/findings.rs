//! Findings that several rules have.

use serde_json::Value;

use super::place::Place;
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::kubernetes::names;
use crate::text::NamePattern;

/// Whether Kubernetes takes a value for one that is not given.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(string) => string.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// The finding that a key does not go with another.
pub(super) fn conflict(place: Location, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::CONFLICTING_KEYS, place, message)
}

/// The finding that there is the same already, at another place.
pub(super) fn duplicate(place: Location, message: String, first: Location) -> Diagnostic {
    Diagnostic::new(Code::DUPLICATE_NAME, place, message).related(first, "the first")
}

/// A number from one to another, in words.
pub(super) fn range(min: i64, max: i64) -> String {
    match max {
        i64::MAX => format!("{min} or more"),
        max if min == max => format!("{min}"),
        max => format!("{min} to {max}"),
    }
}

pub(super) fn out_of_range(number: i64, min: i64, max: i64, place: &Place<'_>) -> Diagnostic {
    let range = range(min, max);
    let message = format!("{} is {number}; it must be {range}", quoted(place.name()));
    let wrong = Diagnostic::new(Code::OUT_OF_RANGE, place.value(), message)
        .label(format!("expected {range}"));
    if min == max { wrong.help("the only value here").replacement(min.to_string()) } else { wrong }
}

pub(super) fn not_a_mode(mode: i64, place: &Place<'_>) -> Diagnostic {
    let message =
        format!("{} is {mode}; it must be 0 to 0o777, which is 511", quoted(place.name()));
    let wrong = Diagnostic::new(Code::OUT_OF_RANGE, place.value(), message);
    match i64::from_str_radix(&mode.to_string(), 8) {
        Ok(octal @ 0..=0o777) => wrong
            .help(format!("{mode} in octal is {octal}; TOML writes it as `0o{mode}`"))
            .replacement(octal.to_string()),
        _ => wrong.label("expected 0 to 511"),
    }
}

pub(super) fn negative(name: &str, place: &Place<'_>) -> Diagnostic {
    let message = format!("{} must be 0 or more", quoted(name));
    Diagnostic::new(Code::OUT_OF_RANGE, place.value(), message).label("expected 0 or more")
}

pub(super) fn check_name(
    name: &NamePattern,
    value: &Value,
    place: &Place<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let is_wrong = |it: &&str| !names::accepts(name, it) && (!it.is_empty() || place.is_element());
    if let Some(string) = value.as_str().filter(is_wrong) {
        found.push(not_a_name(name, string, place.value()).suggestion(name.suggest(string)));
    }
}

pub(super) fn quoted_or_empty(string: &str) -> String {
    if string.is_empty() { "an empty string".to_owned() } else { quoted(string) }
}

/// The finding that a string does not match.
pub fn not_a_name(name: &NamePattern, string: &str, place: Location) -> Diagnostic {
    let length = string.chars().count();
    let is_key = name.code == Code::QUALIFIED_NAME;
    let message =
        if let Some((part, length, max)) = is_key.then(|| names::long_part(string)).flatten() {
            let key = quoted(string);
            format!("the {part} of the key {key} has {length} characters; the maximum is {max}")
        } else if let Some(max) = name.max.filter(|max| length > *max) {
            format!("{} has {length} characters; {} has at most {max}", quoted(string), name.noun)
        } else {
            format!("{} is not {}", quoted_or_empty(string), name.noun)
        };
    Diagnostic::new(name.code, place, message).help(name.words)
}
