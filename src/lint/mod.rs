//! The rules of Workload Identity over manifests that wigen did not write. Each rule is one function
//! over all files together.

mod annotations;
mod bindings;
mod key_files;
mod members;
mod network;
mod pods;
mod rejected;
mod release_values;
mod rule;
mod shapes;

use crate::diagnostics::levels::Levels;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic};
use crate::observed::{World, parse_manifests};
use crate::text;
use rule::{Found, Rule};

/// Every rule.
const RULES: &[Rule] = &[
    annotations::misplaced,
    annotations::misspelt,
    annotations::invalid_email,
    annotations::unused_identity,
    annotations::two_identities,
    release_values::annotations,
    shapes::annotations,
    shapes::account_fields,
    pods::missing_account,
    pods::old_account_field,
    pods::host_network,
    pods::node_selector,
    key_files::key_files,
    network::cut_off,
    members::nothing_bound,
    members::missing_condition,
    members::bound_on_project,
    members::deleted,
    members::malformed,
    bindings::misnamed,
    bindings::unpaired,
    rejected::rejected,
];

/// Lints manifests and files of IAM. Returns the diagnostics of each manifest and then of each file
/// of IAM, in the order of the text.
///
/// Objects without a namespace go to `namespace`; without that, they may be in any. Files of IAM are
/// gcloud scripts, or policies in YAML or JSON as `gcloud … get-iam-policy` prints them. The name of
/// a file tells whose policy it is: `EMAIL.json` or `EMAIL.yaml`.
pub fn lint(
    manifests: &[Source],
    iam: &[Source],
    namespace: Option<&str>,
    levels: &Levels,
) -> Vec<Vec<Diagnostic>> {
    let mut found = Found::new();
    let documents = parse_manifests(manifests, &mut found);
    found = found.into_iter().map(with_template_hint).collect();
    let world = World::new(&documents, iam, namespace, &mut found);
    for rule in RULES {
        rule(&world, &mut found);
    }
    let sources: Vec<&Source> = manifests.iter().chain(iam).collect();
    let mut by_file = vec![Vec::new(); sources.len()];
    for mut diagnostic in found {
        let source = diagnostic.place.source.clone();
        let is_in = |file: &&Source| source.as_ref().is_some_and(|source| source.is_same(file));
        let file = sources.iter().position(is_in);
        debug_assert!(file.is_some(), "{} has no file", diagnostic.message);
        // Should a rule ever not say which file, its finding is still reported, with the first one.
        let Some((source, found)) =
            file.or(Some(0)).and_then(|file| sources.get(file).zip(by_file.get_mut(file)))
        else {
            continue;
        };
        for place in diagnostic.places_mut() {
            place.source.take_if(|own| own.is_same(source));
        }
        found.push(diagnostic);
    }
    for (source, found) in sources.into_iter().zip(&mut by_file) {
        text::place_in_stream(source, found);
        levels.apply_levels(found);
    }
    by_file
}

/// Adds a hint if the file is the source of a chart, which is no manifest yet.
fn with_template_hint(error: Diagnostic) -> Diagnostic {
    let is_template = error.code == Code::SYNTAX
        && error.place.source.as_ref().is_some_and(|source| source.text().contains("{{"));
    if is_template && error.help.is_none() {
        error.help("this looks like a template; render it first: `helm template … | wigen lint -`")
    } else {
        error
    }
}
