//! `render --prune` and `--check`: which files are left over, and which never are.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::trials::{Topic, trials};
use crate::support::{folder_with, names, outcome, succeed, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "prune",
        "only files that nothing renders any more are removed",
        trials![
            files_that_nothing_renders_any_more_are_removed,
            a_file_is_the_same_whichever_way_its_path_goes,
            files_of_specs_that_are_not_members_stay,
            whatever_is_selected_files_of_other_members_stay,
            sets_of_specs_that_share_a_directory_keep_their_files,
            copies_and_edited_files_stay,
            files_that_an_app_no_longer_renders_are_removed,
            the_script_of_an_app_with_another_name_is_reported,
            a_file_of_another_tool_is_reported,
        ],
    )
}

/// A spec that shares nothing with those of other names.
fn spec(name: &str) -> String {
    format!(
        "name = \"{name}\"\nproject = \"my-project\"\ncluster = {{ name = \"c\", region = \"us-central1\" }}\ngoogleServiceAccount = {{ name = \"{name}-account\" }}\ncontainer = {{ image = \"books:1\" }}\n"
    )
}

/// The arguments, and all that there is: exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    outcome(wigen(folder).args(arguments))
}

/// What is reported when the files of an app are removed.
fn removed(directory: &str) -> String {
    let names = ["deployment.yaml", "service-account.yaml"];
    let removed = names.map(|name| format!("removed {directory}/{name}\n")).concat();
    format!(
        "{removed}kept {directory}/gcloud.sh: nothing renders it any more, but what it granted is still there; run `bash {directory}/gcloud.sh destroy`, then remove it with --prune --force\n"
    )
}

/// All files below a folder that is in another, sorted by path.
fn files(folder: &Path, below: &str) -> Vec<String> {
    let paths = names(&folder.join(below)).into_iter().map(|name| format!("{below}/{name}"));
    let all =
        paths.flat_map(
            |path| {
                if folder.join(&path).is_dir() { files(folder, &path) } else { vec![path] }
            },
        );
    all.collect()
}

