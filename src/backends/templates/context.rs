//! The values that templates can print.

use std::collections::BTreeMap;

use minijinja::value::{Serde, Value};

use crate::model::identity::Identity;
use crate::model::workload::Workload;

/// The values that templates see, by name.
pub(super) type Context = BTreeMap<&'static str, Value>;

/// The names of the values.
pub(super) const NAMES: [&str; 3] = ["spec", "identity", "workload"];

/// The values of one app; `spec` is the file name of its spec.
pub(super) fn context(spec: &str, identity: &Identity, workload: &Workload) -> Context {
    let values = [Value::from(spec), Value::from(Serde(identity)), Value::from(Serde(workload))];
    NAMES.into_iter().zip(values).collect()
}
