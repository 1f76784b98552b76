//! Many apps in one run: what they share and must not, environments, and what is out of date.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::trials::{Topic, trials};
use crate::support::{
    expect_file, folder_with, folders, names, outcome, outcome_of, succeed, wigen,
};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "many",
        "many specs are rendered and checked as each of them is",
        trials![
            conflicts_between_specs_are_reported_byte_for_byte,
            what_two_apps_may_not_share_is_reported_at_both_places,
            each_environment_has_files_of_its_own,
            environments_that_are_one_identity_are_reported,
            what_two_apps_share_in_an_environment_is_reported,
            files_that_are_out_of_date_are_shown_and_left,
            many_apps_come_in_order_by_any_number_of_threads,
            one_app_from_standard_input_is_printed_alone,
            a_saved_spec_is_rendered_again,
        ],
    )
}

const ARTIFACTS: [&str; 3] = ["deployment.yaml", "gcloud.sh", "service-account.yaml"];

/// A spec that shares nothing with those of other names.
fn spec(name: &str) -> String {
    format!(
        "name = \"{name}\"\nproject = \"my-project\"\ncluster = {{ name = \"c\", region = \"us-central1\" }}\ngoogleServiceAccount = {{}}\ncontainer = {{ image = \"books:1\" }}\n"
    )
}

/// The arguments, and all that there is: exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    outcome(wigen(folder).args(arguments))
}