fn files_that_nothing_renders_any_more_are_removed() {
    let environments = "[environments.prod]\n[environments.test]\n";
    let books = format!("{}{environments}", spec("fastapi-books"));
    let folder = folder_with(&[
        ("apps/books/app.toml", &books),
        ("apps/films/app.toml", &spec("fastapi-films")),
        ("apps/films/rendered/notes.yaml", "kind: Note\n"),
    ]);
    let files = |below: &str| files(folder.path(), below);
    let beside = ["render", "apps", "-o", "{dir}/rendered", "--prune"];
    let silent = (Some(0), String::new(), String::new());
    assert_eq!(run(folder.path(), &beside), silent);
    let all = files("apps");
    assert_eq!(all.len(), 9, "{all:?}");

    // There are rendered files in another directory, too; and a spec is removed.
    let elsewhere = ["render", "apps/books", "-o", "deploy/{env}/{name}", "--all-envs"];
    assert_eq!(run(folder.path(), &elsewhere), silent);
    fs::create_dir(folder.path().join("apps/kept")).unwrap();
    for name in ["gcloud.sh", "deployment.yaml"] {
        let from = folder.path().join("apps/books/rendered").join(name);
        fs::copy(from, folder.path().join("apps/kept").join(name)).unwrap();
    }
    fs::remove_file(folder.path().join("apps/films/app.toml")).unwrap();
    // Not before all that is left is right, and not unless it is asked for.
    fs::write(folder.path().join("apps/books/app.toml"), "nmae = 1\n").unwrap();
    assert_eq!(run(folder.path(), &beside).0, Some(1));
    fs::write(folder.path().join("apps/books/app.toml"), &books).unwrap();
    assert_eq!(run(folder.path(), &beside[..4]), silent);
    assert_eq!(files("apps/films").len(), 4);
    let (code, _, stderr) = run(folder.path(), &[&beside[..], &["--fail-on-change"]].concat());
    let removed_films = removed("apps/films/rendered");
    let total = "wigen: 2 files were left over, and have been removed\n";
    assert_eq!((code, stderr), (Some(1), format!("{removed_films}{total}")));
    let left = ["apps/films/rendered/gcloud.sh", "apps/films/rendered/notes.yaml"];
    assert_eq!(files("apps/films"), left);
    assert_eq!(files("apps/kept").len(), 2);

    // Files of an environment that is not rendered now stay as long as there is one.
    let prod = ["render", "apps", "-o", "deploy/{env}/{name}", "--env", "prod"];
    assert_eq!(run(folder.path(), &[&prod[..], &["--check"]].concat()), silent);
    assert_eq!(run(folder.path(), &[&prod[..], &["--prune"]].concat()), silent);
    // Also where that one would not be rendered.
    let wide = format!("{books}[[environments.test.grants]]\nroles = [\"roles/owner\"]\n");
    fs::write(folder.path().join("apps/books/app.toml"), wide).unwrap();
    let denied = [&prod[..], &["--deny", "warnings", "--prune"]].concat();
    assert_eq!(run(folder.path(), &denied), silent);
    assert_eq!(files("deploy").len(), 6);
    let without = books.replace("[environments.test]\n", "");
    fs::write(folder.path().join("apps/books/app.toml"), without).unwrap();
    let (code, stdout, _) = run(folder.path(), &[&prod[..], &["--check"]].concat());
    assert_eq!((code, stdout.matches("left over deploy/test/").count()), (Some(1), 2), "{stdout}");
    let (code, _, stderr) = run(folder.path(), &[&prod[..], &["--prune"]].concat());
    assert_eq!((code, stderr), (Some(0), removed("deploy/test/fastapi-books")));
    assert_eq!(files("deploy").len(), 4);
    let (code, _, stderr) = run(folder.path(), &[&prod[..], &["--prune", "--force"]].concat());
    let script = "removed deploy/test/fastapi-books/gcloud.sh\n";
    assert_eq!((code, stderr.as_str()), (Some(0), script));
    assert_eq!(names(&folder.path().join("deploy")), ["prod"]);
}

fn a_file_is_the_same_whichever_way_its_path_goes() {
    let here = tempfile::tempdir().unwrap();
    let here = fs::canonicalize(here.path()).unwrap();
    let absolute = |path: &str| format!("{}/{path}", here.display());
    let (mut specs, mut outs) = (vec![absolute("apps")], vec![absolute("out/{name}")]);
    specs.extend(["apps", "./apps/", ".", "././apps/.", "apps/../apps"].map(str::to_owned));
    let relative =
        ["{dir}/rendered", "./{dir}/rendered/", "out//{name}/", "./out", "apps/../out/{name}"];
    outs.extend(relative.map(str::to_owned));
    for (spec_path, out) in specs.iter().flat_map(|spec| outs.iter().map(move |out| (spec, out))) {
        // That would be below the hidden folder of the test, where nothing is searched.
        if spec_path.starts_with('/') && out.starts_with("./{dir}") {
            continue;
        }
        let _ = fs::remove_dir_all(&here);
        for name in ["books", "films"] {
            let folder = here.join("apps").join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("app.toml"), spec(&format!("fastapi-{name}"))).unwrap();
        }
        let render =
            |more: &[&str]| run(&here, &[&["render", spec_path, "-o", out], more].concat());
        let silent = (Some(0), String::new(), String::new());
        assert_eq!(render(&[]), silent, "{spec_path} {out}");
        assert_eq!(render(&["--check"]), silent, "{spec_path} {out}");
        assert_eq!(render(&["--prune"]), silent, "{spec_path} {out}");
        assert_eq!(scripts(&here), 2, "{spec_path} {out}");
        fs::remove_file(here.join("apps/films/app.toml")).unwrap();
        let (code, _, stderr) = render(&["--prune"]);
        // With a plain directory, the only app is rendered to another place than before.
        let count = if out == "./out" { 5 } else { 2 };
        assert_eq!((code, stderr.matches("removed ").count()), (Some(0), count), "{stderr}");
        assert_eq!(scripts(&here), 2, "{spec_path} {out}");
        assert_eq!(render(&["--prune", "--force"]).2.matches("removed ").count(), 1);
        assert_eq!(scripts(&here), 1, "{spec_path} {out}");
        assert_eq!(render(&["--check"]), silent, "{spec_path} {out}");
    }
}

