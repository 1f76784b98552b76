//! `wigen lint`: checks manifests that wigen did not write.

use wigen::diagnostics::source::Source;

use super::check::report_all;
use super::console::eprintln;
use super::outcome::Outcome;
use super::reporter::Reporter;
use crate::cli::{EvidenceArgs, GlobalArgs, LintArgs};
use crate::files::{self, Failure};

pub(super) fn lint(args: &LintArgs, global: &GlobalArgs) -> Result<Outcome, Failure> {
    let EvidenceArgs { iam, namespace } = &args.evidence;
    let (manifests, skipped) = files::read_manifests(&args.manifests)?;
    for name in skipped.iter().filter(|_| global.verbose) {
        eprintln(&format!("{name}: not a manifest"));
    }
    let manifest_count = manifests.len();
    let files = manifests.into_iter().chain(files::read_sources(iam)?);
    let (sources, invalid): (Vec<Source>, Vec<_>) = files.unzip();
    let (manifests, iam) = sources.split_at(manifest_count);
    let levels = args.warnings.levels();
    let found = wigen::lint::lint(manifests, iam, namespace.as_deref(), &levels);
    let found = invalid.into_iter().zip(found);
    let found = found.map(|(invalid, found)| invalid.map_or(found, |one| vec![one]));
    let checked: Vec<_> = sources.into_iter().zip(found).collect();
    report_all(&mut Reporter::new(global), &checked, args.format, global)
}
