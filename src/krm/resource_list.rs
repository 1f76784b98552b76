//! Reads and writes objects: a ResourceList, or YAML documents. Unchanged objects keep their text.

use std::rc::Rc;

use serde_json::Value;

use super::resource::Resource;
use crate::diagnostics::source::{Source, Span};
use crate::text::yaml_writer::to_yaml;
use crate::text::{self, Entry, Outline};

/// The versions of ResourceList; they do not differ. Source: KRM Functions Specification.
const VERSIONS: [&str; 2] = ["config.kubernetes.io/v1", "config.kubernetes.io/v1beta1"];

const LIST: &str = "ResourceList";

/// Most objects of one call: more than any package or build has. They are counted before they are read.
const MAX_ITEMS: usize = 50_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// A ResourceList of this version, in YAML or JSON.
    List {
        version: String,
        json: bool,
    },
    Documents,
}

#[derive(Debug)]
pub(super) struct Input {
    pub(super) format: Format,
    pub(super) resources: Vec<Rc<Resource>>,
    /// The function config of a ResourceList.
    pub(super) config: Option<Resource>,
}

/// Whether this is a ResourceList. Unreadable text counts as one, so that the error is reported.
pub fn is_list(text: &str) -> bool {
    let text = without_byte_order_mark(text);
    // The usual form; or flow style, or with a tag.
    text.lines().any(|line| line == "kind: ResourceList")
        || text.contains(LIST)
            && text::outline(&Source::new("list.yaml", text))
                .is_none_or(|outline| Lines { text, outline }.scalar("kind") == Some(LIST))
}

pub(super) fn read_list(source: &Source) -> Result<Input, String> {
    let text = without_byte_order_mark(source.text());
    let json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let source = Source::new(if json { "list.json" } else { "list.yaml" }, text);
    let outline = if json { None } else { text::outline(&source) };
    let lines = outline.map(|outline| Lines { text, outline });
    let count = lines.as_ref().map_or_else(|| count_in_json(text), Lines::count);
    if count > MAX_ITEMS {
        return Err(format!("the {LIST} has {count} items, more than {MAX_ITEMS}"));
    }
    let (mut list, unreadable) = match text::parse_stream(&source) {
        Ok(documents) => (documents.into_iter().next().unwrap_or_default(), None),
        // If the lines of one object are the reason, it is passed on unchanged.
        Err(found) => (Value::Null, found.into_iter().next().map(|first| first.message)),
    };
    if let Some(message) = unreadable.as_ref().filter(|_| lines.is_none()) {
        return Err(format!("standard input cannot be read: {message}"));
    }
    let lines = lines.unwrap_or_else(|| Lines { text, outline: Outline::default() });
    let string = |key: &str| list[key].as_str().or_else(|| lines.scalar(key));
    let version = match string("apiVersion") {
        Some(version) if string("kind") == Some(LIST) && VERSIONS.contains(&version) => {
            version.to_owned()
        }
        _ => {
            return Err(format!(
                "standard input is not a {LIST} of {}",
                crate::diagnostics::one_of(VERSIONS)
            ));
        }
    };
    if lines.outline.goes_on {
        return Err(format!("standard input has another document after the {LIST}"));
    }
    let format = Format::List { version, json };
    if let Some(message) = unreadable {
        let Some(items) = lines.items() else {
            return Err(format!("standard input cannot be read: {message}"));
        };
        let resources = items.map(|text| Rc::new(Resource::parse(text))).collect();
        return Ok(Input { format, resources, config: lines.config().map(Resource::parse) });
    }
    let values = match list["items"].take() {
        Value::Null => Vec::new(),
        Value::Array(values) => values,
        _ => return Err(format!("`items` of the {LIST} is not a list")),
    };
    let texts = lines.items().into_iter().flatten().map(Some).chain(std::iter::repeat(None));
    let resources = values.into_iter().zip(texts);
    let resources =
        resources.map(|(value, text)| Rc::new(Resource::with_text(value, text))).collect();
    let config = Some(list["functionConfig"].take()).filter(|value| !value.is_null());
    let config = config.map(|value| Resource::with_text(value, lines.config()));
    Ok(Input { format, resources, config })
}

fn count_in_json(text: &str) -> usize {
    #[derive(serde::Deserialize)]
    struct List {
        items: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_str(text).map_or(0, |list: List| list.items.len())
}

fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The lines of a ResourceList in block style.
struct Lines<'a> {
    text: &'a str,
    outline: Outline,
}

