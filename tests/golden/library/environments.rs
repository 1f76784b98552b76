//! Environments, merged over their spec.

use serde_json::{Value, json};
use wigen::diagnostics::Location;
use wigen::{LoadOptions, Source, Spec};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![objects_are_merged_and_the_rest_is_replaced, every_node_keeps_its_origin]
}

/// A spec with the environment `prod`.
fn load(mut base: Value, prod: &Value) -> Spec {
    base["environments"] = json!({ "prod": prod });
    Spec::load(&Source::new("a.json", base.to_string()), &LoadOptions::default()).unwrap()
}

fn objects_are_merged_and_the_rest_is_replaced() {
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
    let expected = json!({
        "name": "a",
        "cluster": {"name": "c", "region": "r"},
        "googleServiceAccount": {"project": "p", "name": "n"},
        "grants": [{"roles": ["z"]}],
        "container": {"env": {"A": {"valueFrom": {}}, "B": "2", "C": "3"}},
    });
    assert_eq!(load(base, &over).merged(Some("prod")), Some(expected));
}

fn every_node_keeps_its_origin() {
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
    let spec = load(base, &over);
    let is_theirs = |pointer: &str| {
        let origin = spec.origin(Some("prod"), Location::value(pointer));
        origin.pointer.starts_with("/environments/prod")
    };
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
        assert!(is_theirs(theirs), "{theirs}");
    }
    for own in ["", "/cluster", "/cluster/name", "/cluster/zone", "/labels/c", "/container/env"] {
        assert!(!is_theirs(own), "{own}");
    }
}
