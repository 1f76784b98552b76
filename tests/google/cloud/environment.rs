//! How gcloud, bq and a rendered script are run before the cloud.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Google, forked};
use crate::support::outcome;
use crate::support::tools::on_path;

/// What every request must be signed with.
pub(super) const TOKEN: &str = "loopback";

/// What gcloud calls each service, and the first part of the path under which the cloud has it.
const SERVICES: [(&str, &str); 12] = [
    ("ARTIFACTREGISTRY", "artifactregistry"),
    ("BIGTABLEADMIN", "bigtableadmin"),
    ("CLOUDKMS", "cloudkms"),
    ("CLOUDRESOURCEMANAGER", "crm"),
    ("CONTAINER", "container"),
    ("IAM", "iam"),
    ("PUBSUB", "pubsub"),
    ("RUN", "run"),
    ("SECRETMANAGER", "secretmanager"),
    ("SERVICEUSAGE", "serviceusage"),
    ("SPANNER", "spanner"),
    ("STORAGE", "storage/v1"),
];

/// What keeps gcloud from asking anybody else, or the person at the keyboard.
const SETTINGS: [(&str, &str); 10] = [
    ("CLOUDSDK_AUTH_ACCESS_TOKEN", TOKEN),
    ("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "true"),
    ("CLOUDSDK_CORE_CHECK_GCE_METADATA", "false"),
    ("CLOUDSDK_CORE_DISABLE_FILE_LOGGING", "true"),
    ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1"),
    ("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true"),
    ("CLOUDSDK_SURVEY_DISABLE_PROMPTS", "true"),
    ("NO_PROXY", "127.0.0.1"),
    ("WIGEN_DELAY", "0"),
    ("no_proxy", "127.0.0.1"),
];

impl Google {
    /// Its own gcloud, and what bq reads: it has no variable for the place of its service.
    pub(super) fn furnish(&self) {
        forked::put_into(&self.home.path().join("bin"));
        let mut settings = format!("api = http://{}/bigquery\n", self.server.address);
        // It would fetch the description of its service from there.
        if let Some(bq) = on_path("bq").and_then(|bq| bq.canonicalize().ok()) {
            let installed = bq.ancestors().nth(2).unwrap();
            let file = installed.join("platform/bq/discovery_next/bigquery.json");
            settings.extend(["discovery_file = ", file.to_str().unwrap(), "\n"]);
        }
        fs::write(self.home.path().join("bigqueryrc"), settings).unwrap();
    }

    /// Lets a command, and what it starts, find this cloud and no settings of the user who runs the test.
    pub(crate) fn environment(&self, command: &mut Command) {
        of_nobody(command);
        let home = self.home.path();
        forked::find_in(&home.join("bin"), command);
        command
            .env("BIGQUERYRC", home.join("bigqueryrc"))
            .env("CLOUDSDK_CONFIG", home.join("gcloud"))
            .env("HOME", home)
            .env("KUBECONFIG", home.join("kubeconfig"))
            .env("TMPDIR", home)
            .current_dir(home)
            .stdin(Stdio::null());
        for (name, path) in SERVICES {
            let url = format!("http://{}/{path}/", self.server.address);
            command.env(format!("CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}"), url);
        }
    }

    /// Runs gcloud or bq; returns exit code, standard output and standard error.
    pub(crate) fn run(&self, tool: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(tool);
        self.environment(&mut command);
        outcome(command.args(arguments))
    }

    /// Runs a script in its own process group; returns its exit code, which is nothing if it
    /// was stopped, and what it printed on both its outputs, in order.
    pub(crate) fn bash(&self, script: &Path, arguments: &[&str]) -> (Option<i32>, String) {
        self.bash_with(script, arguments, &[])
    }

    /// As [`Google::bash`], with variables of the caller.
    pub(crate) fn bash_with(
        &self,
        script: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (Option<i32>, String) {
        let (mut printed, writer) = std::io::pipe().unwrap();
        let mut command = Command::new("bash");
        self.environment(&mut command);
        command
            .arg(script)
            .args(arguments)
            .envs(variables.iter().copied())
            .process_group(0)
            .stdout(writer.try_clone().unwrap())
            .stderr(writer);
        let mut child = command.spawn().unwrap();
        // It holds the writing ends of the pipe, which would never end.
        drop(command);
        self.cloud().group = Some(child.id());
        let mut text = String::new();
        printed.read_to_string(&mut text).unwrap();
        let status = child.wait().unwrap();
        let mut cloud = self.cloud();
        cloud.group = None;
        cloud.stop = None;
        (status.code(), text)
    }
}

/// Removes the settings of the user who runs the test from a command, and its terminal.
pub(super) fn of_nobody(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["CLOUDSDK_", "WIGEN_", "GOOGLE_", "BIGQUERY"].iter().any(|p| name.starts_with(p)) {
            command.env_remove(&*name);
        }
    }
    command.envs(SETTINGS);
}
