//! Runs the program `git`. Nothing else here starts it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::bounded::read_all;

/// Why git failed, as a part of a sentence.
#[derive(Debug)]
pub(crate) struct GitError(pub(crate) String);

pub(super) fn run<A: AsRef<OsStr>>(
    directory: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Vec<u8>, GitError> {
    let read = |output: &mut dyn BufRead| {
        read_all(output, 0).map_err(|error| GitError(format!("what git prints: {error}")))
    };
    run_with_input(directory, arguments, &[], read)
}

/// Runs git, which reads `input`, and returns what `read` makes of its output.
pub(super) fn run_with_input<A: AsRef<OsStr>, T>(
    directory: &Path,
    arguments: impl IntoIterator<Item = A>,
    input: &[u8],
    read: impl FnOnce(&mut dyn BufRead) -> Result<T, GitError>,
) -> Result<T, GitError> {
    let cannot_run = |error| GitError(format!("git cannot be run: {error}"));
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(if directory.as_os_str().is_empty() { Path::new(".") } else { directory })
        // Its messages are repeated in English sentences.
        .env("LC_ALL", "C")
        // A path is a path, whatever characters it has.
        .env("GIT_LITERAL_PATHSPECS", "1")
        // Change nothing in the repository, and never use the network.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot_run)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (result, stderr) = std::thread::scope(|scope| {
        // Write while reading: neither side may wait for the other to empty a full pipe.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        let stderr = scope.spawn(move || stderr.map(|stderr| read_all(stderr, 0)));
        // If it does not read all, the closed pipe ends git.
        (stdout.map(|stdout| read(&mut BufReader::new(stdout))), stderr.join())
    });
    let status = child.wait().map_err(cannot_run)?;
    match result {
        Some(result) if status.code().is_none_or(|code| code == 0) => result,
        _ => {
            let stderr = stderr.ok().flatten().and_then(Result::ok).unwrap_or_default();
            Err(GitError(format!("git says: {}", first_error(&stderr))))
        }
    }
}

/// The first line of stderr that reports an error, shortened.
fn first_error(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let error = |line: &'_ str| line.starts_with("fatal: ") || line.starts_with("error: ");
    let line = text.lines().find(|line| error(line)).or(text.lines().next()).unwrap_or("it failed");
    let line = line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")).unwrap_or(line);
    line.chars().take(200).collect()
}

#[cfg(unix)]
pub(super) fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
pub(super) fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_messages_are_shortened() {
        assert_eq!(first_error(b"trace\nfatal: no such\nhint: x\n"), "no such");
        assert_eq!(first_error(b""), "it failed");
    }
}
