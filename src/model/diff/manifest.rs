//! Which fields of two manifests differ.

use serde_json::{Map, Value};

/// The deepest paths at which two values differ: `spec.replicas`, `metadata.labels[example.com/team]`,
/// `containers[books].image`. Elements of a list are compared by name if all have one and their order
/// stays; any other list differs as a whole.
pub(super) fn differing(at: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let value = |object: &Map<String, Value>| object.get(key).cloned();
                let (old, new) = (value(old), value(new));
                differing(
                    &step(at, key),
                    &old.unwrap_or_default(),
                    &new.unwrap_or_default(),
                    found,
                );
            }
        }
        (Value::Array(_), Value::Array(_)) => match (by_name(old), by_name(new)) {
            (Some(old), Some(new)) if is_same_order(&old, &new) => {
                let added = new.keys().filter(|name| !old.contains_key(*name));
                for name in old.keys().chain(added) {
                    let at = format!("{at}[{name}]");
                    match (old.get(name), new.get(name)) {
                        (Some(old), Some(new)) => differing(&at, old, new, found),
                        _ => found.push(at),
                    }
                }
            }
            _ => found.push(at.to_owned()),
        },
        _ => found.push(at.to_owned()),
    }
}

fn step(at: &str, key: &str) -> String {
    match (at.is_empty(), key.contains(['.', '/', '[', ']'])) {
        (_, true) => format!("{at}[{key}]"),
        (true, false) => key.to_owned(),
        (false, false) => format!("{at}.{key}"),
    }
}

/// The elements of a list by name, such as containers and variables.
fn by_name(list: &Value) -> Option<Map<String, Value>> {
    let elements = list.as_array()?;
    let name = |element: &Value| element.get("name").or(element.pointer("/metadata/name")).cloned();
    let named: Option<Map<String, Value>> = elements
        .iter()
        .map(|element| Some((name(element)?.as_str()?.to_owned(), element.clone())))
        .collect();
    named.filter(|named| named.len() == elements.len())
}

/// Whether the common elements are in the same order, which matters for variables and init containers.
fn is_same_order(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    let common = old.keys().filter(|name| new.contains_key(*name));
    common.eq(new.keys().filter(|name| old.contains_key(*name)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(old: &Value, new: &Value) -> Vec<String> {
        let mut found = Vec::new();
        differing("", old, new, &mut found);
        found
    }

    #[test]
    fn fields_that_differ_are_reported_by_path() {
        let old =
            json!({"a": {"x.y/z": 1, "b": [1, 2]}, "c": [{"name": "p", "v": 1}, {"name": "q"}]});
        let new = json!({"a": {"x.y/z": 2, "b": [2, 1]}, "c": [{"name": "p", "v": 2}, {"name": "r"}], "d": 1});
        assert_eq!(paths(&old, &new), ["a[x.y/z]", "a.b", "c[p].v", "c[q]", "c[r]", "d"]);
        assert_eq!(paths(&old, &old), [""; 0]);
        // Variables refer to those above them, so their order matters. Duplicate names identify nothing.
        let swapped = json!({"c": [{"name": "q"}, {"name": "p", "v": 1}]});
        assert_eq!(paths(&json!({"c": old["c"]}), &swapped), ["c"]);
        let twice = json!({"c": [{"name": "p"}, {"name": "p"}]});
        assert_eq!(paths(&twice, &json!({"c": [{"name": "p"}, {"name": "q"}]})), ["c"]);
    }
}
