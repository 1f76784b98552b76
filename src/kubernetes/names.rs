//! The names of Kubernetes, each with the public document that defines it.

use crate::diagnostics::Code;
use crate::text::{Matcher, NamePattern, Repair};

/// The recommended label that names the app. Source: Kubernetes, "Recommended Labels".
pub const NAME_LABEL: &str = "app.kubernetes.io/name";

/// DNS label of RFC 1123: a namespace, a container, and what becomes the value of a label.
/// Source: Kubernetes, "Object Names and IDs".
pub static DNS_LABEL: NamePattern = NamePattern {
    name: "dns-label",
    code: Code::DnsLabel,
    noun: "a name",
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    min: 1,
    max: Some(63),
    words: "up to 63 lower case letters, digits and hyphens, starting and ending with a letter or digit",
    repair: Repair::Kebab { letter_first: false, max: 63 },
    matcher: Matcher::new(),
};

/// DNS subdomain of RFC 1123: a `ServiceAccount`, a `ConfigMap`, a Secret. Source: Kubernetes,
/// "Object Names and IDs".
pub static DNS_SUBDOMAIN: NamePattern = NamePattern {
    name: "dns-subdomain",
    code: Code::DnsSubdomain,
    noun: "a name",
    pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    min: 1,
    max: Some(253),
    words: "up to 253 lower case letters, digits, hyphens and dots, each part between dots starting and ending with a letter or digit",
    repair: Repair::Kebab { letter_first: false, max: 253 },
    matcher: Matcher::new(),
};

/// Kind of a Kubernetes object. Source: Kubernetes, "API Conventions", Types (Kinds).
pub static KIND: NamePattern = NamePattern {
    name: "kind",
    code: Code::Kind,
    noun: "a kind of Kubernetes",
    pattern: "^[A-Z][A-Za-z0-9]*$",
    min: 1,
    max: Some(63),
    words: "letters and digits, beginning with a capital, as `StatefulSet`",
    repair: Repair::Capital,
    matcher: Matcher::new(),
};

/// Key of a label or an annotation. Source: Kubernetes, "Labels and Selectors". The rules check that the
/// part after the slash has at most 63 characters.
pub static QUALIFIED_NAME: NamePattern = NamePattern {
    name: "qualified-name",
    code: Code::QualifiedName,
    noun: "a key of labels and annotations",
    pattern: r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    min: 1,
    max: Some(317),
    words: "an optional DNS name and `/`, then up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Value of a label. Source: Kubernetes, "Labels and Selectors".
pub static LABEL_VALUE: NamePattern = NamePattern {
    name: "label-value",
    code: Code::LabelValue,
    noun: "a label value",
    pattern: "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
    min: 0,
    max: Some(63),
    words: "up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit, or nothing at all",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Name of an environment variable that every version of Kubernetes accepts. Source: Kubernetes,
/// `IsEnvVarName` in apimachinery.
pub static ENV_NAME: NamePattern = NamePattern {
    name: "env-name",
    code: Code::EnvName,
    noun: "the name of an environment variable",
    pattern: r"^([_a-zA-Z-]|\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$",
    min: 1,
    max: None,
    words: "letters, digits, `_`, `-` and `.`, not starting with a digit or `..`",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Key of a `ConfigMap` or Secret. Source: Kubernetes, `IsConfigMapKey` in apimachinery.
pub static CONFIG_KEY: NamePattern = NamePattern {
    name: "config-key",
    code: Code::ConfigKey,
    noun: "a key of a ConfigMap or Secret",
    pattern: r"^([-_a-zA-Z0-9]|\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$",
    min: 1,
    max: Some(253),
    words: "up to 253 letters, digits, `-`, `_` and `.`, not starting with `..`",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Amount of CPU, memory or storage. Source: Kubernetes API, Quantity.
pub static QUANTITY: NamePattern = NamePattern {
    name: "quantity",
    code: Code::Quantity,
    noun: "a quantity",
    pattern: r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$",
    min: 1,
    max: None,
    words: "a number and a unit: `250m` of a CPU, `512Mi` or `1Gi` of bytes",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Image reference. Source: the grammar in the `reference` package of the distribution project.
/// The rules check the lengths of repository, tag and digest.
pub static IMAGE: NamePattern = NamePattern {
    name: "image",
    code: Code::Image,
    noun: "an image reference",
    pattern: r"^([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*(:[0-9]+)?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]+)?$",
    min: 1,
    max: None,
    words: "[registry/]path[:tag][@digest], the path in lower case",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Every pattern.
pub static ALL: [&NamePattern; 9] = [
    &DNS_LABEL,
    &DNS_SUBDOMAIN,
    &KIND,
    &QUALIFIED_NAME,
    &LABEL_VALUE,
    &ENV_NAME,
    &CONFIG_KEY,
    &QUANTITY,
    &IMAGE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_lower_case_and_hyphens() {
        assert_eq!(DNS_LABEL.suggest("Fast_API books "), Some("fast-api-books".into()));
        assert_eq!(DNS_LABEL.suggest("ÄÖÜ"), None);
        assert_eq!(KIND.suggest("statefulSet"), Some("StatefulSet".into()));
        assert_eq!(KIND.suggest("apps/v1"), None);
    }

    #[test]
    fn quantities() {
        let valid =
            ["1", "0.5", ".5", "5.", "250m", "512Mi", "1Gi", "+1k", "-1", "1e3", "1E", "1E+3"];
        assert!(valid.iter().all(|string| QUANTITY.matches(string)));
        let invalid = [
            "", "m", ".", "1.2.3", "1GB", "512mb", "1 Gi", "1K", "1e", "1e+", "0x10", "1Gi ",
            "1\n", "1e+-3",
        ];
        assert!(invalid.iter().all(|string| !QUANTITY.matches(string)));
    }
}
