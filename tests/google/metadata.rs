//! The init container that waits for the metadata server, run by busybox as its image runs it,
//! before a metadata server on loopback.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use crate::support::repository;
use crate::support::trials::{Topic, Trial};
use serde_json::Value;

type Check = (&'static str, fn());

const CHECKS: &[Check] = &[
    ("it_ends_when_the_pods_have_their_identity", ready),
    ("it_waits_for_the_server_and_for_a_token", late),
    ("it_gives_up_on_pods_with_another_identity", somebody_else),
    ("it_gives_up_without_a_token_and_prints_none", no_token),
    ("it_expects_the_pool_in_direct_federation", direct),
];

pub(crate) fn topic() -> Topic {
    let mut all: Vec<Trial> = CHECKS
        .iter()
        .map(|(name, check)| Trial::with_tool(*name, "busybox", |_| check()))
        .collect();
    all.push(Trial::with_tool("shellcheck_has_nothing_to_say", "shellcheck", |_| shellcheck()));
    Topic::new("metadata", "the init container waits for the right identity and a token", all)
}

const ACCOUNT: &str = "nightly-report@my-project.iam.gserviceaccount.com";

/// The script of the container, and the identity that it expects.
fn container(manifest: &str) -> (String, String) {
    let text = fs::read_to_string(repository().join("golden/cases").join(manifest)).unwrap();
    let manifest: Value = serde_yaml::from_str(&text).unwrap();
    let container = &manifest["spec"]["template"]["spec"]["initContainers"][0];
    assert_eq!(container["name"], "wait-for-metadata");
    assert_eq!(container["command"][0], "sh");
    assert_eq!(container["env"][0]["name"], "EXPECTED");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&container["command"][2]), text(&container["env"][0]["value"]))
}

/// Runs the container of a manifest with a server that answers by the number and path of a request, or closes the
/// connection for `None`. Returns whether it succeeded, and what it printed.
fn run(manifest: &str, answer: fn(usize, &str) -> Option<&'static str>) -> (bool, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            let headers: Vec<String> =
                lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            assert!(
                headers.iter().any(|header| header == "Metadata-Flavor: Google"),
                "{headers:?}"
            );
            let path = request.split(' ').nth(1).unwrap();
            let asked = path
                .strip_prefix("/computeMetadata/v1/instance/service-accounts/default/")
                .unwrap_or_else(|| panic!("{path}"));
            let head = "Metadata-Flavor: Google\r\nConnection: close\r\n";
            let _ = match answer(number, asked) {
                Some(body) => write!(
                    stream,
                    "HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\n\r\n{body}",
                    body.len()
                ),
                None => write!(
                    stream,
                    "HTTP/1.1 403 Forbidden\r\n{head}Content-Length: 6\r\n\r\nsecret"
                ),
            };
        }
    });
    let (script, expected) = container(manifest);
    // The image has nothing but busybox on its path.
    let path = tempfile::tempdir().unwrap();
    crate::support::succeed(Command::new("busybox").args(["--install", "-s"]).arg(path.path()));
    // The very script, but no test waits five minutes.
    let output = Command::new(path.path().join("sh"))
        .args(["-c", &format!("sleep() {{ :; }}\n{script}")])
        .env("PATH", path.path())
        .env("EXPECTED", expected)
        .env("GCE_METADATA_HOST", host)
        .env_remove("http_proxy")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

const TOKEN: &str = r#"{"access_token":"secret","expires_in":3599,"token_type":"Bearer"}"#;

fn ready() {
    let (ready, said) = run("metadata/job.yaml", |_, asked| match asked {
        "email" => Some(ACCOUNT),
        _ => Some(TOKEN),
    });
    assert!(ready, "{said}");
    assert_eq!(said, format!("these pods are {ACCOUNT}\n"));
}

fn late() {
    let (ready, said) = run("metadata/job.yaml", |number, asked| match (number, asked) {
        (..3, _) => None,
        (_, "email") => Some(ACCOUNT),
        (..8, _) => None,
        _ => Some(TOKEN),
    });
    assert!(ready, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].starts_with("waiting: the metadata server does not answer: "), "{said}");
    let no_token = format!("waiting: the metadata server has no token for {ACCOUNT}: ");
    assert!(lines[1].starts_with(&no_token), "{said}");
    assert_eq!(lines[2], format!("these pods are {ACCOUNT}"));
}

fn somebody_else() {
    let (ready, said) = run("metadata/job.yaml", |_, asked| match asked {
        "email" => Some("123456789012-compute@developer.gserviceaccount.com"),
        _ => Some(TOKEN),
    });
    assert!(!ready, "{said}");
    assert_eq!(
        said,
        format!(
            "waiting: the metadata server knows these pods as 123456789012-compute@developer.gserviceaccount.com, not as {ACCOUNT}\n"
        )
    );
}

fn no_token() {
    let (ready, said) = run("metadata/job.yaml", |_, asked| (asked == "email").then_some(ACCOUNT));
    assert!(!ready, "{said}");
    assert!(said.contains("403"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

fn direct() {
    let (ready, said) = run("metadata-direct/deployment.yaml", |_, asked| match asked {
        "email" => Some("my-project.svc.id.goog"),
        _ => Some(TOKEN),
    });
    assert!(ready, "{said}");
}

fn shellcheck() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wait.sh");
    fs::write(&file, container("metadata/job.yaml").0).unwrap();
    crate::support::succeed(Command::new("shellcheck").args(["--shell", "dash"]).arg(file));
}
