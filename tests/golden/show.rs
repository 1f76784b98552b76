//! `wigen show` through the real binary: what it prints is the merged spec, and each value is where it
//! says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::trials::{Topic, trials};
use crate::support::{
    expect_file, folder_with, outcome, outcome_of, repository, spec_of, succeed, wigen,
};
use serde_json::{Value, json};
use wigen::diagnostics::source::Source;
use wigen::{LoadOptions, Spec};

pub(crate) fn topic() -> Topic {
    Topic::new(
        "show",
        "`wigen show` names the line that each value comes from",
        trials![
            every_golden_spec_is_printed_as_it_is_merged,
            what_is_printed_is_read_before_it_changes,
            each_value_has_its_layer,
            errors_are_those_of_check,
            nothing_in_a_spec_ends_its_line_or_reaches_the_terminal,
            comments_are_dimmed_on_demand,
        ],
    )
}

/// The merged spec, from the functions of the library that `wigen check` uses; tables in one order.
fn merged(source: &Source, environment: Option<&str>) -> Value {
    let spec = Spec::load(source, &LoadOptions::default()).unwrap();
    spec.merged(environment).unwrap()
}

/// A string as a reader of TOML reads it.
fn read_toml(text: &str) -> Value {
    let source = Source::new("printed.toml", text);
    wigen::text::parse(&source).unwrap_or_else(|found| panic!("{found:?}\n{text}"))
}

/// What TOML can say: it has no null, and what has no value counts as left out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(table) => {
            let given = table.iter().filter(|(_, value)| !value.is_null());
            given.map(|(key, value)| (key.clone(), without_nulls(value))).collect()
        }
        Value::Array(list) => {
            list.iter().filter(|value| !value.is_null()).map(without_nulls).collect()
        }
        value => value.clone(),
    }
}

/// The rest of the line from the line and column of an entry.
fn starts_with(text: &str, line: &Value) -> String {
    let number = |key: &str| usize::try_from(line[key].as_u64().unwrap()).unwrap();
    let of_line = text.lines().nth(number("line") - 1).unwrap();
    of_line.chars().skip(number("column") - 1).collect()
}

fn every_golden_spec_is_printed_as_it_is_merged() {
    let (mut right, mut wrong, mut environments) = (0, 0, 0);
    for case in crate::support::cases() {
        let spec = spec_of(&case);
        let name = spec.file_name().unwrap().to_str().unwrap();
        let text = String::from_utf8_lossy(&fs::read(&spec).unwrap()).into_owned();
        let source = Source::new(name, text);
        let mut all = vec![None];
        let loaded = Spec::load(&source, &LoadOptions::default()).ok();
        let names = loaded.iter().flat_map(Spec::environments);
        all.extend(names.map(|name| Some(name.to_owned())));
        for environment in all {
            let mut arguments = vec!["show", name];
            arguments.extend(environment.iter().flat_map(|name| ["--env", name]));
            let (code, stdout, stderr) = outcome(wigen(&case).args(&arguments));
            if code == Some(1) {
                assert!(stdout.is_empty() && stderr.contains("error["), "{stdout}{stderr}");
                wrong += 1;
                continue;
            }
            assert_eq!(
                (code, stderr.as_str()),
                (Some(0), ""),
                "{arguments:?} in {}",
                case.display()
            );
            let expected = merged(&source, environment.as_deref());
            assert_eq!(
                read_toml(&stdout),
                without_nulls(&expected),
                "{arguments:?} in {}\n{stdout}",
                case.display()
            );
            right += 1;
            environments += usize::from(environment.is_some());

            // Programs read the same values, in the same order.
            let json = succeed(wigen(&case).args(&arguments).args(["--format", "json"]));
            assert_eq!(json.lines().count(), stdout.lines().count());
            for (line, shown) in json.lines().zip(stdout.lines()) {
                let line: Value = serde_json::from_str(line).unwrap();
                let pointer = line["pointer"].as_str().unwrap();
                assert_eq!(expected.pointer(pointer), Some(&line["value"]), "{}", case.display());
                let origin = ["line", "column"].map(|key| line[key].to_string()).join(":");
                let layer = line["layer"].as_str().unwrap();
                assert!(shown.ends_with(&format!("   # {name}:{origin}, {layer}")), "{shown}");
                if line["value"].is_number() && name == "app.toml" {
                    let there = starts_with(source.text(), &line);
                    let is_number = there.starts_with(|c: char| c.is_ascii_digit() || c == '-');
                    assert!(is_number, "{pointer}: {there}");
                }
            }
        }
    }
    assert!(right > 40 && wrong > 10 && environments > 3, "{right} {wrong} {environments}");
}

fn what_is_printed_is_read_before_it_changes() {
    for (file, folder, arguments) in [
        ("workspace", "golden/shop", ["--env", "prod"].as_slice()),
        ("workspace-app", "golden/shop", &["-p", "fastapi-books", "--env", "test"]),
        ("environment", "golden/cases/environments", &[]),
        ("environment-json", "golden/cases/environments", &["--env", "test", "--format", "json"]),
        ("envelope", "golden/cases/krm", &["app.yaml"]),
    ] {
        let folder = repository().join(folder);
        let text = succeed(wigen(&folder).arg("show").args(arguments));
        let path = repository().join(format!("golden/show/{file}.txt"));
        expect_file(&path, &text).unwrap_or_else(|error| panic!("{error}"));
    }
}

const WORKSPACE: &str = r#"members = ["*/app.toml"]
[defaults]
project = "my-project"
labels = { team = "shop", tier = "back" }
[defaults.cluster]
name = "shop"
region = "us-central1"
[defaults.environments.prod]
project = "my-project-prod"
[defaults.environments.prod.labels]
tier = "front"
"#;
const SPEC: &str = r#"name = "books"
googleServiceAccount = {}
[cluster]
zone = "us-central1-a"
[container]
image = "books:1"
[environments.prod]
namespace = "prod"
"#;

