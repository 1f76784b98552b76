//! From start to exit: `wigen render` of the documented example, beside a Rust program that does
//! nothing. `cargo bench --bench start` prints the medians and their ratio; both programs are run
//! in turns, so that a busy machine slows both.
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 500;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = folder.path().join("empty");
    build_empty(&empty);
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/cases/documented-create/app.toml");
    let wigen = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wigen"));
        command.args(arguments).current_dir(folder.path());
        command
    };
    let mut commands = [
        ("an empty program", Command::new(&empty)),
        ("wigen render app.toml", wigen(&["render", spec])),
        ("wigen render app.toml -o DIR", wigen(&["render", spec, "-o", "unchanged"])),
        ("wigen check app.toml", wigen(&["check", spec])),
    ];
    let mut times = commands.each_ref().map(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for ((_, command), times) in commands.iter_mut().zip(&mut times) {
            times.push(time(command));
        }
    }
    let medians = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    });
    for ((name, _), median) in commands.iter().zip(medians) {
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        println!("{name:30} {:7.3} ms  {ratio:5.2}x", median.as_secs_f64() * 1e3);
    }
}

fn build_empty(path: &Path) {
    let source = path.with_extension("rs");
    std::fs::write(&source, "fn main() {}\n").expect("a source file");
    let built = Command::new("rustc")
        .args(["-C", "opt-level=3", "-C", "panic=abort", "-C", "strip=symbols", "-o"])
        .arg(path)
        .arg(&source)
        .status();
    assert!(built.is_ok_and(|status| status.success()), "rustc cannot build an empty program");
}

fn time(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    let start = Instant::now();
    let status = command.status().expect("the program starts");
    let time = start.elapsed();
    assert!(status.success(), "{command:?}");
    time
}
