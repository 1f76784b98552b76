//! `wigen show`: specs as they are with the defaults of their workspace and an environment, and where
//! each value comes from.

use std::io::{self, IsTerminal};

use wigen::Options;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Diagnostic, Once};
use wigen::report::{self, Style};
use wigen::spec::provenance::{self, Origin};
use wigen::spec::settings::Settings;

use super::reporter::has_colour;
use super::{Outcome, Reporter, for_one, parallel, print};
use crate::cli::{GlobalArgs, ShowFormat, Specs};
use crate::files::{self, Failure, SelectedSpec, Selection};

/// Prints those that are right, and tells of the others.
pub(super) fn show(
    asked: &Specs,
    environment: Option<&str>,
    settings: &Settings,
    format: ShowFormat,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let selected = Selection::of(asked)?;
    for_one(settings, &selected)?;
    let mut told = Reporter::new(global);
    for (source, found) in &selected.wrong {
        told.human(source, found);
    }
    let work = |chosen: &SelectedSpec| {
        let workspace = selected.workspace(chosen);
        let options =
            Options { environment, workspace, settings: Some(settings), ..Options::default() };
        one(chosen, &options)
    };
    let colour = has_colour(global, io::stdout().is_terminal());
    let style = Style { colour, ..Style::PLAIN };
    let is_one_of_many = selected.specs.len() > 1;
    let (mut is_first, mut failure, mut once) = (true, None, Once::default());
    let threads = parallel::threads(None, selected.specs.len());
    parallel::each(threads, &selected.specs, work, |done: Result<Shown, Failure>| {
        let told = done.and_then(|Shown { source, origins }| match origins {
            Err(mut found) => {
                found.retain(|one| once.is_new(one));
                told.human(&source, &found);
                Ok(())
            }
            Ok(origins) => {
                let space = if std::mem::take(&mut is_first) { "" } else { "\n" };
                let text = match format {
                    ShowFormat::Json => report::origins_json(source.name(), &origins),
                    ShowFormat::Human if is_one_of_many => {
                        let name = wigen::name(&source).unwrap_or_default();
                        let head = report::origins_heading(&name, source.name(), style);
                        [space, &head, &report::origins(&origins, style)].concat()
                    }
                    ShowFormat::Human => report::origins(&origins, style),
                };
                print(&text).map(drop)
            }
        });
        if let Err(failed) = told {
            failure.get_or_insert(failed);
        }
    });
    match failure {
        Some(failure) => Err(failure),
        None => Ok(told.finish("")),
    }
}

/// What there is to show of a spec, or what is wrong with it.
struct Shown {
    source: Source,
    origins: Result<Vec<Origin>, Vec<Diagnostic>>,
}

fn one(chosen: &SelectedSpec, options: &Options<'_>) -> Result<Shown, Failure> {
    let (source, not_text) = files::read_one(&chosen.path)?;
    let origins = match not_text {
        Some(found) => Err(vec![found]),
        None => provenance::of(&source, options),
    };
    Ok(Shown { source, origins })
}
