//! What the tests share: the real binary, the repository's files, and expected files that one
//! command updates.
#![allow(dead_code, unused_imports, unused_macros, reason = "each test program uses a part of it")]

pub(crate) mod argocd;
pub(crate) mod cloud;
pub(crate) mod fleet;
pub(crate) mod gitops;
pub(crate) mod tools;
pub(crate) mod trials;

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The binary under test, in `directory`, without the colours and settings of the user who runs the test.
pub(crate) fn wigen(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wigen"));
    command
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .env_remove("WIGEN_COLOR")
        .env_remove("WIGEN_ENV")
        .env_remove("WIGEN_FORMAT")
        .env_remove("WIGEN_KUBE_VERSION")
        .stdin(Stdio::null());
    command
}

/// What a run gave: exit code, standard output, standard error.
pub(crate) fn outcome(command: &mut Command) -> (Option<i32>, String, String) {
    text(command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")))
}

/// As [`outcome`], with something to read on standard input.
pub(crate) fn outcome_of(command: &mut Command, input: &str) -> (Option<i32>, String, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    match child.stdin.take().unwrap().write_all(input.as_bytes()) {
        // What is refused is refused without reading it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written.unwrap(),
    }
    text(child.wait_with_output().unwrap())
}

fn text(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Runs a command that must succeed; returns its standard output.
pub(crate) fn succeed(command: &mut Command) -> String {
    let (code, stdout, stderr) = outcome(command);
    assert_eq!(code, Some(0), "{command:?}\n{stdout}{stderr}");
    stdout
}

/// A temporary folder with these files.
pub(crate) fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The folders of `golden/cases`.
pub(crate) fn cases() -> Vec<PathBuf> {
    folders("golden/cases")
}

/// The folders in a folder of the repository, sorted. None at all is a mistake in the test.
pub(crate) fn folders(within: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(repository().join(within))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "nothing in {within}");
    folders
}

/// The spec of a case.
pub(crate) fn spec_of(case: &Path) -> PathBuf {
    let specs: Vec<PathBuf> = ["app.toml", "app.yaml", "app.json"]
        .iter()
        .map(|name| case.join(name))
        .filter(|path| path.exists())
        .collect();
    assert_eq!(specs.len(), 1, "{} must hold one spec", case.display());
    specs[0].clone()
}

/// The script of a case that sources a library, in its own workspace.
pub(crate) fn shared_script(case: &str) -> (tempfile::TempDir, PathBuf) {
    let case = repository().join("golden/cases").join(case);
    let workspace = "members = [\"apps/*\"]\nout = \"{dir}/rendered\"\n[defaults.cloud.gcloud]\nlibrary = \"shared\"\n";
    let folder = folder_with(&[("wigen.toml", workspace), ("apps/books/empty", "")]);
    let app = folder.path().join("apps/books");
    let spec = spec_of(&case);
    fs::copy(&spec, app.join(spec.file_name().unwrap())).unwrap();
    let mut wigen = wigen(folder.path());
    wigen.args(["render", "apps/books"]);
    if case.join("previous.toml").exists() {
        fs::copy(case.join("previous.toml"), folder.path().join("previous.toml")).unwrap();
        wigen.args(["--previous", "previous.toml"]);
    }
    succeed(&mut wigen);
    let script = app.join("rendered/gcloud.sh");
    assert!(!fs::read_to_string(&script).unwrap().contains("\nbind() {"));
    (folder, script)
}

/// Whether expected files are to be written, not compared. Never in CI, where what is committed
/// must hold.
pub(crate) fn updating() -> bool {
    let updating = std::env::var_os("WIGEN_UPDATE").is_some();
    assert!(!updating || std::env::var_os("CI").is_none(), "WIGEN_UPDATE is refused in CI");
    updating
}

/// Compares a text with an expected file, byte for byte, or writes the file.
pub(crate) fn expect_file(path: &Path, actual: &str) -> Result<(), String> {
    if updating() {
        fs::write(path, actual).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(());
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    Err(format!(
        "{} differs; after reading the difference, WIGEN_UPDATE=1 cargo test writes it\n{}",
        path.display(),
        similar_asserts::SimpleDiff::from_str(&expected, actual, "expected", "actual")
    ))
}

/// The fenced blocks of a page: language, text, and the file named in a comment on the line before.
pub(crate) fn blocks(text: &str) -> Vec<(String, String, Option<String>)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String, Option<String>)> = None;
    let mut before = "";
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let file = before.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
                open = Some((language.to_owned(), String::new(), file.map(str::to_owned)));
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, block, _)), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
        before = line;
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}
