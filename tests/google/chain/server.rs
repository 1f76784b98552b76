//! The metadata server of some pods on loopback, and resources that let a token in or not.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};

use super::situation::Situation;

struct Response {
    status: u16,
    content_type: &'static str,
    body: String,
}

/// Starts the server of a situation; returns its address. In a cluster one server knows all pods, by
/// their addresses; here each has one. It ends with the program.
pub(super) fn start(situation: &Arc<Situation>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let situation = Arc::clone(situation);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            serve(&situation, stream);
        }
    });
    address
}

fn serve(situation: &Situation, mut stream: TcpStream) {
    let Ok(copy) = stream.try_clone() else { return };
    let mut lines = BufReader::new(copy).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let headers: Vec<(String, String)> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, v)| v.as_str());
    let path = request.split(' ').nth(1).unwrap_or_default();
    let response = match path.strip_prefix("/resources/") {
        Some(resource) => let_in(situation, resource, header("authorization").unwrap_or_default()),
        None if path == "/" => Response::text(200, ""),
        None if header("metadata-flavor") != Some("Google") => {
            Response::text(403, "Missing Metadata-Flavor:Google header.")
        }
        None => metadata(situation, path),
    };
    let Response { status, content_type, body } = response;
    // A client that has disconnected does not want it.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} -\r\nMetadata-Flavor: Google\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
}

/// The endpoints that clients ask for. Source: Google Cloud, "About the Compute Engine metadata server";
/// and what google-auth, google-auth-library and gcloud request.
fn metadata(situation: &Situation, path: &str) -> Response {
    let (email, token) = situation.identity();
    let path = path.split('?').next().unwrap_or_default();
    let Some(path) = path.strip_prefix("/computeMetadata/v1/") else {
        return Response::text(404, "not found");
    };
    match path.trim_end_matches('/') {
        "instance" => Response::text(200, "service-accounts/\n"),
        "project/project-id" => Response::text(200, &situation.project),
        "project/numeric-project-id" => {
            Response::text(200, situation.world.project_number(&situation.project).to_string())
        }
        "instance/service-accounts" => Response::text(200, format!("default/\n{email}/\n")),
        path => {
            match path.strip_prefix("instance/service-accounts/").and_then(|p| p.split_once('/')) {
                Some((_, "email")) => Response::text(200, email),
                Some((_, "scopes")) => {
                    Response::text(200, "https://www.googleapis.com/auth/cloud-platform")
                }
                Some((_, "token")) => match token {
                    Ok(member) => Response::json(
                        &json!({ "access_token": member, "expires_in": 3599, "token_type": "Bearer" }),
                    ),
                    Err((status, why)) => Response::text(status, why),
                },
                None if path.starts_with("instance/service-accounts/") => Response::json(&json!({
                    "email": email,
                    "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
                    "aliases": ["default"],
                })),
                _ => Response::text(404, "not found"),
            }
        }
    }
}

/// Lets in whoever has the role on the resource: `RESOURCE?ROLE`.
fn let_in(situation: &Situation, path: &str, authorization: &str) -> Response {
    let (resource, role) = path.split_once('?').unwrap_or((path, ""));
    let member = authorization.strip_prefix("Bearer ").unwrap_or_default();
    if situation.world.is_granted(&decoded(resource), &decoded(role), member) {
        return Response::json(&Value::Null);
    }
    let error = json!({ "error": { "code": 403, "status": "PERMISSION_DENIED" } });
    Response { status: 403, ..Response::json(&error) }
}

/// A string for a URL, with every byte as two digits.
pub(super) fn encoded(string: &str) -> String {
    data_encoding::HEXLOWER.encode(string.as_bytes())
}

fn decoded(digits: &str) -> String {
    let bytes = data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap();
    String::from_utf8(bytes).unwrap()
}

impl Response {
    fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain", body: body.into() }
    }

    fn json(body: &Value) -> Self {
        Self { status: 200, content_type: "application/json", body: body.to_string() }
    }
}
