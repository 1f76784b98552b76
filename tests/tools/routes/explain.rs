//! The pages of `wigen explain` about Kustomize: their examples build, warn or fail as they say.

use crate::support::trials::Trial;
use wigen::diagnostics::Code;

use super::place::Place;
use super::tools::{Builder, builders, by_builder};

pub(crate) fn trials() -> Vec<Trial> {
    let modern = builders().iter().filter(|builder| !builder.legacy);
    modern.map(|builder| by_builder(builder, "what_explain_shows_is_so", shown)).collect()
}

fn shown(builder: &Builder) {
    let mut count = 0;
    for code in Code::ALL.iter().filter(|code| code.explanation().is_kustomization()) {
        let page = code.explanation();
        let (files, said) = page.example.split_once("\n# kustomize build says:\n# ").unwrap();
        let place = written(files);
        let message = if said.starts_with("wigen: warning") {
            let (exit, _, message) = builder.build(&place, "dir");
            assert_eq!(exit, Some(0), "{message}");
            message
        } else {
            builder.failure(&place, "dir")
        };
        assert_eq!(message.lines().next(), Some(said), "{}", code.as_str());
        assert!(said.contains(&format!("[{}]", code.as_str())), "{said}");
        builder.objects(&written(page.instead), "dir");
        count += 1;
    }
    assert_eq!(count, 5);
}

/// The files of an example, each after a line with its name.
fn written(files: &str) -> Place {
    let place = Place::new();
    for file in files.strip_prefix("# ").unwrap().split("\n# ") {
        let (name, text) = file.split_once('\n').unwrap();
        place.write(&format!("dir/{name}"), text);
    }
    place
}
