//! `--timings`: how long each part of the work took, of all threads together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::tell_line;

/// A part of the work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// Finding the specs.
    Find,
    /// Reading them.
    Read,
    /// From their text to an app without fault.
    Check,
    /// From apps to artifacts, and reading these back.
    Render,
    /// Comparing files with what they should be.
    Compare,
    /// Writing files beside their places.
    Write,
    /// Moving them there, or printing.
    Put,
}

impl Phase {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Find, "find specs"),
        (Self::Read, "read"),
        (Self::Check, "check"),
        (Self::Render, "render"),
        (Self::Compare, "compare"),
        (Self::Write, "write"),
        (Self::Put, "put in place"),
    ];
}

/// The time that each part took; nothing where nobody asks.
pub(super) struct Timings {
    start: Instant,
    nanoseconds: Option<[AtomicU64; Phase::ALL.len()]>,
}

impl Timings {
    pub(super) fn new(asked: bool) -> Self {
        Self { start: Instant::now(), nanoseconds: asked.then(Default::default) }
    }

    /// Does a part of the work.
    pub(super) fn of<T>(&self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let Some(nanoseconds) = &self.nanoseconds else { return work() };
        let start = Instant::now();
        let done = work();
        let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        nanoseconds[phase as usize].fetch_add(took, Ordering::Relaxed);
        done
    }

    /// Tells them, if anybody asks.
    pub(super) fn tell(&self, apps: usize, threads: usize) {
        let Some(nanoseconds) = &self.nanoseconds else { return };
        for (phase, name) in Phase::ALL {
            let took = Duration::from_nanos(nanoseconds[phase as usize].load(Ordering::Relaxed));
            tell_line(&format!("{name:12} {:10.3} ms", milliseconds(took)));
        }
        let apps = if apps == 1 { "1 spec".to_owned() } else { format!("{apps} specs") };
        let threads =
            if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
        let total = milliseconds(self.start.elapsed());
        tell_line(&format!("in all       {total:10.3} ms, for {apps} on {threads}"));
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
