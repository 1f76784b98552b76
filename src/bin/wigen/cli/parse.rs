//! Parses the arguments, and the environment variables that stand for options.

use std::io::{self, Write};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, FromArgMatches};
use wigen::google::roles;
use wigen::kubernetes::Version;

use super::Cli;

impl Cli {
    /// The arguments of this run. Wrong ones, and those that ask for help or the version, end it.
    pub(crate) fn from_environment() -> Self {
        let matches = with_variables(Self::command()).try_get_matches();
        let matches = matches.map_err(|error| explain(error, Self::command()));
        matches.and_then(|matches| Self::from_arg_matches(&matches)).unwrap_or_else(|error| {
            let is_verbose = std::env::args().any(|arg| arg == "--verbose" || is_short(&arg, 'v'));
            let printed = if error.kind() == ErrorKind::DisplayVersion && is_verbose {
                io::stdout().write_all(verbose_version().as_bytes())
            } else {
                error.print()
            };
            let printed = printed.and_then(|()| io::stdout().flush());
            let code = match printed {
                Err(failed) if failed.kind() != io::ErrorKind::BrokenPipe => {
                    let _ = writeln!(io::stderr(), "wigen: cannot write: {failed}");
                    2
                }
                _ => error.exit_code(),
            };
            std::process::exit(code)
        })
    }
}

/// Whether an argument has a short option, alone or among others.
fn is_short(arg: &str, option: char) -> bool {
    let letters = arg.strip_prefix('-').unwrap_or_default();
    letters.contains(option) && letters.chars().all(|c| c.is_ascii_alphabetic())
}

fn verbose_version() -> String {
    format!(
        "wigen {}\ncommit: {}\nKubernetes: {} to {}\npredefined roles: {}\n",
        env!("CARGO_PKG_VERSION"),
        option_env!("WIGEN_COMMIT").unwrap_or("unknown"),
        Version::OLDEST,
        Version::NEWEST,
        roles::LISTED,
    )
}

/// The command without the environment variables that are empty, that an argument overrides, or that are
/// for other commands: each has formats of its own.
fn with_variables(command: Command) -> Command {
    if !std::env::vars_os().any(|(name, _)| name.as_encoded_bytes().starts_with(b"WIGEN_")) {
        return command;
    }
    let is_given = |option: &str| std::env::args().any(|arg| arg == option);
    let formats = command.get_subcommands().flat_map(Command::get_arguments);
    let formats: Vec<String> = formats
        .filter(|arg| arg.get_long() == Some("format"))
        .flat_map(Arg::get_possible_values)
        .map(|value| value.get_name().to_owned())
        .collect();
    let keep = |arg: Arg, is_render: bool| {
        let Some(name) = arg.get_env() else { return arg };
        let Some(value) = std::env::var_os(name) else { return arg };
        let is_unused = if arg.get_long() == Some("format") {
            let is_own = arg.get_possible_values().iter().any(|own| value == *own.get_name());
            let is_known = formats.iter().any(|known| value == known.as_str());
            is_known && (!is_own || is_render && !is_given("--check"))
        } else {
            name == "WIGEN_ENV" && is_given("--all-envs")
        };
        if is_unused || value.is_empty() { arg.env(None::<&str>) } else { arg }
    };
    command.mut_args(|arg| keep(arg, false)).mut_subcommands(|command| {
        let is_render = command.get_name() == "render";
        command.mut_args(|arg| keep(arg, is_render))
    })
}

/// Says in an error which environment variable a value comes from.
fn explain(mut error: clap::Error, mut command: Command) -> clap::Error {
    command.build();
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let mut args = command.get_subcommands().chain([&command]).flat_map(Command::get_arguments);
    let variable =
        args.find(|arg| arg.get_env().is_some() && arg.to_string() == *wrong).and_then(|arg| {
            let option = format!("--{}", arg.get_long()?);
            let is_given = std::env::args().any(|arg| {
                arg.strip_prefix(&option)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            });
            let name =
                arg.get_env().filter(|name| !is_given && std::env::var_os(name).is_some())?;
            Some(name.to_string_lossy().into_owned())
        });
    if let Some(name) = variable {
        let tip = format!("the value comes from the environment variable {name}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}
