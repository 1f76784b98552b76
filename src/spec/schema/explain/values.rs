//! What is wrong with a value: its type, its size, its name.

use serde_json::Value;

use super::context::{ErrorContext, keys};
use crate::diagnostics::{
    Code, Diagnostic, Edit, Location, Part, Severity, one_of, quoted, same_but_for_case, similar,
};
use crate::kubernetes::names::QUANTITY;
use crate::spec::names::pattern_named;

crate::diagnostics::declare_code! {
    UNKNOWN_VALUE: Error = "unknown-value",
    what: "The key accepts a fixed set of values, and this is not one of them.",
    why: "A wrong guess could create a cluster, which costs money.",
    example: "[cluster]\nsetup = \"created\"",
    instead: "[cluster]\nsetup = \"create\"",
}

crate::diagnostics::declare_code! {
    OUT_OF_RANGE: Error = "out-of-range",
    what: "The number is too small or too large.",
    why: "The API server would reject the manifest.",
    example: "[container]\nport = 80000",
    instead: "[container]\nport = 8000",
    source: "Kubernetes API, ContainerPort: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports",
}

crate::diagnostics::declare_code! {
    WRONG_COUNT: Error = "wrong-count",
    what: "The list or table has too few or too many entries.",
    why: "A grant without roles grants nothing; a variable with two sources has no value.",
    example: "[[grants]]\nroles = []",
    instead: "[[grants]]\nroles = [\"roles/secretmanager.secretAccessor\"]",
}

