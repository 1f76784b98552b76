//! The objects of Config Connector: the schemas of its API accept them, and no object changes what cannot change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wigen::diagnostics::source::Source;
use wigen::text;

use crate::support::trials::{Topic, trials};
use crate::support::{cases, folder_with, outcome, repository, spec_of, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "config_connector",
        "the objects of Config Connector fit its schemas, and are never changed",
        trials![
            every_case_fits_the_schemas,
            other_roles_are_other_objects,
            killed_syncs_are_completed,
            an_account_keeps_its_name,
            two_projects_have_two_accounts,
            what_the_schemas_refuse,
        ],
    )
}

/// Renders every case that has a script, or objects, as objects, unless Config Connector cannot grant the roles.
fn every_case_fits_the_schemas() {
    let mut checked = 0;
    let is_rendered =
        |case: &PathBuf| ["gcloud.sh", "iam.yaml"].iter().any(|name| case.join(name).exists());
    for case in cases().into_iter().filter(is_rendered) {
        let out = tempfile::tempdir().unwrap();
        let mut render = wigen(&case);
        render.args(["render", "--cloud-format", "configConnector", "-o"]).arg(out.path());
        for setting in ["cluster.setup=none", "cluster.nodePools=[]", "projectNumber=123456789012"]
        {
            render.args(["--set", setting]);
        }
        if outcome(render.arg(spec_of(&case))).0 != Some(0) {
            continue;
        }
        for object in read(out.path()) {
            // The other kinds take members of others away, or have one status for several roles.
            assert!(
                ["IAMServiceAccount", "IAMPolicyMember"].map(Value::from).contains(&object["kind"])
            );
            assert_eq!(faults(&object), [""; 0], "{}: {object}", case.display());
            checked += 1;
        }
        let lint = || outcome(wigen(out.path()).args(["lint", ".", "--allow", "unknown-role"]));
        let with_objects = lint();
        fs::remove_file(out.path().join("iam.yaml")).ok();
        assert_eq!(with_objects, lint(), "{}", case.display());
    }
    assert!(checked > 100, "{checked} objects");
}

/// The objects in `iam.yaml`; none without it.
fn read(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("iam.yaml")).unwrap_or_default();
    text::parse_stream(&Source::new("iam.yaml", text)).unwrap()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Two versions of a spec, rendered: the objects of each by kind and name.
fn render(specs: [&str; 2]) -> [BTreeMap<(String, String), Value>; 2] {
    const HEAD: &str = "name = \"books-api\"\nproject = \"my-project\"\ncloud.format = \"configConnector\"\ncluster = { name = \"c\", setup = \"none\" }\ncontainer = { image = \"books:1\" }\n";
    specs.map(|spec| {
        let folder = folder_with(&[("app.toml", &format!("{HEAD}{spec}"))]);
        let (code, _, stderr) = outcome(wigen(folder.path()).args(["render", "-o", "."]));
        assert_eq!(code, Some(0), "{stderr}");
        let key = |one: &Value| (string(&one["kind"]), string(&one["metadata"]["name"]));
        read(folder.path()).into_iter().map(|one| (key(&one), one["spec"].clone())).collect()
    })
}

fn grant(role: &str, more: &str) -> String {
    format!("[[grants]]\nroles = [\"roles/{role}\"]\n{more}\n")
}

/// A spec, and others in which one thing is different.
fn specs() -> (String, [String; 9]) {
    const ACCOUNT: &str = "[googleServiceAccount]\n";
    const BUCKET: &str = "bucket = \"data\"";
    const CONDITION: &str = "condition = { title = \"t\", expression = \"true\" }";
    let viewer = grant("storage.objectViewer", BUCKET);
    let base = format!("{ACCOUNT}{viewer}");
    let with_grant = |role: &str, more: &str| format!("{ACCOUNT}{}", grant(role, more));
    let changed = [
        with_grant("storage.objectUser", BUCKET),
        with_grant("storage.objectViewer", "bucket = \"date\""),
        with_grant("storage.objectViewer", ""),
        with_grant("storage.objectViewer", &format!("{BUCKET}\n{CONDITION}")),
        format!("{ACCOUNT}name = \"books-other\"\n{viewer}"),
        format!("{ACCOUNT}create = false\n{viewer}"),
        format!("projectNumber = 1\n{viewer}"),
        format!("serviceAccount = {{ name = \"shop\" }}\n{base}"),
        ACCOUNT.to_owned(),
    ];
    (base, changed)
}

