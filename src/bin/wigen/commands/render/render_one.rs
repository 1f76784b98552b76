//! Renders one spec, on any thread.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use wigen::Workspace;
use wigen::backends::artifact::{Artifact, ArtifactKind};
use wigen::backends::templates::TemplateError;
use wigen::diagnostics::source::Source;
use wigen::diagnostics::{Diagnostic, Severity};
use wigen::model::conflicts::{self, Claim, EnvironmentIdentity};
use wigen::report::Style;
use wigen::spec::checked::CheckedApp;
use wigen::spec::types::CloudFormat;
use wigen::{Diagnostics, Levels, RenderOptions, Spec};

use super::lint_rendered::lint_rendered;
use crate::cli::{Options, OutputPattern, parse_module};
use crate::files::{
    self, Destination, Failure, FileOfOtherTool, FileState, OutputFile, RenderedFor, SelectedSpec,
    Selection, SpecsAtRevision, StagedFiles, StaleFile, UniquePaths,
};

pub(super) enum Environments<'a> {
    /// The one that the spec selects itself, or none.
    FromSpec,
    Named(&'a [String]),
    /// All that the spec has.
    All,
}

impl Environments<'_> {
    fn are_several(&self) -> bool {
        match self {
            Self::FromSpec => false,
            Self::Named(names) => names.len() > 1,
            Self::All => true,
        }
    }
}

pub(super) enum OutputTarget<'a> {
    Stdout,
    Files {
        out: &'a OutputPattern,
        force: bool,
        prune: bool,
    },
    /// Nowhere: they are compared with the files.
    Compare(&'a OutputPattern),
}

impl<'a> OutputTarget<'a> {
    fn out(&self) -> Option<&'a OutputPattern> {
        match self {
            Self::Stdout => None,
            Self::Files { out, .. } | Self::Compare(out) => Some(out),
        }
    }
}

impl OutputTarget<'_> {
    /// Whether the files that nothing renders any more are searched.
    fn finds_left_over(&self) -> bool {
        matches!(self, Self::Files { prune: true, .. } | Self::Compare(_))
    }
}

pub(super) enum Previous {
    None,
    /// An earlier version of the only spec, in its workspace.
    Spec(Source),
    AtRevision(SpecsAtRevision),
}

/// What all specs of a run share.
pub(super) struct RenderJob<'a> {
    pub(super) several_apps: bool,
    pub(super) selection: &'a Selection,
    pub(super) environments: Environments<'a>,
    pub(super) options: Options<'a>,
    pub(super) previous: Previous,
    pub(super) target: OutputTarget<'a>,
    pub(super) style: Style,
    /// The directory of the workspace that says where files go; none if the command line does.
    pub(super) workspace: Option<&'a Path>,
    pub(super) staged: StagedFiles,
    pub(super) paths: UniquePaths,
    /// Whether there are errors so far, so that nothing will be written.
    pub(super) has_errors: AtomicBool,
}

#[derive(Default)]
pub(super) struct SpecOutcome {
    pub(super) source: Source,
    pub(super) found: Vec<Diagnostic>,
    /// The earlier version, and its diagnostics.
    pub(super) previous: Option<(Source, Vec<Diagnostic>)>,
    pub(super) faults: Vec<TemplateError>,
    pub(super) claims: Vec<Claim>,
    pub(super) identities: Vec<EnvironmentIdentity>,
    /// The tools that own the Google Cloud side of what it renders.
    pub(super) formats: BTreeSet<CloudFormat>,
    /// The directories of its environments, by the paths by which they are recognized.
    pub(super) places: HashMap<PathBuf, String>,
    /// To find files that are left over: what it is rendered for, and the directory of each.
    pub(super) rendered: Vec<(RenderedFor, PathBuf)>,
    /// The environments that it has, if the workspace selects some of them.
    pub(super) environments: Vec<String>,
    /// For standard output: artifacts, and the path that distinguishes them from those of other apps.
    pub(super) printed: Vec<(String, Vec<Artifact>)>,
    pub(super) files: Vec<FileComparison>,
    /// The library that its scripts source.
    pub(super) library: Option<PathBuf>,
    pub(super) of_other_tools: Vec<FileOfOtherTool>,
    /// What it can also be rendered for.
    pub(super) not_rendered: Vec<RenderedFor>,
}

