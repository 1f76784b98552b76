//! The pages are true: what they quote is in the files, what their commands print is what they show,
//! their tables are generated from the types, and their links lead somewhere.
//!
//! `WIGEN_UPDATE=1` rewrites the output of commands and the generated tables.

mod generated;
mod help;
mod keys;
mod markdown;
mod page;
mod sandbox;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::tools::on_path;
use crate::support::trials::{Topic, Trial, trials};
use crate::support::{blocks, expect_file, outcome, repository, succeed, wigen};
use help::Help;
use keys::schema;
use page::{Page, command_lines, comment};

pub(crate) fn topic() -> Topic {
    let mut all = trials![
        readme,
        versions,
        every_key_is_in_a_table,
        every_command_has_a_table,
        links,
        folders
    ];
    all.push(Trial::with_tool("gcloud_commands", "gcloud", gcloud_commands));
    all.push(Trial::with_tool("kubectl_commands", "kubectl", kubectl_commands));
    all.extend(pages().into_iter().map(|page| {
        let name = page.strip_prefix(repository()).unwrap().display().to_string();
        let missing: Vec<&str> =
            ["bash", "git"].into_iter().filter(|tool| on_path(tool).is_none()).collect();
        let trial = Trial::new(name.clone(), move || {
            let text = fs::read_to_string(&page).unwrap();
            expect_file(&page, &Page::new(&name).rewrite(&text))
        });
        trial.without(&missing)
    }));
    Topic::new(
        "documentation",
        "each page shows what the program does, and its links lead somewhere",
        all,
    )
}

/// Every page, except those that other tests generate as a whole.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md", "schemas/README.md"]
            .into_iter()
            .map(|name| repository().join(name))
            .chain(docs)
            .filter(|path| {
                !path.ends_with("docs/errors.md") && !path.ends_with("docs/performance.md")
            })
            .collect();
    pages.sort();
    pages
}

/// The generated parts of all pages.
fn markers() -> BTreeSet<String> {
    let texts = pages().into_iter().map(|page| fs::read_to_string(page).unwrap());
    let markers = texts.flat_map(|text| {
        let marked = text.lines().filter_map(|line| comment(line)?.strip_prefix("generated: "));
        marked.map(str::to_owned).collect::<Vec<_>>()
    });
    markers.collect()
}

fn every_key_is_in_a_table() {
    let markers = markers();
    assert!(markers.contains("keys of the workspace"));
    let listed: BTreeSet<String> = markers
        .iter()
        .filter_map(|marker| marker.strip_prefix("keys "))
        .flat_map(|names| names.split(", ").map(str::to_owned))
        .filter(|name| name != "of the workspace")
        .collect();
    let schema = schema("app.schema.json");
    let all: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(listed, all);
}

fn every_command_has_a_table() {
    let markers = markers();
    for (name, _) in Help::read("").commands {
        assert!(markers.contains(&format!("command {name}")) || name == "man", "{name}");
    }
}

/// The commands of all pages that begin with this program, without pipes and redirections.
fn commands_that_begin_with(program: &str) -> Vec<String> {
    let texts = pages().into_iter().map(|page| fs::read_to_string(page).unwrap());
    let lines = texts.flat_map(|text| {
        let blocks = blocks(&text).into_iter().filter(|(language, ..)| language == "sh");
        blocks.flat_map(|(_, block, _)| command_lines(&block)).collect::<Vec<_>>()
    });
    let lines = lines.filter(|line| line.split(' ').next() == Some(program));
    lines
        .map(|line| {
            line.split(
                [">", "|"]
                    .map(|end| format!(" {end} "))
                    .iter()
                    .find(|end| line.contains(end.as_str()))
                    .map_or("\n", String::as_str),
            )
            .next()
            .unwrap()
            .to_owned()
        })
        .collect()
}

/// gcloud knows the commands and flags that pages show.
fn gcloud_commands(gcloud: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("commands.json");
    let filled_in = |command: String| {
        let account = "books@my-project.iam.gserviceaccount.com";
        command.replace("$PROJECT", "my-project").replace("$ACCOUNT", account)
    };
    let commands: BTreeSet<String> =
        commands_that_begin_with("gcloud").into_iter().map(filled_in).collect();
    assert!(commands.len() > 5);
    let listed: Vec<Value> =
        commands.iter().map(|command| serde_json::json!({ "command_string": command })).collect();
    fs::write(&file, serde_json::to_string(&listed).unwrap()).unwrap();
    let mut lint = Command::new(gcloud);
    lint.args(["meta", "lint-gcloud-commands", "--commands-file"]).arg(&file);
    let lint = lint.env("CLOUDSDK_CONFIG", folder.path()).env("CLOUDSDK_CORE_DISABLE_PROMPTS", "1");
    let results: Vec<Value> = serde_json::from_str(&succeed(lint)).unwrap();
    assert_eq!(results.len(), commands.len());
    for result in results {
        assert_eq!(
            result["success"], true,
            "{}: {}",
            result["command_string"], result["error_message"]
        );
    }
}