impl Lines<'_> {
    /// The entry with this key, if there is exactly one.
    fn entry(&self, key: &str) -> Option<&Entry> {
        let mut entries = self.outline.entries.iter().filter(|entry| entry.key == key);
        entries.next().filter(|_| entries.next().is_none())
    }

    fn count(&self) -> usize {
        self.entry("items").and_then(|entry| entry.elements.as_ref()).map_or(0, Vec::len)
    }

    fn scalar(&self, key: &str) -> Option<&str> {
        let value = self.entry(key)?.value.clone();
        Some(self.text.get(value)?.trim_matches(['"', '\'']))
    }

    fn end(&self, entry: &Entry) -> usize {
        let keys = self.outline.entries.iter().map(|entry| entry.at.start);
        keys.filter(|start| *start > entry.at.start).min().unwrap_or(self.outline.end)
    }

    fn items(&self) -> Option<impl Iterator<Item = String>> {
        let entry = self.entry("items")?;
        let nodes = entry.elements.as_ref()?;
        let starts: Vec<usize> = nodes.iter().map(|node| hyphen_line(self.text, *node)).collect();
        let end = self.end(entry);
        let ends = starts.iter().skip(1).copied().chain([end]);
        // In flow style, several items are on one line, or the first is on the line of the key.
        let is_block = starts.iter().all(|start| *start > entry.at.end)
            && starts
                .iter()
                .zip(ends)
                .zip(nodes)
                .all(|((start, end), node)| *start < end && (*start..=end).contains(node));
        is_block.then(|| {
            (0..nodes.len()).map(move |index| {
                let end = starts.get(index + 1).copied().unwrap_or(end);
                outdented(self.text, starts[index]..end, nodes[index])
            })
        })
    }

    fn config(&self) -> Option<String> {
        let entry = self.entry("functionConfig")?;
        let (table, end) = (entry.value.start, self.end(entry));
        let below = &self.text[entry.at.end..end];
        let below = below.find('\n').map_or(end, |newline| entry.at.end + newline + 1);
        // In flow style, it is on the line of its key.
        let start = below.min(table);
        (start <= end).then(|| outdented(self.text, start..end, table))
    }
}

/// The start of the line with the hyphen of an element. Comments may follow the hyphen.
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

/// Lines without the indentation of a node, and without its hyphen.
fn outdented(text: &str, lines: Span, node: usize) -> String {
    let line = text[..node].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = node - line;
    let mut outdented = String::with_capacity(lines.len() + 1);
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

/// Reads YAML documents, without the empty ones.
pub(super) fn read_documents(text: &str) -> Vec<Rc<Resource>> {
    let mut documents = Vec::new();
    let mut document = String::new();
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        match rest.filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r'])) {
            Some(rest) => {
                let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']).to_owned();
                documents.push(std::mem::replace(&mut document, rest));
            }
            None => document.push_str(line),
        }
    }
    documents.push(document);
    let is_empty = |text: &String| {
        text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    };
    documents
        .into_iter()
        .filter(|text| !is_empty(text))
        .map(|text| Rc::new(Resource::parse(text)))
        .collect()
}

impl Format {
    /// Writes objects; a ResourceList also has the function config and the results.
    pub(super) fn write(
        &self,
        resources: &[Rc<Resource>],
        config: Option<&Resource>,
        results: &[Value],
    ) -> String {
        let Self::List { version, json } = self else {
            return resources.iter().map(|one| one.text()).collect::<Vec<_>>().join("---\n");
        };
        if *json {
            let mut text = serde_json::json!({"apiVersion": version, "kind": LIST}).to_string();
            text.truncate(text.len() - 1);
            text.push_str(",\"items\":[");
            for (number, resource) in resources.iter().enumerate() {
                text.push_str(if number == 0 { "" } else { "," });
                text.push_str(&resource.value().to_string());
            }
            text.push(']');
            if let Some(config) = config {
                text.extend([",\"functionConfig\":", &config.value().to_string()]);
            }
            if !results.is_empty() {
                text.extend([",\"results\":", &Value::from(results).to_string()]);
            }
            return text + "}\n";
        }
        let mut text = format!("apiVersion: {version}\nkind: {LIST}\n");
        text.push_str(if resources.is_empty() { "items: []\n" } else { "items:\n" });
        for resource in resources {
            text.push('-');
            push_indented(resource.text(), " ", &mut text);
        }
        if let Some(config) = config {
            text.push_str("functionConfig:\n");
            push_indented(config.text(), "  ", &mut text);
        }
        if !results.is_empty() {
            let results = serde_json::json!({ "results": results });
            text.push_str(&to_yaml(&results));
        }
        text
    }
}

