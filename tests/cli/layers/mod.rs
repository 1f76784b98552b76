//! Data flows one way. A folder imports only folders before it, the files in a folder import each other in
//! no circle, no file takes anything from the root of the crate, and each library that has a folder of its
//! own is named nowhere else.

mod imports;

use std::collections::BTreeSet;

use crate::support::repository;
use crate::support::trials::{Topic, trials};
use imports::{Imports, Sources};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "layers",
        "imports follow the data, in no circle, and each library stays in its folder",
        trials![
            the_library_imports_in_one_direction,
            the_program_imports_in_one_direction,
            what_is_wrong_is_found,
        ],
    )
}

/// What a crate may import.
struct Rules {
    /// The folders, and what each of them may import.
    folders: &'static [(&'static str, &'static [&'static str])],
    /// The libraries that are named in some modules only.
    libraries: &'static [(&'static str, &'static [&'static str])],
    /// Imports that are to go: the importing module, and the folder or library that it imports.
    known_imports: &'static [(&'static str, &'static str)],
    /// Modules within which there are circles that are to go.
    known_circles: &'static [&'static str],
}

const LIBRARY: Rules = Rules {
    folders: &[
        ("diagnostics", &[]),
        ("text", &["diagnostics"]),
        ("google", &["diagnostics", "text"]),
        ("kubernetes", &["diagnostics", "text"]),
        ("spec", &["diagnostics", "text", "google", "kubernetes"]),
        ("model", &["diagnostics", "text", "google", "kubernetes", "spec"]),
        ("backends", &["diagnostics", "text", "google", "kubernetes", "spec", "model"]),
        ("observed", &["diagnostics", "text", "google", "kubernetes"]),
        ("chain", &["diagnostics", "text", "google", "kubernetes", "model", "observed"]),
        ("lint", &["diagnostics", "text", "google", "kubernetes", "observed", "chain"]),
        ("report", &["diagnostics", "spec", "model", "chain"]),
        ("krm", &["diagnostics", "text", "google", "kubernetes", "spec", "model", "backends"]),
    ],
    libraries: &[
        ("annotate_snippets", &["report"]),
        ("granit_parser", &["text"]),
        ("jsonschema", &["spec::schema"]),
        ("minijinja", &["backends"]),
        // Templates print the workload as it is, so its types describe the variables too.
        (
            "schemars",
            &[
                "spec",
                "backends",
                "report",
                "chain",
                "kubernetes::kind",
                "model::workload",
                "model::pod",
            ],
        ),
        ("serde_yaml", &["text"]),
        ("similar", &["report"]),
        ("toml", &["text"]),
    ],
    known_imports: &[],
    known_circles: &[],
};

const PROGRAM: Rules = Rules {
    folders: &[
        ("cli", &[]),
        ("bounded", &[]),
        ("git", &["bounded"]),
        ("files", &["bounded", "cli", "git"]),
        ("commands", &["cli", "git", "files"]),
    ],
    libraries: &[
        ("clap", &["", "cli", "commands"]),
        ("clap_complete", &["cli", "commands"]),
        ("clap_mangen", &["commands"]),
        ("glob", &["files"]),
        ("indicatif", &["commands"]),
        ("mimalloc", &[""]),
        ("notify", &["commands"]),
        ("rayon", &["commands"]),
        ("tempfile", &["files"]),
    ],
    known_imports: &[],
    known_circles: &[],
};

/// Whether a module is this one, or within it.
fn is_within(module: &str, outer: &str) -> bool {
    module.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn folder(module: &str) -> &str {
    module.split("::").next().unwrap()
}

/// What a module imports that it must not, and what is wrong with that.
fn wrong_imports(imports: &Imports, rules: &Rules) -> Vec<(String, String, &'static str)> {
    let mut found = BTreeSet::new();
    for (from, to) in imports.edges.iter().filter(|(from, _)| !from.is_empty()) {
        let (own, other) = (folder(from), folder(to));
        let Some((_, allowed)) = rules.folders.iter().find(|(name, _)| *name == own) else {
            found.insert((from.clone(), other.to_owned(), "has no place in the order"));
            continue;
        };
        // What is taken from the root is found below.
        if own != other && !other.is_empty() && !allowed.contains(&other) {
            found.insert((from.clone(), other.to_owned(), "comes before it"));
        }
    }
    for (from, _) in &imports.from_root {
        found.insert((from.clone(), "crate".to_owned(), "is below the root of the crate"));
    }
    for (from, library) in &imports.libraries {
        let allowed = rules.libraries.iter().find(|(name, _)| name == library);
        let is_allowed = |(_, homes): &(_, &[&str])| {
            homes
                .iter()
                .any(|home| if home.is_empty() { from.is_empty() } else { is_within(from, home) })
        };
        if allowed.is_some_and(|allowed| !is_allowed(allowed)) {
            found.insert((from.clone(), library.clone(), "is not the home of that library"));
        }
    }
    found.into_iter().collect()
}

/// The groups of files of one folder each of which imports, on some way, all others.
fn circles(imports: &Imports) -> Vec<Vec<&str>> {
    let within = |from: &str| -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next = vec![from];
        while let Some(module) = next.pop() {
            for (_, to) in imports.edges.iter().filter(|(from, _)| from == module) {
                if folder(to) == folder(from) && reached.insert(to.as_str()) {
                    next.push(to);
                }
            }
        }
        reached
    };
    let files: BTreeSet<&str> = imports.edges.iter().map(|(from, _)| from.as_str()).collect();
    let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
    for file in files.iter().filter(|file| within(file).contains(*file)) {
        circles.insert(within(file).into_iter().filter(|to| within(to).contains(file)).collect());
    }
    circles.into_iter().collect()
}

