//! Who owns the Google Cloud side.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use strum::{AsRefStr, VariantArray};

use crate::spec::fields;
use crate::spec::names::DnsLabel;

/// The Google Cloud side: the account, its roles, and who may impersonate it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"format": "terraform"}))]
pub struct Cloud {
    /// What it is rendered for; this one tool owns it. `gcloud`: a script. `terraform`: a module.
    /// `configConnector`: objects of Config Connector. `none`: nothing, another tool owns it.
    #[serde(default)]
    #[schemars(schema_with = "fields::words_schema::<CloudFormat>", example = &"terraform")]
    pub format: CloudFormat,

    /// The gcloud script.
    #[serde(default)]
    pub gcloud: GcloudScript,

    /// The objects of Config Connector.
    #[serde(default)]
    pub config_connector: ConfigConnector,
}

/// The one tool that owns the Google Cloud side of an app.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Deserialize,
    Serialize,
    JsonSchema,
    AsRefStr,
    VariantArray,
)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum CloudFormat {
    /// The gcloud script.
    #[default]
    Gcloud,
    /// Terraform.
    Terraform,
    /// Config Connector.
    ConfigConnector,
    /// Another tool, for which wigen renders nothing.
    None,
}

impl CloudFormat {
    /// The tool, as messages name it.
    pub fn tool(self) -> &'static str {
        match self {
            Self::Gcloud => "gcloud.sh",
            Self::Terraform => "Terraform",
            Self::ConfigConnector => "Config Connector",
            Self::None => "another tool",
        }
    }
}

/// The gcloud script.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"library": "shared"}))]
pub struct GcloudScript {
    /// Where the script has its functions. `own`: in itself. `shared`: in `gcloud-lib.sh`, one file for all apps
    /// of the workspace, above their directories; for scripts in files only.
    #[serde(default)]
    #[schemars(schema_with = "fields::words_schema::<ScriptLibrary>", example = &"shared")]
    pub library: ScriptLibrary,
}

/// The objects of Config Connector.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({"deletionPolicy": "abandon"}))]
pub struct ConfigConnector {
    /// Namespace of the objects, which Config Connector must manage. Default: the app's `namespace`.
    #[serde(default, deserialize_with = "fields::given")]
    #[schemars(example = &"config-connector")]
    pub namespace: Option<DnsLabel>,

    /// What happens in Google Cloud when an object is deleted. `delete`: the account or the binding is
    /// deleted, too. `abandon`: it stays, for example to move it to another tool.
    #[serde(default)]
    #[schemars(schema_with = "fields::words_schema::<DeletionPolicy>", example = &"abandon")]
    pub deletion_policy: DeletionPolicy,
}

/// What happens in Google Cloud when an object of Config Connector is deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeletionPolicy {
    /// What it made is deleted.
    #[default]
    Delete,
    /// What it made stays.
    Abandon,
}

/// Where a script has its functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ScriptLibrary {
    /// In itself.
    #[default]
    Own,
    /// In a file that all apps of a workspace share.
    Shared,
}
