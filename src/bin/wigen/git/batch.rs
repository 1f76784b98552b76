//! Contents of many files at once, from `git cat-file --batch`.

use std::ffi::OsStr;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::command::{GitError, run_with_input};
use super::object::RepoPath;
use super::tree::TreeEntry;
use crate::bounded::read_all;

/// The contents of files, in their order. Git is started once.
pub(crate) fn read(directory: &Path, files: &[TreeEntry]) -> Result<Vec<Vec<u8>>, GitError> {
    let names = files.iter().map(|file| (file.object.as_os_str(), file.path.as_path()));
    let contents = read_batch(directory, &names.collect::<Vec<_>>())?;
    let content = |(content, file): (Option<Vec<u8>>, &TreeEntry)| {
        content.ok_or_else(|| unreadable(&file.path, "it is a link that leads to no file"))
    };
    contents.into_iter().zip(files).map(content).collect()
}

/// The contents of files of one revision; `None` for each that does not exist. Git is started once.
pub(crate) fn read_existing(
    directory: &Path,
    revision: &RepoPath,
    paths: &[PathBuf],
) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    let names: Vec<_> = paths.iter().map(|path| revision.object_name(path)).collect();
    let names = names.iter().map(AsRef::as_ref).zip(paths.iter().map(PathBuf::as_path));
    read_batch(directory, &names.collect::<Vec<_>>())
}

/// The contents of files, each of them a name for git and one for messages.
fn read_batch(
    directory: &Path,
    files: &[(&OsStr, &Path)],
) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    let has_newline = files.iter().any(|(name, _)| name.as_encoded_bytes().contains(&b'\n'));
    let mut arguments = vec!["cat-file", "--batch", "--follow-symlinks"];
    // Older versions of git do not know `-z`.
    arguments.extend(has_newline.then_some("-z"));
    let end: &[u8] = if has_newline { b"\0" } else { b"\n" };
    let input: Vec<u8> =
        files.iter().flat_map(|(name, _)| [name.as_encoded_bytes(), end].concat()).collect();
    run_with_input(directory, arguments, &input, |output| {
        let read = |(name, path): &(&OsStr, &Path)| {
            next_content(output, name).map_err(|error| unreadable(path, error))
        };
        files.iter().map(read).collect()
    })
}

fn unreadable(path: &Path, why: impl std::fmt::Display) -> GitError {
    GitError(format!("cannot read {}: {why}", path.display()))
}

/// The next content in git's output; `None` where there is no such file, or a link leads to none.
fn next_content(output: &mut (impl BufRead + ?Sized), name: &OsStr) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    output.read_until(b'\n', &mut line)?;
    let missing = [name.as_encoded_bytes(), b" missing\n"].concat();
    // The name may have newlines.
    if let Some(rest) = missing.strip_prefix(line.as_slice())
        && !line.is_empty()
    {
        let mut read = vec![0; rest.len()];
        output.read_exact(&mut read)?;
        return if read == rest { Ok(None) } else { Err(not_understood()) };
    }
    let head = str::from_utf8(&line).ok().and_then(|line| line.trim_end().rsplit_once(' '));
    let (what, size) = head.ok_or_else(not_understood)?;
    let size: u64 = size.parse().map_err(|_| not_understood())?;
    let is_file = what.ends_with(" blob");
    let content = if is_file { read_all(output.take(size), size)? } else { Vec::new() };
    let skipped = if is_file { 1 } else { size.saturating_add(1) };
    let read = content.len() as u64 + io::copy(&mut output.take(skipped), &mut io::sink())?;
    if read != size.saturating_add(1) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(is_file.then_some(content))
}

fn not_understood() -> io::Error {
    io::Error::other("what git prints is not understood")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(name: &str, mut output: &[u8], count: usize) -> io::Result<Vec<Option<Vec<u8>>>> {
        (0..count).map(|_| next_content(&mut output, OsStr::new(name))).collect()
    }

    #[test]
    fn contents_of_a_batch_are_split() {
        let output = b"12ab blob 3\na\nb\nmain:a\nb missing\ndangling 3\nx:y\n12ab tree 4\na\n\0\xff\n34cd blob 0\n\n";
        let read = contents("main:a\nb", output, 5).unwrap();
        assert_eq!(read, [Some(b"a\nb".to_vec()), None, None, None, Some(Vec::new())]);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for output in [
            &b""[..],
            b"main:a\nb",
            b"main:a\nb ambiguous\n",
            b"dangling 9\nx:y\n",
            b"12ab blob 9\na\n",
            b"12ab blob 18446744073709551615\na\n",
            b"12ab tree 18446744073709551615\na\n",
        ] {
            assert!(contents("main:a\nb", output, 1).is_err(), "{output:?}");
        }
    }
}
