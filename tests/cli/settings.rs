//! `--set` through the real binary: what it lays over a spec, and what it says of what is wrong.

use std::fs;

use crate::support::trials::{Topic, trials};
use crate::support::{folder_with, names, outcome, spec_of, succeed, wigen};
use serde_json::{Value, json};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "settings",
        "`--set` and its like change a spec as an edit does",
        trials![
            what_a_spec_says_already_changes_nothing,
            a_setting_is_rendered_and_goes_before_environments,
            a_setting_goes_before_the_defaults_of_a_workspace,
            what_an_earlier_spec_granted_is_not_what_is_set,
            errors_are_reported_at_their_place,
            a_setting_in_an_environment_is_reported_there,
            a_setting_is_for_one_spec,
            a_malformed_setting_is_wrong_usage,
        ],
    )
}

const SPEC: &str = r#"name      = "books"
namespace = "shop"
project   = "my-project"

[cluster]
name   = "shop"
region = "us-central1"

[googleServiceAccount]
name = "books-api"

[[grants]]
roles = ["roles/secretmanager.secretAccessor"]

[container]
image = "us-docker.pkg.dev/my-project/shop/books:1"

[environments.prod.container]
image = "us-docker.pkg.dev/my-project/shop/books:prod"
"#;

const IMAGE: &str = "container.image=us-docker.pkg.dev/my-project/shop/books:2";

/// A path as it is written in a setting.
fn path(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1);
    let steps = steps.map(|step| {
        let key = step.replace("~1", "/").replace("~0", "~");
        let quote = if key.contains('"') { '\'' } else { '"' };
        format!("{quote}{key}{quote}")
    });
    steps.collect::<Vec<_>>().join(".")
}

fn what_a_spec_says_already_changes_nothing() {
    let (mut specs, mut settings) = (0, 0);
    for case in crate::support::cases() {
        let spec = spec_of(&case);
        let name = spec.file_name().unwrap().to_str().unwrap();
        let (code, expected, _) = outcome(wigen(&case).args(["render", name]));
        if code != Some(0) {
            continue;
        }
        let shown = succeed(wigen(&case).args(["show", name, "--format", "json"]));
        let mut command = wigen(&case);
        command.args(["render", name]);
        for line in shown.lines() {
            let leaf: Value = serde_json::from_str(line).unwrap();
            let setting = format!("{}={}", path(leaf["pointer"].as_str().unwrap()), leaf["value"]);
            command.args(["--set", &setting]);
            settings += 1;
        }
        assert_eq!(succeed(&mut command), expected, "{}", case.display());
        specs += 1;
    }
    assert!(specs > 30 && settings > 400, "{settings} of {specs}");
}

fn a_setting_is_rendered_and_goes_before_environments() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    for environment in [&[][..], &["--env", "prod"]] {
        let mut command = wigen(folder.path());
        let printed = succeed(command.args(["render", "--set", IMAGE]).args(environment));
        assert_eq!(printed.matches("shop/books:2\n").count(), 1, "{printed}");
        assert!(!printed.contains("books:1") && !printed.contains("books:prod"), "{printed}");
    }
    let files = ["render", "-o", "out", "--set", IMAGE];
    succeed(wigen(folder.path()).args(files));
    succeed(wigen(folder.path()).args(files).arg("--check"));
    let (code, ..) = outcome(wigen(folder.path()).args(["render", "-o", "out", "--check"]));
    assert_eq!(code, Some(1));
}

fn a_setting_goes_before_the_defaults_of_a_workspace() {
    let workspace = "members = [\"app.toml\"]\n[defaults.labels]\nteam = \"shop\"\n";
    let folder = folder_with(&[("app.toml", SPEC), ("wigen.toml", workspace)]);
    let set = ["--set", "labels.team=films", "--set", IMAGE];
    let shown = succeed(wigen(folder.path()).args(["show", "--format", "json"]).args(set));
    let lines = shown.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let by_settings: Vec<Value> = lines
        .filter(|line| line["layer"] == "command line")
        .map(|line| line["value"].clone())
        .collect();
    assert_eq!(by_settings, [json!("films"), json!("us-docker.pkg.dev/my-project/shop/books:2")]);
    let (code, _, stderr) =
        outcome(wigen(folder.path()).args(["check", "--set", "labels.team=a b"]));
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("--> --set:1:13"), "{stderr}");
}

