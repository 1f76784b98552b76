//! The house: data flows one way. A room may name only rooms before it, and each library that has
//! a room of its own is named nowhere else.

use crate::support::trials::{Topic, trials};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub(crate) fn topic() -> Topic {
    Topic::new(
        "layers",
        "modules import in the direction of the data, and each library stays in its folder",
        trials![rooms_import_only_rooms_before_them, an_arrow_that_is_turned_is_found,],
    )
}

/// The rooms in the order in which data flows through them.
const ROOMS: [&str; 10] = [
    "diagnostics",
    "text",
    "google",
    "kubernetes",
    "spec",
    "model",
    "backends",
    "report",
    "lint",
    "krm",
];

/// The rooms of the program, which come after the library: `wigen::` is open to them all.
const PROGRAM: [&str; 5] = ["cli", "git", "files", "commands", "main"];

/// Libraries that one room hides from the others.
const HIDDEN: [(&str, &str); 13] = [
    ("annotate_snippets", "report"),
    ("clap", "cli"),
    ("glob", "files"),
    ("granit_parser", "text"),
    ("indicatif", "commands"),
    ("jsonschema", "spec"),
    ("minijinja", "backends"),
    ("notify", "commands"),
    ("schemars", "spec"),
    ("serde_yaml", "text"),
    ("similar", "report"),
    ("tempfile", "files"),
    ("toml", "text"),
];

/// Exceptions to [`HIDDEN`]: a program's entry and its help are clap's too, and what is reported has
/// a schema.
const ALSO: [(&str, &str); 7] = [
    ("clap", "main"),
    ("clap", "commands"),
    ("schemars", "report"),
    // What templates may print is described from the types.
    ("schemars", "kubernetes"),
    ("schemars", "google"),
    ("schemars", "model"),
    ("schemars", "backends"),
];

/// What a file of a room does that it must not do, one sentence each.
fn violations(room: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let order = |name: &str| ROOMS.iter().chain(&PROGRAM).position(|room| *room == name);
    // Comments speak of other rooms; code does not.
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    for (at, _) in code.match_indices("crate::") {
        let named: String =
            code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if named.is_empty() {
            found.push(format!("{room} imports several rooms at once, which hides them"));
        } else if named != room && order(&named) >= order(room) {
            found.push(format!("{room} imports {named}, which comes after it"));
        }
    }
    for (library, home) in HIDDEN {
        let named = code.match_indices(library).any(|(at, _)| {
            let (before, after) = (&code[..at], &code[at + library.len()..]);
            let whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            whole && (after.starts_with("::") || before.ends_with("use "))
        });
        if named && room != home && !ALSO.contains(&(library, room)) {
            found.push(format!("{room} names {library}, which only {home} may"));
        }
    }
    found
}

/// Every source file with its room: the first part of its path.
fn files(folder: &Path, room: Option<&str>, found: &mut BTreeMap<String, Vec<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let room = room.unwrap_or(&stem);
        if path.ends_with("src/bin") {
            files(&path.join("wigen"), None, found);
        } else if path.is_dir() {
            files(&path, Some(room), found);
        } else {
            found.entry(room.to_owned()).or_default().push(fs::read_to_string(&path).unwrap());
        }
    }
}

fn rooms_import_only_rooms_before_them() {
    let mut rooms = BTreeMap::new();
    files(&crate::support::repository().join("src"), None, &mut rooms);
    assert!(rooms.remove("lib").is_some());
    let known: Vec<&str> = ROOMS.iter().chain(&PROGRAM).copied().collect();
    let unknown: Vec<&String> =
        rooms.keys().filter(|room| !known.contains(&room.as_str())).collect();
    assert!(unknown.is_empty(), "give {unknown:?} a place in the order");
    assert_eq!(rooms.len(), known.len(), "a room is named that does not exist");
    let found: Vec<String> = rooms
        .iter()
        .flat_map(|(room, texts)| texts.iter().flat_map(move |text| violations(room, text)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

fn an_arrow_that_is_turned_is_found() {
    assert_eq!(violations("spec", "use crate::kubernetes::Version;\n// crate::backends"), [""; 0]);
    assert_eq!(
        violations("text", "use crate::spec::check;"),
        ["text imports spec, which comes after it"]
    );
    assert_eq!(
        violations("spec", "use crate::{model, backends};"),
        ["spec imports several rooms at once, which hides them"]
    );
    assert_eq!(
        violations("model", "let x = jsonschema::x();"),
        ["model names jsonschema, which only spec may"]
    );
    assert_eq!(
        violations("model", "use minijinja as engine;"),
        ["model names minijinja, which only backends may"]
    );
    assert_eq!(violations("text", "use super::toml::parse; use toml::de;"), [""; 0]);
    assert_eq!(
        violations("files", "use crate::commands::run;"),
        ["files imports commands, which comes after it"]
    );
}
