//! The real kubectl applies golden manifests a second time, to a server that stores them as Kubernetes does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wigen::kubernetes::{self, Quantities, WorkloadKind};

use crate::support::gitops::object;
use crate::support::repository;

/// What the server has, and the patches that it was sent.
type State = Arc<Mutex<(Value, Vec<Value>)>>;

/// What a patch changes is nothing but values that the server leaves out.
pub(crate) fn second_apply_changes_nothing(kubectl: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let state = State::default();
    let served = Arc::clone(&state);
    // Ends with the program.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &served);
        }
    });
    let files = super::real_tools::golden(&super::real_tools::MANIFESTS[3..]);
    for file in files {
        let manifest = object(&file);
        let kind = manifest["kind"].as_str().unwrap();
        let mut live = manifest.clone();
        kubernetes::store(kind, live.as_object_mut().unwrap(), Quantities::AsStored);
        live["metadata"]["uid"] = "1".into();
        live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
            manifest.to_string().into();
        *state.lock().unwrap() = (live, Vec::new());
        let mut command = Command::new(kubectl);
        command.args(["apply", "--validate=false", "--server", &address, "-f"]).arg(&file);
        command.env("KUBECONFIG", "/dev/null").env("HOME", repository().join("target"));
        crate::support::succeed(&mut command);
        let (_, patches) = &mut *state.lock().unwrap();
        for patch in patches {
            // The annotation that kubectl writes differs in the order of its keys.
            let patch = patch.as_object_mut().unwrap();
            patch.remove("metadata");
            let changed: Vec<&Value> = patch.values().filter(|value| changes(value)).collect();
            assert!(changed.is_empty(), "{}: {changed:?}", file.display());
        }
    }
}

/// Whether anything is left of a patch without names, orders, and values that the server leaves out.
fn changes(value: &Value) -> bool {
    match value {
        Value::Object(table) => {
            let kept = table.iter().filter(|(key, _)| *key != "name" && !key.starts_with('$'));
            kept.into_iter().any(|(_, value)| changes(value))
        }
        Value::Array(elements) => elements.iter().any(changes),
        value => *value != false && *value != "" && *value != 0,
    }
}

/// Answers one request, of those that `kubectl apply` makes for a workload.
fn answer(mut stream: TcpStream, state: &State) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = head.split(['?', ' ']).nth(1).unwrap_or_default();
    let mut state = state.lock().unwrap();
    if head.starts_with("PATCH ") {
        state.1.push(serde_json::from_slice(&body).unwrap());
    }
    let group = |name: &str| {
        let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
        json!({"name": name, "versions": [version.clone()], "preferredVersion": version})
    };
    let found = match path {
        "/api" => json!({"kind": "APIVersions", "versions": ["v1"]}),
        "/apis" => json!({"kind": "APIGroupList", "groups": [group("apps"), group("batch")]}),
        "/api/v1" => json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": []}),
        "/apis/apps/v1" | "/apis/batch/v1" => {
            let resources =
                WorkloadKind::ALL.iter().filter(|kind| kind.completes() == path.contains("batch"));
            let resources: Vec<Value> = resources
                .map(|kind| {
                    let kind = kind.as_str();
                    json!({"name": format!("{}s", kind.to_lowercase()), "singularName": "", "namespaced": true, "kind": kind, "verbs": ["get", "patch"]})
                })
                .collect();
            json!({"kind": "APIResourceList", "groupVersion": &path["/apis/".len()..], "resources": resources})
        }
        path if path.contains("/namespaces/") => state.0.clone(),
        _ => Value::Null,
    };
    let status = if found.is_null() { "404 Not Found" } else { "200 OK" };
    let body = found.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
}
