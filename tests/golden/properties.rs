//! What holds for every spec: its texts come out as they went in, for every reader of the artifacts,
//! and how it is written changes nothing.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::support::repository;
use crate::support::trials::{Topic, Trial, trials};
use fastrand::Rng;
use serde_json::{Map, Value, json};
use wigen::backends::artifact::{Artifact, ArtifactKind};
use wigen::diagnostics::source::Source;
use wigen::spec::envelope::Envelope;
use wigen::text;

const SPECS: usize = 300;

/// Strings that readers of YAML 1.1 or 1.2, or bash, read as something other than a string.
const PIECES: [&str; 64] = [
    "\"",
    "'",
    "\\",
    "$",
    "`",
    "\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "#",
    " #",
    ": ",
    ":",
    "- ",
    "-",
    "? ",
    "---\n",
    "...",
    "&a",
    "*a",
    "!a",
    "!!str ",
    "|",
    ">",
    "%",
    "@",
    "[",
    "]",
    "{",
    "}",
    ",",
    "~",
    "=",
    "<<",
    "on",
    "yes",
    "No",
    "y",
    "null",
    "true",
    "0123",
    "0o17",
    "0x1F",
    "1e3",
    "1_000",
    ".inf",
    ".5",
    "12:30:45",
    "2024-01-01",
    "${HOME}",
    "$(touch pwned)",
    "!!",
    "$'",
    "{{ x }}",
    "{% raw %}",
    "\u{1}",
    "\u{1b}[31m",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{202e}",
    "\u{feff}",
    "😀é",
];

/// Values of labels, whose characters are few and whose meaning is not.
const WORDS: [&str; 12] =
    ["", "on", "Yes", "n", "null", "true", "0123", "1e3", "1_000", "0x1F", "2024-01-01", "1.0"];

pub(crate) fn topic() -> Topic {
    let mut all = trials![
        wigen_reads_every_string,
        bash_reads_every_text,
        how_a_spec_is_written_changes_no_artifact,
    ];
    let yaml_1_1 = "a_yaml_1_1_reader_reads_every_text";
    all.push(Trial::with_tool(yaml_1_1, "python", a_yaml_1_1_reader_reads_every_text));
    Topic::new(
        "properties",
        "strings come out of every artifact as they went in, however the spec is written",
        all,
    )
}

fn text(rng: &mut Rng) -> String {
    let mut text = String::new();
    for _ in 0..rng.usize(0..6) {
        match rng.u8(0..8) {
            // No spec can hold NUL.
            0 => text.extend(char::from_u32(rng.u32(1..0x11_0000)).filter(|c| is_readable(*c))),
            1 => text.extend(std::iter::repeat_with(|| rng.alphanumeric()).take(12)),
            _ => text.push_str(PIECES[rng.usize(0..PIECES.len())]),
        }
    }
    text
}

