//! `wigen`: the program. What it does is in the library of the same name.

mod cli;
mod git;
mod input;
mod run;
mod sink;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    run::started().unwrap_or_else(|| run::run(cli::Cli::parse()))
}
