//! The names of Kubernetes, each with the public document that defines it.

use crate::diagnostics::Code;
use crate::text::{Matcher, NamePattern, Repair};

/// The recommended label that names the app. Source: Kubernetes, "Recommended Labels".
pub const NAME_LABEL: &str = "app.kubernetes.io/name";

crate::diagnostics::declare_code! {
    DNS_LABEL: Error = "dns-label",
    what: "Not a valid Kubernetes name here: up to 63 lowercase letters, digits and hyphens, starting and ending with a letter or digit.",
    why: "The API server would reject the manifest. The app's name is also used as a label value, so it follows the stricter rule.",
    example: "name = \"FastAPI_books\"",
    instead: "name = \"fastapi-books\"",
    source: crate::diagnostics::references::OBJECT_NAMES,
}

/// DNS label of RFC 1123: a namespace, a container, and what becomes the value of a label.
/// Source: Kubernetes, "Object Names and IDs".
pub static DNS_LABEL: NamePattern = NamePattern {
    name: "dns-label",
    code: Code::DNS_LABEL,
    noun: "a name",
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    min: 1,
    max: Some(63),
    words: "up to 63 lower case letters, digits and hyphens, starting and ending with a letter or digit",
    repair: Repair::Kebab { letter_first: false, max: 63 },
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    DNS_SUBDOMAIN: Error = "dns-subdomain",
    what: "Not a valid Kubernetes name here: up to 253 lowercase letters, digits, hyphens and dots; each part between dots starts and ends with a letter or digit.",
    why: "The API server would reject the manifest, while the IAM binding would refer to a ServiceAccount that cannot exist.",
    example: "[serviceAccount]\nname = \"FastAPI_sa\"",
    instead: "[serviceAccount]\nname = \"fastapi-sa\"",
    source: crate::diagnostics::references::OBJECT_NAMES,
}

/// DNS subdomain of RFC 1123: a `ServiceAccount`, a `ConfigMap`, a Secret. Source: Kubernetes,
/// "Object Names and IDs".
pub static DNS_SUBDOMAIN: NamePattern = NamePattern {
    name: "dns-subdomain",
    code: Code::DNS_SUBDOMAIN,
    noun: "a name",
    pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    min: 1,
    max: Some(253),
    words: "up to 253 lower case letters, digits, hyphens and dots, each part between dots starting and ending with a letter or digit",
    repair: Repair::Kebab { letter_first: false, max: 253 },
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    KIND: Error = "kind",
    what: "Not the kind of a Kubernetes object: letters and digits, starting with a capital letter. Leave out the group and version of the API.",
    why: "A workload is selected by its exact kind; no object would match.",
    example: "[[workloads]]\nkind = \"deployment\"",
    instead: "[[workloads]]\nkind = \"Deployment\"",
    source: "Kubernetes, API Conventions: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md",
}

/// Kind of a Kubernetes object. Source: Kubernetes, "API Conventions", Types (Kinds).
pub static KIND: NamePattern = NamePattern {
    name: "kind",
    code: Code::KIND,
    noun: "a kind of Kubernetes",
    pattern: "^[A-Z][A-Za-z0-9]*$",
    min: 1,
    max: Some(63),
    words: "letters and digits, beginning with a capital, as `StatefulSet`",
    repair: Repair::Capital,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    QUALIFIED_NAME: Error = "qualified-name",
    what: "Not a valid label or annotation key: an optional DNS name and a slash, then up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit.",
    why: "The API server would reject the manifest.",
    example: "[labels]\n\"cost center\" = \"42\"",
    instead: "[labels]\n\"cost-center\" = \"42\"",
    source: crate::diagnostics::references::LABELS,
}

