//! The tools that tests call: those that `.ci/tools` installs below `target`, and those on the PATH.

use std::path::PathBuf;
use std::process::Command;

use super::repository;

/// A program on the PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A tool that works. Python only with the libraries that the tests need.
pub(crate) fn find(tool: &str) -> Option<PathBuf> {
    let name = if tool.starts_with("python-") { "python" } else { tool };
    let installed = repository().join("target/real-tools/bin").join(name);
    let names: &[&str] = match tool {
        "kustomize-oldest" | "kustomize-newest" => &["kustomize"],
        "python" | "python-google-auth" | "python-terraform" => &["python3", "python"],
        "node-google-auth" => &["node"],
        _ => &[tool],
    };
    let on_path = names.iter().filter_map(|name| on_path(name));
    installed.is_file().then_some(installed).into_iter().chain(on_path).find(|path| {
        let mut command = Command::new(path);
        match tool {
            "python" => command.args([
                "-c",
                "import yaml, kubernetes_validate, jsonschema, openapi_schema_validator, tomllib",
            ]),
            "python-terraform" => command.args(["-c", "import grpc, msgpack, tf.gen.tfplugin_pb2"]),
            "python-google-auth" => command.args(["-c", "import google.auth, requests"]),
            "node-google-auth" => command
                .args(["-e", "require('google-auth-library')"])
                .env("NODE_PATH", node_libraries()),
            "kubectl" => command.args(["version", "--client"]),
            "kustomize-oldest" | "kustomize-newest" | "kpt" => command.arg("version"),
            // Which are found too often to call them each time, or have no `--version`.
            "bash" | "bq" | "busybox" | "gcloud" | "sh" => return true,
            _ => command.arg("--version"),
        };
        command.output().is_ok_and(|output| output.status.success())
    })
}

/// Where the libraries for Node.js are.
pub(crate) fn node_libraries() -> PathBuf {
    repository().join("target/real-tools/node/node_modules")
}

/// How a missing tool comes to be there.
pub(crate) fn how_to_get(tool: &str) -> &'static str {
    match tool {
        "bq" | "gcloud" | "kpt" | "kubectl" => "https://cloud.google.com/sdk/docs/install has it",
        "kustomize-oldest" | "kustomize-newest" => "put kustomize on the PATH, or run .ci/tools",
        "python" | "python-google-auth" | "python-terraform" => {
            "run .ci/tools, or put python3 with its libraries on the PATH"
        }
        "terraform" => "https://developer.hashicorp.com/terraform/install",
        "node-google-auth" => "put node on the PATH, and run .ci/tools",
        "helm" => "https://helm.sh/docs/intro/install",
        "unshare" => "the kernel must let a process leave the network",
        _ => "put it on the PATH, or run .ci/tools",
    }
}
