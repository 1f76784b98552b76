//! Identities as a picture: from the workload over the ServiceAccount and the service account to the
//! resources, in Mermaid and in DOT. Links that are broken are red, those that are not known dashed.

use std::fmt::Write;

use indexmap::{IndexMap, IndexSet};

use super::style::plain;
use crate::chain::{Answer, Chain, LinkName};

/// Nodes by their label, and edges between them.
#[derive(Default)]
struct Graph {
    nodes: IndexSet<(Shape, String)>,
    /// The state of each edge by its ends and label.
    edges: IndexMap<(usize, usize, String), Option<bool>>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Workload,
    ServiceAccount,
    /// The Google Cloud identity: a service account, a principal, or the account of the node.
    Account,
    Resource,
}

impl Graph {
    fn new(chains: &[Chain]) -> Self {
        let mut graph = Self::default();
        for chain in chains {
            graph.add(chain);
        }
        graph
    }

    fn add(&mut self, chain: &Chain) {
        let workload = &chain.workload;
        let named = |namespace: &Option<String>, name: &str| {
            let name = if name.is_empty() { "(no name)" } else { name };
            format!("{}/{name}", namespace.as_deref().unwrap_or("?"))
        };
        let is_account = workload.kind == "ServiceAccount" && workload.group.is_empty();
        let pods = (!is_account).then(|| {
            let label = named(&workload.namespace, &workload.name);
            self.node(Shape::Workload, &format!("{} {label}", workload.kind))
        });
        let account = &chain.service_account;
        let account = format!("ServiceAccount {}", named(&account.namespace, &account.name));
        let account = self.node(Shape::ServiceAccount, &account);
        if let Some(pods) = pods {
            self.edge((pods, account), "", chain.holds(&LinkName::OF_PODS));
        }
        let (from, label) = match &chain.identity {
            Answer::Account { email } => (account, email.as_str()),
            Answer::Principal { .. } => (account, ""),
            Answer::Node => (pods.unwrap_or(account), "service account of the node"),
            Answer::Key => (pods.unwrap_or(account), "service account of a key"),
            Answer::Unknown { .. } => (account, "?"),
        };
        let identity = if label.is_empty() { from } else { self.node(Shape::Account, label) };
        if identity != from {
            let is_by_account = from == account;
            let is_usable = chain.holds(&[LinkName::AccountExists, LinkName::AccountEnabled]);
            let holds = match is_usable {
                Some(false) => Some(false),
                _ if is_by_account => chain.holds(&LinkName::OF_ACCOUNT),
                _ => Some(true),
            };
            self.edge((from, identity), "", holds);
        }
        for access in &chain.grants {
            let role = access.role.strip_prefix("roles/").unwrap_or(&access.role);
            let resource = self.node(Shape::Resource, &access.resource);
            let holds = access.condition.is_none().then_some(true);
            self.edge((identity, resource), role, holds);
        }
    }

    fn node(&mut self, shape: Shape, label: &str) -> usize {
        self.nodes.insert_full((shape, plain(label).into_owned())).0
    }

    /// Adds an edge. Of two between the same nodes, the worse one is shown.
    fn edge(&mut self, (from, to): (usize, usize), label: &str, holds: Option<bool>) {
        let worse = |one: Option<bool>| match one {
            Some(false) => 0,
            None => 1,
            Some(true) => 2,
        };
        let known = self.edges.entry((from, to, plain(label).into_owned())).or_insert(holds);
        if worse(holds) < worse(*known) {
            *known = holds;
        }
    }
}

/// Writes a flowchart of Mermaid, which GitHub renders in Markdown.
pub fn mermaid(chains: &[Chain]) -> String {
    let graph = Graph::new(chains);
    let mut text = "flowchart LR\n".to_owned();
    for (index, (shape, label)) in graph.nodes.iter().enumerate() {
        let label = escape_mermaid(label);
        let (open, close) = match shape {
            Shape::Workload => ("[", "]"),
            Shape::ServiceAccount | Shape::Account => ("([", "])"),
            Shape::Resource => ("[(", ")]"),
        };
        let _ = writeln!(text, "  n{index}{open}\"{label}\"{close}");
    }
    for ((from, to, label), holds) in &graph.edges {
        let arrow = if holds.is_none() { "-.->" } else { "-->" };
        let label = match label.as_str() {
            "" => String::new(),
            label => format!("|\"{}\"|", escape_mermaid(label)),
        };
        let _ = writeln!(text, "  n{from} {arrow}{label} n{to}");
    }
    for (index, holds) in graph.edges.values().enumerate() {
        if *holds == Some(false) {
            let _ = writeln!(text, "  linkStyle {index} stroke:red");
        }
    }
    text
}

