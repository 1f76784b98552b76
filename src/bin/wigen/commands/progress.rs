//! A bar on a terminal while there is much to do; nothing in pipes.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done sooner needs no bar.
const LONG: Duration = Duration::from_millis(300);

/// So often a second the bar is drawn.
const DRAWN: u8 = 15;

/// How far a run is.
pub(super) struct Progress {
    start: Instant,
    total: u64,
    done: u64,
    /// None where there is no terminal to draw it on, or it would not be for long.
    bar: Option<ProgressBar>,
    terminal: bool,
}

impl Progress {
    /// Of so many tasks; `colour` says whether the bar may have one.
    pub(super) fn of(total: usize) -> Self {
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        let terminal = total > 1 && io::stderr().is_terminal();
        Self { start: Instant::now(), total, done: 0, bar: None, terminal }
    }

    /// One more is done.
    pub(super) fn step(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        } else if self.terminal && self.start.elapsed() > LONG {
            self.bar = Some(self.drawn());
        }
    }

    fn drawn(&self) -> ProgressBar {
        let target = ProgressDrawTarget::stderr_with_hz(DRAWN);
        let bar = ProgressBar::with_draw_target(Some(self.total), target);
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} apps, {eta} to go");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_position(self.done);
        bar
    }

    /// Says something while the bar is away.
    pub(super) fn aside<T>(&self, say: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
