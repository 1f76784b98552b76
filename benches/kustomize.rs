//! What wigen adds to a build of Kustomize: apps that it renders in one call, and each in a call of its
//! own, beside Kustomize building the finished files. `cargo bench --bench kustomize` prints the medians
//! and their ratios; the builds are run in turns, so that a busy machine slows all of them. It needs
//! kustomize on the PATH, or where `.ci/run` puts it.
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;
const APPS: [usize; 2] = [50, 500];

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kustomize =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/real-tools/bin/kustomize-newest");
    let kustomize = if kustomize.exists() { kustomize } else { PathBuf::from("kustomize") };
    for apps in APPS {
        let place = folder.path().join(apps.to_string());
        prepare(&place, apps);
        let builds = ["finished", "one-call", "calls"].map(|name| (name, place.join(name)));
        let mut times = builds.each_ref().map(|_| Vec::with_capacity(ROUNDS));
        for _ in 0..ROUNDS {
            for ((_, build), times) in builds.iter().zip(&mut times) {
                times.push(time(&kustomize, build));
            }
        }
        let medians = times.map(|mut times| {
            times.sort();
            times[ROUNDS / 2]
        });
        for ((name, _), median) in builds.iter().zip(medians) {
            let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
            println!(
                "{apps:4} apps, {name:10} {:8.1} ms  {ratio:5.2}x",
                median.as_secs_f64() * 1e3
            );
        }
    }
}

/// Three kustomizations of the same objects.
fn prepare(place: &Path, apps: usize) {
    let names: Vec<String> = (0..apps).map(|number| format!("app-number-{number}")).collect();
    let list = |ending: &str| {
        let lines = names.iter().map(|name| format!("  - {name}{ending}\n"));
        lines.collect::<String>()
    };
    let write = |path: &str, text: &str| {
        let path = place.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let function = "config.kubernetes.io/function: \"exec: {path: wigen}\"";
    for name in &names {
        write(&format!("calls/{name}.yaml"), &app(name, function));
        write(&format!("one-call/apps/{name}/app.yaml"), &app(name, "example.com/none: none"));
        let mut render = Command::new(env!("CARGO_BIN_EXE_wigen"));
        render
            .args(["render", "--only", "manifests"])
            .arg(place.join(format!("calls/{name}.yaml")));
        let output = render.output().expect("wigen starts");
        assert!(output.status.success(), "{output:?}");
        write(&format!("finished/{name}.yaml"), &String::from_utf8_lossy(&output.stdout));
    }
    write("finished/kustomization.yaml", &format!("resources:\n{}", list(".yaml")));
    write("calls/kustomization.yaml", &format!("generators:\n{}", list(".yaml")));
    let all = format!(
        "apiVersion: wigen.dev/v1alpha1\nkind: Apps\nmetadata:\n  name: all\n  annotations:\n    {function}\nspec:\n  specs: [apps]\n"
    );
    write("one-call/apps.yaml", &all);
    write("one-call/kustomization.yaml", "generators:\n  - apps.yaml\n");
}

fn app(name: &str, annotation: &str) -> String {
    format!(
        "apiVersion: wigen.dev/v1alpha1
kind: App
metadata:
  name: {name}
  namespace: shop
  annotations:
    {annotation}
spec:
  project: my-project
  cluster: {{name: my-cluster, region: us-central1}}
  googleServiceAccount: {{}}
  grants:
    - roles: [roles/secretmanager.secretAccessor]
  container:
    image: us-docker.pkg.dev/my-project/shop/{name}:1.4.2
    port: 8000
    env: {{PROJECT: my-project, LEVEL: info}}
"
    )
}

fn time(kustomize: &Path, build: &Path) -> Duration {
    let wigen = Path::new(env!("CARGO_BIN_EXE_wigen")).parent().expect("a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(wigen).chain(std::env::split_paths(&path));
    let mut command = Command::new(kustomize);
    command
        .args(["build", "--enable-alpha-plugins", "--enable-exec"])
        .arg(build)
        .env("PATH", std::env::join_paths(folders).expect("a PATH"))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("kustomize starts");
    let time = start.elapsed();
    assert!(status.success(), "{command:?}");
    time
}
