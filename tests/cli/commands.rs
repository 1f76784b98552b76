//! The program as its users call it: what is printed or written where, exit codes, and which files stay.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::trials::{Topic, trials};
use crate::support::{folder_with, names, outcome, outcome_of, repository, succeed, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "commands",
        "arguments, output, exit codes and files are as users expect them",
        trials![
            what_cannot_be_printed_is_an_error,
            without_a_spec_it_is_app_toml,
            without_app_toml_it_says_what_to_do,
            one_artifact_is_printed_as_it_is,
            all_four_faults_are_reported_at_once_and_nothing_is_written,
            one_wrong_spec_stops_all_of_them,
            a_directory_means_every_spec_below_it,
            a_pattern_says_where_the_files_of_an_app_go,
            a_pattern_that_gives_two_specs_one_path_is_refused,
            a_directory_that_cannot_be_named_is_not_guessed,
            fail_on_change_fails_if_a_file_was_written,
            files_are_written_once_and_again_only_when_they_change,
            the_script_is_a_program,
            files_of_others_are_not_overwritten,
            a_failed_write_leaves_nothing_behind,
            wrong_usage_is_exit_code_2,
            a_closed_pipe_is_not_a_failure,
            options_variables_and_the_terminal_decide_on_colours,
            json_is_one_object_a_line,
            a_valid_spec_is_checked_silently,
            init_writes_a_spec_that_renders,
            init_in_a_workspace_writes_what_the_defaults_lack,
            init_overwrites_nothing_foreign,
            a_lone_spec_needs_no_name,
            on_a_terminal_check_counts_the_valid_specs,
            schema_prints_what_is_published,
            explain_knows_every_code,
            completions_and_man_page_know_the_commands,
            warnings_are_allowed_and_denied,
            certain_fixes_are_applied_in_place,
            an_environment_is_chosen_from_outside_or_by_the_spec,
            only_the_chosen_environment_is_judged_for_its_meaning,
            an_earlier_spec_has_the_same_environment,
            an_earlier_spec_is_read_in_each_environment_and_over_the_defaults,
            certain_fixes_are_applied_in_environments_too,
            a_spec_that_several_names_lead_to_is_one,
            file_names_are_shown_without_control_characters,
        ],
    )
}

const SPEC: &str = r#"name = "fastapi-books"
project = "my-project"
cluster = { name = "fastapi-cluster", region = "us-central1" }
googleServiceAccount = {}
container = { image = "fastapi-books:1" }
"#;

const ARTIFACTS: [&str; 3] = ["deployment.yaml", "gcloud.sh", "service-account.yaml"];

fn without_a_spec_it_is_app_toml() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    let printed = succeed(wigen(folder.path()).arg("render"));
    let heads: Vec<&str> = printed
        .lines()
        .filter(|line| ARTIFACTS.iter().any(|name| *line == format!("# {name}")))
        .collect();
    assert_eq!(heads, ["# gcloud.sh", "# service-account.yaml", "# deployment.yaml"]);
    // From elsewhere with -C, by name, and from standard input: the same.
    let path = folder.path().join("app.toml");
    assert_eq!(succeed(wigen(Path::new("/")).args(["render", "-C"]).arg(folder.path())), printed);
    assert_eq!(succeed(wigen(Path::new("/")).arg("render").arg(path)), printed);
    let (code, stdout, stderr) = outcome_of(wigen(Path::new("/")).args(["render", "-"]), SPEC);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("\n# Rendered by wigen from '<stdin>';"), "{stdout}");
    let without_mark = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("# Rendered by wigen from "));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(without_mark(&stdout), without_mark(&printed));
}

fn without_app_toml_it_says_what_to_do() {
    let folder = folder_with(&[]);
    let (code, stdout, stderr) = outcome(wigen(folder.path()).arg("render"));
    assert_eq!(code, Some(2));
    assert_eq!(stdout, "");
    assert_eq!(
        stderr,
        "wigen: there is no app.toml, app.yaml, app.yml, app.json here; name a spec, or write a first one with `wigen init`\n"
    );
}

fn one_artifact_is_printed_as_it_is() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    let script = succeed(wigen(folder.path()).args(["render", "--only", "gcloud"]));
    assert!(script.starts_with("#!/usr/bin/env bash\n"));
    let manifests = succeed(wigen(folder.path()).args(["render", "--only", "manifests"]));
    let both = succeed(wigen(folder.path()).args(["render", "--only", "workload,service-account"]));
    assert_eq!(manifests, both);
    assert_eq!(manifests.matches("\n---\n").count(), 1);
    assert!(!manifests.contains("gcloud.sh"));
}

fn all_four_faults_are_reported_at_once_and_nothing_is_written() {
    for name in ["toml", "yaml", "json", "krm"] {
        let case = repository().join(format!("golden/cases/four-faults-{name}"));
        let out = folder_with(&[]);
        let (code, stdout, stderr) = outcome(
            wigen(&case).args(["render", "-o"]).arg(out.path()).arg(crate::support::spec_of(&case)),
        );
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        for head in
            ["error[dns-label]", "error[missing-key]", "error[unknown-key]", "error[wrong-type]"]
        {
            assert_eq!(stderr.matches(head).count(), 1, "{head} in {stderr}");
        }
        assert_eq!(names(out.path()), [""; 0]);
        let (code, _, checked) =
            outcome(wigen(&case).arg("check").arg(crate::support::spec_of(&case)));
        assert_eq!(code, Some(1));
        assert_eq!(checked, stderr.replace("; nothing was rendered", ""));
    }
}

