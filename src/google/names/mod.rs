//! The names of Kubernetes and Google Cloud: those that are fixed, and which strings may be one, in
//! a pattern for machines and in words for people, each with the public document that says so.

mod certain;
mod quantity;

pub(crate) use certain::is_of_path;
pub(crate) use quantity::is_quantity;

use crate::diagnostics::Code;

/// The annotation that names the Google Cloud service account on the Kubernetes one. Source: GKE,
/// "Authenticate to Google Cloud APIs from GKE workloads".
pub const GSA_ANNOTATION: &str = "iam.gke.io/gcp-service-account";

/// The recommended label that names the app. Source: Kubernetes, "Recommended Labels".
pub const NAME_LABEL: &str = "app.kubernetes.io/name";

/// The label of nodes that have the GKE metadata server; its value is the text `true`. Source: GKE,
/// "Authenticate to Google Cloud APIs from GKE workloads".
pub const METADATA_SERVER_LABEL: &str = "iam.gke.io/gke-metadata-server-enabled";

/// The annotation with which the metadata server names the pods of direct federation by their
/// principal. Source: the same.
pub const PRINCIPAL_ANNOTATION: &str = "iam.gke.io/return-principal-id-as-email";

/// The annotation that names the project whose quota the requests use. Source: the same.
pub const QUOTA_ANNOTATION: &str = "iam.gke.io/credential-quota-project";

/// The keys of Workload Identity begin with it, and no others do.
pub const GKE_PREFIX: &str = "iam.gke.io/";

/// The annotations that GKE knows on a `ServiceAccount`. Source: the same.
pub const GKE_ANNOTATIONS: [&str; 3] = [GSA_ANNOTATION, PRINCIPAL_ANNOTATION, QUOTA_ANNOTATION];

/// Name of the init container that waits for the metadata server.
pub const WAITING_CONTAINER: &str = "wait-for-metadata";

/// The role that lets a Kubernetes `ServiceAccount` act as a Google Cloud one.
pub const WORKLOAD_IDENTITY_USER: &str = "roles/iam.workloadIdentityUser";

/// Fewest and most characters of a project ID, without a domain in front.
pub const PROJECT_ID_LENGTH: (usize, usize) = (6, 30);

/// What a name may look like.
///
/// Limits on length that a pattern would have to count are kept apart, because counted repetition
/// makes a pattern slow to compile.
#[derive(Debug, Clone, Copy)]
pub struct Grammar {
    /// What the schema calls it, in `$comment`.
    pub name: &'static str,
    /// The code of the diagnostic for a string that does not fit.
    pub code: Code,
    /// What the thing is called in a sentence, with its article.
    pub noun: &'static str,
    /// Regular expression (the common subset of ECMA 262 and RE2), anchored at both ends.
    pub pattern: &'static str,
    /// Fewest characters.
    pub min: usize,
    /// Most characters, where there is a limit.
    pub max: Option<usize>,
    /// The rule in words.
    pub words: &'static str,
    /// How a valid name can be made from an invalid one.
    pub repair: Repair,
}

/// How a valid name can be made from an invalid one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Only the user can tell.
    None,
    /// Lower case, and hyphens for what is neither letter nor digit.
    Kebab,
    /// The same, if a letter comes first.
    KebabAfterLetter,
    /// Lower case, if that is all.
    LowerCase,
    /// A capital first.
    Capital,
    /// `roles/` in front of the name of a predefined role.
    RolePrefix,
}

/// Google Cloud project ID. Source: googleapis, `google/cloud/resourcemanager/v3/projects.proto`. An
/// old one may have a domain in front (`example.com:books`); the rules count the part behind it.
pub const PROJECT_ID: Grammar = Grammar {
    name: "project-id",
    code: Code::ProjectId,
    noun: "a project ID",
    pattern: r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*:)?[a-z][-a-z0-9]*[a-z0-9]$",
    min: PROJECT_ID_LENGTH.0,
    max: None,
    words: "6 to 30 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
    repair: Repair::KebabAfterLetter,
};

/// Id of a Google Cloud service account, the part before the `@`. Source: googleapis,
/// `google/iam/admin/v1/iam.proto`.
pub const ACCOUNT_ID: Grammar = Grammar {
    name: "account-id",
    code: Code::AccountId,
    noun: "a service account id",
    pattern: "^[a-z][-a-z0-9]*[a-z0-9]$",
    min: 6,
    max: Some(30),
    words: "6 to 30 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
    repair: Repair::KebabAfterLetter,
};

