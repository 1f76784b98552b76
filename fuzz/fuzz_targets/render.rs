//! A spec to artifacts that say what it says.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in promises::NAMES {
        if let Some(source) = promises::decoded(name, bytes) {
            promises::rendered(&source);
        }
    }
});
