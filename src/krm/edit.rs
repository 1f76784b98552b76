//! Changes in the text of an object: what stays the same keeps its order, its style and its comments.

use serde_json::{Map, Value};

use crate::diagnostics::pointer::join;
use crate::diagnostics::source::{Source, Span};
use crate::text::yaml_writer::to_yaml;
use crate::text::{self, Nodes};

/// A range of the text, and what stands there afterwards.
type Edit = (Span, String);

/// The text of an object that says `old`, changed so that it says `new`. Where the way it is written
/// does not allow that, it is written anew.
pub(super) fn rewrite(text: &str, old: &Value, new: &Value) -> String {
    if old == new {
        return text.to_owned();
    }
    let source = Source::new("object.yaml", text);
    let mut edits = Vec::new();
    let writer = text::nodes(&source).map(|nodes| Writer { source: &source, nodes });
    if writer.and_then(|writer| writer.edit("", old, new, &mut edits)).is_some() {
        edits.sort_by_key(|(span, _)| span.start);
        let mut edited = text.to_owned();
        for (span, with) in edits.into_iter().rev() {
            edited.replace_range(span, &with);
        }
        let read = text::parse_stream(&Source::new("object.yaml", edited.as_str()));
        if read.is_ok_and(|read| read == [new.clone()]) {
            return edited;
        }
    }
    to_yaml(new)
}

struct Writer<'a> {
    source: &'a Source,
    nodes: Nodes,
}

impl Writer<'_> {
    /// Notes what makes one value of the other; none where the text does not allow it.
    fn edit(&self, at: &str, old: &Value, new: &Value, edits: &mut Vec<Edit>) -> Option<()> {
        if old == new {
            return Some(());
        }
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            return self.replace(at, old, new, edits);
        };
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            edits.push((self.lines(&join(at, key))?, String::new()));
        }
        let mut added = Map::new();
        for (key, value) in new {
            match old.get(key) {
                Some(before) => self.edit(&join(at, key), before, value, edits)?,
                None => drop(added.insert(key.clone(), value.clone())),
            }
        }
        if !added.is_empty() {
            edits.push(self.insert(at, &added)?);
        }
        Some(())
    }

    fn replace(&self, at: &str, old: &Value, new: &Value, edits: &mut Vec<Edit>) -> Option<()> {
        if [old, new].iter().any(|value| value.is_object() || value.is_array()) {
            return None;
        }
        let span = self.nodes.value(at).filter(|span| !span.is_empty())?;
        edits.push((span, to_yaml(new).trim_end().to_owned()));
        Some(())
    }

    /// Where a key and its value stand in block style: whole lines.
    fn lines(&self, at: &str) -> Option<Span> {
        let text = self.source.text();
        let (key, value) = (self.nodes.key(at)?, self.nodes.value(at)?);
        let start = self.line_start(key.start);
        if !text[start..key.start].trim().is_empty() {
            return None;
        }
        let end = text[..value.end].trim_end().len().max(key.end);
        let end = end + text[end..].find('\n').map_or(text.len() - end, |newline| newline + 1);
        Some(start..end)
    }

    /// Keys that come into a table: at the end in `metadata`, at the beginning elsewhere.
    fn insert(&self, at: &str, added: &Map<String, Value>) -> Option<Edit> {
        let text = self.source.text();
        let table = self.nodes.value(at)?;
        if text[table.start..].starts_with('{') {
            let entry =
                |(key, value): (&String, &Value)| format!("{}: {value}", Value::from(key.as_str()));
            let mut flow = added.iter().map(entry).collect::<Vec<_>>().join(", ");
            if self.nodes.keys(at).next().is_some() {
                flow.push_str(", ");
            }
            return Some((table.start + 1..table.start + 1, flow));
        }
        let (_, first) = self.nodes.keys(at).next()?;
        let indent = first.start - self.line_start(first.start);
        let pad = " ".repeat(indent);
        let mut lines = String::new();
        for line in to_yaml(&Value::Object(added.clone())).lines() {
            lines.extend([&pad, line, "\n"]);
        }
        if at.starts_with("/metadata") {
            let (last, _) = self.nodes.keys(at).last()?;
            let end = self.lines(&format!("{at}/{last}"))?.end;
            return Some((end..end, lines));
        }
        // Below the key of the table: a comment above its first key stays there.
        let key = self.nodes.key(at)?;
        let start = key.end + text[key.end..first.start].find('\n')? + 1;
        Some((start..start, lines))
    }

    fn line_start(&self, byte: usize) -> usize {
        self.source.text()[..byte].rfind('\n').map_or(0, |newline| newline + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn edited(text: &str, change: impl FnOnce(&mut Value)) -> String {
        let old = text::parse_stream(&Source::new("a.yaml", text)).unwrap().remove(0);
        let mut new = old.clone();
        change(&mut new);
        rewrite(text, &old, &new)
    }

    #[test]
    fn what_stays_the_same_stays_as_it_is_written() {
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
    fn what_the_text_does_not_allow_is_written_anew() {
        let text = "kind: Pod\nspec: {a: b, c: d}\nw: &x [1]\nx: *x\n";
        let written = edited(text, |pod| {
            pod["spec"].as_object_mut().unwrap().shift_remove("a");
        });
        assert_eq!(written, "kind: Pod\nspec:\n  c: d\nw:\n  - 1\nx:\n  - 1\n");
    }
}
