//! The runner of every test program. A program has topics, a topic has trials.
//!
//! A trial that needs a tool which is missing is skipped; with `CI` set it fails. A trial that takes long
//! runs with `WIGEN_TESTS=all` only, as `.ci/run` has it. The end of the output says what was proven, what
//! was skipped, and what would enable it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed};

use super::folders;
use super::tools::{find, how_to_get};

/// A subject of a test program.
pub(crate) struct Topic {
    name: &'static str,
    /// What holds if its trials pass.
    proves: String,
    trials: Vec<Trial>,
    /// What else is printed in the end.
    table: fn() -> String,
}

impl Topic {
    /// A topic, and the sentence that its trials prove.
    pub(crate) fn new(name: &'static str, proves: impl Into<String>, trials: Vec<Trial>) -> Self {
        Self { name, proves: proves.into(), trials, table: String::new }
    }

    /// Prints a table below the sentence, when all trials have ended.
    pub(crate) fn with_table(self, table: fn() -> String) -> Self {
        Self { table, ..self }
    }
}

/// One test.
pub(crate) struct Trial {
    name: String,
    missing: Vec<&'static str>,
    long: bool,
    test: Box<dyn FnOnce() -> Result<(), Failed> + Send>,
}

impl Trial {
    /// A test that needs no tool.
    pub(crate) fn new<T: Outcome>(
        name: impl Into<String>,
        test: impl FnOnce() -> T + Send + 'static,
    ) -> Self {
        let test = Box::new(move || test().into_result());
        Self { name: name.into(), missing: Vec::new(), long: false, test }
    }

