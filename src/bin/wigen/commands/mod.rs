//! The commands: from arguments to an exit code.

mod check;
mod console;
mod diff;
mod explain;
mod identities;
mod init;
mod krm;
mod kustomize;
mod lint;
mod outcome;
mod parallel;
mod progress;
mod render;
mod reporter;
mod show;
mod stale_report;
mod templates;
mod watch;

use std::process::ExitCode;

use clap::CommandFactory;
use wigen::spec::schema;

use crate::cli::{Cli, Command, GlobalArgs, SchemaName};
use crate::files::Failure;
use console::print;
use outcome::{Outcome, exit_code};

pub(crate) use krm::run_as_function;

pub(crate) fn run(cli: Cli) -> ExitCode {
    exit_code(dispatch(cli.command, &cli.global))
}

fn dispatch(command: Command, global: &GlobalArgs) -> Result<Outcome, Failure> {
    if let Some(directory) = &global.directory {
        std::env::set_current_dir(directory)
            .map_err(|error| Failure::file("enter", directory, &error))?;
    }
    match command {
        Command::Render(args) => return render::render(&args, global),
        Command::Check { select, format, fix, checks } => {
            return check::check(&select, format, fix, &checks, global);
        }
        Command::Show { select, env, set, format } => {
            return show::show(&select, env.as_deref(), &set, format, global);
        }
        Command::Lint(args) => return lint::lint(&args, global),
        Command::Who { identities, format } => {
            return identities::who(&identities, format, global);
        }
        Command::Graph { identities, format } => {
            return identities::graph(&identities, format, global);
        }
        Command::Diff(args) => return diff::diff(&args, global),
        Command::Templates { action } => return templates::run(action, global),
        Command::Init { into, force } => return init::init(&into, force),
        Command::Explain { codes } => return explain::explain(&codes),
        Command::Krm { config, inputs } => return krm::run(config.as_deref(), &inputs),
        Command::Kustomize { action } => return kustomize::run(action, global),
        Command::Schema { name } => print(match name {
            SchemaName::App => schema::APP,
            SchemaName::Krm => schema::KRM,
            SchemaName::Workspace => schema::WORKSPACE,
            SchemaName::Diagnostic => schema::DIAGNOSTIC,
            SchemaName::Change => schema::CHANGE,
            SchemaName::Chain => schema::CHAIN,
        })?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "wigen", &mut script);
            print(&String::from_utf8_lossy(&script))?;
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(Outcome::Done)
}
