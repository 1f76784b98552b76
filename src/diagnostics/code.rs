//! Codes: the stable names of findings, each with its severity and its page for `wigen explain`.
//!
//! A code is declared with [`declare_code!`] in the file of the rule that reports it, page included. The
//! list of all codes is [`Code::ALL`].

use std::cmp::Ordering;

use serde::de::{Deserialize, Deserializer, Error};
use strum::{AsRefStr, VariantArray};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsRefStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// The spec cannot work; nothing is rendered.
    Error,
    /// The spec works, but will cause trouble.
    Warning,
}

/// The page of a code: what `wigen explain` prints.
///
/// `example` and `instead` are parts of a spec in TOML. The codes of `wigen lint` have manifests in YAML or
/// commands instead, those of the KRM function a kustomization. A test runs each of them: a part of a spec
/// over a valid spec, a command beside valid manifests. `example` must give the code, `instead` nothing.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Explanation {
    /// What the finding is.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// Input that has it.
    pub example: &'static str,
    /// What to write instead.
    pub instead: &'static str,
    /// The public document that the rule comes from; empty for rules of the spec language itself.
    pub source: &'static str,
}

impl Explanation {
    /// Whether the examples are files for Kustomize, each after a line with its name; in the last lines is what
    /// `kustomize build` says.
    pub fn is_kustomization(&self) -> bool {
        self.example.starts_with("# kustomization.yaml\n")
    }

    /// The language of the examples: `toml`, `yaml`, `sh`, or `jinja` for a template whose name is in its
    /// first line.
    pub fn language(&self) -> &'static str {
        match self.example.split([':', ' ']).next() {
            Some("#") if self.is_kustomization() => "yaml",
            Some("apiVersion") => "yaml",
            Some("gcloud") => "sh",
            Some("{#") => "jinja",
            _ => "toml",
        }
    }
}

/// The class of a finding. Its name is stable: scripts and `wigen explain` rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    name: &'static str,
    severity: Severity,
    explanation: &'static Explanation,
}

/// Declares `Code::NAME` with its severity, its stable name and its page, of which `source` may be left out.
macro_rules! declare_code {
    (
        $constant:ident: $severity:ident = $name:literal,
        what: $what:literal,
        why: $why:literal,
        example: $example:expr,
        instead: $instead:expr,
        $(source: $source:expr,)?
    ) => {
        impl $crate::diagnostics::Code {
            #[doc = $what]
            pub const $constant: Self = Self::new(
                $name,
                $crate::diagnostics::Severity::$severity,
                &$crate::diagnostics::Explanation {
                    what: $what,
                    why: $why,
                    example: $example,
                    instead: $instead,
                    source: [$($source,)? ""][0],
                },
            );
        }
    };
}
pub(crate) use declare_code;

