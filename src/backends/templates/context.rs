//! The values that templates can print.

use std::collections::BTreeMap;

use minijinja::value::{Serde, Value};

use super::identity_context::IdentityContext;
use super::terraform_context::TerraformContext;
use crate::model::identity::Identity;
use crate::model::previous::Previous;
use crate::model::workload::Workload;
use crate::spec::types::CloudFormat;

/// The values that templates see, by name.
pub(super) type Context = BTreeMap<&'static str, Value>;

/// The names of the values.
pub(super) const NAMES: [&str; 4] = ["spec", "identity", "workload", "terraform"];

/// The values of one app; `spec` is the file name of its spec.
pub(super) fn context(
    spec: &str,
    identity: &Identity,
    previous: Option<&Previous>,
    workload: &Workload,
    library: Option<&str>,
    import: Option<&str>,
) -> Context {
    let terraform = match identity.format {
        CloudFormat::Terraform => Value::from(Serde(TerraformContext::new(identity, import))),
        _ => Value::from(()),
    };
    let identity = Value::from(Serde(IdentityContext::new(identity, previous, library)));
    let values = [Value::from(spec), identity, Value::from(Serde(workload)), terraform];
    NAMES.into_iter().zip(values).collect()
}

/// The values of what all apps of a workspace share.
pub(super) fn shared_context(workspace: &str) -> Context {
    let none = || Value::from(());
    let values = [Value::from(workspace), none(), none(), none()];
    NAMES.into_iter().zip(values).collect()
}