/// Whatever changes in a spec, an object of the same name is the same: the API server refuses any other. And what
/// is the same has the same name: a second object for one binding would remove it when the first one is deleted.
fn other_roles_are_other_objects() {
    let (base, changed) = specs();
    for spec in changed {
        let [old, new] = render([&base, &spec]);
        let kept = |kind: &str| {
            let same =
                old.iter().filter(|(key, object)| key.0 == kind && new.get(*key) == Some(*object));
            same.count()
        };
        for (key, object) in old.iter().filter(|(key, _)| key.0 == "IAMPolicyMember") {
            assert!(new.get(key).is_none_or(|other| other == object), "{key:?} changes");
        }
        assert!(kept("IAMPolicyMember") < 2, "{spec} changes nothing");
        let contents = |objects: &BTreeMap<(String, String), Value>| {
            objects.values().map(Value::to_string).collect::<BTreeSet<_>>()
        };
        let same = contents(&old).intersection(&contents(&new)).count();
        assert_eq!(same, kept("IAMPolicyMember") + kept("IAMServiceAccount"), "{spec} renames");
    }
    // One more role renames nothing, and neither do order, labels and the policy for deletion.
    let more = format!(
        "labels = {{ team = \"b\" }}\ncloud.configConnector.deletionPolicy = \"abandon\"\n{base}{}",
        grant("logging.logWriter", "")
    );
    let [old, new] = render([&base, &more]);
    assert!(
        old.iter().all(|(key, object)| new.get(key) == Some(object)) && new.len() == old.len() + 1
    );
}

/// A sync applies the objects and then deletes those that were removed. Config Connector grants what a new object says,
/// and revokes what a deleted one said. However often a sync is killed, the next one completes it, and what others
/// granted stays.
fn killed_syncs_are_completed() {
    let (base, changed) = specs();
    for spec in &changed {
        let [old, new] = render([&base, spec]);
        let last = old.len() + new.len();
        for steps in (0..=last).map(|first| [first, last]).chain([[last / 2, last / 3]]) {
            let (mut objects, mut policy) = (old.clone(), BTreeSet::from(["others".to_owned()]));
            policy.extend(old.values().map(Value::to_string));
            for steps in steps.into_iter().chain([last]) {
                let applied = new.iter().map(|(key, spec)| (key, Some(spec)));
                let deleted = old.keys().filter(|key| !new.contains_key(*key));
                for (key, spec) in applied.chain(deleted.map(|key| (key, None))).take(steps) {
                    match (spec, objects.get(key)) {
                        (Some(spec), None) => {
                            policy.insert(spec.to_string());
                        }
                        (Some(spec), Some(known)) => assert_eq!(spec, known, "{key:?}"),
                        (None, Some(known)) => {
                            policy.remove(&known.to_string());
                        }
                        (None, None) => continue,
                    }
                    match spec {
                        Some(spec) => drop(objects.insert(key.clone(), spec.clone())),
                        None => drop(objects.remove(key)),
                    }
                }
            }
            let granted = new.values().map(Value::to_string).chain(["others".to_owned()]);
            assert_eq!(policy, granted.collect(), "{spec}");
        }
    }
}

/// What can change about an account changes without another name: it would be deleted.
fn an_account_keeps_its_name() {
    let [old, new] = render([
        "googleServiceAccount = { name = \"books-sa\" }",
        "googleServiceAccount = { name = \"books-sa\", displayName = \"Books\", description = \"d\" }",
    ]);
    let account = |objects: &BTreeMap<(String, String), Value>| {
        let is_account = |key: &(String, String)| key.0 == "IAMServiceAccount";
        objects.clone().into_iter().find(|(key, _)| is_account(key)).unwrap()
    };
    let ((name, old), (same, new)) = (account(&old), account(&new));
    assert_eq!(name, same);
    assert_eq!(old, json!({"resourceID": "books-sa"}));
    assert_eq!(new, json!({"resourceID": "books-sa", "displayName": "Books", "description": "d"}));
}