    /// A test that calls a tool, whose path it gets.
    pub(crate) fn with_tool(
        name: impl Into<String>,
        tool: &'static str,
        test: impl FnOnce(&Path) + Send + 'static,
    ) -> Self {
        let found = find(tool);
        let missing: &[&'static str] = if found.is_none() { &[tool] } else { &[] };
        Self::new(name, move || test(&found.expect("the trial needs it"))).without(missing)
    }

    /// The test, where these of its tools are missing.
    pub(crate) fn without(mut self, tools: &[&'static str]) -> Self {
        self.missing.extend(tools);
        self
    }

    /// The test, which takes long.
    pub(crate) fn long(mut self) -> Self {
        self.long = true;
        self
    }
}

/// A name, a tool, and what to do with that.
pub(crate) type Check = (&'static str, &'static str, fn(&Path));

impl From<Check> for Trial {
    fn from((name, tool, test): Check) -> Self {
        Self::with_tool(name, tool, test)
    }
}

/// What a test returns.
pub(crate) trait Outcome {
    /// The outcome as libtest-mimic wants it.
    fn into_result(self) -> Result<(), Failed>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), Failed> {
        Ok(())
    }
}

impl Outcome for Result<(), String> {
    fn into_result(self) -> Result<(), Failed> {
        self.map_err(Failed::from)
    }
}

/// Trials from functions, with their names.
macro_rules! trials {
    ($($test:ident),+ $(,)?) => {
        vec![$($crate::support::trials::Trial::new(stringify!($test), $test)),+]
    };
}
pub(crate) use trials;

/// A trial for each folder in a folder of the repository.
pub(crate) fn each_folder(within: &str, check: fn(&Path) -> Result<(), String>) -> Vec<Trial> {
    let name = |folder: &PathBuf| folder.file_name().unwrap().to_string_lossy().into_owned();
    let trial = |folder: PathBuf| Trial::new(name(&folder), move || check(&folder));
    folders(within).into_iter().map(trial).collect()
}

/// Whether trials that take long run, too.
pub(crate) fn is_complete() -> bool {
    match std::env::var("WIGEN_TESTS") {
        Ok(value) => {
            assert_eq!(value, "all", "WIGEN_TESTS may be `all`");
            true
        }
        Err(_) => false,
    }
}

/// How many samples a test takes: few every day, all with `WIGEN_TESTS=all`.
pub(crate) fn samples(few: usize, all: usize) -> usize {
    if is_complete() { all } else { few }
}

/// The parts of trials that were skipped: what they are, and the missing tool.
static PARTS: Mutex<BTreeMap<(&'static str, String), usize>> = Mutex::new(BTreeMap::new());

/// The one tool that `.ci/tools` cannot install: without it, CI reports what it skips, and goes on.
const OPTIONAL: &str = "helm";

/// Skips a part of the running trial, because a tool is missing; in CI that fails.
pub(crate) fn skip_part(what: &'static str, tool: &str) {
    assert!(std::env::var_os("CI").is_none() || tool == OPTIONAL, "missing: {tool}");
    *PARTS.lock().unwrap().entry((what, tool.to_owned())).or_default() += 1;
}

/// The trials of a topic that ran, and those that did not.
struct Summary {
    topic: &'static str,
    proves: String,
    table: fn() -> String,
    selected: usize,
    passed: Arc<AtomicUsize>,
    /// How many were skipped for each reason.
    skipped: BTreeMap<Reason, usize>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Missing(String),
    Long,
}

/// The program that comes last in the alphabet, in which `cargo test` runs them.
const LAST: &str = "tools";

/// Runs a test program to its end.
pub(crate) fn run(program: &str, topics: Vec<Topic>) -> ! {
    let mut arguments = Arguments::from_args();
    // A path is a filter, too.
    if let Some(filter) = &mut arguments.filter {
        *filter = filter.replace('/', "::");
    }
    let (is_ci, is_complete) = (std::env::var_os("CI").is_some(), is_complete());
    let mut trials = Vec::new();
    let mut summaries = Vec::new();
    for topic in topics {
        let mut summary = Summary {
            topic: topic.name,
            proves: topic.proves,
            table: topic.table,
            selected: 0,
            passed: Arc::default(),
            skipped: BTreeMap::new(),
        };
        for trial in topic.trials {
            let name = format!("{}::{}", topic.name, trial.name.replace('/', "::"));
            let reason = match trial.missing.first() {
                Some(tool) if !is_ci => Some(Reason::Missing((*tool).to_owned())),
                _ => (trial.long && !is_complete).then_some(Reason::Long),
            };
            if is_selected(&arguments, &name) {
                match &reason {
                    Some(reason) => *summary.skipped.entry(reason.clone()).or_default() += 1,
                    None => summary.selected += 1,
                }
            }
            let passed = Arc::clone(&summary.passed);
            let test = move || {
                if !trial.missing.is_empty() {
                    return Err(format!("missing: {}", trial.missing.join(", ")).into());
                }
                (trial.test)()?;
                passed.fetch_add(1, Ordering::Relaxed);
                Ok(())
            };
            trials.push(libtest_mimic::Trial::test(name, test).with_ignored_flag(reason.is_some()));
        }
        summaries.push(summary);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Ignored tests run on demand, which no summary counts.
    if !arguments.list && !arguments.ignored && !arguments.include_ignored {
        print_summary(program, &summary(program, &summaries));
    }
    conclusion.exit();
}

/// As libtest-mimic selects.
fn is_selected(arguments: &Arguments, name: &str) -> bool {
    let is_match = |filter: &String| {
        if arguments.exact { name == filter } else { name.contains(filter.as_str()) }
    };
    arguments.filter.as_ref().is_none_or(is_match) && !arguments.skip.iter().any(is_match)
}

/// Prints a summary. The program that `cargo test` runs last prints those of the others again, so that the
/// end has all of them.
fn print_summary(program: &str, summary: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("summaries");
    // The programs of one `cargo test` have one parent.
    let file = folder.join(std::os::unix::process::parent_id().to_string());
    let before = fs::read_to_string(&file).unwrap_or_default();
    if before.is_empty() {
        // Nobody reads those of a `cargo test` that did not get to its end.
        let _ = fs::remove_dir_all(&folder);
    }
    if program == LAST {
        let _ = fs::remove_file(&file);
        println!("{before}{summary}");
    } else {
        println!("{summary}");
        fs::create_dir_all(&folder).unwrap();
        fs::write(&file, before + summary).unwrap();
    }
}

fn summary(program: &str, summaries: &[Summary]) -> String {
    let mut lines = Vec::new();
    for summary in summaries.iter().filter(|summary| summary.selected > 0) {
        let passed = summary.passed.load(Ordering::Relaxed);
        let count = if passed == summary.selected {
            passed.to_string()
        } else {
            format!("{passed} of {}", summary.selected)
        };
        lines.push(format!("{count:>12} {:<13} {}\n", summary.topic, summary.proves));
        lines.push((summary.table)());
    }
    if !lines.is_empty() {
        lines.insert(0, format!("What passed in `{program}`, and what it proves:\n"));
    }
    let mut skipped: BTreeMap<Reason, Vec<String>> = BTreeMap::new();
    for summary in summaries {
        for (reason, count) in &summary.skipped {
            skipped.entry(reason.clone()).or_default().push(format!("{count} {}", summary.topic));
        }
    }
    for ((what, tool), count) in &*PARTS.lock().unwrap() {
        let reason = Reason::Missing(tool.clone());
        skipped.entry(reason).or_default().push(format!("{count} {what}"));
    }
    if !skipped.is_empty() {
        lines.push(format!("What was skipped in `{program}`, and what runs it:\n"));
    }
    lines.extend(skipped.into_iter().map(|(reason, topics)| {
        let enable = match reason {
            Reason::Missing(tool) => format!("{tool} is missing; {}", how_to_get(&tool)),
            Reason::Long => "takes long; WIGEN_TESTS=all, as in .ci/run".to_owned(),
        };
        format!("{:>25}: {enable}\n", topics.join(", "))
    }));
    lines.concat()
}
