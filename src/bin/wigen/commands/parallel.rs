//! Many tasks over a few threads, their results in the order of the tasks. What is in flight is
//! bounded: nobody runs far ahead of the task whose result is next.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// So many tasks are taken at a time: one app costs less than to agree on who takes it.
const TAKEN: usize = 8;

/// So many takes may wait for one before them.
const AHEAD: usize = 32;

/// The threads for so many tasks: no more than they need, and else as many as the user says, or as there
/// are cores.
pub(super) fn threads(asked: Option<NonZero<usize>>, tasks: usize) -> usize {
    let needed = tasks.div_ceil(TAKEN);
    // To ask for the cores takes longer than to start.
    if needed < 2 {
        return 1;
    }
    asked.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get).min(needed)
}

/// Works on each task, on so many threads, and takes the results in the order of the tasks.
pub(super) fn each<T: Sync, R: Send>(
    threads: usize,
    tasks: &[T],
    work: impl Fn(&T) -> R + Sync,
    take: impl FnMut(R) + Send,
) {
    if threads < 2 {
        tasks.iter().map(work).for_each(take);
        return;
    }
    let line = Line {
        first: AtomicUsize::new(0),
        waiting: Mutex::new(Waiting { next: 0, done: BTreeMap::new(), take }),
        moved: Condvar::new(),
    };
    let run = || {
        loop {
            let take = line.first.fetch_add(1, Ordering::Relaxed);
            let Some(tasks) = tasks.chunks(TAKEN).nth(take) else { return };
            line.wait(take);
            line.done(take, tasks.iter().map(&work).collect());
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
}

/// The takes, and the results that wait for those before them.
struct Line<R, F> {
    first: AtomicUsize,
    waiting: Mutex<Waiting<R, F>>,
    moved: Condvar,
}

struct Waiting<R, F> {
    next: usize,
    done: BTreeMap<usize, Vec<R>>,
    take: F,
}

impl<R, F: FnMut(R)> Line<R, F> {
    fn lock(&self) -> MutexGuard<'_, Waiting<R, F>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until a take may be begun.
    fn wait(&self, take: usize) {
        let far = |waiting: &mut Waiting<R, F>| take > waiting.next + AHEAD;
        let waited = self.moved.wait_while(self.lock(), far);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn done(&self, take: usize, results: Vec<R>) {
        let mut waiting = self.lock();
        waiting.done.insert(take, results);
        let Waiting { next, done, take } = &mut *waiting;
        while let Some(results) = done.remove(next) {
            results.into_iter().for_each(&mut *take);
            *next += 1;
        }
        drop(waiting);
        self.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_tasks() {
        let tasks: Vec<usize> = (0..1000).collect();
        for threads in [1, 2, 7] {
            let mut results = Vec::new();
            let work = |task: &usize| {
                // The first of each take is slow.
                if task.is_multiple_of(TAKEN * 40) {
                    thread::sleep(std::time::Duration::from_millis(5));
                }
                task * 2
            };
            each(threads, &tasks, work, |result| results.push(result));
            assert!(results.iter().copied().eq((0..1000).map(|task| task * 2)));
        }
    }
}
