//! HTTP on loopback: whole requests in, whole answers out, or a connection that breaks.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, IF_MATCH, USER_AGENT};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::answer::Answer;
use super::request::Request;

/// What answers: the bearer token and the request, or a line about what could not be read as one.
/// No answer at all breaks the connection.
pub(super) trait Handle: Send + Sync + 'static {
    fn handle(&self, token: &str, request: Result<Request, String>) -> Option<Answer>;
}

/// A server, until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    _runtime: Runtime,
}

impl Server {
    pub(super) fn start(handler: Arc<impl Handle>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let handler = Arc::clone(&handler);
                let service = service_fn(move |request| answer(Arc::clone(&handler), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, _runtime: runtime }
    }
}

async fn answer(
    handler: Arc<impl Handle>,
    request: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |name: HeaderName| head.headers.get(name).map_or("", |v| v.to_str().unwrap_or(""));
    let (method, uri) = (head.method.as_str(), &head.uri);
    let read = Request::read(
        method,
        uri.path(),
        uri.query().unwrap_or_default(),
        header(USER_AGENT),
        &body,
    )
    .map(|request| Request { if_match: header(IF_MATCH).to_owned(), ..request })
    .ok_or_else(|| format!("{method} {uri} {}", String::from_utf8_lossy(&body)));
    let token = header(AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    let answer =
        handler.handle(token, read).ok_or_else(|| io::Error::other("no answer was wanted"))?;
    hyper::Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(answer.body.to_string())))
        .map_err(io::Error::other)
}
