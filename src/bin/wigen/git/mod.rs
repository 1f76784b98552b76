//! What git knows: the files of a revision. It asks the program `git`, which nothing else here names,
//! and only commands whose output is made for programs.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Why git did not answer: a part of a sentence.
#[derive(Debug)]
pub(crate) struct GitError(pub(crate) String);

/// What a name of git stands for. Source: `git help revisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object {
    /// A revision: `main`, `HEAD~1`, `v1.2`.
    Revision,
    /// A directory at a revision: `main:apps`.
    Directory,
    /// A file at a revision: `main:apps/books/app.toml`.
    File,
}

/// A file as git has it.
#[derive(Debug)]
pub(crate) struct TreeEntry {
    /// Its path below the directory that was asked for.
    pub(crate) path: PathBuf,
    /// What git knows its content by.
    object: OsString,
}

/// Where files of git are: in a directory of a revision or of the index.
#[derive(Debug)]
pub(crate) struct RepoPath {
    /// What begins the name of each file of the revision, as the user calls it: `main:`.
    pub(crate) shown: String,
    /// The same, as git takes it.
    asked: String,
    /// The path of the directory from the root of the repository on; or of the file that was named.
    pub(crate) path: PathBuf,
}

/// What a name stands for where `folder` is.
pub(crate) fn object(folder: &Path, name: &str) -> Result<Object, GitError> {
    // No revision begins so, and git would take it for an option.
    if name.starts_with('-') {
        return Err(GitError(format!("{name} is no revision")));
    }
    let kind = git(folder, ["cat-file", "-t", name])?;
    match kind.trim_ascii_end() {
        b"commit" | b"tag" => Ok(Object::Revision),
        b"tree" => Ok(Object::Directory),
        _ => Ok(Object::File),
    }
}

/// The root of the working tree that `folder` is in; relative to that, and empty where it is that.
pub(crate) fn root(folder: &Path) -> Result<PathBuf, GitError> {
    let shown = git(folder, ["rev-parse", "--show-cdup"])?;
    Ok(os_string(shown.strip_suffix(b"\n").unwrap_or(&shown)).into())
}

/// The place of `folder` at a revision.
pub(crate) fn place(folder: &Path, revision: &str) -> Result<RepoPath, GitError> {
    let shown = git(folder, ["rev-parse", "--show-prefix", revision])?;
    let shown = shown.trim_ascii_end();
    // The path may have newlines; what git knows the revision by has none.
    let end = shown.iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
    let id = String::from_utf8_lossy(shown[end..].trim_ascii_start());
    Ok(RepoPath {
        shown: format!("{revision}:"),
        asked: format!("{id}:"),
        path: os_string(&shown[..end]).into(),
    })
}

/// The place of a file or directory that is named as `main:apps`; none for a file without a path.
pub(crate) fn place_of(
    folder: &Path,
    name: &str,
    kind: Object,
) -> Result<Option<RepoPath>, GitError> {
    let Some((before, path)) = split(name) else {
        // To a tree without a path, nothing is known above it.
        let shown = format!("{name}:");
        let place = RepoPath { asked: shown.clone(), shown, path: PathBuf::new() };
        return Ok((kind == Object::Directory).then_some(place));
    };
    let mut whole = PathBuf::new();
    if is_relative(path) {
        let prefix = git(folder, ["rev-parse", "--show-prefix"])?;
        whole = os_string(prefix.strip_suffix(b"\n").unwrap_or(&prefix)).into();
    }
    for step in Path::new(path).components() {
        match step {
            Component::Normal(name) => whole.push(name),
            Component::ParentDir => drop(whole.pop()),
            _ => {}
        }
    }
    let before = before.to_owned();
    Ok(Some(RepoPath { asked: before.clone(), shown: before, path: whole }))
}

