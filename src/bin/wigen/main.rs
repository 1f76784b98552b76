//! The program `wigen`. What it does is in the library of the same name.

mod bounded;
mod cli;
mod commands;
mod files;
mod git;

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    commands::run_as_function().unwrap_or_else(|| commands::run(cli::Cli::from_environment()))
}