fn one_wrong_spec_stops_all_of_them() {
    let folder = folder_with(&[("a/app.toml", SPEC), ("b/app.toml", "name = 1\n")]);
    for out in [vec!["render", "."], vec!["render", ".", "-o", "out"]] {
        let (code, stdout, _) = outcome(wigen(folder.path()).args(out));
        assert_eq!((code, stdout.as_str()), (Some(1), ""));
    }
    assert_eq!(names(folder.path()), ["a", "b"]);
}

fn a_directory_means_every_spec_below_it() {
    let other = SPEC.replace("fastapi-books", "fastapi-films");
    let folder = folder_with(&[
        ("apps/books/app.toml", SPEC),
        ("apps/films/app.toml", &other),
        ("apps/.git/app.toml", "not a spec"),
        ("apps/README.md", "not a spec"),
    ]);
    assert_eq!(succeed(wigen(folder.path()).args(["render", "apps", "-o", "out"])), "");
    assert_eq!(names(&folder.path().join("out")), ["fastapi-books", "fastapi-films"]);
    assert_eq!(names(&folder.path().join("out/fastapi-films")), ARTIFACTS);
    let printed = succeed(wigen(folder.path()).args(["render", "apps", "--only", "workload"]));
    assert!(printed.starts_with("# fastapi-books/deployment.yaml\n"));
    assert!(printed.contains("\n---\n# fastapi-films/deployment.yaml\n"));

    let (code, _, stderr) = outcome(wigen(folder.path()).args(["render", "out"]));
    assert_eq!(code, Some(2));
    assert_eq!(stderr, "wigen: there is no app.toml, app.yaml, app.yml, app.json below out\n");
}

fn a_pattern_says_where_the_files_of_an_app_go() {
    let other = SPEC.replace("fastapi-books", "fastapi-films");
    let specs = [("apps/books/app.toml", SPEC), ("apps/films/app.toml", other.as_str())];
    for (pattern, from, places) in [
        ("{dir}/rendered", ".", ["apps/books/rendered", "apps/films/rendered"]),
        ("deploy/{name}", ".", ["deploy/fastapi-books", "deploy/fastapi-films"]),
        ("{dir}/../{name}-out", "apps", ["apps/fastapi-books-out", "apps/fastapi-films-out"]),
    ] {
        let folder = folder_with(&specs);
        let arguments = ["render", from, "-o", pattern];
        assert_eq!(succeed(wigen(folder.path()).args(arguments)), "");
        for place in places {
            assert_eq!(names(&folder.path().join(place)), ARTIFACTS, "{pattern}: {place}");
        }
    }
    // There is no directory for each app besides, nor for one spec, and standard input is here.
    let folder = folder_with(&specs);
    succeed(wigen(folder.path()).args(["render", "apps/books/app.toml", "-o", "{dir}/one"]));
    assert_eq!(names(&folder.path().join("apps/books/one")), ARTIFACTS);
    let (code, _, stderr) = outcome_of(
        wigen(folder.path()).args(["-C", "apps", "render", "-", "-o", "{dir}/{name}"]),
        SPEC,
    );
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(names(&folder.path().join("apps/fastapi-books")), ARTIFACTS);
}

fn a_pattern_that_gives_two_specs_one_path_is_refused() {
    let other = SPEC.replace("fastapi-books", "fastapi-films");
    let folder = folder_with(&[("a/app.toml", SPEC), ("a/more/note.txt", "no spec")]);
    fs::write(folder.path().join("a/other.toml"), &other).unwrap();
    fs::write(folder.path().join("a/same.toml"), SPEC).unwrap();
    for (specs, pattern, path) in [
        (["a/app.toml", "a/other.toml"], "{dir}/out", "a/out/gcloud.sh"),
        (["a/app.toml", "a/same.toml"], "{dir}/{name}", "a/fastapi-books/gcloud.sh"),
    ] {
        let (code, stdout, stderr) =
            outcome(wigen(folder.path()).arg("render").args(specs).args(["-o", pattern]));
        assert_eq!((code, stdout.as_str()), (Some(1), ""));
        let error = format!("error[shared-output]: two specs render `{path}`\n");
        assert_eq!(stderr.matches(&error).count(), 1, "{stderr}");
        assert!(stderr.contains("or distinguish them by `{dir}`, `{name}` or `{env}`"), "{stderr}");
    }
    assert_eq!(names(&folder.path().join("a")), ["app.toml", "more", "other.toml", "same.toml"]);
    for (pattern, says) in [
        ("{app}/out", "there is no placeholder {app}; a pattern knows {dir}, {name} and {env}"),
        ("out}", "`}` stands alone; a pattern knows {dir}, {name} and {env}"),
    ] {
        let (code, _, stderr) =
            outcome(wigen(folder.path()).args(["render", "a/app.toml", "-o", pattern]));
        assert_eq!(code, Some(2));
        assert!(stderr.contains(says), "{stderr}");
    }
}

