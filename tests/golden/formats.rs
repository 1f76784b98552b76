//! Findings are the same in every language of a spec and in every report format.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::trials::{Topic, trials};
use crate::support::{expect_file, outcome, repository, wigen};
use serde_json::Value;
use wigen::diagnostics::source::Source;

pub(crate) fn topic() -> Topic {
    Topic::new(
        "formats",
        "each fault is found at the same place in TOML, YAML and JSON, and each report format is valid",
        trials![
            all_faults_are_found_at_their_ranges_in_three_languages,
            a_line_of_json_is_what_its_schema_says,
            a_log_is_sarif_and_says_what_json_says,
            github_gets_one_command_for_each_finding,
            gitlab_gets_one_issue_for_each_finding,
            junit_fails_for_each_error,
        ],
    )
}

/// The folders of `golden/wrong`: one spec in three languages, with several faults.
fn wrong() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(repository().join("golden/wrong"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert_eq!(folders.len(), 10);
    folders
}

const LANGUAGES: [&str; 3] = ["toml", "yaml", "json"];

/// Each fault as a line: its code, its pointer, and the text in its range if that is a key or a
/// scalar, which three languages write alike but for the quotes.
fn faults(source: &Source, document: &Value) -> Vec<String> {
    let mut lines: Vec<String> = crate::promises::diagnostics(source)
        .iter()
        .map(|found| {
            let text = &source.text()[found.place.span.clone().unwrap()];
            let text = text.trim_matches(['"', '\'']);
            let pointer = found.place.pointer.as_str();
            let is_key = pointer.rsplit('/').next() == Some(text);
            let node = document.pointer(pointer).unwrap_or(&Value::Null);
            let text = if is_key || !(node.is_object() || node.is_array()) { text } else { "…" };
            format!("{} {} {text}", found.code.as_str(), found.place.pointer)
        })
        .collect();
    lines.sort();
    lines
}

fn all_faults_are_found_at_their_ranges_in_three_languages() {
    for folder in wrong() {
        let mut seen: Option<(Value, Vec<String>)> = None;
        for language in LANGUAGES {
            let name = format!("app.{language}");
            let source = Source::new(&name, fs::read_to_string(folder.join(&name)).unwrap());
            let document = wigen::text::parse(&source).unwrap();
            let found = faults(&source, &document);
            let (same, expected) = seen.get_or_insert((document.clone(), found.clone()));
            assert_eq!(*same, document, "{}: another document", folder.display());
            assert_eq!(found.len(), expected.len(), "{}", folder.display());
            for (one, other) in found.iter().zip(&*expected) {
                let head = |line: &str| line.rsplit_once(' ').unwrap().0.to_owned();
                assert_eq!(head(one), head(other), "{}", folder.display());
                if !one.ends_with('…') && !other.ends_with('…') {
                    assert_eq!(one, other, "{}", folder.display());
                }
            }
            let (code, stdout, stderr) = outcome(wigen(&folder).args(["check", &name]));
            assert_eq!((code, stdout.as_str()), (Some(1), ""));
            let path = folder.join(format!("{language}.txt"));
            expect_file(&path, &stderr).unwrap_or_else(|e| panic!("{e}"));
        }
        let (_, found) = seen.unwrap();
        assert!(found.len() > 2, "{}: {found:?}", folder.display());
        expect_file(&folder.join("faults.txt"), &(found.join("\n") + "\n"))
            .unwrap_or_else(|e| panic!("{e}"));
    }
}

/// The output of a format for one spec of `golden/wrong`, and for every spec of `golden`.
fn report(format: &str) -> (String, String) {
    let run = |folder: &Path, spec: &str| {
        let (code, stdout, stderr) =
            outcome(wigen(folder).args(["check", "--format", format, spec]));
        assert_eq!((code, stderr.as_str()), (Some(1), ""), "{stdout}");
        stdout
    };
    let golden = repository().join("golden");
    let one = run(&golden.join("wrong/cluster"), "app.toml");
    expect_file(&golden.join(format!("formats/{format}.txt")), &one)
        .unwrap_or_else(|e| panic!("{e}"));
    (one, run(&golden, "."))
}

/// Asserts that values are what a JSON Schema describes, and that it describes something.
fn assert_valid<'a>(schema: &Value, values: impl IntoIterator<Item = &'a Value>) {
    let validator = jsonschema::validator_for(schema).unwrap();
    assert!(!validator.is_valid(&Value::from(1)));
    for value in values {
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

fn a_line_of_json_is_what_its_schema_says() {
    let (_, all) = report("json");
    let lines: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 200);
    let mut schema: Value = serde_json::from_str(wigen::spec::schema::DIAGNOSTIC).unwrap();
    assert_valid(&schema, &lines);
    // No key that the schema does not know, at any depth.
    schema["additionalProperties"] = false.into();
    for definition in schema["$defs"].as_object_mut().unwrap().values_mut() {
        definition["additionalProperties"] = false.into();
    }
    assert_valid(&schema, &lines);
}

fn a_log_is_sarif_and_says_what_json_says() {
    let (_, all) = report("sarif");
    let log: Value = serde_json::from_str(&all).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .current_dir(repository())
        .args(["metadata", "--format-version=1", "--locked"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    // The official schema travels with this library.
    let library = metadata["packages"].as_array().unwrap().iter();
    let library = library.clone().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = Path::new(library["manifest_path"].as_str().unwrap());
    let schema = fs::read_to_string(manifest.with_file_name("src/schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // The only pattern that is not a regular expression, for a language that we do not give.
    for name in ["run", "toolComponent"] {
        let language = schema["definitions"][name]["properties"]["language"].as_object_mut();
        let pattern = language.unwrap().remove("pattern").unwrap();
        assert!(pattern.as_str().unwrap().ends_with("]?$"));
    }
    assert!(schema["$id"].as_str().unwrap().contains("sarif"), "{}", schema["$id"]);
    assert_valid(&schema, [&log]);
    let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&all).unwrap();
    let results = typed.runs[0].results.as_ref().unwrap();

    let (_, lines) = report("json");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), results.len());
    let run = &log["runs"][0];
    for (line, result) in lines.iter().zip(run["results"].as_array().unwrap()) {
        assert_eq!(line["code"], result["ruleId"]);
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], line["code"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let pairs = [
            ("line", "startLine"),
            ("column", "startColumn"),
            ("endLine", "endLine"),
            ("endColumn", "endColumn"),
        ];
        for (ours, theirs) in pairs {
            assert_eq!(line[ours], region[theirs]);
        }
        let count = |of: &Value| of.as_array().map_or(0, Vec::len);
        assert_eq!(count(&line["related"]), count(&result["relatedLocations"]));
        assert_eq!(line["fix"].is_object(), result["fixes"].is_array());
    }
}

fn github_gets_one_command_for_each_finding() {
    let (_, all) = report("github");
    let (_, lines) = report("json");
    assert_eq!(all.lines().count(), lines.lines().count());
    let kinds: BTreeSet<&str> =
        all.lines().map(|line| line.split_once(" file=").unwrap().0).collect();
    assert_eq!(kinds, BTreeSet::from(["::error", "::warning"]));
}

fn gitlab_gets_one_issue_for_each_finding() {
    let (one, all) = report("gitlab");
    let issues: Vec<Value> = serde_json::from_str(&all).unwrap();
    let (_, lines) = report("json");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(issues.len(), lines.len());
    let mut fingerprints = BTreeSet::new();
    for (issue, line) in issues.iter().zip(&lines) {
        assert_eq!(issue["check_name"], line["code"]);
        assert_eq!(issue["location"]["lines"]["begin"], line["line"].as_u64().unwrap_or(1));
        let severity = if line["severity"] == "error" { "major" } else { "minor" };
        assert_eq!(issue["severity"], severity);
        let path = issue["location"]["path"].as_str().unwrap();
        assert!(!path.starts_with("./") && line["file"].as_str().unwrap().ends_with(path));
        assert!(
            issue["description"].as_str().unwrap().starts_with(line["message"].as_str().unwrap())
        );
        assert!(fingerprints.insert(issue["fingerprint"].as_str().unwrap().to_owned()), "{issue}");
    }
    // A finding is known again when it moves to another line.
    let spec = repository().join("golden/wrong/cluster/app.toml");
    let moved = "\n\n".to_owned() + &fs::read_to_string(spec).unwrap();
    let folder = crate::support::folder_with(&[("app.toml", &moved)]);
    let mut check = wigen(folder.path());
    let (_, moved, _) = outcome(check.args(["check", "--format", "gitlab", "app.toml"]));
    let fingerprints = |text: &str| -> Vec<Value> {
        let issues: Vec<Value> = serde_json::from_str(text).unwrap();
        issues.iter().map(|issue| issue["fingerprint"].clone()).collect()
    };
    assert_eq!(fingerprints(&moved), fingerprints(&one));
}

fn junit_fails_for_each_error() {
    let (_, all) = report("junit");
    let (_, lines) = report("json");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |severity: &str| lines.iter().filter(|line| line["severity"] == severity).count();
    assert_eq!(all.matches("<failure ").count(), count("error"));
    assert_eq!(all.matches("<system-out>").count(), count("warning"));
    let passed = all.matches(" name=\"valid\"/>").count();
    assert!(passed > 10, "{passed}");
    let tests = lines.len() + passed;
    assert_eq!(all.matches("<testcase ").count(), tests);
    let head =
        format!("<testsuites name=\"wigen\" tests=\"{tests}\" failures=\"{}\">", count("error"));
    assert_eq!(all.lines().nth(1), Some(head.as_str()));
}
