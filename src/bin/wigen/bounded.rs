//! Reads no more than what has any use: of files, of standard input, and of what git prints.

use std::io::{self, Read};

/// Larger files are refused.
const MAX_BYTES: u64 = 256 << 20;

/// Reads all of a stream, whose size is expected to be `size`.
pub(crate) fn read_all(stream: impl Read, size: u64) -> io::Result<Vec<u8>> {
    let too_large = || io::Error::other(format!("it is larger than {} MiB", MAX_BYTES >> 20));
    if size > MAX_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    stream.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large()) } else { Ok(bytes) }
}
