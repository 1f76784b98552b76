//! The two forms in which objects come and go: a ResourceList, and bare YAML documents. Objects that
//! nobody changes keep their text.

use std::rc::Rc;

use serde_json::Value;

use super::resource::Item;
use crate::diagnostics::source::{Source, Span};
use crate::text::yaml_writer::to_yaml;
use crate::text::{self, Entry, Outline};

/// A valid ResourceList, for the pages of the codes.
pub(super) const EXAMPLE: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: wigen.dev/v1alpha1\n  kind: App\n  metadata: {name: fastapi-books}\n  spec:\n    project: my-project\n    cluster: {name: fastapi-cluster, region: us-central1}\n    container: {image: \"us-docker.pkg.dev/my-project/books/api:1.4.2\"}";

/// The versions of ResourceList that are alike. Source: KRM Functions Specification.
const VERSIONS: [&str; 2] = ["config.kubernetes.io/v1", "config.kubernetes.io/v1beta1"];

const LIST: &str = "ResourceList";

/// So many objects no package has and no build; what they take is known before they are read.
const MOST_ITEMS: usize = 50_000;

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
    pub(super) items: Vec<Rc<Item>>,
    /// The function config of a ResourceList.
    pub(super) config: Option<Item>,
}

/// Whether a text is a ResourceList.
pub fn is_list(text: &str) -> bool {
    let text = without_mark(text);
    // As it is nearly always written; or in flow style, or with a tag. What cannot be read is told.
    text.lines().any(|line| line == "kind: ResourceList")
        || text.contains(LIST)
            && text::outline(&Source::new("list.yaml", text))
                .is_none_or(|outline| Lines { text, outline }.scalar("kind") == Some(LIST))
}

/// Reads a ResourceList.
pub(super) fn read_list(source: &Source) -> Result<Input, String> {
    let text = without_mark(source.text());
    let json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let source = Source::new(if json { "list.json" } else { "list.yaml" }, text);
    let outline = if json { None } else { text::outline(&source) };
    let lines = outline.map(|outline| Lines { text, outline });
    let count = lines.as_ref().map_or_else(|| count_in_json(text), Lines::count);
    if count > MOST_ITEMS {
        return Err(format!("the {LIST} has {count} items, more than {MOST_ITEMS}"));
    }
    let (mut list, unreadable) = match text::parse_stream(&source) {
        Ok(documents) => (documents.into_iter().next().unwrap_or_default(), None),
        // One object may be the reason: it is handed on as it is.
        Err(found) => (Value::Null, found.into_iter().next().map(|first| first.message)),
    };
    if let Some(message) = unreadable.as_ref().filter(|_| lines.is_none()) {
        return Err(format!("standard input cannot be read: {message}"));
    }
    let lines = lines.unwrap_or_else(|| Lines { text, outline: Outline::default() });
    let text_of = |key: &str| list[key].as_str().or_else(|| lines.scalar(key));
    let version = match text_of("apiVersion") {
        Some(version) if text_of("kind") == Some(LIST) && VERSIONS.contains(&version) => {
            version.to_owned()
        }
        _ => {
            return Err(format!(
                "standard input is no {LIST} of {}",
                crate::diagnostics::one_of(VERSIONS)
            ));
        }
    };
    if lines.outline.goes_on {
        return Err(format!("behind the {LIST} standard input has another document"));
    }
    let form = Form::List { version, json };
    if let Some(message) = unreadable {
        let Some(items) = lines.items() else {
            return Err(format!("standard input cannot be read: {message}"));
        };
        let items = items.map(|text| Rc::new(Item::of(text))).collect();
        return Ok(Input { form, items, config: lines.config().map(Item::of) });
    }
    let values = match list["items"].take() {
        Value::Null => Vec::new(),
        Value::Array(values) => values,
        _ => return Err(format!("the `items` of the {LIST} are no list")),
    };
    let texts = lines.items().into_iter().flatten().map(Some).chain(std::iter::repeat(None));
    let items = values.into_iter().zip(texts);
    let items = items.map(|(value, text)| Rc::new(Item::that_says(value, text))).collect();
    let config = Some(list["functionConfig"].take()).filter(|value| !value.is_null());
    let config = config.map(|value| Item::that_says(value, lines.config()));
    Ok(Input { form, items, config })
}

