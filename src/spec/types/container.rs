//! The app's container and pods, and what selects workloads that others manage.

use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::diagnostics::Location;
use crate::diagnostics::pointer::join;
use crate::kubernetes::names::ENV_NAME;
use crate::spec::names::{
    DnsLabel, DnsSubdomain, EnvName, ImageReference, KindName, NulFree, keywords,
};
use crate::spec::{fields, kubernetes_tables};
use crate::text::{NUL_FREE, OrderedMap};

/// The app's container. Every key that is not described here is one of a Kubernetes `Container`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = kubernetes_tables::container, example = json!({"image": "us-docker.pkg.dev/my-project/books/api:1.4.2", "port": 8000}))]
pub struct Container {
    /// Name of the container. Default: the app's name.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"fastapi")]
    pub name: Option<DnsLabel>,

    /// Image reference.
    #[schemars(example = &"us-docker.pkg.dev/my-project/books/api:1.4.2")]
    pub image: ImageReference,

    /// Port that the container listens on. It comes before those in `ports`. To name it, write only
    /// `ports`.
    #[serde(default, deserialize_with = "fields::positive")]
    #[schemars(range(min = 1, max = 65535), example = 8000)]
    pub port: Option<u16>,

    /// Environment variables: a table of strings, and of tables with `valueFrom` as in Kubernetes; or
    /// the list of Kubernetes. Variables of a table keep their order, except that each comes after
    /// those that it refers to as `$(NAME)`; a list keeps its order.
    #[serde(default)]
    #[schemars(schema_with = "env_schema", example = json!({"GCP_PROJECT": "my-project"}))]
    pub env: Env,

    /// Every other field of a Kubernetes `Container`, as it is.
    #[serde(flatten, deserialize_with = "fields::kubernetes")]
    #[schemars(skip)]
    pub kubernetes: Map<String, Value>,
}

/// The app's pods. Every key that is not described here is one of a Kubernetes `PodSpec`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(transform = kubernetes_tables::pod, example = json!({"terminationGracePeriodSeconds": 60, "securityContext": {"runAsNonRoot": true}}))]
pub struct Pod {
    /// Labels of the pods only.
    #[serde(default, deserialize_with = "fields::labels")]
    #[schemars(schema_with = "fields::labels_schema", example = json!({"tier": "backend"}))]
    pub labels: OrderedMap<String>,

    /// Annotations of the pods only.
    #[serde(default, deserialize_with = "fields::annotations")]
    #[schemars(schema_with = "fields::annotations_schema", example = json!({"prometheus.io/scrape": "true"}))]
    pub annotations: OrderedMap<String>,

    /// Every other field of a Kubernetes `PodSpec`, as it is.
    #[serde(flatten, deserialize_with = "fields::kubernetes")]
    #[schemars(skip)]
    pub kubernetes: Map<String, Value>,
}

impl Pod {
    /// Whether the spec says nothing about the pods.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.annotations.is_empty() && self.kubernetes.is_empty()
    }
}

impl Deref for Pod {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.kubernetes
    }
}

/// Selects workloads that wigen does not render: those that match every key that is given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1), example = json!({"kind": "Deployment", "name": "fastapi-books"}))]
pub struct WorkloadSelector {
    /// Kind of the workload: `Deployment`, `StatefulSet`, `Rollout`, …. Default: any.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"Deployment")]
    pub kind: Option<KindName>,

    /// Name of the workload. Default: any.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"fastapi-books")]
    pub name: Option<DnsSubdomain>,

    /// Labels that the workload has, among others. Default: any.
    #[serde(default, deserialize_with = "fields::match_labels")]
    #[schemars(schema_with = "fields::match_labels_schema", example = json!({"app.kubernetes.io/instance": "books"}))]
    pub match_labels: OrderedMap<String>,
}

/// Whether to wait for the metadata server, and in which image.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum WaitForMetadata {
    /// Whether to wait, in the default image.
    Switch(bool),
    /// Wait in this image.
    Image(ImageReference),
}

/// Environment variables.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// The variables.
    pub variables: Vec<EnvVariable>,
    /// Whether they are a list, whose order says which may refer to which.
    pub is_list: bool,
}

