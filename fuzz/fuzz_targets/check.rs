//! Schema and rules, over one text in every language.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in promises::NAMES {
        if let Some(source) = promises::decoded(name, bytes) {
            promises::checked(&source);
        }
    }
});