/// The objects of all apps and environments may be in one namespace, and the project of an account cannot change.
fn two_projects_have_two_accounts() {
    let [test, prod] = render(["my-test", "my-prod"].map(|project| {
        format!("googleServiceAccount = {{ name = \"books-sa\", project = \"{project}\" }}\n[[grants]]\nroles = [\"roles/storage.objectViewer\"]\nbucket = \"data\"\n")
    }).each_ref().map(String::as_str));
    assert_eq!((test.len(), prod.len()), (3, 3));
    assert!(test.keys().all(|key| !prod.contains_key(key)), "{test:#?} {prod:#?}");
}

/// The check of the schemas itself.
fn what_the_schemas_refuse() {
    let path = repository().join("golden/cases/config-connector");
    let objects = read(&path);
    assert!(objects.iter().all(|object| faults(object).is_empty()));
    let member = objects.iter().find(|one| one["kind"] == "IAMPolicyMember").unwrap();
    let with = |pointer: &str, value: Value| {
        let mut changed = member.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[key] = value;
        faults(&changed).len()
    };
    for (pointer, value) in [
        ("/spec/member", json!("user:a@example.com")),
        ("/spec/role", json!("roles/a-b")),
        ("/spec/role", json!(1)),
        ("/spec/resourceRef/name", json!("a")),
        ("/spec/resourceRef/kind", Value::Null),
        ("/spec/memberFrom", json!({"serviceAccountRef": {"external": "a"}})),
        ("/spec/condition", json!({"title": "t"})),
        ("/spec/roles", json!([])),
        ("/kind", json!("IAMPolicy")),
    ] {
        assert_eq!(with(pointer, value).min(1), 1, "{pointer}");
    }
}

/// What is wrong with an object: its schema, without unknown fields, which the server would drop.
fn faults(object: &Value) -> Vec<String> {
    let name = format!("tests/golden/crds/{}s.yaml", string(&object["kind"]).to_lowercase());
    let Ok(text) = fs::read_to_string(repository().join(&name)) else { return vec![name] };
    let schema = text::parse_stream(&Source::new(name, text)).unwrap().swap_remove(0);
    let mut found = Vec::new();
    check(&schema, object, "", &mut found);
    found
}

fn check(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let list = |key: &str| schema[key].as_array().into_iter().flatten();
    let fits = |schema: &Value| {
        let mut found = Vec::new();
        check(schema, value, at, &mut found);
        found.is_empty()
    };
    let mut wrong = |is_wrong: bool, keyword: &str| {
        if is_wrong {
            found.push(format!("{at}: {keyword}"));
        }
    };
    let is_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some(other) => panic!("the type {other}"),
        None => true,
    };
    wrong(!is_type, "type");
    wrong(!list("required").all(|key| value.get(key.as_str().unwrap()).is_some()), "required");
    wrong(
        schema["oneOf"].is_array() && list("oneOf").filter(|one| fits(one)).count() != 1,
        "oneOf",
    );
    wrong(schema["anyOf"].is_array() && !list("anyOf").any(fits), "anyOf");
    wrong(schema["not"].is_object() && fits(&schema["not"]), "not");
    wrong(schema["enum"].is_array() && !list("enum").any(|one| one == value), "enum");
    if let Some(pattern) = schema["pattern"].as_str() {
        // The only pattern, without a regular expression: a role.
        assert_eq!(pattern, r"^((projects|organizations)/[^/]+/)?roles/[\w_\.]+$");
        let parts: Vec<&str> = value.as_str().unwrap_or_default().split('/').collect();
        let id = match parts.as_slice() {
            ["roles", id] | ["projects" | "organizations", _, "roles", id] => *id,
            _ => "",
        };
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        wrong(id.is_empty() || !id.chars().all(is_id), "pattern");
    }
    let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object())
    else {
        return;
    };
    for (key, value) in fields {
        let at = format!("{at}/{key}");
        match properties.get(key) {
            Some(schema) => check(schema, value, &at, found),
            None => found.push(format!("{at}: unknown")),
        }
    }
}
