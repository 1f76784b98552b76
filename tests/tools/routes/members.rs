//! Specs that are members of a workspace: by every builder they have its defaults, as by every command.

use crate::support::trials::Trial;
use serde_json::{Value, json};

use super::objects::{self, assert_same, one};
use super::place::Place;
use super::tools::{Builder, Test, by_each_builder};
use crate::support::succeed;

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [Test; 4] = [
        ("the_app_of_a_member_has_the_defaults", object),
        ("an_overlay_of_a_member_has_the_defaults", overlay),
        ("the_first_kustomization_of_a_member", init),
        ("an_invalid_workspace_is_reported", wrong),
    ];
    tests.into_iter().flat_map(|(name, test)| by_each_builder(name, test)).collect()
}

const WORKSPACE: &str = r#"members = ["apps/*"]
exclude = ["apps/attic"]

[defaults]
project = "my-project"
namespace = "shop"
labels.team = "books"
cluster = { name = "main", region = "us-central1" }
environments.prod.namespace = "shop-prod"
"#;

const LISTED: &str = "generators: [app.yaml]\nvalidators: [app.yaml]\n";

/// What needs the defaults.
fn app(builder: &Builder) -> String {
    builder.config(&json!({
        "apiVersion": "wigen.dev/v1alpha1",
        "kind": "App",
        "metadata": {"name": "books"},
        "spec": {"container": {"image": "us-docker.pkg.dev/my-project/books/api:1.4.2"}},
    }))
}

fn rendered(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["render", "--only", "manifests"], arguments].concat();
    let objects = objects::read(&succeed(&mut place.wigen(&arguments))).unwrap();
    for object in &objects {
        assert_eq!(object["metadata"]["labels"]["team"], "books", "{object:#}");
    }
    objects
}

fn object(builder: &Builder) {
    let place = Place::with([
        ("wigen.toml", WORKSPACE),
        ("apps/books/app.yaml", &app(builder)),
        ("apps/books/kustomization.yaml", LISTED),
        ("apps/attic/app.yaml", &app(builder)),
        ("apps/attic/kustomization.yaml", LISTED),
    ]);
    let expected = rendered(&place, &["apps/books"]);
    assert_same("the app of a member", &expected, &builder.objects(&place, "apps/books"));
    let said = builder.failure(&place, "apps/attic");
    assert!(said.contains("missing key `project`"), "it is not a member:\n{said}");
}

fn overlay(builder: &Builder) {
    let patch = "{op: add, path: /spec/environment, value: prod}";
    let patched = format!(
        "resources: [../../apps/spec]\npatches:\n- target: {{kind: App}}\n  patch: |\n    - {patch}\n"
    );
    let place = Place::with([
        ("wigen.toml", WORKSPACE),
        ("apps/spec/app.yaml", &app(builder)),
        ("apps/spec/kustomization.yaml", "resources: [app.yaml]\n"),
        ("deploy/app/kustomization.yaml", &patched),
        ("deploy/kustomization.yaml", "generators: [app]\nvalidators: [app]\n"),
    ]);
    let expected = rendered(&place, &["apps/spec", "--env", "prod"]);
    assert_eq!(expected[0]["metadata"]["namespace"], "shop-prod");
    assert_same("an overlay", &expected, &builder.objects(&place, "deploy"));
}

fn init(builder: &Builder) {
    let image = "container.image = \"us-docker.pkg.dev/my-project/books/api:1.4.2\"\n";
    let place = Place::with([
        ("wigen.toml", WORKSPACE),
        ("apps/books/app.toml", &format!("name = \"books\"\n{image}")),
        ("apps/identity/app.toml", "name = \"identity\"\n"),
    ]);
    let tool = if builder.legacy { "kubectl" } else { "kustomize" };
    let init = |spec: &str, out: &str| {
        succeed(&mut place.wigen(&["kustomize", "init", spec, "-o", out, "--for", tool]));
        let names: Vec<String> = place.files(out).into_keys().collect();
        names.into_iter().filter(|name| name != "app.toml").collect::<Vec<_>>()
    };
    for out in ["apps/books", "deploy/made/for/it"] {
        assert_eq!(init("apps/books/app.toml", out), ["apps.yaml", "kustomization.yaml"]);
        let expected = rendered(&place, &["apps/books"]);
        assert_same(out, &expected, &builder.objects(&place, out));
    }
    // There is still one spec of each app, which changes what is built.
    assert_eq!(succeed(&mut place.wigen(&["check", "--deny", "warnings"])), "");
    place
        .write("apps/books/app.toml", &format!("name = \"books\"\nlabels.tier = \"one\"\n{image}"));
    let expected = rendered(&place, &["apps/books"]);
    assert_same("the changed spec", &expected, &builder.objects(&place, "apps/books"));
    // An identity alone is for workloads of others.
    init("apps/identity/app.toml", "apps/identity");
    let listed = place.read("apps/identity/kustomization.yaml");
    let listed = listed.replace("resources: []", "resources: [deployment.yaml]");
    place.write("apps/identity/kustomization.yaml", &listed);
    let mut deployment = one(&expected, "Deployment", "books").clone();
    deployment["metadata"]["name"] = "identity".into();
    place.write("apps/identity/deployment.yaml", &objects::text(&deployment));
    let built = builder.objects(&place, "apps/identity");
    let pods = &one(&built, "Deployment", "identity")["spec"]["template"]["spec"];
    assert_eq!(pods["serviceAccountName"], "identity", "{built:#?}");
    one(&built, "ServiceAccount", "identity");
}

fn wrong(builder: &Builder) {
    let place = Place::with([
        ("wigen.toml", WORKSPACE.replace("us-central1", "US").as_str()),
        ("apps/books/app.yaml", &app(builder)),
        ("apps/books/kustomization.yaml", LISTED),
    ]);
    let (code, built, said) = builder.build(&place, "apps/books");
    assert!(code != Some(0) && built.is_empty(), "{built}");
    assert!(
        said.contains("../../wigen.toml:8:37: error[location]: `US` is not a region"),
        "{said}"
    );
    place.write("wigen.toml", &WORKSPACE.replace("[defaults]", "[defaults"));
    let said = builder.failure(&place, "apps/books");
    assert!(said.contains("error[workspace]: App books: ../../wigen.toml:4:"), "{said}");
}
