//! The pages are true: what they quote is in the files, what their commands print is what they show,
//! their tables are generated from the types, and their links lead somewhere.
//!
//! `WIGEN_UPDATE=1` rewrites the output of commands and the generated tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::tools::{find, on_path};
use crate::support::trials::{Topic, Trial, trials};
use crate::support::{blocks, expect_file, outcome, repository, succeed, wigen};

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

/// Programs that `sh` blocks may name and that are not run there: they need a cluster, Google Cloud, a
/// network or a long time. A command to be run and compared belongs in a `console` block.
const NOT_RUN: [&str; 8] =
    ["bash", "cargo install", "cargo test", "docker", "gcloud", "helm", "kubectl", "terraform"];

/// Programs that `sh` blocks run if they are installed.
const RUN: [&str; 6] =
    ["cargo run -q --", "git", "kpt fn render", "kubectl kustomize", "kustomize build", "wigen"];

fn starts_with(command: &str, programs: &[&str]) -> bool {
    let is = |program: &&str| {
        command.strip_prefix(program).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    programs.iter().any(is)
}

/// The commands of a page, run in the order in which they stand.
struct Page<'a> {
    name: &'a str,
    sandbox: Sandbox,
}

impl<'a> Page<'a> {
    fn new(name: &'a str) -> Self {
        Self { name, sandbox: Sandbox::empty() }
    }

    /// The text with generated parts and the output of commands as they are now.
    fn rewrite(&mut self, text: &str) -> String {
        let mut rewritten = String::new();
        let mut lines = text.lines().peekable();
        let mut directive = "";
        while let Some(line) = lines.next() {
            rewritten.extend([line, "\n"]);
            if let Some(what) = comment(line).and_then(|what| what.strip_prefix("generated: ")) {
                for line in lines.by_ref() {
                    if comment(line) == Some("end") {
                        break;
                    }
                }
                rewritten.extend(["\n", &generate(what), "\n<!-- end -->\n"]);
            } else if let Some(language) = line.strip_prefix("```") {
                let body: String = lines
                    .by_ref()
                    .take_while(|line| *line != "```")
                    .flat_map(|line| [line, "\n"])
                    .collect();
                rewritten.extend([&self.block(language, directive, &body), "```\n"]);
            }
            directive = comment(line).unwrap_or_default();
        }
        rewritten
    }

    /// The text of a fenced block as it must be.
    fn block(&mut self, language: &str, directive: &str, body: &str) -> String {
        if directive == "in an empty directory" {
            self.sandbox = Sandbox::empty();
        } else if let Some(folder) = directive.strip_prefix("in ") {
            self.sandbox = Sandbox::with(&repository().join(folder));
        }
        match language {
            "console" => return self.console(body),
            "sh" => self.commands(body),
            _ if directive.starts_with("writes ") => {
                fs::write(self.sandbox.path().join(&directive["writes ".len()..]), body).unwrap();
            }
            "text" if directive.ends_with(".txt") => {
                return fs::read_to_string(repository().join(directive)).unwrap();
            }
            _ if directive.contains('/') || directive.contains('.') => self.quote(directive, body),
            // tests/pre_commit.rs runs these.
            "yaml" if self.name == "docs/pre-commit.md" => {}
            _ => assert_eq!(language, "text", "{}: say what this quotes:\n{body}", self.name),
        }
        body.to_owned()
    }

    fn quote(&self, file: &str, body: &str) {
        let content = fs::read_to_string(repository().join(file))
            .unwrap_or_else(|error| panic!("{}: {file}: {error}", self.name));
        assert!(content.contains(body), "{}: {file} does not contain\n{body}", self.name);
    }

