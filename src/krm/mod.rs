//! wigen under Kustomize and kpt: a KRM function, and Kustomize's older exec plugin.
//!
//! ```text
//! ResourceList or documents → items, function config → App → generate | transform | compare → items, results
//! ```
//!
//! What a spec is, and whether it is right, is decided where it is for every command; here is only who
//! calls, and what happens to the objects of others. Sources: Kubernetes SIGs, "KRM Functions
//! Specification"; Kustomize, "Exec plugin".

mod check_names;
mod edit;
mod function_definition;
mod generate;
mod mismatch;
mod resource;
mod resource_index;
mod resource_list;
mod results;
mod select_workloads;
mod settings;
mod spec;
mod transform;

use std::rc::Rc;

use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Once};
use crate::spec::envelope::KIND;
use crate::spec::workspace::Workspace;
use resource::{Item, STYLE};
use resource_index::Items;
use resource_list::{Form, Input};
use results::Told;
use settings::{APPS, Settings};
use spec::{File, Given, Spec};

pub use function_definition::definitions;
pub use resource_list::is_list;

/// A call of the function.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// A ResourceList; or, where there is a function config beside it, YAML documents.
    pub input: &'a Source,
    /// The function config of the exec plugin.
    pub config: Option<&'a Source>,
    /// Where Kustomize has listed the function config of this kind and name.
    pub listed: &'a dyn Fn(&str, &str) -> Listed,
    /// The workspace of the spec that Kustomize has this function config from, by kind and name; the
    /// error says what is wrong with it.
    pub workspace: &'a FindWorkspace<'a>,
    /// Reads the specs that a function config names; the error says why they cannot be read.
    pub specs: &'a ReadSpecs<'a>,
}

/// Finds a workspace.
pub type FindWorkspace<'a> = dyn Fn(&str, &str) -> Result<Option<Rc<Workspace>>, String> + 'a;

/// Reads specs: files, and those in directories.
pub type ReadSpecs<'a> = dyn Fn(&[String]) -> Result<Vec<Named>, String> + 'a;

/// A spec that a function config names.
#[derive(Debug, Clone)]
pub struct Named {
    /// Its text.
    pub source: Source,
    /// The workspace that it is a member of.
    pub workspace: Option<Rc<Workspace>>,
}

/// Where a kustomization lists a function config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// What this call may be for.
    pub position: Position,
    /// Whether it is listed under `generators:`, too.
    pub generates: bool,
}

/// The list of a kustomization that a call may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Another than `validators:`.
    Elsewhere,
    /// Under `validators:`, where Kustomize takes no answer but none for unchanged. Source:
    /// kubernetes-sigs/kustomize#5036.
    Validators,
    /// Nobody can tell.
    Unknown,
}

/// What the caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For standard output.
    pub output: String,
    /// Lines for standard error.
    pub messages: Vec<String>,
    /// Whether anything is wrong: then nothing was changed.
    pub failed: bool,
}

/// Who calls, as the items tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// `kustomize build`, with what it has built so far.
    Kustomize,
    /// kpt, with the files of a package.
    Package,
    /// Whoever brings nothing, or objects without a mark.
    Other,
}

crate::diagnostics::declare_code! {
    FUNCTION_CONFIG: Error = "function-config",
    what: "Under Kustomize or kpt, the function config is not usable: it is not an App, Apps or ConfigMap, it has an unknown option, or there is no App to work on.",
    why: "A function that silently does nothing looks like one that had nothing to do, and the objects that it should have rendered would be pruned.",
    example: "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: wigen}\n  data: {enviroment: prod}",
    instead: crate::krm::resource_list::EXAMPLE,
    source: crate::diagnostics::references::KRM_FUNCTIONS,
}

/// Answers a call.
pub fn run(call: Call<'_>) -> Answer {
    let input = match call.config {
        None => resource_list::read_list(call.input),
        Some(config) => Ok(Input {
            form: Form::Documents,
            items: resource_list::read_documents(call.input.text()),
            config: Some(Item::of(config.text().to_owned())),
        }),
    };
    let input = match input {
        Ok(input) => input,
        Err(message) => {
            let told = Told::error(Code::FUNCTION_CONFIG, message);
            return Answer { output: String::new(), messages: lines(&[told]), failed: true };
        }
    };
    let caller = caller(&input);
    let config = input.config.as_ref().filter(|_| caller == Caller::Kustomize);
    let listed = match config {
        Some(config) => (call.listed)(config.kind(), config.name()),
        None => Listed { position: Position::Elsewhere, generates: false },
    };
    let mut told = Vec::new();
    let items = answer(&call, &input, (caller, listed), &mut told);
    let failed = items.is_none();
    // kpt shows the results itself; behind `kpt fn source` there is a pipe, and no function config.
    // Documents have no results.
    let are_shown = caller == Caller::Package && call.config.is_none() && input.config.is_some();
    let mut messages = if are_shown { Vec::new() } else { lines(&told) };
    let is_same = items.as_ref().is_none_or(|items| {
        items.len() == input.items.len()
            && items.iter().zip(&input.items).all(|(now, before)| now.value() == before.value())
    });
    let mut items = items.unwrap_or_else(|| input.items.clone());
    match listed.position {
        _ if failed => {}
        Position::Validators if is_same => items.clear(),
        Position::Validators => {
            let message =
                "under `validators:` nothing can be changed; list it under `transformers:`";
            told.push(Told::error(Code::FUNCTION_CONFIG, message));
            return Answer { output: String::new(), messages: lines(&told), failed: true };
        }
        Position::Unknown if is_same && input.items.iter().all(|item| item.path().is_none()) => {
            messages.push("note: nothing was changed; should Kustomize now say that a validator modified the resource map, list this check under `transformers:` (kubernetes-sigs/kustomize#5036)".to_owned());
        }
        Position::Elsewhere | Position::Unknown => {}
    }
    if failed && input.form == Form::Documents {
        // Whoever applies what is printed would apply objects without their identity.
        return Answer { output: String::new(), messages, failed };
    }
    let results: Vec<_> = told.iter().map(Told::result).collect();
    Answer { output: input.form.write(&items, input.config.as_ref(), &results), messages, failed }
}

