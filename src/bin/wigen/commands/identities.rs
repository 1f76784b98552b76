//! `wigen who` and `wigen graph`: the identities of specs and of manifests.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use wigen::backends::artifact::ArtifactKind;
use wigen::chain::{self, Chain};
use wigen::diagnostics::source::Source;
use wigen::model::identity::Identity;
use wigen::model::workload::Workload;
use wigen::report::{self, Style};
use wigen::{Diagnostic, RenderOptions};

use super::console::{has_colour, print};
use super::outcome::Outcome;
use super::reporter::Reporter;
use crate::cli::{GlobalArgs, GraphFormat, IdentityArgs, Options, WhoFormat};
use crate::files::{self, Failure, Selection, SourceFile};

pub(super) fn who(
    args: &IdentityArgs,
    format: WhoFormat,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let mut reporter = Reporter::new(global);
    let (promised, observed) = chains(args, &mut reporter)?;
    let colour = has_colour(global, io::stdout().is_terminal());
    let style = Style { colour, ..Style::PLAIN };
    print(&match format {
        WhoFormat::Json => report::chains_json(&promised) + &report::chains_json(&observed),
        WhoFormat::Human => {
            report::who(&promised, true, style) + &report::who(&observed, false, style)
        }
    })?;
    Ok(reporter.finish(""))
}

pub(super) fn graph(
    args: &IdentityArgs,
    format: GraphFormat,
    global: &GlobalArgs,
) -> Result<Outcome, Failure> {
    let mut reporter = Reporter::new(global);
    let (mut chains, observed) = chains(args, &mut reporter)?;
    chains.extend(observed);
    if chains.is_empty() && reporter.outcome() != Outcome::Done {
        return Ok(reporter.finish(""));
    }
    print(&match format {
        GraphFormat::Mermaid => report::mermaid(&chains),
        GraphFormat::Dot => report::dot(&chains),
    })?;
    Ok(reporter.finish(""))
}

/// The chains that specs promise, and those that manifests show. Reports what cannot be read.
fn chains(
    args: &IdentityArgs,
    reporter: &mut Reporter,
) -> Result<(Vec<Chain>, Vec<Chain>), Failure> {
    let (specs, mut manifests): (Vec<PathBuf>, Vec<PathBuf>) =
        args.paths.iter().cloned().partition(|path| is_for_specs(path));
    let (mut promised, mut rendered) = (Vec::new(), Vec::new());
    let has_specs_here =
        || Ok::<_, Failure>(files::default_spec()?.is_some() || files::is_in_workspace()?);
    if !specs.is_empty() || !args.apps.is_empty() || (args.paths.is_empty() && has_specs_here()?) {
        let selection = Selection::find(&args.select(specs))?;
        (promised, rendered) = promises(&selection, args.env.as_deref(), reporter)?;
    } else if manifests.is_empty() {
        manifests.push(".".into());
    }
    if manifests.is_empty() {
        // Policies are for the manifests of the spec.
        if !args.evidence.iam.is_empty() {
            chain::compare_all(&mut promised, &observe(rendered, args, reporter)?);
        }
        return Ok((promised, Vec::new()));
    }
    let (manifests, _) = files::read_manifests(&manifests)?;
    let observed = observe(manifests, args, reporter)?;
    chain::compare_all(&mut promised, &observed);
    Ok((promised, observed))
}

/// Whether a path is that of a spec, or of a directory with specs.
fn is_for_specs(path: &Path) -> bool {
    if path.is_dir() {
        return files::has_spec_below(path);
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    is_toml || files::is_spec_name(name)
}

/// The chains that specs promise, and the manifests that are rendered from them.
fn promises(
    selection: &Selection,
    environment: Option<&str>,
    reporter: &mut Reporter,
) -> Result<(Vec<Chain>, Vec<SourceFile>), Failure> {
    let (mut chains, mut rendered) = (Vec::new(), Vec::new());
    reporter.report_invalid(selection);
    for spec in &selection.specs {
        let file = files::read_source(&spec.path)?;
        let workspace = selection.workspace(spec);
        let options = Options { environment, workspace, ..Options::default() };
        match options.check_file(&file) {
            Ok(checked) => {
                let identity = Identity::from_app(checked.app());
                let workload = Workload::from_app(checked.app(), &identity);
                chains.push(chain::promise(&identity, &workload));
                let kinds = &[ArtifactKind::ServiceAccount, ArtifactKind::Workload];
                let options = RenderOptions { kinds, ..RenderOptions::default() };
                let manifests = checked.render(&options).map(|one| one.artifacts);
                rendered.extend(manifests.into_iter().flatten().map(|one| {
                    (Source::new(format!("{}/{}", file.0.name(), one.name), one.text), None)
                }));
            }
            Err(found) => reporter.report(&file.0, &found),
        }
    }
    Ok((chains, rendered))
}

fn observe(
    manifests: Vec<SourceFile>,
    args: &IdentityArgs,
    reporter: &mut Reporter,
) -> Result<Vec<Chain>, Failure> {
    let count = manifests.len();
    let files = manifests.into_iter().chain(files::read_sources(&args.evidence.iam)?);
    let (sources, invalid): (Vec<Source>, Vec<_>) = files.unzip();
    let (manifests, iam) = sources.split_at(count);
    let (chains, errors) = chain::observe(manifests, iam, args.evidence.namespace.as_deref());
    for (source, invalid) in sources.iter().zip(invalid) {
        let is_in = |one: &&Diagnostic| one.place.source.as_ref() == Some(source);
        let found: Vec<_> =
            invalid.map_or_else(|| errors.iter().filter(is_in).cloned().collect(), |one| vec![one]);
        reporter.report(source, &found);
    }
    Ok(chains)
}