/// Name of a GKE cluster. Source: googleapis, `google/container/v1/cluster_service.proto`.
pub const CLUSTER_NAME: Grammar = Grammar {
    name: "cluster-name",
    code: Code::ClusterName,
    noun: "a cluster name",
    pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$",
    min: 1,
    max: Some(40),
    words: "up to 40 lower case letters, digits and hyphens, starting with a letter, not ending with a hyphen",
    repair: Repair::KebabAfterLetter,
};

/// Name of a node pool. Source: googleapis, `google/container/v1/cluster_service.proto`.
pub const NODE_POOL_NAME: Grammar = Grammar {
    name: "node-pool-name",
    code: Code::NodePoolName,
    noun: "the name of a node pool",
    ..CLUSTER_NAME
};

/// Workload identity pool of a GKE project. Source: GKE, "Authenticate to Google Cloud APIs from
/// GKE workloads"; other universes have their name between project and suffix.
pub const WORKLOAD_POOL: Grammar = Grammar {
    name: "workload-pool",
    code: Code::WorkloadPool,
    noun: "a workload identity pool",
    pattern: r"^[a-z0-9][-a-z0-9.:]*\.svc\.id\.goog$",
    min: 1,
    max: None,
    words: "`PROJECT.svc.id.goog`, PROJECT being the ID of the cluster's project",
    repair: Repair::None,
};

/// E-mail of a service account, made by a user or by Google. Source: IAM, "Types of service
/// accounts".
pub const ACCOUNT_EMAIL: Grammar = Grammar {
    name: "account-email",
    code: Code::AccountEmail,
    noun: "the e-mail of a service account",
    pattern: r"^[-a-z0-9.]+@[a-z0-9][-a-z0-9.]*\.gserviceaccount\.com$",
    min: 1,
    max: None,
    words: "`ID@PROJECT.iam.gserviceaccount.com`",
    repair: Repair::None,
};

/// Title, expression or description of an IAM condition: one line. Source: IAM, "Overview of IAM
/// Conditions"; that it is one line is what gcloud prints and reads back.
pub const CONDITION_TEXT: Grammar = Grammar {
    name: "condition-text",
    code: Code::Condition,
    noun: "one line of text",
    pattern: r"^[^\u0000-\u001f\u007f]+$",
    min: 1,
    max: None,
    words: "write it on one line, without control characters",
    repair: Repair::None,
};

/// Region of Google Cloud, such as `us-central1`. Source: the list of regions and zones in the
/// Compute Engine documentation: words and a number, without a zone letter.
pub const REGION: Grammar = Grammar {
    name: "region",
    code: Code::Location,
    noun: "a region",
    pattern: "^[a-z]+(-[a-z]+)*-[a-z]+[0-9]+$",
    min: 1,
    max: Some(63),
    words: "a region ends with a number, such as `us-central1`; for a zone there is `zone`",
    repair: Repair::LowerCase,
};

/// Zone of Google Cloud, such as `us-central1-a`. Source: as for [`REGION`].
pub const ZONE: Grammar = Grammar {
    name: "zone",
    code: Code::Location,
    noun: "a zone",
    pattern: "^[a-z]+(-[a-z]+)*-[a-z]+[0-9]+-[a-z][a-z0-9]*$",
    min: 1,
    max: Some(63),
    words: "a zone is a region and a letter, such as `us-central1-a`; for a region there is `region`",
    repair: Repair::LowerCase,
};

/// DNS label of RFC 1123: a namespace, a container, and what becomes the value of a label.
/// Source: Kubernetes, "Object Names and IDs".
pub const DNS_LABEL: Grammar = Grammar {
    name: "dns-label",
    code: Code::DnsLabel,
    noun: "a name",
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    min: 1,
    max: Some(63),
    words: "up to 63 lower case letters, digits and hyphens, starting and ending with a letter or digit",
    repair: Repair::Kebab,
};

