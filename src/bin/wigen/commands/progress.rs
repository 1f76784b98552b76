//! A progress bar on a terminal, for runs that take long.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter runs get no bar.
const DELAY: Duration = Duration::from_millis(300);

const DRAWS_PER_SECOND: u8 = 15;

pub(super) struct Progress {
    start: Instant,
    total: u64,
    done: u64,
    /// Whether there may be a bar: several tasks, and a terminal.
    enabled: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        let enabled = total > 1 && io::stderr().is_terminal();
        Self { start: Instant::now(), total, done: 0, enabled, bar: None }
    }

    pub(super) fn step(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        } else if self.enabled && self.start.elapsed() > DELAY {
            self.bar = Some(self.new_bar());
        }
    }

    fn new_bar(&self) -> ProgressBar {
        let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
        let bar = ProgressBar::with_draw_target(Some(self.total), target);
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} apps, {eta} to go");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_position(self.done);
        bar
    }

    /// Runs `print` with the bar hidden.
    pub(super) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    pub(super) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
