//! An app that is an identity alone, over manifests that a chart might have made.

use crate::support::trials::Trial;
use serde_json::{Value, json};

use super::apps::{BOOKS_ACCOUNT, books};
use super::objects::{self, annotated, assert_same, one};
use super::place::Place;
use super::tools::{Builder, Test, by_each_builder, by_kpt};
use crate::support::{outcome, succeed};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[Test] = &[
        ("the_identity_is_put_into_workloads", applied),
        ("the_identity_is_put_into_selected_workloads", selected),
        ("an_account_that_is_missing_is_added_once", added),
        ("an_account_that_is_kept_elsewhere_is_not_added", kept_elsewhere),
        ("a_left_over_annotation_is_removed", direct),
        ("no_workload_is_an_error", no_workload),
        ("all_apps_of_a_kustomization_are_put_into_workloads", by_apps),
        ("a_workload_of_that_name_in_another_namespace_is_left_alone", elsewhere),
        ("workloads_that_an_overlay_moved_are_an_error", moved),
        ("what_is_there_already_is_not_added_again", up_to_date),
        ("what_is_there_and_differs_is_an_error", different),
        ("one_kustomization_transforms_and_validates", transformed_and_validated),
        ("an_overlay_that_renames_is_validated", renamed),
    ];
    let mut trials: Vec<Trial> =
        tests.iter().flat_map(|(name, test)| by_each_builder(name, *test)).collect();
    trials.push(by_kpt("the_identity_is_put_into_workloads_by_kpt", kpt));
    trials.push(by_kpt("a_left_over_annotation_is_removed_by_kpt", kpt_direct));
    trials.push(by_kpt("no_workload_is_an_error_by_kpt", kpt_no_workload));
    trials
}

/// [`books`] without its container.
fn identity() -> Value {
    let mut app = books();
    app["spec"].as_object_mut().unwrap().shift_remove("container");
    app
}

/// The same, with roles that are granted to the pods themselves.
fn direct_identity() -> Value {
    let mut app = identity();
    let spec = app["spec"].as_object_mut().unwrap();
    spec.shift_remove("googleServiceAccount");
    spec.insert("projectNumber".to_owned(), 123_456_789_012_u64.into());
    app
}

const ACCOUNT: &str = "\
# Source: books/templates/serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: books
  namespace: shop
  labels: {helm.sh/chart: books-1.2.3, app.kubernetes.io/managed-by: Helm}
  annotations:
    example.com/owner: books
automountServiceAccountToken: false
";

const WORKLOADS: &str = r#"---
# Source: books/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: books, namespace: shop, labels: {tier: back}}
spec:
  replicas: 2
  selector:
    matchLabels: {app: books}
  template:
    metadata:
      labels: {app: books}
      annotations: {checksum/config: "0123e4"}
    spec:
      securityContext: {runAsNonRoot: true}
      containers:
        - name: books
          image: "books:1.0" # pinned
          env: [{name: "ON", value: "yes"}, {name: DATE, value: "2024-01-01"}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: books, namespace: shop, labels: {tier: store}}
spec:
  serviceName: books
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      serviceAccountName: default
      containers: [{name: store, image: "store:1.0"}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: books, namespace: shop}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: night, image: "night:1.0"}]
---
apiVersion: v1
kind: Pod
metadata: {name: books, namespace: shop}
spec:
  containers: [{name: one, image: "one:1.0"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: shop, labels: {tier: front}}
spec:
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      serviceAccountName: front
      containers: [{name: front, image: "front:1.0"}]
"#;

/// It cannot have the identity of another namespace.
const ELSEWHERE: &str = r#"---
apiVersion: apps/v1
kind: Deployment
metadata: {name: books, namespace: elsewhere, labels: {tier: front}}
spec:
  selector: {matchLabels: {app: books}}
  template:
    metadata: {labels: {app: books}}
    spec:
      containers: [{name: books, image: "books:1.0"}]
"#;

const OTHERS: &str = r#"---
apiVersion: v1
kind: Service
metadata: {name: books, namespace: shop}
spec:
  selector: {app: books}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shelves.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Shelf, plural: shelves}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {serviceAccountName: {type: string, pattern: '^\d+$'}}}
