//! The file `wigen.toml`, and what it brings to each spec.

use wigen::diagnostics::{Code, Dedup};
use wigen::spec::load::name_in;
use wigen::{CheckedSpec, Diagnostic, Diagnostics, Levels, LoadOptions, Source, Spec, Workspace};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        everything_wrong_with_the_file_is_reported_at_its_place,
        a_spec_need_not_be_complete_alone,
        keys_that_exclude_each_other_take_the_place_of_the_defaults,
        what_is_wrong_is_reported_where_the_value_comes_from,
        what_is_missing_is_reported_of_the_spec,
        what_is_wrong_with_the_defaults_is_reported_once,
        an_allowance_of_the_defaults_may_suppress_nothing,
        an_unknown_environment_is_reported_with_those_of_the_defaults,
    ]
}

const WORKSPACE: &str = r#"members = ["apps/*"]
[defaults]
project = "my-project"
namespace = "shop"
[defaults.cluster]
name = "c"
region = "us-central1"
[defaults.googleServiceAccount]
[defaults.deployment]
replicas = 2
[defaults.environments.prod]
namespace = "shop-prod"
[defaults.environments.prod.cluster]
region = "us-east1"
"#;

fn workspace(text: &str) -> Workspace {
    Workspace::read(&Source::new("wigen.toml", text)).unwrap()
}

fn reported(text: &str) -> Vec<String> {
    let source = Source::new("wigen.toml", text);
    let found = Workspace::read(&source).unwrap_err();
    found.iter().map(|one| line(&source, one)).collect()
}

fn line(own: &Source, one: &Diagnostic) -> String {
    let source = one.source(own);
    let at = source.position(one.place.span.clone().unwrap().start);
    format!("{}:{}:{} {}", source.name(), at.line, at.column, one.message)
}

/// What is found in a spec of the workspace.
fn found(workspace: &Workspace, name: &str, spec: &str, environment: Option<&str>) -> Vec<String> {
    let source = Source::new(name, spec);
    let found = diagnostics(check(&source, workspace, environment));
    found.iter().map(|one| line(&source, one)).collect()
}

fn load(source: &Source, workspace: &Workspace) -> Result<Spec, Diagnostics> {
    Spec::load(source, &LoadOptions { workspace: Some(workspace), ..LoadOptions::default() })
}

fn check(
    source: &Source,
    workspace: &Workspace,
    environment: Option<&str>,
) -> Result<CheckedSpec, Diagnostics> {
    load(source, workspace)?.check(environment, &Levels::default())
}

fn diagnostics(checked: Result<CheckedSpec, Diagnostics>) -> Vec<Diagnostic> {
    checked.map_or_else(Diagnostics::into_vec, |checked| checked.warnings().to_vec())
}

fn everything_wrong_with_the_file_is_reported_at_its_place() {
    assert_eq!(
        reported(
            "membrs = ['a']\nout = ''\nproject = 'p'\n[defaults]\nname = 'a'\n[defaults.pod]\ncontainers = []\n[defaults.environments.prod]\nname = 'b'\nnamespce = 'x'\n"
        ),
        [
            "wigen.toml:1:1 unknown key `membrs`",
            "wigen.toml:2:7 `out` must not be empty",
            "wigen.toml:3:1 unknown key `project`",
            "wigen.toml:5:1 `name` has no place in the defaults",
            "wigen.toml:7:1 `containers` is written by wigen",
            "wigen.toml:9:1 `name` has no place in the defaults",
            "wigen.toml:10:1 unknown key `namespce` in `prod`",
        ]
    );
    assert_eq!(reported(""), ["wigen.toml:1:1 missing key `members`"]);
    assert_eq!(reported("members = ['a'"), ["wigen.toml:1:15 unclosed array, expected `]`"]);
    assert_eq!(
        reported("members = []\nenvironments = ['A']\n[defaults.cluster]\nname = 1\n"),
        [
            "wigen.toml:1:11 `members` must not be empty",
            "wigen.toml:2:17 `A` is not a name",
            "wigen.toml:4:8 `name` must be a string, not an integer",
        ]
    );
    let workspace = workspace(WORKSPACE);
    let one = workspace.diagnostic(Code::UNKNOWN_VALUE, "/members/0", "m");
    assert_eq!(line(workspace.source(), &one), "wigen.toml:1:12 m");
}

fn a_spec_need_not_be_complete_alone() {
    let workspace = workspace(WORKSPACE);
    let app = "name = 'books-api'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n";
    assert_eq!(found(&workspace, "app.toml", app, Some("prod")), [""; 0]);
    let krm = "apiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata: {name: books-api}\nspec: {container: {image: 'us-docker.pkg.dev/my-project/b/b:1'}}\n";
    assert_eq!(found(&workspace, "app.yaml", krm, Some("prod")), [""; 0]);
    // The envelope is not for the defaults to bring.
    assert_eq!(
        found(
            &workspace,
            "app.yaml",
            "apiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata: {}\n",
            None
        ),
        ["app.yaml:1:1 missing key `spec`", "app.yaml:3:1 missing key `name` in `metadata`"]
    );
    for (file, text) in [("app.toml", app), ("app.yaml", krm)] {
        let source = Source::new(file, text);
        let spec = load(&source, &workspace).unwrap();
        assert_eq!(spec.environments().collect::<Vec<_>>(), ["prod"]);
        assert_eq!(spec.name(Some("prod")), Some("books-api"));
        assert_eq!(name_in(&source).as_deref(), Some("books-api"));
        let app = check(&source, &workspace, None).unwrap().into_app();
        assert_eq!((app.project.as_str(), app.namespace.as_str()), ("my-project", "shop"));
        let app = check(&source, &workspace, Some("prod")).unwrap().into_app();
        assert_eq!(app.namespace, "shop-prod");
        assert_eq!(app.cluster.region.as_deref(), Some("us-east1"));
    }
    assert_eq!(name_in(&Source::new("app.toml", "name =")), None);
}

