//! What the API server requires of objects besides their types, as tables: the definition, the key, the
//! rule, the versions in which it holds, and the function of Kubernetes that it comes from.

mod across_pods;
mod across_workloads;
mod annotations;
mod container;
mod downward;
mod findings;
mod forms;
mod job;
mod manifest;
pub(super) mod metadata;
mod operating_system;
mod others;
mod place;
mod pod;
mod resources;
mod rule;
mod schedule;
mod scheduling;
mod security;
mod size;
mod view;
mod volumes;
mod walk;
mod words;
mod workload;

use std::sync::LazyLock;

pub use findings::not_a_name;
pub use forms::check_range;
pub use manifest::check_object;
pub use metadata::too_many_annotations;
use rule::{Rules, Table};
pub use size::ObjectSize;
pub use view::{ContainerView, Entry, PodView, WorkloadView};
pub use walk::{check, check_workload};

/// The fields of a container of which nothing is known.
pub fn no_fields() -> &'static Table {
    static NONE: LazyLock<Table> = LazyLock::new(Table::new);
    &NONE
}

/// Every rule for people: the definition, the key, the rule in words, its versions and its source.
pub fn documentation() -> Vec<[String; 5]> {
    let tables = walk::ALL.iter().flat_map(|rules| rules.iter());
    let mut lines: Vec<[String; 5]> = tables
        .flat_map(|Rules(definition, source, rules)| {
            rules.iter().map(|rule| {
                [
                    (*definition).to_owned(),
                    rule.key.to_owned(),
                    rule.words(),
                    rule.versions().to_string(),
                    (*source).to_owned(),
                ]
            })
        })
        .collect();
    lines.sort();
    let every = "every version".to_owned();
    let pods = across_pods::RULES.iter().map(|(words, source, _)| (words, source, "pods"));
    let workloads =
        across_workloads::RULES.iter().map(|(words, source, _)| (words, source, "workloads"));
    lines.extend(pods.chain(workloads).map(|(words, source, of)| {
        [of.to_owned(), String::new(), (*words).to_owned(), every.clone(), (*source).to_owned()]
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::definitions::Definition;

    #[test]
    fn every_list_is_sorted_and_names_keys_of_its_definition() {
        for rules in walk::ALL {
            assert!(rules.is_sorted_by_key(|Rules(definition, ..)| *definition));
            for Rules(name, _, rules) in rules {
                let definition = Definition::named(name).expect(name);
                for rule in *rules {
                    assert!(
                        rule.key.is_empty() || definition.field(rule.key).is_some(),
                        "{name} has no {}",
                        rule.key
                    );
                }
            }
        }
    }
}