---
apiVersion: example.com/v1
kind: Shelf
metadata: {name: books, namespace: shop}
spec: {template: {spec: {serviceAccountName: "7"}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: books, namespace: shop}
data:
  "on": "off"
  octal: "0123"
  number: "1_000"
  float: "1e3"
  date: "2024-01-01"
  empty: ""
  tilde: "~"
  trailing: "a  \nb\n\n"
  tabs: "\ta\tb"
  odd: "'\"\\ # {{ x }} &a *b !c %d @e `f`"
  unicode: "é \U0001F600 \u2028"
  script: |
    #!/bin/sh
    echo "$(date)"   # now
    kind: Deployment
"#;

fn chart() -> String {
    [ACCOUNT, WORKLOADS, OTHERS].concat()
}

/// Where the pods of a workload are.
fn pods(object: &mut Value) -> Option<&mut Value> {
    let pointer = match object["kind"].as_str()? {
        "Deployment" | "StatefulSet" => "/spec/template/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        "Pod" => "/spec",
        _ => return None,
    };
    object.pointer_mut(pointer)
}

/// Gives the account to the workloads for which this holds.
fn give(objects: &mut [Value], holds: impl Fn(&Value) -> bool) {
    let mut given = 0;
    for object in objects.iter_mut().filter(|object| holds(object)) {
        if let Some(pods) = pods(object) {
            pods["serviceAccountName"] = "books".into();
            given += 1;
        }
    }
    assert_ne!(given, 0, "the test selects nothing");
}

fn is_books(object: &Value) -> bool {
    object["metadata"]["name"] == "books" && object["metadata"]["namespace"] == "shop"
}

/// Annotates the account.
fn bind(objects: &mut [Value]) {
    let accounts = objects.iter_mut().filter(|object| object["kind"] == "ServiceAccount");
    for account in accounts {
        *account = annotated(account, "iam.gke.io/gcp-service-account", BOOKS_ACCOUNT);
    }
}

/// A kustomization with these manifests and this plugin.
fn transformed(builder: &Builder, manifests: &str, plugin: &Value) -> Place {
    let place = Place::new();
    place.write("plain/kustomization.yaml", "resources: [chart.yaml]\n");
    place.write("plain/chart.yaml", manifests);
    place.write("dir/kustomization.yaml", "resources: [../plain]\ntransformers: [plugin.yaml]\n");
    place.write("dir/plugin.yaml", &builder.config(plugin));
    place
}

/// Builds, and builds what came out once more, which must change nothing.
#[track_caller]
fn twice(builder: &Builder, place: &Place) -> Vec<Value> {
    let once = builder.objects(place, "dir");
    let text: Vec<String> = once.iter().map(objects::text).collect();
    place.write("plain/chart.yaml", &text.join("---\n"));
    assert_same("a second run changed something", &once, &builder.objects(place, "dir"));
    once
}

fn applied(builder: &Builder) {
    let place = transformed(builder, &chart(), &identity());
    let mut expected = builder.objects(&place, "plain");
    give(&mut expected, is_books);
    bind(&mut expected);
    assert_same("the chart with the identity", &expected, &twice(builder, &place));
}

fn selected(builder: &Builder) {
    let mut app = identity();
    app["spec"]["workloads"] =
        json!([{"kind": "StatefulSet", "name": "books"}, {"matchLabels": {"tier": "front"}}]);
    let place = transformed(builder, &chart(), &app);
    let mut expected = builder.objects(&place, "plain");
    give(&mut expected, |object| {
        let metadata = &object["metadata"];
        object["kind"] == "StatefulSet" || metadata["labels"]["tier"] == "front"
    });
    bind(&mut expected);
    assert_same("the chart with the identity", &expected, &twice(builder, &place));
}

fn added(builder: &Builder) {
    let place = transformed(builder, &[WORKLOADS, OTHERS].concat(), &identity());
    let mut actual = twice(builder, &place);
    let account = one(&actual, "ServiceAccount", "books");
    let annotations = &account["metadata"]["annotations"];
    assert_eq!(account["metadata"]["namespace"], "shop", "{account:#}");
    assert_eq!(annotations["iam.gke.io/gcp-service-account"], BOOKS_ACCOUNT, "{account:#}");
    actual.retain(|object| object["kind"] != "ServiceAccount");
    place.write("plain/chart.yaml", &[WORKLOADS, OTHERS].concat());
    let mut expected = builder.objects(&place, "plain");
    give(&mut expected, is_books);
    assert_same("everything but the account", &expected, &actual);
}

fn kept_elsewhere(builder: &Builder) {
    let mut app = identity();
    app["spec"]["serviceAccount"]["create"] = false.into();
    let place = transformed(builder, &[WORKLOADS, OTHERS].concat(), &app);
    let mut expected = builder.objects(&place, "plain");
    give(&mut expected, is_books);
    assert_same("without an account", &expected, &twice(builder, &place));
}

const LEFT_OVER: &str =
    "    iam.gke.io/gcp-service-account: old@my-project.iam.gserviceaccount.com\n";

/// The chart with an annotation of earlier times.
fn left_over() -> String {
    chart().replacen("    example.com/owner", &format!("{LEFT_OVER}    example.com/owner"), 1)
}

fn direct(builder: &Builder) {
    let place = transformed(builder, &left_over(), &direct_identity());
    let actual = twice(builder, &place);
    place.write("plain/chart.yaml", &chart());
    let mut expected = builder.objects(&place, "plain");
    give(&mut expected, is_books);
    assert_same("without the annotation", &expected, &actual);
}

/// The App is a transformer and a validator, as `wigen kustomize init` writes it.
fn transformed_and_validated(builder: &Builder) {
    for manifests in [[WORKLOADS, OTHERS].concat(), chart()] {
        let place = transformed(builder, &manifests, &identity());
        let expected = builder.objects(&place, "dir");
        let lists =
            "resources: [../plain]\ntransformers: [plugin.yaml]\nvalidators: [plugin.yaml]\n";
        place.write("dir/kustomization.yaml", lists);
        assert_same("validated, too", &expected, &builder.objects(&place, "dir"));
    }
    // Also if there is nothing to transform, and over a base that does the same.
    let place = transformed(builder, &chart(), &identity());
    let finished = builder.objects(&place, "dir");
    let texts: Vec<String> = finished.iter().map(objects::text).collect();
    place.write("plain/chart.yaml", &texts.join("---\n"));
    let lists = "transformers: [plugin.yaml]\nvalidators: [plugin.yaml]\n";
    place.write("dir/kustomization.yaml", &format!("resources: [../plain]\n{lists}"));
    place.write("over/kustomization.yaml", &format!("resources: [../dir]\n{lists}"));
    place.write("over/plugin.yaml", &builder.config(&identity()));
    for folder in ["dir", "over"] {
        assert_same("nothing is lost", &finished, &builder.objects(&place, folder));
    }
    // What a later transformer breaks is found.
    let mut other = identity();
    other["metadata"]["name"] = "other".into();
    other["spec"]["serviceAccount"]["name"] = "other".into();
    other["spec"]["workloads"] = json!([{"name": "books"}]);
    place.write("over/other.yaml", &builder.config(&other));
    let lists = "transformers: [plugin.yaml, other.yaml]\nvalidators: [plugin.yaml]\n";
    place.write("over/kustomization.yaml", &format!("resources: [../dir]\n{lists}"));
    assert!(builder.failure(&place, "over").contains("error[final-names]"));
}

/// The overlay has an App with the final names.
fn renamed(builder: &Builder) {
    let place = transformed(builder, &chart(), &identity());
    place.write("over/kustomization.yaml", "resources: [../dir]\nnamePrefix: pre-\n");
    let expected = builder.objects(&place, "over");
    place.write(
        "over/kustomization.yaml",
        "resources: [../dir]\nnamePrefix: pre-\nvalidators: [final.yaml]\n",
    );
    place.write("over/final.yaml", &builder.config(&identity()));
    let said = builder.failure(&place, "over");
    assert!(said.contains("error[final-names]") && said.contains("pre-books"), "{said}");
    let mut app = identity();
    app["spec"]["serviceAccount"]["name"] = "pre-books".into();
    place.write("over/final.yaml", &builder.config(&app));
    assert_same("validated", &expected, &builder.objects(&place, "over"));
}

fn no_workload(builder: &Builder) {
    let mut app = identity();
    app["metadata"]["name"] = "boks".into();
    let place = transformed(builder, &chart(), &app);
    let said = builder.failure(&place, "dir");
    assert!(said.contains("error[no-workload]"), "{said}");
}

/// The app is among the items.
fn by_apps(builder: &Builder) {
    let apps =
        json!({"apiVersion": "wigen.dev/v1alpha1", "kind": "Apps", "metadata": {"name": "all"}});
    let place = transformed(builder, &chart(), &apps);
    let app = annotated(&identity(), "config.kubernetes.io/local-config", "true");
    let resources = "resources: [../plain, app.yaml]\ntransformers: [plugin.yaml]\n";
    place.write("dir/kustomization.yaml", resources);
    place.write("dir/app.yaml", &objects::text(&app));
    let mut expected = builder.objects(&place, "plain");
    give(&mut expected, is_books);
    bind(&mut expected);
    assert_same("the chart with the identity", &expected, &builder.objects(&place, "dir"));
}

fn elsewhere(builder: &Builder) {
    let place = transformed(builder, &(chart() + ELSEWHERE), &identity());
    let mut expected = builder.objects(&place, "plain");
    give(&mut expected, is_books);
    bind(&mut expected);
    assert_same("the chart with the identity", &expected, &twice(builder, &place));
}

fn moved(builder: &Builder) {
    let place = transformed(builder, &chart(), &identity());
    let kustomization = place.read("dir/kustomization.yaml") + "namespace: final\n";
    place.write("dir/kustomization.yaml", &kustomization);
    let said = builder.failure(&place, "dir");
    for words in ["error[final-names]", "[shop/books]", "[final/books]"] {
        assert!(said.contains(words), "`{words}` is missing:\n{said}");
    }
}

/// An app among its own finished manifests; Kustomize keeps no comment that says whose they are.
fn finished(builder: &Builder, manifests: &[Value]) -> Place {
    let manifests: Vec<String> = manifests.iter().map(objects::text).collect();
    let apps =
        json!({"apiVersion": "wigen.dev/v1alpha1", "kind": "Apps", "metadata": {"name": "all"}});
    let place = transformed(builder, &manifests.join("---\n"), &apps);
    let app = annotated(&books(), "config.kubernetes.io/local-config", "true");
    let resources = "resources: [../plain, app.yaml]\ntransformers: [plugin.yaml]\n";
    place.write("dir/kustomization.yaml", resources);
    place.write("dir/app.yaml", &objects::text(&app));
    place
}

fn up_to_date(builder: &Builder) {
    let expected = objects::rendered(&objects::text(&books()));
    let place = finished(builder, &expected);
    assert_same("nothing is there twice", &expected, &builder.objects(&place, "dir"));
    // One of the two is missing.
    let place = finished(builder, &expected[1..]);
    assert_same("what is missing is added", &expected, &builder.objects(&place, "dir"));
}

fn different(builder: &Builder) {
    let mut manifests = objects::rendered(&objects::text(&books()));
    pods(&mut manifests[0]).unwrap()["containers"][0]["image"] = "books:0.9".into();
    let said = builder.failure(&finished(builder, &manifests), "dir");
    assert!(said.contains("error[foreign-object]"), "{said}");
}

/// Runs wigen over the package in `dir`, which must succeed.
fn eval(place: &Place) {
    succeed(&mut place.kpt(&["fn", "eval", "dir", "--exec", "wigen", "--truncate-output=false"]));
}

fn package(manifests: &str, app: &Value) -> Place {
    Place::with([("dir/chart.yaml", manifests), ("dir/app.yaml", &objects::text(app))])
}

fn kpt() {
    let place = package(&chart(), &identity());
    let mut expected = objects::read(&chart()).unwrap();
    eval(&place);
    give(&mut expected, is_books);
    bind(&mut expected);
    let actual = objects::read_files(&place, "dir").unwrap();
    assert_same("the chart with the identity", &expected, &actual);
    let text = place.read("dir/chart.yaml");
    for kept in ["# Source: books/templates/deployment.yaml", "\"books:1.0\" # pinned"] {
        assert!(text.contains(kept), "a comment is lost: {kept}\n{text}");
    }
    let before = place.files("dir");
    eval(&place);
    assert_eq!(before, place.files("dir"), "a second run changed something");
}

fn kpt_direct() {
    let place = package(&left_over(), &direct_identity());
    let mut expected = objects::read(&chart()).unwrap();
    eval(&place);
    give(&mut expected, is_books);
    let actual = objects::read_files(&place, "dir").unwrap();
    assert_same("without the annotation", &expected, &actual);
}

fn kpt_no_workload() {
    let mut app = identity();
    app["spec"]["workloads"] = json!([{"kind": "DaemonSet"}]);
    let place = package(&chart(), &app);
    let before = place.theirs();
    let arguments = ["fn", "eval", "dir", "--exec", "wigen", "--results-dir", "results"];
    let (code, printed, said) = outcome(&mut place.kpt(&arguments));
    assert_eq!(code, Some(1), "{printed}{said}");
    let mut after = place.theirs();
    let results = after.remove("results/results.yaml").unwrap();
    assert!(results.contains("code: no-workload"), "{results}");
    assert_eq!(before, after);
}
