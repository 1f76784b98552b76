//! The function config: which app it is, and what is asked.

use serde_json::Value;

use super::resource::Item;
use super::results::Told;
use crate::backends::artifact::{self, ArtifactKind};
use crate::diagnostics::levels::Policy;
use crate::diagnostics::{Code, one_of, quoted, similar};
use crate::kubernetes::Version;
use crate::spec::envelope::{API_VERSION, KIND, PREFIX};

/// The kind of a function config that has no app: the Apps are among the items.
pub(super) const APPS: &str = "Apps";

/// The option that names specs in files; it is for function configs without an app.
const SPECS: &str = "specs";

/// What a caller may ask for, and what it means.
pub(super) const OPTIONS: [(&str, &str); 7] = [
    ("allow", "Codes of warnings that are not said, with commas between them."),
    ("check", "`true` compares what there is with the specs, and changes nothing."),
    ("deny", "Codes of warnings that are errors, or `warnings` for all."),
    ("environment", "The environment that is meant."),
    ("kubeVersion", "The version of Kubernetes that the cluster has, as `1.33`."),
    (
        "only",
        "What is rendered: `manifests` unless given, `service-account`, `workload`, `gcloud`.",
    ),
    (
        SPECS,
        "Specs in files, and directories to search for them, from where the function is started.",
    ),
];

/// What is asked of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) environment: Option<String>,
    /// Compare only; change nothing.
    pub(super) check: bool,
    /// The artifacts that are rendered; none for the manifests.
    pub(super) only: Vec<ArtifactKind>,
    /// Specs that are no items.
    pub(super) specs: Vec<String>,
    pub(super) policy: Policy,
    pub(super) version: Version,
}

impl Settings {
    /// Reads what a function config asks for; everything that is wrong with it is the error.
    pub(super) fn of(config: &Item) -> Result<Self, Vec<Told>> {
        Self::default().with(config)
    }

    /// What is asked besides by a function config, or of an app.
    pub(super) fn with(&self, config: &Item) -> Result<Self, Vec<Told>> {
        let (table, prefix) = match (config.kind(), config.api_version()) {
            // Which version it is, the spec's own check says.
            (KIND, version) if version.starts_with(PREFIX) => ("/metadata/annotations", PREFIX),
            (APPS, API_VERSION) => ("/spec", ""),
            ("ConfigMap", "v1") => ("/data", ""),
            (kind, version) => {
                let is = match (kind, version) {
                    _ if let Some(message) = config.unreadable() => {
                        let message = format!("the function config cannot be read: {message}");
                        return Err(vec![Told::error(Code::FUNCTION_CONFIG, message)]);
                    }
                    (kind, "") => format!("{} without `apiVersion`", quoted(kind)),
                    (kind, version) => format!("{} of {}", quoted(kind), quoted(version)),
                };
                let kinds = one_of([KIND, APPS]);
                let api = quoted(API_VERSION);
                let message = if kind.is_empty() {
                    format!(
                        "the function config is no object of kind {kinds} of {api}; `wigen kustomize init SPEC` makes one of a spec"
                    )
                } else {
                    format!(
                        "the function config is {is}; it may be {kinds} of {api}, or a ConfigMap"
                    )
                };
                return Err(vec![Told::error(Code::FUNCTION_CONFIG, message).of(config)]);
            }
        };
        let mut settings = self.clone();
        let mut wrong = Vec::new();
        let entries = config.value().pointer(table).and_then(Value::as_object);
        for (key, value) in entries.into_iter().flatten() {
            let Some(option) = key.strip_prefix(prefix) else { continue };
            let list = value.as_array().filter(|list| list.iter().all(Value::is_string));
            let list = list.map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>());
            let is_texts = list.is_some() || !(value.is_array() || value.is_object());
            let text = match (value, &list) {
                (_, Some(list)) => list.join(","),
                (Value::String(text), None) => text.clone(),
                (value, None) => value.to_string(),
            };
            // In a text commas are between the words; an element of a list may have them in it.
            let split = || text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
            let words = list.unwrap_or_else(split);
            let taken = if config.kind() == KIND && option == SPECS {
                Err(format!("{} is for function configs of kind {}", quoted(SPECS), quoted(APPS)))
            } else if !is_texts && OPTIONS.iter().any(|(name, _)| *name == option) {
                Err(format!("{} is a text or a list of texts", quoted(option)))
            } else {
                settings.take(option, &text, &words)
            };
            if let Err(message) = taken {
                let path = format!("{}.{key}", table[1..].replace('/', "."));
                let told = Told::error(Code::FUNCTION_CONFIG, message).of(config);
                wrong.push(told.field(&path, value.clone(), Value::Null));
            }
        }
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    fn take(&mut self, option: &str, text: &str, words: &[&str]) -> Result<(), String> {
        match option {
            "environment" => self.environment = Some(text.to_owned()),
            "check" => {
                let boolean = text.parse();
                self.check = boolean.map_err(|_| "`check` is `true` or `false`".to_owned())?;
            }
            SPECS => self.specs = words.iter().map(|&word| word.to_owned()).collect(),
            "only" => {
                self.only.clear();
                for &word in words {
                    self.only.extend(
                        artifact::kinds_by_name(word)
                            .ok_or_else(|| unknown("kind of artifact", word, &artifact::NAMES))?,
                    );
                }
            }
            "allow" | "deny" => {
                for &word in words {
                    let all = option == "deny" && word == "warnings";
                    let codes: Vec<Code> =
                        Code::warnings().filter(|code| all || code.as_str() == word).collect();
                    if codes.is_empty() {
                        let known: Vec<&str> = Code::warnings().map(Code::as_str).collect();
                        return Err(unknown("warning", word, &known));
                    }
                    let list = if option == "deny" {
                        &mut self.policy.deny
                    } else {
                        &mut self.policy.allow
                    };
                    list.extend(codes);
                }
            }
            "kubeVersion" => self.version = Version::parse(text)?,
            _ => return Err(unknown("option", option, &OPTIONS.map(|(name, _)| name))),
        }
        Ok(())
    }

    /// The artifacts to render.
    pub(super) fn kinds(&self) -> Vec<ArtifactKind> {
        if self.only.is_empty() {
            ArtifactKind::ALL.into_iter().filter(|kind| kind.is_manifest()).collect()
        } else {
            self.only.clone()
        }
    }
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let hint = match similar(word, known.iter().copied()) {
        Some(known) => format!("did you mean {}?", quoted(known)),
        None if known.len() < 10 => format!("it may be {}", one_of(known.iter().copied())),
        None => "`wigen explain` lists them".to_owned(),
    };
    format!("there is no {what} {}; {hint}", quoted(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_list_or_stand_between_commas() {
        let specs = |spec: &str| {
            let head = format!("apiVersion: {API_VERSION}\nkind: {APPS}\n");
            Settings::of(&Item::of(format!("{head}spec: {{specs: {spec}}}\n"))).map(|it| it.specs)
        };
        assert_eq!(specs("'a, b c,'").unwrap(), ["a", "b c"]);
        assert_eq!(specs("['a, b', c]").unwrap(), ["a, b", "c"]);
        assert_eq!(specs("[]").unwrap(), [""; 0]);
        for wrong in ["[a, 5]", "[[a]]", "{a: b}"] {
            let said = specs(wrong).unwrap_err()[0].line();
            assert!(said.ends_with("spec.specs: `specs` is a text or a list of texts"), "{said}");
        }
    }
}
