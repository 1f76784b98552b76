//! The gcloud that scripts find: the real one, loaded once for each test program and not for each call.
//! The program of that name on the PATH is the test program itself, which hands the call on.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::{Map, json};

use super::environment::of_nobody;
use crate::support::repository;
use crate::support::tools::on_path;

/// The variable with the path of the socket of the one who loaded gcloud.
const SOCKET: &str = "WIGEN_GCLOUD";

/// Puts a gcloud into a folder.
pub(super) fn put_into(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    std::os::unix::fs::symlink(std::env::current_exe().unwrap(), folder.join("gcloud")).unwrap();
}

/// Has a command, and what it starts, find the gcloud in a folder.
pub(super) fn find_in(folder: &Path, command: &mut Command) {
    let mut path = OsString::from(folder);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path).env(SOCKET, server());
}

/// What a test program does first: if it was called as gcloud, this ends it.
pub(crate) fn answer_as_gcloud() {
    let called = std::env::args_os().next().unwrap_or_default();
    if Path::new(&called).file_name().is_none_or(|name| name != "gcloud") {
        return;
    }
    let socket = std::env::var(SOCKET).expect("a test called this");
    let mut stream = UnixStream::connect(socket).expect("the test that called this still runs");
    let variables: Map<String, _> = std::env::vars()
        .filter(|(name, _)| name != SOCKET)
        .map(|(name, value)| (name, value.into()))
        .collect();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let group = rustix::process::getpgrp().as_raw_nonzero().get();
    let asked = json!([group, std::env::current_dir().unwrap(), arguments, variables]).to_string();
    let length = u32::try_from(asked.len()).unwrap().to_be_bytes();
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let files = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(&files)));
    sendmsg(&stream, &[IoSlice::new(&length)], &mut ancillary, SendFlags::empty()).unwrap();
    stream.write_all(asked.as_bytes()).unwrap();
    let mut code = [137];
    // Who is killed says no code.
    let _ = stream.read_exact(&mut code);
    std::process::exit(code[0].into());
}

/// Loads gcloud, once; returns the path of the socket where it is to be had.
fn server() -> &'static str {
    // Its standard input closes when this program ends.
    static SERVER: OnceLock<(String, Child)> = OnceLock::new();
    let start = || {
        let mut command = Command::new(on_path("gcloud").expect("the trial needs it"));
        of_nobody(&mut command);
        // The launcher calls its Python with these and the path of its gcloud.py.
        command
            .env("CLOUDSDK_PYTHON_ARGS", "-S -m forked")
            .env("PYTHONPATH", repository().join("tests/google/cloud"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut path = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut path).unwrap();
        (path.trim_end().to_owned(), child)
    };
    &SERVER.get_or_init(start).0
}