/// Takes the name of a file at a revision apart: behind the first colon that stands in no braces, as in
/// `main@{12:00}:apps`, is the path. A name of the index, `:apps` or `:0:apps`, begins with a colon.
pub(crate) fn split(name: &str) -> Option<(&str, &str)> {
    if let [b':', b'0'..=b'3', b':', ..] = name.as_bytes() {
        return Some(name.split_at(3));
    }
    let mut depth = 0_usize;
    for (at, c) in name.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some(name.split_at(at + 1)),
            _ => {}
        }
    }
    None
}

/// Whether a path in the name of a file is from where git runs; else it is from the root on.
pub(crate) fn is_relative(path: &str) -> bool {
    path == "." || path == ".." || ["./", "../"].into_iter().any(|begins| path.starts_with(begins))
}

/// A file by its name, such as `main:apps/books/app.toml`, that [`object`] has found.
pub(crate) fn file(name: &str) -> TreeEntry {
    TreeEntry { path: PathBuf::from(name), object: name.into() }
}

/// The files below `folder` at a revision; none where it was not there. `name` picks one of them.
pub(crate) fn files_of(
    folder: &Path,
    revision: &str,
    name: Option<&OsStr>,
) -> Result<Vec<TreeEntry>, GitError> {
    let mut arguments: Vec<&OsStr> = ["ls-tree", "-r", "-z", revision].map(OsStr::new).to_vec();
    if let Some(name) = name {
        arguments.extend([OsStr::new("--"), name]);
    }
    let listed = git(folder, arguments)?;
    Ok(entries(&listed, &format!("{revision}:./")))
}

/// The files of a directory at a revision that is named as `main:apps`.
pub(crate) fn files_below(folder: &Path, directory: &str) -> Result<Vec<TreeEntry>, GitError> {
    let listed = git(folder, ["ls-tree", "-r", "-z", "--full-tree", directory])?;
    let separator = match directory.chars().last() {
        Some('/' | ':') => "",
        _ if directory.contains(':') => "/",
        _ => ":",
    };
    Ok(entries(&listed, &format!("{directory}{separator}")))
}

/// Every path below `root`, relative to it and sorted, that is not as it was at a revision: changed,
/// new, gone, of what was moved both; in commits since, in the index or in the working tree. Files that
/// git does not know count, unless it is told to ignore them.
pub(crate) fn changed_since(root: &Path, revision: &str) -> Result<Vec<PathBuf>, GitError> {
    if object(root, revision)? != Object::Revision {
        return Err(GitError(format!("{revision} is no revision")));
    }
    let options = ["--name-only", "-z", "--relative", "--no-renames", "--ignore-submodules=none"];
    let mut changed = git(root, ["diff"].into_iter().chain(options).chain([revision, "--"]))?;
    changed.extend(git(root, ["ls-files", "--others", "--exclude-standard", "-z"])?);
    let paths = changed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    let mut paths: Vec<PathBuf> = paths.map(|path| os_string(path).into()).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Reads what `git ls-tree -z` prints. A link is read by its name, which `before` begins, so that git
/// follows it.
fn entries(listed: &[u8], before: &str) -> Vec<TreeEntry> {
    let entry = |line: &[u8]| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let (head, path) = (str::from_utf8(&line[..tab]).ok()?, os_string(&line[tab + 1..]));
        let mut head = head.split(' ');
        let (mode, kind, id) = (head.next()?, head.next()?, head.next()?);
        let object = if mode == "120000" {
            let mut name = OsString::from(before);
            name.push(&path);
            name
        } else {
            id.into()
        };
        // What is no blob is a repository within the repository.
        (kind == "blob").then(|| TreeEntry { path: path.into(), object })
    };
    listed.split(|byte| *byte == 0).filter_map(entry).collect()
}

/// The contents of files, in their order. However many they are, git is started once.
pub(crate) fn read(folder: &Path, files: &[TreeEntry]) -> Result<Vec<Vec<u8>>, GitError> {
    let mut asked = Vec::new();
    for file in files {
        let name = file.object.as_encoded_bytes();
        if name.contains(&b'\n') {
            return Err(GitError(format!("{} has a newline in its name", file.path.display())));
        }
        asked.extend_from_slice(name);
        asked.push(b'\n');
    }
    let answered = answered(folder, ["cat-file", "--batch", "--follow-symlinks"], &asked)?;
    let (mut contents, mut rest) = (Vec::new(), answered.as_slice());
    for file in files {
        let unreadable = || GitError(format!("{} cannot be read", file.path.display()));
        let (content, behind) = content(rest).ok_or_else(unreadable)?;
        contents.push(content.to_vec());
        rest = behind;
    }
    Ok(contents)
}

