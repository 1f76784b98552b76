//! wigen under Kustomize, kubectl and kpt: the real tools in the versions at hand, and by every route
//! the same objects, the same errors, and nothing touched that is not wigen's.

mod apps;
mod commands;
mod errors;
mod examples;
mod explain;
mod foreign;
mod kustomize;
mod many;
mod members;
mod objects;
mod place;
mod protocol;
mod same;
mod tools;
mod transformer;
mod ways;

use crate::support::trials::Topic;

pub(crate) fn topic() -> Topic {
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
        explain::trials(),
    ];
    Topic::new(
        "routes",
        format!(
            "each way to run wigen under Kustomize, kubectl and kpt gives the same objects and errors \
             ({} apps in one call)",
            many::count()
        ),
        trials.into_iter().flatten().collect(),
    )
}