/// The origin of each value, by its pointer.
fn origins(folder: &Path, arguments: &[&str]) -> BTreeMap<String, String> {
    let command = ["show", "--format", "json"];
    let text = succeed(wigen(folder).args(command).args(arguments));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let origin = |line: Value| {
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        let at = format!("{}:{}:{}", text("file"), line["line"], line["column"]);
        (text("pointer"), format!("{at} {}", text("layer")))
    };
    lines.map(origin).collect()
}

fn each_value_has_its_layer() {
    let folder = folder_with(&[("wigen.toml", WORKSPACE), ("books/app.toml", SPEC)]);
    let expected = [
        ("/cluster/name", "wigen.toml:6:8 defaults"),
        ("/cluster/zone", "books/app.toml:4:8 spec"),
        ("/container/image", "books/app.toml:6:9 spec"),
        ("/googleServiceAccount", "books/app.toml:2:24 spec"),
        ("/labels/team", "wigen.toml:4:19 defaults"),
        ("/labels/tier", "wigen.toml:11:8 defaults, environments.prod"),
        ("/name", "books/app.toml:1:8 spec"),
        ("/namespace", "books/app.toml:8:13 environments.prod"),
        ("/project", "wigen.toml:9:11 defaults, environments.prod"),
    ];
    let expected: BTreeMap<String, String> =
        expected.map(|(pointer, origin)| (pointer.to_owned(), origin.to_owned())).into();
    assert_eq!(origins(folder.path(), &["--env", "prod"]), expected);
    let plain = origins(folder.path(), &[]);
    assert_eq!(plain["/project"], "wigen.toml:3:11 defaults");
    assert_eq!(plain["/labels/tier"], "wigen.toml:4:34 defaults");
    assert!(!plain.contains_key("/namespace") && !plain.contains_key("/cluster/region"));
}

fn errors_are_those_of_check() {
    let folder = folder_with(&[
        ("wigen.toml", WORKSPACE),
        ("books/app.toml", SPEC),
        ("films/app.toml", "name = \"films\"\nport = 1\n"),
        ("songs/app.toml", "name = "),
    ]);
    for arguments in
        [["films/app.toml"].as_slice(), &["songs/app.toml"], &["books/app.toml", "--env", "prd"]]
    {
        let run = |command| outcome(wigen(folder.path()).arg(command).args(arguments));
        let (shown, checked) = (run("show"), run("check"));
        assert_eq!(shown, checked);
        assert_eq!((shown.0, shown.1.as_str()), (Some(1), ""), "{}", shown.2);
    }
    let unknown = ["show", "books/app.toml", "--env", "prd"];
    assert!(outcome(wigen(folder.path()).args(unknown)).2.contains("did you mean `prod`?"));
    // Those that are right are printed.
    let (code, stdout, stderr) = outcome(wigen(folder.path()).arg("show"));
    assert_eq!((code, stderr.matches("error[").count()), (Some(1), 2), "{stderr}");
    assert!(stdout.starts_with("# books (books/app.toml)\nproject "), "{stdout}");
    assert_eq!(outcome(wigen(folder.path()).args(["show", "nowhere.toml"])).0, Some(2));
    fs::write(folder.path().join("wigen.toml"), "members = 1\n").unwrap();
    let (code, stdout, stderr) = outcome(wigen(folder.path()).arg("show"));
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains(" --> wigen.toml:1:11\n"), "{stderr}");
}

fn nothing_in_a_spec_ends_its_line_or_reaches_the_terminal() {
    let hostile =
        "a\n#\"'\\\t\r\u{1}\u{1b}[31m\u{7f}\u{85}\u{200b}\u{202e}\u{2028}\u{e0001}é\u{1f600}";
    let spec = json!({
        "name": "books",
        "project": "my-project",
        "cluster": {"name": "shop", "region": "us-central1"},
        "container": {
            "image": "books:1",
            "env": {"A": hostile},
            "args": [hostile, "", "]", "}"],
        },
        "annotations": {"a.b/c-d": hostile},
        "pod": {
            "nodeSelector": {hostile: hostile, "": "x"},
            "volumes": [{"csi": {"driver": "d", "volumeAttributes": {hostile: hostile}}, "name": "v"}],
        },
    });
    let (code, stdout, stderr) =
        outcome_of(wigen(repository()).args(["show", "-"]), &spec.to_string());
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(read_toml(&stdout), spec);
    let is_seen = |c: char| c == '\n' || !wigen::diagnostics::source::is_hidden(c);
    assert!(stdout.chars().all(is_seen), "{stdout:?}");
    assert_eq!(stdout.lines().count(), 11, "{stdout}");

    // Nor does the name of a file.
    let folder = folder_with(&[("a\n\u{1b}[31m.json", &spec.to_string())]);
    let shown = succeed(wigen(folder.path()).args(["show", "a\n\u{1b}[31m.json"]));
    assert_eq!(read_toml(&shown), spec);
    assert!(shown.chars().all(is_seen), "{shown:?}");
}

fn comments_are_dimmed_on_demand() {
    let folder = repository().join("golden/cases/environments");
    let run = |colour: &str| succeed(wigen(&folder).args(["show", "--color", colour]));
    let (plain, coloured) = (run("never"), run("always"));
    assert_eq!(coloured.replace("\u{1b}[2m", "").replace("\u{1b}[0m", ""), plain);
    assert_eq!(coloured.matches("   \u{1b}[2m# ").count(), plain.lines().count());
    assert_eq!(run("auto"), plain);
}
