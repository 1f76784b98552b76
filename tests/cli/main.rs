//! The program as its users meet it: the command line, git, and the rendered script.

mod commands;
mod documentation;
mod files;
mod findings;
mod fleet;
mod hostile;
mod layers;
mod many;
mod prune;
mod revisions;
mod script;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod variables;

fn main() {
    support::trials::run(
        "cli",
        vec![
            hostile::topic(),
            commands::topic(),
            documentation::topic(),
            files::topic(),
            findings::topic(),
            fleet::topic(),
            layers::topic(),
            many::topic(),
            prune::topic(),
            revisions::topic(),
            script::topic(),
            settings::topic(),
            variables::topic(),
        ],
    )
}
