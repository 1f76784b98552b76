//! Compiles the patterns of names, and tells the program the commit that it is built from, for
//! `wigen --version -v`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;

/// The files with a line `pattern: "…",` for each pattern.
const FILES: [&str; 3] =
    ["src/google/names.rs", "src/kubernetes/names.rs", "src/text/name_pattern.rs"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    compile_patterns();
    // In a repository that only contains the package, such as a home directory, the commit is another's.
    if git(&["rev-parse", "--show-prefix"]).as_deref() != Some("") {
        return;
    }
    // Every commit and checkout adds a line to this file.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
    if let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) {
        println!("cargo:rustc-env=WIGEN_COMMIT={commit}");
    }
}

/// Writes a DFA for each pattern, and the arms of a `match` from patterns to DFAs.
fn compile_patterns() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    let mut literals = Vec::new();
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
        let source = fs::read_to_string(file).expect("a file of the package");
        let patterns = source.lines().filter_map(|line| line.trim().strip_prefix("pattern: "));
        let patterns = patterns.filter_map(|line| line.strip_suffix(','));
        literals.extend(patterns.filter(|it| it.ends_with('"')).map(str::to_owned));
    }
    literals.sort_unstable();
    literals.dedup();
    let mut arms = String::from("match pattern {\n");
    for (number, literal) in literals.iter().enumerate() {
        let pattern = literal.trim_start_matches('r').trim_matches('"');
        let file = out.join(format!("{number}.dfa"));
        fs::write(&file, compile(pattern)).expect("a file below target");
        let path = file.to_str().expect("the build directory has a path in UTF-8");
        writeln!(arms, "{literal} => &const {{ &Aligned(*include_bytes!({path:?})) }}.0,")
            .expect("memory");
    }
    arms.push_str("_ => return None,\n}\n");
    fs::write(out.join("patterns.rs"), arms).expect("a file below target");
}

/// Matches bytes: no pattern names a character outside ASCII.
fn compile(pattern: &str) -> Vec<u8> {
    let dfa = dense::Builder::new()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(thompson::Config::new().utf8(false))
        .configure(
            dense::Config::new().start_kind(StartKind::Anchored).accelerate(false).minimize(true),
        )
        .build(pattern)
        .expect("a valid pattern");
    let is_big = env::var("CARGO_CFG_TARGET_ENDIAN").is_ok_and(|endian| endian == "big");
    let (bytes, padding) =
        if is_big { dfa.to_bytes_big_endian() } else { dfa.to_bytes_little_endian() };
    bytes[padding..].to_vec()
}

/// What git prints; `None` if it fails.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
