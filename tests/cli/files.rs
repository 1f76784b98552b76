//! Files that are not what they seem, and runs that end too early: nothing outside of the checkout is read or
//! written, nothing is left behind, and nothing is half written.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::trials::{Topic, samples, skip_part, trials};
use crate::support::{folder_with, names, outcome, outcome_of, succeed, wigen};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "files",
        "only files of the checkout are read and written, and whole",
        trials![
            a_special_file_is_an_error_wherever_its_path_comes_from,
            a_large_file_is_refused,
            a_foreign_file_is_known_by_its_first_lines_and_not_shown,
            members_are_found_once_however_links_lead,
            nothing_outside_of_the_checkout_is_read,
            nothing_outside_of_the_checkout_is_written,
            a_function_reads_only_specs_of_the_checkout,
            kustomizations_that_list_each_other_are_read_once,
            a_fix_keeps_what_a_file_is,
            a_fix_is_written_to_the_file_that_was_read,
            a_signal_leaves_nothing_behind,
            an_ignored_signal_stays_ignored,
            killed_runs_leave_whole_files,
            a_file_that_cannot_be_written_changes_no_other,
            parallel_first_runs_succeed,
            what_is_removed_and_recreated_is_watched,
            no_control_characters_reach_a_terminal,
        ],
    )
}

const SPEC: &str = "name = \"books-api\"\nproject = \"my-project\"\ncluster = { name = \"c\", region = \"us-central1\" }\ngoogleServiceAccount = {}\ncontainer = { image = \"books:1\", port = 8080 }\n";

/// A spec that shares nothing with those of other names.
fn spec(name: &str) -> String {
    SPEC.replace("books-api", name)
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    outcome(
        Command::new("timeout")
            .arg("20")
            .arg(env!("CARGO_BIN_EXE_wigen"))
            .args(arguments)
            .current_dir(folder),
    )
}

/// A run that must fail with one line that holds `expected`.
fn fails(folder: &Path, arguments: &[&str], expected: &str) {
    let (code, stdout, stderr) = run(folder, arguments);
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
    assert!(stderr.contains(expected) && stderr.lines().count() == 1, "{arguments:?}: {stderr}");
}

fn make_fifo(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    succeed(Command::new("mkfifo").arg(path));
}

