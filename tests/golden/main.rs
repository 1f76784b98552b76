//! What wigen renders from the files in `golden`, and what holds for every input.
//!
//! `WIGEN_UPDATE=1 cargo test --test golden` writes what is expected; read the difference before you
//! commit it. A filter is a part of a name, such as `lint` or `lint/good-keys`.

mod cases;
mod changes;
mod config_connector;
mod documented;
mod formats;
mod krm;
mod library;
mod lint;
mod mutations;
#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub, reason = "the fuzz targets use the rest")]
mod promises;
mod properties;
mod published;
mod show;
#[path = "../support/mod.rs"]
mod support;
mod templates;
mod who;
mod workspaces;

fn main() {
    support::trials::run(
        "golden",
        vec![
            mutations::topic(),
            properties::topic(),
            cases::topic(),
            changes::topic(),
            config_connector::topic(),
            documented::topic(),
            formats::topic(),
            krm::topic(),
            library::topic(),
            lint::topic(),
            published::topic(),
            show::topic(),
            templates::topic(),
            who::topic(),
            workspaces::topic(),
        ],
    )
}