pub(super) struct FileComparison {
    pub(super) path: PathBuf,
    /// The path by which it is recognized.
    pub(super) place: PathBuf,
    pub(super) result: FileResult,
}

pub(super) enum FileResult {
    Unchanged,
    Foreign,
    /// The app whose script it replaces, if it is the script of another one.
    Staged(Option<String>),
    Stale(StaleFile),
}

impl RenderJob<'_> {
    /// Reads, checks and renders a spec, and stages its files.
    pub(super) fn run(&self, spec: &SelectedSpec) -> Result<SpecOutcome, Failure> {
        let file = files::read_source(&spec.path)?;
        let mut outcome = SpecOutcome { source: file.0.clone(), ..SpecOutcome::default() };
        let workspace = self.selection.workspace(spec);
        let path = &spec.path;
        let workspace_root = self.selection.workspace_root(spec);
        let options = Options { workspace, ..self.options.clone() };
        let spec = match options.load_file(&file) {
            Ok(spec) => spec,
            Err(found) => {
                outcome.found = found;
                self.has_errors.store(true, Ordering::Relaxed);
                return Ok(outcome);
            }
        };
        for environment in self.environments_of(&spec, workspace, &mut outcome) {
            let options = Options { environment, ..options.clone() };
            self.render(path, workspace_root, &spec, &options, &mut outcome)?;
        }
        if self.target.finds_left_over() {
            outcome.not_rendered = not_rendered(&spec, workspace, &outcome.rendered);
        }
        let location = |name: &str| spec.environment_location(name);
        let shared = conflicts::same_identity(&outcome.identities, location, &options.levels);
        self.note_errors(&shared);
        outcome.found.extend(shared);
        // The same diagnostic in two environments is reported once.
        wigen::diagnostics::sort(&mut outcome.found);
        if let Some((_, found)) = &mut outcome.previous {
            wigen::diagnostics::sort(found);
        }
        Ok(outcome)
    }

    /// Adds what only rendering finds.
    fn add_warnings(
        &self,
        mut warnings: Vec<Diagnostic>,
        spec: &Spec,
        options: &Options<'_>,
        outcome: &mut SpecOutcome,
    ) {
        options.levels.apply_levels(&mut warnings);
        for place in warnings.iter_mut().flat_map(Diagnostic::places_mut) {
            *place = spec.origin(options.environment, place.clone());
            place.source.take_if(|own| *own == outcome.source);
        }
        self.note_errors(&warnings);
        outcome.found.extend(warnings);
    }

    /// Whether there is an error among these; then nothing will be written.
    fn note_errors<'d>(&self, found: impl IntoIterator<Item = &'d Diagnostic>) -> bool {
        let has_errors = found.into_iter().any(|one| one.severity == Severity::Error);
        self.has_errors.fetch_or(has_errors, Ordering::Relaxed);
        has_errors
    }

    /// The environments for which a spec is rendered; `None` is the one that it selects itself. It may have
    /// only some of those that its workspace names.
    fn environments_of<'s>(
        &'s self,
        spec: &'s Spec,
        workspace: Option<&Workspace>,
        outcome: &mut SpecOutcome,
    ) -> Vec<Option<&'s str>> {
        let of_workspace = workspace.map_or(&[][..], |workspace| workspace.environments.as_slice());
        let mut names: Vec<&str> = match self.environments {
            Environments::Named(names) => {
                return names.iter().map(|name| Some(name.as_str())).collect();
            }
            Environments::FromSpec if of_workspace.is_empty() => return vec![None],
            Environments::FromSpec | Environments::All => spec.environments().collect(),
        };
        outcome.environments = names.iter().map(|name| (*name).to_owned()).collect();
        if names.is_empty() {
            return vec![None];
        }
        if matches!(self.environments, Environments::FromSpec) {
            names.retain(|name| of_workspace.iter().any(|known| *known == *name));
        }
        names.into_iter().map(Some).collect()
    }

    fn render(
        &self,
        path: &Path,
        workspace_root: Option<&Path>,
        spec: &Spec,
        options: &Options<'_>,
        outcome: &mut SpecOutcome,
    ) -> Result<(), Failure> {
        let checked = match spec.check(options.environment, &options.levels) {
            Ok(checked) => checked,
            Err(found) => {
                outcome.found.extend(found.into_vec());
                self.has_errors.store(true, Ordering::Relaxed);
                return Ok(());
            }
        };
        outcome.found.extend_from_slice(checked.warnings());
        let previous = match self.check_previous(path, spec, checked.environment(), options) {
            Ok(previous) => previous,
            Err((source, found)) => {
                let (_, all) = outcome.previous.get_or_insert((source, Vec::new()));
                all.extend(found);
                self.has_errors.store(true, Ordering::Relaxed);
                return Ok(());
            }
        };
        let previous = previous.as_ref().map(|(source, app)| (source.file_name(), app));
        let Options { templates, ref kinds, .. } = *options;
        let (name, environment) = (checked.app().name.as_str(), checked.environment());
        let several_environments = self.environments.are_several()
            || options.workspace.is_some_and(|workspace| workspace.environments.len() > 1);
        let out = self.target.out();
        let destination = Destination {
            spec: outcome.source.name(),
            app: name,
            environment,
            one_of_apps: self.several_apps,
            one_of_environments: several_environments,
            workspace: self.workspace,
        };
        let directory = out.map(|out| files::output_directory(out, &destination)).transpose()?;
        let is_shared = checked.app().has_shared_library() && kinds.contains(&ArtifactKind::Gcloud);
        let root = workspace_root.filter(|_| is_shared);
        let library = self.library(root, directory.as_deref(), outcome)?;
        outcome.formats.insert(checked.app().cloud.format);
        let import = module_to_import(options, name, environment)?;
        let (library, import) = (library.as_deref(), import.as_deref());
        let artifacts =
            match checked.render(&RenderOptions { kinds, templates, previous, library, import }) {
                Ok(rendered) => {
                    outcome.claims.extend(rendered.claims);
                    self.add_warnings(rendered.warnings, spec, options, outcome);
                    let identity =
                        |name| EnvironmentIdentity::new(name, checked.app(), rendered.identity);
                    outcome.identities.extend(checked.environment().map(identity));
                    rendered.artifacts
                }
                Err(faults) => {
                    outcome.faults.extend(faults);
                    Vec::new()
                }
            };
        if templates.is_some() {
            outcome.faults.extend(lint_rendered(&artifacts, &options.levels));
        }
        if self.note_errors(outcome.faults.iter().map(|fault| &fault.diagnostic)) {
            return Ok(());
        }
        let Some(directory) = directory else {
            let environment = environment.filter(|_| several_environments);
            let parts = self.several_apps.then_some(name).into_iter().chain(environment);
            outcome.printed.push((parts.flat_map(|part| [part, "/"]).collect(), artifacts));
            return Ok(());
        };
        let writes = matches!(self.target, OutputTarget::Files { .. });
        let is_new = writes && !files::remove_left_behind(&directory);
        if writes && !is_new {
            let others = files::files_of_other_tools(&directory, checked.app().cloud.format)?;
            outcome.of_other_tools.extend(others);
        }
        let place = self.paths.directory(&directory);
        if let Some(environment) = environment {
            if let Some(first) = outcome.places.get(&place) {
                let [first, location] =
                    [first, environment].map(|name| spec.environment_location(name));
                let directory = directory.display().to_string();
                outcome.found.push(conflicts::same_directory(&directory, location, first));
                self.has_errors.store(true, Ordering::Relaxed);
                return Ok(());
            }
            outcome.places.insert(place.clone(), environment.to_owned());
        }
        if self.target.finds_left_over() {
            let rendered_for =
                RenderedFor { app: name.to_owned(), environment: environment.map(str::to_owned) };
            outcome.rendered.push((rendered_for, directory.clone()));
        }
        for artifact in &artifacts {
            let (path, executable) = (directory.join(&artifact.name), artifact.kind.is_script());
            let file = OutputFile { path, text: &artifact.text, executable };
            let result =
                if is_new { self.stage(&file, None) } else { self.compare_or_stage(&file) }?;
            let place = place.join(&artifact.name);
            outcome.files.push(FileComparison { path: file.path, place, result });
        }
        Ok(())
    }

    /// The path of the shared library of a workspace from a script, if both are files. Notes that it is rendered.
    fn library(
        &self,
        root: Option<&Path>,
        directory: Option<&Path>,
        outcome: &mut SpecOutcome,
    ) -> Result<Option<String>, Failure> {
        let Some((out, (root, directory))) = self.target.out().zip(root.zip(directory)) else {
            return Ok(None);
        };
        let file = files::library_file(out, root);
        let path = files::library_path(&file, directory)?;
        outcome.library.get_or_insert(file);
        Ok(Some(path))
    }

    /// Checks the earlier version as it was rendered: in the same environment, over its workspace defaults. Its
    /// warnings are not reported.
    fn check_previous(
        &self,
        path: &Path,
        spec: &Spec,
        environment: Option<&str>,
        options: &Options<'_>,
    ) -> Result<Option<(Source, CheckedApp)>, InvalidSource> {
        let (source, workspace) = match &self.previous {
            Previous::None => return Ok(None),
            Previous::Spec(source) => (source, options.workspace),
            Previous::AtRevision(specs) => match specs.get(path) {
                None => return Ok(None),
                Some(((source, Some(invalid)), _)) => {
                    return Err((source.clone(), vec![invalid.clone()]));
                }
                Some(((source, None), membership)) => {
                    (source, specs.selection.workspace_of(*membership))
                }
            },
        };
        let failed = |found: Diagnostics| (source.clone(), found.into_vec());
        let options = Options { version: options.version, workspace, ..Options::default() };
        let previous = options.load(source).map_err(failed)?;
        let has = |spec: &Spec, name: &str| spec.environments().any(|known| known == name);
        let environment = match (environment, previous.own_environment()) {
            // Another script is for that environment.
            (None, Some(own)) if has(spec, own) => return Ok(None),
            (Some(name), _) if has(&previous, name) => Some(name),
            // It did not choose this environment, and was rendered without one.
            (Some(name), None) if spec.own_environment() == Some(name) => None,
            // The environment is new.
            (Some(_), _) if matches!(self.previous, Previous::AtRevision(_)) => return Ok(None),
            (environment, _) => environment,
        };
        let checked = previous.check(environment, &Levels::default()).map_err(failed)?;
        Ok(Some((source.clone(), checked.into_app())))
    }

    pub(super) fn compare_or_stage(&self, file: &OutputFile<'_>) -> Result<FileResult, Failure> {
        if matches!(self.target, OutputTarget::Compare(_)) {
            let stale = StaleFile::compare(file, self.style)?;
            return Ok(stale.map_or(FileResult::Unchanged, FileResult::Stale));
        }
        let state = file.state()?;
        match state {
            FileState::Unchanged => return Ok(FileResult::Unchanged),
            FileState::Foreign
                if !matches!(self.target, OutputTarget::Files { force: true, .. }) =>
            {
                return Ok(FileResult::Foreign);
            }
            _ => {}
        }
        let replaced = if state == FileState::Stale { file.replaced_app() } else { None };
        self.stage(file, replaced)
    }

    fn stage(
        &self,
        file: &OutputFile<'_>,
        replaced: Option<String>,
    ) -> Result<FileResult, Failure> {
        if !self.has_errors.load(Ordering::Relaxed) {
            self.staged.write(file)?;
        }
        Ok(FileResult::Staged(replaced))
    }
}

