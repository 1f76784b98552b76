//! The rules of Workload Identity over manifests that wigen did not write. Each rule is one function
//! over all files together.

mod annotations;
mod cluster;
mod connector;
mod kustomizations;
mod members;
mod rejected;
mod release_values;
mod rule;
mod scripts;
mod shapes;

use std::collections::HashSet;

use crate::chain::observe_world;
use crate::diagnostics::levels::Levels;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, Severity};
use crate::observed::{World, is_embedded, parse_manifests};
use crate::text;
use rule::{Found, Rule};

/// Every rule.
const RULES: &[Rule] = &[
    annotations::misplaced,
    annotations::misspelt,
    annotations::unused_identity,
    annotations::two_identities,
    release_values::annotations,
    chains,
    members::nothing_bound,
    scripts::unread,
    scripts::repeated_flags,
    scripts::pools,
    scripts::annotations,
    scripts::accounts,
    scripts::namespaces,
    members::missing_condition,
    members::bound_on_project,
    members::deleted,
    members::malformed,
    members::roles,
    cluster::metadata_server,
    connector::references,
    kustomizations::names,
    rejected::rejected,
];

/// Lints manifests and files of IAM. Returns the diagnostics of each manifest and then of each file
/// of IAM, in the order of the text.
///
/// Objects without a namespace go to `namespace`; without that, they may be in any. Files of IAM are
/// scripts with commands of gcloud, what `gcloud … get-iam-policy` and `gcloud … describe` print, objects of
/// Config Connector, and what `terraform show -json` prints. The name of a file tells whose policy it is:
/// `EMAIL.json` or `EMAIL.yaml`.
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
    dedup(&mut found);
    weaken_defaults(&world, &mut found);
    let sources: Vec<&Source> = manifests.iter().chain(iam).collect();
    let mut by_file = vec![Vec::new(); sources.len()];
    for mut diagnostic in found {
        // A string is one value of the file.
        diagnostic.fix.take_if(|_| is_embedded(&diagnostic.place.pointer));
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

/// The findings of the chains of all pods and ServiceAccounts.
fn chains(world: &World<'_>, found: &mut Found) {
    observe_world(world, &mut |chain| {
        found.extend(chain.links.into_iter().flat_map(|link| link.findings));
    });
}

/// Makes warnings of errors that rest on a default value in a script: whoever runs it may set another.
fn weaken_defaults(world: &World<'_>, found: &mut Found) {
    let by_default = world.bindings.iter().filter(|binding| binding.is_by_default);
    let places: Vec<&Location> = by_default.flat_map(|it| [&it.place, &it.role_place]).collect();
    if places.is_empty() {
        return;
    }
    for one in found.iter_mut().filter(|one| one.severity == Severity::Error) {
        if one.places_mut().any(|place| places.contains(&&*place)) {
            one.severity = Severity::Warning;
            one.message += ", by a default value";
        }
    }
}

/// Keeps of equal findings the first: pods with the same ServiceAccount share those of the account.
fn dedup(found: &mut Found) {
    let mut known = HashSet::new();
    found.retain(|one| {
        let source = one.place.source.as_ref().map(|source| source.name().to_owned());
        let place = (source, one.place.pointer.clone(), one.place.span.clone());
        known.insert((place, one.code, one.message.clone()))
    });
}

/// Adds a hint if the file is the source of a chart, which is not a manifest yet.
fn with_template_hint(error: Diagnostic) -> Diagnostic {
    let is_template = error.code == Code::SYNTAX
        && error.place.source.as_ref().is_some_and(|source| source.text().contains("{{"));
    if is_template && error.help.is_none() {
        error.help("this looks like a template; render it first: `helm template … | wigen lint -`")
    } else {
        error
    }
}