fn files_of_specs_that_are_not_members_stay() {
    let workspace =
        "members = [\"apps/*\"]\nexclude = [\"apps/attic\"]\nout = \"{dir}/rendered\"\n";
    let other = workspace.replace("apps/*", "*");
    let folder = folder_with(&[
        ("wigen.toml", workspace),
        ("apps/books/app.toml", &spec("fastapi-books")),
        ("apps/films/app.toml", &spec("fastapi-films")),
        ("apps/attic/app.toml", &spec("fastapi-attic")),
        ("tools/wigen.toml", &other),
        ("tools/maps/app.toml", &spec("fastapi-maps")),
    ]);
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    let silent = (Some(0), String::new(), String::new());
    assert_eq!(run(&["render"]), silent);
    assert_eq!(run(&["render", "apps/attic", "-o", "{dir}/rendered"]), silent);
    assert_eq!(run(&["render", "-C", "tools"]), silent);
    assert_eq!(scripts(folder.path()), 4);
    assert_eq!(run(&["render", "--check"]), silent);
    fs::remove_file(folder.path().join("apps/films/app.toml")).unwrap();
    assert_eq!(run(&["render", "--prune", "--force"]).2.matches("removed ").count(), 3);
    assert_eq!(scripts(folder.path()), 3);
    assert!(!folder.path().join("apps/films").exists());
}

/// How many scripts of wigen's there are below a folder.
fn scripts(folder: &Path) -> usize {
    let all: Vec<String> = names(folder)
        .iter()
        .flat_map(|name| if folder.join(name).is_dir() { files(folder, name) } else { Vec::new() })
        .collect();
    all.iter().filter(|path| path.ends_with("/gcloud.sh")).count()
}

const WORKSPACE: &str = "members = [\"apps/*\"]\nout = \"deploy/{env}/{name}\"\nenvironments = [\"test\", \"prod\"]\n[defaults.environments]\ntest = {}\nprod = {}\n";

