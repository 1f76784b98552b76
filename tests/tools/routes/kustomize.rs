//! What users of Kustomize do: overlays, checks of the final names, validators, behaviors, patches.

use crate::support::trials::Trial;
use serde_json::{Value, json};

use super::apps::{BOOKS_ACCOUNT, books, books_in_prod, books_with_prod};
use super::objects::{self, annotated, assert_same, one};
use super::place::Place;
use super::tools::{Builder, Test, by_each_builder};

pub(crate) fn trials() -> Vec<Trial> {
    let tests: &[Test] = &[
        ("an_overlay_that_renames_is_found", renamed),
        ("an_overlay_with_a_prefix_alone_is_found", prefixed),
        ("an_overlay_with_a_namespace_alone_is_found", moved),
        ("an_overlay_of_an_overlay_is_found", renamed_twice),
        ("a_workload_with_another_account_is_found", another_account),
        ("a_workload_without_an_account_is_found", no_account),
        ("the_change_that_the_check_names_is_enough", corrected),
        ("the_change_may_be_an_environment", corrected_by_environment),
        ("the_base_alone_is_right", base_alone),
        ("generated_and_checked_in_one_kustomization", generated_and_checked),
        ("a_validator_alone", validator_alone),
        ("a_validator_alone_in_a_file_called_kustomization_yml", validator_in_yml),
        ("a_validator_in_a_folder", validator_in_folder),
        ("a_validator_in_the_kustomization_itself", validator_inline),
        ("a_validator_over_a_base_with_a_transformer", validator_over_transformer),
        ("a_validator_behind_a_transformer", validator_behind_transformer),
        ("a_validator_behind_a_transformer_of_kustomize", validator_behind_builtin),
        ("a_validator_behind_wigen", validator_behind_wigen),
        ("behavior_merge", merge),
        ("a_hash_behind_the_account_is_found", hash),
        ("an_environment_by_a_patch_of_the_app", patched_environment),
        ("an_environment_by_an_annotation", annotated_environment),
        ("a_variable_stands_behind_those_that_it_names", variables),
        ("only_what_is_asked_for", only),
        ("the_script_stays_out_of_what_is_built", script),
        ("a_misspelt_option_is_reported", misspelt_option),
    ];
    tests.iter().flat_map(|(name, test)| by_each_builder(name, *test)).collect()
}

/// The app as a generator in `base`, with an overlay in `over` that has these lines more.
fn overlaid(builder: &Builder, overlay: &str) -> Place {
    let place = Place::new();
    place.write("base/kustomization.yaml", "generators: [app.yaml]\n");
    place.write("base/app.yaml", &builder.config(&books()));
    place.write("over/kustomization.yaml", &format!("resources: [../base]\n{overlay}"));
    place
}

const RENAMES: &str = "namePrefix: pre-\nnameSuffix: -x\nnamespace: final\n";
const CHECK: &str = "transformers: [check.yaml]\n";

/// What is said of an overlay that wigen checks with the app as it is.
fn found(builder: &Builder, overlay: &str) -> String {
    let place = overlaid(builder, &format!("{overlay}{CHECK}"));
    place.write("over/check.yaml", &builder.config(&books()));
    let said = builder.failure(&place, "over");
    assert!(said.contains("error[final-names]"), "{said}");
    assert!(said.contains("[shop/books]"), "what was expected is missing: {said}");
    said
}

#[track_caller]
fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "`{word}` is missing:\n{said}");
    }
}

fn renamed(builder: &Builder) {
    let said = found(builder, RENAMES);
    let names = ["metadata.namespace: final", "spec.serviceAccount.name: pre-books-x"];
    says(&said, &["[final/pre-books-x]", names[0], names[1]]);
}

fn prefixed(builder: &Builder) {
    let said = found(builder, "namePrefix: pre-\n");
    says(&said, &["[shop/pre-books]", "spec.serviceAccount.name: pre-books"]);
    assert!(!said.contains("metadata.namespace:"), "the namespace is right: {said}");
}

fn moved(builder: &Builder) {
    let said = found(builder, "namespace: final\n");
    says(&said, &["[final/books]", "metadata.namespace: final"]);
    assert!(!said.contains("spec.serviceAccount.name:"), "the name is right: {said}");
}

