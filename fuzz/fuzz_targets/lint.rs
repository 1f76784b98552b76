//! Manifests that wigen did not write, with what IAM has.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    promises::linted("manifests.yaml", text);
    promises::linted("manifests.json", text);
});