fn whatever_is_selected_files_of_other_members_stay() {
    for out in ["deploy/{env}/{name}", "{dir}/out/{env}", "deploy/{name}-{env}", "deploy"] {
        let tools = WORKSPACE.replace("deploy/{env}/{name}", &format!("../{out}"));
        let folder = folder_with(&[
            ("wigen.toml", &WORKSPACE.replace("deploy/{env}/{name}", out)),
            ("apps/books/app.toml", &spec("books")),
            ("apps/films/app.toml", &spec("films")),
            ("apps/zines/app.toml", &spec("zines")),
            ("apps/maps.toml/maps.toml", &spec("maps")),
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("tools/wigen.toml", &tools),
            ("tools/apps/jobs/app.toml", &spec("jobs")),
        ]);
        let path = folder.path();
        let silent = (Some(0), String::new(), String::new());
        let wigen = |arguments: &[&str]| run(path, arguments);
        let own = spec("maps").replace(
            "googleServiceAccount",
            "environments = { test = {}, prod = {} }\ngoogleServiceAccount",
        );
        fs::write(path.join("apps/maps.toml/maps.toml"), own).unwrap();
        assert_eq!(wigen(&["render"]), silent);
        assert_eq!(wigen(&["render", "-C", "tools"]), silent);
        assert_eq!(
            wigen(&["render", "apps/maps.toml/maps.toml", "-o", out, "--all-envs"]).0,
            Some(0)
        );
        symlink("apps", path.join("link")).unwrap();
        let all = files(path, "");
        let selections: [&[&str]; 16] = [
            &["./wigen.toml"],
            &["apps/../wigen.toml"],
            &["apps/films/../books"],
            &["apps/../apps/books/app.toml"],
            &["link/books"],
            &["-C", "apps/films", "../../tools/../apps/books"],
            &["-C", "tools", "../link/books/app.toml"],
            &["apps/books"],
            &["apps/books/app.toml"],
            &["-C", "apps/books", "."],
            &["-C", "apps/books"],
            &["-C", "apps"],
            &["-p", "books"],
            &["-p", "books", "--env", "test"],
            &["--env", "prod"],
            &["apps"],
        ];
        for selection in selections {
            for more in ["--check", "--prune"] {
                let arguments = [&["render"], selection, &[more]].concat();
                let (code, stdout, stderr) = wigen(&arguments);
                assert_eq!((code, &*stdout, &*stderr), (Some(0), "", ""), "{out}: {arguments:?}");
                assert_eq!(files(path, ""), all, "{out}: {arguments:?}");
            }
        }
        // A removed app is only left over if all are selected.
        fs::remove_file(path.join("apps/films/app.toml")).unwrap();
        assert_eq!(wigen(&["render", "-p", "books", "--prune"]), silent, "{out}");
        assert_eq!(wigen(&["render", "apps/books", "--prune"]), silent, "{out}");
        let (_, _, stderr) = wigen(&["render", "--prune"]);
        assert_eq!(stderr.matches("removed ").count(), 4, "{out}: {stderr}");
        assert_eq!(stderr.matches("films").count(), 8);
        assert_eq!(stderr.matches("kept ").count(), 2, "{out}: {stderr}");
        // What is kept is not out of date.
        let (code, stdout, stderr) = wigen(&["render", "--check"]);
        assert_eq!((code, &*stdout, stderr.matches("kept ").count()), (Some(0), "", 2));
        let (code, ..) = wigen(&["render", "--prune", "--force"]);
        assert_eq!(code, Some(0));
        assert_eq!(wigen(&["render", "--prune"]), silent);
    }
}

fn sets_of_specs_that_share_a_directory_keep_their_files() {
    let cron =
        spec("jobs").replace("container", "cronJob = { schedule = \"0 3 * * *\" }\ncontainer");
    let folder = folder_with(&[
        ("one/books/app.toml", &spec("books")),
        ("one/films/app.toml", &spec("films")),
        ("two/maps/app.toml", &spec("maps")),
        ("two/wrong/app.toml", &spec("wrong")),
        ("three/app.toml", &cron),
        ("named/b.toml", &spec("named-b")),
        ("named/c.toml", &spec("named-c")),
    ]);
    let path = folder.path();
    let sets: [&[&str]; 4] = [&["one"], &["two"], &["three"], &["named/b.toml", "named/c.toml"]];
    for out in ["out", "./out/", "out/{name}"] {
        let render = |set: &[&str], more: &[&str]| {
            let (code, stdout, stderr) =
                run(path, &[&["render"], set, &["-o", out], more].concat());
            assert_eq!(code, Some(0), "{out} {set:?}: {stdout}{stderr}");
            // Where the path has no name of an app, the script is that of one app after the other.
            let others = stderr.lines().filter(|line| !line.starts_with("replaced "));
            others.collect::<Vec<_>>().join("\n")
        };
        let _ = fs::remove_dir_all(path.join("out"));
        for set in &sets {
            render(set, &[]);
        }
        let all = files(path, "out");
        assert_eq!(all.iter().filter(|path| path.ends_with("gcloud.sh")).count(), 7);
        // Nobody knows the names in a wrong spec.
        fs::write(path.join("two/wrong/app.toml"), "name = \"wrong\n").unwrap();
        for set in [sets[0], sets[2], sets[3]] {
            assert_eq!(render(set, &["--prune"]), "", "{out} {set:?}");
            assert_eq!(render(set, &["--check"]), "", "{out} {set:?}");
            assert_eq!(files(path, "out"), all, "{out} {set:?}");
        }
        fs::write(path.join("two/wrong/app.toml"), spec("wrong")).unwrap();
        fs::rename(path.join("one/films"), path.join("films")).unwrap();
        // It is somewhere else in the repository.
        assert_eq!(render(sets[0], &["--prune"]), "");
        fs::rename(path.join("films"), path.join("one/films")).unwrap();
    }
    // Outside of the directory of the specs, other specs may render to the same place.
    let elsewhere = tempfile::tempdir().unwrap();
    let out = elsewhere.path().to_str().unwrap();
    succeed(wigen(path).args(["render", "one", "-o", out]));
    fs::remove_dir_all(path.join("one/films")).unwrap();
    assert_eq!(run(path, &["render", "one", "-o", out, "--prune"]).2, "");
    let (_, _, stderr) = run(path, &["render", "one", "-o", "out", "--prune"]);
    assert_eq!(stderr, removed("out/films"));
}

