//! A spec as an object of Kubernetes, and the flat spec that it means.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["app.yaml", "app.json"] {
        if let Some(source) = promises::decoded(name, bytes) {
            promises::enveloped(&source);
        }
    }
});
