//! Rendered scripts and the real gcloud before a Google Cloud in memory, and pods before a metadata
//! server: the one test program with HTTP servers.

mod chain;
mod cloud;
mod fidelity;
mod formats;
mod golden_case;
mod metadata;
mod scenarios;
#[path = "../support/mod.rs"]
mod support;
mod terraform;

fn main() {
    cloud::forked::answer_as_gcloud();
    support::trials::run(
        "google",
        vec![
            fidelity::topic(),
            scenarios::topic(),
            metadata::topic(),
            formats::topic(),
            terraform::topic(),
            chain::topic(),
        ],
    )
}
