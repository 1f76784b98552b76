//! A package of kpt's: what is not wigen's stays as it is, to the byte, and what is wigen's is kept up
//! to date.

use std::collections::BTreeMap;

use crate::support::trials::Trial;
use serde_json::{Value, json};

use super::apps::{books, books_in_prod, books_with_prod};
use super::objects::{self, annotated, assert_same, one};
use super::place::Place;
use super::tools::by_kpt;
use super::ways::kptfile;
use crate::support::{outcome, succeed};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[(&str, fn())] = &[
        ("foreign_files_survive_eval", survive_eval),
        ("foreign_files_survive_render", survive_render),
        ("foreign_files_survive_a_wrong_spec", survive_a_wrong_spec),
        ("files_are_where_the_spec_is", where_the_spec_is),
        ("several_apps_of_a_package", several),
        ("the_configuration_may_be_in_the_package", config_in_package),
        ("a_file_that_was_moved_is_kept_there", moved),
        ("what_people_changed_is_written_again", changed_by_people),
        ("an_object_that_wigen_did_not_write_is_an_error", foreign_object),
        ("another_kind_of_workload_takes_the_place", another_kind),
        ("an_account_that_is_no_longer_wanted_goes", unwanted_account),
        ("an_app_over_an_empty_package", empty_package),
        ("the_script_is_carried_along", script),
        ("annotations_of_an_app_in_the_package_are_heard", annotations),
        ("options_behind_the_dashes", options),
    ];
    tests.iter().map(|(name, test)| by_kpt(name, *test)).collect()
}

const APP: &str = r#"# The shop's books.
apiVersion: wigen.dev/v1alpha1
kind: App
metadata:
  name: books # a name
  namespace: shop
  annotations:
    config.kubernetes.io/local-config: "true"
spec:
  project: my-project
  cluster: {name: main, region: us-central1}
  googleServiceAccount: {name: books-google}
  grants:
    # One secret.
    - secret: key
      roles: [roles/secretmanager.secretAccessor]
  container:
    image: us-central1-docker.pkg.dev/my-project/shop/books:1.0
    port: 8080
    env:
      STAGE: test
"#;

/// Files of others, some of which kpt itself rewrites in its own way.
const FOREIGN: [(&str, &str); 8] = [
    (
        "dir/crd.yaml",
        r"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: shelves.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Shelf, plural: shelves}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
",
    ),
    (
        "dir/list.yaml",
        r"apiVersion: v1
kind: List
metadata:
  name: both
items:
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: one
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: listed
  spec: {}
",
    ),
    (
        "dir/local.yaml",
        r#"# A note, which stays here.
apiVersion: example.com/v1
kind: Note
metadata:
  name: note
  annotations:
    config.kubernetes.io/local-config: "true"
spec: {a: 1, b: [x, "y", 'z'], c: 0x1F, d: 1_000, e: on, f: ~, g: 2024-01-01, h: !!str 1}
"#,
    ),
    (
        "dir/plain.yaml",
        r#"apiVersion: v1
kind: ConfigMap
metadata: {name: plain, labels: {"on": 'off'}}
data:
  # In the middle.
  script: |
    #!/bin/sh
    echo "$(date)"   # now
  number: "0123"
  quoted: 'it''s'
  empty: ""
  a: plain text # behind
# At the end.
"#,
    ),
    (
        "dir/below/odd.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: odd\ndata:\n  blanks: |\n    \
         first  \n    second\n\n  keep: |+\n    kept\n\n  folded: >-\n    one\n    two\n  \
         'single': 'it''s'   \n  double: \"a\\tb\\u00e9\"\n\n\n# At the end.\n",
    ),
    (
        "dir/anchors.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: anchors\n  labels: &labels\n    \
         a: b\ndata:\n  x: &x \"1\"\n  y: *x\n",
    ),
    (
        "dir/twice.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: twice\ndata:\n  a: \"1\"\n  b: \"\"\n  a: \"2\"\n",
    ),
    (
        "dir/many.yaml",
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: first\n---\n# second\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata:\n    name: second\ndata:\n    list: |\n        x\n",
    ),
];

const EVAL: &str = "kpt fn eval dir --truncate-output=false --exec";

fn eval(place: &Place) {
    succeed(&mut place.pipe(&format!("{EVAL} wigen")));
}

