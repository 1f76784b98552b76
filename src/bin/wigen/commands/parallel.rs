//! Runs tasks on several threads, and hands on their results in the order of the tasks.

use std::num::NonZero;
use std::thread;

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

/// Results of this many tasks are handed on while the next ones are computed. It bounds the memory.
const CHUNK: usize = 128;

/// A thread for fewer tasks costs more than it saves.
const TASKS_PER_THREAD: usize = 8;

/// Runs `work` on each task, and `take` on each result, in order. `threads` is what the user asked for;
/// the default is the number of cores.
pub(super) fn for_each<T: Sync, R: Send>(
    threads: Option<NonZero<usize>>,
    tasks: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) + Send,
) {
    let threads = thread_count(threads, tasks.len());
    let pool = || ThreadPoolBuilder::new().num_threads(threads).build().ok();
    let Some(pool) = (threads > 1).then(pool).flatten() else {
        tasks.iter().map(work).for_each(take);
        return;
    };
    pool.install(|| {
        let mut results: Vec<R> = Vec::new();
        for chunk in tasks.chunks(CHUNK) {
            let finished = std::mem::take(&mut results);
            (results, ()) = rayon::join(
                || chunk.par_iter().map(&work).collect(),
                || finished.into_iter().for_each(&mut take),
            );
        }
        results.into_iter().for_each(take);
    });
}

fn thread_count(requested: Option<NonZero<usize>>, tasks: usize) -> usize {
    let useful = tasks / TASKS_PER_THREAD;
    // Asking for the number of cores costs more than one task.
    if useful < 2 {
        return 1;
    }
    requested.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get).min(useful)
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
                if task.is_multiple_of(320) {
                    thread::sleep(std::time::Duration::from_millis(5));
                }
                task * 2
            };
            for_each(NonZero::new(threads), &tasks, work, |result| results.push(result));
            assert!(results.iter().copied().eq((0..1000).map(|task| task * 2)));
        }
    }
}
