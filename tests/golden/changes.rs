//! The cases of `golden/changes`: one test for each folder, byte for byte, through the real binary.
//!
//! A folder holds two specs, `old.*` and `new.*`, and `changes.txt`: what `wigen diff` prints. `changes.md`,
//! if it exists, is what it prints as Markdown. One spec alone, in `old` or `new` (folders), is of an app
//! that is gone or new.
//! `WIGEN_UPDATE=1 cargo test --test golden` writes what is expected; it is read before it is committed.

use std::path::{Path, PathBuf};

use crate::support::trials::{Topic, each_folder};
use serde_json::Value;

pub(crate) fn topic() -> Topic {
    Topic::new(
        "changes",
        "`wigen diff` says what changes between two specs, byte for byte",
        each_folder("golden/changes", check),
    )
}

/// The name of a side: a folder, or a file in one of the languages.
fn side(case: &Path, name: &str) -> String {
    let names = ["", ".toml", ".yaml", ".json"].map(|ending| format!("{name}{ending}"));
    let mut there = names.into_iter().filter(|name| case.join(name).exists());
    let found = there.next().unwrap_or_else(|| panic!("{} has no {name}", case.display()));
    assert_eq!(there.next(), None, "{} has two", case.display());
    found
}

fn check(case: &Path) -> Result<(), String> {
    let (old, new) = (side(case, "old"), side(case, "new"));
    let diff = |more: &[&str]| {
        crate::support::outcome(crate::support::wigen(case).args(["diff", &old, &new]).args(more))
    };
    let (code, stdout, stderr) = diff(&[]);
    if code != Some(0) || !stderr.is_empty() {
        return Err(format!("exit code {code:?}:\n{stderr}"));
    }
    let (code, ..) = diff(&["--exit-code"]);
    if code != Some(i32::from(!stdout.is_empty())) {
        return Err(format!("--exit-code: {code:?}, and this was printed:\n{stdout}"));
    }
    let markdown = case.join("changes.md");
    if markdown.exists() {
        crate::support::expect_file(&markdown, &diff(&["--format", "markdown"]).1)?;
    }
    agrees(&stdout, &diff(&["--format", "json"]).1)?;
    let path: PathBuf = case.join("changes.txt");
    if path.exists() || crate::support::updating() {
        crate::support::expect_file(&path, &stdout)
    } else {
        Err(format!("there is no {}", path.display()))
    }
}

/// What people read and what programs read is the same, in the same order.
fn agrees(human: &str, json: &str) -> Result<(), String> {
    let schema: Value = serde_json::from_str(wigen::spec::schema::CHANGE).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut lines = human.lines().filter(|line| line.starts_with("  "));
    for text in json.lines() {
        let line: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if let Err(error) = schema.validate(&line) {
            return Err(format!("{error}: {text}"));
        }
        let sign = match (line["effect"].as_str(), line["change"].as_str()) {
            (Some("refused"), _) => '!',
            (_, Some("added")) => '+',
            (_, Some("removed")) => '-',
            _ => '~',
        };
        let (subject, words) = (line["subject"].as_str().unwrap(), line["words"].as_str().unwrap());
        let colon = if words.is_empty() { "" } else { ": " };
        let expected = format!("  {sign} {subject}{colon}{words}");
        if lines.next() != Some(&expected) {
            return Err(format!("JSON has {expected}, and people read\n{human}"));
        }
    }
    match lines.next() {
        Some(line) => Err(format!("JSON lacks {line}")),
        None => Ok(()),
    }
}
