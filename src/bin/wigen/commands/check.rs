//! `wigen check` and `wigen lint`: what is wrong with specs and manifests, told in a format; specs
//! are corrected on demand.

use std::path::Path;

use wigen::diagnostics::levels::Policy;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Diagnostic, Once};
use wigen::model::conflicts::{Claim, Claims};
use wigen::model::identity::Identity;
use wigen::spec::fix;
use wigen::{Options, report};

use super::{Outcome, Reporter, for_one, parallel, print, tell, tell_line};
use crate::cli::{Format, GlobalArgs, Rules, Specs};
use crate::files::{self, Failure, SelectedSpec, Selection, Spec};

/// Correcting one thing may show the next: a misspelt table, then what stands in it.
const MOST_ROUNDS: usize = 8;

pub(super) fn check(
    asked: &Specs,
    format: Format,
    correct: bool,
    rules: &Rules,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    if correct && asked.specs.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::Message("--fix is for files, not for standard input".to_owned()));
    }
    let selected = Selection::of(asked)?;
    let mut told = Reporter::new(global);
    let settings = rules.set.settings();
    for_one(&settings, &selected)?;
    let options = Options { settings: Some(&settings), ..rules.options() };
    let judged = |chosen: &SelectedSpec| -> Vec<Options<'_>> {
        let workspace = selected.workspace(chosen);
        let of = |environment| Options { environment, workspace, ..options.clone() };
        let mut names = rules.environments.iter().map(|name| Some(name.as_str())).peekable();
        if names.peek().is_none() { vec![of(None)] } else { names.map(of).collect() }
    };
    let (mut claims, mut conflicts) = (Claims::default(), Vec::new());
    let (mut checked, mut failure, mut once) = (Vec::new(), None, Once::default());
    let work = |chosen: &SelectedSpec| one(&chosen.path, correct, &judged(chosen));
    parallel::each(
        parallel::threads(None, selected.specs.len()),
        &selected.specs,
        work,
        |done: Result<CheckedSpec, Failure>| match done
            .and_then(|done| corrected_in_place(done, &told))
        {
            Ok(mut done) => {
                conflicts.extend(claims.add(checked.len(), done.claims, &options.policy));
                done.found.retain(|found| once.is_new(found));
                checked.push((done.source, done.found));
            }
            Err(failed) => {
                failure.get_or_insert(failed);
            }
        },
    );
    if let Some(failure) = failure {
        return Err(failure);
    }
    for mut conflict in conflicts {
        let origin = |number: usize, place| {
            let options = judged(&selected.specs[number]).swap_remove(0);
            wigen::origin(&checked[number].0, &options, place)
        };
        let place = origin(conflict.first.0, conflict.first.1);
        conflict.found = conflict.found.related(place, "the other one");
        conflict.found.place = origin(conflict.spec, conflict.found.place);
        let (source, found) = &mut checked[conflict.spec];
        conflict.found.place.source.take_if(|own| own == source);
        found.push(conflict.found);
        wigen::diagnostics::sort(found);
    }
    checked.splice(0..0, selected.wrong);
    tell_all(&mut told, &checked, format, global)
}

/// What was found in a spec.
struct CheckedSpec {
    source: Source,
    /// The text before it was corrected.
    before: Option<Source>,
    found: Vec<Diagnostic>,
    claims: Vec<Claim>,
}

fn one(path: &Path, correct: bool, judged: &[Options<'_>]) -> Result<CheckedSpec, Failure> {
    let (source, not_text) = files::read_one(path)?;
    if let Some(found) = not_text {
        return Ok(CheckedSpec { source, before: None, found: vec![found], claims: Vec::new() });
    }
    let mut done = CheckedSpec { before: None, found: Vec::new(), claims: Vec::new(), source };
    for _ in 0..if correct { MOST_ROUNDS } else { 0 } {
        let found =
            judged.iter().flat_map(|options| wigen::check(&done.source, options).diagnostics);
        let found: Vec<Diagnostic> = found.collect();
        let Some(fixed) = fix::apply(&done.source, &found) else { break };
        let before = std::mem::replace(&mut done.source, fixed);
        done.before.get_or_insert(before);
    }
    for options in judged {
        let checked = wigen::check(&done.source, options);
        done.found.extend(checked.diagnostics);
        done.claims.extend(
            checked.app.iter().flat_map(|app| Claim::from_app(app, &Identity::from_app(app))),
        );
    }
    wigen::diagnostics::sort(&mut done.found);
    Ok(done)
}

/// Writes a spec that was corrected, and shows what changed.
fn corrected_in_place(done: CheckedSpec, told: &Reporter) -> Result<CheckedSpec, Failure> {
    if let Some(before) = &done.before {
        let (name, now) = (done.source.name(), done.source.text());
        tell(&report::difference(name, before.text(), now, told.style));
        files::rewrite(Path::new(name), now)?;
    }
    Ok(done)
}

/// Checks manifests that wigen did not write.
pub(super) fn lint(
    manifests: Vec<Spec>,
    iam: Vec<Spec>,
    namespace: Option<&str>,
    format: Format,
    policy: &Policy,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let files = manifests.len();
    let (sources, not_text): (Vec<Source>, Vec<_>) = manifests.into_iter().chain(iam).unzip();
    let found = wigen::lint::lint(&sources[..files], &sources[files..], namespace, policy);
    let checked: Vec<_> = sources
        .into_iter()
        .zip(not_text.into_iter().zip(found))
        .map(|(source, (not_text, found))| (source, not_text.map_or(found, |one| vec![one])))
        .collect();
    tell_all(&mut Reporter::new(global), &checked, format, global)
}

/// Tells what was found in each source, in the format that was asked for.
fn tell_all(
    told: &mut Reporter,
    checked: &[(Source, Vec<Diagnostic>)],
    format: Format,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    for (source, found) in checked {
        match format {
            Format::Human => told.human(source, found),
            _ => told.count(found),
        }
        if global.verbose && found.is_empty() {
            tell_line(&format!("{}: nothing to say", source.name()));
        }
    }
    let each = |report: fn(&Source, &[Diagnostic]) -> String| {
        checked.iter().map(|(source, found)| report(source, found)).collect::<String>()
    };
    match format {
        Format::Human => return Ok(told.finish("")),
        Format::Json => print(&each(report::json))?,
        Format::Github => print(&each(report::github))?,
        Format::Sarif => print(&report::sarif(checked))?,
    };
    Ok(told.outcome())
}