fn renamed_twice(builder: &Builder) {
    let place = overlaid(builder, "namePrefix: mid-\n");
    let top = "resources: [../over]\nnamePrefix: pre-\nnamespace: final\n";
    place.write("top/kustomization.yaml", &format!("{top}{CHECK}"));
    place.write("top/check.yaml", &builder.config(&books()));
    let said = builder.failure(&place, "top");
    says(&said, &["error[final-names]", "[shop/books]", "[final/pre-mid-books]"]);
    says(&said, &["metadata.namespace: final", "spec.serviceAccount.name: pre-mid-books"]);
}

fn another_account(builder: &Builder) {
    let patch = "patches:\n- target: {kind: Deployment}\n  patch: |\n    \
                 - {op: replace, path: /spec/template/spec/serviceAccountName, value: other}\n";
    says(&found(builder, patch), &["[shop/other]"]);
}

fn no_account(builder: &Builder) {
    let patch = "patches:\n- target: {kind: Deployment}\n  patch: |\n    \
                 - {op: remove, path: /spec/template/spec/serviceAccountName}\n";
    says(&found(builder, patch), &["[shop/default]"]);
}

/// Builds the overlay without a check, and with one: the check must change nothing. When it runs,
/// workloads still have the account's first name; Kustomize corrects that in the end.
#[track_caller]
fn passes(builder: &Builder, check: &Value, how: &str) {
    let place = overlaid(builder, RENAMES);
    let expected = builder.objects(&place, "over");
    assert_eq!(expected.len(), 2, "{expected:#?}");
    place.write("over/kustomization.yaml", &format!("resources: [../base]\n{RENAMES}{how}"));
    place.write("over/check.yaml", &builder.config(check));
    assert_same("the check changed something", &expected, &builder.objects(&place, "over"));
}

/// The app that the overlay makes from [`books`].
fn final_books() -> Value {
    let mut check = books();
    check["metadata"]["namespace"] = "final".into();
    check["spec"]["serviceAccount"]["name"] = "pre-books-x".into();
    check
}

fn corrected(builder: &Builder) {
    passes(builder, &final_books(), CHECK);
}

fn corrected_by_environment(builder: &Builder) {
    let mut check = books();
    check["spec"]["environments"]["final"] =
        json!({"namespace": "final", "serviceAccount": {"name": "pre-books-x"}});
    check["spec"]["environment"] = "final".into();
    passes(builder, &check, CHECK);
}

fn base_alone(builder: &Builder) {
    let place = overlaid(builder, CHECK);
    place.write("over/check.yaml", &builder.config(&books()));
    let expected = objects::rendered(&objects::text(&books()));
    assert_same("the overlay without changes", &expected, &builder.objects(&place, "over"));
}

/// What a function generates has a path in Kustomize, too, as what kpt reads from files.
fn generated_and_checked(builder: &Builder) {
    let place = Place::new();
    place.write("dir/kustomization.yaml", "generators: [app.yaml]\ntransformers: [app.yaml]\n");
    place.write("dir/app.yaml", &builder.config(&books()));
    let expected = objects::rendered(&objects::text(&books()));
    assert_same("one kustomization", &expected, &builder.objects(&place, "dir"));
}

/// An overlay that validates finished manifests, which are its base.
struct Validation {
    /// How its kustomization file is called.
    file: &'static str,
    /// Transformers before it, in the overlay and in the base.
    transformers: &'static str,
    transformers_of_base: &'static str,
    /// The check is in `check.yaml`, and in the folder `checks`.
    validators: &'static str,
}

const ALONE: Validation = Validation {
    file: "kustomization.yaml",
    transformers: "[]",
    transformers_of_base: "[]",
    validators: "[check.yaml]",
};

