//! wigen under Kustomize, kubectl and kpt: the real tools in the versions at hand, and by every route
//! the same objects, the same errors, and nothing touched that is not wigen's.

mod apps;
mod commands;
mod errors;
mod examples;
mod foreign;
mod kustomize;
mod many;
mod members;
mod objects;
mod place;
mod protocol;
mod same;
#[path = "../support/mod.rs"]
mod support;
mod tools;
mod transformer;
mod ways;

use libtest_mimic::Arguments;

fn main() {
    let arguments = Arguments::from_args();
    let trials = [
        same::trials(),
        errors::trials(),
        kustomize::trials(),
        many::trials(),
        members::trials(),
        transformer::trials(),
        foreign::trials(),
        protocol::trials(),
        commands::trials(),
        examples::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}
