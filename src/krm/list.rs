//! The two forms in which objects come and go: a ResourceList, and bare YAML documents. Objects that
//! nobody changes keep their text.

use serde_json::Value;

use super::item::Item;
use crate::locate::{self, Nodes};
use crate::render;
use crate::source::{Source, Span};

/// The versions of ResourceList that are alike. Source: KRM Functions Specification.
const VERSIONS: [&str; 2] = ["config.kubernetes.io/v1", "config.kubernetes.io/v1beta1"];

const LIST: &str = "ResourceList";

/// How objects are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// A ResourceList of this version, in YAML or JSON.
    List { version: String, json: bool },
    /// YAML documents.
    Documents,
}

/// What a function is given.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) form: Form,
    pub(super) items: Vec<Item>,
    /// The function config of a ResourceList.
    pub(super) config: Option<Item>,
}

/// Whether a text is a ResourceList.
pub fn is_list(text: &str) -> bool {
    // As it is nearly always written; or in flow style, or with a tag.
    text.lines().any(|line| line == "kind: ResourceList")
        || text.contains(LIST)
            && locate::parse_stream(&Source::new("list.yaml", text))
                .is_ok_and(|documents| documents.iter().any(|document| document["kind"] == LIST))
}

/// Reads a ResourceList.
pub(super) fn read_list(source: &Source) -> Result<Input, String> {
    let text = source.text();
    // A document may say where it ends.
    let is_end =
        |at: usize| text[at + 4..].is_empty() || text[at + 4..].starts_with(['\n', '\r', ' ']);
    let end = text.match_indices("\n...").map(|(at, _)| at).find(|at| is_end(*at));
    let text = end.map_or(text, |end| &text[..=end]);
    let json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let source = Source::new(if json { "list.json" } else { "list.yaml" }, text);
    let nodes = locate::nodes(&source);
    let text_at =
        |pointer: &str| nodes.value(pointer).map(|span| text[span].trim_matches(['"', '\'']));
    let (version, kind) = (text_at("/apiVersion"), text_at("/kind"));
    let version = match version {
        Some(version) if kind == Some(LIST) && VERSIONS.contains(&version) => version.to_owned(),
        _ => {
            return Err(format!(
                "standard input is no {LIST} of {}",
                crate::diagnostic::one_of(VERSIONS)
            ));
        }
    };
    let items = nodes.value("/items").map(|span| span.start);
    let is_block = |start: usize| !json && !text[start..].starts_with('[');
    let (items, config) = match items {
        Some(start) if is_block(start) => {
            let items = block_items(text, &nodes, start);
            (
                items,
                nodes.value("/functionConfig").and_then(|span| block_table(text, &nodes, &span)),
            )
        }
        _ => whole(&source)?,
    };
    Ok(Input { form: Form::List { version, json }, items, config })
}

/// The items, each by its own lines.
fn block_items(text: &str, nodes: &Nodes, start: usize) -> Vec<Item> {
    let next = nodes.keys("").map(|(_, key)| key.start).filter(|key| *key > start).min();
    let end = next.unwrap_or(text.len());
    let nodes: Vec<usize> = (0..)
        .map_while(|index| nodes.value(&format!("/items/{index}")))
        .map(|span| span.start)
        .collect();
    let starts: Vec<usize> = nodes.iter().map(|node| hyphen_line(text, *node)).collect();
    let ends = starts.iter().skip(1).copied().chain([end]);
    let lines = starts.iter().zip(ends).map(|(start, end)| *start..end);
    lines.zip(&nodes).map(|(lines, node)| Item::of(outdented(text, lines, *node))).collect()
}

/// The beginning of the line with the hyphen of an element, which may stand above its comments.
fn hyphen_line(text: &str, node: usize) -> usize {
    let mut end = node;
    loop {
        let start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
        if start == 0 || text[start..node].trim_start().starts_with('-') {
            return start;
        }
        end = start - 1;
    }
}

/// The table below a key of the list.
fn block_table(text: &str, nodes: &Nodes, table: &Span) -> Option<Item> {
    let next = nodes.keys("").map(|(_, key)| key.start).filter(|key| *key > table.start).min();
    let key = nodes.key("/functionConfig")?;
    let start = key.end + text[key.end..].find('\n')? + 1;
    // In flow style it stands beside its key.
    let lines = start.min(table.start)..next.unwrap_or(text.len());
    Some(Item::of(outdented(text, lines, table.start)))
}

/// Lines without the indentation of a node, and without the hyphen before it.
fn outdented(text: &str, lines: Span, node: usize) -> String {
    let line = text[..node].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = node - line;
    let mut outdented = String::with_capacity(lines.len());
    for (number, line) in text[lines].split_inclusive('\n').enumerate() {
        let blank = line.len() - line.trim_start_matches(' ').len();
        match line[blank..]
            .strip_prefix('-')
            .filter(|rest| number == 0 && blank < indent && rest.starts_with([' ', '\n', '\r']))
        {
            Some(rest) => outdented.push_str(rest.trim_start_matches(' ')),
            None => outdented.push_str(&line[blank.min(indent)..]),
        }
    }
    outdented
}

/// The items, and the function config, of a list whose lines are not theirs alone.
fn whole(source: &Source) -> Result<(Vec<Item>, Option<Item>), String> {
    let mut documents = locate::parse_stream(source)
        .map_err(|found| found.first().map_or_else(String::new, |first| first.message.clone()))?;
    let Some(list) = documents.first_mut() else { return Ok((Vec::new(), None)) };
    let item = |value: &Value| Item::of(render::yaml(value));
    let items = list["items"].as_array().into_iter().flatten().map(item).collect();
    Ok((items, list.get("functionConfig").map(item)))
}

