//! The commands: from what was asked for to an exit code.

mod check;
mod krm;
mod kustomize;
mod templates;
mod told;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use wigen::diagnostic::{Code, one_of, similar};
use wigen::render::Templates;
use wigen::{Options, schema};

use crate::cli::{Cli, Command, Global, Only, Out, SchemaForm};
use crate::input::{self, Failure, Spec};
use crate::sink::{self, File, Rendered};

use check::{check, lint};
pub(crate) use krm::started;
use told::Told;

const APP_TOML: &str = include_str!("../templates/app.toml");

/// How a run ended that wigen could finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    WrongSpec,
    /// Files were written, which was not to happen.
    Changed,
}

/// Runs a command.
pub(crate) fn run(cli: Cli) -> ExitCode {
    exit(command(cli))
}

/// Nothing else decides the exit code.
fn exit(result: Result<Outcome, Failure>) -> ExitCode {
    match result {
        Ok(Outcome::Done) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Outcome::WrongSpec | Outcome::Changed) => ExitCode::from(1),
        Err(Failure::Told(message)) => {
            tell(&format!("wigen: {message}\n"));
            ExitCode::from(2)
        }
    }
}

/// Everything that is not the output asked for goes to standard error. If that is gone, nobody is
/// left to tell.
fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn command(cli: Cli) -> Result<Outcome, Failure> {
    let global = cli.global;
    if let Some(directory) = &global.directory {
        std::env::set_current_dir(directory)
            .map_err(|error| Failure::file("enter", directory, &error))?;
    }
    match cli.command {
        Command::Render { specs, out, only, force, fail_on_change, previous, templates, rules } => {
            let specs = input::read(&specs.specs)?;
            let previous = match previous {
                Some(_) if specs.len() > 1 => {
                    return Err(Failure::Told("--previous is for one spec".to_owned()));
                }
                Some(path) => input::read(&[path])?.pop(),
                None => None,
            };
            let mut told = Told::new(&global);
            let own = templates.map(|directory| input::templates(&directory)).transpose()?;
            let own = match own.map(Templates::of).transpose() {
                Ok(own) => own,
                Err(faults) => {
                    told.faults(&faults);
                    return Ok(told.finish("nothing was rendered"));
                }
            };
            let kinds = Only::kinds(&only);
            let options = Options { kinds, templates: own.as_ref(), ..rules.options() };
            let to = out.map(|out| To { out, force, fail_on_change });
            render(&specs, previous.as_ref(), to, &options, told, &global)
        }
        Command::Check { specs, format, fix, rules } => {
            check(input::read(&specs.specs)?, format, fix, &rules.options(), &global)
        }
        Command::Lint { manifests, iam, namespace, format, warnings } => {
            let (manifests, others) = input::manifests(&manifests)?;
            for name in others.iter().filter(|_| global.verbose) {
                tell(&format!("{name}: no manifest\n"));
            }
            let (iam, policy) = (input::files(&iam)?, warnings.policy());
            lint(manifests, iam, namespace.as_deref(), format, &policy, &global)
        }
        Command::Templates { action } => templates::run(action, &global),
        Command::Schema { form } => print(match form {
            SchemaForm::App => schema::APP,
            SchemaForm::Krm => schema::KRM,
            SchemaForm::Diagnostic => schema::DIAGNOSTIC,
        }),
        Command::Init { into, force } => init(&into, force, &global),
        Command::Krm { config, inputs } => krm::run(config.as_deref(), &inputs),
        Command::Kustomize { action } => kustomize::run(action, &global),
        Command::Explain { codes } => explain(&codes),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "wigen", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            print(&String::from_utf8_lossy(&page))
        }
    }
}

/// Files to write, and how.
struct To {
    out: Out,
    force: bool,
    fail_on_change: bool,
}