/// A source, and what is wrong with it.
type InvalidSource = (Source, Vec<Diagnostic>);

/// What a spec can also be rendered for. Without an environment it is rendered for none, unless its workspace
/// names some.
fn not_rendered(
    spec: &Spec,
    workspace: Option<&Workspace>,
    rendered: &[(RenderedFor, PathBuf)],
) -> Vec<RenderedFor> {
    let has_base = spec.environments().next().is_none()
        || workspace.is_none_or(|workspace| workspace.environments.is_empty());
    let all = spec.environments().map(Some).chain(has_base.then_some(None));
    let all = all.map(|environment| RenderedFor {
        app: spec.name(environment).unwrap_or_default().to_owned(),
        environment: environment.map(str::to_owned),
    });
    let rendered: HashSet<&RenderedFor> = rendered.iter().map(|(one, _)| one).collect();
    all.filter(|one| !rendered.contains(one)).collect()
}

/// The module address of `--import`, for one app and environment.
fn module_to_import(
    options: &Options<'_>,
    name: &str,
    environment: Option<&str>,
) -> Result<Option<String>, Failure> {
    let Some(module) = options.import else { return Ok(None) };
    let module = module.replace("{name}", name).replace("{env}", environment.unwrap_or_default());
    match parse_module(&module) {
        Ok(_) => Ok(Some(module)),
        Err(message) => Err(Failure::new(format!("--import={module} for {name}: {message}"))),
    }
}
