//! Settings of the command line.

use serde_json::{Value, json};
use wigen::{Diagnostics, LoadOptions, Setting, Settings, Source, Spec};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        a_path_is_a_dotted_key,
        a_value_is_what_its_key_takes,
        a_setting_goes_before_environments,
        elements_of_lists_are_there_already,
        a_path_leads_into_the_envelope,
    ]
}

fn settings(texts: &[&str]) -> Settings {
    let all: Result<Vec<Setting>, String> = texts.iter().map(|text| Setting::parse(text)).collect();
    Settings::new(&all.unwrap())
}

fn load(document: &Value, texts: &[&str]) -> Result<Spec, Diagnostics> {
    let settings = settings(texts);
    let options = LoadOptions { settings: Some(&settings), ..LoadOptions::default() };
    Spec::load(&Source::new("a.json", document.to_string()), &options)
}

/// A spec with settings, in an environment.
fn with(document: &Value, texts: &[&str], environment: Option<&str>) -> Value {
    load(document, texts).unwrap().merged(environment).unwrap()
}

fn a_path_is_a_dotted_key() {
    let spec = json!({"name": "a"});
    for (text, pointer) in [
        ("a=x", "/a"),
        ("a.0.b-c_D=x", "/a/0/b-c_D"),
        ("labels.\"a.b/c\".'d\"'=x", "/labels/a.b~1c/d\""),
    ] {
        assert_eq!(with(&spec, &[text], None).pointer(pointer), Some(&json!("x")), "{text}");
    }
    assert_eq!(with(&spec, &["a=x=y.z"], None)["a"], "x=y.z");
    for text in ["", "=", "a", "a.b", "a.=x", ".a=x", "a b=x", "é=x", "\"a=x", "\"a\"b=x", "a..b=x"]
    {
        assert!(Setting::parse(text).is_err(), "{text}");
    }
}

fn a_value_is_what_its_key_takes() {
    let spec = json!({"name": "a", "container": {"image": "i"}});
    let with = |texts: &[&str]| with(&spec, texts, None)["container"].clone();
    assert_eq!(with(&["container.image=1"]), json!({"image": "1"}));
    assert_eq!(with(&["container.port=1"]), json!({"image": "i", "port": 1}));
    assert_eq!(with(&["container.port=x"]), json!({"image": "i", "port": "x"}));
    assert_eq!(
        with(&["container.env.A=true", "container.args=[\"true\"]"]),
        json!({"image": "i", "env": {"A": "true"}, "args": ["true"]})
    );
    assert_eq!(with(&["container.image=\"j\"", "container.image=k"]), json!({"image": "k"}));
}

fn a_setting_goes_before_environments() {
    let spec = json!({
        "name": "a",
        "cluster": {"name": "c", "zone": "z"},
        "container": {"image": "i"},
        "environments": {
            "prod": {"container": {"image": "j"}, "cluster": {"region": "r"}},
            "test": {"labels": {"a": "b"}},
        },
    });
    let texts = ["container.image=k", "cluster.zone=y"];
    for (environment, labels) in [(None, None), (Some("prod"), None), (Some("test"), Some("b"))] {
        let set = with(&spec, &texts, environment);
        assert_eq!(set["container"], json!({"image": "k"}), "{environment:?}");
        assert_eq!(set["cluster"], json!({"name": "c", "zone": "y"}), "{environment:?}");
        assert_eq!(set.pointer("/labels/a").and_then(Value::as_str), labels, "{environment:?}");
    }
    let texts = ["environments.test.container.image=k"];
    assert_eq!(with(&spec, &texts, None)["container"], json!({"image": "i"}));
    assert_eq!(with(&spec, &texts, Some("test"))["container"], json!({"image": "k"}));
}

fn elements_of_lists_are_there_already() {
    let spec = json!({
        "name": "a",
        "grants": [{"roles": ["roles/x"]}, {"roles": ["roles/y"]}],
        "environments": {"prod": {"grants": [{"roles": []}]}},
    });
    let set = |environment| with(&spec, &["grants.0.roles=[\"roles/z\"]"], environment);
    assert_eq!(set(None)["grants"], json!([{"roles": ["roles/z"]}, {"roles": ["roles/y"]}]));
    assert_eq!(set(Some("prod"))["grants"], json!([{"roles": ["roles/z"]}]));
    for (text, column) in [("grants.2.roles=[]", 7), ("grants.x=1", 7), ("grants.1.roles=[]", 7)] {
        let found = load(&spec, &[text]).unwrap_err().into_vec();
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].place.span.as_ref().unwrap().start, column, "{text}");
    }
}

fn a_path_leads_into_the_envelope() {
    let spec = json!({
        "apiVersion": "wigen.dev/v1alpha1",
        "kind": "App",
        "metadata": {"name": "a"},
        "spec": {"container": {"image": "i"}},
    });
    let set = with(&spec, &["name=b", "container.image=k", "project=p"], None);
    assert_eq!(set, json!({"container": {"image": "k"}, "project": "p", "name": "b"}));
}
