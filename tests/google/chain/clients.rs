//! Programs in pods that use Google's libraries as they are.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::tools::node_libraries;
use crate::support::{outcome, repository};

/// What a program in some pods learned.
#[derive(Debug)]
pub(super) struct Learned {
    /// Who it is.
    pub(super) email: Option<String>,
    /// The status of each call of a resource.
    pub(super) statuses: Vec<u64>,
    pub(super) error: Option<String>,
}

/// Runs google-auth in each of these pods.
pub(super) fn python(python: &Path, pods: &[Value]) -> Vec<Learned> {
    let script = repository().join("tests/google/chain/clients.py");
    ask(Command::new(python).arg(script), pods)
}

/// Runs google-auth-library for Node.js in each of these pods.
pub(super) fn node(node: &Path, pods: &[Value]) -> Vec<Learned> {
    let script = repository().join("tests/google/chain/clients.cjs");
    ask(Command::new(node).arg(script).env("NODE_PATH", node_libraries()), pods)
}

/// The token that gcloud gets in some pods.
pub(super) fn gcloud_token(pod: &Value) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("gcloud");
    for (name, value) in pod["variables"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().expect("variables are strings"));
    }
    command
        .args(["auth", "print-access-token", "--quiet"])
        .env("CLOUDSDK_CONFIG", home.path())
        .env("CLOUDSDK_CORE_CHECK_GCE_METADATA", "true")
        .env("HOME", home.path());
    let (code, token, errors) = outcome(&mut command);
    assert_eq!(code, Some(0), "{errors}");
    token.trim().to_owned()
}

/// Writes a line for each of the pods, and reads one.
fn ask(command: &mut Command, pods: &[Value]) -> Vec<Learned> {
    let home = tempfile::tempdir().unwrap();
    for name in ["GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST", "GOOGLE_CLOUD_PROJECT"] {
        command.env_remove(name);
    }
    let mut child = command
        .env("HOME", home.path())
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = String::new();
    for pod in pods {
        lines.push_str(&pod.to_string());
        lines.push('\n');
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{command:?}");
    let learned: Vec<Learned> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let answer: Value = serde_json::from_slice(line).unwrap();
            let string = |key: &str| answer[key].as_str().map(str::to_owned);
            let statuses = answer["statuses"].as_array().into_iter().flatten();
            Learned {
                email: string("email"),
                statuses: statuses.filter_map(Value::as_u64).collect(),
                error: string("error"),
            }
        })
        .collect();
    assert_eq!(learned.len(), pods.len(), "{command:?}");
    learned
}
