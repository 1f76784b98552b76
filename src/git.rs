//! What git knows: the files of a revision. It asks the program `git`, which nothing else here names,
//! and only commands whose output is made for programs.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Why git did not answer: a part of a sentence.
#[derive(Debug)]
pub(crate) struct Silence(pub(crate) String);

/// A working tree, and its files that differ from a revision.
#[derive(Debug)]
pub(crate) struct Changed {
    /// The root of the working tree, as git knows it: absolute and without links.
    pub(crate) root: PathBuf,
    /// The files, relative to it.
    pub(crate) files: BTreeSet<PathBuf>,
}

/// The files of the working tree that `folder` is in that differ from a revision, those that git does
/// not know yet among them; what git is told to ignore is not.
pub(crate) fn changed_since(folder: &Path, revision: &str) -> Result<Changed, Silence> {
    let root = git(folder, ["rev-parse", "--show-toplevel"])?;
    let root = PathBuf::from(os_string(root.strip_suffix(b"\n").unwrap_or(&root)));
    // No revision begins with a hyphen, and git would take it for an option.
    let commit = format!("{revision}^{{commit}}");
    if revision.starts_with('-')
        || git(&root, ["rev-parse", "--verify", "--quiet", commit.as_str()]).is_err()
    {
        return Err(Silence(format!("{revision} is no revision")));
    }
    let changed = git(&root, ["diff", "--name-only", "--no-renames", "-z", commit.as_str(), "--"])?;
    let unknown = git(&root, ["ls-files", "--others", "--exclude-standard", "-z"])?;
    let paths = changed.split(|byte| *byte == 0).chain(unknown.split(|byte| *byte == 0));
    let paths = paths.filter(|path| !path.is_empty());
    Ok(Changed { files: paths.map(|path| os_string(path).into()).collect(), root })
}

fn git<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Vec<u8>, Silence> {
    answered(folder, arguments, &[])
}

/// What git prints when it reads `input`.
fn answered<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
    input: &[u8],
) -> Result<Vec<u8>, Silence> {
    let unable = |error| Silence(format!("git cannot be run: {error}"));
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
        // Its words are repeated in English sentences.
        .env("LC_ALL", "C")
        // A path is a path, whatever characters it has.
        .env("GIT_LITERAL_PATHSPECS", "1")
        // wigen changes nothing in a repository, and never asks the network.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(unable)?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // Beside the reading: neither side may wait for the other to empty a full pipe.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output()
    });
    let Output { status, stdout, stderr } = output.map_err(unable)?;
    if status.success() {
        Ok(stdout)
    } else {
        Err(Silence(format!("git says: {}", shortened(&stderr))))
    }
}

/// What git says of a failure, in its first line that says it.
fn shortened(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let says =
        |line: &str| ["fatal: ", "error: "].into_iter().any(|begins| line.starts_with(begins));
    let line = text.lines().find(|line| says(line)).or(text.lines().next()).unwrap_or("it failed");
    let line = line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")).unwrap_or(line);
    line.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
