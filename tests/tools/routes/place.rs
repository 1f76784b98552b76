//! A folder to run the tools in.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{repository, succeed};

/// A folder for one trial, with a home and a PATH on which wigen comes first.
pub(crate) struct Place(TempDir);

/// What belongs to the tools, not to the user.
const OURS: [&str; 4] = [".git", "home", "plugins", "tmp"];

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        // As in a git repository, files may name files of other folders.
        for folder in ["home", "tmp", ".git"] {
            fs::create_dir(place.path(folder)).unwrap();
        }
        place
    }

    /// With these files.
    pub(crate) fn with<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let place = Self::new();
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A program here.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let wigen = Path::new(env!("CARGO_BIN_EXE_wigen")).parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.path("bin"), wigen].into_iter().chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command
            .current_dir(self.0.path())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("KUBECONFIG", "/dev/null")
            .stdin(Stdio::null());
        for name in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "COLUMNS",
            "XDG_CONFIG_HOME",
            "KUSTOMIZE_PLUGIN_HOME",
            "KUSTOMIZE_PLUGIN_CONFIG_ROOT",
            "KUSTOMIZE_PLUGIN_CONFIG_STRING",
            "KPT_FN_RUNTIME",
        ] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn wigen(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_wigen"));
        command.args(arguments);
        command
    }

    /// kpt with these arguments.
    pub(crate) fn kpt(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("kpt");
        command.args(arguments);
        command
    }

    /// A pipe, which fails if one of its programs does.
    pub(crate) fn pipe(&self, pipe: &str) -> Command {
        let mut command = self.command("bash");
        command.args(["-c", &format!("set -o pipefail; {pipe}")]);
        command
    }

    /// Where plugins of the older protocol are, wigen among them.
    pub(crate) fn plugins(&self) -> PathBuf {
        let plugins = self.path("plugins");
        if !plugins.join("wigen.dev").exists() {
            succeed(self.wigen(&["kustomize", "install", "--home"]).arg(&plugins));
        }
        plugins
    }

    /// Puts a docker on the PATH that runs wigen.
    pub(crate) fn docker(&self) {
        fs::create_dir(self.path("bin")).unwrap();
        symlink(repository().join("tests/tools/routes/docker"), self.path("bin/docker")).unwrap();
    }

    /// Puts a plugin there that hands back what it is given, for both protocols: `kind: Pass`, and
    /// `pass` on the PATH.
    pub(crate) fn pass(&self) {
        let script = repository().join("tests/tools/routes/pass");
        let folder = self.path("plugins/example.com/v1/pass");
        fs::create_dir_all(&folder).unwrap();
        symlink(&script, folder.join("Pass")).unwrap();
        fs::create_dir(self.path("bin")).unwrap();
        symlink(&script, self.path("bin/pass")).unwrap();
    }

    /// Every file below a folder, by its name there.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        collect(&self.path(folder), "", &mut files);
        files
    }

    /// Every file that is the user's.
    pub(crate) fn theirs(&self) -> BTreeMap<String, String> {
        let mut files = self.files("");
        files.retain(|name, _| !OURS.iter().any(|folder| name.starts_with(&format!("{folder}/"))));
        files
    }
}

fn collect(folder: &Path, within: &str, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else if kind.is_file() {
            files.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}
