//! `wigen lint`: checks manifests that wigen did not write.

use std::path::PathBuf;

use wigen::Levels;
use wigen::diagnostics::source::Source;

use super::check::report_all;
use super::console::eprintln;
use super::outcome::Outcome;
use super::reporter::Reporter;
use crate::cli::{GlobalArgs, ReportFormat};
use crate::files::{self, Failure};

pub(super) fn lint(
    manifests: &[PathBuf],
    iam: &[PathBuf],
    namespace: Option<&str>,
    format: ReportFormat,
    levels: &Levels,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let (manifests, skipped) = files::read_manifests(manifests)?;
    for name in skipped.iter().filter(|_| global.verbose) {
        eprintln(&format!("{name}: not a manifest"));
    }
    let manifest_count = manifests.len();
    let files = manifests.into_iter().chain(files::read_sources(iam)?);
    let (sources, invalid): (Vec<Source>, Vec<_>) = files.unzip();
    let (manifests, iam) = sources.split_at(manifest_count);
    let found = wigen::lint::lint(manifests, iam, namespace, levels);
    let found = invalid.into_iter().zip(found);
    let found = found.map(|(invalid, found)| invalid.map_or(found, |one| vec![one]));
    let checked: Vec<_> = sources.into_iter().zip(found).collect();
    report_all(&mut Reporter::new(global), &checked, format, global)
}