fn caller(input: &Input) -> Caller {
    // An empty package: only the function config tells how its file is written.
    let is_of_package =
        input.config.as_ref().is_some_and(|config| config.annotation(STYLE).is_some());
    if input.items.iter().any(|item| item.is_of_kustomize()) {
        Caller::Kustomize
    } else if is_of_package || input.items.iter().any(|item| item.path().is_some()) {
        Caller::Package
    } else {
        Caller::Other
    }
}

/// The items afterwards; none where anything is wrong.
fn answer(
    call: &Call<'_>,
    input: &Input,
    (caller, listed): (Caller, Listed),
    told: &mut Vec<Told>,
) -> Option<Vec<Rc<Item>>> {
    let config = input.config.as_ref();
    let settings = match config.map_or_else(|| Ok(Settings::default()), Settings::of) {
        Ok(settings) => settings,
        Err(wrong) => {
            told.extend(wrong);
            return None;
        }
    };
    let own = config.filter(|config| config.is_app());
    let read = match (call.specs)(&settings.specs) {
        Ok(read) => read.into_iter().map(File::of).collect(),
        Err(message) => {
            told.extend(config.map(|it| Told::error(Code::FUNCTION_CONFIG, message).of(it)));
            return None;
        }
    };
    let read: Vec<File> = read;
    let is_config = |item: &Item| config.is_some_and(|config| item.is_copy_of(config));
    let brings = own.is_some() || !read.is_empty();
    let generates =
        brings && caller == Caller::Other && input.items.iter().all(|item| is_config(item));
    let mut apps: Vec<Given<'_>> = Vec::new();
    if !brings || caller == Caller::Package {
        let items = input.items.iter().map(Rc::as_ref).filter(|item| item.is_app());
        apps.extend(items.map(|item| Given { item, file: None, workspace: None }));
    }
    // The file of the package that is the function config, too, says where it is.
    let own_app = own.filter(|_| !apps.iter().any(|app| is_config(app.item)));
    if let Some(item) = own_app {
        let found = match caller {
            Caller::Package => Ok(None),
            Caller::Kustomize | Caller::Other => (call.workspace)(item.kind(), item.name()),
        };
        match found {
            Ok(workspace) => apps.push(Given { item, file: None, workspace }),
            Err(message) => {
                told.push(Told::error(Code::WORKSPACE, message).of(item));
                return None;
            }
        }
    }
    apps.extend(read.iter().map(File::given));
    if apps.is_empty() && input.items.is_empty() && config.is_none_or(|it| it.kind() != APPS) {
        return Some(Vec::new());
    }
    if apps.is_empty() {
        let message = format!(
            "there is no {KIND} of wigen: neither is the function config one, nor is there one among the items{}",
            if config.is_some_and(|config| config.kind() == APPS) {
                "; under `generators:` Kustomize gives no items: name files in `specs`, or list it under `transformers:`"
            } else {
                ""
            }
        );
        told.push(Told::error(Code::FUNCTION_CONFIG, message));
        return None;
    }
    let (mut specs, mut once) = (Vec::new(), Once::default());
    for app in &apps {
        let spec = Spec::of(call, app, &settings, &mut once, told);
        specs.extend(spec.map(|spec| Spec { is_generated: listed.generates, ..spec }));
    }
    let compares = |spec: &Spec<'_>| {
        let is_last = own.is_some() || listed.position == Position::Validators;
        let is_built = caller == Caller::Kustomize && is_last;
        spec.settings.check || is_built && spec.app.container.is_some()
    };
    if specs.iter().all(compares) {
        // Whoever makes the objects says what will hurt.
        told.retain(Told::is_error);
    }
    let mut items = Items::of(if generates { Vec::new() } else { input.items.clone() });
    for spec in &specs {
        if compares(spec) {
            check_names::compare(spec, &items, told);
        } else if spec.app.container.is_some() || generates {
            generate::generate(spec, &spec.settings.kinds(), caller, &mut items, told);
        } else {
            transform::transform(spec, caller, &mut items, told);
        }
    }
    (!told.iter().any(Told::is_error)).then(|| items.into_vec())
}

fn lines(told: &[Told]) -> Vec<String> {
    let mut lines: Vec<String> = told.iter().map(Told::line).collect();
    let mut codes: Vec<&str> = told.iter().map(|told| told.code().as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    if !codes.is_empty() {
        lines.push(format!("more about what was found: wigen explain {}", codes.join(" ")));
    }
    lines
}
