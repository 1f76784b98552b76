//! Workspaces through the real binary: which specs there are, what the defaults add, and where errors
//! are reported.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::trials::{Topic, trials};
use crate::support::{expect_file, folder_with, folders, names, outcome, succeed, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "workspaces",
        "workspaces choose, default and place their specs as documented",
        trials![
            errors_are_reported_byte_for_byte,
            the_documented_workspace_is_good,
            all_of_a_workspace_is_rendered_to_where_it_says,
            a_pattern_of_all_finds_specs_alone,
            errors_in_the_defaults_are_reported_once,
            only_what_differs_from_a_revision_is_rendered,
            a_workspace_names_its_templates,
            scripts_of_a_workspace_share_a_library,
            a_library_stays_as_long_as_a_script_sources_it,
        ],
    )
}

const WORKSPACE: &str = r#"members = ["apps/*"]
out = "deploy/{env}/{name}"
environments = ["test", "prod"]
[defaults]
project = "my-project"
[defaults.cluster]
name = "shop"
region = "us-central1"
[defaults.environments.test]
namespace = "test"
[defaults.environments.prod]
namespace = "prod"
"#;

/// `--check` and `--prune` know what they produce.
fn a_workspace_names_its_templates() {
    let notes = "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: {{ workload.name }}\n";
    let folder = folder_with(&[
        ("wigen.toml", &format!("templates = \"templates\"\n{WORKSPACE}")),
        ("apps/books/app.toml", &spec("books")),
        ("apps/films/app.toml", &spec("films")),
        ("templates/notes.yaml.j2", notes),
    ]);
    let silent = (Some(0), String::new(), String::new());
    assert_eq!(run(folder.path(), &["render"]), silent);
    let file = folder.path().join("deploy/prod/books/notes.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.ends_with("metadata:\n  name: books\n"), "{text}");
    assert_eq!(run(folder.path(), &["render", "--check"]), silent);
    assert_eq!(run(folder.path(), &["render", "-p", "films", "--prune"]), silent);
    assert_eq!(run(&folder.path().join("apps"), &["render", "--check"]), silent);
    assert!(file.exists());
    // `--templates` overrides it.
    let other =
        ["render", "-o", "-", "--env", "prod", "--templates", "more", "apps/books/app.toml"];
    fs::create_dir(folder.path().join("more")).unwrap();
    fs::write(folder.path().join("more/other.yaml.j2"), notes).unwrap();
    let (code, stdout, stderr) = run(folder.path(), &other);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("\n  name: books\n") && !stdout.contains("notes.yaml"), "{stdout}");

    let outside = format!("templates = \"../templates\"\n{WORKSPACE}");
    fs::write(folder.path().join("wigen.toml"), outside).unwrap();
    let (code, _, stderr) = run(folder.path(), &["render"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("../templates is outside of "), "{stderr}");
}

const LIBRARY: &str = "[defaults.cloud.gcloud]\nlibrary = \"shared\"\n";

fn scripts_of_a_workspace_share_a_library() {
    let shared = format!("{WORKSPACE}{LIBRARY}");
    let folder = folder_with(&[
        ("wigen.toml", &shared),
        ("apps/books/app.toml", &spec("books")),
        ("apps/films/app.toml", &spec("films")),
    ]);
    let path = |name: &str| folder.path().join(name);
    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    let silent = (Some(0), String::new(), String::new());
    let files = ["deploy/gcloud-lib.sh", "deploy/prod/books/gcloud.sh"];
    assert_eq!(run(folder.path(), &["render"]), silent);
    assert_eq!(names(&path("deploy")), ["gcloud-lib.sh", "prod", "test"]);
    let texts = files.map(read);
    assert!(texts[1].contains("\nlibrary=../../gcloud-lib.sh\n"), "{}", texts[1]);
    assert_eq!(run(folder.path(), &["render", "--check"]), silent);

    // The files are the same from everywhere, also of one app.
    for (directory, arguments) in [
        ("apps", vec!["render"]),
        ("apps/books", vec!["render"]),
        (".", vec!["render", "-p", "books"]),
    ] {
        fs::remove_dir_all(path("deploy")).unwrap();
        assert_eq!(run(&path(directory), &arguments), silent);
        assert_eq!(files.map(read), texts, "{directory}");
    }
    // A file that differs, is missing, or was not written by wigen.
    fs::write(path(files[0]), texts[0].replace("die() {", "die() {\n  :")).unwrap();
    let (code, stdout, _) = run(folder.path(), &["render", "-p", "books", "--check"]);
    assert!(code == Some(1) && stdout.starts_with("changed deploy/gcloud-lib.sh\n"), "{stdout}");
    fs::write(path(files[0]), "by hand\n").unwrap();
    let (code, _, stderr) = run(folder.path(), &["render"]);
    assert!(
        code == Some(2) && stderr.contains("not overwritten: deploy/gcloud-lib.sh;"),
        "{stderr}"
    );
    assert_eq!(run(folder.path(), &["render", "--force"]), silent);
    assert_eq!(read(files[0]), texts[0]);
    fs::remove_file(path(files[0])).unwrap();
    let (code, _, stderr) = run(folder.path(), &["render", "--fail-on-change"]);
    assert!(code == Some(1) && stderr.starts_with("wrote deploy/gcloud-lib.sh\n"), "{stderr}");
    // With other artifacts alone it is left alone.
    fs::remove_file(path(files[0])).unwrap();
    assert_eq!(run(folder.path(), &["render", "--only", "manifests", "--check"]), silent);
    assert_eq!(run(folder.path(), &["render"]), silent);

    // `-o` names another root; standard output gets whole scripts.
    for (out, library, script, from) in [
        ("x", "x/gcloud-lib.sh", "x/prod/gcloud.sh", "../gcloud-lib.sh"),
        ("y/{name}-{env}", "y/gcloud-lib.sh", "y/books-prod/gcloud.sh", "../gcloud-lib.sh"),
        (
            "{dir}/z/{env}",
            "gcloud-lib.sh",
            "apps/books/z/prod/gcloud.sh",
            "../../../../gcloud-lib.sh",
        ),
    ] {
        assert_eq!(run(folder.path(), &["render", "-p", "books", "-o", out]), silent);
        assert_eq!(read(library), texts[0]);
        assert!(read(script).contains(&format!("\nlibrary={from}\n")), "{}", read(script));
    }
    let print = ["render", "-p", "books", "--env", "prod", "-o", "-", "--only", "gcloud"];
    let (code, stdout, _) = run(folder.path(), &print);
    assert!(code == Some(0) && stdout.contains("\nbind() {") && !stdout.contains("library="));

    // A template of the user may replace it, or be wrong.
    let templates = |text: &str| {
        fs::create_dir_all(path("templates")).unwrap();
        fs::write(path("templates/gcloud-lib.sh.j2"), text).unwrap();
        run(folder.path(), &["render", "-o", "own", "--templates", "templates"])
    };
    assert_eq!(templates("# mine\n").0, Some(0));
    assert!(read("own/gcloud-lib.sh").ends_with("\n# mine\n"));
    let (code, _, stderr) = templates("{{ identity.project }}\n");
    assert!(code == Some(1) && stderr.contains("gcloud-lib.sh.j2:1:"), "{stderr}");

    // Without a workspace no other script can share it.
    let alone = format!("{}[cloud.gcloud]\nlibrary = \"shared\"\n", whole_spec());
    fs::write(path("alone.toml"), alone).unwrap();
    let (code, _, stderr) = run(folder.path(), &["check", "alone.toml"]);
    assert!(
        code == Some(1)
            && stderr.starts_with("error[workspace]: ")
            && stderr.contains(" --> alone.toml:7:11\n"),
        "{stderr}"
    );
}

fn a_library_stays_as_long_as_a_script_sources_it() {
    let shared = format!("{WORKSPACE}{LIBRARY}");
    let folder = folder_with(&[
        ("wigen.toml", &shared),
        ("apps/books/app.toml", &spec("books")),
        ("apps/films/app.toml", &spec("films")),
    ]);
    let library = folder.path().join("deploy/gcloud-lib.sh");
    let prune = |arguments: &[&str]| {
        let (code, _, stderr) = run(folder.path(), &[&["render", "--prune"], arguments].concat());
        assert_eq!(code, Some(0), "{stderr}");
        (library.exists(), stderr)
    };
    let own = format!("{}[cloud.gcloud]\nlibrary = \"own\"\n", spec("books"));
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    assert_eq!(prune(&[]), (true, String::new()));
    // One of two apps still needs it, whichever is selected.
    write("apps/books/app.toml", &own);
    assert_eq!(prune(&["-p", "books"]), (true, String::new()));
    assert_eq!(prune(&[]), (true, String::new()));
    // The script of a removed app stays, and its library.
    fs::remove_dir_all(folder.path().join("apps/films")).unwrap();
    let (exists, stderr) = prune(&[]);
    assert!(exists && stderr.contains("kept deploy/prod/films/gcloud.sh: "), "{stderr}");
    let (exists, stderr) = prune(&["--force"]);
    assert!(!exists && stderr.contains("removed deploy/gcloud-lib.sh\n"), "{stderr}");
    // When no script needs it any more, the same run removes it.
    write("apps/books/app.toml", &spec("books"));
    assert!(prune(&[]).0);
    write("wigen.toml", WORKSPACE);
    let (exists, stderr) = prune(&[]);
    assert!(!exists && stderr.contains("removed deploy/gcloud-lib.sh\n"), "{stderr}");
    write("wigen.toml", &shared);
    // An edited copy is not wigen's.
    assert!(prune(&[]).0);
    write("deploy/gcloud-lib.sh", &format!("{}# mine\n", fs::read_to_string(&library).unwrap()));
    write("apps/books/app.toml", &own);
    assert!(prune(&[]).0);
}

fn spec(name: &str) -> String {
    format!("name = \"{name}\"\n[container]\nimage = \"{name}:1\"\n")
}

fn whole_spec() -> String {
    let cluster = "cluster = { name = \"c\", region = \"us-central1\" }";
    format!("project = \"my-project\"\n{cluster}\n{}", spec("attic"))
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    outcome(wigen(folder).args(arguments))
}

/// The cases of `golden/workspaces`: what is reported when a whole workspace is rendered.
fn errors_are_reported_byte_for_byte() {
    let cases = folders("golden/workspaces");
    assert!(cases.len() > 3);
    for case in cases {
        let (code, stdout, stderr) = run(&case, &["render"]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(!case.join("deploy").exists());
        expect_file(&case.join("stderr.txt"), &stderr).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn the_documented_workspace_is_good() {
    let shop = crate::support::repository().join("golden/shop");
    assert_eq!(run(&shop, &["check"]), (Some(0), String::new(), String::new()));
    let missing = run(&shop, &["render", "--check"]).1;
    assert_eq!(missing.matches("missing deploy/prod/fastapi-").count(), 6, "{missing}");
}

fn all_of_a_workspace_is_rendered_to_where_it_says() {
    let folder = folder_with(&[
        ("wigen.toml", WORKSPACE),
        ("apps/books/app.toml", &spec("books")),
        (
            "apps/films/app.toml",
            &format!("{}[environments.local]\nnamespace = \"l\"\n", spec("films")),
        ),
        ("attic/app.toml", "not a spec"),
    ]);
    let path = |name: &str| folder.path().join(name);
    succeed(wigen(folder.path()).arg("render"));
    assert_eq!(names(&path("deploy")), ["prod", "test"]);
    assert_eq!(names(&path("deploy/prod")), ["books", "films"]);
    let text = fs::read_to_string(path("deploy/test/books/deployment.yaml")).unwrap();
    assert!(text.contains("\n  namespace: test\n"), "{text}");
    let quiet = (Some(0), String::new(), String::new());
    assert_eq!(run(folder.path(), &["render", "--check"]), quiet);
    assert_eq!(run(folder.path(), &["check"]), quiet);

    // From below it is the same, and where there is a spec that alone is meant.
    fs::remove_dir_all(path("deploy")).unwrap();
    succeed(wigen(&path("apps")).arg("render"));
    assert_eq!(names(&path("deploy/prod")), ["books", "films"]);
    fs::remove_dir_all(path("deploy")).unwrap();
    succeed(wigen(&path("apps/films")).arg("render"));
    assert_eq!(names(&path("deploy/prod")), ["films"]);
    succeed(wigen(&path("apps/films")).args(["render", "--workspace"]));
    assert_eq!(names(&path("deploy/prod")), ["books", "films"]);
    fs::remove_dir_all(path("deploy")).unwrap();
    succeed(wigen(folder.path()).args(["render", "-p", "books", "--env", "prod"]));
    assert_eq!(names(&path("deploy")), ["prod"]);
    assert_eq!(names(&path("deploy/prod")), ["books"]);
    succeed(wigen(folder.path()).args(["render", "--all-envs"]));
    assert_eq!(names(&path("deploy")), ["local", "prod", "test"]);

    // To standard output on demand; and what is named has its defaults, from wherever.
    let print = ["render", "apps/books", "-o", "-", "--env", "test", "--only", "workload"];
    assert!(succeed(wigen(folder.path()).args(print)).contains("\n  namespace: test\n"));
    let outside = tempfile::tempdir().unwrap();
    let spec = path("apps/books/app.toml");
    assert_eq!(outcome(wigen(outside.path()).arg("check").arg(&spec)), quiet);
    assert_eq!(run(&path("apps/films"), &["check", "../books/app.toml"]), quiet);
    // A spec that is not a member is on its own, and its files are written where the command says.
    fs::write(path("attic/app.toml"), whole_spec()).unwrap();
    assert!(succeed(wigen(folder.path()).args(["render", "attic"])).starts_with("# gcloud.sh\n"));
    let both = run(folder.path(), &["render", "attic", "apps/books"]);
    let says = "wigen: the specs are not of one workspace; say with -o where their files go\n";
    assert_eq!(both, (Some(2), String::new(), says.to_owned()));
    fs::write(path("attic/app.toml"), "not a spec").unwrap();
    assert!(run(folder.path(), &["check", "attic"]).2.contains("error[syntax]"));

    // Not every environment is in each part of it.
    assert_eq!(run(folder.path(), &["check", "apps/books"]), quiet);
    let local = ["render", "apps/films", "-o", "-", "--only", "workload"];
    assert_eq!(run(folder.path(), &local).0, Some(0));

    for (arguments, says) in [
        (
            ["render", "-p", "boks"],
            "wigen: there is no app `boks`; did you mean `books`? (apps: books, films)\n",
        ),
        (["render", "--env", "prd"], "did you mean `prod`?"),
    ] {
        let (code, _, stderr) = run(folder.path(), &arguments);
        assert!(code != Some(0) && stderr.contains(says), "{stderr}");
    }
    for option in ["--watch", "--check", "--force", "--fail-on-change"] {
        let (code, _, stderr) = run(&path("attic"), &["render", "-o", "-", option]);
        assert_eq!(code, Some(2));
        assert!(stderr.contains(&format!("{option} is for files: ")), "{stderr}");
    }
    let (code, _, stderr) = run(outside.path(), &["render", "-p", "books"]);
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("wigen: there is no workspace here"), "{stderr}");
}

fn a_pattern_of_all_finds_specs_alone() {
    let folder = folder_with(&[
        ("wigen.toml", &WORKSPACE.replace("apps/*", "*")),
        ("README.md", "no spec"),
        ("other.toml", "no spec"),
        ("books/app.toml", &spec("books")),
    ]);
    let valid = (Some(0), String::new(), "books/app.toml: no errors or warnings\n".to_owned());
    assert_eq!(run(folder.path(), &["check", "-v"]), valid);
}

fn errors_in_the_defaults_are_reported_once() {
    let mut files = vec![("wigen.toml".to_owned(), WORKSPACE.replace("us-central1", "US"))];
    files.extend(
        (0..40).map(|number| {
            (format!("apps/app-{number}/app.toml"), spec(&format!("books-{number}")))
        }),
    );
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = folder_with(&files);
    for command in ["check", "render"] {
        let (code, _, stderr) = run(folder.path(), &[command]);
        assert_eq!(code, Some(1));
        assert_eq!(stderr.matches("error[").count(), 1, "{stderr}");
        assert!(stderr.contains(" --> wigen.toml:8:10\n"), "{stderr}");
    }
}

fn only_what_differs_from_a_revision_is_rendered() {
    let folder = folder_with(&[
        ("repository/wigen.toml", WORKSPACE),
        ("repository/apps/books/app.toml", &spec("books")),
        ("repository/apps/films and ümlauts/app.toml", &spec("films")),
        ("repository/.gitignore", "deploy\n"),
    ]);
    let repository = folder.path().join("repository");
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let mut git = Command::new("git");
        git.current_dir(&repository).args(who).args(arguments);
        // Whatever the environment of the test has set.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        succeed(&mut git);
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "a"]);
    let changed = || {
        let arguments = ["check", "-v", "--changed-since", "HEAD"];
        let (code, stdout, stderr) = run(&repository, &arguments);
        assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
        let checked =
            stderr.lines().map(|line| line.strip_suffix(": no errors or warnings").unwrap());
        checked.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(changed(), [""; 0]);
    for flags in [&["--check"][..], &["--prune"], &["-p", "books", "--fail-on-change"]] {
        let arguments = [&["render", "--changed-since", "HEAD"], flags].concat();
        assert_eq!(run(&repository, &arguments), (Some(0), String::new(), String::new()));
    }
    fs::write(repository.join("apps/films and ümlauts/app.toml"), spec("films") + "port = 1\n")
        .unwrap();
    assert_eq!(changed(), ["apps/films and ümlauts/app.toml"]);
    // A new one is among them, and all are when the defaults change.
    fs::create_dir(repository.join("apps/songs")).unwrap();
    fs::write(repository.join("apps/songs/app.toml"), spec("songs")).unwrap();
    assert_eq!(changed(), ["apps/films and ümlauts/app.toml", "apps/songs/app.toml"]);
    succeed(wigen(&repository).args(["render", "--changed-since", "HEAD"]));
    assert_eq!(names(&repository.join("deploy/prod")), ["films", "songs"]);
    fs::write(repository.join("wigen.toml"), format!("{WORKSPACE}# more\n")).unwrap();
    assert_eq!(changed().len(), 3);

    for (folder, revision, says) in [
        (
            repository.as_path(),
            "nope",
            "wigen: --changed-since: git says: Not a valid object name nope\n",
        ),
        (&repository, "--help", "wigen: --changed-since: --help is not a revision\n"),
        (&repository, "HEAD:apps", "wigen: --changed-since: HEAD:apps is not a revision\n"),
    ] {
        let (code, stdout, stderr) =
            run(folder, &["check", &format!("--changed-since={revision}")]);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(2), "", says));
    }
}