fn keys_that_exclude_each_other_take_the_place_of_the_defaults() {
    let workspace = workspace(WORKSPACE);
    let spec = "name = 'books-api'\n[cluster]\nzone = 'us-central1-a'\n[cronJob]\nschedule = '0 3 * * *'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n[environments.prod.cluster]\nzone = 'us-east1-b'\n";
    let source = Source::new("app.toml", spec);
    for (environment, zone) in [(None, "us-central1-a"), (Some("prod"), "us-east1-b")] {
        let checked = check(&source, &workspace, environment).unwrap();
        assert_eq!(checked.warnings(), []);
        let app = checked.into_app();
        assert_eq!(
            (app.cluster.region.as_deref(), app.cluster.zone.as_deref()),
            (None, Some(zone))
        );
        assert!(app.deployment.is_none() && app.cron_job.is_some());
    }
}

fn what_is_wrong_is_reported_where_the_value_comes_from() {
    let text =
        WORKSPACE.replace("\"us-central1\"", "\"US\"").replace("replicas = 2", "replicas = 'x'");
    let text = text.replace("\"shop-prod\"", "\"P\"");
    let workspace = workspace(&text);
    let app = "name = 'books-api'\nnamespace = 'N'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\nprot = 1\n";
    assert_eq!(
        found(&workspace, "app.toml", app, None),
        [
            "app.toml:2:13 `N` is not a name",
            "app.toml:5:1 unknown key `prot` in `container`",
            "wigen.toml:7:10 `US` is not a region",
            "wigen.toml:10:12 `replicas` must be an integer, not a string",
        ]
    );
    // What a spec replaces is not judged.
    let app = "name = 'books-api'\n[cluster]\nzone = 'us-central1-a'\n[job]\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n";
    assert_eq!(found(&workspace, "app.toml", app, None), ["wigen.toml:12:13 `P` is not a name"]);
}

fn what_is_missing_is_reported_of_the_spec() {
    let workspace = workspace(
        "members = ['a']\n[defaults.cluster]\nname = 'c'\n[defaults.container]\nenv.A = 'b'\n[[defaults.pod.volumes]]\nemptyDir = {}\n",
    );
    assert_eq!(
        found(&workspace, "app.toml", "name = 'books-api'\n", None),
        [
            "app.toml:1:1 missing key `project`",
            "app.toml:1:1 missing key `image` in `container`",
            // To a list of the defaults no spec can add.
            "wigen.toml:6:1 missing key `name` in `volumes`",
        ]
    );
    let spec = "name = 'books-api'\nproject = 'my-project'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n[pod]\nvolumes = []\n";
    let source = Source::new("app.toml", spec);
    let found = diagnostics(check(&source, &workspace, None));
    assert_eq!(
        line(&source, &found[0]),
        "app.toml:1:1 the cluster has neither a region nor a zone"
    );
    assert_eq!(found[0].related[0].0.pointer, "/defaults/cluster");
    assert_eq!(found[0].related[0].0.source.as_ref(), Some(workspace.source()));
}

fn what_is_wrong_with_the_defaults_is_reported_once() {
    let workspace = workspace(&WORKSPACE.replace("\"us-central1\"", "\"US\""));
    let mut once = Dedup::default();
    let mut reported = Vec::new();
    for name in ["a", "b"] {
        let source = Source::new(name, "name = 'books-api'\nproject = 'P'\n");
        let found = diagnostics(check(&source, &workspace, None));
        reported.extend(found.iter().filter(|one| once.is_new(one)).map(|one| line(&source, one)));
    }
    assert_eq!(
        reported,
        [
            "a:2:11 `P` is not a project ID",
            "wigen.toml:7:10 `US` is not a region",
            "b:2:11 `P` is not a project ID",
        ]
    );
}

fn an_allowance_of_the_defaults_may_suppress_nothing() {
    let workspace = workspace(&format!("{WORKSPACE}[defaults.lint.allow]\nkey-file = 'x'\n"));
    let app = "name = 'books-api'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n[lint.allow]\nstale-image = 'y'\n";
    assert_eq!(
        found(&workspace, "app.toml", app, None),
        ["app.toml:5:1 `stale-image` is allowed and does not come"]
    );
}

fn an_unknown_environment_is_reported_with_those_of_the_defaults() {
    let workspace = workspace(WORKSPACE);
    let app = "name = 'books-api'\nenvironment = 'prd'\n[container]\nimage = 'us-docker.pkg.dev/my-project/b/b:1'\n";
    assert_eq!(
        found(&workspace, "app.toml", app, None),
        ["app.toml:2:15 there is no environment `prd`"]
    );
    assert_eq!(
        found(&workspace, "app.toml", app, Some("prdo")),
        ["wigen.toml:11:11 there is no environment `prdo`"]
    );
}
