//! The strings of a spec that have a pattern: a type for each, which only holds strings that match.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::diagnostics::quoted;
use crate::google::names as google;
use crate::kubernetes::names as kubernetes;
use crate::text::{NUL_FREE, NamePattern};

/// Which strings a type holds.
pub(super) trait StringRule {
    fn accepts(&self, string: &str) -> bool;

    fn schema(&self) -> Schema;
}

impl StringRule for NamePattern {
    fn accepts(&self, string: &str) -> bool {
        self.matches(string)
    }

    fn schema(&self) -> Schema {
        let mut schema = json_schema!({ "type": "string" });
        for (keyword, value) in keywords(self) {
            schema.insert(keyword, value);
        }
        schema
    }
}

struct NotEmpty;

impl StringRule for NotEmpty {
    fn accepts(&self, string: &str) -> bool {
        !string.is_empty()
    }

    fn schema(&self) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}

/// Defines types of strings that a rule accepts. They behave like `str`.
macro_rules! strings {
    ($($(#[$doc:meta])* $name:ident: $rule:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(string: String) -> Result<Self, String> {
                if $rule.accepts(&string) {
                    Ok(Self(string))
                } else {
                    Err(format!("{} is not valid", quoted(&string)))
                }
            }
        }

        impl $name {
            /// The string.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $rule.schema()
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<$name> for str {
            fn eq(&self, other: &$name) -> bool {
                *self == other.0
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    )*};
}

strings! {
    /// DNS label.
    DnsLabel: kubernetes::DNS_LABEL;
    /// DNS subdomain.
    DnsSubdomain: kubernetes::DNS_SUBDOMAIN;
    /// Kind of a Kubernetes object.
    KindName: kubernetes::KIND;
    /// Key of a label or an annotation.
    QualifiedName: kubernetes::QUALIFIED_NAME;
    /// Key of an annotation.
    AnnotationKey: kubernetes::ANNOTATION_KEY;
    /// Value of a label.
    LabelValue: kubernetes::LABEL_VALUE;
    /// Name of an environment variable.
    EnvName: kubernetes::ENV_NAME;
    /// Image reference.
    ImageReference: kubernetes::IMAGE;
    /// ID of a Google Cloud project.
    ProjectId: google::PROJECT_ID;
    /// ID of a Google Cloud service account.
    AccountId: google::ACCOUNT_ID;
    /// Email of a Google Cloud service account.
    AccountEmail: google::ACCOUNT_EMAIL;
    /// Name of a GKE cluster.
    ClusterName: google::CLUSTER_NAME;
    /// Name of a node pool.
    NodePoolName: google::NODE_POOL_NAME;
    /// Workload identity pool.
    WorkloadPool: google::WORKLOAD_POOL;
    /// Region of Google Cloud.
    Region: google::REGION;
    /// Zone of Google Cloud.
    Zone: google::ZONE;
    /// Name of an IAM role.
    Role: google::ROLE;
    /// Range of IP addresses.
    IpRange: google::IP_RANGE;
    /// Where pods reach Google APIs.
    GoogleApis: google::GOOGLE_APIS;
    /// Part of an IAM condition: one line.
    ConditionText: google::CONDITION_TEXT;
    /// String without NUL characters.
    NulFree: NUL_FREE;
    /// String that is not empty.
    NonEmptyString: NotEmpty;
}

impl DnsLabel {
    /// The namespace of an app that names none.
    pub(super) fn default_namespace() -> Self {
        Self("default".to_owned())
    }
}

impl GoogleApis {
    /// Those of `private.googleapis.com`.
    pub(super) fn private() -> Vec<Self> {
        vec![Self("private".to_owned())]
    }

    /// The range of addresses.
    pub fn range(&self) -> &str {
        let named = google::NAMED_APIS.iter().find(|(name, _)| *name == self.as_str());
        named.map_or(self.as_str(), |(_, range)| range)
    }
}

pub(super) fn pattern_named(name: &str) -> Option<&'static NamePattern> {
    let all = google::ALL.into_iter().chain(kubernetes::ALL).chain([&NUL_FREE]);
    all.into_iter().find(|pattern| pattern.name == name)
}

/// What a schema says of a string, except that it is one.
pub(super) fn keywords(pattern: &NamePattern) -> Map<String, Value> {
    let mut keywords = Map::new();
    keywords.insert("$comment".into(), pattern.name.into());
    keywords.insert("pattern".into(), pattern.pattern.into());
    if pattern.min > 0 {
        keywords.insert("minLength".into(), pattern.min.into());
    }
    if let Some(max) = pattern.max {
        keywords.insert("maxLength".into(), max.into());
    }
    keywords
}
