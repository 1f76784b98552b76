//! What a template may print.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use minijinja::value::{Serde, Value};

use crate::model::identity::Identity;
use crate::model::workload::Workload;

/// The facts of an app.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// File name of the spec.
    pub(super) spec: &'a str,
    /// The Google Cloud side.
    pub(super) identity: &'a Identity,
    /// The Kubernetes side.
    pub(super) workload: &'a Workload,
    values: OnceCell<Values>,
}

/// The same for minijinja, by name.
pub(super) type Values = BTreeMap<&'static str, Value>;

/// The names of the facts.
pub(super) const NAMES: [&str; 3] = ["spec", "identity", "workload"];

impl<'a> Facts<'a> {
    pub(super) fn new(spec: &'a str, identity: &'a Identity, workload: &'a Workload) -> Self {
        Self { spec, identity, workload, values: OnceCell::new() }
    }

    /// The facts for minijinja, converted when they are first asked for.
    pub(super) fn values(&self) -> &Values {
        self.values.get_or_init(|| {
            let values = [
                Value::from(self.spec),
                Value::from(Serde(self.identity)),
                Value::from(Serde(self.workload)),
            ];
            NAMES.into_iter().zip(values).collect()
        })
    }
}
