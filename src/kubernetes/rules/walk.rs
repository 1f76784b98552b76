//! Applies the rules to the tables of a document.

use serde_json::Value;

use super::place::Place;
use super::rule::{DefinitionRules, Found, Table};
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
pub(super) const ALL: [&[DefinitionRules]; 9] = [
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

fn rules_of(definition: &str) -> Option<&'static DefinitionRules> {
    ALL.iter().find_map(|rules| {
        let at = rules.binary_search_by_key(&definition, |rules| rules.definition).ok()?;
        rules.get(at)
    })
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
    for rule in rules_of(definition.name).into_iter().flat_map(|rules| rules.rules) {
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
            if let Some(definition) = field.definition().and_then(Definition::named) {
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
