//! Contents of many files at once, from `git cat-file --batch`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::command::{GitError, run_with_input};
use super::object::RepoPath;
use super::tree::TreeEntry;

/// The contents of files, in their order. Git is started once.
pub(crate) fn read(directory: &Path, files: &[TreeEntry]) -> Result<Vec<Vec<u8>>, GitError> {
    let mut input = Vec::new();
    for file in files {
        let name = file.object.as_encoded_bytes();
        if name.contains(&b'\n') {
            return Err(GitError(format!("{} has a newline in its name", file.path.display())));
        }
        input.extend_from_slice(name);
        input.push(b'\n');
    }
    let output = run_with_input(directory, ["cat-file", "--batch", "--follow-symlinks"], &input)?;
    let mut rest = output.as_slice();
    let read = |file: &TreeEntry| {
        let (content, behind) = next_content(rest).ok_or_else(|| unreadable(&file.path))?;
        rest = behind;
        Ok(content.to_vec())
    };
    files.iter().map(read).collect()
}

/// The contents of files of one revision; `None` for each that does not exist. Git is started once.
pub(crate) fn read_existing(
    directory: &Path,
    revision: &RepoPath,
    paths: &[PathBuf],
) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    let names: Vec<_> = paths.iter().map(|path| revision.object_name(path)).collect();
    let has_newline = names.iter().any(|name| name.as_encoded_bytes().contains(&b'\n'));
    let mut arguments = vec!["cat-file", "--batch", "--follow-symlinks"];
    // Older versions of git do not know `-z`.
    arguments.extend(has_newline.then_some("-z"));
    let end: &[u8] = if has_newline { b"\0" } else { b"\n" };
    let input: Vec<u8> =
        names.iter().flat_map(|name| [name.as_encoded_bytes(), end].concat()).collect();
    let output = run_with_input(directory, arguments, &input)?;
    let mut rest = output.as_slice();
    let read = |(name, path): (&std::ffi::OsString, &PathBuf)| {
        let (content, behind) = match next_content(rest) {
            Some((content, behind)) => (Some(content.to_vec()), behind),
            None => (None, skip_missing(rest, name).ok_or_else(|| unreadable(path))?),
        };
        rest = behind;
        Ok(content)
    };
    names.iter().zip(paths).map(read).collect()
}

fn unreadable(path: &Path) -> GitError {
    GitError(format!("{} cannot be read", path.display()))
}

/// The first content in git's output, and the rest; `None` where there is no such file, or a link leads
/// to none.
fn next_content(output: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let size = str::from_utf8(&output[..end]).ok()?.split_once(" blob ")?.1;
    let start = end + 1;
    let end = start.checked_add(size.parse().ok()?)?;
    Some((output.get(start..end)?, output.get(end + 1..)?))
}

/// The output behind an entry that is no file: it is missing, a directory, or a link to nothing.
fn skip_missing<'a>(output: &'a [u8], name: &OsStr) -> Option<&'a [u8]> {
    if let Some(rest) = output.strip_prefix(name.as_encoded_bytes()) {
        return rest.strip_prefix(b" missing\n");
    }
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let size = str::from_utf8(&output[..end]).ok()?.rsplit(' ').next()?;
    let start = end + 1;
    output.get(start.checked_add(size.parse().ok()?)?.checked_add(1)?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_of_a_batch_are_split() {
        let output = b"12ab blob 3\na\nb\n34cd blob 0\n\n";
        let (first, rest) = next_content(output).unwrap();
        assert_eq!((first, rest), (&b"a\nb"[..], &b"34cd blob 0\n\n"[..]));
        assert_eq!(next_content(rest).unwrap(), (&b""[..], &b""[..]));
        for output in [&b"x missing\n"[..], b"dangling 3\nx:y\n", b"12ab blob 9\na\n", b""] {
            assert!(next_content(output).is_none(), "{output:?}");
        }
    }

    #[test]
    fn missing_files_are_skipped() {
        let name = OsStr::new("main:a\nb");
        for output in [
            &b"main:a\nb missing\nrest"[..],
            b"dangling 3\nx:y\nrest",
            b"12ab tree 4\na\n\0\xff\nrest",
        ] {
            assert_eq!(skip_missing(output, name), Some(&b"rest"[..]), "{output:?}");
        }
        for output in [&b""[..], b"main:a\nb", b"main:a\nb ambiguous\n", b"dangling 9\nx:y\n"] {
            assert_eq!(skip_missing(output, name), None, "{output:?}");
        }
    }
}
