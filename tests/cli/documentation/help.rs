//! What `--help` of a command says.

use std::collections::BTreeMap;

use super::markdown::{escaped, table};
use crate::support::{repository, succeed, wigen};

/// An argument or an option, as the help describes it.
pub(super) struct Item {
    pub(super) name: String,
    about: String,
    default: String,
}

/// What `--help` of a command says.
pub(super) struct Help {
    pub(super) usage: String,
    pub(super) commands: Vec<(String, String)>,
    pub(super) items: Vec<Item>,
    pub(super) exit_codes: Vec<(String, String)>,
}

impl Help {
    pub(super) fn read(command: &str) -> Self {
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
    pub(super) fn table(&self, but: &[String]) -> String {
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
        let variable = take("[env: ");
        let possible = take("[possible values: ");
        let mut about = about.trim().to_owned();
        if let Some(possible) = possible {
            let names: Vec<String> = possible.split(", ").map(|name| format!("`{name}`")).collect();
            about.extend([". One of ", &names.join(", ")]);
        }
        if !values.is_empty() {
            about.extend([". ", &values.join("; ")]);
        }
        if let Some(variable) = variable {
            about.extend([". Variable: `", &variable, "`"]);
        }
        let is_value = !default.contains(' ') && !default.is_empty();
        let default = if is_value { format!("`{default}`") } else { default };
        Self { name: lines[0].clone(), about, default }
    }
}