impl ErrorContext<'_> {
    pub(super) fn wrong_type(&self, kinds: &[&str]) -> Diagnostic {
        let expected = kinds.iter().map(|kind| article(kind)).collect::<Vec<_>>().join(" or ");
        let expected = expected.as_str();
        let name = self.subject();
        let actual = type_of(self.value);
        let found = Diagnostic::new(
            Code::WRONG_TYPE,
            self.place.clone(),
            format!("{name} must be {expected}, not {actual}"),
        )
        .label(format!("expected {expected}"));
        match self.value {
            // In quotes it would be no quantity, or no number and no percentage.
            Value::Number(_) | Value::Bool(_) if self.node["format"].is_string() => found,
            Value::Number(_) | Value::Bool(_) if expected.contains("string") => {
                found.help("put it in quotes").certainly(Edit::Quotes)
            }
            Value::String(text) if expected == "an integer" && is_whole(text) => {
                found.help("leave the quotes out").certainly(Edit::Text(text.clone()))
            }
            Value::String(text)
                if expected == "true or false" && matches!(text.as_str(), "true" | "false") =>
            {
                found.help("leave the quotes out").certainly(Edit::Text(text.clone()))
            }
            Value::Null if expected == "a table" => found.help("an empty table is `{}`"),
            Value::Null if self.required => found.help("give it a value"),
            Value::Null => found.help("leave the key out to take the default"),
            Value::String(_) if expected == "a list" && self.node["items"]["type"] == "string" => {
                found.help("put it in brackets").certainly(Edit::Text(format!("[{}]", self.value)))
            }
            _ => found,
        }
    }

    pub(super) fn unknown_value(&self, options: &Value) -> Diagnostic {
        let options = options.as_array().into_iter().flatten().filter_map(Value::as_str);
        let options: Vec<&str> = options.filter(|option| !option.is_empty()).collect();
        let shown = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
        let is_key = self.place.target == Part::Key;
        let what = if is_key { "a key" } else { "a value" };
        let is_code = self.pointer.ends_with("/lint/allow");
        let expected = if is_code {
            "the code of a warning; `wigen explain` lists them".to_owned()
        } else {
            one_of(options.iter().copied())
        };
        let found = Diagnostic::new(
            Code::UNKNOWN_VALUE,
            self.place.clone(),
            format!("{} is not {what} of {}", quoted(&shown), self.subject()),
        )
        .label(format!("expected {expected}"));
        let is_error = |code: &Code| code.as_str() == shown && code.severity() == Severity::Error;
        if is_code && Code::ALL.iter().any(is_error) {
            let message = format!("{} is an error, and only warnings are allowed", quoted(&shown));
            return Diagnostic::new(Code::UNKNOWN_VALUE, self.place.clone(), message)
                .help(format!("put it right: `wigen explain {shown}` says how"));
        }
        let nearest = similar(&shown, options.iter().copied()).or(match options.as_slice() {
            [only] => Some(only),
            _ => None,
        });
        match nearest {
            Some(option) => {
                let edit = if is_key { option.to_owned() } else { format!("\"{option}\"") };
                let found = found.help(format!("there is {what} {}", quoted(option)));
                if same_but_for_case(&shown, option) {
                    found.certainly(Edit::Text(edit))
                } else {
                    found.replacement(edit)
                }
            }
            None => found,
        }
    }

    /// A string that is too short or too long usually breaks the pattern too; only its length is
    /// reported.
    pub(super) fn wrong_name(&self, by_pattern: bool) -> Option<Diagnostic> {
        let text = self.value.as_str().unwrap_or_default();
        let Some(name_pattern) = self.node["$comment"].as_str().and_then(pattern_named) else {
            let message = format!("{} must not be empty", self.subject());
            return Some(Diagnostic::new(Code::WRONG_COUNT, self.place.clone(), message));
        };
        let length = text.chars().count();
        let limit = name_pattern.max.filter(|max| length > *max);
        if by_pattern && (limit.is_some() || length < name_pattern.min) {
            return None;
        }
        if name_pattern.code == Code::QUANTITY {
            return Some(self.no_quantity());
        }
        let noun = name_pattern.noun;
        let message = match limit {
            Some(max) => {
                format!("{} has {length} characters; {noun} has at most {max}", quoted(text))
            }
            None if name_pattern.code == Code::NUL_CHARACTER => {
                format!("{} holds a NUL character", self.subject())
            }
            None => format!("{} is not {noun}", quoted(text)),
        };
        let found = Diagnostic::new(name_pattern.code, self.place.clone(), message)
            .help(name_pattern.words);
        if name_pattern.code == Code::ACCOUNT_ID && text.contains('@') {
            return Some(found.help("the email of an account that exists is given as `email`"));
        }
        if name_pattern.code == Code::ROLE && text.split('.').count() == 3 && !text.contains('/') {
            return Some(found.help("this seems to be a permission: grant a role that has it"));
        }
        if name_pattern.code == Code::ACCOUNT_EMAIL
            && let Some(email) = text.strip_prefix("serviceAccount:")
        {
            return Some(found.help("the email alone").replacement(format!("\"{email}\"")));
        }
        if name_pattern.code == Code::PROJECT_ID && text.bytes().all(|b| b.is_ascii_digit()) {
            return Some(found.help("a number is given as `projectNumber`, beside the ID"));
        }
        Some(match name_pattern.suggest(text) {
            Some(name) if self.place.target == Part::Key => found.replacement(name),
            name => found.suggestion(name),
        })
    }

    pub(super) fn out_of_range(&self) -> Diagnostic {
        let limits = format!("{} to {}", self.node["minimum"], self.node["maximum"]);
        Diagnostic::new(
            Code::OUT_OF_RANGE,
            self.place.clone(),
            format!("{} is {}; it goes from {limits}", self.subject(), self.value),
        )
        .label(format!("expected {limits}"))
    }

    pub(super) fn too_many_bits(&self, bits: u32) -> Diagnostic {
        let message = format!("{} is {}; it has {bits} bits", self.subject(), self.value);
        let most = i64::MAX >> (64 - bits);
        Diagnostic::new(Code::OUT_OF_RANGE, self.place.clone(), message)
            .label(format!("expected {} to {most}", -most - 1))
    }

    pub(super) fn no_quantity(&self) -> Diagnostic {
        let text = self.value.as_str().unwrap_or_default();
        let message = format!("{} is not a quantity", quoted(text));
        let found =
            Diagnostic::new(Code::QUANTITY, self.place.clone(), message).help(QUANTITY.words);
        let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match text[number.len()..].trim().to_ascii_lowercase().as_str() {
            "k" | "kb" | "kib" => "Ki",
            "mb" | "mib" | "mi" => "Mi",
            "g" | "gb" | "gib" | "gi" => "Gi",
            "t" | "tb" | "tib" | "ti" => "Ti",
            _ => return found,
        };
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return found;
        }
        found.replacement(format!("\"{number}{unit}\""))
    }

    pub(super) fn wrong_count(&self) -> Diagnostic {
        let count = self.value.as_object().map_or(0, serde_json::Map::len);
        let given = if count == 0 { "none".to_owned() } else { count.to_string() };
        let (name, known) = (self.subject(), keys(self.node));
        let most = self.node["maxProperties"].as_u64();
        let (message, help) = match most {
            // Only where Kubernetes takes a value from has one of several keys.
            Some(1) => (
                format!("{name} takes exactly one source, not {given}"),
                format!("give one of {}", one_of(known)),
            ),
            Some(most) => {
                (format!("{name} has {count} entries; it may have {most}"), String::new())
            }
            None if known.is_empty() => {
                (format!("{name} is empty"), "leave the key out, or add an entry".to_owned())
            }
            None => (
                format!("an entry of {name} is empty"),
                format!("give {}, or several of them", one_of(known)),
            ),
        };
        let found = Diagnostic::new(Code::WRONG_COUNT, Location::key(self.pointer), message);
        if help.is_empty() { found } else { found.help(help) }
    }

    pub(super) fn empty_list(&self) -> Diagnostic {
        let message = format!("{} must not be empty", self.subject());
        Diagnostic::new(Code::WRONG_COUNT, self.place.clone(), message)
            .help("name at least one, or leave the table out")
    }
}

/// Whether a string is a number as every language of a spec writes it.
fn is_whole(text: &str) -> bool {
    text.parse::<u32>().is_ok_and(|number| number.to_string() == text)
}

fn article(kind: &str) -> &'static str {
    match kind {
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "null",
    }
}

fn type_of(value: &Value) -> &'static str {
    article(match value {
        Value::Null => "null",
        Value::Bool(_) => return "a boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}
