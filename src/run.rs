//! The commands: from what was asked for to an exit code.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use wigen::app::App;
use wigen::diagnostic::{Code, Diagnostic, Severity, one_of, similar};
use wigen::source::Source;
use wigen::{report, schema};

use crate::cli::{Cli, Color, Command, Format, Global, Only, SchemaForm};
use crate::input::{self, Failure, Spec};
use crate::sink::{self, File, Rendered};

const APP_TOML: &str = include_str!("../templates/app.toml");

/// How a run ended that wigen could finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    WrongSpec,
}

/// Runs a command. Nothing else decides the exit code.
pub(crate) fn run(cli: Cli) -> ExitCode {
    match command(cli) {
        Ok(Outcome::Done) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Outcome::WrongSpec) => ExitCode::from(1),
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
        Command::Render { specs, out, only, force, previous } => {
            let specs = input::read(&specs.specs)?;
            let previous = match previous {
                Some(_) if specs.len() > 1 => {
                    return Err(Failure::Told("--previous is for one spec".to_owned()));
                }
                Some(path) => input::read(&[path])?.pop(),
                None => None,
            };
            render(&specs, previous.as_ref(), out.as_deref(), &only, force, &global)
        }
        Command::Check { specs, format } => check(&input::read(&specs.specs)?, format, &global),
        Command::Schema { form } => print(match form {
            SchemaForm::App => schema::APP,
            SchemaForm::Krm => schema::KRM,
        }),
        Command::Init { into, force } => init(&into, force, &global),
        Command::Explain { code } => explain(code.as_deref()),
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

fn render(
    specs: &[Spec],
    previous: Option<&Spec>,
    out: Option<&Path>,
    only: &[Only],
    force: bool,
    global: &Global,
) -> Result<Outcome, Failure> {
    let kinds = Only::kinds(only);
    let mut told = Told::new(global);
    let previous = previous.map(|spec| (spec.0.file_name(), told.app(spec)));
    let mut apps = Vec::new();
    for (source, not_text) in specs {
        if let Some(found) = not_text {
            told.human(source, std::slice::from_ref(found));
            continue;
        }
        let previous = previous.as_ref().and_then(|(name, app)| Some((*name, app.as_ref()?)));
        let rendered = wigen::render(source, previous, &kinds).map_err(|error| {
            Failure::Told(format!("{}: {error}; this is a mistake in wigen", source.name()))
        })?;
        told.human(source, &rendered.diagnostics);
        apps.push(Rendered { app: rendered.name, artifacts: rendered.artifacts });
    }
    if told.finish("nothing was rendered") == Outcome::WrongSpec {
        return Ok(Outcome::WrongSpec);
    }
    match out {
        None => sink::print(&apps)?,
        Some(directory) => {
            let files = sink::files(directory, &apps);
            let written = sink::write(&files, force)?;
            if global.verbose {
                for file in &files {
                    let what =
                        if written.contains(&file.path.as_path()) { "wrote" } else { "unchanged" };
                    tell(&format!("{what} {}\n", file.path.display()));
                }
            }
        }
    }
    Ok(Outcome::Done)
}

fn check(specs: &[Spec], format: Format, global: &Global) -> Result<Outcome, Failure> {
    let mut told = Told::new(global);
    for (source, not_text) in specs {
        let found = match not_text {
            Some(found) => vec![found.clone()],
            None => wigen::check(source).diagnostics,
        };
        match format {
            Format::Human => told.human(source, &found),
            Format::Json => {
                told.count(&found);
                print(&report::json(source, &found))?;
            }
        }
        if global.verbose && found.is_empty() {
            tell(&format!("{}: nothing to say\n", source.name()));
        }
    }
    Ok(match format {
        Format::Human => told.finish(""),
        Format::Json => told.outcome(),
    })
}

/// What the user has been told about the specs so far.
struct Told {
    colour: bool,
    errors: usize,
    warnings: usize,
    first: Option<Code>,
}

impl Told {
    fn new(global: &Global) -> Self {
        let colour = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Self { colour, errors: 0, warnings: 0, first: None }
    }

    fn count(&mut self, found: &[Diagnostic]) {
        for diagnostic in found {
            match diagnostic.severity() {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
            self.first.get_or_insert(diagnostic.code);
        }
    }

    fn human(&mut self, source: &Source, found: &[Diagnostic]) {
        self.count(found);
        tell(&report::human(source, found, self.colour));
    }

    /// The app of a spec that is only looked up; what is wrong with it is told.
    fn app(&mut self, (source, not_text): &Spec) -> Option<App> {
        if let Some(found) = not_text {
            self.human(source, std::slice::from_ref(found));
            return None;
        }
        let checked = wigen::check(source);
        if checked.app.is_none() {
            self.human(source, &checked.diagnostics);
        }
        checked.app
    }

    fn outcome(&self) -> Outcome {
        if self.errors == 0 { Outcome::Done } else { Outcome::WrongSpec }
    }

    /// Sums up, if there was anything.
    fn finish(&self, then: &str) -> Outcome {
        if let Some(code) = self.first {
            let mut counts = Vec::new();
            for (count, one, many) in
                [(self.errors, "error", "errors"), (self.warnings, "warning", "warnings")]
            {
                if count > 0 {
                    counts.push(format!("{count} {}", if count == 1 { one } else { many }));
                }
            }
            let then = if self.errors > 0 && !then.is_empty() {
                format!("; {then}")
            } else {
                String::new()
            };
            let code = code.as_str();
            tell(&format!(
                "wigen: {}{then}; more about one: wigen explain {code}\n",
                counts.join(", ")
            ));
        }
        self.outcome()
    }
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

fn explain(code: Option<&str>) -> Result<Outcome, Failure> {
    let Some(text) = code else {
        let widest = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
        let list = |code: &Code| {
            let what = code.explanation().what;
            let end = [". ", ".\n", ": ", ":\n"].iter().filter_map(|end| what.find(end)).min();
            let what = what[..end.unwrap_or(what.len())].trim_end_matches('.').replace('\n', " ");
            format!("{:widest$}  {:7}  {what}\n", code.as_str(), code.severity().as_str())
        };
        return print(&Code::ALL.iter().map(list).collect::<String>());
    };
    let Some(code) = Code::parse(text) else {
        let hint = match similar(text, Code::ALL.iter().map(|code| code.as_str())) {
            Some(code) => format!("; did you mean {}?", one_of([code])),
            None => "; `wigen explain` lists them".to_owned(),
        };
        return Err(Failure::Told(format!("there is no code {}{hint}", one_of([text]))));
    };
    let page = code.explanation();
    let indented = |text: &str| format!("    {}\n", text.replace('\n', "\n    "));
    let source =
        if page.source.is_empty() { String::new() } else { format!("\nSource: {}\n", page.source) };
    print(&format!(
        "{} ({})\n\n{}\n\nWhy: {}\n\nExample:\n\n{}\nInstead:\n\n{}{source}",
        code.as_str(),
        code.severity().as_str(),
        page.what,
        page.why,
        indented(page.example),
        indented(page.instead),
    ))
}

fn print(text: &str) -> Result<Outcome, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Outcome::Done)
}