/// Runs wigen over the package in `dir`, which must fail; returns the results that kpt writes.
fn failure(place: &Place) -> String {
    let before = place.theirs();
    let (code, printed, said) =
        outcome(&mut place.pipe(&format!("{EVAL} wigen --results-dir results")));
    assert_eq!(code, Some(1), "{printed}{said}");
    let mut after = place.theirs();
    let results = after.remove("results/results.yaml").unwrap_or_else(|| panic!("{said}"));
    assert_eq!(before, after, "files were changed");
    results
}

fn package(program: &str, app: &str) -> Place {
    let place = Place::with(FOREIGN);
    place.write("dir/app.yaml", app);
    place.write("dir/Kptfile", &kptfile(program));
    place
}

fn is_ours(name: &str) -> bool {
    name.starts_with("books/")
}

/// The package after a pipeline with a function that hands back what it is given.
fn untouched(pipeline: &str, app: &str) -> BTreeMap<String, String> {
    let place = package("cat", app);
    let before = place.files("dir");
    succeed(&mut place.pipe(&pipeline.replace("PROGRAM", "cat")));
    let mut after = place.files("dir");
    // kpt itself leaves most as it is; without that, this would show nothing.
    let same = after.iter().filter(|(name, text)| before[*name] == **text).count();
    assert!(same >= 6, "{same} of {} files are left as they are by cat", after.len());
    // Its pipeline differs.
    after.remove("Kptfile");
    after
}

fn survive(pipeline: &str) {
    let expected = untouched(pipeline, APP);
    let place = package("wigen", APP);
    let wigen = pipeline.replace("PROGRAM", "wigen");
    succeed(&mut place.pipe(&wigen));
    let once = place.files("dir");
    let ours: Vec<&str> = once.keys().map(String::as_str).filter(|name| is_ours(name)).collect();
    assert_eq!(ours, ["books/deployment.yaml", "books/service-account.yaml"]);
    for (name, text) in &expected {
        let actual = once.get(name).unwrap_or_else(|| panic!("{name} is gone"));
        assert_eq!(actual, text, "{name} is not what cat leaves");
    }
    assert_eq!(once.len(), expected.len() + 3, "{:?}", once.keys());
    assert!(once["Kptfile"].contains("- exec: wigen\n"), "{}", once["Kptfile"]);
    succeed(&mut place.pipe(&wigen));
    assert_eq!(once, place.files("dir"), "a second run changed something");
}

fn survive_eval() {
    survive(&format!("{EVAL} PROGRAM"));
}

fn survive_render() {
    survive("kpt fn render dir --allow-exec --truncate-output=false");
}

fn survive_a_wrong_spec() {
    let place = package("wigen", &APP.replace("region:", "regoin:"));
    let results = failure(&place);
    assert!(results.contains("code: unknown-key"), "{results}");
    assert!(results.contains("path: app.yaml"), "the file is not named: {results}");
}

/// Beside its spec, and with the first line of `wigen render -o`.
fn where_the_spec_is() {
    let place = Place::with([("dir/shop/app.yaml", APP)]);
    eval(&place);
    let mut render = place.wigen(&["render", "--only", "manifests", "app.yaml", "-o", "../../out"]);
    succeed(render.current_dir(place.path("dir/shop")));
    let names: Vec<String> = place.files("dir").into_keys().collect();
    let expected =
        ["shop/app.yaml", "shop/books/deployment.yaml", "shop/books/service-account.yaml"];
    assert_eq!(names, expected);
    for name in ["deployment.yaml", "service-account.yaml"] {
        let (file, written) =
            (place.read(&format!("dir/shop/books/{name}")), place.read(&format!("out/{name}")));
        let (first, whole) = (file.lines().next().unwrap(), written.lines().next().unwrap());
        // `wigen render` appends the owner and the checksum of the file.
        assert_eq!(Some(first), whole.split(" [").next(), "the first line of {name}");
        let (file, written) = (objects::read(&file).unwrap(), objects::read(&written).unwrap());
        assert_same(name, &written, &file);
    }
}