/// Everything that breaks the rules, and every exception that is not needed any more.
fn violations(imports: &Imports, rules: &Rules) -> Vec<String> {
    let mut unused: BTreeSet<(&str, &str)> = rules.known_imports.iter().copied().collect();
    unused.extend(rules.known_circles.iter().map(|module| (*module, "itself")));
    let mut found = Vec::new();
    for (from, what, why) in wrong_imports(imports, rules) {
        let known =
            rules.known_imports.iter().find(|(module, to)| is_within(&from, module) && what == *to);
        match known {
            Some(known) => drop(unused.remove(known)),
            None => found.push(format!("{from} imports {what}, but {from} {why}")),
        }
    }
    for circle in circles(imports) {
        let is_known = |module: &&&str| circle.iter().all(|file| is_within(file, module));
        match rules.known_circles.iter().find(is_known) {
            Some(known) => drop(unused.remove(&(*known, "itself"))),
            None => {
                found.push(format!("files import each other in a circle: {}", circle.join(", ")));
            }
        }
    }
    found.extend(
        unused
            .iter()
            .map(|(from, to)| format!("{from} no longer imports {to}: remove the exception")),
    );
    found
}

fn assert_follows(folder: &str, rules: &Rules) {
    let found = violations(&Sources::read(&repository().join(folder)).imports(), rules);
    assert!(found.is_empty(), "{found:#?}");
}

fn the_library_imports_in_one_direction() {
    assert_follows("src", &LIBRARY);
}

fn the_program_imports_in_one_direction() {
    assert_follows("src/bin/wigen", &PROGRAM);
}

/// What is found in a crate with these files.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    const RULES: Rules = Rules {
        folders: &[("low", &[]), ("high", &["low"])],
        libraries: &[("yaml", &["low"])],
        known_imports: &[],
        known_circles: &[],
    };
    let mut sources = Sources::default();
    for (module, text) in files {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        sources.add(&module, text);
    }
    violations(&sources.imports(), &RULES)
}

fn what_is_wrong_is_found() {
    let root = ("crate", "pub mod low; pub mod high; pub struct Options;");
    let found = |low: &str, part: &str, high: &str| {
        found(&[root, ("crate::low", low), ("crate::low::part", part), ("crate::high", high)])
    };
    // A library in its home, an import in the right direction, and tests that import what they like.
    let high = "use crate::low::{self, Value}; fn f() { low::part::g(yaml_of(Value)) }";
    let low = "mod part; pub use part::Value; fn f() { yaml::read() }";
    let part = "pub struct Value; #[cfg(test)] mod tests { use crate::high::f; }";
    assert_eq!(found(low, part, high), [""; 0]);
    // Upwards: by `use`, in the code, in a macro, under another name.
    let upwards = ["low::part imports high, but low::part comes before it"];
    for part in [
        "use crate::high::f;",
        "fn f() { crate::high::f() }",
        "fn f() { println!(\"{}\", crate::high::F) }",
        "use super::super::high as other; fn f() -> other::F { loop {} }",
        "use crate::{low::Value, high::F};",
    ] {
        assert_eq!(found("mod part;", part, ""), upwards, "{part}");
    }
    // A circle, also through what a module hands on.
    let circle = ["files import each other in a circle: low, low::part"];
    for (low, part) in [
        ("mod part; use part::g; pub fn f() {}", "use super::f; pub fn g() {}"),
        ("mod part; pub fn f() { part::g() }", "pub fn g() { super::f() }"),
        ("mod part; use self::part::g as h; fn f() { h() }", "use crate::low::*;"),
    ] {
        assert_eq!(found(low, part, ""), circle, "{low} {part}");
    }
    let files = |low: &'static str, one: &'static str| {
        [
            root,
            ("crate::high", ""),
            ("crate::low", low),
            ("crate::low::one", one),
            ("crate::low::two", "use super::F;"),
        ]
    };
    let low = "mod one; mod two; pub use one::F;";
    assert_eq!(self::found(&files(low, "pub struct F;")), [""; 0]);
    assert_eq!(
        self::found(&files(low, "use super::two::x; pub struct F;")),
        ["files import each other in a circle: low::one, low::two"]
    );
    // The root, and a library.
    assert_eq!(
        found("mod part;", "use crate::Options;", ""),
        ["low::part imports crate, but low::part is below the root of the crate"]
    );
    assert_eq!(
        found("mod part;", "", "use yaml as reader;"),
        ["high imports yaml, but high is not the home of that library"]
    );
    assert_eq!(
        found("mod part;", "", "#[derive(yaml::Read)] struct X;"),
        ["high imports yaml, but high is not the home of that library"]
    );
    let unplaced =
        [root, ("crate::low", ""), ("crate::high", ""), ("crate::new", "use crate::low::x;")];
    assert_eq!(self::found(&unplaced), ["new imports low, but new has no place in the order"]);
}