    /// Commands, each after a `$`, with what they print on either stream.
    fn console(&mut self, body: &str) -> String {
        let mut shown = String::new();
        let mut lines = body.lines().peekable();
        while let Some(line) = lines.next() {
            let mut command = line.strip_prefix("$ ").expect("a command after `$ `").to_owned();
            shown.extend([line, "\n"]);
            while command.ends_with('\\') {
                let next = lines.next().expect("the rest of a command");
                command.extend(["\n", next.strip_prefix("> ").unwrap_or(next)]);
                shown.extend([next, "\n"]);
            }
            let mut expected = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                expected.extend([line, "\n"]);
            }
            let missing = missing(&command);
            if !missing.is_empty() {
                eprintln!("skipped: `{command}` of {}, because there is no {missing:?}", self.name);
                shown.push_str(&expected);
                continue;
            }
            let (code, output) = self.sandbox.run(&command);
            assert!(matches!(code, Some(0 | 1)), "{}: {command}\n{output}", self.name);
            shown.push_str(if matches(&expected, &output) { &expected } else { &output });
        }
        shown
    }

    /// Commands whose output is not shown: all must succeed.
    fn commands(&mut self, body: &str) {
        for line in command_lines(body) {
            let is_variable = line.split_once('=').is_some_and(|(name, _)| {
                name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
            });
            if is_variable || (starts_with(&line, &NOT_RUN) && !starts_with(&line, &RUN)) {
                continue;
            }
            assert!(starts_with(&line, &RUN), "{}: nobody runs `{line}`", self.name);
            let known = line.split(" | ").take_while(|command| starts_with(command, &RUN));
            let runs = known.collect::<Vec<_>>().join(" | ");
            let missing = missing(&runs);
            if !missing.is_empty() {
                eprintln!("skipped: `{runs}` of {}, because there is no {missing:?}", self.name);
                continue;
            }
            let (code, output) = self.sandbox.run(&runs);
            assert_eq!(code, Some(0), "{}: {runs}\n{output}", self.name);
        }
    }
}

/// The commands of a block, each on one line and without its comment.
fn command_lines(body: &str) -> Vec<String> {
    let body = body.replace("\\\n", "");
    let lines = body.lines().map(|line| line.split("  #").next().unwrap().trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// What a line holds that is an HTML comment.
fn comment(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- ")?.strip_suffix(" -->")
}

/// Whether a text is as expected, where a line `...` stands for any lines.
fn matches(expected: &str, actual: &str) -> bool {
    let mut rest = actual;
    let mut parts = expected.split("...\n");
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let mut last = None;
    for part in parts {
        let Some(position) = rest.find(part) else { return false };
        rest = &rest[position + part.len()..];
        last = Some(part);
    }
    rest.is_empty() || last == Some("")
}

/// The programs of a command that are not installed.
fn missing(command: &str) -> Vec<&str> {
    command
        .split(" | ")
        .filter_map(|command| command.split_whitespace().next())
        .filter(|program| !["cargo", "wigen"].contains(program) && tool(program).is_none())
        .collect()
}

fn tool(program: &str) -> Option<PathBuf> {
    match program {
        "kustomize" => find("kustomize-newest"),
        _ => on_path(program),
    }
}

/// A folder for the commands of a page. It is a git repository with a commit after each command.
struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    fn empty() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["work", "home", "bin"] {
            fs::create_dir(sandbox.folder.path().join(folder)).unwrap();
        }
        let bin = sandbox.folder.path().join("bin");
        let programs = [
            ("wigen", Some(PathBuf::from(env!("CARGO_BIN_EXE_wigen")))),
            ("kustomize", tool("kustomize")),
        ];
        for (name, program) in programs {
            if let Some(program) = program {
                symlink(program, bin.join(name)).unwrap();
            }
        }
        sandbox.shell("git init --quiet && git commit --quiet --allow-empty --message start");
        sandbox
    }

    /// With a copy of these files.
    fn with(folder: &Path) -> Self {
        let sandbox = Self::empty();
        let mut copy = Command::new("cp");
        succeed(copy.arg("-r").arg(folder.join(".")).arg(sandbox.path()));
        sandbox.commit();
        sandbox
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Runs a command, which may name files of the repository.
    fn run(&self, command: &str) -> (Option<i32>, String) {
        let folders = ["examples", "golden"].map(|name| (name, self.path().join(name)));
        let named = || folders.iter().filter(|(name, _)| command.contains(&format!("{name}/")));
        named().for_each(|(name, link)| symlink(repository().join(name), link).unwrap());
        let ran = self.shell(&command.replace("cargo run -q -- ", "wigen "));
        named().for_each(|(_, link)| fs::remove_file(link).unwrap());
        self.commit();
        ran
    }

    fn commit(&self) {
        let (code, output) =
            self.shell("git add --all && git commit --quiet --allow-empty --message next");
        assert_eq!(code, Some(0), "{output}");
    }

    fn shell(&self, command: &str) -> (Option<i32>, String) {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("exec 2>&1; set -euo pipefail; {command}")])
            .current_dir(self.path())
            .env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "docs")))
            .envs(
                ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "docs@example.com")),
            )
            .envs([("GIT_CONFIG_COUNT", "1")])
            .envs([("GIT_CONFIG_KEY_0", "init.defaultBranch"), ("GIT_CONFIG_VALUE_0", "main")])
            .stdin(Stdio::null());
        for name in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "COLUMNS",
            "TF_CLI_CONFIG_FILE",
            "XDG_CONFIG_HOME",
            "KUSTOMIZE_PLUGIN_HOME",
        ] {
            bash.env_remove(name);
        }
        let (code, stdout, stderr) = outcome(&mut bash);
        (code, stdout + &stderr)
    }
}

