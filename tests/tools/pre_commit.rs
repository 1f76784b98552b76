//! The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit in a repository that uses them.
//! Without pre-commit they are shown as ignored, and in CI they fail.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::support::trials::{Topic, Trial};
use crate::support::{cases, names, outcome, repository, succeed};
use serde_json::{Value, json};
use tempfile::TempDir;
use wigen::diagnostics::source::Source;

/// Its name, and what it does with pre-commit.
type Test = (&'static str, fn(&Path));

pub(crate) fn topic() -> Topic {
    let tests: [Test; 7] = [
        ("the_manifest_is_valid", manifest),
        ("the_documented_configurations_work", documented),
        ("the_first_run_writes_and_the_second_passes", first_and_second),
        ("a_file_edited_by_hand_is_written_back", edited),
        ("only_what_concerns_wigen_starts_the_hook", started),
        ("a_wrong_spec_is_shown_and_nothing_is_written", wrong),
        ("check_is_one_call_for_all_specs", checked),
    ];
    let trial = |(name, test)| Trial::with_tool(name, "pre-commit", test);
    let mut all: Vec<Trial> = tests.map(trial).into();
    let workspace = "the_hooks_honour_a_workspace";
    all.push(Trial::with_tool(workspace, "pre-commit", in_workspace));
    let prek = "the_hooks_run_in_prek";
    all.push(Trial::with_tool(prek, "prek", |prek| {
        first_and_second(prek);
        in_workspace(prek);
    }));
    let build = "wigen_is_built_as_pre_commit_builds_it";
    all.push(Trial::with_tool(build, "pre-commit", built).long());
    let install = "a_wheel_is_installed_without_rust";
    all.push(Trial::with_tool(install, "pre-commit", wheel).long());
    Topic::new("pre_commit", "the hooks run in the real pre-commit", all)
}

/// Writes a program that adds its arguments to `$WIGEN_CALLS` and continues as the real one.
fn record_calls(path: &Path) {
    let wigen = env!("CARGO_BIN_EXE_wigen");
    let text = format!("#!/bin/sh\necho \"$*\" >> \"$WIGEN_CALLS\"\nexec '{wigen}' \"$@\"\n");
    write_program(path, &text);
}

fn write_program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A spec without warnings.
fn spec(name: &str) -> String {
    format!(
        "name = \"{name}\"\nproject = \"my-project\"\n\
         cluster = {{ name = \"shop\", region = \"us-central1\" }}\ncontainer = {{ image = \"{name}:1\" }}\n"
    )
}

const ARTIFACTS: [&str; 3] = ["gcloud.sh", "service-account.yaml", "deployment.yaml"];

/// A repository that uses the hooks.
struct Consumer<'a> {
    pre_commit: &'a Path,
    folder: TempDir,
}

impl<'a> Consumer<'a> {
    /// One with two apps, in its index.
    fn new(pre_commit: &'a Path) -> Self {
        let consumer = Self { pre_commit, folder: tempfile::tempdir().unwrap() };
        for folder in ["home", "work", "bin"] {
            fs::create_dir(consumer.folder.path().join(folder)).unwrap();
        }
        fs::write(consumer.calls_file(), "").unwrap();
        record_calls(&consumer.folder.path().join("bin/wigen"));
        consumer.git(&["init", "--quiet"]);
        for name in ["books", "films"] {
            consumer.write(&format!("apps/{name}/app.toml"), &spec(name));
        }
        consumer.git(&["add", "."]);
        consumer
    }

