//! `wigen diff`: what changes between specs, in files or at revisions of git.

mod operand;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};
use std::path::Path;

use wigen::diagnostics::Dedup;
use wigen::model::diff::{self, Resolved};
use wigen::report::{self, Compared, Style};

use super::console::{eprintln, has_colour, print};
use super::outcome::Outcome;
use super::reporter::Reporter;
use crate::cli::{ChangeFormat, GlobalArgs, Options};
use crate::files::{Failure, Member, Membership, Selection};
use operand::Specs;

pub(super) struct DiffArgs<'a> {
    pub(super) environment: Option<&'a str>,
    pub(super) format: ChangeFormat,
    pub(super) exit_code: bool,
}

/// The old and the new state of one app.
type Pair<T> = (Option<T>, Option<T>);

pub(super) fn diff(
    old: &Path,
    new: Option<&Path>,
    args: &DiffArgs<'_>,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let (old, new) = operand::parse(old, new)?;
    let (mut old_side, mut new_side) = (Selection::default(), Selection::default());
    let pairs = match (old.read(&new, &mut old_side)?, new.read(&old, &mut new_side)?) {
        (Specs::One(None), Specs::One(None)) => return Err(operand::no_specs(&old, &new)),
        (Specs::One(old), Specs::One(new)) => vec![(old.map(|it| *it), new.map(|it| *it))],
        (Specs::Many(old_specs), Specs::Many(new_specs)) => {
            if old_specs.is_empty() && new_specs.is_empty() {
                return Err(operand::no_specs(&old, &new));
            }
            match_by_path(old_specs, new_specs)
        }
        _ => {
            return Err(Failure::new(
                "one of OLD and NEW is a spec and the other a directory; name two of a kind",
            ));
        }
    };
    let mut reporter = Reporter::new(global);
    report_invalid(&old_side, &new_side, &mut reporter);
    let (mut resolved, mut once) = (Vec::new(), Dedup::default());
    for (old, new) in pairs {
        let mut resolve = |member: Option<Member>, side| {
            member.and_then(|member| resolve(&member, side, args, &mut reporter, &mut once))
        };
        let old = resolve(old, &old_side);
        let new = resolve(new, &new_side);
        resolved.push((old, new));
    }
    if reporter.finish("nothing was compared") == Outcome::Invalid {
        return Ok(Outcome::Invalid);
    }
    let compared: Vec<Compared> = match_moved(resolved).iter().map(compare).collect();
    let changed = compared.iter().any(|one| !one.changes.is_empty());
    print_changes(&compared, args.format, global)?;
    if global.verbose && !changed {
        eprintln("nothing changes");
    }
    Ok(if changed && args.exit_code { Outcome::Changed } else { Outcome::Done })
}

/// Reports the workspaces that are invalid; once if both sides are in one.
fn report_invalid(old: &Selection, new: &Selection, reporter: &mut Reporter) {
    let mut names = BTreeSet::new();
    for (source, found) in old.invalid.iter().chain(&new.invalid) {
        if names.insert(source.name()) {
            reporter.report(source, found);
        }
    }
}

fn print_changes(
    compared: &[Compared],
    format: ChangeFormat,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    let style = Style { colour: has_colour(global, io::stdout().is_terminal()), ..Style::PLAIN };
    let shown = compared.iter().map(|one| match format {
        ChangeFormat::Human => report::changes(one, style),
        ChangeFormat::Json => report::changes_json(one),
    });
    let shown: Vec<String> = shown.filter(|text| !text.is_empty()).collect();
    print(&shown.join(if format == ChangeFormat::Human { "\n" } else { "" }))
}

/// Pairs specs of the same path, in the order of the paths.
fn match_by_path(
    old: BTreeMap<String, Member>,
    new: BTreeMap<String, Member>,
) -> Vec<Pair<Member>> {
    let mut pairs: BTreeMap<String, Pair<Member>> = BTreeMap::new();
    pairs.extend(old.into_iter().map(|(path, spec)| (path, (Some(spec), None))));
    for (path, spec) in new {
        pairs.entry(path).or_default().1 = Some(spec);
    }
    pairs.into_values().collect()
}

/// A spec with everything that is derived from it.
struct ResolvedSpec {
    name: String,
    side: Resolved,
}

impl ResolvedSpec {
    fn app(&self) -> (&str, &str) {
        (&self.side.workload.namespace, &self.side.workload.name)
    }
}

/// Checks a spec, and derives what is compared. Errors are reported.
fn resolve(
    ((source, invalid), membership): &Member,
    selection: &Selection,
    args: &DiffArgs<'_>,
    reporter: &mut Reporter,
    once: &mut Dedup,
) -> Option<ResolvedSpec> {
    if let Some(found) = invalid {
        reporter.report(source, std::slice::from_ref(found));
        return None;
    }
    // An invalid workspace has been reported.
    if *membership == Membership::Invalid {
        return None;
    }
    let workspace = selection.workspace_of(*membership);
    let options = Options { environment: args.environment, workspace, ..Options::default() };
    let checked = match options.check(source) {
        Ok(checked) => checked,
        Err(found) => {
            let mut found = found.into_vec();
            found.retain(|found| once.is_new(found));
            reporter.report(source, &found);
            return None;
        }
    };
    match checked.resolve() {
        Ok(side) => Some(ResolvedSpec { name: source.name().to_owned(), side }),
        Err(faults) => {
            reporter.report_faults(&faults);
            None
        }
    }
}

/// Pairs an app that is gone from one path with the same app at a new path: it has moved.
fn match_moved(resolved: Vec<Pair<ResolvedSpec>>) -> Vec<Pair<ResolvedSpec>> {
    let (mut gone, mut pairs) = (Vec::new(), Vec::new());
    for pair in resolved {
        match pair {
            (Some(old), None) => gone.push(Some(old)),
            pair => pairs.push(pair),
        }
    }
    for (old, new) in &mut pairs {
        if let (None, Some(new)) = (&old, &new) {
            let is_same = |old: &&mut Option<ResolvedSpec>| {
                old.as_ref().is_some_and(|old| old.app() == new.app())
            };
            *old = gone.iter_mut().find(is_same).and_then(Option::take);
        }
    }
    pairs.extend(gone.into_iter().flatten().map(|old| (Some(old), None)));
    pairs
}

fn compare((old, new): &Pair<ResolvedSpec>) -> Compared {
    let side = |spec: &Option<ResolvedSpec>| spec.as_ref().map(|spec| spec.side.clone());
    let name = |spec: &Option<ResolvedSpec>| spec.as_ref().map(|spec| spec.name.clone());
    let app = new.as_ref().or(old.as_ref()).map(|spec| spec.side.workload.name.clone());
    Compared {
        app: app.unwrap_or_default(),
        old: name(old),
        new: name(new),
        changes: diff::changes(side(old).as_ref(), side(new).as_ref()),
    }
}
