//! How many instructions wigen takes, counted by valgrind, against `instructions.toml`. Unlike times,
//! counts hardly depend on what else the machine does, so CI can hold a change to them.
//! `cargo test --test instructions` compares; `-- --update` writes the file. The counts are those of
//! the binary that the tests run, which is there already; what is slower in it is slower in a release.
//! `-- --phases` prints what the phases of a run take in one with the profile `counted` of Cargo.toml.
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

#[path = "../tests/support/fleet.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fleet;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use fleet::Fleet;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.toml");
/// In percent.
const TOLERANCE: u64 = 5;
/// Of `version`, in percent: most of that the loader of the system takes, on some processors more.
const OF_VERSION: u64 = 12;
const APPS: usize = 101;
/// What a run does, one after the other: the modules of the functions.
const PHASES: [&str; 10] = [
    "wigen::commands",
    "wigen::files",
    "wigen::text",
    "wigen::spec::merge",
    "wigen::spec::schema",
    "wigen::spec::types",
    "wigen::spec::rules",
    "wigen::model",
    "wigen::backends::templates",
    "wigen::backends::gcloud",
];

fn main() -> ExitCode {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let update = has("--update");
    assert!(!update || std::env::var_os("CI").is_none(), "--update is refused in CI");
    let wigen = PathBuf::from(env!("CARGO_BIN_EXE_wigen"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [one, many] = [1, APPS].map(|apps| {
        let place = folder.path().join(apps.to_string());
        Fleet::alone(apps).write(&place).expect("the specs can be written");
        place
    });
    if has("--phases") {
        phases(&build(), &many, folder.path());
        return ExitCode::SUCCESS;
    }
    let render = ["render", ".", "--threads", "1"];
    let write = ["render", ".", "--threads", "1", "-o", "out"];
    let written = Command::new(&wigen).args(write).current_dir(&one).status();
    assert!(written.is_ok_and(|status| status.success()), "wigen cannot write the artifacts");
    let single = count(&wigen, &one, &render);
    let all = count(&wigen, &many, &render);
    let counts = [
        ("version", count(&wigen, &one, &["--version"])),
        ("one-app", single),
        ("each-further-app", (all - single) / (APPS as u64 - 1)),
        ("one-app-unchanged", count(&wigen, &one, &write)),
    ];
    if update {
        fs::write(FILE, page(&counts)).expect("the file can be written");
        println!("{FILE} is written");
        return ExitCode::SUCCESS;
    }
    compare(&counts)
}

/// The binary with symbols.
fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["build", "--quiet", "--locked", "--profile", "counted", "--bin", "wigen"]);
    assert!(command.status().is_ok_and(|status| status.success()), "{command:?}");
    // Of the test's own program, which is in `target/debug/deps`.
    let own = std::env::current_exe().expect("a path of its own");
    own.ancestors().nth(3).expect("a target folder").join("counted/wigen")
}

/// One program under valgrind, with nothing of the environment, and with the parts of the C library
/// that every processor has: it picks others by what the machine can do.
fn valgrind(wigen: &Path, folder: &Path, arguments: &[&str], out: &Path) -> String {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--error-exitcode=0"]);
    command.arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(wigen).args(arguments).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM");
    let output = command.output().expect("valgrind is installed");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}\n{stderr}");
    stderr
}

fn count(wigen: &Path, folder: &Path, arguments: &[&str]) -> u64 {
    let log = valgrind(wigen, folder, arguments, Path::new("/dev/null"));
    let count = log.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.unwrap_or_else(|| panic!("valgrind counted nothing\n{log}"))
}

/// Each count beside the one of the file.
fn compare(counts: &[(&str, u64)]) -> ExitCode {
    let text = fs::read_to_string(FILE).expect("the file can be read");
    let expected = |name: &str| -> u64 {
        let figure =
            text.lines().find_map(|line| line.split_once(" = ").filter(|(key, _)| *key == name));
        figure
            .and_then(|(_, figure)| figure.replace('_', "").parse().ok())
            .unwrap_or_else(|| panic!("{FILE} has no figure `{name}`"))
    };
    let mut code = ExitCode::SUCCESS;
    for &(name, count) in counts {
        let before = expected(name);
        let tolerance = if name == "version" { OF_VERSION } else { TOLERANCE };
        let verdict = if count * 100 > before * (100 + tolerance) {
            code = ExitCode::FAILURE;
            "too many: find out why, or accept them with cargo test --test instructions -- --update"
        } else if count * 100 < before * (100 - tolerance) {
            "fewer: keep it so with cargo test --test instructions -- --update"
        } else {
            "as before"
        };
        println!("{name:18} {:>12}, in the file {:>12}: {verdict}", figure(count), figure(before));
    }
    code
}

fn page(counts: &[(&str, u64)]) -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let said = |program: &str| {
        let output = Command::new(program).arg("--version").output().expect("a version");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let mut text = format!(
        "# Instructions of whole runs; {TOLERANCE} % more, of `version` {OF_VERSION} %, fail in CI. Written by
# `cargo test --test instructions -- --update` on {} with
# {} and {}.
",
        model.unwrap_or("an unknown processor"),
        said("rustc"),
        said("valgrind"),
    );
    for (name, count) in counts {
        let _ = writeln!(text, "{name} = {}", figure(*count));
    }
    text
}

/// `1_234_567`.
fn figure(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// The functions that take the most of a run over many apps, what they call included, by phases.
fn phases(wigen: &Path, specs: &Path, folder: &Path) {
    let out = folder.join("callgrind.out");
    valgrind(wigen, specs, &["render", ".", "--threads", "1"], &out);
    let mut annotate = Command::new("callgrind_annotate");
    annotate.args(["--inclusive=yes", "--threshold=100", "--auto=no"]).arg(&out);
    let output = annotate.output().expect("callgrind_annotate is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    for phase in PHASES {
        println!("{phase}");
        let path = format!("{phase}::");
        let of_phase = |line: &&str| line.contains(&path) || line.contains(&format!("{phase} "));
        for line in text.lines().filter(of_phase).take(6) {
            let line = line.rsplit_once(" [").map_or(line, |(line, _)| line);
            println!("  {}", line.trim_start());
        }
    }
}