/// Whether the API server reads a character in YAML.
fn is_readable(c: char) -> bool {
    !matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// The beginning of a text that has at most so many bytes.
fn short(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Specs that are full of texts: the same on any machine.
fn specs() -> Vec<Value> {
    let mut rng = Rng::with_seed(20_261_125);
    let spec = |_| {
        let mut map = |key: fn(usize) -> String, value: &mut dyn FnMut(&mut Rng) -> String| {
            let entries = (0..10).map(|number| (key(number), value(&mut rng).into()));
            entries.collect::<Map<String, Value>>()
        };
        let env = map(|number| format!("V{number}"), &mut text);
        let annotations = map(|number| format!("example.com/a{number}"), &mut text);
        let labels = map(
            |number| format!("example.com/{}{number}", WORDS[number + 1].to_lowercase()),
            &mut |rng| WORDS[rng.usize(0..WORDS.len())].to_owned(),
        );
        let args: Vec<String> = (0..10).map(|_| text(&mut rng)).collect();
        json!({
            "name": "books-api",
            "project": "my-project",
            "cluster": { "name": "books", "region": "us-central1" },
            "googleServiceAccount": {
                "displayName": short(&format!("d{}", text(&mut rng)), 100),
                "description": short(&format!("d{}", text(&mut rng)), 208),
            },
            "labels": labels,
            "annotations": annotations,
            "container": {
                "image": "us-docker.pkg.dev/my-project/books/api:1.4.2",
                "env": env,
                "args": args,
                "readinessProbe": { "exec": { "command": [text(&mut rng)] } },
            },
        })
    };
    (0..SPECS).map(spec).collect()
}

fn render(spec: &Value) -> Vec<Artifact> {
    let (artifacts, found) = crate::promises::artifacts(&Source::new("app.json", spec.to_string()));
    assert!(!artifacts.is_empty(), "{found:?}\n{spec}");
    artifacts
}

fn workload(artifacts: &[Artifact]) -> &str {
    &artifacts.iter().find(|artifact| artifact.kind == ArtifactKind::Workload).unwrap().text
}

/// A workload has the texts of its spec: those of free form are few, so each is looked at by name.
fn has_the_texts(manifest: &Value, spec: &Value) {
    for map in ["labels", "annotations"] {
        for (key, value) in spec[map].as_object().unwrap() {
            assert_eq!(&manifest["metadata"][map][key], value);
        }
    }
    let container = &manifest["spec"]["template"]["spec"]["containers"][0];
    let said = &spec["container"];
    let env = said["env"].as_object().unwrap().iter();
    let env: Value = env.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    assert_eq!(container["env"], env);
    assert_eq!(container["args"], said["args"]);
    assert_eq!(container["readinessProbe"]["exec"], said["readinessProbe"]["exec"]);
}

/// A reader of YAML 1.2; and every diagnostic of such a spec is reported.
fn wigen_reads_every_string() {
    for spec in specs() {
        let source = Source::new("app.json", spec.to_string());
        crate::promises::located(&source);
        let artifacts = crate::promises::rendered(&source);
        let manifest = Source::new("manifest.yaml", workload(&artifacts));
        has_the_texts(&text::parse(&manifest).unwrap(), &spec);
    }
}

fn a_yaml_1_1_reader_reads_every_text(python: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let specs = specs();
    let mut command = Command::new(python);
    command.arg(repository().join("tests/tools/real_tools.py")).arg("read");
    for (number, spec) in specs.iter().enumerate() {
        let file = folder.path().join(format!("{number}.yaml"));
        std::fs::write(&file, workload(&render(spec))).unwrap();
        command.arg(file);
    }
    let read: Vec<Value> = serde_json::from_str(&crate::support::succeed(&mut command)).unwrap();
    assert_eq!(read.len(), specs.len());
    for (manifest, spec) in read.iter().zip(&specs) {
        has_the_texts(manifest, spec);
    }
}

/// The facts of every script, in one bash; and in one whose characters are bytes.
fn bash_reads_every_text() {
    let specs = specs();
    let mut script = String::new();
    for spec in &specs {
        let artifacts = render(spec);
        let (facts, _) = artifacts[0].text.split_once("\napply() {").unwrap();
        script.push_str(facts);
        script.push_str("\nprintf '%s\\0' \"$DISPLAY_NAME\" \"$DESCRIPTION\"\n");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("facts.sh"), script).unwrap();
    for locale in ["C", "C.UTF-8"] {
        let mut bash = Command::new("bash");
        bash.arg("facts.sh").current_dir(folder.path()).env("LC_ALL", locale);
        let printed = crate::support::succeed(&mut bash);
        let mut words = printed.split_terminator('\0');
        for spec in &specs {
            let account = &spec["googleServiceAccount"];
            assert_eq!(words.next(), account["displayName"].as_str(), "{locale}");
            let description = account["description"].as_str().unwrap();
            let description = format!("{description} {}", wigen::google::accounts::CREATED_MARK);
            assert_eq!(words.next(), Some(description.as_str()), "{locale}");
        }
        assert_eq!(words.next(), None);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "bash ran a text");
}

/// Every golden spec, in three languages, with comments, other line ends and another order.
fn how_a_spec_is_written_changes_no_artifact() {
    let mut rng = Rng::with_seed(20_261_125);
    let mut compared = 0;
    for case in crate::support::cases() {
        let path = crate::support::spec_of(&case);
        let name = path.file_name().unwrap().to_str().unwrap();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let source = Source::new(name, text);
        let (artifacts, _) = crate::promises::artifacts(&source);
        if artifacts.is_empty() {
            continue;
        }
        let expected = crate::promises::without_names(&artifacts);
        let document = text::parse_located(&source).unwrap();
        let flat = Envelope::from_document(&document).open(document).into_value();
        for round in 0..4 {
            let spec = if round == 0 { flat.clone() } else { shuffled(&flat, &mut rng) };
            for (name, text) in [
                ("app.json", spec.to_string()),
                ("app.json", format!("{spec:#}")),
                ("app.yaml", yaml(&spec)),
                ("app.toml", toml(&spec)),
            ] {
                let commented = text.replace('\n', " # a comment: [\"x\n\n# another\n");
                let mut texts = vec![text.replace('\n', "\r\n"), format!("\u{feff}{text}"), text];
                if name != "app.json" {
                    texts.push(commented);
                }
                for text in texts {
                    let (artifacts, found) =
                        crate::promises::artifacts(&Source::new(name, text.clone()));
                    let actual = crate::promises::without_names(&artifacts);
                    assert_eq!(actual, expected, "{name} {found:?}\n{text}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// The spec with the keys of its tables in another order, where that means nothing. Variables,
/// labels and annotations are rendered in the order of the spec, and so are native fields.
fn shuffled(spec: &Value, rng: &mut Rng) -> Value {
    const OWN: [&str; 3] = ["cluster", "googleServiceAccount", "serviceAccount"];
    let mut spec = shuffled_keys(spec, rng);
    for table in OWN {
        if let Some(table) = spec.get_mut(table).filter(|table| table.is_object()) {
            *table = shuffled_keys(table, rng);
        }
    }
    for grant in spec.get_mut("grants").and_then(Value::as_array_mut).into_iter().flatten() {
        *grant = shuffled_keys(grant, rng);
    }
    spec
}

fn shuffled_keys(table: &Value, rng: &mut Rng) -> Value {
    let mut entries: Vec<_> = table.as_object().unwrap().clone().into_iter().collect();
    rng.shuffle(&mut entries);
    Value::Object(entries.into_iter().collect())
}

/// A key of the spec on each line, in the flow style of YAML.
fn yaml(spec: &Value) -> String {
    let entries = spec.as_object().unwrap().iter();
    entries.fold(String::new(), |mut text, (key, value)| {
        writeln!(text, "{key}: {}", ascii(value)).unwrap();
        text
    })
}

/// JSON in ASCII: it writes characters as they are that TOML and YAML must escape.
fn ascii(value: &Value) -> String {
    value.to_string().chars().fold(String::new(), |mut text, c| {
        match u32::from(c) {
            0x20..0x7f => text.push(c),
            code @ ..=0xffff => write!(text, "\\u{code:04x}").unwrap(),
            code => write!(text, "\\U{code:08x}").unwrap(),
        }
        text
    })
}

fn toml(spec: &Value) -> String {
    let entries = spec.as_object().unwrap().iter();
    entries.fold(String::new(), |mut text, (key, value)| {
        writeln!(text, "{} = {}", toml_value(&key.as_str().into()), toml_value(value)).unwrap();
        text
    })
}

fn toml_value(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{} = {}", toml_value(&key.as_str().into()), toml_value(value))
            };
            // TOML has no null: a key without a value is left out.
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            format!("{{ {} }}", joined(entries.map(entry).collect()))
        }
        Value::Array(list) => format!("[{}]", joined(list.iter().map(toml_value).collect())),
        scalar => ascii(scalar),
    }
}
