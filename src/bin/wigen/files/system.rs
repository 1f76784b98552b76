//! What the operating system can do and the standard library has no function for.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file to read. It never waits for the other end of a FIFO.
#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Opens a path that has no link; an error says nothing about the others.
#[cfg(target_os = "linux")]
pub(super) fn open_without_links(path: &Path, is_read: bool) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    let flags = if is_read { OFlags::NONBLOCK | OFlags::NOCTTY } else { OFlags::PATH };
    let flags = flags | OFlags::CLOEXEC;
    Ok(openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)?.into())
}

/// The file at each path moves to the other path, in one step.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

/// Moves a file to a path where none is.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

/// Whether a process of this machine is running.
#[cfg(unix)]
pub(super) fn is_running(process: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| test_kill_process(process) != Err(Errno::SRCH))
}

/// What tells this machine, or container, from others: process IDs mean nothing elsewhere.
#[cfg(unix)]
pub(super) fn machine() -> Vec<u8> {
    let mut machine = rustix::system::uname().nodename().to_bytes().to_vec();
    if let Ok(namespace) = std::fs::read_link("/proc/self/ns/pid") {
        machine.extend(namespace.into_os_string().into_encoded_bytes());
    }
    machine
}

/// Whether this process was started with a signal ignored, where the system says so.
pub(super) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.unwrap_or_default() >> (signal - 1) & 1 == 1
}

#[cfg(not(unix))]
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn open_without_links(_: &Path, _: bool) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(super) fn rename_new(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(super) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
pub(super) fn is_running(_: u32) -> bool {
    true
}

#[cfg(not(unix))]
pub(super) fn machine() -> Vec<u8> {
    Vec::new()
}