/// An environment variable.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"name": "GCP_PROJECT", "value": "my-project"}))]
pub struct EnvVariable {
    /// Name of the variable.
    #[schemars(example = &"GCP_PROJECT")]
    pub name: EnvName,

    /// Its value.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"my-project")]
    pub value: Option<NulFree>,

    /// The source that Kubernetes takes its value from, an `EnvVarSource`.
    #[serde(default, deserialize_with = "fields::kubernetes_kind")]
    #[schemars(schema_with = "kubernetes_tables::value_from_schema", example = json!({"fieldRef": {"fieldPath": "status.podIP"}}))]
    pub value_from: Option<Map<String, Value>>,
}

/// Where a variable is. Only a finding needs it as a pointer.
#[derive(Debug, Clone, Copy)]
pub enum EnvPlace<'a> {
    /// In a table, under its name.
    Key(&'a str),
    /// In a list.
    Element(usize),
}

impl Env {
    /// The variables, with their places.
    pub fn places(&self) -> impl Iterator<Item = (EnvPlace<'_>, &EnvVariable)> {
        self.variables.iter().enumerate().map(|(index, variable)| {
            let name = EnvPlace::Key(&variable.name);
            (if self.is_list { EnvPlace::Element(index) } else { name }, variable)
        })
    }
}

impl EnvPlace<'_> {
    /// The pointer of the variable.
    pub fn pointer(self) -> String {
        match self {
            Self::Key(name) => join("/container/env", name),
            Self::Element(index) => format!("/container/env/{index}"),
        }
    }

    /// The place of its name.
    pub fn name(self) -> Location {
        match self {
            Self::Key(_) => Location::key(self.pointer()),
            Self::Element(_) => Location::value(self.pointer() + "/name"),
        }
    }

    /// The place of its value.
    pub fn value(self) -> Location {
        match self {
            Self::Key(_) => Location::value(self.pointer()),
            Self::Element(_) => Location::value(self.pointer() + "/value"),
        }
    }
}

impl<'de> Deserialize<'de> for Env {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableOrList;

        impl<'de> Visitor<'de> for TableOrList {
            type Value = Env;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table or a list of variables")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Env, A::Error> {
                let mut variables = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    let (value, value_from) = match value {
                        EnvValue::Literal(value) => (Some(value), None),
                        EnvValue::From { value_from } => (None, value_from),
                    };
                    variables.push(EnvVariable { name, value, value_from });
                }
                Ok(Env { variables, is_list: false })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Env, A::Error> {
                let variables = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(Env { variables, is_list: true })
            }
        }

        deserializer.deserialize_any(TableOrList)
    }
}

/// The value of an environment variable in a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum EnvValue {
    /// A string.
    Literal(NulFree),
    /// The source that Kubernetes takes the value from.
    From {
        /// An `EnvVarSource` of Kubernetes, as it is.
        #[serde(rename = "valueFrom", deserialize_with = "fields::kubernetes_kind")]
        value_from: Option<Map<String, Value>>,
    },
}

/// Selectors, each with at least one key.
pub(super) fn workloads<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<WorkloadSelector>>, D::Error> {
    let selectors: Vec<WorkloadSelector> = fields::not_empty(deserializer)?;
    let is_empty = |it: &WorkloadSelector| {
        it.kind.is_none() && it.name.is_none() && it.match_labels.is_empty()
    };
    if selectors.iter().any(is_empty) {
        return Err(D::Error::custom("a selector is empty"));
    }
    Ok(Some(selectors))
}

/// A table or a list of variables; in the table, a string or an object with `valueFrom`. The schema has
/// no alternatives (`anyOf`), which would turn every mistake into "matches none of the alternatives".
fn env_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut value = json!({
        "type": ["string", "object"],
        "properties": { "valueFrom": kubernetes_tables::value_from() },
        "additionalProperties": false,
        "required": ["valueFrom"],
    });
    for (keyword, rule) in keywords(&NUL_FREE) {
        value[keyword] = rule;
    }
    let mut schema = fields::table_schema(&ENV_NAME, &value);
    schema.insert("type".to_owned(), json!(["object", "array"]));
    schema.insert("items".to_owned(), EnvVariable::json_schema(generator).into());
    schema
}
