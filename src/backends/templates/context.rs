//! The values that templates can print.

use std::collections::BTreeMap;

use minijinja::value::{Serde, Value};

use super::identity_context::IdentityContext;
use super::terraform_context::TerraformContext;
use crate::backends::config_connector::ConfigConnectorContext;
use crate::model::identity::Identity;
use crate::model::previous::Previous;
use crate::model::workload::Workload;
use crate::spec::types::CloudFormat;

/// The values that templates see, by name.
pub(super) type Context = BTreeMap<&'static str, Value>;

/// The names of the values.
pub(super) const NAMES: [&str; 5] =
    ["spec", "identity", "workload", "terraform", "config_connector"];

/// The values of one app; `spec` is the file name of its spec.
pub(super) fn context(
    spec: &str,
    identity: &Identity,
    previous: Option<&Previous>,
    workload: &Workload,
    library: Option<&str>,
    import: Option<&str>,
) -> Context {
    let none = || Value::from(());
    let (mut terraform, mut config_connector) = (none(), none());
    match identity.format {
        CloudFormat::Terraform => {
            terraform = Value::from(Serde(TerraformContext::new(identity, import)));
        }
        CloudFormat::ConfigConnector => {
            let context = ConfigConnectorContext::new(identity, workload);
            config_connector = Value::from(Serde(context));
        }
        CloudFormat::Gcloud | CloudFormat::None => {}
    }
    let identity = Value::from(Serde(IdentityContext::new(identity, previous, library)));
    let workload = Value::from(Serde(workload));
    let values = [Value::from(spec), identity, workload, terraform, config_connector];
    NAMES.into_iter().zip(values).collect()
}

/// The values of what all apps of a workspace share.
pub(super) fn shared_context(workspace: &str) -> Context {
    let none = || Value::from(());
    let values = [Value::from(workspace), none(), none(), none(), none()];
    NAMES.into_iter().zip(values).collect()
}
