//! Environment variables in place of options, and what the program says about itself.

use crate::support::trials::{Topic, trials};
use crate::support::{folder_with, outcome, repository, succeed, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "variables",
        "environment variables stand for options, and wrong ones are named",
        trials![
            a_variable_stands_for_an_option,
            an_option_overrides_its_variable,
            a_wrong_variable_is_named,
            the_version_says_what_wigen_knows,
        ],
    )
}

const SPEC: &str = r#"name = "books"
project = "my-project"
cluster = { name = "shop", region = "us-central1" }
container = { image = "us-docker.pkg.dev/other/books/api:1" }
[environments.prod]
pod = { hostname = "y" }
"#;

fn a_variable_stands_for_an_option() {
    let folder = folder_with(&[("app.toml", SPEC), ("new.toml", &SPEC.replace("api:1", "api:2"))]);
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        outcome(wigen(folder.path()).args(arguments).envs(variables.iter().copied()))
    };
    for (arguments, options, variable) in [
        (&["check"][..], &["--format", "json"], ("WIGEN_FORMAT", "json")),
        (&["show"], &["--format", "json"], ("WIGEN_FORMAT", "json")),
        (
            &["diff", "app.toml", "new.toml"],
            &["--format", "markdown"],
            ("WIGEN_FORMAT", "markdown"),
        ),
        (&["render", "--check", "-o", "out"], &["--format", "json"], ("WIGEN_FORMAT", "json")),
        (&["check"], &["--color", "always"], ("WIGEN_COLOR", "always")),
        (&["show"], &["--env", "prod"], ("WIGEN_ENV", "prod")),
        (&["check"], &["--kube-version", "1.31"], ("WIGEN_KUBE_VERSION", "1.31")),
    ] {
        let plain = run(arguments, &[]);
        let expected = run(&[arguments, options].concat(), &[]);
        if variable.0 != "WIGEN_KUBE_VERSION" {
            assert_ne!(plain, expected, "{options:?}");
        }
        assert_eq!(run(arguments, &[variable]), expected, "{variable:?}");
        assert_eq!(run(arguments, &[(variable.0, "")]), plain, "{} is empty", variable.0);
    }
    // A format of other commands is left alone.
    for (arguments, format) in [
        (&["show"][..], "sarif"),
        (&["check", "app.toml"], "markdown"),
        (&["diff", "app.toml", "new.toml"], "junit"),
        (&["render", "-o", "out", "new.toml"], "json"),
    ] {
        assert_eq!(run(arguments, &[("WIGEN_FORMAT", format)]), run(arguments, &[]), "{format}");
    }
    // Every command that has formats takes the variable.
    let help = run(&["--help"], &[]).1;
    let commands = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    for command in commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()) {
        let help = run(&["help", command], &[]).1;
        if help.contains("--format <") {
            assert!(help.contains("[env: WIGEN_FORMAT]"), "{command}");
        }
    }
    // Only the program itself reads them, not what does not have the option.
    assert_eq!(run(&["explain", "role"], &[("WIGEN_FORMAT", "x")]).0, Some(0));
}

fn an_option_overrides_its_variable() {
    let folder = folder_with(&[("app.toml", &SPEC.replace("other", "my-project"))]);
    let run = |arguments: &[&str], variable: (&str, &str)| {
        outcome(wigen(folder.path()).args(arguments).envs([variable]))
    };
    let shown = run(&["show", "--env", "prod"], ("WIGEN_ENV", "test"));
    assert!(shown.1.contains("hostname = \"y\""), "{shown:?}");
    for (arguments, variable) in [
        (&["check", "--format", "human"][..], ("WIGEN_FORMAT", "json")),
        (&["check", "--kube-version=1.33"], ("WIGEN_KUBE_VERSION", "1.32")),
        (&["render", "-o", "out", "--all-envs"], ("WIGEN_ENV", "prod")),
        (&["check", "--color", "always"], ("WIGEN_COLOR", "never")),
    ] {
        assert_eq!(run(arguments, variable), (Some(0), String::new(), String::new()));
    }
    assert!(folder.path().join("out/prod/gcloud.sh").exists());
    // NO_COLOR is about all programs, WIGEN_COLOR about this one.
    let wrong = folder_with(&[("app.toml", SPEC)]);
    let mut check = wigen(wrong.path());
    let check = check.arg("check").envs([("NO_COLOR", "1"), ("WIGEN_COLOR", "always")]);
    assert!(outcome(check).2.contains("\u{1b}["));
}

fn a_wrong_variable_is_named() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    for (variable, value, option) in [
        ("WIGEN_FORMAT", "yaml", "--format"),
        ("WIGEN_COLOR", "blue", "--color"),
        ("WIGEN_KUBE_VERSION", "1.2", "--kube-version"),
    ] {
        let (code, stdout, stderr) =
            outcome(wigen(folder.path()).arg("check").env(variable, value));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        let tip = format!("the value comes from the environment variable {variable}");
        assert!(stderr.contains(&tip) && stderr.contains(value), "{stderr}");
        // Not if the command line has the value.
        let mut given = wigen(folder.path());
        let given = given.args(["check", option, value]).env(variable, value);
        let (code, _, stderr) = outcome(given);
        assert!(code == Some(2) && !stderr.contains(variable), "{stderr}");
    }
    let (code, _, stderr) = outcome(wigen(folder.path()).arg("check").env("WIGEN_ENV", "prd"));
    assert!(code == Some(1) && stderr.contains("there is no environment `prd`"), "{stderr}");
}

fn the_version_says_what_wigen_knows() {
    let version = format!("wigen {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(succeed(wigen(repository()).arg("--version")), version);
    let long = succeed(wigen(repository()).args(["--version", "-v"]));
    for arguments in [&["-v", "-V"][..], &["-vV"], &["-Vv"], &["--verbose", "check", "-V"]] {
        let said = succeed(wigen(repository()).args(arguments));
        assert_eq!(
            said.lines().skip(1).collect::<Vec<_>>(),
            long.lines().skip(1).collect::<Vec<_>>()
        );
    }
    let lines: Vec<&str> = long.lines().collect();
    let commit = lines[1].strip_prefix("commit: ").unwrap();
    let is_commit = commit.len() == 12 && commit.chars().all(|c| c.is_ascii_hexdigit());
    assert!(is_commit || commit == "unknown", "{long}");
    assert_eq!(lines[0], version.trim());
    assert_eq!(lines[2..], ["Kubernetes: 1.30 to 1.37", "predefined roles: 2026-05"]);
}