/// kubectl knows the commands and flags that pages show. There is no server that could answer.
fn kubectl_commands(_: &Path) {
    for command in commands_that_begin_with("kubectl") {
        let command = command.replacen("kubectl", "kubectl --server=http://127.0.0.1:1", 1);
        let mut bash = Command::new("bash");
        bash.args(["-c", &command])
            .env("KUBECONFIG", "/dev/null")
            .envs(["NAMESPACE", "POD", "KSA"].map(|name| (name, "x")))
            .stdin(Stdio::null());
        let (_, stdout, stderr) = outcome(&mut bash);
        let text = stdout + &stderr;
        assert!(!text.contains("unknown ") && !text.contains("error: "), "{command}\n{text}");
    }
}

fn links() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let mut in_block = false;
        for line in text.lines() {
            in_block ^= line.starts_with("```");
            if in_block {
                continue;
            }
            for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                if link.starts_with("https://") {
                    continue;
                }
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target =
                    if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
                assert!(target.exists(), "{} links to {link}", page.display());
                if !anchor.is_empty() {
                    let anchors = anchors(&fs::read_to_string(&target).unwrap());
                    assert!(anchors.contains(anchor), "{} links to {link}", page.display());
                }
            }
        }
    }
}

/// The anchors that GitHub gives to the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let heading = |line: &str| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
        let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
        Some(title.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-"))
    };
    text.lines().filter_map(heading).collect()
}

fn readme() {
    let text = fs::read_to_string(repository().join("README.md")).unwrap();
    assert!(text.lines().count() <= 180, "the README is a landing page");
    for page in [&text, &fs::read_to_string(repository().join("docs/install.md")).unwrap()] {
        assert!(page.contains(&format!("Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"))));
    }
    assert!(text.contains("\ncargo test\n"), "the README names the test command");
    let ci = fs::read_to_string(repository().join(".ci/run")).unwrap();
    assert!(ci.contains("\ncargo test\n"), ".ci/run runs the test command of the README");
    let version = succeed(wigen(repository()).arg("--version"));
    assert_eq!(version, format!("wigen {}\n", env!("CARGO_PKG_VERSION")));
}

/// The page on specs names the versions of Kubernetes that wigen knows.
fn versions() {
    let page = fs::read_to_string(repository().join("docs/spec.md")).unwrap();
    let mut check = wigen(repository());
    let (_, _, stderr) = outcome(check.args(["check", "--kube-version", "1.1"]));
    let words = stderr.split([' ', '\n']).filter(|word| word.starts_with("1."));
    let versions: Vec<&str> = words.collect();
    let [oldest, newest] = versions[..] else { panic!("{stderr}") };
    assert!(page.contains(&format!("of Kubernetes {newest}")));
    assert!(page.contains(&format!("from {oldest} to {newest}")));
}

/// The page for contributors names every folder, and only paths that exist.
fn folders() {
    let page = fs::read_to_string(repository().join("CONTRIBUTING.md")).unwrap();
    let code = |line: &str| -> Vec<String> {
        line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let tables = page.split("| folder in `src/").skip(1);
    let named: BTreeSet<String> = tables
        .flat_map(|table| table.lines().skip(2).take_while(|line| line.starts_with("| `")))
        .flat_map(|line| code(line.split('|').nth(1).unwrap()))
        .collect();
    let folders: BTreeSet<String> = ["src", "src/bin/wigen"]
        .iter()
        .flat_map(|folder| fs::read_dir(repository().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("bin"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(named, folders);

    let mut in_block = false;
    for line in page.lines() {
        in_block ^= line.starts_with("```");
        let is_path = |name: &&String| {
            name.contains('/') && !name.contains([' ', '=']) && !name.starts_with("target/")
        };
        for name in code(line).iter().filter(is_path).filter(|_| !in_block) {
            let found = ["", "src", "tests"]
                .iter()
                .any(|folder| repository().join(folder).join(name).exists());
            // A path that only some runs create.
            assert!(found || name == "fuzz/artifacts", "CONTRIBUTING.md names {name}");
        }
    }
}