/// Writes a graph of DOT, the language of Graphviz.
pub fn dot(chains: &[Chain]) -> String {
    let graph = Graph::new(chains);
    let mut text = "digraph identities {\n  rankdir=LR\n  node [shape=box]\n".to_owned();
    for (index, (shape, label)) in graph.nodes.iter().enumerate() {
        let style = match shape {
            Shape::Workload => "",
            Shape::ServiceAccount | Shape::Account => ", style=rounded",
            Shape::Resource => ", shape=cylinder",
        };
        let _ = writeln!(text, "  n{index} [label={}{style}]", quote_dot(label));
    }
    for ((from, to, label), holds) in &graph.edges {
        let style = match holds {
            Some(true) => "",
            Some(false) => ", color=red",
            None => ", style=dashed",
        };
        let _ = writeln!(text, "  n{from} -> n{to} [label={}{style}]", quote_dot(label));
    }
    text + "}\n"
}

/// Escapes a label in double quotes. Mermaid reads entities without their `&`, HTML, and Markdown in
/// backticks. Source: Mermaid, "Flowcharts", special characters.
fn escape_mermaid(label: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " -_./:@…?".contains(c);
    let escape = |c: char| if is_plain(c) { c.to_string() } else { format!("#{};", u32::from(c)) };
    label.chars().map(escape).collect()
}

/// Quotes a label. A backslash begins an escape in labels. Source: Graphviz, "DOT Language".
fn quote_dot(label: &str) -> String {
    format!("\"{}\"", label.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::observe;
    use crate::diagnostics::source::Source;

    const HOSTILE: &str = "a\"];click n0 href `javascript` <b>\\N #35; | end\nn9 --> n9";

    fn chains() -> Vec<Chain> {
        let name = serde_json::to_string(HOSTILE).unwrap();
        let manifests = format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"ServiceAccount\", \"metadata\": {{\"name\": {name}, \"namespace\": {name}, \"annotations\": {{\"iam.gke.io/gcp-service-account\": {name}}}}}}}\n"
        );
        let pods = format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": {name}, \"namespace\": {name}}}, \"spec\": {{\"serviceAccountName\": {name}, \"hostNetwork\": true}}}}"
        );
        let files = [Source::new("a.json", manifests), Source::new("b.json", pods)];
        observe(&files, &[], None).0
    }

    /// Each line of a flowchart is a node with a quoted label, an edge, or the style of an edge.
    #[test]
    fn hostile_names_stay_in_their_labels_of_mermaid() {
        let text = mermaid(&chains());
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("flowchart LR"));
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        for line in lines {
            let Some(rest) = line.strip_prefix("  n") else {
                let style = line.strip_prefix("  linkStyle ").unwrap();
                assert!(is_number(style.strip_suffix(" stroke:red").unwrap()), "{line}");
                continue;
            };
            if let Some((from, to)) = rest.split_once("--> n").or_else(|| rest.split_once("-.-> n"))
            {
                assert!(is_number(from.trim()) && is_number(to), "{line}");
                continue;
            }
            let (_, label) = rest.split_once('"').unwrap();
            let (label, end) = label.split_once('"').unwrap();
            assert!(["]", "])", ")]"].contains(&end), "{line}");
            let outside = label.split('#').skip(1).filter_map(|part| part.split_once(';'));
            assert!(outside.clone().all(|(code, _)| is_number(code)), "{line}");
            assert!(!label.contains(['`', '<', '&', '|', '\\', '\n']), "{line}");
        }
        assert!(text.contains("stroke:red"), "{text}");
    }

    /// In DOT, a quoted string ends at the first quotation mark without a backslash.
    #[test]
    fn hostile_names_stay_in_their_labels_of_dot() {
        let text = dot(&chains());
        for line in text.lines().filter(|line| line.contains("label=\"")) {
            let (_, rest) = line.split_once("label=\"").unwrap();
            let mut is_escaped = false;
            let end = rest.find(|c| {
                let ends = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                ends
            });
            let end = &rest[end.unwrap() + 1..];
            let styles =
                ["]", ", style=rounded]", ", shape=cylinder]", ", color=red]", ", style=dashed]"];
            assert!(styles.contains(&end), "{line}");
        }
        assert!(text.contains("color=red") && text.ends_with("}\n"), "{text}");
    }
}
