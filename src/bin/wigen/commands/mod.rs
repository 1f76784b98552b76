//! The commands: from what was asked for to an exit code.

mod check;
mod diff;
mod krm;
mod kustomize;
mod parallel;
mod progress;
mod render;
mod reporter;
mod show;
mod stale_report;
mod templates;
mod watch;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use wigen::diagnostics::{Code, one_of, similar};
use wigen::report;
use wigen::spec::schema;
use wigen::spec::settings::Settings;

use crate::cli::{Cli, Command, GlobalArgs, SchemaForm};
use crate::files::{self, Failure, File, Selection};

use check::{check, lint};
pub(crate) use krm::started;
use reporter::Reporter;

const APP_TOML: &str = include_str!("../../../../templates/app.toml");

/// How a run ended that wigen could finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    WrongSpec,
    /// Files were written, or something changes, which was not to happen.
    Changed,
    /// Files are out of date.
    StaleReport,
}

/// Runs a command.
pub(crate) fn run(cli: Cli) -> ExitCode {
    exit(command(cli))
}

/// Nothing else decides the exit code.
fn exit(result: Result<Outcome, Failure>) -> ExitCode {
    match result {
        Ok(Outcome::Done) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Outcome::WrongSpec | Outcome::Changed | Outcome::StaleReport) => ExitCode::from(1),
        Err(Failure::Message(message)) => {
            tell_line(&format!("wigen: {message}"));
            ExitCode::from(2)
        }
    }
}

/// Everything that is not the output asked for goes to standard error. If that is gone, nobody is
/// left to tell.
fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Tells a line.
fn tell_line(line: &str) {
    tell(&(report::plain(line) + "\n"));
}

fn command(cli: Cli) -> Result<Outcome, Failure> {
    let global = cli.global;
    if let Some(directory) = &global.directory {
        std::env::set_current_dir(directory)
            .map_err(|error| Failure::file("enter", directory, &error))?;
    }
    match cli.command {
        Command::Render(asked) => render::render(&asked, &global),
        Command::Check { specs, format, fix, rules } => check(&specs, format, fix, &rules, &global),
        Command::Show { specs, env, settings, format } => {
            show::show(&specs, env.as_deref(), &settings.settings(), format, &global)
        }
        Command::Lint { manifests, iam, namespace, format, warnings } => {
            let (manifests, others) = files::manifests(&manifests)?;
            for name in others.iter().filter(|_| global.verbose) {
                tell_line(&format!("{name}: no manifest"));
            }
            let (iam, policy) = (files::files(&iam)?, warnings.policy());
            lint(manifests, iam, namespace.as_deref(), format, &policy, &global)
        }
        Command::Diff { old, new, env, format, exit_code } => {
            let asked = diff::DiffArgs { environment: env.as_deref(), format, exit_code };
            diff::run(&old, new.as_deref(), &asked, &global)
        }
        Command::Templates { action } => templates::run(action, &global),
        Command::Schema { form } => print(match form {
            SchemaForm::App => schema::APP,
            SchemaForm::Krm => schema::KRM,
            SchemaForm::Workspace => schema::WORKSPACE,
            SchemaForm::Diagnostic => schema::DIAGNOSTIC,
            SchemaForm::Change => schema::CHANGE,
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

/// Over several specs a setting would say more than is meant.
fn for_one(settings: &Settings, selected: &Selection) -> Result<(), Failure> {
    let count = selected.specs.len();
    if settings.is_empty() || count < 2 {
        return Ok(());
    }
    Err(Failure::Message(format!(
        "--set is for one spec, and these are {count}: name one, or its app with -p"
    )))
}

fn init(directory: &Path, force: bool, global: &GlobalArgs) -> Result<Outcome, Failure> {
    let path = directory.join("app.toml");
    if path.exists() && !force {
        return Err(Failure::Message(format!(
            "{} is there already; --force overwrites it",
            path.display()
        )));
    }
    let files = [
        File { path, text: APP_TOML, executable: false },
        File { path: directory.join("app.schema.json"), text: schema::APP, executable: false },
    ];
    // The schema is ours under whatever version wrote it, and the spec was asked for above.
    let written = files::write(&files, true)?;
    if global.verbose {
        for path in written {
            tell_line(&format!("wrote {}", path.display()));
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
            return Err(Failure::Message(format!("there is no code {text}{hint}")));
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
