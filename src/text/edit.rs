//! Edits the text of a YAML object: everything that does not change keeps its order, style and comments.

use serde_json::{Map, Value};

use super::node::{Node, Table};
use super::yaml;
use super::yaml_writer::to_yaml;
use crate::diagnostics::source::{Source, Span};

/// A range of the text, and its replacement.
type Edit = (Span, String);

/// Edits the text of an object with the value `old`, so that its value is `new`. Writes the whole object
/// again if the style of the text does not allow an edit.
pub(crate) fn rewrite(text: &str, old: &Value, new: &Value) -> String {
    if old == new {
        return text.to_owned();
    }
    let parse = |text: &str| yaml::parse_stream_located(&Source::new("object.yaml", text)).ok();
    let root = parse(text).and_then(|documents| documents.into_iter().next());
    let mut edits = Vec::new();
    if root.and_then(|root| change(text, "", &root, (old, new), &mut edits)).is_some() {
        edits.sort_by_key(|(span, _)| span.start);
        let mut edited = text.to_owned();
        for (span, replacement) in edits.into_iter().rev() {
            edited.replace_range(span, &replacement);
        }
        let documents = parse(&edited).unwrap_or_default();
        if matches!(documents.as_slice(), [document] if document.to_value() == *new) {
            return edited;
        }
    }
    to_yaml(new)
}

/// Collects the edits that change a node; `None` if the style of the text does not allow them.
fn change(
    text: &str,
    key: &str,
    node: &Node,
    (old, new): (&Value, &Value),
    edits: &mut Vec<Edit>,
) -> Option<()> {
    if old == new {
        return Some(());
    }
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        let is_scalar = |value: &Value| !value.is_object() && !value.is_array();
        let span = Some(node.origin.value()).filter(|span| !span.is_empty())?;
        edits.push((span, to_yaml(new).trim_end().to_owned()));
        return (is_scalar(old) && is_scalar(new)).then_some(());
    };
    let table = node.as_object()?;
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        edits.push((lines(text, table.get(key)?)?, String::new()));
    }
    let mut added = Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(before) => change(text, key, table.get(key)?, (before, value), edits)?,
            None => drop(added.insert(key.clone(), value.clone())),
        }
    }
    if !added.is_empty() {
        let at_end = ["metadata", "annotations"].contains(&key);
        edits.push(insert(text, node, table, &added, at_end)?);
    }
    Some(())
}

/// The whole lines of a key and its value in block style.
fn lines(text: &str, node: &Node) -> Option<Span> {
    let (key, value) = (node.origin.key()?, node.origin.value());
    let start = line_start(text, key.start);
    if !text[start..key.start].trim().is_empty() {
        return None;
    }
    let end = text[..value.end].trim_end().len().max(key.end);
    let end = end + text[end..].find('\n').map_or(text.len() - end, |newline| newline + 1);
    Some(start..end)
}

/// Adds keys to an object, at its end or at its beginning.
fn insert(
    text: &str,
    node: &Node,
    table: &Table,
    added: &Map<String, Value>,
    at_end: bool,
) -> Option<Edit> {
    let start = node.origin.value().start;
    if text[start..].starts_with('{') {
        let entries =
            added.iter().map(|(key, value)| format!("{}: {value}", Value::from(key.as_str())));
        let mut flow = entries.collect::<Vec<_>>().join(", ");
        if !table.is_empty() {
            flow.push_str(", ");
        }
        return Some((start + 1..start + 1, flow));
    }
    let first = table.first()?.1.origin.key()?;
    let indent = " ".repeat(first.start - line_start(text, first.start));
    let block = to_yaml(&Value::Object(added.clone()));
    let block: String = block.lines().flat_map(|line| [&indent, line, "\n"]).collect();
    if at_end {
        let end = lines(text, table.last()?.1)?.end;
        return Some((end..end, block));
    }
    // After the line of the object's key, so that a comment above the first key stays there.
    let key = node.origin.key()?;
    let start = key.end + text[key.end..first.start].find('\n')? + 1;
    Some((start..start, block))
}

fn line_start(text: &str, byte: usize) -> usize {
    text[..byte].rfind('\n').map_or(0, |newline| newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn edited(text: &str, change: impl FnOnce(&mut Value)) -> String {
        let old = yaml::parse_stream(&Source::new("a.yaml", text)).unwrap().remove(0);
        let mut new = old.clone();
        change(&mut new);
        rewrite(text, &old, &new)
    }

    #[test]
    fn unchanged_text_stays() {
        let text = "# head\nkind: Pod # k\nmetadata:\n  # of it\n  name: 'a' # n\nspec:\n  # all\n  containers: [{name: \"x\"}]\n  serviceAccount: old\n  # tail\n";
        assert_eq!(
            edited(text, |pod| {
                pod["spec"]["serviceAccountName"] = "on".into();
                pod["spec"].as_object_mut().unwrap().shift_remove("serviceAccount");
                pod["metadata"]["annotations"] = json!({"a/b": "c: d"});
                pod["kind"] = "Job".into();
            }),
            "# head\nkind: Job # k\nmetadata:\n  # of it\n  name: 'a' # n\n  annotations:\n    a/b: \"c: d\"\nspec:\n  serviceAccountName: \"on\"\n  # all\n  containers: [{name: \"x\"}]\n  # tail\n"
        );
    }

    #[test]
    fn flow_style_stays_flow_style() {
        let text = "kind: Pod\nspec: {containers: []}\nmetadata: {}\n";
        assert_eq!(
            edited(text, |pod| {
                pod["spec"]["serviceAccountName"] = "a".into();
                pod["metadata"]["annotations"] = json!({"k": "v"});
            }),
            "kind: Pod\nspec: {\"serviceAccountName\": \"a\", containers: []}\nmetadata: {\"annotations\": {\"k\":\"v\"}}\n"
        );
    }

    #[test]
    fn other_changes_write_the_whole_object_again() {
        let text = "kind: Pod\nspec: {a: b, c: d}\nw: &x [1]\nx: *x\n";
        let written = edited(text, |pod| {
            pod["spec"].as_object_mut().unwrap().shift_remove("a");
        });
        assert_eq!(written, "kind: Pod\nspec:\n  c: d\nw:\n  - 1\nx:\n  - 1\n");
    }
}