impl Code {
    /// Every code, in the order of the documentation.
    #[rustfmt::skip]
    pub const ALL: &[Self] = &[
        Self::NOT_UTF8, Self::SYNTAX, Self::DUPLICATE_KEY, Self::UNSUPPORTED_VALUE,
        Self::UNKNOWN_KEY, Self::MISSING_KEY, Self::WRONG_TYPE, Self::UNKNOWN_VALUE,
        Self::OUT_OF_RANGE, Self::WRONG_COUNT, Self::INVALID_VALUE, Self::CONFLICTING_KEYS,
        Self::UNKNOWN_ENVIRONMENT, Self::WORKSPACE, Self::SHARED_OUTPUT,
        Self::PROJECT_ID, Self::ACCOUNT_ID, Self::CLUSTER_NAME, Self::NODE_POOL_NAME,
        Self::WORKLOAD_POOL, Self::ACCOUNT_EMAIL, Self::LOCATION,
        Self::DNS_LABEL, Self::DNS_SUBDOMAIN, Self::KIND, Self::QUALIFIED_NAME, Self::LABEL_VALUE,
        Self::ENV_NAME, Self::CONFIG_KEY, Self::IMAGE, Self::ROLE, Self::QUANTITY, Self::IP_RANGE,
        Self::KUBERNETES_VERSION,
        Self::NUL_CHARACTER, Self::CONTROL_CHARACTER,
        Self::CLUSTER_LOCATION, Self::CLUSTER_TYPE, Self::METADATA_SERVER, Self::DOMAIN_SCOPED_POOL,
        Self::EXISTING_ACCOUNT, Self::EXISTING_SERVICE_ACCOUNT, Self::LONG_SUBJECT,
        Self::RESOURCE_NAME, Self::ROLE_RESOURCE, Self::CUSTOM_ROLE, Self::CLOUD_FORMAT,
        Self::CONDITION, Self::DIRECT_FEDERATION, Self::DERIVED_ACCOUNT_ID, Self::TOO_LONG,
        Self::RESERVED_ANNOTATION, Self::WORKLOAD_IDENTITY_USER, Self::OWNED_FIELD,
        Self::WORKLOAD_KIND, Self::RESTART_POLICY, Self::SCHEDULE, Self::TIME_ZONE, Self::RESOURCES,
        Self::HOST_NETWORK, Self::DUPLICATE_NAME, Self::VOLUME_MOUNT, Self::SELECTOR_LABEL,
        Self::KEY_FILE, Self::CONTAINER_RESTART_POLICY, Self::DUPLICATE_ROLE,
        Self::TEMPLATE, Self::TEMPLATE_VALUE, Self::MANIFEST, Self::API_VERSION,
        Self::FUNCTION_CONFIG, Self::FINAL_NAMES, Self::KUSTOMIZATION_NAMES, Self::NO_WORKLOAD,
        Self::RBAC_SUBJECT, Self::FOREIGN_OBJECT,
        Self::ANNOTATION_PLACE, Self::ANNOTATION_KEY, Self::MISSING_SERVICE_ACCOUNT,
        Self::NETWORK_POLICY, Self::METADATA_ADDRESS,
        Self::IAM_MEMBER, Self::IAM_BINDING, Self::MISSING_ANNOTATION, Self::NOTHING_BOUND,
        Self::REPEATED_FLAG, Self::DISABLED_ACCOUNT, Self::MISSING_CONDITION,
        Self::CONDITIONAL_BINDING, Self::UNUSED_IDENTITY, Self::SERVICE_ACCOUNT_FIELD,
        Self::DELETED_MEMBER,
        Self::UNKNOWN_ROLE, Self::UNKNOWN_LOCATION, Self::FOREIGN_POOL, Self::AGENT_ROLE,
        Self::BASIC_ROLE, Self::IMPERSONATION_ROLE, Self::WIDE_GRANT,
        Self::IMAGE_PROJECT, Self::STALE_IMAGE, Self::SYSTEM_NAMESPACE,
        Self::DEFAULT_SERVICE_ACCOUNT, Self::DEFAULT_ACCOUNT, Self::AUTOPILOT_POD,
        Self::METADATA_HOST,
        Self::SHARED_ACCOUNT, Self::SHARED_IDENTITY, Self::SHARED_GRANT, Self::SHARED_NAMESPACE, Self::SHARED_SELECTOR,
        Self::NOT_IMPORTABLE,
        Self::UNUSED_ALLOWANCE,
    ];

    pub(crate) const fn new(
        name: &'static str,
        severity: Severity,
        explanation: &'static Explanation,
    ) -> Self {
        Self { name, severity, explanation }
    }

    /// The code with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name == name)
    }

    /// The codes of warnings, which users may allow or deny.
    pub fn warnings() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|code| code.severity == Severity::Warning)
    }

    /// The stable name, such as `basic-role`.
    pub fn as_str(self) -> &'static str {
        self.name
    }

    /// The severity of every finding with this code, unless the user denies it.
    pub fn severity(self) -> Severity {
        self.severity
    }

    /// The page of this code.
    pub fn explanation(self) -> &'static Explanation {
        self.explanation
    }

    /// Whether only rendering finds it: a comparison of specs, or what an option asks for.
    pub fn is_of_render(self) -> bool {
        [
            Self::SHARED_OUTPUT,
            Self::SHARED_ACCOUNT,
            Self::SHARED_IDENTITY,
            Self::SHARED_GRANT,
            Self::SHARED_NAMESPACE,
            Self::SHARED_SELECTOR,
            Self::NOT_IMPORTABLE,
        ]
        .contains(&self)
    }

    /// The position in [`Self::ALL`].
    fn position(self) -> Option<usize> {
        Self::ALL.iter().position(|code| *code == self)
    }
}

impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Code {
    fn cmp(&self, other: &Self) -> Ordering {
        self.position().cmp(&other.position())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| D::Error::custom(format_args!("no code `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            let is_kebab = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(code.as_str().bytes().all(is_kebab));
        }
    }
}
