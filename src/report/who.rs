//! Whose identity each workload has: a table for people, JSON Lines for programs.

use super::style::{Style, plain};
use crate::chain::{Answer, Chain, LinkName, LinkState};

/// Writes each chain on one line, in order.
pub fn chains_json(chains: &[Chain]) -> String {
    let line = |chain| Some(serde_json::to_string(chain).ok()? + "\n");
    chains.iter().filter_map(line).collect()
}

/// One line for each workload: `→` and its identity, `✗` and the first link that is broken, or `?` where
/// the files do not say. Further roles follow below the first. `names` adds the strings that stand for
/// the identity elsewhere.
pub fn who(chains: &[Chain], names: bool, style: Style) -> String {
    let rows: Vec<Row> = chains.iter().map(Row::new).collect();
    let length = |text: &String| text.chars().count();
    let width = |column: usize| {
        // Nothing follows a link that is broken.
        let aligned = rows.iter().filter(|row| column < 2 || !row.grants.is_empty());
        aligned.map(|row| length(&row.columns[column])).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let mut table = String::new();
    for (row, chain) in rows.iter().zip(chains) {
        let cell = |column: usize| {
            let text = &row.columns[column];
            format!("{text}{}", " ".repeat(widths[column].saturating_sub(length(text))))
        };
        let sign = paint(row.sign, row.colour, style);
        let (first, rest) =
            row.grants.split_first().map_or(("", &[][..]), |(one, all)| (one.as_str(), all));
        let line = format!("{}  {}  {sign}  {}  {first}", cell(0), cell(1), cell(2));
        table.push_str(line.trim_end());
        table.push('\n');
        let indent = " ".repeat(widths.iter().sum::<usize>() + 9);
        table.extend(rest.iter().map(|grant| format!("{indent}{grant}\n")));
        if names {
            let account = match &chain.identity {
                Answer::Account { email } => Some(email),
                _ => None,
            };
            for (name, value) in [
                ("account", account),
                ("member", chain.member.as_ref()),
                ("principal", chain.principal.as_ref()),
            ] {
                table.extend(value.map(|value| format!("  {name:9}  {}\n", plain(value))));
            }
            for one in &chain.differences {
                let (promised, observed) = (shown(&one.promised), shown(&one.observed));
                let values = || format!("promised {promised}, found {observed}");
                let what = one.message.clone().unwrap_or_else(values);
                let line = format!("{}: {what}", one.link.noun());
                let sign = paint("differs", "31", style);
                table.extend([format!("  {sign}    {}\n", plain(&line))]);
            }
        }
    }
    table
}

struct Row {
    /// The workload, its kind and its identity.
    columns: [String; 3],
    sign: &'static str,
    colour: &'static str,
    grants: Vec<String>,
}

impl Row {
    fn new(chain: &Chain) -> Self {
        let workload = &chain.workload;
        let namespace = workload.namespace.as_deref().unwrap_or("?");
        // A template can leave the name out.
        let name = if workload.name.is_empty() { "(no name)" } else { &workload.name };
        let name = plain(&format!("{namespace}/{name}")).into_owned();
        let kind = plain(&workload.kind).into_owned();
        if let Some(broken) = broken(chain) {
            let grants = Vec::new();
            return Self { columns: [name, kind, broken], sign: "✗", colour: "1;31", grants };
        }
        let is_known = chain.holds(&LinkName::OF_ACCOUNT).is_some();
        let identity = match &chain.identity {
            Answer::Account { email } => email.clone(),
            Answer::Principal { member } => shortened_principal(member),
            Answer::Node => "the service account of the node".to_owned(),
            Answer::Key => "the service account of a key".to_owned(),
            Answer::Unknown { needs } => format!("depends on {needs}"),
        };
        let is_known = is_known && !matches!(chain.identity, Answer::Unknown { .. });
        let (sign, colour) = if is_known { ("→", "32") } else { ("?", "33") };
        let mut grants: Vec<String> = chain
            .grants
            .iter()
            .map(|access| {
                let condition = if access.condition.is_some() { ", with a condition" } else { "" };
                plain(&format!("{access}{condition}")).into_owned()
            })
            .collect();
        if grants.is_empty() {
            let is_none = chain.holds(&[LinkName::Grants]) == Some(true);
            grants.push(if is_none { "no roles" } else { "?" }.to_owned());
        }
        Self { columns: [name, kind, plain(&identity).into_owned()], sign, colour, grants }
    }
}

fn shown(state: &LinkState) -> &str {
    match state {
        LinkState::Ok { found } | LinkState::Broken { found, .. } => &found.value,
        LinkState::Unknown { .. } | LinkState::NotApplicable => "none",
    }
}

/// The first link that is broken, in words.
fn broken(chain: &Chain) -> Option<String> {
    let link = chain.first_broken()?;
    let LinkState::Broken { found, expected } = &link.state else { return None };
    let what = match link.findings.first() {
        Some(finding) => finding.message.clone(),
        None => format!("found {}, expected {}", found.value, expected.value),
    };
    Some(plain(&format!("{}: {what}", link.name.noun())).into_owned())
}

/// A principal without its beginning, which is the same for all.
fn shortened_principal(member: &str) -> String {
    let rest = member.split_once("/workloadIdentityPools/").map(|(_, rest)| rest);
    rest.map_or_else(|| member.to_owned(), |rest| format!("principal://…/{rest}"))
}

fn paint(text: &str, colour: &str, style: Style) -> String {
    if style.colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
}