#[cfg(target_os = "linux")]
fn a_directory_that_cannot_be_named_is_not_guessed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = folder_with(&[]);
    let apps = folder.path().join(OsStr::from_bytes(b"apps-\xff"));
    fs::create_dir(&apps).unwrap();
    fs::write(apps.join("app.toml"), SPEC).unwrap();
    let (code, _, stderr) =
        outcome(wigen(folder.path()).args(["render", ".", "-o", "{dir}/rendered"]));
    assert_eq!(code, Some(2));
    assert!(stderr.ends_with("app.toml is not UTF-8, so there is no {dir}\n"), "{stderr}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn fail_on_change_fails_if_a_file_was_written() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    let render = |arguments: &[&str]| {
        let mut command = wigen(folder.path());
        let (code, stdout, stderr) =
            outcome(command.args(["render", "-o", "out", "--fail-on-change"]).args(arguments));
        assert_eq!(stdout, "");
        (code, stderr)
    };
    let all = "wrote out/gcloud.sh\nwrote out/service-account.yaml\nwrote out/deployment.yaml\n\
               wigen: 3 files were missing or out of date, and have been written\n";
    assert_eq!(render(&[]), (Some(1), all.to_owned()));
    assert_eq!(names(&folder.path().join("out")), ARTIFACTS);
    assert_eq!(render(&[]), (Some(0), String::new()));

    let edited = folder.path().join("out/deployment.yaml");
    let before = fs::read_to_string(&edited).unwrap();
    fs::write(&edited, before.replace("books:1", "books:2")).unwrap();
    let one = "wrote out/deployment.yaml\n\
               wigen: 1 file was missing or out of date, and has been written\n";
    assert_eq!(render(&[]), (Some(1), one.to_owned()));
    assert_eq!(fs::read_to_string(&edited).unwrap(), before);

    // What stops everything else stops this, and a file that was made by hand is not a change.
    fs::write(&edited, "kind: Deployment # by hand\n").unwrap();
    assert_eq!(render(&[]).0, Some(2));
    assert_eq!(fs::read_to_string(&edited).unwrap(), "kind: Deployment # by hand\n");
    fs::remove_file(&edited).unwrap();
    fs::write(folder.path().join("app.toml"), SPEC.replace("region", "regoin")).unwrap();
    let (code, stderr) = render(&[]);
    assert_eq!(code, Some(1));
    assert!(stderr.ends_with("wigen explain unknown-key\n"), "{stderr}");
    assert!(!edited.exists());
}

fn files_are_written_once_and_again_only_when_they_change() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    let render = |verbose: bool| {
        let mut command = wigen(folder.path());
        command.args(["render", "-o", "out"]).args(verbose.then_some("-v"));
        let (code, stdout, stderr) = outcome(&mut command);
        assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
        stderr
    };
    assert_eq!(render(false), "");
    assert_eq!(names(&folder.path().join("out")), ARTIFACTS);
    let unchanged = "unchanged out/gcloud.sh\nunchanged out/service-account.yaml\nunchanged out/deployment.yaml\n";
    assert_eq!(render(true), unchanged);
    fs::write(folder.path().join("app.toml"), SPEC.replace("books:1", "books:2")).unwrap();
    assert_eq!(render(true), unchanged.replace("unchanged out/deployment", "wrote out/deployment"));
    // Nothing is left beside the files.
    assert_eq!(names(&folder.path().join("out")), ARTIFACTS);
}

fn the_script_is_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with(&[("app.toml", SPEC)]);
    succeed(wigen(folder.path()).args(["render", "-o", "out"]));
    let mode = |name: &str| {
        fs::metadata(folder.path().join("out").join(name)).unwrap().permissions().mode()
    };
    assert_eq!(mode("gcloud.sh") & 0o100, 0o100);
    assert_eq!(mode("deployment.yaml") & 0o111, 0);
}

fn files_of_others_are_not_overwritten() {
    let folder =
        folder_with(&[("app.toml", SPEC), ("out/deployment.yaml", "kind: Deployment # by hand\n")]);
    let (code, stdout, stderr) = outcome(wigen(folder.path()).args(["render", "-o", "out"]));
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert_eq!(
        stderr,
        "wigen: not written by wigen, so not overwritten: out/deployment.yaml; --force overwrites\n"
    );
    assert_eq!(names(&folder.path().join("out")), ["deployment.yaml"]);
    succeed(wigen(folder.path()).args(["render", "-o", "out", "--force"]));
    assert_eq!(names(&folder.path().join("out")), ARTIFACTS);
}

fn a_failed_write_leaves_nothing_behind() {
    let folder = folder_with(&[("app.toml", SPEC), ("out", "a file")]);
    let (code, _, stderr) = outcome(wigen(folder.path()).args(["render", "-o", "out"]));
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("wigen: cannot write out/gcloud.sh: "), "{stderr}");
    assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), "a file");
}