/// Indents lines below a hyphen or key; `first` is the indentation of the first line.
fn push_indented(text: &str, first: &str, into: &mut String) {
    let mut before = first;
    for line in text.split_inclusive('\n') {
        if !line.trim_end_matches(['\n', '\r']).is_empty() {
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
    fn unchanged_objects_keep_their_text() {
        let text = "apiVersion: config.kubernetes.io/v1beta1\nkind: ResourceList\nitems:\n- # head\n  # of it\n  a: 1 # x\n\n  b: |\n    text  \n\n     more\n  # tail\n- {c: &x \"d\", e: *x,}\n- f: g\n  f: h\nfunctionConfig:\n  # c\n  kind: App\n";
        let input = read(text);
        assert_eq!(input.resources.len(), 3);
        assert_eq!(
            input.resources[0].text(),
            "# head\n# of it\na: 1 # x\n\nb: |\n  text  \n\n   more\n# tail\n"
        );
        assert_eq!(input.resources[1].value()["e"], "d");
        assert!(input.resources[2].value().is_null(), "duplicate key");
        assert_eq!(input.config.as_ref().unwrap().kind(), "App");
        assert_eq!(input.format.write(&input.resources, input.config.as_ref(), &[]), text);
    }

    #[test]
    fn an_indented_list_is_read_too() {
        let input = read(
            "kind: ResourceList\napiVersion: config.kubernetes.io/v1\nitems:\n  -   a: 1\n      b: 2\n  - c: 3\n",
        );
        assert_eq!(input.resources[0].text(), "a: 1\nb: 2\n");
        assert_eq!(input.resources[1].text(), "c: 3\n");
    }

    #[test]
    fn json_stays_json() {
        let text = "{\"apiVersion\":\"config.kubernetes.io/v1\",\"kind\":\"ResourceList\",\"items\":[{\"a\":\"on\"}],\"functionConfig\":{\"kind\":\"ConfigMap\"}}\n";
        assert!(is_list(text));
        let input = read(text);
        assert_eq!(input.format.write(&input.resources, input.config.as_ref(), &[]), text);
    }

    #[test]
    fn a_list_in_flow_style_is_written_in_block_style() {
        let input = read(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: [{a: 1}]\nfunctionConfig: {kind: App}\n",
        );
        assert_eq!(
            input.format.write(&input.resources, input.config.as_ref(), &[]),
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- a: 1\nfunctionConfig:\n  {kind: App}\n"
        );
        assert!(
            read("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n").resources.is_empty()
        );
        assert!(
            read("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n")
                .resources
                .is_empty()
        );
    }

    #[test]
    fn a_list_may_have_a_document_end_marker() {
        let text = "kind: ResourceList\napiVersion: config.kubernetes.io/v1\nitems:\n- a: b...\nfunctionConfig:\n  kind: App...\n";
        let input = read(&format!("{text}...\n# more\n"));
        assert_eq!(input.resources[0].text(), "a: b...\n");
        assert_eq!(input.config.unwrap().text(), "kind: App...\n");
        let input = read(&format!("{text}---\n# no more\n"));
        assert_eq!(input.config.unwrap().text(), "kind: App...\n");
    }

    #[test]
    fn an_alias_from_another_item_is_written_out() {
        let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";
        let input = read(&format!("{head}- &x {{a: 1}} # c\n- *x\n-\n- |+\n  y\n\n- - *x"));
        let texts: Vec<&str> = input.resources.iter().map(|one| one.text()).collect();
        assert_eq!(texts, ["&x {a: 1} # c\n", "a: 1\n", "\n", "|+\ny\n\n", "- a: 1\n"]);
        let text = format!("{head}- &x {{a: 1}} # c\n- a: 1\n-\n- |+\n  y\n\n- - a: 1\n");
        assert_eq!(input.format.write(&input.resources, None, &[]), text);
    }

    #[test]
    fn a_list_that_cannot_be_read_whole_is_an_error() {
        let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
        for (rest, said) in [
            ("items: {'0': a}\n", "`items` of the ResourceList is not a list"),
            ("items: [a]\nitems: []\n", "standard input cannot be read: duplicate key `items`"),
            (
                "items: []\n---\na: 1\n",
                "standard input has another document after the ResourceList",
            ),
            ("items:\n- a: 'b\n", "standard input cannot be read: "),
        ] {
            let text = format!("{head}{rest}");
            assert!(is_list(&text));
            let wrong = read_list(&Source::new("<stdin>", text)).unwrap_err();
            assert!(wrong.starts_with(said), "{wrong}");
        }
        let whole = read(&format!("\u{feff}---\n{head}functionConfig: {{kind: App}}"));
        assert_eq!(whole.config.unwrap().kind(), "App");
        assert!(read(&format!("{head}functionConfig:\n")).config.is_none());
    }

    #[test]
    fn documents_are_split() {
        let items = read_documents("# only this\n---\na: 1\n--- # b\nb: |\n  ---x\n---\n\n---\n");
        let texts: Vec<&str> = items.iter().map(|one| one.text()).collect();
        assert_eq!(texts, ["a: 1\n", "# b\nb: |\n  ---x\n"]);
        assert_eq!(Format::Documents.write(&items, None, &[]), "a: 1\n---\n# b\nb: |\n  ---x\n");
    }

    #[test]
    fn other_input_is_an_error() {
        assert!(read_list(&Source::new("<stdin>", "kind: ResourceList\n")).is_err());
        assert!(!is_list("kind: App\n"));
        assert!(!is_list("name = 1\n"));
    }
}