fn render(
    specs: &[Spec],
    previous: Option<&Spec>,
    to: Option<To>,
    options: &Options<'_>,
    mut told: Told,
    global: &Global,
) -> Result<Outcome, Failure> {
    let previous = previous.map(|spec| (spec.0.file_name(), told.app(spec, options)));
    let mut apps = Vec::new();
    for (source, not_text) in specs {
        if let Some(found) = not_text {
            told.human(source, std::slice::from_ref(found));
            continue;
        }
        let previous = previous.as_ref().and_then(|(name, app)| Some((*name, app.as_ref()?)));
        let rendered = wigen::render(source, options, previous);
        told.human(source, &rendered.diagnostics);
        told.faults(&rendered.faults);
        let (app, artifacts) = (rendered.name, rendered.artifacts);
        apps.push(Rendered { spec: source.name(), app, artifacts });
    }
    if told.finish("nothing was rendered") == Outcome::WrongSpec {
        return Ok(Outcome::WrongSpec);
    }
    let Some(to) = to else {
        sink::print(&apps)?;
        return Ok(Outcome::Done);
    };
    let files = sink::files(&to.out, &apps)?;
    let written: HashSet<&Path> = sink::write(&files, to.force)?.into_iter().collect();
    for file in &files {
        let wrote = written.contains(file.path.as_path());
        if global.verbose || (wrote && to.fail_on_change) {
            let what = if wrote { "wrote" } else { "unchanged" };
            tell(&format!("{what} {}\n", file.path.display()));
        }
    }
    if !to.fail_on_change || written.is_empty() {
        return Ok(Outcome::Done);
    }
    let were = match written.len() {
        1 => "1 file was missing or out of date, and has".to_owned(),
        count => format!("{count} files were missing or out of date, and have"),
    };
    tell(&format!("wigen: {were} been written\n"));
    Ok(Outcome::Changed)
}

fn init(directory: &Path, force: bool, global: &Global) -> Result<Outcome, Failure> {
    let path = directory.join("app.toml");
    if path.exists() && !force {
        return Err(Failure::Told(format!(
            "{} is there already; --force overwrites it",
            path.display()
        )));
    }
    let files = [
        File { path, text: APP_TOML, executable: false },
        File { path: directory.join("app.schema.json"), text: schema::APP, executable: false },
    ];
    // The schema is ours under whatever version wrote it, and the spec was asked for above.
    let written = sink::write(&files, true)?;
    if global.verbose {
        for path in written {
            tell(&format!("wrote {}\n", path.display()));
        }
    }
    Ok(Outcome::Done)
}

fn explain(named: &[String]) -> Result<Outcome, Failure> {
    if named.is_empty() {
        let widest = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
        let list = |code: &Code| {
            let what = code.explanation().what;
            let end = [". ", ".\n", ": ", ":\n"].iter().filter_map(|end| what.find(end)).min();
            let what = what[..end.unwrap_or(what.len())].trim_end_matches('.').replace('\n', " ");
            format!("{:widest$}  {:7}  {what}\n", code.as_str(), code.severity().as_str())
        };
        return print(&Code::ALL.iter().map(list).collect::<String>());
    }
    let mut pages = Vec::new();
    for text in named {
        let Some(code) = Code::parse(text) else {
            let hint = match similar(text, Code::ALL.iter().map(|code| code.as_str())) {
                Some(code) => format!("; did you mean {}?", one_of([code])),
                None => "; `wigen explain` lists them".to_owned(),
            };
            let text = one_of([text.as_str()]);
            return Err(Failure::Told(format!("there is no code {text}{hint}")));
        };
        pages.push(page(code));
    }
    print(&pages.join("\n\n"))
}

/// What there is to say of a code.
fn page(code: Code) -> String {
    let page = code.explanation();
    let indented = |text: &str| format!("    {}\n", text.replace('\n', "\n    "));
    let source =
        if page.source.is_empty() { String::new() } else { format!("\nSource: {}\n", page.source) };
    format!(
        "{} ({})\n\n{}\n\nWhy: {}\n\nExample:\n\n{}\nInstead:\n\n{}{source}",
        code.as_str(),
        code.severity().as_str(),
        page.what,
        page.why,
        indented(page.example),
        indented(page.instead),
    )
}

fn print(text: &str) -> Result<Outcome, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Outcome::Done)
}