fn wrong_usage_is_exit_code_2() {
    for arguments in [
        vec!["rendr"],
        vec!["render", "--only", "all"],
        vec!["render", "--force"],
        vec!["render", "--fail-on-change"],
        vec!["render", "--check"],
        vec!["render", "--format", "json"],
        vec!["render", "--env", "prod", "--all-envs"],
        vec!["render", "-o", "out", "--check", "--force"],
        vec!["render", "-o", "out", "--check", "--fail-on-change"],
        vec!["render", "--threads", "0"],
        vec!["render", "absent.toml"],
        vec!["-C", "absent", "check"],
    ] {
        let (code, stdout, stderr) = outcome(wigen(repository()).args(&arguments));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(!stderr.is_empty());
    }
}

fn a_closed_pipe_is_not_a_failure() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    for arguments in
        [vec!["render"], vec!["schema"], vec!["man"], vec!["explain"], vec!["completions", "bash"]]
    {
        let mut child = wigen(folder.path())
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn options_variables_and_the_terminal_decide_on_colours() {
    let case = repository().join("golden/cases/four-faults-toml");
    let stderr = |command: &mut Command| outcome(command).2;
    assert!(!stderr(wigen(&case).arg("check")).contains('\u{1b}'));
    assert!(stderr(wigen(&case).args(["check", "--color", "always"])).contains("\u{1b}["));
    assert!(!stderr(wigen(&case).args(["check", "--color", "never"])).contains('\u{1b}'));
}

fn json_is_one_object_a_line() {
    let case = repository().join("golden/cases/four-faults-yaml");
    let (code, stdout, stderr) =
        outcome(wigen(&case).args(["check", "--format", "json", "app.yaml"]));
    assert_eq!((code, stderr.as_str()), (Some(1), ""));
    let lines: Vec<serde_json::Value> =
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[2],
        serde_json::json!({
            "version": 1, "code": "unknown-key", "severity": "error", "file": "app.yaml", "pointer": "/cluster/regoin",
            "line": 5, "column": 3, "endLine": 5, "endColumn": 9,
            "message": "unknown key `regoin` in `cluster`",
            "help": "there is a key named `region`", "fix": { "replacement": "region", "certain": true },
            "explain": "wigen explain unknown-key",
        })
    );
}

fn a_valid_spec_is_checked_silently() {
    let folder = folder_with(&[("app.toml", SPEC)]);
    assert_eq!(outcome(wigen(folder.path()).arg("check")), (Some(0), String::new(), String::new()));
    let (_, _, stderr) = outcome(wigen(folder.path()).args(["check", "-v"]));
    assert_eq!(stderr, "app.toml: no errors or warnings\n");
}

fn init_writes_a_spec_that_renders() {
    let folder = folder_with(&[("books/README.md", "")]);
    let books = folder.path().join("books");
    let said = "wrote app.toml\nwrote app.schema.json\nnow fill in app.toml for the app books; then `wigen check` checks it, and `wigen render -o rendered` writes the files\n";
    assert_eq!(outcome(wigen(&books).arg("init")), (Some(0), String::new(), said.to_owned()));
    assert_eq!(names(&books), ["README.md", "app.schema.json", "app.toml"]);
    let spec = fs::read_to_string(books.join("app.toml")).unwrap();
    assert!(spec.starts_with("#:schema ./app.schema.json\n\nname    = \"books\"   "), "{spec}");
    assert_eq!(
        fs::read_to_string(books.join("app.schema.json")).unwrap(),
        wigen::spec::schema::APP
    );
    let (code, _, stderr) = outcome(wigen(&books).arg("render"));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));

    let (code, _, stderr) = outcome(wigen(&books).arg("init"));
    assert_eq!(code, Some(2));
    assert_eq!(stderr, "wigen: app.toml already exists; --force overwrites it\n");
    let (code, ..) = outcome(wigen(&books).args(["init", "--force"]));
    assert_eq!(code, Some(0));
    // What was said works, and the name of the directory is repaired.
    for (directory, name) in [
        ("services/books", "books"),
        ("services/../films", "films"),
        ("Books_API", "books-api"),
        ("3d", "3d"),
        ("ä", "my-app"),
        ("my books", "my-books"),
        (&"a-long-name".repeat(8), &"a-long-name".repeat(8)[..63]),
    ] {
        let (code, _, stderr) = outcome(wigen(folder.path()).args(["init", directory]));
        assert_eq!(code, Some(0), "{stderr}");
        let said = format!(
            "wrote {directory}/app.toml\nwrote {directory}/app.schema.json\nnow fill in {directory}/app.toml for the app {name}; "
        );
        assert!(stderr.starts_with(&said), "{stderr}");
        for command in stderr.split('`').skip(1).step_by(2) {
            // What is between single quotes is one word.
            let words = command.split('\'').enumerate().flat_map(|(at, part)| {
                if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }
            });
            let checked = outcome(wigen(folder.path()).args(words.skip(1)));
            assert_eq!(checked, (Some(0), String::new(), String::new()), "{command}");
        }
        assert!(folder.path().join(directory).join("rendered/gcloud.sh").exists());
    }
}

