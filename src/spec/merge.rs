//! One document over another: what they are together, and which of the two each part comes from. The
//! environments of a spec are such documents.

use serde_json::{Map, Value};

/// The keys of which a table has one: the table, and the keys.
const EXCLUSIVE: [(&str, &[&str]); 3] = [
    ("", &["deployment", "statefulSet", "daemonSet", "job", "cronJob"]),
    ("/cluster", &["region", "zone"]),
    ("/googleServiceAccount", &["name", "email"]),
];

/// A part of a document over a whole one.
#[derive(Debug, Clone)]
pub struct Overlay<'a> {
    /// The whole one.
    pub base: &'a Value,
    /// The part, which goes before it.
    pub over: &'a Value,
    /// Where the part stands: a JSON pointer.
    pub at: String,
}

impl Overlay<'_> {
    /// The two together: tables by their keys, everything else replaced. Where a table has one of several
    /// keys (`cluster.region` and `zone`, `googleServiceAccount.name` and `email`, the kinds of
    /// workload), that of the part takes those of the whole away.
    pub fn merged(&self) -> Value {
        let mut merged = self.base.clone();
        merge(&mut merged, self.over, "");
        merged
    }

    /// Where a node of the merged document comes from: its pointer in the whole, or below the place of
    /// the part. Of a node that is missing, where the nearest table around it comes from.
    pub fn origin(&self, pointer: &str) -> String {
        let (mut base, mut over) = (Some(self.base), self.over);
        let is_theirs = 'walk: {
            for step in pointer.split('/').skip(1) {
                let key = step.replace("~1", "/").replace("~0", "~");
                let below = base.and_then(|base| base.get(&key));
                match over.get(&key) {
                    // Here the part ends, and with it what it says.
                    None => break 'walk base.is_none_or(|base| !base.is_object()),
                    Some(part) => (base, over) = (below, part),
                }
                if !over.is_object() {
                    break 'walk true;
                }
            }
            base.is_none_or(|base| !base.is_object())
        };
        if is_theirs { format!("{}{pointer}", self.at) } else { pointer.to_owned() }
    }
}

fn merge(base: &mut Value, over: &Value, pointer: &str) {
    let (Value::Object(table), Value::Object(part)) = (&mut *base, over) else {
        base.clone_from(over);
        return;
    };
    for (_, keys) in EXCLUSIVE.iter().filter(|(table, _)| *table == in_spec(pointer)) {
        exclude(table, part, keys);
    }
    for (key, value) in part {
        match table.get_mut(key) {
            Some(below) => merge(below, value, &format!("{pointer}/{key}")),
            None => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The pointer of a table without the envelope, and without the environment that it is in.
fn in_spec(pointer: &str) -> &str {
    let flat = pointer.strip_prefix("/spec").unwrap_or(pointer);
    match flat.strip_prefix("/environments/") {
        Some(below) => below.find('/').map_or("", |end| &below[end..]),
        None => flat,
    }
}

/// Takes out of a table what cannot stand beside a key that it is to have. `pointer` is that of the table.
pub fn make_way(table: &mut Map<String, Value>, pointer: &str, key: &str) {
    let part = Map::from_iter([(key.to_owned(), Value::Null)]);
    for (_, keys) in EXCLUSIVE.iter().filter(|(table, _)| *table == in_spec(pointer)) {
        exclude(table, &part, keys);
    }
}

fn exclude(table: &mut Map<String, Value>, part: &Map<String, Value>, keys: &[&str]) {
    if keys.iter().any(|key| part.contains_key(*key)) {
        for key in keys.iter().filter(|key| !part.contains_key(**key)) {
            table.shift_remove(*key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with<T>(base: &Value, over: &Value, then: impl Fn(Overlay<'_>) -> T) -> T {
        then(Overlay { base, over, at: "/environments/prod".to_owned() })
    }

    #[test]
    fn tables_are_merged_and_the_rest_is_replaced() {
        let base = json!({
            "name": "a",
            "cluster": {"name": "c", "zone": "z"},
            "googleServiceAccount": {"email": "e", "project": "p"},
            "grants": [{"roles": ["x", "y"]}],
            "container": {"env": {"A": "1", "B": "2"}},
        });
        let over = json!({
            "cluster": {"region": "r"},
            "googleServiceAccount": {"name": "n"},
            "grants": [{"roles": ["z"]}],
            "container": {"env": {"A": {"valueFrom": {}}, "C": "3"}},
        });
        assert_eq!(
            with(&base, &over, |overlay| overlay.merged()),
            json!({
                "name": "a",
                "cluster": {"name": "c", "region": "r"},
                "googleServiceAccount": {"project": "p", "name": "n"},
                "grants": [{"roles": ["z"]}],
                "container": {"env": {"A": {"valueFrom": {}}, "B": "2", "C": "3"}},
            })
        );
    }

    #[test]
    fn every_node_has_its_origin() {
        let base = json!({
            "cluster": {"name": "c"},
            "grants": [{"roles": ["x"]}],
            "labels": {"a/b": "1", "c": "2"},
            "container": {"env": {"A": "1"}},
        });
        let over = json!({
            "cluster": {"region": "r"},
            "grants": [],
            "labels": {"a/b": "3"},
            "pod": {"volumes": []},
            "container": {"env": {"A": {"valueFrom": {}}}},
        });
        for theirs in [
            "/cluster/region",
            "/grants",
            "/grants/0/roles",
            "/labels/a~1b",
            "/pod",
            "/pod/volumes/0",
            "/pod/missing",
            "/container/env/A",
            "/container/env/A/valueFrom/fieldRef",
        ] {
            let origin = with(&base, &over, |overlay| overlay.origin(theirs));
            assert_eq!(origin, format!("/environments/prod{theirs}"));
        }
        for own in [
            "",
            "/cluster",
            "/cluster/name",
            "/cluster/zone",
            "/labels/c",
            "/container/env",
            "/sidecars/0",
        ] {
            assert_eq!(with(&base, &over, |overlay| overlay.origin(own)), own);
        }
    }
}
