//! The app's container, and what selects workloads that others manage.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::{Map, Value, json};

use crate::kubernetes::names::ENV_NAME;
use crate::spec::deserialize::deserialize;
use crate::spec::names::{
    ConfigKey, DnsLabel, DnsSubdomain, EnvName, ImageReference, KindName, NonEmptyString, NulFree,
    Quantity, keywords,
};
use crate::spec::{fields, kubernetes_tables};
use crate::text::NUL_FREE;

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

    /// Environment variables: strings, or tables with `valueFrom` as in Kubernetes. They keep their
    /// order, except that a variable comes after those that it refers to as `$(NAME)`.
    #[serde(default, deserialize_with = "env")]
    #[schemars(schema_with = "env_schema", example = json!({"GCP_PROJECT": "my-project"}))]
    pub env: IndexMap<String, EnvValue>,

    /// Every other field of a Kubernetes `Container`, as it is.
    #[serde(flatten)]
    #[schemars(skip)]
    pub kubernetes: Map<String, Value>,
}

/// Which workloads of others are meant: those for which all that is given here is so.
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
    pub match_labels: IndexMap<String, String>,
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

/// The value of an environment variable.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum EnvValue {
    /// A string.
    Literal(NulFree),
    /// The source that Kubernetes takes the value from.
    From {
        /// An `EnvVarSource` of Kubernetes, as it is.
        #[serde(rename = "valueFrom", deserialize_with = "value_source")]
        value_from: Value,
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

fn env<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IndexMap<String, EnvValue>, D::Error> {
    fields::table::<D, EnvName, EnvValue, _>(deserializer)
}

/// The one source of an environment variable, as it is.
fn value_source<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let source = Value::deserialize(deserializer)?;
    deserialize::<ValueSource>(&source).map_err(D::Error::custom)?;
    if source.as_object().is_some_and(|sources| sources.len() == 1) {
        Ok(source)
    } else {
        Err(D::Error::custom("there is not exactly one source"))
    }
}

/// A string, or an object with `valueFrom`. The schema has no alternatives (`anyOf`), which would turn
/// every mistake in the object into "matches none of the alternatives".
fn env_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut value = json!({
        "type": ["string", "object"],
        "properties": { "valueFrom": ValueSource::json_schema(generator) },
        "additionalProperties": false,
        "required": ["valueFrom"],
    });
    for (keyword, rule) in keywords(&NUL_FREE) {
        value[keyword] = rule;
    }
    fields::table_schema(&ENV_NAME, &value)
}

/// Where Kubernetes takes the value from: one of its sources.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1), example = json!({"fieldRef": {"fieldPath": "status.podIP"}}))]
#[expect(dead_code, reason = "only whether it deserializes matters")]
#[expect(clippy::struct_field_names, reason = "Kubernetes names the fields")]
struct ValueSource {
    /// A key of a ConfigMap.
    #[serde(default, deserialize_with = "fields::given")]
    config_map_key_ref: Option<ConfigMapKeyRef>,

    /// A field of the pod.
    #[serde(default, deserialize_with = "fields::given")]
    field_ref: Option<FieldRef>,

    /// A resource of the container.
    #[serde(default, deserialize_with = "fields::given")]
    resource_field_ref: Option<ResourceFieldRef>,

    /// A key of a Secret.
    #[serde(default, deserialize_with = "fields::given")]
    secret_key_ref: Option<SecretKeyRef>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({"name": "fastapi-config", "key": "log-level"}))]
#[expect(dead_code, reason = "only whether it deserializes matters")]
struct ConfigMapKeyRef {
    /// Name of the ConfigMap.
    #[schemars(example = &"fastapi-config")]
    name: DnsSubdomain,

    /// Key in the ConfigMap.
    #[schemars(example = &"log-level")]
    key: ConfigKey,

    /// Whether the ConfigMap or its key may be absent.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = true)]
    optional: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({"name": "fastapi-config", "key": "log-level"}))]
#[expect(dead_code, reason = "only whether it deserializes matters")]
struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(example = &"fastapi-config")]
    name: DnsSubdomain,

    /// Key in the Secret.
    #[schemars(example = &"log-level")]
    key: ConfigKey,

    /// Whether the Secret or its key may be absent.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = true)]
    optional: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"fieldPath": "status.podIP"}))]
#[expect(dead_code, reason = "only whether it deserializes matters")]
struct FieldRef {
    /// Version of the schema that the path is written in.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"v1")]
    api_version: Option<NonEmptyString>,

    /// Path of the field.
    #[schemars(example = &"status.podIP")]
    field_path: NonEmptyString,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"resource": "limits.memory"}))]
#[expect(dead_code, reason = "only whether it deserializes matters")]
struct ResourceFieldRef {
    /// Container that the resource belongs to.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"fastapi")]
    container_name: Option<DnsLabel>,

    /// Unit of the value.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"1Mi")]
    divisor: Option<Quantity>,

    /// Resource of the container.
    #[schemars(example = &"limits.memory")]
    resource: NonEmptyString,
}