fn a_special_file_is_an_error_wherever_its_path_comes_from() {
    let folder = folder_with(&[
        ("app.toml", SPEC),
        ("w/a/app.toml", SPEC),
        ("ok.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("k/kustomization.yaml", "generators: [config.yaml]\n"),
    ]);
    let path = folder.path();
    for fifo in [
        "f/x/app.toml",
        "fifo",
        "tpl/x.yaml.j2",
        "m/x.yaml",
        "v/wigen.toml",
        "o/deployment.yaml",
        "k/config.yaml",
        "init/app.schema.json",
    ] {
        make_fifo(&path.join(fifo));
    }
    fs::create_dir_all(path.join("z/x")).unwrap();
    symlink("/dev/zero", path.join("z/x/app.toml")).unwrap();
    fs::create_dir(path.join("p")).unwrap();
    symlink("/dev/zero", path.join("p/gcloud.sh")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(path.join("s.toml")).unwrap();
    symlink("../fifo", path.join("f/app.yaml")).unwrap();
    for link in ["n/app.toml", "d/wigen.toml", "t/x.yaml.j2"] {
        fs::create_dir_all(path.join(link).parent().unwrap()).unwrap();
        symlink("nowhere", path.join(link)).unwrap();
    }
    fs::write(path.join("d/app.toml"), SPEC).unwrap();
    fs::write(path.join("v/app.toml"), SPEC).unwrap();
    fs::write(path.join("w/wigen.toml"), "members = [\"*\", \"../fifo\"]\n").unwrap();
    let fifo = "it is a FIFO, not a regular file\n";
    for arguments in [
        &["check", "f"][..],
        &["check", "fifo"],
        &["check", "f/app.yaml"],
        &["check", "v/app.toml"],
        &["show", "fifo"],
        &["diff", "fifo", "app.toml"],
        &["render", "app.toml", "--previous", "fifo"],
        &["render", "app.toml", "--templates", "tpl"],
        &["render", "app.toml", "-o", "o"],
        &["render", "app.toml", "-o", "o", "--check"],
        &["render", "app.toml", "-o", "o", "--force"],
        &["lint", "m"],
        &["lint", "ok.yaml", "--iam", "fifo"],
        &["krm", "fifo"],
        &["kustomize", "init", "fifo"],
        &["init", "init", "--force"],
    ] {
        fails(path, arguments, fifo);
    }
    fails(path, &["check", "s.toml"], "it is a socket, not a regular file\n");
    for arguments in [
        &["check", "z"][..],
        &["render", "app.toml", "-o", "p"],
        &["render", "app.toml", "-o", "p", "--check"],
        &["check", "/dev/zero"],
    ] {
        fails(path, arguments, "a device");
    }
    for arguments in [
        &["check", "n"][..],
        &["-C", "n", "check"],
        &["check", "d/app.toml"],
        &["-C", "d", "render"],
        &["render", "app.toml", "--templates", "t"],
    ] {
        fails(path, arguments, "it is a link that leads to no file\n");
    }
    // Kustomize's own files are not wigen's to complain about.
    let config = "apiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata: {name: a}\nspec: {project: my-project, cluster: {name: c, region: us-central1}, googleServiceAccount: {name: books-sa}}\n";
    let list =
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  ";
    let list = format!("{list}{}\n", config.trim_end().replace('\n', "\n  "));
    assert_eq!(outcome_of(&mut wigen(&path.join("k")), &list).0, Some(0));
}

fn a_large_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let large = fs::File::create(folder.path().join("app.toml")).unwrap();
    large.set_len(300 << 20).unwrap();
    fails(folder.path(), &["check"], "it is larger than 256 MiB");
    fails(folder.path(), &["render", "--previous", "app.toml"], "it is larger than 256 MiB");
}

fn a_foreign_file_is_known_by_its_first_lines_and_not_shown() {
    let folder = folder_with(&[("app.toml", SPEC), ("o/gcloud.sh", "SECRET\n")]);
    let foreign = fs::File::create(folder.path().join("o/deployment.yaml")).unwrap();
    // More than may be read.
    foreign.set_len(1 << 40).unwrap();
    let (code, stdout, stderr) = run(folder.path(), &["render", "-o", "o", "--check"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert_eq!(
        stdout,
        "foreign o/gcloud.sh\nmissing o/service-account.yaml\nforeign o/deployment.yaml\n"
    );
    assert!(stderr.contains("2 foreign, 1 missing"), "{stderr}");
    fails(folder.path(), &["render", "-o", "o"], "not written by wigen");
    succeed(wigen(folder.path()).args(["render", "-o", "o", "--force"]));
    assert_eq!(run(folder.path(), &["render", "-o", "o", "--check"]).0, Some(0));
}

fn members_are_found_once_however_links_lead() {
    let folder = folder_with(&[("a/b/app.toml", SPEC), ("c/app.toml", &spec("films-api"))]);
    for (target, link) in
        [("..", "a/l1"), ("..", "a/l2"), ("a", "d"), ("..", "c/up"), (".", "c/self")]
    {
        symlink(target, folder.path().join(link)).unwrap();
    }
    for (members, apps) in [
        ("\"**\"", 2),
        ("\".\"", 2),
        ("\"**/b\"", 1),
        ("\"*/*\"", 2),
        ("\"**/**/**/app.toml\"", 2),
        ("\"*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*\", \"a\"", 2),
    ] {
        fs::write(
            folder.path().join("wigen.toml"),
            format!("members = [{members}]\nout = \"o/{{name}}\"\n"),
        )
        .unwrap();
        let (code, _, stderr) = run(folder.path(), &["render"]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{members}");
        assert_eq!(names(&folder.path().join("o")).len(), apps, "{members}");
        fs::remove_dir_all(folder.path().join("o")).unwrap();
    }
}

/// A folder with `secret` beside the checkout `repo`, whose root is found by a folder `.git`.
fn checkout(files: &[(&str, &str)]) -> TempDir {
    let folder = folder_with(files);
    fs::create_dir_all(folder.path().join("repo/.git")).unwrap();
    fs::write(folder.path().join("secret.toml"), "root:*SECRETHASH*:1:2:\n").unwrap();
    folder
}

fn nothing_outside_of_the_checkout_is_read() {
    let folder = checkout(&[
        ("repo/ok/app.toml", SPEC),
        ("repo/tpl/ok.yaml.j2", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"),
        ("repo/.git/config", "SECRETHASH\n"),
        ("repo/w/wigen.toml", "members = [\"*/*\"]\n"),
        ("outside/app.toml", "SECRETHASH\n"),
    ]);
    let repo = folder.path().join("repo");
    for link in [
        "repo/app.toml",
        "repo/a/app.toml",
        "repo/tpl/x.yaml.j2",
        "repo/m/x.yaml",
        "repo/v/wigen.toml",
    ] {
        fs::create_dir_all(folder.path().join(link).parent().unwrap()).unwrap();
        symlink(folder.path().join("secret.toml"), folder.path().join(link)).unwrap();
    }
    symlink("../.git/config", repo.join("ok/config.toml")).unwrap();
    fs::create_dir(repo.join("w/x")).unwrap();
    symlink("../../../outside", repo.join("w/x/y")).unwrap();
    fs::write(repo.join("v/book.toml"), SPEC).unwrap();
    for arguments in [
        &["check"][..],
        &["check", "a"],
        &["check", "app.toml"],
        &["check", "ok/config.toml"],
        &["check", "v/book.toml"],
        &["render", "ok/app.toml", "--templates", "tpl"],
        &["render", "ok/app.toml", "--previous", "app.toml"],
        &["diff", "app.toml", "ok/app.toml"],
        &["lint", "m"],
        &["-C", "w", "check"],
    ] {
        fails(&repo, arguments, " leads out of ");
    }
    // The same without git and by a path from outside: what the user names is the user's.
    fails(folder.path(), &["check", "repo/a"], " leads out of ");
    assert_eq!(run(&repo, &["check", "../secret.toml"]).0, Some(1));
    fs::write(
        repo.join("w/wigen.toml"),
        "members = [\"../.git/*.toml\", \".git/a.toml\", \"**/.git\"]\n",
    )
    .unwrap();
    let (code, _, stderr) = run(&repo, &["-C", "w", "check"]);
    assert_eq!(code, Some(1));
    assert_eq!(stderr.matches("error[workspace]").count(), 3, "{stderr}");
    // Of other files only those are read that may be specs.
    fs::write(repo.join("w/wigen.toml"), "members = [\"keys/*.env\", \"../w/keys\"]\n").unwrap();
    fs::create_dir(repo.join("w/keys")).unwrap();
    fs::write(repo.join("w/keys/a.env"), "SECRETHASH\n").unwrap();
    let (_, _, stderr) = run(&repo, &["-C", "w", "check"]);
    assert!(!stderr.contains("SECRETHASH"), "{stderr}");
}

fn nothing_outside_of_the_checkout_is_written() {
    let folder = checkout(&[("repo/app.toml", SPEC), ("repo/w/a/app.toml", SPEC)]);
    let repo = folder.path().join("repo");
    symlink("../..", repo.join("w/up")).unwrap();
    symlink("../../secret.toml", repo.join("w/link")).unwrap();
    symlink("../outside", repo.join("link")).unwrap();
    let absolute = folder.path().join("outside");
    for out in [
        "../../outside",
        "{dir}/../../../outside",
        "up/outside",
        absolute.to_str().unwrap(),
        "../.git/{name}",
        "../.GIT/hooks",
    ] {
        fs::write(repo.join("w/wigen.toml"), format!("members = [\"a\"]\nout = \"{out}\"\n"))
            .unwrap();
        for flags in [&[][..], &["--force", "--prune"], &["--check"]] {
            let (code, stdout, stderr) = run(&repo.join("w"), &[&["render"], flags].concat());
            assert_eq!((code, stdout.as_str()), (Some(2), ""), "{out}: {stderr}");
            assert!(
                stderr.contains("is outside of") || stderr.contains("leads out of"),
                "{stderr}"
            );
        }
        assert_eq!(names(folder.path()), ["repo", "secret.toml"], "{out}");
    }
    // Inside the checkout, also above the workspace.
    fs::write(repo.join("w/wigen.toml"), "members = [\"a\"]\nout = \"../deploy\"\n").unwrap();
    assert_eq!(run(&repo.join("w"), &["render"]).0, Some(0));
    assert!(repo.join("deploy/gcloud.sh").exists());
    fails(&repo, &["render", "-o", "link"], "cannot write link: ");
    fs::create_dir(folder.path().join("outside")).unwrap();
    fails(&repo, &["render", "-o", "link"], " leads out of ");
    fails(&repo, &["render", "-o", "link/new", "--check"], " leads out of ");
    fs::remove_file(repo.join("deploy/gcloud.sh")).unwrap();
    symlink(folder.path().join("secret.toml"), repo.join("deploy/gcloud.sh")).unwrap();
    for flag in ["--check", "--force"] {
        fails(&repo, &["render", "-o", "deploy", flag], " leads out of ");
    }
    assert!(names(&folder.path().join("outside")).is_empty());
    // The command line may name any directory.
    assert_eq!(run(&repo, &["render", "-o", "../outside"]).0, Some(0));
    assert_eq!(
        run(&repo, &["-C", "../outside", "render", "../repo/app.toml", "-o", "."]).0,
        Some(0)
    );
    assert_eq!(run(&repo.join("w"), &["render", "-o", absolute.to_str().unwrap()]).0, Some(0));
    assert_eq!(names(&folder.path().join("outside")).len(), 3);
}

fn function_list(specs: &str) -> String {
    format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: wigen.dev/v1alpha1\n  kind: Apps\n  metadata: {{name: a}}\n  spec: {{specs: [{specs}]}}\n"
    )
}

fn a_function_reads_only_specs_of_the_checkout() {
    let folder = checkout(&[
        ("repo/k/books.toml", SPEC),
        ("repo/apps/films.toml", &spec("films-api")),
        ("repo/k/secret.env", "SECRETHASH\n"),
        ("repo/.git/config.toml", "SECRETHASH\n"),
        ("outside/app.toml", SPEC),
    ]);
    let absolute = folder.path().join("secret.toml");
    symlink("../../secret.toml", folder.path().join("repo/k/link.toml")).unwrap();
    let k = folder.path().join("repo/k");
    for (specs, expected) in [
        ("../../secret.toml", "is outside of"),
        (absolute.to_str().unwrap(), "is outside of"),
        ("../../outside", "is outside of"),
        ("link.toml", "is outside of"),
        ("../.git", "is outside of"),
        ("../.git/config.toml", "is outside of"),
        ("secret.env", "is not a spec"),
    ] {
        let (code, stdout, stderr) = outcome_of(&mut wigen(&k), &function_list(specs));
        assert_eq!(code, Some(1), "{specs}: {stderr}");
        assert!(stderr.contains(expected), "{specs}: {stderr}");
        assert!(![stdout, stderr].iter().any(|text| text.contains("SECRETHASH")), "{specs}");
    }
    let (code, _, stderr) =
        outcome_of(&mut wigen(&k), &function_list("books.toml, ../apps/films.toml"));
    assert_eq!(code, Some(0), "{stderr}");
}

fn kustomizations_that_list_each_other_are_read_once() {
    let many = "large.yaml, ".repeat(5000);
    let large = format!("a: 1\n{}", "# a comment\n".repeat(100_000));
    let folder = folder_with(&[
        ("kustomization.yaml", &format!("generators: [{many}a]\n")),
        ("large.yaml", &large),
    ]);
    let mut directory = folder.path().join("a");
    for _ in 0..8 {
        fs::create_dir(&directory).unwrap();
        fs::write(
            directory.join("kustomization.yaml"),
            "resources: [b, ./b, b/../b, l, l/b, b, b, b, b, b, b]\n",
        )
        .unwrap();
        symlink(".", directory.join("l")).unwrap();
        directory.push("b");
    }
    let items = "items:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: x, annotations: {kustomize.config.k8s.io/id: \"1\"}}\n";
    let list =
        function_list("a.toml").replace("items: []\n", items).replace("kind: Apps", "kind: App");
    let begin = Instant::now();
    outcome_of(&mut wigen(folder.path()), &list);
    assert!(begin.elapsed() < Duration::from_secs(10));
}

fn a_fix_keeps_what_a_file_is() {
    let wrong = SPEC.replace("port = 8080", "port = \"8080\"");
    let folder =
        folder_with(&[("a.toml", &wrong), ("b.toml", &wrong.replace("books-api", "films-api"))]);
    let path = |name: &str| folder.path().join(name);
    fs::set_permissions(path("a.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    let owned = succeed(Command::new("id").arg("-u")).trim() == "0";
    if owned {
        std::os::unix::fs::chown(path("a.toml"), Some(1234), Some(1234)).unwrap();
    }
    fs::hard_link(path("b.toml"), path("c.toml")).unwrap();
    let before = fs::metadata(path("a.toml")).unwrap();
    assert_eq!(run(folder.path(), &["check", "--fix", "a.toml", "b.toml"]).0, Some(0));
    let after = fs::metadata(path("a.toml")).unwrap();
    assert_eq!(
        (after.mode(), after.uid(), after.gid()),
        (before.mode(), before.uid(), before.gid())
    );
    assert_eq!(fs::read_to_string(path("a.toml")).unwrap(), SPEC);
    assert_eq!(fs::metadata(path("b.toml")).unwrap().nlink(), 2);
    assert_eq!(fs::read_to_string(path("c.toml")).unwrap(), spec("films-api"));
    assert_eq!(names(folder.path()), ["a.toml", "b.toml", "c.toml"]);
}

/// `\xff` and U+FFFD are shown alike.
fn a_fix_is_written_to_the_file_that_was_read() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let directory = |name: &[u8]| folder.path().join(std::ffi::OsStr::from_bytes(name));
    let (odd, plain) = (directory(b"\xff"), directory("\u{fffd}".as_bytes()));
    for (directory, text) in [(&odd, SPEC.replace("8080", "\"8080\"")), (&plain, spec("films-api"))]
    {
        fs::create_dir(directory).unwrap();
        fs::write(directory.join("app.toml"), text).unwrap();
    }
    run(folder.path(), &["check", "--fix", "."]);
    assert_eq!(fs::read_to_string(odd.join("app.toml")).unwrap(), SPEC);
    assert_eq!(fs::read_to_string(plain.join("app.toml")).unwrap(), spec("films-api"));
}

/// A workspace of so many apps that are rendered, and whose files are then all out of date.
fn workspace(apps: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for app in 0..apps {
        let directory = folder.path().join(format!("apps/{app}"));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("app.toml"), spec(&format!("books-{app}"))).unwrap();
    }
    set_label(folder.path(), "old");
    succeed(wigen(folder.path()).arg("render"));
    folder
}

fn set_label(folder: &Path, label: &str) {
    let text = format!(
        "members = [\"apps/*\"]\nout = \"deploy/{{name}}\"\n[defaults]\nlabels = {{ version = \"{label}\" }}\n"
    );
    fs::write(folder.join("wigen.toml"), text).unwrap();
}

/// The number of temporary files below `deploy`.
fn left(folder: &Path) -> usize {
    let files =
        succeed(Command::new("find").args(["deploy", "-name", ".wigen-*"]).current_dir(folder));
    files.lines().count()
}

/// Under `nohup`, the end of a terminal does not end a run.
fn an_ignored_signal_stays_ignored() {
    let folder = workspace(300);
    let render = "trap '' HUP; \"$0\" render & sleep 0.1; kill -s HUP $!; wait $!";
    let mut bash = Command::new("bash");
    bash.args(["-c", render]).arg(env!("CARGO_BIN_EXE_wigen")).current_dir(folder.path());
    succeed(&mut bash);
    assert!(folder.path().join("deploy").exists());
}

fn a_signal_leaves_nothing_behind() {
    let folder = workspace(300);
    for (number, signal) in ["INT", "TERM", "HUP", "QUIT"].iter().cycle().take(12).enumerate() {
        set_label(folder.path(), &number.to_string());
        let mut child = wigen(folder.path()).arg("render").stderr(Stdio::null()).spawn().unwrap();
        // From before the first file to after the last one.
        thread::sleep(Duration::from_millis(30 * number as u64));
        succeed(
            Command::new("bash")
                .args(["-c", &format!("kill -s {signal} {} 2>/dev/null || true", child.id())]),
        );
        child.wait().unwrap();
        assert_eq!(left(folder.path()), 0, "{signal}");
    }
    // Directories that were created go, too.
    fs::remove_dir_all(folder.path().join("deploy")).unwrap();
    let mut child = wigen(folder.path()).arg("render").spawn().unwrap();
    while !folder.path().join("deploy").exists() {
        thread::yield_now();
    }
    let _ = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    if !child.wait().unwrap().success() {
        assert!(!folder.path().join("deploy").exists());
    }
}

/// A short version by default; with WIGEN_TESTS=all, an optimized build is killed 500 times while it renders 2,000
/// apps, as `.ci/run` has it.
fn killed_runs_leave_whole_files() {
    let all = |few, many| if cfg!(debug_assertions) { few } else { samples(few, many) };
    let (apps, kills) = (all(100, 2000), all(20, 500));
    let folder = workspace(apps);
    let read = |app: usize| {
        let directory = folder.path().join(format!("deploy/books-{app}"));
        ["deployment.yaml", "service-account.yaml"]
            .map(|name| fs::read_to_string(directory.join(name)).unwrap())
    };
    let (mut random, begin) = (fastrand::Rng::with_seed(7), Instant::now());
    let both = ["new", "old"].map(|label| {
        set_label(folder.path(), label);
        succeed(wigen(folder.path()).arg("render"));
        (0..apps).map(read).collect::<Vec<_>>()
    });
    let whole_run = (begin.elapsed() / 2).as_micros();
    let (mut torn, mut mixed, mut total) = (0, 0, 0);
    for number in 0..kills {
        set_label(folder.path(), ["new", "old"][number % 2]);
        let mut child = wigen(folder.path()).arg("render").stderr(Stdio::null()).spawn().unwrap();
        let most = u64::try_from(whole_run).unwrap() * 5 / 4;
        thread::sleep(Duration::from_micros(random.u64(0..most)));
        child.kill().unwrap();
        child.wait().unwrap();
        // All files of some apps; every app is looked at many times.
        for _ in 0..apps.min(200) {
            let app = random.usize(0..apps);
            let texts = read(app);
            let versions = [0, 1]
                .map(|file| both.iter().position(|version| version[app][file] == texts[file]));
            torn += versions.iter().filter(|version| version.is_none()).count();
            total += versions.len();
            mixed += usize::from(versions[0] != versions[1]);
        }
        if number % 10 == 9 {
            // The next run that is not killed.
            succeed(wigen(folder.path()).arg("render"));
            assert_eq!(left(folder.path()), 0);
        }
    }
    println!(
        "{kills} kills of a render of {apps} apps: {torn} of {total} files torn, {mixed} apps between two versions, 0 files left after the next run"
    );
    assert_eq!(torn, 0);
}

/// strace makes a system call fail: each kind at each of its calls.
fn a_file_that_cannot_be_written_changes_no_other() {
    let folder = workspace(2);
    let path = folder.path();
    let text = || succeed(Command::new("bash").args(["-c", "cat deploy/*/*"]).current_dir(path));
    let old = text();
    set_label(path, "new");
    // A directory that may not be written.
    if succeed(Command::new("id").arg("-u")).trim() != "0" {
        fs::set_permissions(path.join("deploy/books-1"), fs::Permissions::from_mode(0o555))
            .unwrap();
        fails(path, &["render"], "cannot write deploy/books-1/");
        fs::set_permissions(path.join("deploy/books-1"), fs::Permissions::from_mode(0o755))
            .unwrap();
        assert_eq!(text(), old);
    }
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        skip_part("failures of system calls", "strace");
        return;
    }
    let traced = |options: &[&str]| {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "calls"]).args(options).arg(env!("CARGO_BIN_EXE_wigen"));
        outcome(strace.args(["render", "--threads", "1"]).current_dir(path))
    };
    let mut failures = 0;
    for call in ["write", "openat", "mkdir", "renameat2", "chmod"] {
        let trace = format!("trace={call}");
        let reset = || {
            set_label(path, "old");
            succeed(wigen(path).arg("render"));
            set_label(path, "new");
        };
        reset();
        traced(&["-e", &trace]);
        let calls = fs::read_to_string(path.join("calls")).unwrap().matches(call).count();
        for (number, error) in (1..=calls)
            .flat_map(|call| ["ENOSPC", "EROFS", "ENOENT"].map(|error| (call, error)))
            .step_by(samples(4, 1))
        {
            reset();
            let inject = format!("inject={call}:error={error}:when={number}");
            let (code, _, stderr) = traced(&["-e", &trace, "-e", &inject]);
            assert_eq!(left(path), 0, "{inject}");
            // Some calls need not succeed; without its libraries no program starts.
            if code == Some(0) || code == Some(127) {
                continue;
            }
            failures += 1;
            assert_eq!((code, stderr.lines().count()), (Some(2), 1), "{inject}: {stderr}");
            assert_eq!(text(), old, "{inject}: {stderr}");
        }
    }
    println!("{failures} failures of a system call: all old files intact");
}

fn parallel_first_runs_succeed() {
    let folder = workspace(40);
    for _ in 0..5 {
        fs::remove_dir_all(folder.path().join("deploy")).unwrap();
        let render = || wigen(folder.path()).arg("render").stderr(Stdio::piped()).spawn().unwrap();
        let children: Vec<_> = (0..4).map(|_| render()).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(
            (run(folder.path(), &["render", "--check"]).0, left(folder.path())),
            (Some(0), 0)
        );
    }
}

fn what_is_removed_and_recreated_is_watched() {
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n");
    let folder = folder_with(&[
        ("a/b/app.toml", SPEC),
        ("app.toml", SPEC),
        ("tpl/x.yaml.j2", &map("one")),
        ("w/wigen.toml", "members = [\"*\"]\nout = \"{dir}/o\"\n"),
        ("w/c/app.toml", &spec("films-api")),
    ]);
    let path = folder.path();
    let mut children = Vec::new();
    for arguments in [
        &["render", "a", "-o", "o"][..],
        &["render", "a/b/app.toml", "-o", "p"],
        &["render", "app.toml", "-o", "t", "--templates", "tpl"],
        &["-C", "w", "render", "-p", "films-api"],
    ] {
        let mut watch = wigen(path);
        children.push(watch.args(arguments).arg("--watch").stderr(Stdio::null()).spawn().unwrap());
    }
    let shows = |file: &str, text: &str| {
        let begin = Instant::now();
        while !fs::read_to_string(path.join(file)).unwrap_or_default().contains(text) {
            assert!(begin.elapsed() < Duration::from_mins(1), "{file} does not show {text}");
            thread::sleep(Duration::from_millis(20));
        }
    };
    let all_show = |image: &str, name: &str| {
        for file in ["o/deployment.yaml", "p/deployment.yaml", "w/c/o/deployment.yaml"] {
            shows(file, &format!("image: {image}\n"));
        }
        shows("t/x.yaml", &format!("name: {name}\n"));
    };
    all_show("books:1", "one");
    for (image, name) in [("books:2", "two"), ("books:3", "three")] {
        for directory in ["a", "tpl", "w/c"] {
            fs::remove_dir_all(path.join(directory)).unwrap();
        }
        thread::sleep(Duration::from_millis(300));
        for (file, text) in [
            ("a/b/app.toml", SPEC.replace("books:1", image)),
            ("tpl/x.yaml.j2", map(name)),
            ("w/c/app.toml", spec("films-api").replace("books:1", image)),
        ] {
            fs::create_dir_all(path.join(file).parent().unwrap()).unwrap();
            fs::write(path.join(file), text).unwrap();
        }
        all_show(image, name);
    }
    for mut child in children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// Names, values and texts with escape sequences and marks that turn the direction of writing.
fn no_control_characters_reach_a_terminal() {
    const HOSTILE: &str =
        "\u{1b}]0;a\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{61c}\u{200f}\u{200b}\u{feff}";
    // What comments of TOML and YAML may contain.
    let marks: String = HOSTILE.chars().filter(|c| *c > '\u{9f}').collect();
    let directory = format!("d{HOSTILE}");
    let hostile = |text: &str| text.replace("books:1", &format!("books:1{HOSTILE}"));
    let unfixed =
        SPEC.replace("8080", "\"8080\"").replace("\nproject", &format!("# {marks}\nproject"));
    let folder = folder_with(&[
        (&format!("{directory}/app.toml"), &unfixed),
        (&format!("{directory}/bad.toml"), &hostile(SPEC)),
        ("app.toml", SPEC),
        ("bad.yaml", &format!("kind: App # {marks}\napiVersion: b{HOSTILE}\nspec: {{}}\n")),
        (
            "tpl/x.yaml.j2",
            &format!(
                "# {HOSTILE}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  nmae: b{HOSTILE}\n"
            ),
        ),
        (
            "k/a.yaml",
            &format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: \"a{HOSTILE}\"}}\nspec: {{serviceAccountName: 5}}\n"
            ),
        ),
    ]);
    let path = folder.path();
    succeed(wigen(path).args(["render", "app.toml", "-o", "o"]));
    let file = path.join("o/deployment.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text.replace("kind:", &format!("#{HOSTILE}\nkind:"))).unwrap();
    let spec = format!("{directory}/app.toml");
    let bad = format!("{directory}/bad.toml");
    for arguments in [
        &["check", &spec][..],
        &["check", &bad],
        &["check", &bad, "--format", "github"],
        &["check", "bad.yaml"],
        &["check", "missing", HOSTILE],
        &["render", "app.toml", "-o", "o", "--check"],
        &["render", "app.toml", "-o", HOSTILE, "--verbose"],
        &["render", "app.toml", "--templates", "tpl"],
        &["lint", "k"],
        &["show", &spec],
        &["diff", "app.toml", &bad],
        &["check", "--fix", &spec],
        &["render", "app.toml", "-o", "o", "--check", "--color", "always"],
    ] {
        let (_, stdout, stderr) = run(path, arguments);
        let mut shown = format!("{stdout}{stderr}");
        for colour in 0..100 {
            shown = shown
                .replace(&format!("\u{1b}[{colour}m"), "")
                .replace(&format!("\u{1b}[1;{colour}m"), "");
        }
        let is_wrong = |c: char| {
            c.is_control() && c != '\n' || HOSTILE.chars().any(|wrong| wrong == c && !c.is_ascii())
        };
        assert!(!shown.contains(is_wrong), "{arguments:?}: {shown:?}");
        assert!(!shown.is_empty(), "{arguments:?}");
    }
}
