//! Lists the files of a revision, and those that changed since one.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::command::{GitError, os_string, run};
use super::object::{ObjectType, object_type};

/// A file of a revision.
#[derive(Debug)]
pub(crate) struct TreeEntry {
    /// Its path below the directory that was listed.
    pub(crate) path: PathBuf,
    /// Git's name for its content.
    pub(super) object: OsString,
}

impl TreeEntry {
    /// A file with a name such as `main:apps/books/app.toml`.
    pub(crate) fn named(name: &str) -> Self {
        Self { path: PathBuf::from(name), object: name.into() }
    }
}

/// The files below a directory of the working tree, as they were at a revision; with `name`, only that
/// one. Empty where the directory did not exist.
pub(crate) fn files_at(
    directory: &Path,
    revision: &str,
    name: Option<&OsStr>,
) -> Result<Vec<TreeEntry>, GitError> {
    let mut arguments: Vec<&OsStr> = ["ls-tree", "-r", "-z", revision].map(OsStr::new).to_vec();
    if let Some(name) = name {
        arguments.extend([OsStr::new("--"), name]);
    }
    let listed = run(directory, arguments)?;
    Ok(parse_tree(&listed, &format!("{revision}:./")))
}

/// The files below an object such as `main:apps`.
pub(crate) fn files_below(directory: &Path, object: &str) -> Result<Vec<TreeEntry>, GitError> {
    let listed = run(directory, ["ls-tree", "-r", "-z", "--full-tree", object])?;
    let separator = match object.chars().last() {
        Some('/' | ':') => "",
        _ if object.contains(':') => "/",
        _ => ":",
    };
    Ok(parse_tree(&listed, &format!("{object}{separator}")))
}

/// Every path below `root` that differs from a revision, relative to `root` and sorted: changed, new or
/// gone (for a moved file, both paths), in commits since, in the index or in the working tree. Untracked
/// files count unless they are ignored.
pub(crate) fn changed_since(root: &Path, revision: &str) -> Result<Vec<PathBuf>, GitError> {
    if object_type(root, revision)? != ObjectType::Revision {
        return Err(GitError(format!("{revision} is not a revision")));
    }
    let options = ["--name-only", "-z", "--relative", "--no-renames", "--ignore-submodules=none"];
    let mut changed = run(root, ["diff"].into_iter().chain(options).chain([revision, "--"]))?;
    changed.extend(run(root, ["ls-files", "--others", "--exclude-standard", "-z"])?);
    let paths = changed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    let mut paths: Vec<PathBuf> = paths.map(|path| os_string(path).into()).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Parses the output of `git ls-tree -z`. A symbolic link is read by its name, below `prefix`, so that git
/// follows it.
fn parse_tree(listed: &[u8], prefix: &str) -> Vec<TreeEntry> {
    let entry = |line: &[u8]| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let (head, path) = (str::from_utf8(&line[..tab]).ok()?, os_string(&line[tab + 1..]));
        let mut head = head.split(' ');
        let (mode, object_type, id) = (head.next()?, head.next()?, head.next()?);
        let object = if mode == "120000" {
            let mut name = OsString::from(prefix);
            name.push(&path);
            name
        } else {
            id.into()
        };
        // Anything but a blob is a submodule.
        (object_type == "blob").then(|| TreeEntry { path: path.into(), object })
    };
    listed.split(|byte| *byte == 0).filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_parsed() {
        let listed =
            b"100644 blob 12ab\ta b/app.toml\x00120000 blob 34cd\tx\ny\x00160000 commit 56ef\tsub\0";
        let files = parse_tree(listed, "main:./");
        let read: Vec<_> = files
            .iter()
            .map(|file| (file.path.to_str().unwrap(), file.object.to_str().unwrap()))
            .collect();
        assert_eq!(read, [("a b/app.toml", "12ab"), ("x\ny", "main:./x\ny")]);
    }

    #[test]
    fn changes_since_a_revision_are_found() {
        let directory = std::env::temp_dir().join(format!("wigen-git-{}", std::process::id()));
        let (root, outside) = (directory.join("in"), directory.join("out"));
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::create_dir_all(root.join("a")).unwrap();
        let root = root.as_path();
        let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
        let git = |line: &str| run(root, line.split(' ')).unwrap();
        let commit =
            "-c user.name=a -c user.email=a@example.com -c commit.gpgsign=false commit -qam x";
        git("init -q");
        git("config diff.renames copies");
        git("config color.ui always");
        git("config diff.external false");
        for name in [".gitignore", "top", "a/same", "a/changed", "a/gone", "a/moved", "a/staged"] {
            write(name, &format!("ignored\n{name}\n"));
        }
        git("add .");
        git(commit);
        git("tag -a v1 -m x");
        write("a/changed", "more");
        git(commit);
        write("a/staged", "more");
        git("add a/staged");
        git("mv a/moved a/there");
        std::fs::remove_file(root.join("a/gone")).unwrap();
        write("a/new \u{fc}\n*", "new");
        write("a/ignored", "new");
        write("top", "more");
        // Touched, and the same.
        write("a/same", "ignored\na/same\n");
        let changed = |below: &str, revision| changed_since(&root.join(below), revision);
        let all = ["changed", "gone", "moved", "new \u{fc}\n*", "staged", "there"];
        assert_eq!(changed("a", "v1").unwrap(), all.map(PathBuf::from));
        let since = changed("", "HEAD").unwrap();
        assert!(since.contains(&PathBuf::from("top")), "{since:?}");
        assert!(!since.contains(&PathBuf::from("a/changed")), "{since:?}");
        for (revision, message) in [
            ("nope", "git says: Not a valid object name nope"),
            ("HEAD:a", "HEAD:a is not a revision"),
            ("--output=x", "--output=x is not a revision"),
        ] {
            assert_eq!(changed("a", revision).unwrap_err().0, message);
        }
        let error = changed_since(&outside, "HEAD").unwrap_err().0;
        assert!(error.starts_with("git says: not a git repository"), "{error}");
        std::fs::remove_dir_all(directory).unwrap();
    }
}
