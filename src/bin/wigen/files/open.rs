//! Opens files to read. Only a regular file is opened, wherever its path comes from, and no link in a checkout
//! leads out of it.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

use super::checkout::check_links;
use super::system;
use crate::bounded::read_all;

pub(super) fn open(path: &Path) -> io::Result<File> {
    open_with_size(path).map(|(file, _)| file)
}

fn open_with_size(path: &Path) -> io::Result<(File, u64)> {
    // A device may react to being opened.
    require_regular(&fs::metadata(path).map_err(|error| explain(path, error))?)?;
    let file = if let Ok(file) = system::open_without_links(path, true) {
        file
    } else {
        check_links(path)?;
        system::open(path)?
    };
    let metadata = file.metadata()?;
    require_regular(&metadata)?;
    Ok((file, metadata.len()))
}

pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let (file, size) = open_with_size(path)?;
    read_all(file, size)
}

/// Whether there is anything to open but a directory; opening it may fail, as that of a link that leads nowhere does.
pub(super) fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|found| !found.is_dir() && (!found.is_symlink() || !path.is_dir()))
}

fn explain(path: &Path, error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound && path.is_symlink() {
        return io::Error::new(error.kind(), "it is a link that leads to no file");
    }
    error
}

fn require_regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let kind = special_type(metadata);
    Err(io::Error::other(format!("it is a {kind}, not a regular file")))
}

#[cfg(unix)]
fn special_type(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match metadata.file_type() {
        special if special.is_fifo() => "FIFO",
        special if special.is_socket() => "socket",
        _ => "device",
    }
}

#[cfg(not(unix))]
fn special_type(_: &Metadata) -> &'static str {
    "device"
}
