//! Where the commands of a page run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::tools::{find, on_path};
use crate::support::{outcome, repository, succeed};

/// The programs of a command that are not installed.
pub(super) fn missing(command: &str) -> Vec<&str> {
    let programs = command.split(" | ").filter_map(|command| command.split_whitespace().next());
    // Kustomize calls it.
    let helm = command.contains("--enable-helm").then_some("helm");
    programs
        .chain(helm)
        .filter(|program| !["cargo", "wigen"].contains(program) && tool(program).is_none())
        .collect()
}

fn tool(program: &str) -> Option<PathBuf> {
    match program {
        "kustomize" => find("kustomize-newest"),
        _ => on_path(program),
    }
}

/// The folder that commands run in. `wigen init` names the app after it.
const WORK: &str = "my-app";

/// A folder for the commands of a page. It is a git repository with a commit after each command.
pub(super) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(super) fn empty() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap() };
        for folder in [WORK, "home", "bin"] {
            fs::create_dir(sandbox.folder.path().join(folder)).unwrap();
        }
        let bin = sandbox.folder.path().join("bin");
        let programs = [
            ("wigen", Some(PathBuf::from(env!("CARGO_BIN_EXE_wigen")))),
            ("kustomize", tool("kustomize")),
        ];
        for (name, program) in programs {
            if let Some(program) = program {
                symlink(program, bin.join(name)).unwrap();
            }
        }
        sandbox.shell("git init --quiet && git commit --quiet --allow-empty --message start");
        sandbox
    }

    /// With a copy of these files.
    pub(super) fn with(folder: &Path) -> Self {
        let sandbox = Self::empty();
        let mut copy = Command::new("cp");
        succeed(copy.arg("-r").arg(folder.join(".")).arg(sandbox.path()));
        sandbox.commit();
        sandbox
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join(WORK)
    }

    /// Runs a command, which may name files of the repository.
    pub(super) fn run(&self, command: &str) -> (Option<i32>, String) {
        let folders = ["examples", "golden"].map(|name| (name, self.path().join(name)));
        let named = || folders.iter().filter(|(name, _)| command.contains(&format!("{name}/")));
        for (name, copy) in named() {
            succeed(Command::new("cp").arg("-r").arg(repository().join(name)).arg(copy));
        }
        let ran = self.shell(&command.replace("cargo run -q -- ", "wigen "));
        named().for_each(|(_, copy)| fs::remove_dir_all(copy).unwrap());
        self.commit();
        ran
    }

    fn commit(&self) {
        let (code, output) =
            self.shell("git add --all && git commit --quiet --allow-empty --message next");
        assert_eq!(code, Some(0), "{output}");
    }

    fn shell(&self, command: &str) -> (Option<i32>, String) {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("exec 2>&1; set -euo pipefail; {command}")])
            .current_dir(self.path())
            .env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "docs")))
            .envs(
                ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "docs@example.com")),
            )
            .envs([("GIT_CONFIG_COUNT", "1")])
            .envs([("GIT_CONFIG_KEY_0", "init.defaultBranch"), ("GIT_CONFIG_VALUE_0", "main")])
            .stdin(Stdio::null());
        for name in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "COLUMNS",
            "TF_CLI_CONFIG_FILE",
            "XDG_CONFIG_HOME",
            "KUSTOMIZE_PLUGIN_HOME",
        ] {
            bash.env_remove(name);
        }
        let (code, stdout, stderr) = outcome(&mut bash);
        (code, stdout + &stderr)
    }
}