/// The contents of the files that are there of those with these paths, from the root of the repository
/// on; none for each that is not. Git is started once.
pub(crate) fn read_any(
    folder: &Path,
    place: &RepoPath,
    paths: &[PathBuf],
) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    let names: Vec<OsString> = paths.iter().map(|path| named(place, path)).collect();
    let has_newline = names.iter().any(|name| name.as_encoded_bytes().contains(&b'\n'));
    let mut arguments = vec!["cat-file", "--batch", "--follow-symlinks"];
    // Older versions of git do not know it.
    arguments.extend(has_newline.then_some("-z"));
    let end = if has_newline { 0 } else { b'\n' };
    let mut asked = Vec::new();
    for name in &names {
        asked.extend_from_slice(name.as_encoded_bytes());
        asked.push(end);
    }
    let answered = answered(folder, arguments, &asked)?;
    let (mut contents, mut rest) = (Vec::new(), answered.as_slice());
    for (name, path) in names.iter().zip(paths) {
        let unreadable = || GitError(format!("{} cannot be read", path.display()));
        let (one, behind) = match content(rest) {
            Some((content, behind)) => (Some(content.to_vec()), behind),
            None => (None, no_content(rest, name.as_encoded_bytes()).ok_or_else(unreadable)?),
        };
        contents.push(one);
        rest = behind;
    }
    Ok(contents)
}

fn named(place: &RepoPath, path: &Path) -> OsString {
    let mut name = OsString::from(&place.asked);
    name.push(path);
    name
}

/// What follows in the answer of `git cat-file --batch` where there is no file of a name: nothing is
/// there, or a directory, or a link to nothing.
fn no_content<'a>(answer: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = answer.strip_prefix(name) {
        return rest.strip_prefix(b" missing\n");
    }
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let size = str::from_utf8(&answer[..end]).ok()?.rsplit(' ').next()?;
    let start = end + 1;
    answer.get(start.checked_add(size.parse().ok()?)?.checked_add(1)?..)
}

/// The first content in what `git cat-file --batch` prints, and what follows it; none where there is
/// no file of that name, or a link leads to none.
fn content(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let size = str::from_utf8(&answer[..end]).ok()?.split_once(" blob ")?.1;
    let start = end + 1;
    let end = start.checked_add(size.parse().ok()?)?;
    Some((answer.get(start..end)?, answer.get(end + 1..)?))
}

fn git<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Vec<u8>, GitError> {
    answered(folder, arguments, &[])
}

/// What git prints when it reads `input`.
fn answered<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
    input: &[u8],
) -> Result<Vec<u8>, GitError> {
    let unable = |error| GitError(format!("git cannot be run: {error}"));
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
        Err(GitError(format!("git says: {}", shortened(&stderr))))
    }
}

