//! The rules of the API server, at their edges: each rule that the documentation lists, in every place
//! where a spec can hold its definition, with values on both sides of its limit.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;
use serde_json::{Map, Value, json};
use wigen::kubernetes::{Version, definition, resolved, rules, types};

use super::shapes::any_value;
use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![every_rule_holds_at_its_edges_wherever_its_definition_occurs, any_table_is_checked]
}

/// The definitions of the tables of a spec.
const ROOTS: [&str; 7] = [
    "Container",
    "PodSpec",
    "DeploymentSpec",
    "StatefulSetSpec",
    "DaemonSetSpec",
    "JobSpec",
    "CronJobSpec",
];

/// Where a definition occurs: below a root, the keys on the way; `0` is an element of a list.
type Route = (&'static str, Vec<String>);

/// A path to every definition that a spec can use.
fn routes() -> BTreeMap<String, Route> {
    let mut routes = BTreeMap::new();
    let mut open: VecDeque<(String, Route)> =
        ROOTS.map(|root| (root.to_owned(), (root, Vec::new()))).into();
    while let Some((name, (root, steps))) = open.pop_front() {
        if routes.contains_key(&name) {
            continue;
        }
        for (key, field) in definition(&name)["properties"].as_object().into_iter().flatten() {
            let (node, more) = match field.get("items") {
                Some(items) => (items, vec![key.clone(), "0".to_owned()]),
                None => (field, vec![key.clone()]),
            };
            if let Some(name) = node["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
                open.push_back((name.to_owned(), (root, [steps.clone(), more].concat())));
            }
        }
        routes.insert(name, (root, steps));
    }
    routes
}

/// A table below its root.
fn nested(table: Value, steps: &[String]) -> Value {
    steps.iter().rev().fold(table, |value, step| match step.as_str() {
        "0" => json!([value]),
        key => json!({ key: value }),
    })
}

/// Some value of a field.
fn sample(of: &str, key: &str) -> Value {
    let node = resolved(&definition(of)["properties"][key]);
    match types(node).next() {
        Some("object") => json!({}),
        Some("array") => match types(resolved(&node["items"])).next() {
            Some("object") => json!([{}]),
            Some("integer") => json!([1]),
            _ => json!(["a"]),
        },
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        _ => json!("a"),
    }
}

/// The words between backticks.
fn names(words: &str) -> Vec<&str> {
    words.split('`').skip(1).step_by(2).collect()
}

/// What a rule says, and a table in which it holds.
fn condition<'a>(of: &str, words: &'a str) -> (&'a str, Map<String, Value>) {
    let mut table = Map::new();
    for (start, with) in
        [(" beside ", true), (" if ", true), (" unless ", false), (" without ", false)]
    {
        let Some((what, condition)) = words.split_once(start) else { continue };
        let names = names(condition);
        if with {
            let value = match names.as_slice() {
                [_, value, ..] => json!(value),
                _ if condition.ends_with("is true") => json!(true),
                [key] => sample(of, key),
                [] => continue,
            };
            table.insert(names[0].to_owned(), value);
        }
        return (what, table);
    }
    (words, table)
}

/// Values of a key, each with whether the rule accepts it; `None` leaves the key out.
fn edges(of: &str, key: &str, what: &str) -> Vec<(Option<Value>, bool)> {
    let list = types(resolved(&definition(of)["properties"][key])).any(|kind| kind == "array");
    let wrap = |value: Value| if list { json!([value]) } else { value };
    let number = |number: i64, fits: bool| (Some(wrap(json!(number))), fits);
    let words: Vec<&str> = what.split(' ').collect();
    match words.as_slice() {
        ["0", "to", "0o777"] => {
            vec![number(-1, false), number(0, true), number(0o777, true), number(0o1000, false)]
        }
        [min, "to", max] if min.parse::<i64>().is_ok() => {
            let (min, max): (i64, i64) = (min.parse().unwrap(), max.parse().unwrap());
            vec![
                number(min - 1, false),
                number(min, true),
                number(max, true),
                number(max + 1, false),
            ]
        }
        [min, "or", "more"] if sample(of, key).is_number() => {
            let min: i64 = min.parse().unwrap();
            vec![number(min - 1, false), number(min, true)]
        }
        ["required"] => vec![(None, false), (Some(sample(of, key)), true)],
        ["not", "allowed"] => vec![(None, true), (Some(sample(of, key)), false)],
        ["not", "empty"] => {
            let empty = if list { json!([]) } else { json!("") };
            vec![(Some(empty), false), (Some(sample(of, key)), true)]
        }
        ["at", "most", most, ..] => {
            let most: usize = most.parse().unwrap();
            let value = |length: usize| {
                if list {
                    json!(vec![sample(of, key)[0].clone(); length])
                } else {
                    json!("a".repeat(length))
                }
            };
            vec![(Some(value(most)), true), (Some(value(most + 1)), false)]
        }
        ["no", "duplicates"] => vec![(Some(json!([1, 2])), true), (Some(json!([1, 1])), false)],
        _ => Vec::new(),
    }
}