/// All specs of a workspace have one schema.
fn init_in_a_workspace_writes_what_the_defaults_lack() {
    let workspace = "members = [\"apps/*\"]\nout = \"{dir}/rendered\"\n[defaults]\nproject = \"shop-prod\"\ncluster = { name = \"shop\", zone = \"us-central1-a\" }\ngrants = [{ roles = [\"roles/storage.objectViewer\"], bucket = \"shop-books\" }]\n";
    let folder = folder_with(&[("wigen.toml", workspace), ("apps/README.md", "")]);
    let said = "wrote apps/books/app.toml\nwrote app.schema.json\nnow fill in apps/books/app.toml for the app books; then `wigen check apps/books/app.toml` checks it, and `wigen render apps/books/app.toml` writes the files\n";
    let init = |folder: &Path, directory: &str| outcome(wigen(folder).args(["init", directory]));
    assert_eq!(init(folder.path(), "apps/books"), (Some(0), String::new(), said.to_owned()));
    let spec = fs::read_to_string(folder.path().join("apps/books/app.toml")).unwrap();
    let expected = r#"#:schema ../../app.schema.json

name    = "books"                       # the Deployment, and whatever has no name of its own

[cluster]
setup  = "verify"                       # create | update | verify | none

[googleServiceAccount]                  # the Google Cloud service account that the pods act as
name        = "books-gke-sa"
displayName = "books"

[container]
image = "us-central1-docker.pkg.dev/shop-prod/my-repo/books:1.0.0"
port  = 8080

[container.env]
GCP_PROJECT = "shop-prod"
"#;
    assert_eq!(spec, expected);
    let (code, stdout, stderr) = outcome(wigen(folder.path()).args(["render", "-p", "books"]));
    assert_eq!((code, stdout + &stderr), (Some(0), String::new()));

    let (code, _, stderr) = init(&folder.path().join("apps"), "films");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.starts_with("wrote films/app.toml\nnow fill in "), "{stderr}");
    assert_eq!(names(&folder.path().join("apps/films")), ["app.toml"]);
    let spec = fs::read_to_string(folder.path().join("apps/films/app.toml")).unwrap();
    assert!(spec.starts_with("#:schema ../../app.schema.json\n"), "{spec}");

    let (code, _, stderr) = init(folder.path(), "tools");
    assert_eq!(code, Some(0), "{stderr}");
    let foreign = "tools/app.toml is not a member of wigen.toml, so it has no defaults; add it to `members`\n";
    assert!(stderr.contains(foreign), "{stderr}");
    let spec = fs::read_to_string(folder.path().join("tools/app.toml")).unwrap();
    assert!(spec.contains("project = \"my-project\""), "{spec}");
}

fn init_overwrites_nothing_foreign() {
    let folder = folder_with(&[("app.schema.json", "{}\n")]);
    let (code, _, stderr) = outcome(wigen(folder.path()).arg("init"));
    assert_eq!(code, Some(2));
    assert_eq!(stderr, "wigen: app.schema.json already exists; --force overwrites it\n");
    assert_eq!(names(folder.path()), ["app.schema.json"]);
    let (code, ..) = outcome(wigen(folder.path()).args(["init", "--force"]));
    assert_eq!(code, Some(0));
    assert_eq!(names(folder.path()), ["app.schema.json", "app.toml"]);
}

fn a_lone_spec_needs_no_name() {
    let json = r#"{"name": "books", "project": "my-project", "cluster": {"name": "c", "region": "us-central1"}, "container": {"image": "us-docker.pkg.dev/my-project/a/b:1"}}"#;
    let folder = folder_with(&[("app.yaml", json)]);
    let (path, run) = (folder.path(), |command: &str| {
        let (code, _, stderr) = outcome(wigen(folder.path()).arg(command));
        (code, stderr)
    });
    for command in ["check", "render", "show"] {
        assert_eq!(run(command), (Some(0), String::new()), "{command}");
    }
    fs::write(path.join("app.json"), json).unwrap();
    let several = "wigen: there are several specs here; name `app.yaml` or `app.json`\n";
    assert_eq!(run("check"), (Some(2), several.to_owned()));
    fs::write(path.join("app.toml"), "name = 1\n").unwrap();
    let (code, stderr) = run("check");
    assert!(code == Some(1) && stderr.contains("--> app.toml:1:8"), "{stderr}");
    // Below the root of a workspace, too.
    let folder = folder_with(&[("wigen.toml", "members = ['*']"), ("a/app.yaml", json)]);
    fs::create_dir(folder.path().join("b")).unwrap();
    fs::write(folder.path().join("b/app.toml"), "name = 1\n").unwrap();
    assert_eq!(outcome(wigen(&folder.path().join("a")).arg("check")).0, Some(0));
}

fn on_a_terminal_check_counts_the_valid_specs() {
    let run = |files: &[(&str, &str)]| {
        let folder = folder_with(files);
        let terminal = rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR).unwrap();
        rustix::pty::grantpt(&terminal).unwrap();
        rustix::pty::unlockpt(&terminal).unwrap();
        let name = rustix::pty::ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let open = || fs::File::options().read(true).write(true).open(&name).unwrap();
        let kept_open = open();
        let mut wigen = wigen(folder.path());
        let code = wigen.args(["check", "."]).stderr(open()).status().unwrap().code();
        let mut bytes = [0; 4096];
        let count = fs::File::from(terminal).read(&mut bytes).unwrap();
        drop(kept_open);
        (code, String::from_utf8_lossy(&bytes[..count]).replace("\r\n", "\n"))
    };
    assert_eq!(run(&[("app.toml", SPEC)]), (Some(0), "1 spec is valid\n".to_owned()));
    let other = SPEC.replace("fastapi-books", "fastapi-films");
    let two = [("a/app.toml", SPEC), ("b/app.toml", &other)];
    assert_eq!(run(&two), (Some(0), "2 specs are valid\n".to_owned()));
    let (code, stderr) = run(&[two[0], ("b/app.toml", "name = 1\n")]);
    assert!(code == Some(1) && stderr.ends_with("\n1 of 2 specs are valid\n"), "{stderr}");
}