/// Two beside each other, one below, and one more as the configuration.
fn several() {
    let app = |name: &str| APP.replace("name: books # a name", &format!("name: {name}"));
    let place = Place::with([
        ("dir/apps.yaml", format!("{}---\n{}", app("one"), app("two")).as_str()),
        ("dir/below/app.yaml", app("three").as_str()),
        ("four.yaml", app("four").as_str()),
    ]);
    let run = || succeed(&mut place.pipe(&format!("{EVAL} wigen --fn-config four.yaml")));
    run();
    let once = place.files("dir");
    let expected = ["below/three", "four", "one", "two"]
        .map(|app| [format!("{app}/deployment.yaml"), format!("{app}/service-account.yaml")]);
    let mut expected = expected.as_flattened().to_vec();
    expected.extend(["apps.yaml", "below/app.yaml"].map(str::to_owned));
    expected.sort();
    assert_eq!(once.keys().cloned().collect::<Vec<_>>(), expected);
    run();
    assert_eq!(once, place.files("dir"), "a second run changed something");
}

/// kpt hands it over twice: as the configuration, and as an item.
fn config_in_package() {
    let pipeline = kptfile("wigen\n      configPath: app.yaml");
    let place = Place::with([("dir/shop/app.yaml", APP), ("dir/shop/Kptfile", &pipeline)]);
    let run = || succeed(&mut place.pipe("kpt fn render dir/shop --allow-exec"));
    run();
    let once = place.files("dir/shop");
    let names: Vec<&str> = once.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["Kptfile", "app.yaml", "books/deployment.yaml", "books/service-account.yaml"]
    );
    run();
    assert_eq!(once, place.files("dir/shop"), "a second run changed something");
}

fn moved() {
    let place = Place::with([("dir/app.yaml", APP)]);
    eval(&place);
    let text = place.read("dir/books/deployment.yaml");
    std::fs::remove_file(place.path("dir/books/deployment.yaml")).unwrap();
    place.write("dir/elsewhere/pods.yaml", &text);
    place.write("dir/app.yaml", &APP.replace("books:1.0", "books:2.0"));
    eval(&place);
    let names: Vec<String> = place.files("dir").into_keys().collect();
    assert_eq!(names, ["app.yaml", "books/service-account.yaml", "elsewhere/pods.yaml"]);
    assert_eq!(place.read("dir/elsewhere/pods.yaml"), text.replace("books:1.0", "books:2.0"));
}

fn changed_by_people() {
    let place = Place::with([("dir/app.yaml", APP)]);
    eval(&place);
    let once = place.files("dir");
    let text = once["books/deployment.yaml"].replace("value: test", "value: mine");
    assert_ne!(text, once["books/deployment.yaml"]);
    place.write("dir/books/deployment.yaml", &text);
    eval(&place);
    assert_eq!(once, place.files("dir"));
}

fn foreign_object() {
    let place = Place::with([("dir/app.yaml", APP)]);
    eval(&place);
    // Without its first line it is not wigen's.
    let text = place.read("dir/books/deployment.yaml");
    let (_, theirs) = text.split_once('\n').unwrap();
    let place = Place::with([("dir/app.yaml", APP), ("dir/mine.yaml", theirs)]);
    eval(&place);
    assert!(!place.path("dir/books/deployment.yaml").exists(), "it is there, and does not differ");
    let place = Place::with([
        ("dir/app.yaml", APP),
        ("dir/mine.yaml", theirs.replace("value: test", "value: mine").as_str()),
    ]);
    let results = failure(&place);
    assert!(results.contains("code: foreign-object"), "{results}");
    assert!(results.contains("mine.yaml"), "the file is not named: {results}");
}

fn another_kind() {
    let place = package("wigen", APP);
    eval(&place);
    assert!(place.path("dir/books/deployment.yaml").exists());
    let before = place.files("dir");
    let job = APP.replace("    port: 8080\n", "") + "  job: {backoffLimit: 2}\n";
    place.write("dir/app.yaml", &job);
    eval(&place);
    let mut after = place.files("dir");
    let made = after.remove("books/job.yaml").expect("books/job.yaml");
    assert!(made.contains("kind: Job\n"), "{made}");
    assert!(!after.contains_key("books/deployment.yaml"), "the Deployment is still there");
    for (name, text) in before {
        if name != "app.yaml" && name != "books/deployment.yaml" {
            assert_eq!(after.get(&name), Some(&text), "{name}");
        }
    }
}

fn unwanted_account() {
    let place = Place::with([("dir/app.yaml", APP)]);
    eval(&place);
    place.write("dir/app.yaml", &(APP.to_owned() + "  serviceAccount: {create: false}\n"));
    eval(&place);
    let names: Vec<String> = place.files("dir").into_keys().collect();
    assert_eq!(names, ["app.yaml", "books/deployment.yaml"]);
}

