//! Bytes to text, text to values, values to places: in every language, and as a stream of manifests.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in promises::NAMES {
        if let Some(source) = promises::decoded(name, bytes) {
            promises::located(&source);
            let _ = wigen::text::parse_stream(&source);
        }
    }
});