fn schema_prints_what_is_published() {
    assert_eq!(succeed(wigen(repository()).arg("schema")), wigen::spec::schema::APP);
    assert_eq!(succeed(wigen(repository()).args(["schema", "krm"])), wigen::spec::schema::KRM);
}

fn explain_knows_every_code() {
    let list = succeed(wigen(repository()).arg("explain"));
    assert_eq!(list.lines().count(), wigen::diagnostics::Code::ALL.len());
    for code in wigen::diagnostics::Code::ALL {
        let page = succeed(wigen(repository()).args(["explain", code.as_str()]));
        assert!(
            page.starts_with(code.as_str())
                && page.contains("\nWhy: ")
                && page.contains("\nInstead:\n"),
            "{page}"
        );
    }
    let (code, _, stderr) = outcome(wigen(repository()).args(["explain", "unknown-keys"]));
    assert_eq!(code, Some(2));
    assert_eq!(stderr, "wigen: there is no code `unknown-keys`; did you mean `unknown-key`?\n");
}

fn completions_and_man_page_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            succeed(wigen(repository()).args(["completions", shell])).contains("explain"),
            "{shell}"
        );
    }
    assert!(succeed(wigen(repository()).arg("man")).contains(".TH wigen 1"));
}

fn warnings_are_allowed_and_denied() {
    let spec = format!(
        "{SPEC}grants = [{{ roles = [\"roles/logging.logWriter\", \"roles/logging.logWriter\"] }}]\n"
    );
    let folder = folder_with(&[("app.toml", &spec)]);
    let run = |arguments: &[&str]| {
        let (code, _, stderr) = outcome(wigen(folder.path()).args(arguments));
        (code, stderr)
    };
    let (code, said) = run(&["check"]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("warning[duplicate-role]"), "{said}");
    for deny in ["warnings", "duplicate-role"] {
        for command in ["check", "render"] {
            let (code, said) = run(&[command, "--deny", deny]);
            assert_eq!(code, Some(1));
            assert!(said.starts_with("error[duplicate-role]"), "{said}");
        }
    }
    for allow in [
        vec!["--allow", "duplicate-role"],
        vec!["--allow", "key-file,duplicate-role", "--deny", "warnings"],
    ] {
        let (code, said) = run(&[&["check"], allow.as_slice()].concat());
        assert_eq!((code, said.as_str()), (Some(0), ""));
    }
    for wrong in [["--allow", "duplicate-rule"], ["--allow", "syntax"], ["--deny", "syntax"]] {
        let (code, said) = run(&[&["check"], wrong.as_slice()].concat());
        assert_eq!(code, Some(2));
        assert!(said.contains("invalid value"), "{said}");
    }
    // The spec itself allows what is meant; then nothing denies it.
    fs::write(
        folder.path().join("app.toml"),
        format!("{spec}[lint.allow]\nduplicate-role = \"on purpose\"\n"),
    )
    .unwrap();
    assert_eq!(run(&["check", "--deny", "warnings"]), (Some(0), String::new()));
    fs::write(
        folder.path().join("app.toml"),
        format!("{SPEC}[lint.allow]\nduplicate-role = \"on purpose\"\n"),
    )
    .unwrap();
    let (code, said) = run(&["check"]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("warning[unused-allowance]"), "{said}");
}

fn certain_fixes_are_applied_in_place() {
    let spec = "\u{feff}# ours\r\nnmae = 'books'   # the app\nproject = \"My-Project\"\n\n[clustre]\nname='c'\nregoin = \"us-central1\"\nsetup = \"Create\"\n[container]\nimage = \"a:1\"\nenv = { A = 1.10 }\n";
    let folder = folder_with(&[("app.toml", spec)]);
    let path = folder.path().join("app.toml");
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        fs::rename(&path, folder.path().join("real.toml")).unwrap();
        fs::set_permissions(folder.path().join("real.toml"), fs::Permissions::from_mode(0o640))
            .unwrap();
        symlink("real.toml", &path).unwrap();
    }
    let (code, stdout, stderr) = outcome(wigen(folder.path()).args(["check", "--fix"]));
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    let fixed = spec
        .replace("nmae", "name")
        .replace("clustre", "cluster")
        .replace("regoin", "region")
        .replace("Create", "create")
        .replace("1.10", "\"1.10\"");
    assert_eq!(fs::read_to_string(&path).unwrap(), fixed);
    // Told: the difference, and what is left.
    assert!(stderr.starts_with("--- app.toml\n+++ app.toml\n"), "{stderr}");
    assert!(stderr.contains("\n-regoin = \"us-central1\"\n") && stderr.contains("\n+region = "));
    assert!(stderr.contains("error[project-id]") && !stderr.contains("unknown-key"), "{stderr}");
    {
        use std::os::unix::fs::PermissionsExt;
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
    // A second time there is nothing to do.
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let (_, _, stderr) = outcome(wigen(folder.path()).args(["check", "--fix"]));
    assert!(stderr.starts_with("error[project-id]"), "{stderr}");
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    let (code, _, stderr) = outcome_of(wigen(folder.path()).args(["check", "--fix", "-"]), SPEC);
    assert_eq!(code, Some(2));
    assert_eq!(stderr, "wigen: --fix is for files, not for standard input\n");
}