/// A generated part of a page.
fn generate(what: &str) -> String {
    if what == "keys of the workspace" {
        key_table(&workspace_keys())
    } else if let Some(names) = what.strip_prefix("keys ") {
        let names: Vec<&str> = names.split(", ").collect();
        let top = |path: &str| path.split(['.', '[']).next().unwrap().to_owned();
        let keys: Vec<Key> =
            app_keys().into_iter().filter(|key| names.contains(&top(&key.path).as_str())).collect();
        let found: BTreeSet<String> = keys.iter().map(|key| top(&key.path)).collect();
        assert_eq!(found.len(), names.len(), "{what}");
        key_table(&keys)
    } else if what == "commands" {
        let rows = Help::of("").commands.into_iter().map(|(name, about)| {
            let anchor = if ["completions", "man"].contains(&name.as_str()) {
                "completions-wigen-man".to_owned()
            } else {
                name.clone()
            };
            vec![format!("[`wigen {name}`](#wigen-{anchor})"), escaped(&about)]
        });
        table(&["command", "does"], rows)
    } else if what == "variables" {
        let text = succeed(wigen(repository()).args(["templates", "variables"]));
        let lines: Vec<&str> = text.lines().collect();
        let rows = lines.chunks(2).map(|lines| {
            let (path, kind) = lines[0].split_once(": ").unwrap();
            assert!(!lines[1].trim().is_empty(), "{path}");
            vec![format!("`{path}`"), escaped(kind), escaped(lines[1].trim())]
        });
        table(&["variable", "type", "meaning"], rows)
    } else if what == "common options" {
        Help::of("").table(&[])
    } else if what == "exit codes" {
        let rows = Help::of("").exit_codes.into_iter();
        table(&["exit code", "meaning"], rows.map(|(code, meaning)| vec![code, escaped(&meaning)]))
    } else if let Some(command) = what.strip_prefix("command ") {
        let help = Help::of(command);
        let common: Vec<String> = Help::of("").items.into_iter().map(|item| item.name).collect();
        let usage = format!("`{}`\n", help.usage);
        let subcommands = help
            .commands
            .iter()
            .map(|(name, about)| vec![format!("`wigen {command} {name}`"), escaped(about)]);
        let mut parts = vec![usage];
        if !help.commands.is_empty() {
            parts.push(table(&["command", "does"], subcommands));
        }
        parts.push(help.table(&common));
        parts.retain(|part| !part.is_empty());
        parts.join("\n")
    } else {
        panic!("nothing generates `{what}`")
    }
}

fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(heads.len()));
    [line(&heads), rule].into_iter().chain(rows.map(|row| line(&row))).collect()
}

/// Text for a cell of a table: nothing in it is Markdown but code between backticks.
fn escaped(text: &str) -> String {
    let escape = |(index, part): (usize, &str)| match index % 2 {
        0 => part.replace('<', "&lt;").replace('*', "\\*"),
        _ => part.to_owned(),
    };
    let parts: Vec<String> = text.split('`').enumerate().map(escape).collect();
    parts.join("`").replace('|', "\\|").replace('\n', " ")
}

/// A key that holds a value.
struct Key {
    path: String,
    required: bool,
    node: Value,
}

fn schema(name: &str) -> Value {
    let path = repository().join("schemas").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn app_keys() -> Vec<Key> {
    let mut found = Vec::new();
    keys(&schema("app.schema.json"), "", &mut found);
    found
}

/// The keys of a workspace; those of its defaults are the keys of a spec.
fn workspace_keys() -> Vec<Key> {
    let schema = schema("workspace.schema.json");
    let required = schema["required"].as_array().unwrap().clone();
    let keys = schema["properties"].as_object().unwrap().clone();
    let key = |(path, node): (String, Value)| Key {
        required: required.iter().any(|name| *name == path),
        path,
        node,
    };
    keys.into_iter().map(key).collect()
}

fn keys(node: &Value, path: &str, found: &mut Vec<Key>) {
    for (key, below) in node["properties"].as_object().into_iter().flatten() {
        // A field of Kubernetes, which Kubernetes describes.
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
            found.push(Key { path, required, node: below.clone() });
        }
    }
}

fn key_table(keys: &[Key]) -> String {
    let rows = keys.iter().map(|key| {
        let description = key.node["description"].as_str().unwrap().replace('\n', " ");
        let (meaning, derived) = match description.split_once(" Default: ") {
            Some((meaning, default)) => {
                (meaning.to_owned(), default.trim_end_matches('.').to_owned())
            }
            None => (description.clone(), String::new()),
        };
        let default = match &key.node["default"] {
            _ if key.required => "**required**".to_owned(),
            _ if !derived.is_empty() => escaped(&derived),
            Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
            value => format!("`{value}`"),
        };
        let example = toml(&key.node["examples"][0]);
        let example = if example.len() > 50 { String::new() } else { format!("`{example}`") };
        vec![format!("`{}`", key.path), type_name(&key.node), default, example, escaped(&meaning)]
    });
    table(&["key", "type", "default", "example", "meaning"], rows)
}

fn type_name(node: &Value) -> String {
    match &node["type"] {
        Value::Array(types) => {
            let names: Vec<&str> = types.iter().filter_map(Value::as_str).collect();
            names.join(" or ")
        }
        Value::String(name) if name == "array" => {
            format!("list of {}s", type_name(&node["items"]))
        }
        Value::String(name) if name == "object" => "table".to_owned(),
        name => name.as_str().unwrap().to_owned(),
    }
}