/// Key of a label or an annotation. Source: Kubernetes, "Labels and Selectors". Its parts have a limit each:
/// see [`long_part`].
pub static QUALIFIED_NAME: NamePattern = NamePattern {
    name: "qualified-name",
    code: Code::QUALIFIED_NAME,
    noun: "a key of labels and annotations",
    pattern: r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    min: 1,
    max: Some(317),
    words: "an optional DNS name and `/`, then up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Key of an annotation: as that of a label, but the case of the prefix does not matter. Source: Kubernetes,
/// `ValidateAnnotations` in apimachinery.
pub static ANNOTATION_KEY: NamePattern = NamePattern {
    name: "annotation-key",
    code: Code::QUALIFIED_NAME,
    noun: "a key of annotations",
    pattern: r"^([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    min: 1,
    max: Some(317),
    words: QUALIFIED_NAME.words,
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// The part of a key that is too long: what it is called, its length and its limit.
pub fn long_part(key: &str) -> Option<(&'static str, usize, usize)> {
    let (prefix, name) = key.split_once('/').unwrap_or(("", key));
    match (prefix.len(), name.len()) {
        (_, length @ 64..) => Some(("name", length, 63)),
        (length @ 254.., _) => Some(("prefix", length, 253)),
        _ => None,
    }
}

/// Whether a string matches a pattern; the parts of keys have a limit each.
pub fn accepts(name: &NamePattern, string: &str) -> bool {
    name.matches(string) && (name.code != Code::QUALIFIED_NAME || long_part(string).is_none())
}

crate::diagnostics::declare_code! {
    LABEL_VALUE: Error = "label-value",
    what: "Not a valid label value: empty, or up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit.",
    why: "The API server would reject the manifest. Put free text into an annotation.",
    example: "[labels]\nowner = \"Books & Co\"",
    instead: "[annotations]\nowner = \"Books & Co\"",
    source: crate::diagnostics::references::LABELS,
}

/// Value of a label. Source: Kubernetes, "Labels and Selectors".
pub static LABEL_VALUE: NamePattern = NamePattern {
    name: "label-value",
    code: Code::LABEL_VALUE,
    noun: "a label value",
    pattern: "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
    min: 0,
    max: Some(63),
    words: "up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit, or nothing at all",
    repair: Repair::None,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    ENV_NAME: Error = "env-name",
    what: "Not a valid environment variable name: printable ASCII characters other than `=`. Before Kubernetes 1.34: letters, digits, `_`, `-` and `.`, not starting with a digit or with two dots.",
    why: "The API server would reject the manifest.",
    example: "[container.env]\n\"A=B\" = \"x\"",
    instead: "[container.env]\nA = \"x\"",
    source: "Kubernetes, IsEnvVarName: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go",
}

/// Name of an environment variable. Source: Kubernetes, `IsRelaxedEnvVarName` in apimachinery.
pub static ENV_NAME: NamePattern = NamePattern {
    name: "env-name",
    code: Code::ENV_NAME,
    noun: "the name of an environment variable",
    pattern: r"^[ -<>-~]+$",
    min: 1,
    max: None,
    words: "printable ASCII characters other than `=`",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Name of an environment variable that every version of Kubernetes accepts. Source: Kubernetes,
/// `IsEnvVarName` in apimachinery.
pub static ENV_NAME_BEFORE_1_34: NamePattern = NamePattern {
    name: "env-name-before-1.34",
    code: Code::ENV_NAME,
    noun: "the name of an environment variable before Kubernetes 1.34",
    pattern: r"^([_a-zA-Z-]|\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$",
    min: 1,
    max: None,
    words: "letters, digits, `_`, `-` and `.`, not starting with a digit or `..`",
    repair: Repair::None,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    CONFIG_KEY: Error = "config-key",
    what: "Not a valid ConfigMap or Secret key: up to 253 letters, digits, `-`, `_` and `.`, not starting with two dots.",
    why: "No ConfigMap or Secret can have such a key, so the container would never start.",
    example: "[container.env.LEVEL.valueFrom.configMapKeyRef]\nname = \"books\"\nkey = \"log level\"",
    instead: "[container.env.LEVEL.valueFrom.configMapKeyRef]\nname = \"books\"\nkey = \"log-level\"",
    source: "Kubernetes, IsConfigMapKey: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go",
}

/// Key of a `ConfigMap` or Secret. Source: Kubernetes, `IsConfigMapKey` in apimachinery.
pub static CONFIG_KEY: NamePattern = NamePattern {
    name: "config-key",
    code: Code::CONFIG_KEY,
    noun: "a key of a ConfigMap or Secret",
    pattern: r"^([-_a-zA-Z0-9]|\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$",
    min: 1,
    max: Some(253),
    words: "up to 253 letters, digits, `-`, `_` and `.`, not starting with `..`",
    repair: Repair::None,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    QUANTITY: Error = "quantity",
    what: "Not a quantity: a number and a unit that Kubernetes knows. `m` is a thousandth; `k`, `M`, `G`, `T` are powers of 1000; `Ki`, `Mi`, `Gi`, `Ti` are powers of 1024.",
    why: "The API server would reject the manifest.",
    example: "[container.resources.limits]\nmemory = \"512mb\"",
    instead: "[container.resources.limits]\nmemory = \"512Mi\"",
    source: "Kubernetes API, Quantity: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/",
}

/// Amount of CPU, memory or storage. Source: Kubernetes API, Quantity.
pub static QUANTITY: NamePattern = NamePattern {
    name: "quantity",
    code: Code::QUANTITY,
    noun: "a quantity",
    pattern: r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$",
    min: 1,
    max: None,
    words: "a number and a unit: `250m` of a CPU, `512Mi` or `1Gi` of bytes",
    repair: Repair::None,
    matcher: Matcher::new(),
};

crate::diagnostics::declare_code! {
    IMAGE: Error = "image",
    what: "Not an image reference: [registry/]path[:tag][@digest]. The path is lowercase and at most 255 characters with the registry, the tag at most 128 characters, the digest at least 32 hexadecimal digits.",
    why: "The pod would stay in InvalidImageName.",
    example: "[container]\nimage = \"us-docker.pkg.dev/my-project/books/API:1\"",
    instead: "[container]\nimage = \"us-docker.pkg.dev/my-project/books/api:1\"",
    source: "distribution, reference grammar: https://github.com/distribution/reference/blob/main/reference.go",
}

/// Image reference. Source: the grammar in the `reference` package of the distribution project.
/// The rules check the lengths of repository, tag and digest.
pub static IMAGE: NamePattern = NamePattern {
    name: "image",
    code: Code::IMAGE,
    noun: "an image reference",
    pattern: r"^([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*(:[0-9]+)?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]+)?$",
    min: 1,
    max: None,
    words: "[registry/]path[:tag][@digest], the path in lower case",
    repair: Repair::None,
    matcher: Matcher::new(),
};

/// Every pattern.
pub static ALL: [&NamePattern; 11] = [
    &DNS_LABEL,
    &DNS_SUBDOMAIN,
    &KIND,
    &QUALIFIED_NAME,
    &ANNOTATION_KEY,
    &LABEL_VALUE,
    &ENV_NAME,
    &ENV_NAME_BEFORE_1_34,
    &CONFIG_KEY,
    &QUANTITY,
    &IMAGE,
];
