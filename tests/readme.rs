//! The README says what is so: its blocks, its commands, its tables.

mod support;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use support::{blocks, outcome, repository, succeed, wigen};

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).unwrap()
}

#[test]
fn blocks_are_what_the_golden_files_say() {
    let mut files = BTreeSet::new();
    for (language, block, file) in blocks(&readme()) {
        let Some(file) = file else {
            assert_eq!(language, "sh", "only commands need no file:\n{block}");
            continue;
        };
        let golden = fs::read_to_string(repository().join(&file)).unwrap();
        if language == "bash" {
            assert!(golden.contains(&block), "{file} does not hold\n{block}");
        } else {
            assert_eq!(golden, block, "{file}");
        }
        files.insert(file);
    }
    assert_eq!(files.len(), 8, "{files:?}");
}

/// The lines of the `sh` blocks, without their comments.
fn commands() -> Vec<String> {
    blocks(&readme())
        .into_iter()
        .filter(|(language, _, _)| language == "sh")
        .flat_map(|(_, block, _)| block.lines().map(str::to_owned).collect::<Vec<_>>())
        .map(|line| line.split('#').next().unwrap_or_default().trim().to_owned())
        .collect()
}

#[test]
fn commands_run_in_the_order_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = 0;
    for line in commands() {
        let (here, arguments) = if let Some(arguments) = line.strip_prefix("cargo run -q -- ") {
            (repository(), arguments)
        } else if let Some(arguments) = line.strip_prefix("wigen ") {
            (folder.path(), arguments)
        } else {
            assert!(
                ["cargo test", "cargo install --locked --path ."].contains(&line.as_str()),
                "nobody tries `{line}`"
            );
            continue;
        };
        // What reads the artifacts is not run here.
        let arguments = arguments.split(" | ").next().unwrap();
        succeed(wigen(here).args(arguments.split_whitespace()));
        run += 1;
    }
    assert_eq!(run, 16);
    assert_eq!(fs::read_dir(folder.path().join("rendered")).unwrap().count(), 3);
    let ci = fs::read_to_string(repository().join(".ci/run")).unwrap();
    assert!(ci.contains("\ncargo test\n"), ".ci/run runs the test command of the README");
}

/// The cells of the table rows whose first cell is code.
fn rows() -> Vec<Vec<String>> {
    readme()
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let line = line.replace("\\|", "/");
            line.split('|')
                .map(|cell| cell.trim().to_owned())
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The keys that hold a value: path, whether required, default.
fn keys(node: &Value, path: &str, found: &mut Vec<(String, bool, Value)>) {
    for (key, below) in node["properties"].as_object().into_iter().flatten() {
        // A native field, which Kubernetes describes.
        if below["description"].is_null() {
            continue;
        }
        let path = format!("{path}{key}");
        let required =
            node["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
        let described = |table: &Value| {
            let properties = table["properties"].as_object();
            properties.is_some_and(|keys| keys.values().any(|key| key["description"].is_string()))
        };
        if described(below) {
            keys(below, &format!("{path}."), found);
        } else if described(&below["items"]) {
            keys(&below["items"], &format!("{path}[]."), found);
        } else {
            found.push((path, required, below["default"].clone()));
        }
    }
}

#[test]
fn the_tables_of_the_spec_are_the_schema() {
    let mut schema = Vec::new();
    keys(&serde_json::from_str(wigen::spec::schema::APP).unwrap(), "", &mut schema);
    // What stands in the defaults of a workspace is in the tables of a spec.
    let mut workspace = Vec::new();
    keys(&serde_json::from_str(wigen::spec::schema::WORKSPACE).unwrap(), "", &mut workspace);
    let of_its_own = |path: &str| path != "$schema" && !path.contains('.');
    schema.extend(workspace.into_iter().filter(|(path, ..)| of_its_own(path)));
    schema.push(("defaults".to_owned(), false, Value::Null));
    let mut documented = BTreeSet::new();
    for row in rows().iter().filter(|row| row.len() == 3) {
        for key in code(&row[0]) {
            let (_, required, default) = schema
                .iter()
                .find(|(path, _, _)| *path == key)
                .unwrap_or_else(|| panic!("there is no key `{key}`"));
            assert_eq!(row[1] == "required", *required, "{key}");
            if let Some(default) = default.as_str() {
                assert_eq!(row[1], format!("`{default}`"), "{key}");
            }
            documented.insert(key);
        }
    }
    let all: BTreeSet<String> = schema.into_iter().map(|(path, _, _)| path).collect();
    assert_eq!(documented, all);
}

#[test]
fn the_tables_of_commands_and_exit_codes_are_the_help() {
    let help = succeed(wigen(repository()).arg("--help"));
    let named: BTreeSet<String> = rows()
        .iter()
        .filter(|row| row.len() == 2)
        .flat_map(|row| code(&row[0]))
        .filter_map(|code| Some(code.strip_prefix("wigen ")?.split(' ').next()?.to_owned()))
        .collect();
    let listed: BTreeSet<String> = help
        .split("\nCommands:\n")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|command| command != "help")
        .collect();
    assert_eq!(named, listed);

    let readme = readme();
    let codes: Vec<&str> =
        help.split("\nExit codes:\n").nth(1).unwrap().lines().map(str::trim).collect();
    assert_eq!(codes.len(), 3);
    for line in codes {
        let (code, meaning) = line.split_once("  ").unwrap();
        assert!(readme.contains(&format!("\n| {code} | {meaning} |\n")), "{line}");
    }
}

#[test]
fn the_rust_version_is_the_declared_one() {
    assert!(readme().contains(&format!("Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"))));
    let (code, stdout, _) = outcome(wigen(repository()).arg("--version"));
    assert_eq!((code, stdout), (Some(0), format!("wigen {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn the_rooms_of_the_contributing_page_are_the_rooms() {
    let page = fs::read_to_string(repository().join("CONTRIBUTING.md")).unwrap();
    let named: BTreeSet<String> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| code(line.split('|').nth(1).unwrap()))
        .collect();
    let folders = ["src", "src/bin/wigen"].map(|folder| repository().join(folder));
    let rooms: BTreeSet<String> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("bin"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(named, rooms);
}
