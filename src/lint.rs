//! The rules of Workload Identity over manifests that wigen did not write: one function for each
//! rule, over all files together.
//!
//! A place is a pointer whose first step is the number of the document in its file.

mod accounts;
mod iam;
mod keys;
mod near;
mod network;
mod objects;
mod pods;

use crate::diagnostics::levels::Policy;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Place};
use crate::spec::types;
use crate::text;
use iam::Iam;
use objects::Objects;

/// What is found: in which file, and what.
type Found = Vec<(usize, Diagnostic)>;

/// A rule: what it finds in the manifests.
type Rule = fn(&Objects<'_>, &mut Found);

/// Every rule.
const RULES: &[Rule] = &[
    accounts::places,
    accounts::keys,
    accounts::emails,
    accounts::unused,
    accounts::twice,
    pods::accounts,
    pods::old_field,
    pods::host_network,
    keys::files,
    pods::node_selector,
    network::policies,
    iam::wide,
    iam::deleted,
    iam::forms,
    iam::members,
    iam::pairs,
];

/// Everything that the rules find: for each manifest and then for each file of `iam` its
/// diagnostics, in the order of the text.
///
/// `namespace` is where objects go that name none; without it they may be in any. Files of `iam` are
/// gcloud scripts, or policies in YAML or JSON as `gcloud … get-iam-policy` prints them; the policy
/// of a service account is told by its file's name, `EMAIL.json` or `EMAIL.yaml`.
pub fn lint(
    manifests: &[Source],
    iam: &[Source],
    namespace: Option<&str>,
    policy: &Policy,
) -> Vec<Vec<Diagnostic>> {
    let mut all: Vec<Vec<Diagnostic>> = Vec::new();
    let mut documents = Vec::new();
    for source in manifests {
        let (read, found) = match text::parse_stream(source) {
            Ok(read) => (read, Vec::new()),
            Err(found) => (Vec::new(), found.into_iter().map(|one| hinted(source, one)).collect()),
        };
        documents.push(read);
        all.push(found);
    }
    all.resize_with(manifests.len() + iam.len(), Vec::new);
    let mut found = Found::new();
    let nothing = Iam::default();
    let sources = manifests.iter().chain(iam).collect();
    let mut objects = Objects::of(sources, &documents, namespace, &nothing);
    let bound = iam::read(&objects, iam, manifests.len(), &mut found);
    objects.join(&bound);
    for rule in RULES {
        rule(&objects, &mut found);
    }
    for (file, diagnostic) in found {
        all[file].push(diagnostic);
    }
    for (source, found) in manifests.iter().chain(iam).zip(&mut all) {
        text::place_in_stream(source, found);
        policy.apply(&types::Lint::default(), found);
    }
    all
}

/// The source of a chart is no manifest yet.
fn hinted(source: &Source, found: Diagnostic) -> Diagnostic {
    let is_template = found.code == Code::Syntax && source.text().contains("{{");
    if is_template && found.help.is_none() {
        found.help("this looks like a template: render it first, `helm template … | wigen lint -`")
    } else {
        found
    }
}

/// The place of a value below an object.
fn below(pointer: &str, path: &str) -> Place {
    Place::value(format!("{pointer}{path}"))
}

/// The key of an entry of a map below an object.
fn key_below(pointer: &str, path: &str, key: &str) -> Place {
    Place::key(format!("{pointer}{path}/{}", key.replace('~', "~0").replace('/', "~1")))
}