/// Reads YAML documents. Those without an object are no items.
pub(super) fn read_documents(text: &str) -> Vec<Item> {
    let mut documents = Vec::new();
    let mut document = String::new();
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        match rest.filter(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '\r'])) {
            Some(rest) => {
                let rest = rest.trim_start_matches([' ', '\r', '\n']).to_owned();
                documents.push(std::mem::replace(&mut document, rest));
            }
            None => document.push_str(line),
        }
    }
    documents.push(document);
    let is_empty = |text: &String| {
        text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    };
    documents.into_iter().filter(|text| !is_empty(text)).map(Item::of).collect()
}

impl Form {
    /// Writes objects, and in a ResourceList what is said of them.
    pub(super) fn write(&self, items: &[Item], config: Option<&Item>, results: &[Value]) -> String {
        let Self::List { version, json } = self else {
            return items.iter().map(ended).collect::<Vec<_>>().join("---\n");
        };
        if *json {
            let mut list = serde_json::json!({"apiVersion": version, "kind": LIST});
            list["items"] = items.iter().map(|item| item.value().clone()).collect();
            if let Some(config) = config {
                list["functionConfig"] = config.value().clone();
            }
            if !results.is_empty() {
                list["results"] = results.into();
            }
            return list.to_string() + "\n";
        }
        let mut text = format!("apiVersion: {version}\nkind: {LIST}\n");
        text.push_str(if items.is_empty() { "items: []\n" } else { "items:\n" });
        for item in items {
            indented(&ended(item), "- ", &mut text);
        }
        if let Some(config) = config {
            text.push_str("functionConfig:\n");
            indented(&ended(config), "  ", &mut text);
        }
        if !results.is_empty() {
            let results = serde_json::json!({ "results": results });
            text.push_str(&render::yaml(&results));
        }
        text
    }
}

/// The text of an item, with a newline at its end.
fn ended(item: &Item) -> String {
    let text = item.text();
    if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

fn indented(text: &str, first: &str, into: &mut String) {
    let mut before = first;
    for line in text.split_inclusive('\n') {
        if !line.trim_end_matches(['\n', '\r']).is_empty() || before == "- " {
            into.push_str(before);
        }
        into.push_str(line);
        before = "  ";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Input {
        read_list(&Source::new("<stdin>", text)).unwrap()
    }

    #[test]
    fn what_is_not_changed_comes_out_as_it_came() {
        let text = "apiVersion: config.kubernetes.io/v1beta1\nkind: ResourceList\nitems:\n- # head\n  # of it\n  a: 1 # x\n\n  b: |\n    text  \n\n     more\n  # tail\n- {c: &x \"d\", e: *x,}\n- f: g\n  f: h\nfunctionConfig:\n  # c\n  kind: App\n";
        let input = read(text);
        assert_eq!(input.items.len(), 3);
        assert_eq!(
            input.items[0].text(),
            "# head\n# of it\na: 1 # x\n\nb: |\n  text  \n\n   more\n# tail\n"
        );
        assert_eq!(input.items[1].value()["e"], "d");
        assert!(input.items[2].value().is_null(), "a key stands twice");
        assert_eq!(input.config.as_ref().unwrap().kind(), "App");
        assert_eq!(input.form.write(&input.items, input.config.as_ref(), &[]), text);
    }

    #[test]
    fn an_indented_list_is_read_too() {
        let input = read(
            "kind: ResourceList\napiVersion: config.kubernetes.io/v1\nitems:\n  -   a: 1\n      b: 2\n  - c: 3\n",
        );
        assert_eq!(input.items[0].text(), "a: 1\nb: 2\n");
        assert_eq!(input.items[1].text(), "c: 3\n");
    }

    #[test]
    fn json_stays_json() {
        let text = "{\"apiVersion\":\"config.kubernetes.io/v1\",\"kind\":\"ResourceList\",\"items\":[{\"a\":\"on\"}],\"functionConfig\":{\"kind\":\"ConfigMap\"}}\n";
        assert!(is_list(text));
        let input = read(text);
        assert_eq!(input.form.write(&input.items, input.config.as_ref(), &[]), text);
    }

    #[test]
    fn a_list_in_flow_style_is_written_in_block_style() {
        let input = read(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: [{a: 1}]\nfunctionConfig: {kind: App}\n",
        );
        assert_eq!(
            input.form.write(&input.items, input.config.as_ref(), &[]),
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- a: 1\nfunctionConfig:\n  kind: App\n"
        );
        assert!(read("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n").items.is_empty());
        assert!(
            read("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n")
                .items
                .is_empty()
        );
    }

    #[test]
    fn a_list_may_say_where_it_ends() {
        let text = "kind: ResourceList\napiVersion: config.kubernetes.io/v1\nitems:\n- a: b...\nfunctionConfig:\n  kind: App...\n";
        let input = read(&format!("{text}...\n# more\n"));
        assert_eq!(input.items[0].text(), "a: b...\n");
        assert_eq!(input.config.unwrap().text(), "kind: App...\n");
    }

    #[test]
    fn documents_are_told_apart() {
        let items = read_documents("# only this\n---\na: 1\n--- # b\nb: |\n  ---x\n---\n\n---\n");
        let texts: Vec<&str> = items.iter().map(Item::text).collect();
        assert_eq!(texts, ["a: 1\n", "# b\nb: |\n  ---x\n"]);
        assert_eq!(Form::Documents.write(&items, None, &[]), "a: 1\n---\n# b\nb: |\n  ---x\n");
    }

    #[test]
    fn what_is_no_list_is_told() {
        assert!(read_list(&Source::new("<stdin>", "kind: ResourceList\n")).is_err());
        assert!(!is_list("kind: App\n"));
        assert!(!is_list("name = 1\n"));
    }
}
