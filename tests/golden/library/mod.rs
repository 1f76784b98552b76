//! What the library promises to programs.

mod conflicts;
mod defaults;
mod envelope;
mod environments;
mod fixes;
mod kubernetes;
mod names;
mod resources;
mod rules;
mod settings;
mod shapes;
mod text;

use crate::support::trials::Topic;

pub(crate) fn topic() -> Topic {
    let all = [
        conflicts::all(),
        defaults::all(),
        environments::all(),
        envelope::all(),
        fixes::all(),
        kubernetes::all(),
        names::all(),
        resources::all(),
        rules::all(),
        settings::all(),
        shapes::all(),
        text::all(),
    ];
    Topic::new(
        "library",
        "the library reads, checks and corrects specs as documented",
        all.into_iter().flatten().collect(),
    )
}
