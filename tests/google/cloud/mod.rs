//! A Google Cloud in memory, on loopback, for the real gcloud and bq: it holds what they make and
//! refuses what the real one refuses. A request that it does not know fails the test.

mod answer;
mod bigquery;
mod container;
mod crm;
mod environment;
pub(crate) mod forked;
mod grants;
mod iam;
mod kinds;
mod member;
mod policy;
mod request;
mod server;
mod serviceusage;
mod setup;
mod storage;
mod trouble;
mod world;

use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use answer::Answer;
pub(crate) use container::Cluster;
pub(crate) use policy::Condition;
pub(crate) use request::Request;
use server::{Handle, Server};
use trouble::{Mishap, Trouble};
pub(crate) use world::World;

/// For ever, where trouble is counted.
pub(crate) const ALWAYS: usize = usize::MAX;

/// A cloud, until it is dropped.
pub(crate) struct Google {
    cloud: Arc<Mutex<Cloud>>,
    server: Server,
    /// The home of the user who calls gcloud.
    home: tempfile::TempDir,
}

/// The world, and what was asked of it.
#[derive(Default)]
struct Cloud {
    world: World,
    troubles: Vec<Trouble>,
    requests: Vec<Request>,
    /// The requests that no service knows.
    unknown: Vec<String>,
    /// How many more requests the running script lives for.
    stop: Option<usize>,
    /// The process group of the running script.
    group: Option<u32>,
}

impl Google {
    /// An empty cloud.
    pub(crate) fn start() -> Self {
        let cloud = Arc::new(Mutex::new(Cloud::default()));
        cloud.lock().unwrap().world.polls = 1;
        let server = Server::start(Arc::new(Front(Arc::clone(&cloud))));
        let google = Self { cloud, server, home: tempfile::tempdir().unwrap() };
        google.furnish();
        google
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        self.server.address.to_string()
    }

    fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.cloud.lock().expect("no request made the cloud panic")
    }

    /// Everything that the cloud holds: two ways to the same state give the same value.
    pub(crate) fn state(&self) -> Value {
        self.cloud().world.state()
    }

    /// A copy of everything that the cloud holds, to change it.
    pub(crate) fn world(&self) -> World {
        self.cloud().world.clone()
    }

    /// The requests since the start, in their order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.cloud().requests.clone()
    }

    /// Those of them that may have changed something.
    pub(crate) fn writes(&self) -> Vec<Request> {
        self.requests().into_iter().filter(Request::is_write).collect()
    }

    /// The requests that no service knows. Who takes them has seen them; a test whose requests are
    /// left here fails.
    pub(crate) fn take_unknown(&self) -> Vec<String> {
        std::mem::take(&mut self.cloud().unknown)
    }
}

impl Drop for Google {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let unknown = self.take_unknown();
            assert!(unknown.is_empty(), "requests that no service knows: {unknown:#?}");
        }
    }
}

/// What is between HTTP and the world.
struct Front(Arc<Mutex<Cloud>>);

impl Handle for Front {
    fn handle(&self, token: &str, request: Result<Request, String>) -> Option<Answer> {
        let mut cloud = self.0.lock().unwrap();
        let mut request = match request {
            Ok(request) if token == environment::TOKEN => request,
            Ok(request) => {
                cloud.unknown.push(format!("without token: {} {}", request.method, request.path));
                return Some(Answer::error(401, "Request had invalid credentials."));
            }
            Err(line) => {
                cloud.unknown.push(line);
                return Some(Answer::error(404, "Requested entity was not found."));
            }
        };
        let mishap = trouble::meet(&mut cloud.troubles, &request);
        let refused = mishap.as_ref().and_then(|m| trouble::before(&mut cloud.world, m));
        let mut answer =
            refused.or_else(|| route(&mut cloud.world, &request)).unwrap_or_else(|| {
                let query = &request.query;
                let line =
                    format!("{} {} {query:?} {}", request.method, request.path, request.body);
                cloud.unknown.push(line);
                Answer::error(404, "Method not found.")
            });
        // The errors of Cloud Storage have no gRPC name, and gcloud words them otherwise.
        if request.parts[0] == "storage"
            && let Some(Value::Object(error)) = answer.body.get_mut("error")
        {
            error.remove("status");
        }
        // bq reads the reason.
        if request.parts[0] == "bigquery"
            && let Some(Value::Object(error)) = answer.body.get_mut("error")
        {
            let reason = bigquery::reason(answer.status);
            error.insert(
                "errors".into(),
                json!([{ "reason": reason, "message": error["message"] }]),
            );
        }
        request.status = answer.status;
        cloud.requests.push(request);
        if cloud.stops() || matches!(mishap, Some(Mishap::Lost)) {
            return None;
        }
        Some(answer)
    }
}

impl Cloud {
    /// Kills the running script at the chosen request: what the request did is done, and nobody
    /// hears of it.
    fn stops(&mut self) -> bool {
        let Some(left) = &mut self.stop else { return false };
        *left -= 1;
        if *left > 0 {
            return false;
        }
        self.stop = None;
        let group = self.group.expect("a script is running that can be stopped");
        let killed = Command::new("kill").args(["-9", "--", &format!("-{group}")]).status();
        assert!(killed.is_ok_and(|status| status.success()), "cannot kill process group {group}");
        true
    }
}

/// The service that a request is for, by the first part of its path.
fn route(world: &mut World, request: &Request) -> Option<Answer> {
    if let Some(answer) = kinds::answer(world, request) {
        return Some(answer);
    }
    let parts: Vec<&str> = request.parts.iter().map(String::as_str).collect();
    let (service, path) = parts.split_first()?;
    match *service {
        "bigquery" => bigquery::answer(world, request, path),
        "container" => container::answer(world, request, path),
        "crm" => crm::answer(world, request, path),
        "iam" => iam::answer(world, request, path),
        "serviceusage" => serviceusage::answer(world, request, path),
        "storage" => storage::answer(world, request, path),
        _ => None,
    }
}
