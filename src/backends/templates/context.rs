//! The values that templates can print.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Serde, Value};

use super::identity_context::IdentityContext;
use super::terraform_context::TerraformContext;
use crate::backends::config_connector::ConfigConnectorContext;
use crate::model::identity::Identity;
use crate::model::previous::Previous;
use crate::model::workload::Workload;
use crate::spec::types::CloudFormat;

/// The values that templates see, by name. There are few, so that a search is faster than a map.
#[derive(Debug, Clone)]
pub(super) struct Context(Vec<(&'static str, Value)>);

impl Context {
    /// Adds a hidden value.
    pub(super) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.0.push((name, value));
        self
    }
}

impl FromIterator<(&'static str, Value)> for Context {
    fn from_iter<I: IntoIterator<Item = (&'static str, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.iter().find_map(|(name, value)| (*name == key).then(|| value.clone()))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(name, _)| Value::from(*name)).collect())
    }
}

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
