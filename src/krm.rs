//! wigen under Kustomize and kpt: a KRM function, and Kustomize's older exec plugin.
//!
//! ```text
//! ResourceList or documents → items, function config → App → generate | transform | compare → items, results
//! ```
//!
//! What a spec is, and whether it is right, is decided where it is for every command; here is only who
//! calls, and what happens to the objects of others. Sources: Kubernetes SIGs, "KRM Functions
//! Specification"; Kustomize, "Exec plugin".

mod chosen;
mod compare;
mod definition;
mod disagreement;
mod edit;
mod generate;
mod item;
mod items;
mod list;
mod settings;
mod told;
mod transform;

use crate::Options;
use crate::app::App;
use crate::diagnostic::Code;
use crate::envelope::{self, KIND};
use crate::identity::Identity;
use crate::locate;
use crate::render;
use crate::source::Source;
use crate::workload::Workload;
use item::{Item, STYLE};
use items::Items;
use list::{Form, Input};
use settings::{APPS, Settings};
use told::Told;

pub use definition::definitions;
pub use list::is_list;

/// A call of the function.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// A ResourceList; or, where there is a function config beside it, YAML documents.
    pub input: &'a Source,
    /// The function config of the exec plugin.
    pub config: Option<&'a Source>,
    /// Where Kustomize has listed the function config of this kind and name.
    pub listed: &'a dyn Fn(&str, &str) -> Listed,
    /// Reads the specs that a function config names; the error says why they cannot be read.
    pub specs: &'a ReadSpecs<'a>,
}

/// Reads specs: files, and those in directories.
pub type ReadSpecs<'a> = dyn Fn(&[String]) -> Result<Vec<Source>, String> + 'a;

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

/// An app of the call, right and resolved.
struct Spec<'a> {
    item: &'a Item,
    /// The file that it was read from, if it is no item.
    file: Option<&'a File>,
    source: Source,
    settings: Settings,
    app: App,
    identity: Identity,
    workload: Workload,
    /// Whether Kustomize makes its objects before it changes names.
    is_generated: bool,
}

/// A spec that was read from a file.
struct File {
    source: Source,
    form: envelope::Form,
    /// The same as an object.
    item: Item,
}

impl File {
    fn of(source: Source) -> Self {
        let document = locate::parse(&source).unwrap_or_default();
        let form = envelope::Form::of(&document);
        let object =
            if form == envelope::Form::Flat { envelope::closed(document) } else { document };
        Self { source, form, item: Item::of(render::yaml(&object)) }
    }
}

impl Spec<'_> {
    /// Where its author writes a key of the flat form, in the chosen environment if there is one.
    fn key(&self, flat: &str) -> String {
        let key = match self.environment() {
            Some(name) => format!("environments/{name}/{flat}"),
            None => flat.to_owned(),
        };
        let form = self.file.map_or(envelope::Form::Krm, |file| file.form);
        form.pointer(&format!("/{key}"))[1..].replace('/', ".")
    }

    /// What its author calls it.
    fn called(&self) -> &str {
        self.file.map_or("this App", |file| file.source.name())
    }

    /// The environment that is chosen.
    fn environment(&self) -> Option<&str> {
        let own = || self.item.value().pointer("/spec/environment")?.as_str();
        self.settings.environment.as_deref().or_else(own)
    }
}

/// Answers a call.
pub fn run(call: Call<'_>) -> Answer {
    let input = match call.config {
        None => list::read_list(call.input),
        Some(config) => Ok(Input {
            form: Form::Documents,
            items: list::read_documents(call.input.text()),
            config: Some(Item::of(config.text().to_owned())),
        }),
    };
    let input = match input {
        Ok(input) => input,
        Err(message) => {
            let told = Told::error(Code::FunctionConfig, message);
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
    let are_shown = caller == Caller::Package && input.config.is_some();
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
            told.push(Told::error(Code::FunctionConfig, message));
            return Answer { output: String::new(), messages: lines(&told), failed: true };
        }
        Position::Unknown if is_same && input.items.iter().all(|item| item.path().is_none()) => {
            messages.push("note: nothing was changed; should Kustomize now say that a validator modified the resource map, list this check under `transformers:` (kubernetes-sigs/kustomize#5036)".to_owned());
        }
        Position::Elsewhere | Position::Unknown => {}
    }
    let results: Vec<_> = told.iter().map(Told::result).collect();
    Answer { output: input.form.write(&items, input.config.as_ref(), &results), messages, failed }
}