/// The cases of `golden/across`: a folder of specs, and the findings about them together.
fn conflicts_between_specs_are_reported_byte_for_byte() {
    let cases = folders("golden/across");
    assert!(!cases.is_empty());
    for case in cases {
        let (code, stdout, stderr) = run(&case, &["render", ".", "-o", "rendered"]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(!case.join("rendered").exists());
        expect_file(&case.join("stderr.txt"), &stderr).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn what_two_apps_may_not_share_is_reported_at_both_places() {
    let folder = folder_with(&[
        ("a/app.toml", &spec("fastapi-books")),
        ("b/app.toml", &spec("fastapi-books")),
        ("c/app.toml", &spec("other-books")),
    ]);
    let (code, stdout, stderr) = run(folder.path(), &["render", ".", "-o", "out"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    for message in [
        "error[shared-output]: two specs render `out/fastapi-books/gcloud.sh`\n --> ./b/app.toml:1:8\n",
        "warning[shared-account]: two apps create the service account `fastapi-books@my-project.iam.gserviceaccount.com`\n --> ./b/app.toml:1:8\n",
        "warning[shared-identity]: two apps have the same identity, `my-project.svc.id.goog[default/fastapi-books]`\n --> ./b/app.toml:1:8\n",
    ] {
        assert_eq!(stderr.matches(message).count(), 1, "{message} in {stderr}");
    }
    assert_eq!(stderr.matches("\n ::: ./a/app.toml:1:8\n").count(), 3, "{stderr}");
    assert!(stderr.contains("wigen: 1 error, 2 warnings; nothing was rendered\n"), "{stderr}");
    assert!(!folder.path().join("out").exists());

    // By whatever path.
    let here = folder.path().to_str().unwrap();
    for (specs, out) in [
        (["a", "b"], "{dir}/../out//{name}/"),
        (["a", "b"], "./new/../{dir}/../out/{name}"),
        (["./a/", "b"], "a/{dir}/../../out"),
        (["a", &*format!("{here}/b")], "{dir}/../out"),
    ] {
        let (code, _, stderr) = run(folder.path(), &["render", specs[0], specs[1], "-o", out]);
        assert_eq!(code, Some(1), "{out}");
        assert_eq!(stderr.matches("error[shared-output]: two specs render ").count(), 1, "{out}");
        assert_eq!(names(folder.path()), ["a", "b", "c"], "{out}");
    }

    // Where the files are apart, the rest is a warning; `check` says the same.
    let (code, _, stderr) = run(folder.path(), &["render", ".", "-o", "{dir}/out"]);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("wigen: 2 warnings\n"), "{stderr}");
    assert_eq!(run(folder.path(), &["check", "."]), (Some(0), String::new(), stderr));
    assert_eq!(run(folder.path(), &["check", ".", "--deny", "shared-account"]).0, Some(1));
    let quiet = ["check", ".", "--allow", "shared-account,shared-identity"];
    assert_eq!(run(folder.path(), &quiet), (Some(0), String::new(), String::new()));

    // A spec that means it says so.
    let shared = "serviceAccount = { create = false }\ngoogleServiceAccount = { create = false }\n";
    let own = spec("fastapi-books").replace("googleServiceAccount = {}\n", shared);
    fs::write(folder.path().join("b/app.toml"), own).unwrap();
    assert_eq!(run(folder.path(), &["check", "."]), (Some(0), String::new(), String::new()));
    let meant = format!(
        "{}[lint.allow]\nshared-account = \"one account\"\nshared-identity = \"one identity\"\n",
        spec("fastapi-books")
    );
    fs::write(folder.path().join("b/app.toml"), meant).unwrap();
    assert_eq!(run(folder.path(), &["check", "."]), (Some(0), String::new(), String::new()));
    assert_eq!(run(folder.path(), &["check", "b/app.toml"]).2, "");
}

fn each_environment_has_files_of_its_own() {
    let environments =
        "[environments.test]\nnamespace = \"test\"\n[environments.prod]\nnamespace = \"prod\"\n";
    let folder = folder_with(&[
        ("books/app.toml", &format!("{}{environments}", spec("fastapi-books"))),
        ("films/app.toml", &format!("{}{environments}", spec("fastapi-films"))),
    ]);
    let render = |arguments: &[&str]| succeed(wigen(folder.path()).arg("render").args(arguments));
    render(&["books/app.toml", "-o", "one", "--env", "prod"]);
    assert_eq!(names(&folder.path().join("one")), ARTIFACTS);
    render(&["books/app.toml", "-o", "two", "--env", "test,prod"]);
    assert_eq!(names(&folder.path().join("two")), ["prod", "test"]);
    render(&[".", "-o", "all", "--all-envs"]);
    assert_eq!(names(&folder.path().join("all")), ["fastapi-books", "fastapi-films"]);
    assert_eq!(names(&folder.path().join("all/fastapi-films")), ["prod", "test"]);
    render(&[".", "-o", "deploy/{env}/{name}", "--all-envs"]);
    for (place, namespace) in [
        ("two/test", "test"),
        ("all/fastapi-books/prod", "prod"),
        ("deploy/prod/fastapi-books", "prod"),
    ] {
        let text = fs::read_to_string(folder.path().join(place).join("deployment.yaml")).unwrap();
        assert!(text.contains(&format!("\n  namespace: {namespace}\n")), "{text}");
    }
    let printed = render(&[".", "--all-envs", "--only", "workload"]);
    let heads: Vec<&str> =
        printed.lines().filter(|line| line.contains("deployment.yaml")).collect();
    assert_eq!(
        heads,
        [
            "# fastapi-books/test/deployment.yaml",
            "# fastapi-books/prod/deployment.yaml",
            "# fastapi-films/test/deployment.yaml",
            "# fastapi-films/prod/deployment.yaml",
        ]
    );
    // Two environments never share files.
    for out in ["{dir}/rendered", "o/{name}"] {
        let arguments = ["render", "books/app.toml", "--env", "test,prod", "-o", out];
        let (code, _, stderr) = run(folder.path(), &arguments);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(
            stderr.contains("error[shared-output]: two environments are rendered to"),
            "{stderr}"
        );
        assert!(
            stderr.contains("[environments.test]") && stderr.contains("[environments.prod]"),
            "{stderr}"
        );
        assert!(
            !folder.path().join("o").exists() && !folder.path().join("books/rendered").exists()
        );
    }
    // What is wrong with all of them is reported once.
    let owner = "grants = [{ roles = [\"roles/owner\"] }]\n";
    let wrong = format!("{}{owner}{environments}", spec("fastapi-books"));
    fs::write(folder.path().join("books/app.toml"), wrong).unwrap();
    let (_, _, stderr) = run(folder.path(), &["render", "books/app.toml", "--all-envs"]);
    assert!(stderr.contains("wigen: 1 warning\n"), "{stderr}");

    let (code, _, stderr) = run(folder.path(), &["render", "films/app.toml", "-o", "{env}"]);
    assert_eq!(code, Some(2));
    assert_eq!(
        stderr,
        "wigen: films/app.toml is rendered for no environment, so there is no {env}; --env chooses one\n"
    );
}

fn environments_that_are_one_identity_are_reported() {
    let grant = "[[environments.prod.grants]]\nroles = [\"roles/logging.logWriter\"]\n";
    let text = |environments: &str| format!("{}{environments}", spec("fastapi-books"));
    let folder = folder_with(&[]);
    let path = folder.path();
    let runs: [&[&str]; 5] = [
        &["check"],
        &["check", "--env", "test,prod"],
        &["render", "--all-envs", "-o", "out"],
        &["render", "--env", "prod,test"],
        &["check", "-C", "..", "."],
    ];
    let found = |environments: &str| -> Vec<usize> {
        fs::create_dir_all(path.join("a")).unwrap();
        fs::write(path.join("a/app.toml"), text(environments)).unwrap();
        let found = runs.map(|arguments| {
            let (_, _, stderr) = run(&path.join("a"), arguments);
            stderr.matches("warning[shared-identity]: the environments ").count()
        });
        found.to_vec()
    };
    let shared = format!("[environments.test]\n[environments.live]\n{grant}");
    assert_eq!(found(&shared), [1; 5]);
    // The account is another, but the pods are the same.
    let account =
        "[environments.test]\n[environments.prod.googleServiceAccount]\nname = \"books-prod\"\n";
    assert_eq!(found(account), [1; 5]);
    let create = "[environments.prod.serviceAccount]\ncreate = false\n[environments.test.serviceAccount]\ncreate = false\n";
    assert_eq!(found(&format!("{create}{grant}")), [1; 5]);
    for apart in [
        "[environments.test]\n[environments.prod]\n".to_owned(),
        format!("{shared}[environments.prod.serviceAccount]\nname = \"books-prod\"\n"),
        format!("{shared}[environments.prod.cluster]\nproject = \"prod-project\"\n"),
        "environments.prod.namespace = \"prod\"\nenvironments.test = {}\n".to_owned(),
        format!("{shared}[lint.allow]\nshared-identity = \"both are tests\"\n"),
    ] {
        assert_eq!(found(&apart), [0; 5], "{apart}");
    }
    found(&shared);
    let (code, _, stderr) =
        run(&path.join("a"), &["render", "--all-envs", "--deny", "warnings", "-o", "new"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(!path.join("a/new").exists());
    assert!(stderr.contains("the environments test, live, prod have different grants, and are one identity to IAM, `my-project.svc.id.goog[default/fastapi-books]`"), "{stderr}");
    // One alone is rendered as ever.
    assert_eq!(run(&path.join("a"), &["render", "--env", "prod", "-o", "new"]).2, "");
}

fn what_two_apps_share_in_an_environment_is_reported() {
    let shared = "[environments.test]\n[environments.prod.googleServiceAccount]\nname = \"shop-sa\"\n[environments.prod]\nproject = \"prod-project\"\n";
    let folder = folder_with(&[
        ("a/app.toml", &format!("{}{shared}", spec("fastapi-books"))),
        ("b/app.toml", &format!("{}{shared}", spec("fastapi-films"))),
    ]);
    for arguments in [
        &["check", "."][..],
        &["check", ".", "--env", "prod"],
        &["render", ".", "--all-envs", "-o", "out"],
    ] {
        let (code, _, stderr) = run(folder.path(), arguments);
        assert_eq!(code, Some(0), "{stderr}");
        let account = "warning[shared-account]: two apps create the service account `shop-sa@prod-project.iam.gserviceaccount.com`\n --> ./b/app.toml:8:8\n";
        assert_eq!(stderr.matches(account).count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.contains("\n ::: ./a/app.toml:8:8\n"), "{stderr}");
    }
}

fn files_that_are_out_of_date_are_shown_and_left() {
    let folder = folder_with(&[
        ("books/app.toml", &spec("fastapi-books")),
        ("films/app.toml", &spec("fastapi-films")),
    ]);
    let check = |more: &[&str]| {
        run(folder.path(), &[&["render", ".", "-o", "out", "--check"], more].concat())
    };
    let missing = "missing out/fastapi-books/gcloud.sh\nmissing out/fastapi-books/service-account.yaml\nmissing out/fastapi-books/deployment.yaml\n";
    let (code, stdout, stderr) = check(&[]);
    assert_eq!(code, Some(1));
    assert_eq!(stdout, format!("{missing}{}", missing.replace("books", "films")));
    assert_eq!(
        stderr,
        "wigen: 6 files are out of date: 6 missing; without --check, wigen writes them\n"
    );
    assert_eq!(names(folder.path()), ["books", "films"]);

    succeed(wigen(folder.path()).args(["render", ".", "-o", "out"]));
    let silent = (Some(0), String::new(), String::new());
    assert_eq!(check(&[]), silent);

    // One file is edited, one is removed, and so is one app.
    let path = |name: &str| folder.path().join("out/fastapi-books").join(name);
    let text = fs::read_to_string(path("deployment.yaml")).unwrap();
    fs::write(path("deployment.yaml"), text.replace("books:1", "books:2")).unwrap();
    fs::remove_file(path("gcloud.sh")).unwrap();
    fs::remove_dir_all(folder.path().join("films")).unwrap();
    // One app has no directory of its own; files that wigen did not write are not reported.
    fs::write(path("notes.yaml"), "kind: Note\n").unwrap();
    let check = |more: &[&str]| {
        run(folder.path(), &[&["render", ".", "-o", "out/{name}", "--check"], more].concat())
    };
    let (code, stdout, stderr) = check(&[]);
    assert_eq!(code, Some(1));
    let diff = "changed out/fastapi-books/deployment.yaml\n--- out/fastapi-books/deployment.yaml\n+++ out/fastapi-books/deployment.yaml\n@@ ";
    assert!(
        stdout.starts_with(&format!("missing out/fastapi-books/gcloud.sh\n{diff}")),
        "{stdout}"
    );
    assert!(
        stdout.contains("\n-          image: books:2\n+          image: books:1\n"),
        "{stdout}"
    );
    assert!(
        stdout.ends_with("\nleft over out/fastapi-films/deployment.yaml\nleft over out/fastapi-films/service-account.yaml\n"),
        "{stdout}"
    );
    assert_eq!(
        stderr,
        "kept out/fastapi-films/gcloud.sh: nothing renders it any more, but what it granted is still there; run `bash out/fastapi-films/gcloud.sh destroy`, then remove it with --prune --force\nwigen: 4 files are out of date: 1 changed, 1 missing, 2 left over; without --check, wigen writes them; nothing renders what is left over: --prune removes it\n"
    );
    // Only what was asked for is compared, and is left over.
    let (_, stdout, _) = check(&["--only", "service-account"]);
    assert_eq!(stdout, "left over out/fastapi-films/service-account.yaml\n");
    // One spec speaks for itself alone.
    let one = ["render", "books/app.toml", "-o", "out/{name}", "--check"];
    assert!(!run(folder.path(), &one).1.contains("left over"));

    let (code, stdout, _) = check(&["--format", "json"]);
    assert_eq!(code, Some(1));
    let lines: Vec<serde_json::Value> =
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let states: Vec<&str> = lines.iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["missing", "changed", "left over", "left over"]);
    assert!(lines[1]["diff"].as_str().unwrap().contains("\n@@ "));

    let coloured = run(folder.path(), &[&one[..], &["--color", "always"]].concat()).1;
    assert!(coloured.contains("\u{1b}[31m-"), "{coloured}");
    let plain = check(&[]).1;
    assert!(!plain.contains('\u{1b}'));

    // An invalid spec is reported as ever, in the format that was asked for.
    fs::write(folder.path().join("books/app.toml"), "nmae = 1\n").unwrap();
    let (code, stdout, _) = check(&["--format", "json"]);
    assert_eq!(code, Some(1));
    assert!(stdout.starts_with("{\"version\":1,\"code\":"), "{stdout}");
}

fn many_apps_come_in_order_by_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..300 {
        let directory = folder.path().join(format!("apps/app-{number:04}"));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("app.toml"), spec(&format!("books-{number:04}"))).unwrap();
    }
    let print = |threads: &str| {
        let arguments = ["render", "apps", "--only", "service-account", "--threads", threads];
        let (code, stdout, stderr) = run(folder.path(), &arguments);
        // A bar is for terminals alone.
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        stdout
    };
    let one = print("1");
    let heads = one.lines().filter(|line| line.ends_with("/service-account.yaml"));
    assert!(heads.eq((0..300).map(|number| format!("# books-{number:04}/service-account.yaml"))));
    assert!(print("2") == one && print("5") == one);

    // One wrong spec of them stops all, and no trace of the others is left.
    fs::write(folder.path().join("apps/app-0299/app.toml"), "name = 1\n").unwrap();
    let (code, _, _) = run(folder.path(), &["render", "apps", "-o", "out/deep", "--threads", "2"]);
    assert_eq!(code, Some(1));
    assert_eq!(names(folder.path()), ["apps"]);
}

fn one_app_from_standard_input_is_printed_alone() {
    let folder = folder_with(&[]);
    let (code, stdout, _) = outcome_of(
        wigen(folder.path()).args(["render", "-", "--only", "service-account"]),
        &spec("fastapi-books"),
    );
    assert_eq!(code, Some(0));
    assert!(stdout.starts_with("# Rendered by wigen from "), "{stdout}");
}

/// `wigen render --watch`, and the lines that it says.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = wigen(folder);
        command.args(["render", "--watch"]).args(arguments).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || stderr.lines().try_for_each(|line| send.send(line.unwrap())));
        Self { child, lines }
    }

    /// The next line that begins so.
    fn says(&self, begin: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(deadline.duration_since(Instant::now())) {
            if line.starts_with(begin) {
                return;
            }
            said.push(line);
        }
        panic!("it does not say {begin}, but {said:#?}");
    }

    fn says_no_more(&self) {
        let more: Vec<String> = self.lines.try_iter().collect();
        assert_eq!(more, [""; 0]);
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn a_saved_spec_is_rendered_again() {
    let folder = folder_with(&[("apps/books/app.toml", &spec("fastapi-books"))]);
    let path = folder.path().join("apps/books/app.toml");
    let watching = Watching::start(folder.path(), &["apps", "-o", "out/{name}"]);
    for artifact in ["gcloud.sh", "service-account.yaml", "deployment.yaml"] {
        watching.says(&format!("wrote out/fastapi-books/{artifact}"));
    }
    fs::write(&path, spec("fastapi-books").replace("books:1", "books:2")).unwrap();
    watching.says("wrote out/fastapi-books/deployment.yaml");
    watching.says_no_more();

    // An error is reported, and nothing is written until it is corrected.
    thread::sleep(Duration::from_millis(100));
    fs::write(&path, spec("fastapi-books").replace("project", "projct")).unwrap();
    watching.says("error[unknown-key]: unknown key `projct`");
    watching.says("More about what was found");
    thread::sleep(Duration::from_millis(100));
    // As editors save: a new file in the place of the old one.
    fs::write(path.with_extension("new"), spec("fastapi-books").replace("books:1", "books:3"))
        .unwrap();
    fs::rename(path.with_extension("new"), &path).unwrap();
    watching.says("wrote out/fastapi-books/deployment.yaml");

    // A new spec is found, and unrelated files are ignored.
    thread::sleep(Duration::from_millis(100));
    fs::create_dir(folder.path().join("apps/films")).unwrap();
    thread::sleep(Duration::from_secs(1));
    fs::write(folder.path().join("apps/films/note.txt"), "no spec").unwrap();
    fs::write(folder.path().join("apps/films/app.toml"), spec("fastapi-films")).unwrap();
    for artifact in ["gcloud.sh", "service-account.yaml", "deployment.yaml"] {
        watching.says(&format!("wrote out/fastapi-films/{artifact}"));
    }
    watching.says_no_more();

    // Also where the directory of all of them was made again.
    fs::remove_dir_all(folder.path().join("apps")).unwrap();
    watching.says("wigen: cannot read apps");
    thread::sleep(Duration::from_millis(100));
    fs::create_dir_all(folder.path().join("apps/films")).unwrap();
    fs::write(
        folder.path().join("apps/films/app.toml"),
        spec("fastapi-films").replace("books:1", "films:4"),
    )
    .unwrap();
    watching.says("wrote out/fastapi-films/deployment.yaml");
    watching.says_no_more();
}
