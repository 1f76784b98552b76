//! The options of a function config, and those in the annotations of an App.

use serde_json::Value;

use super::resource::Resource;
use super::results::FunctionResult;
use crate::backends::artifact::{self, ArtifactKind};
use crate::diagnostics::levels::Levels;
use crate::diagnostics::{Code, one_of, quoted, similar};
use crate::kubernetes::Version;
use crate::spec::envelope::{API_VERSION, KIND, PREFIX};

/// The kind of a function config that has no app itself: the Apps are among the items.
pub(super) const APPS: &str = "Apps";

/// The option that names spec files; only for function configs of kind [`APPS`].
const SPECS: &str = "specs";

pub(super) const OPTIONS: [(&str, &str); 7] = [
    ("allow", "Codes of warnings to silence, separated by commas."),
    ("check", "`true` compares the objects with the specs and changes nothing."),
    ("deny", "Codes of warnings to treat as errors, or `warnings` for all."),
    ("environment", "The environment of the specs."),
    ("kubeVersion", "The cluster's version of Kubernetes, such as `1.33`."),
    (
        "only",
        "What to render: `manifests` (the default), `service-account`, `workload`, `config-connector` or `gcloud`.",
    ),
    (
        SPECS,
        "Spec files, and directories to search for them, relative to where the function is started.",
    ),
];

#[derive(Debug, Clone, Default)]
pub(super) struct FunctionConfig {
    pub(super) environment: Option<String>,
    /// Whether to compare objects only, and change nothing.
    pub(super) check: bool,
    /// The artifacts to render; if empty, the manifests.
    only: Vec<ArtifactKind>,
    pub(super) specs: Vec<String>,
    pub(super) policy: Levels,
    pub(super) version: Version,
}

impl FunctionConfig {
    /// Reads a function config. The error is everything that is wrong with it.
    pub(super) fn parse(config: &Resource) -> Result<Self, Vec<FunctionResult>> {
        Self::default().with(config)
    }

    /// Adds the options of a function config, or of the annotations of an App.
    pub(super) fn with(&self, config: &Resource) -> Result<Self, Vec<FunctionResult>> {
        let (pointer, prefix) = match (config.kind(), config.api_version()) {
            // The check of the spec reports an unknown version.
            (KIND, version) if version.starts_with(PREFIX) => ("/metadata/annotations", PREFIX),
            (APPS, API_VERSION) => ("/spec", ""),
            ("ConfigMap", "v1") => ("/data", ""),
            _ => return Err(vec![not_a_config(config)]),
        };
        let mut options = self.clone();
        let mut errors = Vec::new();
        let entries = config.value().pointer(pointer).and_then(Value::as_object);
        for (key, value) in entries.into_iter().flatten() {
            let Some(option) = key.strip_prefix(prefix) else { continue };
            if let Err(message) = options.set(option, value, config.kind() == KIND) {
                let path = format!("{}.{key}", pointer[1..].replace('/', "."));
                let error = FunctionResult::error(Code::FUNCTION_CONFIG, message).about(config);
                errors.push(error.field(&path, value.clone(), Value::Null));
            }
        }
        if errors.is_empty() { Ok(options) } else { Err(errors) }
    }