fn count_in_json(text: &str) -> usize {
    #[derive(serde::Deserialize)]
    struct List {
        items: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_str(text).map_or(0, |list: List| list.items.len())
}

/// A text without the mark of the byte order before it.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// A list in block style, whose lines are each of one item.
struct Lines<'a> {
    text: &'a str,
    outline: Outline,
}

impl Lines<'_> {
    /// The one entry that has this key.
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

    /// Where the lines of an entry end.
    fn end(&self, entry: &Entry) -> usize {
        let keys = self.outline.entries.iter().map(|entry| entry.at.start);
        keys.filter(|start| *start > entry.at.start).min().unwrap_or(self.outline.end)
    }

    /// The items, each by its own lines.
    fn items(&self) -> Option<impl Iterator<Item = String>> {
        let entry = self.entry("items")?;
        let nodes = entry.elements.as_ref()?;
        let starts: Vec<usize> = nodes.iter().map(|node| hyphen_line(self.text, *node)).collect();
        let end = self.end(entry);
        let ends = starts.iter().skip(1).copied().chain([end]);
        // In flow style several stand in one line, or the first beside the key.
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

    /// The function config.
    fn config(&self) -> Option<String> {
        let entry = self.entry("functionConfig")?;
        let (table, end) = (entry.value.start, self.end(entry));
        let below = &self.text[entry.at.end..end];
        let below = below.find('\n').map_or(end, |newline| entry.at.end + newline + 1);
        // In flow style it stands beside its key.
        let start = below.min(table);
        (start <= end).then(|| outdented(self.text, start..end, table))
    }
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

/// Lines without the indentation of a node, and without the hyphen before it.
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

/// Reads YAML documents. Those without an object are no items.
pub(super) fn read_documents(text: &str) -> Vec<Rc<Item>> {
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
        .map(|text| Rc::new(Item::of(text)))
        .collect()
}

impl Form {
    /// Writes objects, and in a ResourceList what is said of them.
    pub(super) fn write(
        &self,
        items: &[Rc<Item>],
        config: Option<&Item>,
        results: &[Value],
    ) -> String {
        let Self::List { version, json } = self else {
            return items.iter().map(|item| item.text()).collect::<Vec<_>>().join("---\n");
        };
        if *json {
            let mut text = serde_json::json!({"apiVersion": version, "kind": LIST}).to_string();
            text.truncate(text.len() - 1);
            text.push_str(",\"items\":[");
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number == 0 { "" } else { "," });
                text.push_str(&item.value().to_string());
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
        text.push_str(if items.is_empty() { "items: []\n" } else { "items:\n" });
        for item in items {
            text.push('-');
            indented(item.text(), " ", &mut text);
        }
        if let Some(config) = config {
            text.push_str("functionConfig:\n");
            indented(config.text(), "  ", &mut text);
        }
        if !results.is_empty() {
            let results = serde_json::json!({ "results": results });
            text.push_str(&to_yaml(&results));
        }
        text
    }
}

/// Lines that an item has below its hyphen or its key; `first` stands before the first of them.
fn indented(text: &str, first: &str, into: &mut String) {
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
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- a: 1\nfunctionConfig:\n  {kind: App}\n"
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
        let input = read(&format!("{text}---\n# no more\n"));
        assert_eq!(input.config.unwrap().text(), "kind: App...\n");
    }

    #[test]
    fn an_alias_from_another_item_is_written_out() {
        let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";
        let input = read(&format!("{head}- &x {{a: 1}} # c\n- *x\n-\n- |+\n  y\n\n- - *x"));
        let texts: Vec<&str> = input.items.iter().map(|item| item.text()).collect();
        assert_eq!(texts, ["&x {a: 1} # c\n", "a: 1\n", "\n", "|+\ny\n\n", "- a: 1\n"]);
        let text = format!("{head}- &x {{a: 1}} # c\n- a: 1\n-\n- |+\n  y\n\n- - a: 1\n");
        assert_eq!(input.form.write(&input.items, None, &[]), text);
    }

    #[test]
    fn what_would_be_read_in_part_is_told() {
        let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
        for (rest, said) in [
            ("items: {'0': a}\n", "the `items` of the ResourceList are no list"),
            ("items: [a]\nitems: []\n", "standard input cannot be read: key `items` stands twice"),
            ("items: []\n---\na: 1\n", "behind the ResourceList standard input has another"),
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
    fn documents_are_told_apart() {
        let items = read_documents("# only this\n---\na: 1\n--- # b\nb: |\n  ---x\n---\n\n---\n");
        let texts: Vec<&str> = items.iter().map(|item| item.text()).collect();
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