impl Validation {
    /// What is right passes unchanged, and what is wrong is found.
    #[track_caller]
    fn holds(&self, builder: &Builder) {
        let place = Place::new();
        place.pass();
        let Self { transformers, transformers_of_base, validators, .. } = self;
        let objects = objects::rendered(&objects::text(&books()));
        let objects: Vec<String> = objects.iter().map(objects::text).collect();
        let builtin = "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: labels}\n\
                       labels: {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]\n";
        let pass = json!({
            "apiVersion": "example.com/v1",
            "kind": "Pass",
            "metadata": {"name": "pass"},
        });
        let pass = builder.started_as(&pass, "pass");
        let base = format!("resources: [objects.yaml]\ntransformers: {transformers_of_base}\n");
        for (name, text) in [
            ("base/objects.yaml", objects.join("---\n").as_str()),
            ("base/pass.yaml", &pass),
            ("base/kustomization.yaml", &base),
            ("over/pass.yaml", &pass),
            ("over/builtin.yaml", builtin),
            ("over/checks/kustomization.yaml", "resources: [check.yaml]\n"),
        ] {
            place.write(name, text);
        }
        let write_check = |app: &Value| {
            for name in ["over/check.yaml", "over/checks/check.yaml"] {
                place.write(name, &builder.config(app));
            }
        };
        let file = format!("over/{}", self.file);
        let over = format!("resources: [../base]\ntransformers: {transformers}\n");

        write_check(&books());
        place.write(&file, &over);
        let expected = builder.objects(&place, "over");
        assert_eq!(expected.len(), 2, "{expected:#?}");
        place.write(&file, &format!("{over}validators: {validators}\n"));
        let actual = builder.objects(&place, "over");
        assert_same("the validator changed something", &expected, &actual);

        let mut wrong = books();
        wrong["metadata"]["namespace"] = "elsewhere".into();
        write_check(&wrong);
        let said = builder.failure(&place, "over");
        says(&said, &["error[final-names]", "[elsewhere/books]"]);
    }
}

fn validator_alone(builder: &Builder) {
    ALONE.holds(builder);
}

fn validator_in_yml(builder: &Builder) {
    Validation { file: "kustomization.yml", ..ALONE }.holds(builder);
}

fn validator_in_folder(builder: &Builder) {
    Validation { validators: "[checks]", ..ALONE }.holds(builder);
}

fn validator_over_transformer(builder: &Builder) {
    Validation { transformers_of_base: "[pass.yaml]", ..ALONE }.holds(builder);
}

fn validator_behind_transformer(builder: &Builder) {
    Validation { transformers: "[pass.yaml]", ..ALONE }.holds(builder);
}

/// Only what an external transformer hands back bears the marks that make Kustomize take a validator
/// that hands back everything for one that changes nothing; a built-in one is a transformer, too.
fn validator_behind_builtin(builder: &Builder) {
    Validation { transformers: "[builtin.yaml]", ..ALONE }.holds(builder);
}

fn validator_behind_wigen(builder: &Builder) {
    let place = Place::new();
    let objects = objects::rendered(&objects::text(&books()));
    let texts: Vec<String> = objects.iter().map(objects::text).collect();
    place.write("dir/objects.yaml", &texts.join("---\n"));
    place.write("dir/check.yaml", &builder.config(&books()));
    let lists = "resources: [objects.yaml]\ntransformers: [check.yaml]\nvalidators: [check.yaml]\n";
    place.write("dir/kustomization.yaml", lists);
    assert_same("checked twice", &objects, &builder.objects(&place, "dir"));
}

/// The check is in the kustomization itself.
fn validator_inline(builder: &Builder) {
    let place = Place::new();
    let objects = objects::rendered(&objects::text(&books()));
    let texts: Vec<String> = objects.iter().map(objects::text).collect();
    place.write("dir/objects.yaml", &texts.join("---\n"));
    let write = |app: &Value| {
        let check = builder.config(app).replace('\n', "\n  ");
        let text = format!("resources: [objects.yaml]\nvalidators:\n- |\n  {check}\n");
        place.write("dir/kustomization.yaml", &text);
    };
    write(&books());
    assert_same("a check inline", &objects, &builder.objects(&place, "dir"));
    let mut wrong = books();
    wrong["metadata"]["namespace"] = "elsewhere".into();
    write(&wrong);
    says(&builder.failure(&place, "dir"), &["error[final-names]", "[elsewhere/books]"]);
}

fn merge(builder: &Builder) {
    let place = Place::new();
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "books", "namespace": "shop", "labels": {"team": "books"},
            "annotations": {"example.com/owner": "books"}},
        "automountServiceAccountToken": false,
    });
    place.write("base/kustomization.yaml", "resources: [account.yaml]\n");
    place.write("base/account.yaml", &objects::text(&account));
    let app = annotated(&books(), "wigen.dev/only", "service-account");
    let app = annotated(&app, "kustomize.config.k8s.io/behavior", "merge");
    place.write("over/kustomization.yaml", "resources: [../base]\ngenerators: [app.yaml]\n");
    place.write("over/app.yaml", &builder.config(&app));
    let mut expected = account;
    // Kustomize keeps metadata and data of what is merged into, and nothing else.
    expected.as_object_mut().unwrap().shift_remove("automountServiceAccountToken");
    expected["metadata"]["labels"]["app.kubernetes.io/name"] = "books".into();
    expected["metadata"]["annotations"]["iam.gke.io/gcp-service-account"] = BOOKS_ACCOUNT.into();
    assert_same("merged", &[expected], &builder.objects(&place, "over"));
}

