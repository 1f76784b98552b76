//! Answers a call: finds its apps, and generates, transforms or compares objects for them.

use std::rc::Rc;

use super::call::{Answer, Call, Caller, Listed, Position};
use super::function_config::{APPS, FunctionConfig};
use super::resolved_app::{AppSource, FileSpec, ResolvedApp};
use super::resource::{self, PATH, Resource, STYLE};
use super::resource_index::ResourceIndex;
use super::resource_list::{self, Format, Input};
use super::results::FunctionResult;
use super::{check_names, generate, transform};
use crate::diagnostics::{Code, Dedup};
use crate::spec::envelope::KIND;

crate::diagnostics::declare_code! {
    FUNCTION_CONFIG: Error = "function-config",
    what: "Under Kustomize or kpt, the function config is not usable: it is not an App, Apps or ConfigMap, it has an unknown option, or there is no App to work on.",
    why: "A function that silently does nothing looks like one that had nothing to do, and the objects that it should have rendered would be pruned.",
    example: "# kustomization.yaml\nresources: [app.yaml]\ntransformers: [apps.yaml]\n# apps.yaml\napiVersion: wigen.dev/v1alpha1\nkind: Apps\nmetadata:\n  name: apps\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\nspec: {enviroment: prod}\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}\n  environments: {prod: {}}\n# kustomize build says:\n# wigen: error[function-config]: Apps apps: spec.enviroment: there is no option `enviroment`; did you mean `environment`?",
    instead: "# kustomization.yaml\nresources: [app.yaml]\ntransformers: [apps.yaml]\n# apps.yaml\napiVersion: wigen.dev/v1alpha1\nkind: Apps\nmetadata:\n  name: apps\n  annotations: {config.kubernetes.io/function: \"exec: {path: wigen}\"}\nspec: {environment: prod}\n# app.yaml\napiVersion: wigen.dev/v1alpha1\nkind: App\nmetadata:\n  name: books\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec:\n  project: my-project\n  cluster: {name: my-cluster, region: us-central1}\n  container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}\n  environments: {prod: {}}",
    source: crate::diagnostics::references::KRM_FUNCTIONS,
}

/// Answers a call.
pub fn run(call: Call<'_>) -> Answer {
    let input = match call.config {
        None => resource_list::read_list(call.input),
        Some(config) => Ok(Input {
            format: Format::Documents,
            resources: resource_list::read_documents(call.input.text()),
            config: Some(Resource::parse(config.text().to_owned())),
        }),
    };
    let input = match input {
        Ok(input) => input,
        Err(message) => return fail(&[FunctionResult::error(Code::FUNCTION_CONFIG, message)]),
    };
    let caller = find_caller(&input);
    let config = input.config.as_ref().filter(|_| caller == Caller::Kustomize);
    let mut listed = match config {
        Some(config) => (call.listed)(config.kind(), config.name()),
        None => Listed { position: Position::Elsewhere, generates: false },
    };
    if let Position::Both(call) = listed.position
        && input.resources.iter().any(|one| one.path() == Some(&transformed_by(call)))
    {
        listed.position = Position::Validators;
    }
    let mut results = Vec::new();
    let changed = change_resources(&call, &input, (caller, listed), &mut results);
    let transforms = changed.as_ref().is_some_and(|changed| changed.transforms);
    let changed = changed.map(|changed| changed.resources);
    let failed = changed.is_none();
    // kpt shows the results itself, except for `kpt fn source`, which has no function config. An answer in
    // documents has no results.
    let caller_shows_results =
        caller == Caller::Kpt && call.config.is_none() && input.config.is_some();
    let mut messages = if caller_shows_results { Vec::new() } else { message_lines(&results) };
    let is_unchanged = changed.as_ref().is_none_or(|changed| {
        changed.len() == input.resources.len()
            && changed.iter().zip(&input.resources).all(|(new, old)| new.value() == old.value())
    });
    let mut resources = changed.unwrap_or_else(|| input.resources.clone());
    match listed.position {
        _ if failed => {}
        Position::Validators if is_unchanged => resources.clear(),
        Position::Validators => {
            let message =
                "under `validators:` nothing can be changed; list it under `transformers:`";
            results.push(FunctionResult::error(Code::FUNCTION_CONFIG, message));
            return fail(&results);
        }
        Position::Unknown
            if is_unchanged && input.resources.iter().all(|one| one.path().is_none()) =>
        {
            messages.push("note: nothing was changed; should Kustomize now say that a validator modified the resource map, list this check under `transformers:` (kubernetes-sigs/kustomize#5036)".to_owned());
        }
        Position::Both(call) if transforms => {
            if let Some(first) = resources.first_mut() {
                let first = Rc::make_mut(first);
                let mut value = first.value().clone();
                for key in PATH {
                    resource::annotate(&mut value, key, transformed_by(call));
                }
                first.set(value);
            }
        }
        Position::Elsewhere | Position::Both(_) | Position::Unknown => {}
    }
    if failed && input.format == Format::Documents {
        // If the objects were printed, somebody could apply them without their identity.
        return Answer { output: String::new(), messages, failed };
    }
    let results: Vec<_> = results.iter().map(FunctionResult::to_json).collect();
    let output = input.format.write(&resources, input.config.as_ref(), &results);
    Answer { output, messages, failed }
}

/// The answer to a call that cannot even return its objects.
fn fail(results: &[FunctionResult]) -> Answer {
    Answer { output: String::new(), messages: message_lines(results), failed: true }
}