    fn set(&mut self, option: &str, value: &Value, is_app: bool) -> Result<(), String> {
        let list = value.as_array().filter(|list| list.iter().all(Value::is_string));
        let list = list.map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>());
        let is_string = !(value.is_array() || value.is_object());
        if is_app && option == SPECS {
            return Err(format!(
                "{} is for function configs of kind {}",
                quoted(SPECS),
                quoted(APPS)
            ));
        }
        if list.is_none() && !is_string && OPTIONS.iter().any(|(name, _)| *name == option) {
            return Err(format!("{} must be a string or a list of strings", quoted(option)));
        }
        let string = match (value, &list) {
            (_, Some(list)) => list.join(","),
            (Value::String(string), None) => string.clone(),
            (value, None) => value.to_string(),
        };
        // Commas separate words in a string, but not in an element of a list.
        let split = || string.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        let words: Vec<&str> = list.unwrap_or_else(split);
        match option {
            "environment" => self.environment = Some(string),
            "check" => {
                let check = string.parse();
                self.check = check.map_err(|_| "`check` must be `true` or `false`".to_owned())?;
            }
            SPECS => self.specs = words.into_iter().map(str::to_owned).collect(),
            "only" => {
                self.only.clear();
                for word in words {
                    let kinds = artifact::kinds_by_name(word);
                    self.only.extend(
                        kinds.ok_or_else(|| unknown("kind of artifact", word, &artifact::NAMES))?,
                    );
                }
            }
            "allow" | "deny" => {
                for word in words {
                    let all = option == "deny" && word == "warnings";
                    let codes: Vec<Code> =
                        Code::warnings().filter(|code| all || code.as_str() == word).collect();
                    if codes.is_empty() {
                        let known: Vec<&str> = Code::warnings().map(Code::as_str).collect();
                        return Err(unknown("warning", word, &known));
                    }
                    match option {
                        "deny" => self.policy.deny.extend(codes),
                        _ => self.policy.allow.extend(codes),
                    }
                }
            }
            "kubeVersion" => self.version = Version::parse(&string)?,
            _ => return Err(unknown("option", option, &OPTIONS.map(|(name, _)| name))),
        }
        Ok(())
    }

    pub(super) fn artifacts(&self) -> Vec<ArtifactKind> {
        if self.only.is_empty() {
            ArtifactKind::ALL.iter().copied().filter(|kind| kind.is_manifest()).collect()
        } else {
            self.only.clone()
        }
    }
}

fn not_a_config(config: &Resource) -> FunctionResult {
    let (kinds, api) = (one_of([KIND, APPS]), quoted(API_VERSION));
    let (kind, version) = (config.kind(), config.api_version());
    let message = if let Some(message) = config.syntax_error() {
        return FunctionResult::error(
            Code::FUNCTION_CONFIG,
            format!("the function config cannot be read: {message}"),
        );
    } else if kind.is_empty() {
        format!(
            "the function config is not an object of kind {kinds} of {api}; `wigen kustomize init SPEC` writes one for a spec"
        )
    } else {
        let found = match version {
            "" => format!("{} without `apiVersion`", quoted(kind)),
            version => format!("{} of {}", quoted(kind), quoted(version)),
        };
        format!("the function config is {found}; it must be {kinds} of {api}, or a ConfigMap")
    };
    FunctionResult::error(Code::FUNCTION_CONFIG, message).about(config)
}

fn unknown(noun: &str, word: &str, known: &[&str]) -> String {
    let hint = match similar(word, known.iter().copied()) {
        Some(known) => format!("did you mean {}?", quoted(known)),
        None if known.len() < 10 => format!("it may be {}", one_of(known.iter().copied())),
        None => "`wigen explain` lists them".to_owned(),
    };
    format!("there is no {noun} {}; {hint}", quoted(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_or_commas_separate_words() {
        let specs = |spec: &str| {
            let head = format!("apiVersion: {API_VERSION}\nkind: {APPS}\n");
            let config = Resource::parse(format!("{head}spec: {{specs: {spec}}}\n"));
            FunctionConfig::parse(&config).map(|options| options.specs)
        };
        assert_eq!(specs("'a, b c,'").unwrap(), ["a", "b c"]);
        assert_eq!(specs("['a, b', c]").unwrap(), ["a, b", "c"]);
        assert_eq!(specs("[]").unwrap(), [""; 0]);
        for wrong in ["[a, 5]", "[[a]]", "{a: b}"] {
            let line = specs(wrong).unwrap_err()[0].to_line();
            let expected = "spec.specs: `specs` must be a string or a list of strings";
            assert!(line.ends_with(expected), "{line}");
        }
    }
}
