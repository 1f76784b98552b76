//! The generated parts of pages.

use std::collections::BTreeSet;

use super::help::Help;
use super::keys::{Key, app_keys, key_table, workspace_keys};
use super::markdown::{escaped, table};
use crate::support::{repository, succeed, wigen};

/// A generated part of a page.
pub(super) fn generate(what: &str) -> String {
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
        let rows = Help::read("").commands.into_iter().map(|(name, about)| {
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
    } else if what == "rules of the API server" {
        let rows = wigen::kubernetes::rules::documentation().into_iter();
        let key = |key: &str| if key.is_empty() { String::new() } else { format!("`{key}`") };
        let rows = rows.map(|[of, name, rule, versions, source]| {
            vec![of, key(&name), escaped(&rule), versions, escaped(&source)]
        });
        table(&["definition", "key", "rule", "versions", "source"], rows)
    } else if what == "common options" {
        Help::read("").table(&[])
    } else if what == "exit codes" {
        let rows = Help::read("").exit_codes.into_iter();
        table(&["exit code", "meaning"], rows.map(|(code, meaning)| vec![code, escaped(&meaning)]))
    } else if let Some(command) = what.strip_prefix("command ") {
        let help = Help::read(command);
        let common: Vec<String> = Help::read("").items.into_iter().map(|item| item.name).collect();
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