/// Tables of a rule about several keys.
fn tables(of: &str, what: &str) -> Vec<(Map<String, Value>, bool)> {
    let table =
        |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), sample(of, key))).collect();
    let keys = names(what);
    let [first, second, ..] = keys.as_slice() else { return Vec::new() };
    let (none, one, both) = (table(&[]), table(&[first]), table(&[first, second]));
    if what.starts_with("exactly one of") {
        vec![(none, false), (one, true), (both, false)]
    } else if what.starts_with("at most one of") {
        vec![(none, true), (one, true), (both, false)]
    } else if what.starts_with("at least one of") {
        vec![(none, false), (one, true), (both, true)]
    } else {
        Vec::new()
    }
}

/// Whether something is found at a place, or at the key of its table.
fn is_found(root: &str, document: &Value, table: &str, key: &str, version: Version) -> bool {
    let mut found = Vec::new();
    rules::check(root, document.as_object().unwrap(), "", version, &mut found);
    let place = if key.is_empty() { table.to_owned() } else { format!("{table}/{key}") };
    found.iter().any(|one| {
        let at = &one.place.pointer;
        *at == table || *at == place || at.starts_with(&format!("{place}/"))
    })
}

fn every_rule_holds_at_its_edges_wherever_its_definition_occurs() {
    let routes = routes();
    let mut rng = Rng::with_seed(20_261_130);
    let mut checked = 0;
    for [of, key, words, versions, source] in rules::documentation() {
        let Some((root, steps)) = routes.get(&of) else { continue };
        let (what, condition) = condition(&of, &words);
        let version = match versions.split(' ').collect::<Vec<_>>().as_slice() {
            [until, "and", "earlier"] => Version::parse(until).unwrap(),
            _ => Version::NEWEST,
        };
        let mut cases = Vec::new();
        if key.is_empty() {
            cases.extend(tables(&of, what));
        } else {
            for (value, fits) in edges(&of, &key, what) {
                let mut table = condition.clone();
                table.extend(value.map(|value| (key.clone(), value)));
                cases.push((table, fits));
            }
        }
        rng.shuffle(&mut cases);
        let pointer = steps.iter().flat_map(|step| ["/", step]).collect::<String>();
        for (table, fits) in cases {
            let document = nested(Value::Object(table), steps);
            let found = is_found(root, &document, &pointer, &key, version);
            // Other rules may reject the sample.
            assert!(found || fits, "{of}.{key}: {words} ({source}): {document}");
            checked += 1;
        }
    }
    assert!(checked > 400, "{checked}");
}

/// Tables of any shape are checked without a panic, and without a finding outside of them.
fn any_table_is_checked() {
    let mut rng = Rng::with_seed(20_261_201);
    for _ in 0..2_000 {
        let root = ROOTS[rng.usize(0..ROOTS.len())];
        let value = any_value(&mut rng, root, 0);
        let Some(table) = value.as_object() else { continue };
        let mut found = Vec::new();
        let version = Version::parse(&format!("1.{}", rng.u8(30..=37))).unwrap();
        rules::check(root, table, "/x", version, &mut found);
        for one in found {
            assert!(one.place.pointer.starts_with("/x"), "{one:?}");
        }
    }
}