/// A value as it stands behind `=` in TOML.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let bare =
                |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            let pair = |(key, value): (&String, &Value)| {
                let key = if bare(key) { key.clone() } else { format!("\"{key}\"") };
                format!("{key} = {}", toml(value))
            };
            format!("{{ {} }}", map.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

/// An argument or an option, as the help describes it.
struct Item {
    name: String,
    about: String,
    default: String,
}

/// What `--help` of a command says.
struct Help {
    usage: String,
    commands: Vec<(String, String)>,
    items: Vec<Item>,
    exit_codes: Vec<(String, String)>,
}

impl Help {
    fn of(command: &str) -> Self {
        let text = succeed(wigen(repository()).args(command.split_whitespace()).arg("--help"));
        let mut sections: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut section = String::new();
        for line in text.lines() {
            match line.strip_suffix(':') {
                Some(head) if !line.starts_with(' ') => head.clone_into(&mut section),
                _ => sections.entry(section.clone()).or_default().push(line.to_owned()),
            }
        }
        let usage = text.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap().to_owned();
        let pairs = |section: &str| {
            let lines = sections.get(section).into_iter().flatten();
            let mut pairs: Vec<(String, String)> = Vec::new();
            for line in lines.filter(|line| !line.trim().is_empty()) {
                match (line.trim().split_once("  "), pairs.last_mut()) {
                    (Some((name, about)), _) if !line.starts_with("   ") => {
                        pairs.push((name.to_owned(), about.trim().to_owned()));
                    }
                    (_, Some((_, about))) => about.extend([" ", line.trim()]),
                    (_, None) => panic!("{line}"),
                }
            }
            pairs
        };
        let items = ["Arguments", "Options"]
            .iter()
            .flat_map(|section| sections.get(*section).into_iter().flatten())
            .fold(Vec::new(), |mut items: Vec<Vec<String>>, line| {
                let indent = line.len() - line.trim_start().len();
                if indent <= 6 && line.trim_start().starts_with(['-', '<', '[']) {
                    items.push(
                        line.trim().splitn(2, "  ").map(|part| part.trim().to_owned()).collect(),
                    );
                } else if let (Some(item), false) = (items.last_mut(), line.trim().is_empty()) {
                    item.push(line.trim().to_owned());
                }
                items
            })
            .iter()
            .map(|lines| Item::new(lines))
            .collect();
        Self {
            usage,
            commands: pairs("Commands").into_iter().filter(|(name, _)| name != "help").collect(),
            items,
            exit_codes: pairs("Exit codes"),
        }
    }

    /// The arguments and options but these.
    fn table(&self, but: &[String]) -> String {
        let items: Vec<&Item> =
            self.items.iter().filter(|item| !but.contains(&item.name)).collect();
        if items.is_empty() {
            return String::new();
        }
        let rows = items.into_iter().map(|item| {
            vec![
                format!("`{}`", item.name.replace('|', "\\|")),
                item.default.clone(),
                escaped(&item.about),
            ]
        });
        table(&["argument", "default", "meaning"], rows)
    }
}

impl Item {
    fn new(lines: &[String]) -> Self {
        let mut values = Vec::new();
        let mut about = String::new();
        let mut in_values = false;
        for line in &lines[1..] {
            in_values |= line == "Possible values:";
            let value = line.strip_prefix("- ").and_then(|line| line.split_once(": "));
            match value {
                Some((name, meaning)) if in_values => {
                    values.push(format!("`{name}`: {}", meaning.trim()));
                }
                _ if line == "Possible values:" => {}
                _ if in_values && !line.starts_with('[') => {
                    values.last_mut().unwrap().extend([" ", line]);
                }
                _ => {
                    about.extend([if about.is_empty() { "" } else { " " }, line]);
                }
            }
        }
        let mut take = |head: &str| {
            let start = about.find(head)?;
            let end = start + about[start..].find(']')?;
            let taken = about[start + head.len()..end].to_owned();
            about.replace_range(start..=end, "");
            Some(taken)
        };
        let default = take("[default: ").unwrap_or_default();
        let possible = take("[possible values: ");
        let mut about = about.trim().to_owned();
        if let Some(possible) = possible {
            let names: Vec<String> = possible.split(", ").map(|name| format!("`{name}`")).collect();
            about.extend([". One of ", &names.join(", ")]);
        }
        if !values.is_empty() {
            about.extend([". ", &values.join("; ")]);
        }
        let is_value = !default.contains(' ') && !default.is_empty();
        let default = if is_value { format!("`{default}`") } else { default };
        Self { name: lines[0].clone(), about, default }
    }
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
    for (name, _) in Help::of("").commands {
        assert!(markers.contains(&format!("command {name}")) || name == "man", "{name}");
    }
}

/// The commands of all pages that begin with this program, without pipes and redirections.
fn commands_of(program: &str) -> Vec<String> {
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
    let commands: BTreeSet<String> = commands_of("gcloud").into_iter().map(filled_in).collect();
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
    for command in commands_of("kubectl") {
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