fn an_environment_is_chosen_from_outside_or_by_the_spec() {
    let project = |text: &str, arguments: &[&str]| {
        let folder = folder_with(&[("app.toml", text)]);
        let (code, stdout, stderr) =
            outcome(wigen(folder.path()).args(["render", "--only", "gcloud"]).args(arguments));
        let line = stdout.lines().find(|line| line.starts_with("PROJECT=")).map(str::to_owned);
        (code, line.unwrap_or(stderr))
    };
    let environments = "[environments.prod]\nproject = \"books-prod\"\n[environments.test]\nproject = \"books-test\"\n";
    let text = format!("{SPEC}{environments}");
    let rendered = |name: &str| (Some(0), format!("PROJECT={name}"));
    assert_eq!(project(&text, &[]), rendered("my-project"));
    assert_eq!(project(&text, &["--env", "prod"]), rendered("books-prod"));
    let chosen = format!("environment = \"prod\"\n{text}");
    assert_eq!(project(&chosen, &[]), rendered("books-prod"));
    assert_eq!(project(&chosen, &["--env", "test"]), rendered("books-test"));

    let (code, said) = project(&text, &["--env", "prd"]);
    assert_eq!(code, Some(1));
    for part in [
        "error[unknown-environment]: there is no environment `prd`\n --> app.toml:6:2\n",
        "did you mean `prod`? The environments are `prod`, `test`\n",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let (code, said) = project(SPEC, &["--env", "prod"]);
    assert_eq!(code, Some(1));
    assert!(said.contains(" --> app.toml:1:1\n") && said.contains("the spec has none"), "{said}");
}

fn only_the_chosen_environment_is_judged_for_its_meaning() {
    let text = format!(
        "{SPEC}[lint.allow]\nimage-project = \"prod pulls from there\"\n[environments.prod]\nproject = \"books-prod\"\ncontainer = {{ image = \"gcr.io/my-project/books:1\" }}\n[environments.test.pod]\nhostNetwork = true\n"
    );
    let folder = folder_with(&[("app.toml", &text)]);
    let check = |arguments: &[&str]| {
        let (_, stdout, _) =
            outcome(wigen(folder.path()).args(["check", "--format", "github"]).args(arguments));
        let titles = stdout.lines().filter_map(|line| line.split("title=").nth(1));
        titles.map(|rest| rest.split("::").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // What is allowed comes in prod alone, which is reason enough for it.
    assert_eq!(check(&["--env", "prod"]), [""; 0]);
    assert_eq!(check(&["--env", "test"]), ["host-network"]);
    assert_eq!(check(&[]), ["host-network"]);
    // The shape of the others is judged all the same.
    let text = format!("{text}volumes = \"none\"\n");
    fs::write(folder.path().join("app.toml"), text).unwrap();
    assert_eq!(check(&["--env", "prod"]), ["wrong-type"]);
}

fn an_earlier_spec_has_the_same_environment() {
    let environment = "[environments.prod]\nproject = \"books-prod\"\n";
    let grant = "[[environments.prod.grants]]\nroles = [\"roles/logging.logWriter\"]\n";
    let folder = folder_with(&[
        ("app.toml", &format!("{SPEC}{environment}")),
        ("old.toml", &format!("{SPEC}{environment}{grant}")),
        ("older.toml", SPEC),
    ]);
    let render = |previous: &str| {
        let mut wigen = wigen(folder.path());
        wigen.args(["render", "--env", "prod", "--only", "gcloud", "--previous", previous]);
        outcome(&mut wigen)
    };
    let (code, stdout, _) = render("old.toml");
    assert_eq!(code, Some(0));
    assert!(stdout.contains("--role=roles/logging.logWriter"), "{stdout}");
    let (code, _, stderr) = render("older.toml");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("there is no environment `prod`"), "{stderr}");
}

fn an_earlier_spec_is_read_in_each_environment_and_over_the_defaults() {
    // Only `prod` has the grant, in both versions: no script may revoke it.
    let environments = "[environments.test]\nnamespace = \"test\"\n[environments.prod]\nproject = \"books-prod\"\n[[environments.prod.grants]]\nroles = [\"roles/logging.logWriter\"]\n";
    let text = format!("environment = \"prod\"\n{SPEC}{environments}");
    let folder = folder_with(&[
        (
            "wigen.toml",
            "members = [\"app.toml\"]\n[[defaults.grants]]\nroles = [\"roles/monitoring.metricWriter\"]\n",
        ),
        ("app.toml", &text),
        ("old.toml", &text),
    ]);
    for environments in [&["--all-envs"][..], &["--env", "test,prod"], &["--env", "test"], &[]] {
        let mut wigen = wigen(folder.path());
        wigen.args(["render", "app.toml", "--only", "gcloud", "--previous", "old.toml"]);
        let printed = succeed(wigen.args(environments));
        let scripts = printed.matches("earlier() {").count();
        assert!(scripts > 0, "{printed}");
        let nothing = "= the earlier spec granted nothing else";
        assert_eq!(printed.matches(nothing).count(), scripts, "{environments:?}: {printed}");
    }
}

fn certain_fixes_are_applied_in_environments_too() {
    for (name, text, correct) in [
        (
            "app.toml",
            format!("{SPEC}[environments.prod.cluster]\nRegion = \"us-east1\"\n[environments.prod.pod]\nnodeSelector = {{ disk = 1 }}\n"),
            ["\nregion = \"us-east1\"\n", "{ disk = \"1\" }"],
        ),
        (
            "app.yaml",
            "apiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata: {name: books-api}\nspec:\n  project: my-project\n  cluster: {name: c, region: us-east1}\n  container: {image: 'a:1'}\n  environments:\n    prod:\n      cluster: {Setup: create}\n      pod: {nodeSelector: {disk: 1}}\n".to_owned(),
            ["{setup: create}", "{disk: \"1\"}"],
        ),
    ] {
        let folder = folder_with(&[(name, &text)]);
        succeed(wigen(folder.path()).args(["check", "--fix", name]));
        let fixed = fs::read_to_string(folder.path().join(name)).unwrap();
        for part in correct {
            assert!(fixed.contains(part), "{fixed}");
        }
    }
}

fn a_spec_that_several_names_lead_to_is_one() {
    let folder = folder_with(&[("a/app.toml", SPEC), ("b/other.toml", "name = 1\n")]);
    let a = folder.path().join("a");
    for paths in [&[".", "a"][..], &["a/app.toml", "./a/app.toml", "a"], &["a", "b/../a"]] {
        let mut command = wigen(folder.path());
        let (code, _, stderr) = outcome(command.args(["check", "--deny", "warnings"]).args(paths));
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{paths:?}");
    }
    succeed(wigen(folder.path()).args(["render", "-o", "out", "a"]).arg(&a));
    assert_eq!(names(&folder.path().join("out")).len(), 3);
    // What does not exist is reported once, too.
    let (code, _, stderr) = outcome(wigen(folder.path()).args(["check", "x.toml", "./x.toml"]));
    assert_eq!((code, stderr.lines().count()), (Some(2), 1), "{stderr}");
}

fn file_names_are_shown_without_control_characters() {
    let (right, wrong) = ("a\u{1b}[31m\nx", "b\u{202e}\u{7}");
    let folder = folder_with(&[
        (&format!("{right}/app.toml"), SPEC),
        (&format!("{wrong}/app.toml"), "name = 'Books'\n"),
    ]);
    let seen = |arguments: &[&str]| {
        let (_, stdout, stderr) = outcome(wigen(folder.path()).args(arguments));
        let shown = stdout + &stderr;
        assert!(shown.contains("[31m") || shown.contains("b\u{fffd}"), "{arguments:?}:\n{shown}");
        let obeyed =
            shown.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t') || *c == '\u{202e}');
        assert_eq!(obeyed, None, "{arguments:?}:\n{shown:?}");
    };
    let (gone, written) = (format!("{right}/gone"), format!("{right}/out/gcloud.sh"));
    seen(&["check", "."]);
    seen(&["check", &gone]);
    seen(&["show", right]);
    seen(&["diff", right, wrong]);
    seen(&["render", right, "-o", "{dir}/out", "-v"]);
    fs::write(folder.path().join(&written), "# Rendered by wigen from app.toml\n").unwrap();
    seen(&["render", right, "-o", "{dir}/out", "--check"]);
    seen(&["render", wrong, "-o", "{dir}/out", "-v"]);
}

fn what_cannot_be_printed_is_an_error() {
    let spec = fs::read_to_string(repository().join("golden/cases/minimal/app.toml")).unwrap();
    for arguments in [
        "--help",
        "help render",
        "--version",
        "--version -v",
        "explain syntax",
        "schema",
        "man",
        "show",
        "render",
        "render --check -o out",
        "check --format sarif",
        "lint manifest.yaml --format sarif",
        "diff old.toml app.toml",
        "who",
        "graph",
        "completions bash",
        "templates",
        "krm config.yaml manifest.yaml",
    ] {
        let config = "apiVersion: wigen.dev/v1alpha1\nkind: Apps\nmetadata: {name: a}\nspec: {specs: [app.toml]}\n";
        let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        let folder = folder_with(&[
            ("app.toml", &spec),
            ("old.toml", &spec.replace("fastapi-books", "fastapi-old")),
            ("config.yaml", config),
            ("manifest.yaml", manifest),
        ]);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut wigen = wigen(folder.path());
        let output = wigen.args(arguments.split(' ')).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {stderr}");
        assert!(stderr.starts_with("wigen: cannot write"), "{arguments}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{arguments}: {stderr}");
    }
}