fn copies_and_edited_files_stay() {
    let folder = folder_with(&[
        ("wigen.toml", "members = [\"apps/*\"]\nout = \"deploy/{name}\"\n"),
        ("apps/books/app.toml", &spec("books")),
        ("apps/films/app.toml", &spec("films")),
    ]);
    let path = folder.path();
    let silent = (Some(0), String::new(), String::new());
    let wigen = |arguments: &[&str]| run(path, arguments);
    assert_eq!(wigen(&["render"]), silent);
    let read = |name: &str| fs::read_to_string(path.join("deploy").join(name)).unwrap();
    let write = |name: &str, text: &str| {
        let file = path.join("deploy").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    let deployment = read("books/deployment.yaml");
    write("books/canary.yaml", &deployment);
    write("books/cron-job.yaml", &deployment.replace("books:1", "books:2"));
    write("canary/deployment.yaml", &deployment.replace("books", "canary"));
    write("films/deployment.yaml", &read("films/deployment.yaml").replace("books:1", "books:2"));
    write("books/old.sh", "# Rendered by wigen from app.toml; change that and render again.\n");
    fs::remove_dir_all(path.join("apps/films")).unwrap();
    let all = files(path, "deploy");
    assert_eq!(wigen(&["render", "--check"]).1, "left over deploy/films/service-account.yaml\n");
    assert_eq!(wigen(&["render", "--prune", "--force"]).0, Some(0));
    let gone = ["deploy/films/gcloud.sh", "deploy/films/service-account.yaml"];
    let kept = all.into_iter().filter(|path| !gone.contains(&path.as_str()));
    assert!(files(path, "deploy").into_iter().eq(kept), "{:?}", files(path, "deploy"));
    // In its own place an edited file is wigen's.
    write("books/deployment.yaml", &deployment.replace("books:1", "books:2"));
    assert!(wigen(&["render", "--check"]).1.starts_with("changed deploy/books/deployment.yaml\n"));
    assert_eq!(wigen(&["render"]), silent);
    assert_eq!(read("books/deployment.yaml"), deployment);
}

fn files_that_an_app_no_longer_renders_are_removed() {
    let folder = folder_with(&[("a/app.toml", &spec("books")), ("b/app.toml", &spec("films"))]);
    let path = folder.path();
    let render =
        |more: &[&str]| run(path, &[&["render", "a/app.toml", "-o", "out"], more].concat());
    assert_eq!(render(&[]).0, Some(0));
    // Another app has another kind of workload in the same place.
    let job = spec("films").replace("container", "job = {}\ncontainer");
    fs::write(path.join("b/app.toml"), job).unwrap();
    succeed(wigen(path).args(["render", "b/app.toml", "-o", "out", "--only", "workload"]));
    let cron =
        spec("books").replace("container", "cronJob = { schedule = \"0 3 * * *\" }\ncontainer");
    fs::write(path.join("a/app.toml"), cron).unwrap();
    assert_eq!(render(&["--prune"]).2, "removed out/deployment.yaml\n");
    assert_eq!(
        names(&path.join("out")),
        ["cron-job.yaml", "gcloud.sh", "job.yaml", "service-account.yaml"]
    );
    // As one of several, the app has its own directory, and the old one is left over.
    fs::remove_file(path.join("out/job.yaml")).unwrap();
    let (_, _, stderr) = run(path, &["render", ".", "-o", "out", "--prune"]);
    let gone = ["cron-job.yaml", "gcloud.sh", "service-account.yaml"];
    assert_eq!(stderr, gone.map(|name| format!("removed out/{name}\n")).concat());
    assert_eq!(names(&path.join("out")), ["books", "films"]);
}

fn the_script_of_an_app_with_another_name_is_reported() {
    let folder = folder_with(&[("app.toml", &spec("books"))]);
    let render = ["render", "-o", "rendered"];
    let silent = (Some(0), String::new(), String::new());
    assert_eq!(run(folder.path(), &render), silent);
    // With other roles it is the script of the same app.
    let roles = "[[grants]]\nroles = [\"roles/logging.logWriter\"]\n";
    fs::write(folder.path().join("app.toml"), spec("books") + roles).unwrap();
    assert_eq!(run(folder.path(), &render), silent);
    fs::write(folder.path().join("app.toml"), spec("films")).unwrap();
    let (code, stdout, stderr) = run(folder.path(), &render);
    let replaced = "replaced rendered/gcloud.sh, the script of `books`: what that granted is still there; run `destroy` of the earlier version (in git: `git show HEAD:./rendered/gcloud.sh | bash -s destroy`)\n";
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "", replaced));
    assert_eq!(run(folder.path(), &render), silent);
}