fn hash(builder: &Builder) {
    let place = Place::new();
    let app = annotated(&books(), "kustomize.config.k8s.io/needs-hash", "true");
    place.write("dir/kustomization.yaml", "generators: [app.yaml]\n");
    place.write("dir/app.yaml", &builder.config(&app));
    let built = builder.objects(&place, "dir");
    let account = built.iter().find(|object| object["kind"] == "ServiceAccount").unwrap();
    let name = account["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("books-"), "the annotation is not handed on: {account:#}");

    place.write("dir/kustomization.yaml", "generators: [app.yaml]\ntransformers: [check.yaml]\n");
    place.write("dir/check.yaml", &builder.config(&books()));
    says(&builder.failure(&place, "dir"), &["error[final-names]", "hash"]);
}

fn patched_environment(builder: &Builder) {
    let place = Place::new();
    place.write("apps/kustomization.yaml", "resources: [books.yaml]\n");
    place.write("apps/books.yaml", &builder.config(&books_with_prod()));
    place.write("over/kustomization.yaml", "generators: [apps]\n");
    let patch = "resources: [../../apps]\npatches:\n- target: {kind: App}\n  patch: |\n    \
                 - {op: add, path: /spec/environment, value: prod}\n";
    place.write("over/apps/kustomization.yaml", patch);
    let expected = objects::rendered(&objects::text(&books_in_prod()));
    assert_same("in production", &expected, &builder.objects(&place, "over"));
}

fn annotated_environment(builder: &Builder) {
    let place = Place::new();
    place.write("dir/kustomization.yaml", "generators: [app.yaml]\n");
    let app = annotated(&books_with_prod(), "wigen.dev/environment", "prod");
    place.write("dir/app.yaml", &builder.config(&app));
    let expected = objects::rendered(&objects::text(&books_in_prod()));
    assert_same("in production", &expected, &builder.objects(&place, "dir"));
}

/// Kubernetes only replaces references to variables before it, and Kustomize sorts the keys of a spec: wigen puts them
/// in order again, or says that it cannot.
fn variables(builder: &Builder) {
    let place = Place::new();
    let mut app = books();
    app["spec"]["container"]["env"] =
        json!({"ZONE": "a", "HOST": "db-$(ZONE)", "ADDRESS": "$(HOST):5432"});
    place.write("dir/kustomization.yaml", "generators: [app.yaml]\n");
    place.write("dir/app.yaml", &builder.config(&app));
    let (code, built, said) = builder.build(&place, "dir");
    if code != Some(0) {
        says(&said, &["wigen: error[", "spec.container.env"]);
        return;
    }
    let built = objects::read(&built).unwrap();
    let pods = &one(&built, "Deployment", "books")["spec"]["template"]["spec"];
    let variables = pods["containers"][0]["env"].as_array().unwrap();
    let names: Vec<&str> =
        variables.iter().map(|variable| variable["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ZONE", "HOST", "ADDRESS"], "a variable stands before one that it names");
}

fn generated(builder: &Builder, option: &str, value: &str) -> Vec<Value> {
    let place = Place::new();
    place.write("dir/kustomization.yaml", "generators: [app.yaml]\n");
    place.write("dir/app.yaml", &builder.config(&annotated(&books(), option, value)));
    builder.objects(&place, "dir")
}

fn only(builder: &Builder) {
    let all = objects::rendered(&objects::text(&books()));
    for (only, kind) in [("service-account", "ServiceAccount"), ("workload", "Deployment")] {
        let expected = [one(&all, kind, "books").clone()];
        assert_same(only, &expected, &generated(builder, "wigen.dev/only", only));
    }
}

/// It is for people: `config.kubernetes.io/local-config` keeps it from the cluster.
fn script(builder: &Builder) {
    let all = objects::rendered(&objects::text(&books()));
    let built = generated(builder, "wigen.dev/only", "manifests,gcloud");
    assert_same("manifests,gcloud", &all, &built);
}

fn misspelt_option(builder: &Builder) {
    let place = Place::new();
    place.write("dir/kustomization.yaml", "generators: [app.yaml]\n");
    let app = annotated(&books(), "wigen.dev/onyl", "workload");
    place.write("dir/app.yaml", &builder.config(&app));
    says(&builder.failure(&place, "dir"), &["wigen.dev/onyl", "only"]);
}