    /// One whose files are rendered and committed.
    fn rendered(pre_commit: &'a Path) -> Self {
        let consumer = Self::new(pre_commit);
        for name in ["books", "films"] {
            let folder = consumer.path(&format!("apps/{name}"));
            succeed(crate::support::wigen(&folder).args(["render", "-o", "rendered"]));
        }
        consumer.git(&["add", "."]);
        consumer.git(&["commit", "--quiet", "--message", "apps"]);
        consumer
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join("work").join(below)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn calls_file(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    /// How wigen was called since the last time this was asked.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.calls_file()).unwrap();
        fs::write(self.calls_file(), "").unwrap();
        calls.lines().map(str::to_owned).collect()
    }

    fn git(&self, arguments: &[&str]) -> String {
        succeed(git(&self.path("")).args(arguments))
    }

    fn pre_commit(&self) -> Command {
        let mut command = Command::new(self.pre_commit);
        isolate(&mut command);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let wigen = self.folder.path().join("bin");
        let folders = std::iter::once(wigen).chain(std::env::split_paths(&path));
        command
            .current_dir(self.path(""))
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("PRE_COMMIT_HOME", self.folder.path().join("home"))
            .env("PREK_HOME", self.folder.path().join("home"))
            .env("WIGEN_CALLS", self.calls_file());
        command
    }

    /// Runs one hook of this repository, as it is in the working tree; what is said is standard output.
    fn try_hook(&self, hook: &str, more: &[&str]) -> (Option<i32>, String) {
        let mut command = self.pre_commit();
        command.arg("try-repo").arg(repository()).arg(hook).args(more);
        let (code, stdout, stderr) = outcome(&mut command);
        assert!(stdout.contains("Using "), "{stdout}{stderr}");
        // prek indents what a hook prints.
        let is_indented = self.pre_commit.ends_with("prek");
        (code, if is_indented { stdout.replace("\n  ", "\n") } else { stdout })
    }

    /// The files below the directories `rendered`.
    fn files(&self) -> Vec<String> {
        let all = self.git(&["ls-files", "--cached", "--others"]);
        let rendered = all.lines().filter(|path| path.contains("/rendered/"));
        rendered.map(str::to_owned).collect()
    }
}

/// git, with a neutral author and no settings of the user.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    isolate(&mut command);
    command.current_dir(folder);
    command
}

fn isolate(command: &mut Command) {
    // What git tells a hook, should this run in one, is of another repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "SKIP"] {
        command.env_remove(name);
    }
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "somebody");
        command.env(format!("GIT_{who}_EMAIL"), "somebody@example.com");
    }
    let settings = [("commit.gpgSign", "false"), ("core.hooksPath", "/dev/null")];
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (index, (key, value)) in settings.into_iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{index}"), key);
        command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
}

fn manifest(pre_commit: &Path) {
    let path = repository().join(".pre-commit-hooks.yaml");
    succeed(Command::new(pre_commit).arg("validate-manifest").arg(&path));
    let text = fs::read_to_string(path).unwrap();
    let hooks = wigen::text::parse(&Source::new("hooks.yaml", text)).unwrap();
    let hooks = hooks.as_array().unwrap();
    let ids: Vec<&str> = hooks.iter().map(|hook| hook["id"].as_str().unwrap()).collect();
    let expected = ["", "-system", "-python"]
        .iter()
        .flat_map(|end| ["wigen-render", "wigen-check"].map(|name| format!("{name}{end}")));
    assert_eq!(ids, expected.collect::<Vec<_>>());
    // The hooks of one name differ in nothing else.
    for (rust, other, language) in
        [(0, 2, "system"), (1, 3, "system"), (0, 4, "python"), (1, 5, "python")]
    {
        assert_eq!(hooks[rust]["language"], "rust");
        let mut same = hooks[rust].clone();
        same["id"] = json!(ids[other]);
        same["language"] = json!(language);
        assert_eq!(same, hooks[other]);
    }
}