/// Two tools that own the same bindings take them away from each other.
fn a_file_of_another_tool_is_reported() {
    let tools = [
        ("gcloud", "gcloud.sh", "gcloud.sh", "do not run its `destroy`"),
        (
            "terraform",
            "main.tf",
            "Terraform",
            "let Terraform forget the module with a `removed` block",
        ),
        (
            "configConnector",
            "iam.yaml",
            "Config Connector",
            "let its objects be abandoned, not deleted",
        ),
        ("none", "", "another tool", ""),
    ];
    for (old, file, owner, first) in &tools[..3] {
        for (new, _, other, _) in tools.iter().filter(|(new, ..)| new != old) {
            let folder = folder_with(&[("app.toml", &spec("books"))]);
            let render = |format: &str, more: &[&str]| {
                let all = [&["render", "-o", "out", "--cloud-format", format], more].concat();
                run(folder.path(), &all)
            };
            assert_eq!(render(old, &[]), (Some(0), String::new(), String::new()));
            let kept = format!(
                "kept out/{file}: with this file, {owner} owns the bindings, but the spec gives them to {other}, and two tools must not own the same bindings; {first}, then remove the file with --prune\n"
            );
            for _ in 0..2 {
                assert_eq!(render(new, &[]), (Some(0), String::new(), kept.clone()));
            }
            let (code, stdout, _) = render(new, &["--check"]);
            assert_eq!((code, stdout), (Some(1), format!("left over out/{file}\n")));
            let removed = format!("removed out/{file}\n");
            assert_eq!(render(new, &["--prune"]), (Some(0), String::new(), removed));
            assert_eq!(render(new, &[]), (Some(0), String::new(), String::new()));
        }
    }
    // A file of the user has the owner that the user says.
    let folder = folder_with(&[("app.toml", &spec("books")), ("out/main.tf", "# mine\n")]);
    let silent = (Some(0), String::new(), String::new());
    assert_eq!(run(folder.path(), &["render", "-o", "out"]), silent);
}
