//! Applies the rules to the tables of a document.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use serde_json::Value;

use super::place::Place;
use super::rule::{Found, Rule, Rules, Table};
use super::view::WorkloadView;
use super::{
    across_pods, across_workloads, container, job, metadata, others, pod, scheduling, security,
    volumes, workload,
};
use crate::diagnostics::Diagnostic;
use crate::kubernetes::definitions::Definition;
use crate::kubernetes::field_schema::FieldSchema;
use crate::kubernetes::version::Version;

/// The rules about single tables; each list is sorted.
pub(super) const ALL: [&[Rules]; 9] = [
    container::RULES,
    job::RULES,
    metadata::RULES,
    others::RULES,
    pod::RULES,
    scheduling::RULES,
    security::RULES,
    volumes::RULES,
    workload::RULES,
];

fn rules_of(definition: &str) -> &'static [Rule] {
    static BY_NAME: LazyLock<HashMap<&str, &[Rule], RandomState>> = LazyLock::new(|| {
        let all = ALL.iter().flat_map(|rules| rules.iter());
        all.map(|Rules(definition, _, rules)| (*definition, *rules)).collect()
    });
    BY_NAME.get(definition).copied().unwrap_or_default()
}

/// Adds what the table of a definition, at a JSON pointer, and all tables below it break.
pub fn check(
    definition: &str,
    table: &Table,
    pointer: &str,
    version: Version,
    found: &mut Vec<Diagnostic>,
) {
    if let Some(definition) = Definition::named(definition) {
        check_table(definition, table, &Place::Root(pointer), version, found);
    }
}

/// Adds what a workload breaks as a whole.
pub fn check_workload(workload: &WorkloadView<'_>, version: Version, found: &mut Vec<Diagnostic>) {
    for (_, _, rule) in across_pods::RULES {
        rule(workload, &workload.pod, version, found);
    }
    for (_, _, rule) in across_workloads::RULES {
        rule(workload, found);
    }
}

fn check_table(
    definition: &'static Definition,
    table: &Table,
    at: &Place<'_>,
    version: Version,
    found: &mut Found,
) {
    for rule in rules_of(definition.name) {
        rule.check(table, at, version, found);
    }
    for (key, value) in table {
        if (value.is_object() || value.is_array())
            && let Some(field) = definition.field(key)
        {
            check_field(field, value, &at.at(key), version, found);
        }
    }
}

fn check_field(
    field: &'static FieldSchema,
    value: &Value,
    at: &Place<'_>,
    version: Version,
    found: &mut Found,
) {
    match value {
        Value::Object(table) => {
            if let Some(definition) = Definition::of_field(field) {
                check_table(definition, table, at, version, found);
            }
        }
        Value::Array(list) => {
            let Some(items) = field.items.as_deref() else { return };
            for (index, element) in list.iter().enumerate() {
                check_field(items, element, &at.element(index), version, found);
            }
        }
        _ => {}
    }
}
