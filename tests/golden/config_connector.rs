//! The objects of Config Connector: the schemas of its API accept them, they grant what the script grants, and
//! no object changes what cannot change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wigen::diagnostics::source::Source;
use wigen::text;

use crate::support::cloud::Cloud;
use crate::support::trials::{Topic, trials};
use crate::support::{cases, folder_with, outcome, repository, spec_of, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "config_connector",
        "the objects of Config Connector fit its schemas, grant what the script grants, and are never changed",
        trials![
            every_case_grants_what_its_script_grants,
            other_roles_are_other_objects,
            an_account_keeps_its_name,
            what_the_schemas_refuse,
        ],
    )
}

/// The cases that Config Connector cannot grant, or whose conditions it refuses.
const REFUSED: [&str; 4] = ["bigquery", "bigquery-direct", "odd-names", "resources"];

/// Member, role, resource and condition.
type Grant = [String; 4];

/// Renders every case that has a script, or objects, in both formats.
fn every_case_grants_what_its_script_grants() {
    let (mut refused, mut compared) = (Vec::new(), 0);
    let is_rendered =
        |case: &PathBuf| ["gcloud.sh", "iam.yaml"].iter().any(|name| case.join(name).exists());
    for case in cases().into_iter().filter(is_rendered) {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let out = tempfile::tempdir().unwrap();
        let render = |format: &str, out: &Path| {
            let mut wigen = wigen(&case);
            wigen.args(["render", "--cloud-format", format, "-o"]).arg(out).arg(spec_of(&case));
            // Only the script makes clusters, and looks up numbers.
            let settings =
                ["cluster.setup=none", "cluster.nodePools=[]", "projectNumber=123456789012"];
            for setting in settings {
                wigen.args(["--set", setting]);
            }
            outcome(&mut wigen)
        };
        let (code, _, stderr) = render("configConnector", out.path());
        if code != Some(0) {
            let is_refusal = |code: &&str| ["cloud-format", "condition"].contains(code);
            let codes = stderr.lines().filter_map(|line| line.strip_prefix("error["));
            let codes: Vec<&str> = codes.filter_map(|line| line.split(']').next()).collect();
            assert!(!codes.is_empty() && codes.iter().all(is_refusal), "{stderr}");
            refused.push(name);
            continue;
        }
        let objects = read(out.path());
        for object in &objects {
            assert_eq!(faults(object), [""; 0], "{name}: {object}");
        }
        let found: BTreeSet<Grant> =
            objects.iter().filter_map(|one| grant(one, &objects)).collect();

        let lint = || outcome(wigen(out.path()).args(["lint", "."]));
        let with_objects = lint();
        fs::remove_file(out.path().join("iam.yaml")).ok();
        assert_eq!(with_objects, lint(), "{name}");

        let script = out.path().join("gcloud.sh");
        let (code, _, stderr) = render("gcloud", out.path());
        if name == "config-connector-direct" {
            assert!(stderr.contains("error[condition]"), "{stderr}");
            continue;
        }
        assert_eq!(code, Some(0), "{name}: {stderr}");
        let (code, text, calls) = Cloud::empty().run(&script, &["apply"]);
        assert_eq!(code, Some(0), "{name}: {text}");
        let expected = calls.iter().filter_map(|call| command_grant(call)).collect();
        assert_eq!(found, expected, "{name}");
        compared += found.len();
    }
    assert_eq!(refused, REFUSED);
    assert!(compared > 100, "{compared} grants");
}

/// The objects in `iam.yaml`; none without it.
fn read(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("iam.yaml")).unwrap_or_default();
    text::parse_stream(&Source::new("iam.yaml", text)).unwrap()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What an object grants.
fn grant(object: &Value, all: &[Value]) -> Option<Grant> {
    let spec = &object["spec"];
    let role = spec["role"].as_str()?.to_owned();
    let email = |name: &Value| {
        let is_it =
            |one: &&Value| one["kind"] == "IAMServiceAccount" && one["metadata"]["name"] == *name;
        let account = all.iter().find(is_it).expect("a reference leads to an object");
        let project =
            string(&account["metadata"]["annotations"]["cnrm.cloud.google.com/project-id"]);
        let id = string(&account["spec"]["resourceID"]);
        (wigen::google::accounts::email(&id, &project), project)
    };
    let member = match &spec["memberFrom"]["serviceAccountRef"]["name"] {
        Value::Null => string(&spec["member"]),
        name => format!("serviceAccount:{}", email(name).0),
    };
    let reference = &spec["resourceRef"];
    let resource = match (reference["kind"].as_str()?, &reference["external"]) {
        (_, Value::Null) => {
            let (email, project) = email(&reference["name"]);
            format!("projects/{project}/serviceAccounts/{email}")
        }
        ("StorageBucket", name) => format!("buckets/{}", string(name)),
        ("Organization", name) => format!("organizations/{}", string(name)),
        (_, path) => string(path),
    };
    let condition = &spec["condition"];
    let condition = ["title", "expression", "description"].map(|key| string(&condition[key]));
    Some([member, role, resource, condition.join("\t").trim_end().to_owned()])
}

