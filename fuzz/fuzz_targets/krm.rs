//! A call by Kustomize or kpt, and the objects of others in it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    promises::function(text);
});