fn caller(input: &Input) -> Caller {
    // An empty package: only the function config tells how its file is written.
    let is_of_package =
        input.config.as_ref().is_some_and(|config| config.annotation(STYLE).is_some());
    if input.items.iter().any(Item::is_of_kustomize) {
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
) -> Option<Vec<Item>> {
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
            told.extend(config.map(|it| Told::error(Code::FunctionConfig, message).of(it)));
            return None;
        }
    };
    let read: Vec<File> = read;
    let is_config = |item: &Item| {
        config.is_some_and(|config| item.kind() == config.kind() && item.name() == config.name())
    };
    let brings = own.is_some() || !read.is_empty();
    let generates = brings && caller == Caller::Other && input.items.iter().all(is_config);
    let mut apps: Vec<(&Item, Option<&File>)> = Vec::new();
    if !brings || caller == Caller::Package {
        apps.extend(input.items.iter().filter(|item| item.is_app()).map(|item| (item, None)));
    }
    // The file of the package that is the function config, too, says where it is.
    let own_app = own.filter(|_| !apps.iter().any(|(item, _)| is_config(item)));
    apps.extend(own_app.map(|item| (item, None)));
    apps.extend(read.iter().map(|file| (&file.item, Some(file))));
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
        told.push(Told::error(Code::FunctionConfig, message));
        return None;
    }
    let specs: Vec<Spec<'_>> = apps
        .into_iter()
        .filter_map(|(item, file)| spec(call, item, file, &settings, told))
        .map(|spec| Spec { is_generated: listed.generates, ..spec })
        .collect();
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
            compare::compare(spec, &items, told);
        } else if spec.app.container.is_some() || generates {
            generate::generate(spec, &spec.settings.kinds(), caller, &mut items, told);
        } else {
            transform::transform(spec, caller, &mut items, told);
        }
    }
    (!told.iter().any(Told::is_error)).then(|| items.into_vec())
}

/// Checks and resolves an app; what is wrong with it is told.
fn spec<'a>(
    call: &Call<'_>,
    item: &'a Item,
    file: Option<&'a File>,
    settings: &Settings,
    told: &mut Vec<Told>,
) -> Option<Spec<'a>> {
    let settings = match settings.with(item) {
        Ok(settings) => settings,
        // What cannot be read is told below.
        Err(_) if item.value().is_null() => settings.clone(),
        Err(wrong) => {
            told.extend(wrong);
            return None;
        }
    };
    let name = item.path().or(call.config.map(Source::file_name)).unwrap_or("app.yaml");
    let is_yaml = [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending));
    let name = if is_yaml { name.to_owned() } else { format!("{name}.yaml") };
    let source = match file {
        Some(file) => file.source.clone(),
        None => Source::new(name, without_merge_tags(item.text())),
    };
    let options = Options {
        policy: settings.policy.clone(),
        version: settings.version,
        environment: settings.environment.as_deref(),
        ..Options::default()
    };
    let checked = crate::check(&source, &options);
    told.extend(checked.diagnostics.iter().map(|found| {
        let told = Told::found(item, &source, found);
        if file.is_some() { told.at(&source, found) } else { told }
    }));
    let app = checked.app?;
    let identity = Identity::of(&app);
    let workload = Workload::of(&app, &identity);
    Some(Spec { item, file, source, settings, app, identity, workload, is_generated: false })
}

/// The text of an app as its author wrote it: Kustomize tags the text `<<` as the key that merges.
fn without_merge_tags(text: &str) -> String {
    const TAG: &str = "!!merge";
    let mut plain = text.to_owned();
    if text.contains(TAG) {
        let scalars = locate::scalars(&Source::new("app.yaml", text)).unwrap_or_default();
        for span in scalars.into_iter().rev().filter(|span| &text[span.clone()] == "<<") {
            if let Some(before) = text[..span.start].trim_end().strip_suffix(TAG) {
                plain.replace_range(before.len()..span.end, "\"<<\"");
            }
        }
    }
    plain
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_merge_key() {
        assert_eq!(
            without_merge_tags("a: !!merge <<\n!!merge <<: |\n  !!merge <<: x\n"),
            "a: \"<<\"\n\"<<\": |\n  !!merge <<: x\n"
        );
    }
}
