//! The values that templates can print.

use std::collections::BTreeMap;

use minijinja::value::{Serde, Value};

use super::identity_context::IdentityContext;
use crate::model::identity::Identity;
use crate::model::previous::Previous;
use crate::model::workload::Workload;

/// The values that templates see, by name.
pub(super) type Context = BTreeMap<&'static str, Value>;

/// The names of the values.
pub(super) const NAMES: [&str; 3] = ["spec", "identity", "workload"];

/// The values of one app; `spec` is the file name of its spec.
pub(super) fn context(
    spec: &str,
    identity: &Identity,
    previous: Option<&Previous>,
    library: Option<&str>,
    workload: &Workload,
) -> Context {
    let identity = Serde(IdentityContext::new(identity, previous, library));
    let values = [Value::from(spec), Value::from(identity), Value::from(Serde(workload))];
    NAMES.into_iter().zip(values).collect()
}

/// The values of what all apps of a workspace share.
pub(super) fn shared_context(workspace: &str) -> Context {
    let values = [Value::from(workspace), Value::from(()), Value::from(())];
    NAMES.into_iter().zip(values).collect()
}