fn first_and_second(pre_commit: &Path) {
    let consumer = Consumer::new(pre_commit);
    let (code, said) = consumer.try_hook("wigen-render-system", &["--all-files"]);
    assert_eq!(code, Some(1), "{said}");
    // Two specs, one call.
    assert_eq!(consumer.calls(), ["render --fail-on-change --default-out {dir}/rendered"]);
    let expected: Vec<String> = ["books", "films"]
        .into_iter()
        .flat_map(|app| ARTIFACTS.map(|name| format!("apps/{app}/rendered/{name}")))
        .collect();
    for path in &expected {
        assert!(said.contains(&format!("\nwrote {path}\n")), "{path} in {said}");
    }
    let sum = "\nwigen: 6 files were missing or out of date, and have been written\n";
    assert!(said.contains("\n- exit code: 1\n") && said.contains(sum), "{said}");
    let mut sorted = expected.clone();
    sorted.sort();
    assert_eq!(consumer.files(), sorted);

    consumer.git(&["add", "."]);
    let (code, said) = consumer.try_hook("wigen-render-system", &["--all-files"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Passed") && !said.contains("wrote"), "{said}");
    assert_eq!(consumer.calls().len(), 1);
    assert_eq!(consumer.git(&["diff"]), "");
}

/// The files are where `wigen.toml` says, and a change of it starts the hooks.
fn in_workspace(pre_commit: &Path) {
    let consumer = Consumer::new(pre_commit);
    let workspace = "members = [\"apps/*\", \"more/*.toml\"]\nout = \"deploy/{env}/{name}\"\nenvironments = [\"prod\"]\n[defaults]\nlabels = { team = \"a\" }\nenvironments.prod = {}\n";
    consumer.write("wigen.toml", workspace);
    consumer.write("more/maps.toml", &spec("maps"));
    consumer.git(&["add", "."]);
    let (code, said) = consumer.try_hook("wigen-render-system", &["--all-files"]);
    assert_eq!((code, said.matches("wrote deploy/prod/").count()), (Some(1), 9), "{said}");
    consumer.git(&["add", "."]);
    consumer.git(&["commit", "--quiet", "--message", "apps"]);
    assert_eq!(consumer.try_hook("wigen-render-system", &["--all-files"]).0, Some(0));
    consumer.calls();
    consumer.write("wigen.toml", &workspace.replace("\"a\"", "\"b\""));
    consumer.git(&["add", "wigen.toml"]);
    let (code, said) = consumer.try_hook("wigen-check-system", &[]);
    assert_eq!((code, consumer.calls()), (Some(0), vec!["check wigen.toml".to_owned()]), "{said}");
    let (code, said) = consumer.try_hook("wigen-render-system", &[]);
    assert_eq!((code, said.matches("wrote deploy/prod/").count()), (Some(1), 6), "{said}");
    // The check is of every member.
    consumer.write("wigen.toml", &workspace.replace("labels", "lables"));
    consumer.git(&["add", "wigen.toml"]);
    assert_eq!(consumer.try_hook("wigen-check-system", &[]).0, Some(1));
}

fn edited(pre_commit: &Path) {
    let consumer = Consumer::rendered(pre_commit);
    let path = "apps/books/rendered/deployment.yaml";
    let before = consumer.read(path);
    consumer.write(path, &before.replace("books:1", "books:2"));
    consumer.git(&["add", "."]);
    assert_eq!(consumer.git(&["diff", "--staged", "--name-only"]), format!("{path}\n"));
    let (code, said) = consumer.try_hook("wigen-render-system", &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("\nwrote {path}\nwigen: 1 file was ")), "{said}");
    assert_eq!(consumer.read(path), before);
    consumer.git(&["add", "."]);
    assert_eq!(consumer.git(&["diff", "--staged"]), "");

    // One that is deleted only the run over all files sees.
    consumer.git(&["rm", "--quiet", path]);
    let (code, said) = consumer.try_hook("wigen-render-system", &[]);
    assert!(code == Some(0) && said.contains("(no files to check)Skipped"), "{said}");
    let (code, said) = consumer.try_hook("wigen-render-system", &["--all-files"]);
    assert!(code == Some(1) && said.contains(&format!("\nwrote {path}\n")), "{said}");
    assert_eq!(consumer.read(path), before);
}

/// Also where `-o` is another: then files are known by the names that wigen gives them.
fn started(pre_commit: &Path) {
    let consumer = Consumer::rendered(pre_commit);
    let is_rendered = |name: &String| {
        [".sh", ".tf", ".yaml"].iter().any(|end| name.ends_with(end)) && !name.starts_with("app.")
    };
    let rendered = cases().into_iter().flat_map(|case| names(&case)).filter(is_rendered);
    let rendered: BTreeSet<String> = rendered.collect();
    assert!(rendered.len() > 10, "{rendered:?}");
    let others = [
        "wigen.toml",
        "app.toml",
        "app.yaml",
        "app.yml",
        "app.json",
        "gcloud-lib.sh",
        "rendered/budget.yaml",
        "templates/deployment.yaml.j2",
        "templates/budget.tf.j2",
    ];
    let named = rendered.into_iter().chain(others.map(str::to_owned));
    let starting: Vec<String> = named.flat_map(|name| [format!("x/{name}"), name]).collect();
    let others =
        ["README.md", "x/wrapper.toml", "x/my-app.json", "x/app.toml.orig", "rendered.txt"];
    let others = others.map(str::to_owned).to_vec();
    let text = fs::read_to_string(repository().join(".pre-commit-hooks.yaml")).unwrap();
    let hooks = wigen::text::parse(&Source::new("hooks.yaml", text)).unwrap();
    // pre-commit itself says which of the files a hook is for.
    let matched = |files: &Value, among: &[String]| -> Vec<String> {
        consumer.write(
            ".pre-commit-config.yaml",
            &json!({"repos": [{"repo": "local", "hooks": [{
                "id": "list", "name": "list", "language": "system", "require_serial": true,
                "entry": "printf '%s\\n'", "files": files, "verbose": true,
            }]}]})
            .to_string(),
        );
        for path in among {
            consumer.write(path, "");
        }
        consumer.git(&["add", "."]);
        let mut command = consumer.pre_commit();
        let (_, said, stderr) = outcome(command.args(["run", "--files"]).args(among));
        assert!(said.starts_with("list"), "{said}{stderr}");
        let lines = said.lines().filter(|line| among.iter().any(|path| path == line));
        lines.map(str::to_owned).collect()
    };
    let sorted = |mut paths: Vec<String>| {
        paths.sort();
        paths
    };
    let all = [starting.clone(), others].concat();
    assert_eq!(sorted(matched(&hooks[0]["files"], &all)), sorted(starting.clone()));
    let specs = starting
        .into_iter()
        .filter(|path| path.contains("app.") || path.contains("wigen."))
        .collect();
    assert_eq!(sorted(matched(&hooks[1]["files"], &all)), sorted(specs));

    // And a commit of nothing else is none of its business.
    let consumer = Consumer::rendered(pre_commit);
    consumer.write("README.md", "apps\n");
    consumer.git(&["add", "."]);
    let (code, said) = consumer.try_hook("wigen-render-system", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("(no files to check)Skipped"), "{said}");
    assert_eq!(consumer.calls(), [""; 0]);
}

const WRONG: &str = "
error[unknown-key]: unknown key `imgae` in `container`
 --> apps/films/app.toml:4:15
  |
4 | container = { imgae = \"films:1\" }
  |               ^^^^^ not a key of this table
";

/// Specs that were found below `.` are named so.
fn wrong(pre_commit: &Path) {
    for (hook, then) in
        [("wigen-render-system", "; nothing was rendered"), ("wigen-check-system", "")]
    {
        let consumer = Consumer::new(pre_commit);
        consumer.write("apps/films/app.toml", &spec("films").replace("image", "imgae"));
        consumer.git(&["add", "."]);
        let (code, said) = consumer.try_hook(hook, &["--all-files"]);
        assert_eq!(code, Some(1), "{said}");
        let said = said.replace("--> ./apps", "--> apps");
        assert!(said.contains(WRONG), "{said}");
        assert!(said.contains(&format!("\nwigen: 1 error{then}\n")), "{said}");
        assert_eq!(consumer.files(), [""; 0]);
    }
}

fn checked(pre_commit: &Path) {
    let consumer = Consumer::new(pre_commit);
    // So many that pre-commit would share them out to several processes.
    for number in 0..40 {
        let name = format!("app-{number:02}");
        consumer.write(&format!("more/{name}/app.toml"), &spec(&name));
    }
    consumer.git(&["add", "."]);
    let (code, said) = consumer.try_hook("wigen-check-system", &["--all-files"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Passed"), "{said}");
    let calls = consumer.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    let mut specs: Vec<&str> = calls[0].strip_prefix("check ").unwrap().split(' ').collect();
    specs.sort_unstable();
    assert_eq!(specs.len(), 42);
    assert_eq!(specs[..3], ["apps/books/app.toml", "apps/films/app.toml", "more/app-00/app.toml"]);
    assert_eq!(consumer.files(), [""; 0]);
}

/// The `yaml` blocks of the page about the hooks.
fn configurations() -> Vec<String> {
    let page = fs::read_to_string(repository().join("docs/pre-commit.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1);
    let blocks: Vec<String> =
        blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect();
    assert_eq!(blocks.len(), 5);
    blocks
}

/// What a configuration of the page becomes for one who has cloned wigen.
fn filled_in(configuration: &str, clone: &Path, rev: &str) -> String {
    let (repo, rev_of_it) = ("<where you cloned wigen from>", "<a commit or tag of it>");
    assert!(configuration.contains(repo) && configuration.contains(rev_of_it), "{configuration}");
    configuration.replace(repo, clone.to_str().unwrap()).replace(rev_of_it, rev)
}

/// This repository as it is in the working tree, committed to another one; and that commit.
fn snapshot() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let listed = succeed(git(repository()).args(["ls-files", "-z", "-co", "--exclude-standard"]));
    for name in listed.split_terminator('\0') {
        let (from, to) = (repository().join(name), folder.path().join(name));
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }
    succeed(git(folder.path()).args(["init", "--quiet"]));
    succeed(git(folder.path()).args(["add", "."]));
    succeed(git(folder.path()).args(["commit", "--quiet", "--message", "as it is"]));
    let rev = succeed(git(folder.path()).args(["rev-parse", "HEAD"]));
    (folder, rev.trim().to_owned())
}

/// All of them, with the hooks that need no build.
fn documented(pre_commit: &Path) {
    let (clone, rev) = snapshot();
    let expected = [
        ("apps/books/rendered/", "render --fail-on-change --default-out {dir}/rendered"),
        ("deploy/books/", "render --fail-on-change apps -o deploy/{name} --deny warnings"),
        ("", "check --deny warnings apps/books/app.toml apps/films/app.toml"),
        ("apps/books/rendered/", "render --fail-on-change --default-out {dir}/rendered"),
        ("apps/books/rendered/", "render --fail-on-change --default-out {dir}/rendered"),
    ];
    for (configuration, (place, call)) in configurations().iter().zip(expected) {
        let consumer = Consumer::new(pre_commit);
        // The configurations that narrow what is searched are not stopped by other programs' files.
        if !call.contains("--default-out") {
            consumer.write("appengine/app.yaml", "runtime: python312\n");
        }
        let system = configuration
            .lines()
            .map(|line| match line.split_once("id: ") {
                Some((start, id)) if !id.ends_with("-system") => {
                    format!("{start}id: {}-system\n", id.trim_end_matches("-python"))
                }
                _ => format!("{line}\n"),
            })
            .collect::<String>();
        let text = filled_in(&system, clone.path(), &rev);
        consumer.write(".pre-commit-config.yaml", &text);
        consumer.git(&["add", "."]);
        let run = || {
            let (code, said, stderr) = outcome(consumer.pre_commit().args(["run", "--all-files"]));
            (code, said + &stderr)
        };
        let (code, said) = run();
        let mut calls = consumer.calls();
        if place.is_empty() {
            assert_eq!(code, Some(0), "{said}");
            let mut words: Vec<&str> = calls[0].split(' ').collect();
            words[3..].sort_unstable();
            calls[0] = words.join(" ");
        } else {
            assert_eq!(code, Some(1), "{said}");
            for name in ARTIFACTS {
                assert!(said.contains(&format!("\nwrote {place}{name}\n")), "{said}");
            }
            consumer.git(&["add", "."]);
            let (code, said) = run();
            assert_eq!(code, Some(0), "{said}");
            assert!(said.contains("Passed"), "{said}");
        }
        assert_eq!(calls, [call]);
    }
}

/// Settings of the release profile for a build that is only tried.
const FAST_BUILD: [(&str, &str); 3] = [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "0")];

/// The first configuration of the page as it is: pre-commit installs with cargo and without
/// `Cargo.lock`, so this is also the proof that wigen builds with the newest dependencies that
/// `Cargo.toml` admits. What is built is kept below `target`, and nothing is optimised.
fn built(pre_commit: &Path) {
    let (clone, rev) = snapshot();
    let consumer = Consumer::new(pre_commit);
    let text = filled_in(&configurations()[0], clone.path(), &rev);
    consumer.write(".pre-commit-config.yaml", &text);
    consumer.git(&["add", "."]);
    let target = repository().join("target/pre-commit");
    // The libraries are kept, but wigen itself is never taken from an earlier run.
    succeed(
        Command::new(env!("CARGO"))
            .args(["clean", "--quiet", "--release", "--package", "wigen", "--target-dir"])
            .arg(&target)
            .current_dir(repository()),
    );
    let begin = Instant::now();
    let run = |arguments: &[&str]| {
        let mut command = consumer.pre_commit();
        for (key, value) in FAST_BUILD {
            command.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
        }
        command.env("CARGO_TARGET_DIR", &target);
        let (code, said, stderr) = outcome(command.args(arguments));
        (code, said + &stderr)
    };
    let (code, said) = run(&["install-hooks"]);
    assert_eq!(code, Some(0), "{said}");
    println!("pre-commit built wigen in {:.0} s", begin.elapsed().as_secs_f64());
    let (code, said) = run(&["run", "--all-files"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("\nwrote apps/films/rendered/deployment.yaml\n"), "{said}");
    consumer.git(&["add", "."]);
    let (code, said) = run(&["run", "--all-files"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Passed"), "{said}");
    // It was the one that was built, not the one on the PATH.
    assert_eq!(consumer.calls(), [""; 0]);
}

/// Installs the wheel in a fresh virtual environment, and as a hook, both without Rust.
fn wheel(pre_commit: &Path) {
    let tools = pre_commit.parent().unwrap();
    let out = tempfile::tempdir().unwrap();
    let mut maturin = Command::new(tools.join("maturin"));
    for (key, value) in FAST_BUILD {
        maturin.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    maturin.env("CARGO_TARGET_DIR", repository().join("target/pre-commit"));
    maturin.current_dir(repository()).args(["build", "--release", "--out"]).arg(out.path());
    let (code, stdout, stderr) = outcome(&mut maturin);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let wheel = fs::read_dir(out.path()).unwrap().next().unwrap().unwrap().path();

    let begin = Instant::now();
    let environment = out.path().join("environment");
    succeed(Command::new(tools.join("python")).args(["-m", "venv"]).arg(&environment));
    let mut pip = Command::new(environment.join("bin/pip"));
    succeed(pip.args(["install", "--quiet", "--no-index"]).arg(&wheel));
    let version = succeed(Command::new(environment.join("bin/wigen")).arg("--version"));
    assert_eq!(version, format!("wigen {}\n", env!("CARGO_PKG_VERSION")));
    println!("pip installed the wheel in {:.1} s", begin.elapsed().as_secs_f64());

    let (clone, rev) = snapshot();
    let configurations = configurations();
    let configuration = configurations.iter().find(|text| text.contains("-python")).unwrap();
    let consumer = Consumer::new(pre_commit);
    let text = filled_in(configuration, clone.path(), &rev);
    consumer.write(".pre-commit-config.yaml", &text);
    consumer.git(&["add", "."]);
    let run = |arguments: &[&str]| {
        let mut command = consumer.pre_commit();
        // Without Rust: this cargo only fails.
        let bin = consumer.folder.path().join("bin");
        write_program(&bin.join("cargo"), "#!/bin/sh\nexit 1\n");
        command.env("WIGEN_WHEEL", &wheel).env("PIP_NO_INDEX", "1").env_remove("CARGO");
        let (code, said, stderr) = outcome(command.args(arguments));
        (code, said + &stderr)
    };
    let begin = Instant::now();
    let (code, said) = run(&["install-hooks"]);
    assert_eq!(code, Some(0), "{said}");
    println!("pre-commit installed the wheel in {:.1} s", begin.elapsed().as_secs_f64());
    let (code, said) = run(&["run", "--all-files"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("\nwrote apps/films/rendered/deployment.yaml\n"), "{said}");
    consumer.git(&["add", "."]);
    assert_eq!(run(&["run", "--all-files"]).0, Some(0));
    // It was the one of the wheel, not the one on the PATH.
    assert_eq!(consumer.calls(), [""; 0]);
}