fn find_caller(input: &Input) -> Caller {
    // Of an empty package, only the function config has an annotation of kpt.
    let is_package = input.config.as_ref().is_some_and(|config| config.annotation(STYLE).is_some())
        || input.resources.iter().any(|resource| resource.path().is_some());
    if input.resources.iter().any(|resource| resource.is_from_kustomize()) {
        Caller::Kustomize
    } else if is_package {
        Caller::Kpt
    } else {
        Caller::Other
    }
}

/// The path of an object after a transformer, for the validator that follows. Kustomize removes paths at the
/// end.
fn transformed_by(call: u32) -> String {
    format!("wigen-{call:08x}.yaml")
}

struct ChangedResources {
    resources: Vec<Rc<Resource>>,
    /// Whether the call does more than compare.
    transforms: bool,
}

/// Generates, transforms or compares objects for all apps; `None` if there are errors.
fn change_resources(
    call: &Call<'_>,
    input: &Input,
    (caller, listed): (Caller, Listed),
    results: &mut Vec<FunctionResult>,
) -> Option<ChangedResources> {
    let config = input.config.as_ref();
    let options = match config.map_or_else(|| Ok(FunctionConfig::default()), FunctionConfig::parse)
    {
        Ok(options) => options,
        Err(errors) => {
            results.extend(errors);
            return None;
        }
    };
    let files: Vec<FileSpec> = match (call.specs)(&options.specs) {
        Ok(files) => files.into_iter().map(FileSpec::new).collect(),
        Err(message) => {
            let error = FunctionResult::error(Code::FUNCTION_CONFIG, message);
            results.extend(config.map(|config| error.about(config)));
            return None;
        }
    };
    let config_app = config.filter(|config| config.is_app());
    let is_config = |resource: &Resource| config.is_some_and(|config| resource.is_same(config));
    let brings_apps = config_app.is_some() || !files.is_empty();
    let generates = brings_apps
        && caller == Caller::Other
        && input.resources.iter().all(|resource| is_config(resource));
    let mut apps: Vec<AppSource<'_>> = Vec::new();
    if !brings_apps || caller == Caller::Kpt {
        let resources = input.resources.iter().map(Rc::as_ref).filter(|one| one.is_app());
        apps.extend(resources.map(|resource| AppSource { resource, file: None, workspace: None }));
    }
    // If a file of the package is also the function config, that file says where the app is.
    let own_app = config_app.filter(|_| !apps.iter().any(|app| is_config(app.resource)));
    if let Some(resource) = own_app {
        let workspace = match caller {
            Caller::Kpt => Ok(None),
            Caller::Kustomize | Caller::Other => (call.workspace)(resource.kind(), resource.name()),
        };
        match workspace {
            Ok(workspace) => apps.push(AppSource { resource, file: None, workspace }),
            Err(message) => {
                results.push(FunctionResult::error(Code::WORKSPACE, message).about(resource));
                return None;
            }
        }
    }
    apps.extend(files.iter().map(FileSpec::app));
    if apps.is_empty() {
        let is_apps = config.is_some_and(|config| config.kind() == APPS);
        if input.resources.is_empty() && !is_apps {
            return Some(ChangedResources { resources: Vec::new(), transforms: false });
        }
        results.push(no_app(is_apps));
        return None;
    }
    let (mut resolved, mut once) = (Vec::new(), Dedup::default());
    for app in &apps {
        let app = ResolvedApp::new(call, app, &options, &mut once, results);
        resolved.extend(app.map(|app| ResolvedApp { is_generated: listed.generates, ..app }));
    }
    let is_last = config_app.is_some() || listed.position == Position::Validators;
    let compares = |app: &ResolvedApp<'_>| {
        let is_built = caller == Caller::Kustomize && is_last;
        app.options.check
            || is_built && app.spec.container.is_some()
            || listed.position == Position::Validators
    };
    let transforms = !resolved.iter().all(compares);
    if !transforms {
        // The call that made the objects has reported the warnings.
        results.retain(FunctionResult::is_error);
    }
    let mut resources =
        ResourceIndex::new(if generates { Vec::new() } else { input.resources.clone() });
    for app in &resolved {
        if compares(app) {
            check_names::compare(app, &resources, results);
        } else if app.spec.container.is_some() || generates {
            generate::generate(app, &app.options.artifacts(), caller, &mut resources, results);
        } else {
            transform::transform(app, caller, &mut resources, results);
        }
    }
    let resources = resources.into_vec();
    (!results.iter().any(FunctionResult::is_error))
        .then_some(ChangedResources { resources, transforms })
}

fn no_app(config_is_apps: bool) -> FunctionResult {
    let hint = if config_is_apps {
        "; under `generators:` Kustomize passes no items: name files in `specs`, or list it under `transformers:`"
    } else {
        ""
    };
    let message = format!(
        "there is no {KIND} of wigen, neither as the function config nor among the items{hint}"
    );
    FunctionResult::error(Code::FUNCTION_CONFIG, message)
}

fn message_lines(results: &[FunctionResult]) -> Vec<String> {
    let mut lines: Vec<String> = results.iter().map(FunctionResult::to_line).collect();
    let mut codes: Vec<&str> = results.iter().map(|result| result.code().as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    if !codes.is_empty() {
        lines.push(format!("more about what was found: wigen explain {}", codes.join(" ")));
    }
    lines
}
