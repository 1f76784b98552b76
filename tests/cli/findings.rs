//! How findings are shown that many environments or apps share, and how many.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::trials::{Topic, trials};
use crate::support::{folder_with, outcome, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "findings",
        "a finding that many environments or apps share is shown once",
        trials![
            a_shared_finding_names_the_other_environments_and_apps,
            a_key_that_every_environment_sets_is_not_just_missing,
            a_hundred_findings_are_shown_and_the_rest_is_counted,
            defaults_may_allow_a_warning,
            many_environments_take_linear_time,
        ],
    )
}

const APP: &str = "name = \"NAME\"\ncontainer = { image = \"books:1\" }\n";
const OWNER: &str = "[[ABOVE.grants]]\nroles = [\"roles/owner\"]\n";

fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    outcome(wigen(folder).arg("check").args(arguments))
}

/// A workspace with these apps, and with more text in its defaults.
fn workspace(apps: &[&str], defaults: &str) -> tempfile::TempDir {
    let folder = folder_with(&[]);
    let text = format!(
        "members = [\"apps/*\"]\n[defaults]\nproject = \"my-project\"\ncluster = {{ name = \"c\", region = \"us-central1\" }}\n{defaults}"
    );
    fs::write(folder.path().join("wigen.toml"), text).unwrap();
    for app in apps {
        let directory = folder.path().join("apps").join(app);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("app.toml"), APP.replace("NAME", app)).unwrap();
    }
    folder
}

fn a_shared_finding_names_the_other_environments_and_apps() {
    let apps: Vec<String> = (0..12).map(|number| format!("books-{number:02}")).collect();
    let apps: Vec<&str> = apps.iter().map(String::as_str).collect();
    let owner = |above: &str| OWNER.replace("ABOVE", above);
    let environments = |names: &[&str]| -> String {
        let of = |name: &&str| format!("[defaults.environments.{name}]\nnamespace = \"{name}\"\n");
        names.iter().map(of).collect()
    };
    for (apps, defaults, arguments, note) in [
        (&apps[..1], owner("defaults"), &[][..], None),
        (&apps[..2], owner("defaults"), &[], Some("also in apps/books-01/app.toml")),
        (&apps[..], owner("defaults"), &[], Some("also in 11 more apps")),
        (
            &apps[..],
            environments(&["test", "prod"]) + &owner("defaults"),
            &["--env", "test,prod"],
            Some("also in prod and 11 more apps"),
        ),
        (
            &apps[..1],
            environments(&["a", "b", "c", "d", "e", "f"]) + &owner("defaults"),
            &["--env", "a,b,c,d,e,f"],
            Some("also in b, c, d and 2 more environments"),
        ),
        (
            &apps[..3],
            environments(&["test"]) + &owner("defaults.environments.test"),
            &[],
            Some("also in 2 more apps"),
        ),
    ] {
        let folder = workspace(apps, &defaults);
        let (code, _, stderr) = check(folder.path(), arguments);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(stderr.matches("warning[basic-role]").count(), 1, "{stderr}");
        let shown = stderr.lines().find_map(|line| line.split_once("= note: "));
        assert_eq!(shown.map(|(_, note)| note), note, "{stderr}");
        assert!(stderr.contains("\nwigen: 1 warning\n"), "{stderr}");
    }
    // In one spec: what only environments have.
    let prod = "environments.qa = {}\n[environments.test.cluster]\nzone = \"us\"\n[environments.prod.cluster]\nzone = \"us\"\n";
    let text = format!("{}project = \"my-project\"\n{prod}", APP.replace("NAME", "books-api"));
    let text = text.replace(
        "environments.qa",
        "cluster = { name = \"c\", region = \"us-central1\" }\nenvironments.qa",
    );
    let folder = folder_with(&[("app.toml", &text)]);
    let (_, _, stderr) = check(folder.path(), &[]);
    assert_eq!(stderr.matches("error[").count(), 2, "{stderr}");
}

fn a_key_that_every_environment_sets_is_not_just_missing() {
    let base = APP.replace("NAME", "books-api");
    let text = format!("{base}cluster = {{ name = \"c\", region = \"us-central1\" }}\n");
    let environments = "[environments.test]\nproject = \"test-project\"\n[environments.prod]\n";
    let every = format!("{text}{environments}project = \"prod-project\"\n");
    let folder = folder_with(&[("app.toml", &every)]);
    let says = "= help: every environment sets it, but the spec must be complete without one: set it outside of `environments`; what all apps share can be in `[defaults]` of wigen.toml\n";
    let (code, _, stderr) = check(folder.path(), &[]);
    assert_eq!((code, stderr.matches("error[missing-key]").count()), (Some(1), 1));
    assert!(stderr.contains("missing key `project`") && stderr.contains(says), "{stderr}");
    fs::write(folder.path().join("app.toml"), format!("{text}{environments}")).unwrap();
    let (_, _, stderr) = check(folder.path(), &[]);
    assert!(!stderr.contains("every environment") && stderr.contains("add `project`"), "{stderr}");
}

fn a_hundred_findings_are_shown_and_the_rest_is_counted() {
    let keys = (0..130).map(|number| format!("key-{number} = 1\n")).collect::<Vec<_>>().concat();
    let text = format!(
        "{keys}{}project = \"my-project\"\ncluster = {{ name = \"c\", region = \"us-central1\" }}\n",
        APP.replace("NAME", "books-api")
    );
    let folder = folder_with(&[("app.toml", &text)]);
    let (code, _, stderr) = check(folder.path(), &[]);
    assert_eq!((code, stderr.matches("error[unknown-key]").count()), (Some(1), 100));
    let end = "\nwigen: and 30 more; --format json lists all of them\nwigen: 130 errors\nMore about what was found: wigen explain unknown-key\n";
    assert!(stderr.ends_with(end), "{stderr}");
    for format in ["json", "github", "sarif"] {
        let (_, stdout, _) = check(folder.path(), &["--format", format]);
        assert_eq!(stdout.matches("unknown key `key-").count(), 130, "{format}");
    }
}

fn defaults_may_allow_a_warning() {
    let owner = OWNER.replace("ABOVE", "defaults");
    let allow = "[defaults.lint.allow]\nbasic-role = \"a sandbox\"\n";
    let folder = workspace(&["books-api", "films-api"], &format!("{owner}{allow}"));
    assert_eq!(check(folder.path(), &[]), (Some(0), String::new(), String::new()));
}

fn many_environments_take_linear_time() {
    let time = |count: usize, environment: &str| {
        let text: String = (0..count)
            .map(|number| {
                format!("[environments.e{number}]\n{environment}")
                    .replace("NUMBER", &number.to_string())
            })
            .collect();
        let text = format!(
            "{}project = \"my-project\"\ncluster = {{ name = \"c\", region = \"us-central1\" }}\n{text}",
            APP.replace("NAME", "books-api")
        );
        let folder = folder_with(&[("app.toml", &text)]);
        let start = Instant::now();
        let render = ["render", "--all-envs", "-o", "out", "--prune", "--only", "service-account"];
        let _ = outcome(wigen(folder.path()).args(render));
        start.elapsed()
    };
    for environment in ["namespace = \"nNUMBER\"\n", "nmaespace = 1\n"] {
        let (few, many) = (time(10, environment), time(100, environment));
        // Quadratic time would be a hundred times as much.
        assert!(many < few * 30 + Duration::from_secs(1), "{few:?}, {many:?}");
    }
}
