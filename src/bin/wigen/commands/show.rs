//! `wigen show`: merged specs, with the origin of each value.

use std::io::{self, IsTerminal};

use wigen::diagnostics::{Dedup, Diagnostics};
use wigen::report::{self, Style};
use wigen::spec::load::{Spec, name_in};

use super::console::{has_colour, print};
use super::outcome::Outcome;
use super::parallel;
use super::reporter::Reporter;
use crate::cli::{GlobalArgs, Options, SelectArgs, SetArgs, ShowFormat};
use crate::files::{self, Failure, SelectedSpec, Selection};

/// Prints the valid specs, and reports the others.
pub(super) fn show(
    select: &SelectArgs,
    environment: Option<&str>,
    set: &SetArgs,
    format: ShowFormat,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let selection = Selection::find(select)?;
    selection.check_settings(set)?;
    let settings = set.settings();
    let mut reporter = Reporter::new(global);
    reporter.report_invalid(&selection);
    let work = |spec: &SelectedSpec| {
        let file = files::read_source(&spec.path)?;
        let (workspace, settings) = (selection.workspace(spec), Some(&settings));
        let options = Options { workspace, settings, ..Options::default() };
        let values = |spec: Spec| spec.values(environment).map_err(Diagnostics::into_vec);
        Ok((options.load_file(&file).and_then(values), file.0))
    };
    let colour = has_colour(global, io::stdout().is_terminal());
    let style = Style { colour, ..Style::PLAIN };
    let several = selection.specs.len() > 1;
    let (mut is_first, mut failure, mut once) = (true, None, Dedup::default());
    parallel::for_each(None, &selection.specs, work, |result: Result<_, Failure>| {
        let printed = result.and_then(|(origins, source)| {
            let origins = match origins {
                Ok(origins) => origins,
                Err(mut found) => {
                    found.retain(|one| once.is_new(one));
                    reporter.report(&source, &found);
                    return Ok(());
                }
            };
            let separator = if std::mem::take(&mut is_first) { "" } else { "\n" };
            print(&match format {
                ShowFormat::Json => report::origins_json(source.name(), &origins),
                ShowFormat::Human if several => {
                    let name = name_in(&source).unwrap_or_default();
                    let heading = report::origins_heading(&name, source.name(), style);
                    [separator, &heading, &report::origins(&origins, style)].concat()
                }
                ShowFormat::Human => report::origins(&origins, style),
            })
        });
        if let Err(failed) = printed {
            failure.get_or_insert(failed);
        }
    });
    match failure {
        Some(failure) => Err(failure),
        None => Ok(reporter.finish("")),
    }
}