/// DNS subdomain of RFC 1123: a `ServiceAccount`, a `ConfigMap`, a Secret. Source: Kubernetes,
/// "Object Names and IDs".
pub const DNS_SUBDOMAIN: Grammar = Grammar {
    name: "dns-subdomain",
    code: Code::DnsSubdomain,
    noun: "a name",
    pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    min: 1,
    max: Some(253),
    words: "up to 253 lower case letters, digits, hyphens and dots, each part between dots starting and ending with a letter or digit",
    repair: Repair::Kebab,
};

/// Kind of a Kubernetes object. Source: Kubernetes, "API Conventions", Types (Kinds).
pub const KIND: Grammar = Grammar {
    name: "kind",
    code: Code::Kind,
    noun: "a kind of Kubernetes",
    pattern: "^[A-Z][A-Za-z0-9]*$",
    min: 1,
    max: Some(63),
    words: "letters and digits, beginning with a capital, as `StatefulSet`",
    repair: Repair::Capital,
};

/// Key of a label or an annotation. Source: Kubernetes, "Labels and Selectors". That the part
/// after the slash has at most 63 characters is checked by the rules.
pub const QUALIFIED_NAME: Grammar = Grammar {
    name: "qualified-name",
    code: Code::QualifiedName,
    noun: "a key of labels and annotations",
    pattern: r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    min: 1,
    max: Some(317),
    words: "an optional DNS name and `/`, then up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit",
    repair: Repair::None,
};

/// Value of a label. Source: Kubernetes, "Labels and Selectors".
pub const LABEL_VALUE: Grammar = Grammar {
    name: "label-value",
    code: Code::LabelValue,
    noun: "a label value",
    pattern: "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
    min: 0,
    max: Some(63),
    words: "up to 63 letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit, or nothing at all",
    repair: Repair::None,
};

/// Name of an environment variable, as every Kubernetes version takes it. Source: Kubernetes,
/// `IsEnvVarName` in apimachinery.
pub const ENV_NAME: Grammar = Grammar {
    name: "env-name",
    code: Code::EnvName,
    noun: "the name of an environment variable",
    pattern: r"^([_a-zA-Z-]|\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$",
    min: 1,
    max: None,
    words: "letters, digits, `_`, `-` and `.`, not starting with a digit or `..`",
    repair: Repair::None,
};

/// Key of a `ConfigMap` or Secret. Source: Kubernetes, `IsConfigMapKey` in apimachinery.
pub const CONFIG_KEY: Grammar = Grammar {
    name: "config-key",
    code: Code::ConfigKey,
    noun: "a key of a ConfigMap or Secret",
    pattern: r"^([-_a-zA-Z0-9]|\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$",
    min: 1,
    max: Some(253),
    words: "up to 253 letters, digits, `-`, `_` and `.`, not starting with `..`",
    repair: Repair::None,
};

/// Amount of a resource. Source: Kubernetes API, Quantity.
pub const QUANTITY: Grammar = Grammar {
    name: "quantity",
    code: Code::Quantity,
    noun: "a quantity",
    pattern: r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$",
    min: 1,
    max: None,
    words: "a number and a unit: `250m` of a CPU, `512Mi` or `1Gi` of bytes",
    repair: Repair::None,
};

/// Image reference. Source: the grammar in the `reference` package of the distribution project.
/// The lengths of repository, tag and digest are checked by the rules.
pub const IMAGE: Grammar = Grammar {
    name: "image",
    code: Code::Image,
    noun: "an image reference",
    pattern: r"^([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*(:[0-9]+)?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]+)?$",
    min: 1,
    max: None,
    words: "[registry/]path[:tag][@digest], the path in lower case",
    repair: Repair::None,
};

/// Name of an IAM role. Source: IAM, "Roles and permissions"; the ids of custom roles as in
/// Terraform's Google provider.
pub const ROLE: Grammar = Grammar {
    name: "role",
    code: Code::Role,
    noun: "a role",
    pattern: r"^(roles/[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*|projects/[a-z0-9.:-]+/roles/[A-Za-z0-9_.]+|organizations/[0-9]+/roles/[A-Za-z0-9_.]+)$",
    min: 1,
    max: None,
    words: "`roles/NAME`, `projects/PROJECT/roles/ID` or `organizations/NUMBER/roles/ID`",
    repair: Repair::RolePrefix,
};

