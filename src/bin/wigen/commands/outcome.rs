//! How a command ended, and its exit code.

use std::process::ExitCode;

use super::console::eprintln;
use crate::files::Failure;

/// How a command ended that did not fail to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// A spec, a template or a manifest has errors.
    Invalid,
    /// Files were written, or specs differ, and a flag forbids it.
    Changed,
    /// Files are out of date.
    Stale,
}

/// The exit code of a command. Nothing else decides it.
pub(super) fn exit_code(result: Result<Outcome, Failure>) -> ExitCode {
    match result {
        Ok(Outcome::Done) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Outcome::Invalid | Outcome::Changed | Outcome::Stale) => ExitCode::from(1),
        Err(Failure::Message(message)) => {
            eprintln(&format!("wigen: {message}"));
            ExitCode::from(2)
        }
    }
}
