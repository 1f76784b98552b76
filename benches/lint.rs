//! `wigen lint` of 10,000 objects and 2,500 bindings, as a dump of a large cluster has them.
//! `cargo bench --bench lint` prints the median time and, with GNU time, the peak memory.
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const APPS: usize = 2_500;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut manifests, mut script) = (String::new(), String::new());
    for app in 0..APPS {
        write_app(app, &mut manifests, &mut script);
    }
    std::fs::write(folder.path().join("all.yaml"), manifests).expect("a file");
    std::fs::write(folder.path().join("iam.sh"), script).expect("a file");
    let mut lint = Command::new(env!("CARGO_BIN_EXE_wigen"));
    lint.args(["lint", "all.yaml", "--iam", "iam.sh"]).current_dir(folder.path());
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| time(&mut lint)).collect();
    times.sort();
    println!("{} objects  {:7.0} ms", APPS * 4, times[ROUNDS / 2].as_secs_f64() * 1e3);
    let mut measured = Command::new("/usr/bin/time");
    measured.args(["-f", "peak memory  %M KiB", env!("CARGO_BIN_EXE_wigen")]);
    // Without GNU time there is no figure.
    drop(measured.args(lint.get_args()).current_dir(folder.path()).status());
}

/// Writes a ServiceAccount, a Deployment, a ConfigMap and a NetworkPolicy, and the binding. Ten apps share
/// a namespace, and all namespaces have an app of each name.
fn write_app(number: usize, manifests: &mut String, script: &mut String) {
    let (namespace, name) = (format!("team-{}", number / 10), format!("app-{}", number % 10));
    let email = format!("app-{number}@my-project.iam.gserviceaccount.com");
    let written = write!(
        manifests,
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  annotations:\n    iam.gke.io/gcp-service-account: {email}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      serviceAccountName: {name}\n      containers:\n      - name: app\n        image: registry.example.com/{name}:1\n        envFrom:\n        - configMapRef:\n            name: {name}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\ndata:\n  LOG_LEVEL: info\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  podSelector:\n    matchLabels:\n      app: {name}\n  policyTypes: [Ingress]\n"
    );
    written.expect("a string");
    let written = write!(
        script,
        "gcloud iam service-accounts add-iam-policy-binding {email} \\\n  --role=roles/iam.workloadIdentityUser --condition=None \\\n  --member=\"serviceAccount:my-project.svc.id.goog[{namespace}/{name}]\"\n"
    );
    written.expect("a string");
}

fn time(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    let start = Instant::now();
    let status = command.status().expect("the program starts");
    let time = start.elapsed();
    assert!(status.success(), "{command:?}");
    time
}
