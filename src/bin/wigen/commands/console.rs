//! Prints to standard output and standard error.

use std::io::{self, IsTerminal, Write};

use wigen::report;

use crate::cli::{Color, GlobalArgs};
use crate::files::Failure;

/// Prints to standard output; to a terminal, without what it would obey.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let text = if out.is_terminal() { report::for_terminal(text) } else { text.into() };
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints to standard error. An error is ignored: nobody is left to read it.
pub(super) fn eprint(text: &str) {
    let _ = io::stderr().lock().write_all(report::for_terminal(text).as_bytes());
}

/// Prints a line to standard error, without control characters.
pub(super) fn eprintln(line: &str) {
    eprint(&(report::plain(line) + "\n"));
}

/// Whether output is coloured; `terminal` is whether it goes to one.
pub(super) fn has_colour(global: &GlobalArgs, terminal: bool) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => environment_wants_colour(terminal),
    }
}

/// What the environment says of colours. Sources: https://no-color.org, https://bixense.com/clicolors.
fn environment_wants_colour(terminal: bool) -> bool {
    // Whether a variable is set to another value than `no`; `None` if it is not set.
    let differs = |name: &str, no: &str| {
        std::env::var_os(name).filter(|value| !value.is_empty()).map(|value| value != no)
    };
    if differs("NO_COLOR", "").is_some() {
        return false;
    }
    let by_terminal = terminal
        && differs("TERM", "dumb") != Some(false)
        && differs("CLICOLOR", "0") != Some(false);
    by_terminal || differs("CLICOLOR_FORCE", "0") == Some(true)
}
