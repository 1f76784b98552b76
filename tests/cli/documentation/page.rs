//! A page with its generated parts and the output of its commands as they are now.

use std::fs;
use std::path::Path;

use super::generated::generate;
use super::sandbox::{Sandbox, missing};
use crate::support::repository;
use crate::support::trials::skip_part;

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

/// The commands of a page, run in order.
pub(super) struct Page<'a> {
    name: &'a str,
    sandbox: Sandbox,
}

impl<'a> Page<'a> {
    pub(super) fn new(name: &'a str) -> Self {
        Self { name, sandbox: Sandbox::empty() }
    }

    /// The text with generated parts and the output of commands as they are now.
    pub(super) fn rewrite(&mut self, text: &str) -> String {
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
            "text" if Path::new(directive).extension().is_some_and(|it| it == "txt") => {
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
            if let Some(tool) = missing.first() {
                skip_part("commands of pages", tool);
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
            if let Some(tool) = missing.first() {
                skip_part("commands of pages", tool);
                continue;
            }
            let (code, output) = self.sandbox.run(&runs);
            assert_eq!(code, Some(0), "{}: {runs}\n{output}", self.name);
        }
    }
}

/// The commands of a block, each on one line and without its comment.
pub(super) fn command_lines(body: &str) -> Vec<String> {
    let body = body.replace("\\\n", "");
    let lines = body.lines().map(|line| line.split("  #").next().unwrap().trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// What a line holds that is an HTML comment.
pub(super) fn comment(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- ")?.strip_suffix(" -->")
}

/// Whether a text is as expected, where a line `...` matches any lines.
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
