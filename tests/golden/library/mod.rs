//! What the library promises to programs.

mod defaults;
mod fixes;
mod kubernetes;
mod resources;
mod settings;
mod shapes;

use crate::support::trials::Topic;

pub(crate) fn topic() -> Topic {
    let all = [
        defaults::all(),
        fixes::all(),
        kubernetes::all(),
        resources::all(),
        settings::all(),
        shapes::all(),
    ];
    Topic::new(
        "library",
        "the library reads, checks and corrects specs as documented",
        all.into_iter().flatten().collect(),
    )
}
