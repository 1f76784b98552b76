//! The rendered script, run by bash before the recording `gcloud` of this folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{outcome, repository};

/// A cloud that remembers what was done to it.
pub(crate) struct Cloud(tempfile::TempDir);

impl Cloud {
    /// Nothing is there.
    pub(crate) fn empty() -> Self {
        let cloud = Self(tempfile::tempdir().unwrap());
        fs::create_dir(cloud.file("calls")).unwrap();
        fs::create_dir(cloud.file("bin")).unwrap();
        for program in ["bq", "gcloud"] {
            let copy = cloud.file(&format!("bin/{program}"));
            fs::copy(repository().join("tests/support").join(program), copy).unwrap();
        }
        cloud
    }

    /// A cluster is there that uses this pool; none where the text is empty.
    pub(crate) fn with_cluster(pool: &str) -> Self {
        let cloud = Self::empty();
        fs::write(cloud.file("cluster"), pool).unwrap();
        cloud
    }

    /// Wraps a program: bash code that calls `itself "$@"`.
    pub(crate) fn wrap(&self, program: &str, code: &str) {
        let path = self.file("bin").join(program);
        fs::rename(&path, self.file("bin/itself")).unwrap();
        fs::write(&path, format!("#!/usr/bin/env bash\n{code}\n")).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&path, executable).unwrap();
    }

    /// A file of the cloud.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a script; returns its exit code, what it printed, and the calls of gcloud, in order.
    pub(crate) fn run(
        &self,
        script: &Path,
        arguments: &[&str],
    ) -> (Option<i32>, String, Vec<Vec<String>>) {
        let mut command = Command::new("bash");
        command.arg(script).args(arguments);
        self.run_command(&mut command)
    }

    /// As [`Cloud::run`], for any command.
    pub(crate) fn run_command(
        &self,
        command: &mut Command,
    ) -> (Option<i32>, String, Vec<Vec<String>>) {
        let path = format!("{}:{}", self.file("bin").display(), std::env::var("PATH").unwrap());
        command.env("CLOUD", self.0.path()).env("PATH", path).current_dir(self.0.path());
        if !command.get_envs().any(|(name, _)| name == "WIGEN_DELAY") {
            command.env("WIGEN_DELAY", "0");
        }
        let before = self.calls().len();
        let (code, stdout, stderr) = outcome(command);
        (code, stdout + &stderr, self.calls().split_off(before))
    }

    /// As [`Cloud::run`], for a run that must succeed: only the calls that change something.
    pub(crate) fn writes(&self, script: &Path, arguments: &[&str]) -> Vec<Vec<String>> {
        let (code, text, calls) = self.run(script, arguments);
        assert_eq!(code, Some(0), "{text}");
        let reads = |call: &Vec<String>| {
            call[..3].iter().any(|word| {
                ["describe", "list", "get-iam-policy", "get-value"].contains(&word.as_str())
            })
        };
        calls.into_iter().filter(|call| !reads(call)).collect()
    }

    fn calls(&self) -> Vec<Vec<String>> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(self.file("calls")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let words = |file: PathBuf| {
            let text = fs::read_to_string(file).unwrap();
            text.split_terminator('\0').map(str::to_owned).collect()
        };
        files.into_iter().map(words).collect()
    }
}