/// Nothing in it tells that it is kpt that calls, but the configuration does.
fn empty_package() {
    let place = Place::with([("app.yaml", APP)]);
    std::fs::create_dir(place.path("dir")).unwrap();
    let run = || succeed(&mut place.pipe(&format!("{EVAL} wigen --fn-config app.yaml")));
    run();
    let once = place.files("dir");
    let names: Vec<&str> = once.keys().map(String::as_str).collect();
    assert_eq!(names, ["books/deployment.yaml", "books/service-account.yaml"]);
    run();
    assert_eq!(once, place.files("dir"), "a second run changed something");
}

/// In a ConfigMap, because kpt writes nothing but objects.
fn script() {
    let app = annotated(&books(), "config.kubernetes.io/local-config", "true");
    let place = Place::with([("dir/app.yaml", objects::text(&app).as_str())]);
    let run = || succeed(&mut place.pipe(&format!("{EVAL} wigen -- only=manifests,gcloud")));
    run();
    let mut all = objects::read_files(&place, "dir").unwrap();
    assert_script(one(&all, "ConfigMap", "books-gcloud"));
    all.retain(|object| object["kind"] != "ConfigMap");
    assert_same("the manifests", &objects::rendered(&objects::text(&books())), &all);
    let once = place.files("dir");
    run();
    assert_eq!(once, place.files("dir"), "a second run changed something");
}

/// An app means the same as an item and as the configuration.
fn annotations() {
    let app = annotated(&books_with_prod(), "wigen.dev/environment", "prod");
    let place = Place::with([("dir/app.yaml", objects::text(&app).as_str())]);
    eval(&place);
    let expected = objects::rendered(&objects::text(&books_in_prod()));
    let actual = objects::read_files(&place, "dir").unwrap();
    assert_same("in production", &expected, &actual);

    let app = annotated(&books(), "wigen.dev/onyl", "workload");
    let place = Place::with([("dir/app.yaml", objects::text(&app).as_str())]);
    let results = failure(&place);
    assert!(results.contains("wigen.dev/onyl"), "{results}");
}

/// The script is that of `wigen render`, but for the line that says what it was rendered from.
#[track_caller]
pub(crate) fn assert_script(config_map: &Value) {
    let annotations = &config_map["metadata"]["annotations"];
    assert_eq!(annotations["config.kubernetes.io/local-config"], "true", "{config_map:#}");
    let names: Vec<&String> = config_map["data"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["gcloud.sh"]);
    let place = Place::with([("app.yaml", objects::text(&books()).as_str())]);
    let rendered = succeed(&mut place.wigen(&["render", "--only", "gcloud", "app.yaml"]));
    let facts = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("# Rendered by"));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(facts(config_map["data"]["gcloud.sh"].as_str().unwrap()), facts(&rendered));
}

fn options() {
    let app = objects::text(&books_with_prod());
    let place = Place::with([("dir/app.yaml", app.as_str())]);
    succeed(&mut place.pipe(&format!("{EVAL} wigen -- environment=prod")));
    let expected = objects::rendered(&objects::text(&books_in_prod()));
    assert_same("in production", &expected, &objects::read_files(&place, "dir").unwrap());

    let config = json!({
        "apiVersion": "wigen.dev/v1alpha1",
        "kind": "Apps",
        "metadata": {"name": "all"},
        "spec": {"environment": "prod", "only": "workload"},
    });
    let place = Place::with([
        ("dir/app.yaml", app.as_str()),
        ("config.yaml", objects::text(&config).as_str()),
    ]);
    succeed(&mut place.pipe(&format!("{EVAL} wigen --fn-config config.yaml")));
    let expected = [one(&expected, "Deployment", "books").clone()];
    assert_same("one of them", &expected, &objects::read_files(&place, "dir").unwrap());

    let place = Place::with([("dir/app.yaml", app.as_str())]);
    let before = place.theirs();
    let misspelt = format!("{EVAL} wigen -- environmnt=prod");
    let (code, printed, said) = outcome(&mut place.pipe(&misspelt));
    assert_eq!(code, Some(1), "{printed}{said}");
    assert!(said.contains("environmnt") && said.contains("environment"), "{said}");
    assert_eq!(before, place.theirs());
}