/// What git says of a failure, in its first line that says it.
fn shortened(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let says =
        |line: &str| ["fatal: ", "error: "].into_iter().any(|begins| line.starts_with(begins));
    let line = text.lines().find(|line| says(line)).or(text.lines().next()).unwrap_or("it failed");
    let line = line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")).unwrap_or(line);
    line.chars().take(200).collect()
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_of_a_tree_is_read() {
        let listed =
            b"100644 blob 12ab\ta b/app.toml\x00120000 blob 34cd\tx\ny\x00160000 commit 56ef\tsub\0";
        let files = entries(listed, "main:./");
        let read: Vec<_> = files
            .iter()
            .map(|file| (file.path.to_str().unwrap(), file.object.to_str().unwrap()))
            .collect();
        assert_eq!(read, [("a b/app.toml", "12ab"), ("x\ny", "main:./x\ny")]);
    }

    #[test]
    fn the_contents_of_a_batch_are_taken_apart() {
        let answer = b"12ab blob 3\na\nb\n34cd blob 0\n\n";
        let (first, rest) = content(answer).unwrap();
        assert_eq!((first, rest), (&b"a\nb"[..], &b"34cd blob 0\n\n"[..]));
        assert_eq!(content(rest).unwrap(), (&b""[..], &b""[..]));
        for answer in [&b"x missing\n"[..], b"dangling 3\nx:y\n", b"12ab blob 9\na\n", b""] {
            assert!(content(answer).is_none(), "{answer:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_passed_over() {
        for answer in [
            &b"main:a\nb missing\nrest"[..],
            b"dangling 3\nx:y\nrest",
            b"12ab tree 4\na\n\0\xff\nrest",
        ] {
            assert_eq!(no_content(answer, b"main:a\nb"), Some(&b"rest"[..]), "{answer:?}");
        }
        for answer in [&b""[..], b"main:a\nb", b"main:a\nb ambiguous\n", b"dangling 9\nx:y\n"] {
            assert_eq!(no_content(answer, b"main:a\nb"), None, "{answer:?}");
        }
    }

    #[test]
    fn names_are_taken_apart() {
        for (name, parts) in [
            ("main:apps/app.toml", Some(("main:", "apps/app.toml"))),
            ("main@{12:00}:a:b", Some(("main@{12:00}:", "a:b"))),
            (":app.toml", Some((":", "app.toml"))),
            (":0:app.toml", Some((":0:", "app.toml"))),
            (":7:app.toml", Some((":", "7:app.toml"))),
            ("HEAD^{tree}", None),
        ] {
            assert_eq!(split(name), parts, "{name}");
        }
    }

    #[test]
    fn what_has_changed_since_a_revision() {
        let folder = std::env::temp_dir().join(format!("wigen-git-{}", std::process::id()));
        let (root, outside) = (folder.join("in"), folder.join("out"));
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::create_dir_all(root.join("a")).unwrap();
        let root = root.as_path();
        let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
        let run = |line: &str| git(root, line.split(' ')).unwrap();
        let commit =
            "-c user.name=a -c user.email=a@example.com -c commit.gpgsign=false commit -qam x";
        run("init -q");
        run("config diff.renames copies");
        run("config color.ui always");
        run("config diff.external false");
        for name in [".gitignore", "top", "a/same", "a/changed", "a/gone", "a/moved", "a/staged"] {
            write(name, &format!("ignored\n{name}\n"));
        }
        run("add .");
        run(commit);
        run("tag -a v1 -m x");
        write("a/changed", "more");
        run(commit);
        write("a/staged", "more");
        run("add a/staged");
        run("mv a/moved a/there");
        std::fs::remove_file(root.join("a/gone")).unwrap();
        write("a/new \u{fc}\n*", "new");
        write("a/ignored", "new");
        write("top", "more");
        // Touched, and the same.
        write("a/same", "ignored\na/same\n");
        let changed = |folder: &str, revision| changed_since(&root.join(folder), revision);
        let all = ["changed", "gone", "moved", "new \u{fc}\n*", "staged", "there"];
        assert_eq!(changed("a", "v1").unwrap(), all.map(PathBuf::from));
        let since = changed("", "HEAD").unwrap();
        assert!(since.contains(&PathBuf::from("top")), "{since:?}");
        assert!(!since.contains(&PathBuf::from("a/changed")), "{since:?}");
        for (revision, says) in [
            ("nope", "git says: Not a valid object name nope"),
            ("HEAD:a", "HEAD:a is no revision"),
            ("--output=x", "--output=x is no revision"),
        ] {
            assert_eq!(changed("a", revision).unwrap_err().0, says);
        }
        let error = changed_since(&outside, "HEAD").unwrap_err().0;
        assert!(error.starts_with("git says: not a git repository"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_words_of_git_are_shortened() {
        assert_eq!(shortened(b"trace\nfatal: no such\nhint: x\n"), "no such");
        assert_eq!(shortened(b""), "it failed");
    }
}