/// Free text that ends up on a command line or in an environment, neither of which can carry NUL.
pub const TEXT: Grammar = Grammar {
    name: "text",
    code: Code::NulCharacter,
    noun: "a text without NUL characters",
    pattern: r"^[^\u0000]*$",
    min: 0,
    max: None,
    words: "take it out: no command line and no environment can carry it",
    repair: Repair::None,
};

/// Every grammar.
pub const ALL: &[&Grammar] = &[
    &PROJECT_ID,
    &ACCOUNT_ID,
    &CLUSTER_NAME,
    &NODE_POOL_NAME,
    &WORKLOAD_POOL,
    &ACCOUNT_EMAIL,
    &CONDITION_TEXT,
    &REGION,
    &ZONE,
    &DNS_LABEL,
    &DNS_SUBDOMAIN,
    &KIND,
    &QUALIFIED_NAME,
    &LABEL_VALUE,
    &ENV_NAME,
    &CONFIG_KEY,
    &QUANTITY,
    &IMAGE,
    &ROLE,
    &TEXT,
];

impl Grammar {
    /// The grammar of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|grammar| grammar.name == name)
    }

    /// A valid name close to the invalid one, where lower case and hyphens make one.
    pub fn suggest(&self, invalid: &str) -> Option<String> {
        match self.repair {
            Repair::None => return None,
            Repair::LowerCase => {
                let lower = invalid.to_ascii_lowercase();
                return (lower != invalid && !lower.contains([' ', '_'])).then_some(lower);
            }
            Repair::Capital => {
                let (first, rest) = invalid.split_at_checked(1)?;
                let is_word = invalid.bytes().all(|b| b.is_ascii_alphanumeric());
                let fits = is_word && first.bytes().all(|b| b.is_ascii_lowercase());
                return fits.then(|| first.to_ascii_uppercase() + rest);
            }
            Repair::RolePrefix => {
                let (prefix, rest) = invalid.split_once('/').unwrap_or(("roles", invalid));
                let is_prefix = ["role", "roles"].iter().any(|it| prefix.eq_ignore_ascii_case(it));
                let invalid = if is_prefix { rest } else { invalid };
                let word = |part: &str| {
                    !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                };
                // Three are those of a permission.
                let named = invalid.split('.').count() == 2 && invalid.split('.').all(word);
                return named.then(|| format!("roles/{invalid}"));
            }
            Repair::Kebab | Repair::KebabAfterLetter => {}
        }
        let mut name = String::new();
        for c in invalid.trim().chars() {
            match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9') => name.push(c),
                _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
                _ => {}
            }
        }
        let max = if self.name == PROJECT_ID.name { Some(PROJECT_ID_LENGTH.1) } else { self.max };
        name.truncate(max.unwrap_or(name.len()));
        let name = name.trim_end_matches('-');
        let starts_well =
            self.repair == Repair::Kebab || name.starts_with(|c: char| c.is_ascii_lowercase());
        (starts_well && name.len() >= self.min && name != invalid).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_lower_case_and_hyphens() {
        assert_eq!(DNS_LABEL.suggest("Fast_API books "), Some("fast-api-books".into()));
        assert_eq!(ACCOUNT_ID.suggest("api"), None);
        assert_eq!(ACCOUNT_ID.suggest("1_account"), None);
        assert_eq!(DNS_LABEL.suggest("ÄÖÜ"), None);
        assert_eq!(ROLE.suggest("logging.logWriter"), Some("roles/logging.logWriter".into()));
        assert_eq!(ROLE.suggest("role/logging.logWriter"), Some("roles/logging.logWriter".into()));
        assert_eq!(ROLE.suggest("roles/"), None);
        // A permission, which no role is called like.
        assert_eq!(ROLE.suggest("secretmanager.versions.access"), None);
        assert_eq!(KIND.suggest("statefulSet"), Some("StatefulSet".into()));
        assert_eq!(KIND.suggest("apps/v1"), None);
        assert_eq!(REGION.suggest("US-Central1"), Some("us-central1".into()));
        assert_eq!(REGION.suggest("us central1"), None);
        assert_eq!(ACCOUNT_ID.suggest(&"a".repeat(40)), Some("a".repeat(30)));
    }

    #[test]
    fn names_are_unique() {
        for (index, grammar) in ALL.iter().enumerate() {
            assert!(
                ALL[..index].iter().all(|other| other.name != grammar.name),
                "{}",
                grammar.name
            );
        }
    }
}