/// What a command of the script grants.
fn command_grant(call: &[String]) -> Option<Grant> {
    let verb = call.iter().position(|word| word == "add-iam-policy-binding")?;
    // A project may have this name.
    if !call.iter().any(|word| word.starts_with("--member=")) {
        return None;
    }
    let flag = |name: &str| {
        let prefix = format!("--{name}=");
        call.iter().find_map(|word| word.strip_prefix(&prefix)).unwrap_or_default().to_owned()
    };
    if call[0] == "bq" {
        let (project, table) = call.last()?.split_once(':').unwrap();
        let table = table.replacen('.', "/tables/", 1);
        let resource = format!("projects/{project}/datasets/{table}");
        return Some([flag("member"), flag("role"), resource, String::new()]);
    }
    let (argument, project) = (&call[verb + 1], flag("project"));
    let location = flag("location") + &flag("region");
    let group = call[..verb].join(" ");
    let resource = match group.as_str() {
        "projects" => format!("projects/{argument}"),
        "resource-manager folders" => format!("folders/{argument}"),
        "organizations" => format!("organizations/{argument}"),
        "storage buckets" => argument.replace("gs://", "buckets/"),
        "secrets" => format!("projects/{project}/secrets/{argument}"),
        "iam service-accounts" => format!("projects/{project}/serviceAccounts/{argument}"),
        "pubsub topics" => format!("projects/{project}/topics/{argument}"),
        "pubsub subscriptions" => format!("projects/{project}/subscriptions/{argument}"),
        "artifacts repositories" => {
            format!("projects/{project}/locations/{location}/repositories/{argument}")
        }
        "kms keys" => format!(
            "projects/{project}/locations/{location}/keyRings/{}/cryptoKeys/{argument}",
            flag("keyring")
        ),
        "run services" => format!("projects/{project}/locations/{location}/services/{argument}"),
        "spanner instances" | "bigtable instances" => {
            format!("projects/{project}/instances/{argument}")
        }
        "spanner databases" => {
            format!("projects/{project}/instances/{}/databases/{argument}", flag("instance"))
        }
        "bigtable tables" => {
            format!("projects/{project}/instances/{}/tables/{argument}", flag("instance"))
        }
        _ => panic!("{call:?}"),
    };
    let condition = match flag("condition").strip_prefix('^').and_then(|text| text.split_once('^'))
    {
        None => String::new(),
        Some((delimiter, pairs)) => {
            let values = pairs.split(delimiter).map(|pair| pair.split_once('=').unwrap().1);
            values.collect::<Vec<_>>().join("\t")
        }
    };
    Some([flag("member"), flag("role"), resource, condition])
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

/// Whatever changes in a spec, an object of the same name is the same: the API server refuses any other. And what
/// is the same has the same name: a second object for one binding would take it away when the first one goes.
fn other_roles_are_other_objects() {
    let grant =
        |role: &str, more: &str| format!("[[grants]]\nroles = [\"roles/{role}\"]\n{more}\n");
    let account = "[googleServiceAccount]\n";
    let viewer = grant("storage.objectViewer", "bucket = \"data\"");
    let base = format!("{account}{viewer}");
    let changed = [
        format!("{account}{}", grant("storage.objectUser", "bucket = \"data\"")),
        format!("{account}{}", grant("storage.objectViewer", "bucket = \"date\"")),
        format!("{account}{}", grant("storage.objectViewer", "")),
        format!(
            "{account}{}",
            grant(
                "storage.objectViewer",
                "bucket = \"data\"\ncondition = { title = \"t\", expression = \"true\" }"
            )
        ),
        format!("{account}name = \"books-other\"\n{viewer}"),
        format!("{account}create = false\n{viewer}"),
        format!("projectNumber = 1\n{viewer}"),
        format!("namespace = \"shop\"\n{base}"),
        account.to_owned(),
    ];
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
        "labels = {{ team = \"b\" }}\ncloud.configConnector.deletionPolicy = \"abandon\"\n{account}{}{viewer}",
        grant("logging.logWriter", "")
    );
    let [old, new] = render([&base, &more]);
    assert!(
        old.iter().all(|(key, object)| new.get(key) == Some(object)) && new.len() == old.len() + 1
    );
}

/// What can change about an account changes without another name: it would be deleted.
fn an_account_keeps_its_name() {
    let [old, new] = render([
        "googleServiceAccount = { name = \"books-sa\" }",
        "googleServiceAccount = { name = \"books-sa\", displayName = \"Books\", description = \"d\" }",
    ]);
    let key = ("IAMServiceAccount".to_owned(), "books-sa".to_owned());
    assert_eq!(old[&key], json!({"resourceID": "books-sa"}));
    assert_eq!(
        new[&key],
        json!({"resourceID": "books-sa", "displayName": "Books", "description": "d"})
    );
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
