//! `wigen check` and `wigen lint`: what is wrong with specs and manifests, told in a format; specs
//! are corrected on demand.

use std::path::Path;

use wigen::diagnostic::Diagnostic;
use wigen::policy::Policy;
use wigen::source::Source;
use wigen::{Options, fix, report};

use super::{Outcome, Told, print, tell};
use crate::cli::{Format, Global};
use crate::input::{Failure, STDIN, Spec};
use crate::sink;

/// Correcting one thing may show the next: a misspelt table, then what stands in it.
const MOST_ROUNDS: usize = 8;

pub(super) fn check(
    specs: Vec<Spec>,
    format: Format,
    correct: bool,
    options: &Options<'_>,
    global: &Global,
) -> Result<Outcome, Failure> {
    let mut told = Told::new(global);
    if correct && specs.iter().any(|(source, _)| source.name() == STDIN) {
        return Err(Failure::Told("--fix is for files, not for standard input".to_owned()));
    }
    let mut checked = Vec::new();
    for (source, not_text) in specs {
        if let Some(found) = not_text {
            checked.push((source, vec![found]));
            continue;
        }
        let (now, found) =
            if correct { corrected(&source, options) } else { once(&source, options) };
        if let Some(now) = now {
            tell(&report::difference(source.name(), source.text(), now.text(), told.style));
            sink::rewrite(Path::new(source.name()), now.text())?;
            checked.push((now, found));
        } else {
            checked.push((source, found));
        }
    }
    tell_all(&mut told, &checked, format, global)
}

/// Checks manifests that wigen did not write.
pub(super) fn lint(
    manifests: Vec<Spec>,
    iam: Vec<Spec>,
    namespace: Option<&str>,
    format: Format,
    policy: &Policy,
    global: &Global,
) -> Result<Outcome, Failure> {
    let files = manifests.len();
    let (sources, not_text): (Vec<Source>, Vec<_>) = manifests.into_iter().chain(iam).unzip();
    let found = wigen::lint::lint(&sources[..files], &sources[files..], namespace, policy);
    let checked: Vec<_> = sources
        .into_iter()
        .zip(not_text.into_iter().zip(found))
        .map(|(source, (not_text, found))| (source, not_text.map_or(found, |one| vec![one])))
        .collect();
    tell_all(&mut Told::new(global), &checked, format, global)
}

/// Tells what was found in each source, in the format that was asked for.
fn tell_all(
    told: &mut Told,
    checked: &[(Source, Vec<Diagnostic>)],
    format: Format,
    global: &Global,
) -> Result<Outcome, Failure> {
    for (source, found) in checked {
        match format {
            Format::Human => told.human(source, found),
            _ => told.count(found),
        }
        if global.verbose && found.is_empty() {
            tell(&format!("{}: nothing to say\n", source.name()));
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

type Found = (Option<Source>, Vec<Diagnostic>);

fn once(source: &Source, options: &Options<'_>) -> Found {
    (None, wigen::check(source, options).diagnostics)
}

/// The source with all that is certain corrected, if anything was, and what is left to say of it.
fn corrected(source: &Source, options: &Options<'_>) -> Found {
    let (mut now, mut found) = once(source, options);
    for _ in 0..MOST_ROUNDS {
        let Some(fixed) = fix::apply(now.as_ref().unwrap_or(source), &found) else { break };
        found = wigen::check(&fixed, options).diagnostics;
        now = Some(fixed);
    }
    (now, found)
}
