//! `wigen check`: checks specs, and corrects them with `--fix`.

use std::path::{Path, PathBuf};

use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Dedup, Diagnostic};
use wigen::model::conflicts::{self, Claim, Claims, EnvironmentIdentity};
use wigen::model::identity::Identity;
use wigen::report;
use wigen::spec::fix;

use super::console::{eprint, eprintln, print};
use super::outcome::Outcome;
use super::parallel;
use super::reporter::Reporter;
use crate::cli::{CheckArgs, GlobalArgs, Options, ReportFormat, SelectArgs};
use crate::files::{self, Failure, SelectedSpec, Selection};

/// A correction may uncover the next mistake: a misspelt table, then a key in it.
const MOST_ROUNDS: usize = 8;

pub(super) fn check(
    select: &SelectArgs,
    format: ReportFormat,
    fix: bool,
    checks: &CheckArgs,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    if fix && select.specs.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::new("--fix is for files, not for standard input"));
    }
    let selection = Selection::find(select)?;
    let mut reporter = Reporter::new(global);
    let settings = checks.set.settings();
    selection.check_settings(&checks.set)?;
    let options = Options { settings: Some(&settings), ..checks.options() };
    let environments: Vec<Option<&str>> = match checks.environments.as_slice() {
        [] => vec![None],
        names => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    let options_of = |spec: &SelectedSpec| Options {
        workspace: selection.workspace(spec),
        environment: environments[0],
        ..options.clone()
    };
    let (mut claims, mut conflicts) = (Claims::default(), Vec::new());
    let (mut checked, mut failure, mut once) = (Vec::new(), None, Dedup::default());
    let work = |spec: &SelectedSpec| check_one(&spec.path, fix, &options_of(spec), &environments);
    parallel::for_each(None, &selection.specs, work, |result: Result<CheckedSpec, Failure>| {
        match result.and_then(|spec| write_fixed(spec, &reporter)) {
            Ok(mut spec) => {
                conflicts.extend(claims.add(checked.len(), spec.claims, &options.levels));
                if format != ReportFormat::Human {
                    spec.found.retain(|found| once.is_new(found));
                }
                checked.push((spec.source, spec.found));
            }
            Err(failed) => {
                failure.get_or_insert(failed);
            }
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    for conflict in conflicts {
        let spec = conflict.spec;
        let (_, found) = conflict.locate(|index, environment, place| {
            let options = Options { environment, ..options_of(&selection.specs[index]) };
            let source = checked[index].0.clone();
            let place = options.origin(&source, place);
            (source, place)
        });
        checked[spec].1.push(found);
        wigen::diagnostics::sort(&mut checked[spec].1);
    }
    let invalid_workspaces = selection.invalid.len();
    checked.splice(0..0, selection.invalid);
    let outcome = report_all(&mut reporter, &checked, format, global)?;
    if format == ReportFormat::Human {
        reporter.report_valid(&checked[invalid_workspaces..]);
    }
    Ok(outcome)
}

struct CheckedSpec {
    source: Source,
    /// Its file, and the text in it, if it was corrected.
    before: Option<(PathBuf, Source)>,
    found: Vec<Diagnostic>,
    claims: Vec<Claim>,
}

fn check_one(
    path: &Path,
    fix: bool,
    options: &Options<'_>,
    environments: &[Option<&str>],
) -> Result<CheckedSpec, Failure> {
    let (source, invalid) = files::read_source(path)?;
    let mut spec = CheckedSpec { source, before: None, found: Vec::new(), claims: Vec::new() };
    if let Some(found) = invalid {
        spec.found.push(found);
        return Ok(spec);
    }
    for _ in 0..if fix { MOST_ROUNDS } else { 0 } {
        let (found, _) = check_text(&spec.source, options, environments);
        let Some(fixed) = fix::apply(&spec.source, &found) else { break };
        let before = std::mem::replace(&mut spec.source, fixed);
        spec.before.get_or_insert_with(|| (path.to_owned(), before));
    }
    (spec.found, spec.claims) = check_text(&spec.source, options, environments);
    Ok(spec)
}

/// What is found in a spec in some environments, and what its app claims there.
fn check_text(
    source: &Source,
    options: &Options<'_>,
    environments: &[Option<&str>],
) -> (Vec<Diagnostic>, Vec<Claim>) {
    let spec = match options.load(source) {
        Ok(spec) => spec,
        Err(found) => return (found.into_vec(), Vec::new()),
    };
    let (mut all, mut claims, mut identities) = (Vec::new(), Vec::new(), Vec::new());
    for environment in environments {
        let checked = match spec.check(*environment, &options.levels) {
            Ok(checked) => checked,
            Err(found) => {
                all.extend(found.into_vec());
                continue;
            }
        };
        all.extend_from_slice(checked.warnings());
        let of_each =
            checked.in_environments().iter().map(|(name, app)| (Some(name.as_str()), app));
        for (environment, app) in of_each.chain([(checked.environment(), checked.app())]) {
            let identity = Identity::from_app(app);
            claims.extend(Claim::from_app(app, environment, &identity));
            identities
                .extend(environment.map(|name| EnvironmentIdentity::new(name, app, identity)));
        }
    }
    let location = |name: &str| spec.environment_location(name);
    all.extend(conflicts::same_identity(&identities, location, &options.levels));
    wigen::diagnostics::sort(&mut all);
    (all, claims)
}

fn write_fixed(spec: CheckedSpec, reporter: &Reporter) -> Result<CheckedSpec, Failure> {
    if let Some((path, before)) = &spec.before {
        let (name, text) = (spec.source.name(), spec.source.text());
        eprint(&report::difference(name, before.text(), text, reporter.style));
        files::replace_text(path, before.text(), text)?;
    }
    Ok(spec)
}

pub(super) fn report_all(
    reporter: &mut Reporter,
    checked: &[(Source, Vec<Diagnostic>)],
    format: ReportFormat,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    for (source, found) in checked {
        match format {
            ReportFormat::Human => reporter.report(source, found),
            _ => reporter.count(found),
        }
        if global.verbose && found.is_empty() {
            eprintln(&format!("{}: no errors or warnings", source.name()));
        }
    }
    let each = |report: fn(&Source, &[Diagnostic]) -> String| {
        checked.iter().map(|(source, found)| report(source, found)).collect::<String>()
    };
    match format {
        ReportFormat::Human => return Ok(reporter.finish("")),
        ReportFormat::Json => print(&each(report::json))?,
        ReportFormat::Github => print(&each(report::github))?,
        ReportFormat::Sarif => print(&report::sarif(checked))?,
        ReportFormat::Gitlab => print(&report::gitlab(checked))?,
        ReportFormat::Junit => print(&report::junit(checked))?,
    }
    Ok(reporter.outcome())
}