fn what_an_earlier_spec_granted_is_not_what_is_set() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    let roles = "grants.0.roles=[\"roles/pubsub.publisher\"]";
    let arguments = ["render", "--only", "gcloud", "--previous", "app.toml", "--set", roles];
    let script = succeed(wigen(folder.path()).args(arguments));
    assert!(script.contains("roles/pubsub.publisher"), "{script}");
    assert!(script.contains("roles/secretmanager.secretAccessor"), "it is taken back\n{script}");
}

fn errors_are_reported_at_their_place() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    for (settings, code, place) in [
        (&["container.imag=x"][..], "unknown-key", "--set:1:11"),
        (&["contaner.image=x"], "unknown-key", "--set:1:1"),
        (&["container.port=abc"], "wrong-type", "--set:1:16"),
        (&["container.port=90000"], "out-of-range", "--set:1:16"),
        (&[IMAGE, "name=Books"], "dns-label", "--set:2:6"),
        (&["grants.1.roles=[]"], "unknown-key", "--set:1:8"),
        (&["environment=prd"], "unknown-environment", "--set:1:13"),
        (&["grants.0.roles=[1]"], "wrong-type", "--set:1:16"),
        (&["project=x", "project=my_project"], "project-id", "--set:2:9"),
    ] {
        let mut command = wigen(folder.path());
        command.args(["render", "-o", "out"]);
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        let (exit, stdout, stderr) = outcome(&mut command);
        assert_eq!((exit, stdout.as_str()), (Some(1), ""), "{settings:?}");
        let expected = [format!("error[{code}]"), format!("--> {place}\n")];
        assert!(expected.iter().all(|part| stderr.contains(part)), "{settings:?}\n{stderr}");
        assert_eq!(names(folder.path()), ["app.toml"]);
    }
}

fn a_setting_in_an_environment_is_reported_there() {
    let spec = SPEC.replace("name = \"books-api\"", "").replace("\"books\"", "\"books-shop\"");
    let odd = spec.replace("[environments.prod.container]\nimage", "[environments]\nProd");
    let folder = folder_with(&[("app.toml", &spec), ("odd.toml", &odd)]);
    for (spec, setting, file, line, pointer) in [
        ("app.toml", "environments.prod.name=q", "--set", 1, "/environments/prod/name"),
        ("app.toml", "environments.test.name=q", "--set", 1, "/environments/test/name"),
        ("odd.toml", "container.port=8000", "odd.toml", 19, "/environments/Prod"),
    ] {
        let arguments = ["check", "--format", "json", "--set", setting, spec];
        let (_, stdout, stderr) = outcome(wigen(folder.path()).args(arguments));
        let found: Value = serde_json::from_str(&stdout).expect(&stderr);
        let expected = json!([file, line, pointer]);
        assert_eq!(json!([found["file"], found["line"], found["pointer"]]), expected, "{stdout}");
        assert!(!found["message"].to_string().contains("in this environment"), "{stdout}");
    }
}

fn a_setting_is_for_one_spec() {
    let folder = folder_with(&[("a/app.toml", SPEC), ("b/app.toml", SPEC)]);
    for name in ["render", "check", "show"] {
        let mut command = wigen(folder.path());
        let (code, stdout, stderr) = outcome(command.args([name, "a", "b", "--set", IMAGE]));
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.contains("--set is for one spec, and these are 2"), "{stderr}");
    }
    fs::remove_dir_all(folder.path().join("b")).unwrap();
    succeed(wigen(folder.path()).args(["render", ".", "--set", IMAGE]));
}

fn a_malformed_setting_is_wrong_usage() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    for setting in ["", "container.image", "=x", "a b=x", "labels.example.com/team=x", "\"a=x"] {
        let (code, _, stderr) = outcome(wigen(folder.path()).args(["check", "--set", setting]));
        assert_eq!(code, Some(2), "{setting}");
        assert!(stderr.contains("for '--set <PATH=VALUE>'"), "{stderr}");
    }
    let (code, _, stderr) = outcome(wigen(folder.path()).args(["check", "--fix", "--set", IMAGE]));
    assert_eq!(code, Some(2), "{stderr}");
}
