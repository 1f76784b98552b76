//! `wigen diff`: what changes between specs, in files or at revisions of git.

mod operand;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};

use wigen::diagnostics::{Dedup, Diagnostic};
use wigen::model::diff::{self, Resolved};
use wigen::model::workload::Workload;
use wigen::report::{self, Compared, Style};
use wigen::spec::load::name_in;
use wigen::{Levels, Spec};

use super::console::{eprintln, has_colour, print};
use super::outcome::Outcome;
use super::reporter::Reporter;
use crate::cli::{ChangeFormat, DiffArgs, GlobalArgs, Options};
use crate::files::{self, Failure, Member, Membership, Selection};
use operand::Specs;

/// The old and the new state of one app.
type Pair<T> = (Option<T>, Option<T>);

pub(super) fn diff(args: &DiffArgs, global: &GlobalArgs) -> Result<Outcome, Failure> {
    let (old, new) = operand::parse(&args.old, args.new.as_deref())?;
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
    let pairs = select_apps(pairs, &args.apps)?;
    let (mut resolved, mut once) = (Vec::new(), Dedup::default());
    for (old, new) in pairs {
        let old = old.and_then(|member| load(&member, &old_side, args, &mut reporter, &mut once));
        let new = new.and_then(|member| load(&member, &new_side, args, &mut reporter, &mut once));
        let mut found = (Vec::new(), Vec::new());
        for (in_old, in_new) in match_environments(old.as_ref(), new.as_ref(), args) {
            let mut resolve = |side: &Option<LoadedSpec>, environment: Option<_>, found: &mut _| {
                resolve(side.as_ref()?, environment?, found, &mut reporter)
            };
            let pair = (resolve(&old, in_old, &mut found.0), resolve(&new, in_new, &mut found.1));
            resolved.push(pair);
        }
        for (side, mut found) in [(old, found.0), (new, found.1)] {
            wigen::diagnostics::sort(&mut found);
            found.retain(|found| once.is_new(found));
            if let Some(LoadedSpec { spec, .. }) = side {
                reporter.report(spec.source(), &found);
            }
        }
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
    print(&match format {
        ChangeFormat::Human => report::changes(compared, style),
        ChangeFormat::Json => compared.iter().map(report::changes_json).collect(),
        ChangeFormat::Markdown => report::changes_markdown(compared),
    })
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

fn select_apps(pairs: Vec<Pair<Member>>, names: &[String]) -> Result<Vec<Pair<Member>>, Failure> {
    if names.is_empty() {
        return Ok(pairs);
    }
    let (mut kept, mut all) = (Vec::new(), BTreeSet::new());
    for pair in pairs {
        let sides = [&pair.0, &pair.1].into_iter().flatten();
        let own: Vec<String> = sides.filter_map(|((source, _), _)| name_in(source)).collect();
        // A spec whose name cannot be read is reported with the others.
        if own.is_empty() || own.iter().any(|name| names.contains(name)) {
            kept.push(pair);
        }
        all.extend(own);
    }
    match names.iter().find(|name| !all.contains(*name)) {
        Some(unknown) => Err(files::unknown_app(unknown, &all)),
        None => Ok(kept),
    }
}

/// An environment of a spec, or the spec without one.
type Environment<'a> = Option<&'a str>;

/// A spec with everything that is derived from it, in one environment.
struct ResolvedSpec {
    name: String,
    environment: Option<String>,
    side: Resolved,
}

impl ResolvedSpec {
    fn app(&self) -> (Option<&str>, &str, &str) {
        let Workload { namespace, name, .. } = &self.side.workload;
        (self.environment.as_deref(), namespace, name)
    }
}

struct LoadedSpec {
    spec: Spec,
    /// Whether its workspace names environments: then it is rendered in no other, and not without one.
    has_selection: bool,
}

impl LoadedSpec {
    /// The environments in which it is compared: all of them, and none if it may be rendered so.
    fn compared(&self, args: &DiffArgs) -> Vec<Environment<'_>> {
        let all = self.spec.environments().map(Some);
        if !args.environments.is_empty() {
            return all
                .filter(|it| args.environments.iter().any(|name| Some(&**name) == *it))
                .collect();
        }
        let has_base =
            !args.all_envs && !self.has_selection && self.spec.own_environment().is_none();
        let is_alone = self.spec.environments().next().is_none();
        (has_base || is_alone).then_some(None).into_iter().chain(all).collect()
    }
}

/// Reads a spec. Errors are reported.
fn load(
    (file, membership): &Member,
    selection: &Selection,
    args: &DiffArgs,
    reporter: &mut Reporter,
    once: &mut Dedup,
) -> Option<LoadedSpec> {
    // An invalid workspace has been reported.
    if *membership == Membership::Invalid && file.1.is_none() {
        return None;
    }
    let workspace = selection.workspace_of(*membership);
    let settings = args.cloud_format.settings();
    let options = Options { workspace, settings: Some(&settings), ..Options::default() };
    match options.load_file(file) {
        Ok(spec) => {
            let has_selection = workspace.is_some_and(|it| !it.environments.is_empty());
            Some(LoadedSpec { spec, has_selection })
        }
        Err(mut found) => {
            found.retain(|found| once.is_new(found));
            reporter.report(&file.0, &found);
            None
        }
    }
}

/// Pairs the environments in which two specs are compared.
fn match_environments<'a>(
    old: Option<&'a LoadedSpec>,
    new: Option<&'a LoadedSpec>,
    args: &'a DiffArgs,
) -> Vec<Pair<Environment<'a>>> {
    let names = |side: Option<&'a LoadedSpec>| side.map_or_else(Vec::new, |it| it.compared(args));
    let (in_old, in_new) = (names(old), names(new));
    let chosen = |side: Option<&'a LoadedSpec>| side?.spec.own_environment();
    // A spec without an environment is compared with the same one that now chooses an environment itself.
    let same = |with: &[Environment<'a>], without: &[Environment<'a>], chosen: Environment<'a>| {
        without.contains(&None) && !without.contains(&chosen) && !with.contains(&None)
    };
    let alias = if same(&in_new, &in_old, chosen(new)) {
        Some((None, chosen(new)))
    } else if same(&in_old, &in_new, chosen(old)) {
        Some((chosen(old), None))
    } else {
        None
    };
    let mut pairs = Vec::new();
    for it in &in_new {
        let is_alias = alias.filter(|(_, new)| new == it);
        let of_old = in_old.contains(it).then_some(*it);
        pairs.push((is_alias.map(|(old, _)| old).or(of_old), Some(*it)));
    }
    let is_gone =
        |it: &&Environment| !in_new.contains(it) && alias.is_none_or(|(old, _)| old != **it);
    pairs.extend(in_old.iter().filter(is_gone).map(|it| (Some(*it), None)));
    // What neither has, both report.
    let requested = args.environments.iter().map(|name| Some(name.as_str()));
    let unknown = requested.filter(|it| !in_old.contains(it) && !in_new.contains(it));
    pairs.extend(unknown.map(|it| (Some(it), Some(it))));
    pairs
}

/// Checks a spec in an environment, and derives what is compared.
fn resolve(
    LoadedSpec { spec, .. }: &LoadedSpec,
    environment: Environment<'_>,
    found: &mut Vec<Diagnostic>,
    reporter: &mut Reporter,
) -> Option<ResolvedSpec> {
    let checked = match spec.check(environment, &Levels::default()) {
        Ok(checked) => checked,
        Err(wrong) => {
            found.extend(wrong.into_vec());
            return None;
        }
    };
    match checked.resolve() {
        Ok(side) => Some(ResolvedSpec {
            name: spec.source().name().to_owned(),
            environment: environment.map(str::to_owned),
            side,
        }),
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
        environment: new.as_ref().or(old.as_ref()).and_then(|spec| spec.environment.clone()),
        old: name(old),
        new: name(new),
        changes: diff::changes(side(old).as_ref(), side(new).as_ref()),
    }
}
