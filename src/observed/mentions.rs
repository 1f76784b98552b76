//! Names of ServiceAccounts in strings that only a program reads, such as arguments, variables and settings, and in
//! subjects of RBAC.

use std::collections::HashSet;

use serde_json::Value;

use crate::kubernetes::is_kubernetes_group;

use super::object::Object;

/// Fields that never name a ServiceAccount.
const OTHER_FIELDS: [&str; 7] =
    ["metadata", "status", "selector", "matchLabels", "labels", "image", "roleRef"];

/// Those of the names that a string of an object, or of some other values, contains as a word.
pub(super) fn mentioned<'n, 'v>(
    objects: &[Object<'_>],
    others: impl Iterator<Item = &'v Value>,
    names: &[&'n str],
) -> HashSet<&'n str> {
    let wanted: HashSet<&'n str> = names.iter().copied().collect();
    let mut found = HashSet::new();
    if !wanted.is_empty() {
        for object in objects.iter().filter(|object| !object.id.is_service_account()) {
            let is_custom = !is_kubernetes_group(object.id.group);
            find(object.value, "", is_custom, &wanted, &mut found);
        }
        others.for_each(|value| find(value, "", true, &wanted, &mut found));
    }
    found
}

fn find<'n>(
    value: &Value,
    key: &str,
    is_custom: bool,
    wanted: &HashSet<&'n str>,
    found: &mut HashSet<&'n str>,
) {
    match value {
        // The name of a container, a volume, a port.
        Value::String(_) if key == "name" && !is_custom => {}
        Value::String(text) => {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c));
            found.extend(words.filter_map(|word| wanted.get(word)));
        }
        Value::Array(list) => {
            for value in list {
                find(value, key, is_custom, wanted, found);
            }
        }
        Value::Object(table) => {
            for (key, value) in table {
                if !OTHER_FIELDS.contains(&key.as_str()) {
                    // Subjects of RBAC name their ServiceAccount as `name`.
                    find(value, key, is_custom || key == "subjects", wanted, found);
                }
            }
        }
        _ => {}
    }
}
