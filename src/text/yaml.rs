//! YAML: a reader for values and their positions, and its event parser for files that are not parsed as a
//! whole.

use granit_parser::{Event, Parser};
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_yaml::budget::BudgetBreach;
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Error, Options, Spanned};

use super::codes::{duplicate, too_deep, unsupported};
use super::node::{Node, NodeValue};
use super::value::{self, DUPLICATE, Key};
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Location, quoted, shortened};

/// The most nodes that aliases may add to a file. Each takes a kilobyte while it is read.
const MOST_OF_ALIASES: usize = 25_000;

/// The most bytes of strings, including those that aliases repeat.
const MOST_OF_TEXTS: usize = 32 * 1024 * 1024;

pub(super) fn parse(source: &Source) -> Result<Node, Vec<Diagnostic>> {
    let mut options = spec_options();
    // The values of nodes find duplicate keys themselves.
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    serde_yaml::from_str_with_options(source.text(), options)
        .map(|root: Spanned<Yaml>| node(root, source.text()))
        .map_err(|error| vec![unreadable(source, error.without_snippet())])
}

/// As [`parse_stream`], with the places of all nodes.
pub(super) fn parse_stream_located(source: &Source) -> Result<Vec<Node>, Vec<Diagnostic>> {
    serde_yaml::from_multiple_with_options(source.text(), manifest_options(source.text().len()))
        .map(|roots: Vec<Spanned<Yaml>>| {
            roots.into_iter().map(|root| node(root, source.text())).collect()
        })
        .map_err(|error| vec![unreadable(source, error.without_snippet())])
}

/// Every document that is not empty.
pub(super) fn parse_stream(source: &Source) -> Result<Vec<Value>, Vec<Diagnostic>> {
    serde_yaml::from_multiple_with_options(source.text(), manifest_options(source.text().len()))
        .map_err(|error| vec![unreadable(source, error.without_snippet())])
}

/// Every document of what was rendered that is not empty.
pub(super) fn parse_rendered(source: &Source) -> Result<Vec<Value>, Vec<Diagnostic>> {
    serde_yaml::from_multiple_with_options(source.text(), spec_options())
        .map_err(|error| vec![unreadable(source, error.without_snippet())])
}

/// The ranges of all scalars.
pub(super) fn scalars(source: &Source) -> Option<Vec<Span>> {
    let mut scalars = Vec::new();
    for event in Parser::new_from_str(source.text()) {
        let (event, span) = event.ok()?;
        // An empty value has no range.
        if let (Event::Scalar(..), Some(range)) = (event, span.byte_range())
            && !range.is_empty()
        {
            scalars.push(range);
        }
    }
    Some(scalars)
}

/// As Kubernetes reads manifests: by YAML 1.1, where `yes` is true and `<<` merges. A stream of ten
/// thousand objects is nothing unusual, nor is a CRD of many levels. Only what aliases expand to is limited.
fn manifest_options(length: usize) -> Options {
    let most = length.max(1_000_000);
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: 256,
            max_documents: most,
            max_events: most,
            max_nodes: most,
            max_total_scalar_bytes: most.max(MOST_OF_TEXTS),
        },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: length.max(MOST_OF_ALIASES) },
        duplicate_keys: DuplicateKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    }
}

fn unreadable(source: &Source, error: &Error) -> Diagnostic {
    let at = error.location().map_or(0, |location| {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        source.byte_at(number(location.line()), number(location.column()))
    });
    let place = Location::text(at..at);
    // Shown is the alias; what is wrong with what it stands for is within.
    let error = match error {
        Error::AliasError { error, .. } => error,
        error => error,
    };
    match error {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            let message = format!("duplicate key {}", quoted(key));
            let found = Diagnostic::new(Code::DUPLICATE_KEY, place, message);
            duplicate(found, duplicate_key(source))
        }
        Error::NonFiniteFloat { .. } => unsupported(place, "a number that is not finite"),
        Error::MergeKeyNotAllowed { .. } => {
            let message = "the merge key `<<` is not part of the spec language";
            Diagnostic::new(Code::SYNTAX, place, message).help("write the keys out")
        }
        Error::MultipleDocuments { .. } => {
            let message =
                "a second YAML document starts before this line; a spec is a single document";
            Diagnostic::new(Code::SYNTAX, place, message).help("give each spec a file of its own")
        }
        Error::NullIntoString { .. } => Diagnostic::new(Code::SYNTAX, place, "null is not a key")
            .help("to mean a string, put it in quotes"),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => too_deep(place),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            let message =
                "the file is too large, or becomes too large when its aliases are expanded";
            Diagnostic::new(Code::SYNTAX, place, message)
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            Diagnostic::new(Code::SYNTAX, place, "an alias is inside the value that it refers to")
        }
        _ if message(error).starts_with(DUPLICATE) => {
            let found = Diagnostic::new(Code::DUPLICATE_KEY, place, message(error));
            duplicate(found, duplicate_key(source))
        }
        // The event parser's own limit.
        _ if message(error).starts_with("recursion limit") => too_deep(place),
        _ => Diagnostic::new(Code::SYNTAX, place, message(error)),
    }
}

/// The scalars of the YAML 1.2 core schema, where `on` and `1_000` are strings, and `0400`, which is an
/// octal number to Kubernetes.
fn spec_options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! { max_total_scalar_bytes: MOST_OF_TEXTS },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: MOST_OF_ALIASES },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        legacy_octal_numbers: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    }
}

/// The reader's message, without the position, which the caret shows.
fn message(error: &Error) -> String {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    let text = text.split(" at line ").next().unwrap_or(text);
    shortened(text.strip_prefix("error: ").unwrap_or(text))
}

/// The top of a YAML text that is a table.
#[derive(Debug, Default)]
pub struct Outline {
    /// Its entries in order; a key may be duplicated.
    pub entries: Vec<Entry>,
    /// Where the document ends.
    pub end: usize,
    /// Whether another document follows that is not empty.
    pub goes_on: bool,
}

/// An entry of an [`Outline`].
#[derive(Debug)]
pub struct Entry {
    /// Its key; empty if the key is not a string.
    pub key: String,
    /// The range of the key.
    pub at: Span,
    /// The range of a scalar; for a list or mapping, only its start.
    pub value: Span,
    /// Where the elements of a list start.
    pub elements: Option<Vec<usize>>,
}

/// The top level of a document. What is below is skipped: a list may have a hundred thousand elements.
pub(super) fn outline(source: &Source) -> Option<Outline> {
    let mut outline = Outline::default();
    let (mut depth, mut is_table, mut is_key) = (0_usize, false, true);
    for event in Parser::new_from_str(source.text()) {
        let (event, span) = event.ok()?;
        let span = span.byte_range()?;
        match &event {
            Event::DocumentEnd if is_table && outline.end == 0 => outline.end = span.start,
            Event::MappingEnd | Event::SequenceEnd => depth -= 1,
            _ => {}
        }
        if !event.is_node() {
            continue;
        }
        match depth {
            0 if is_empty(&event) => {}
            0 if is_table => outline.goes_on = true,
            0 if matches!(event, Event::MappingStart(..)) => is_table = true,
            0 => return None,
            _ if outline.goes_on => {}
            1 if is_key => {
                let key = match &event {
                    Event::Scalar(text, ..) => text.clone().into_owned(),
                    _ => String::new(),
                };
                is_key = false;
                outline.entries.push(Entry { key, at: span, value: 0..0, elements: None });
            }
            1 => {
                is_key = true;
                let entry = outline.entries.last_mut()?;
                entry.value = span;
                entry.elements = matches!(event, Event::SequenceStart(..)).then(Vec::new);
            }
            2 if is_key => {
                let elements = outline.entries.last_mut().and_then(|last| last.elements.as_mut());
                if let Some(elements) = elements {
                    elements.push(span.start);
                }
            }
            _ => {}
        }
        if matches!(event, Event::MappingStart(..) | Event::SequenceStart(..)) {
            depth += 1;
        }
    }
    is_table.then_some(outline)
}

/// Whether this is an empty document, which the reader skips. A scalar in quotes is not empty.
fn is_empty(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Scalar(text, granit_parser::ScalarStyle::Plain, ..)
            if ["", "~", "null", "Null", "NULL"].contains(&&**text)
    )
}

fn events(source: &Source) -> impl Iterator<Item = (Event<'_>, Span)> {
    Parser::new_from_str(source.text())
        .map_while(Result::ok)
        .filter_map(|(event, span)| Some((event, span.byte_range()?)))
}

/// The first duplicate key of a mapping: the ranges of both occurrences.
pub(super) fn duplicate_key(source: &Source) -> Option<(Span, Span)> {
    // For each mapping or sequence that is open its keys so far, and whether a key comes next.
    let mut open: Vec<(IndexMap<String, Span>, bool)> = Vec::new();
    for (event, span) in events(source) {
        match event {
            Event::MappingStart(..) => {
                open.push((IndexMap::new(), true));
                continue;
            }
            Event::SequenceStart(..) => {
                open.push((IndexMap::new(), false));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => drop(open.pop()),
            Event::Scalar(text, ..) => {
                if let Some((keys, is_key @ true)) = open.last_mut() {
                    *is_key = false;
                    match keys.insert(text.into_owned(), span.clone()) {
                        Some(first) => return Some((first, span)),
                        None => continue,
                    }
                }
            }
            Event::Alias(..) => {}
            _ => continue,
        }
        // A value has ended. Sequences have no keys, and so none in their lists.
        if let Some((keys, is_key)) = open.last_mut() {
            *is_key = !keys.is_empty();
        }
    }
    None
}

/// A YAML value whose children have their positions.
struct Yaml(NodeValue);

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        value::deserialize::<Spanned<String>, Spanned<Self>, D>(deserializer).map(Self)
    }
}

impl From<Spanned<String>> for Key {
    fn from(key: Spanned<String>) -> Self {
        Self { range: Some(range(&key)), name: key.value }
    }
}

impl From<Spanned<Yaml>> for Node {
    fn from(value: Spanned<Yaml>) -> Self {
        let range = range(&value);
        Self::new(value.value.0, &range)
    }
}

/// The position of a value; that of the alias if it comes from one.
fn range<T>(value: &Spanned<T>) -> Span {
    let span = value.referenced.span();
    let number = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let start = number(span.byte_offset());
    start..start + number(span.byte_len())
}

fn node(root: Spanned<Yaml>, text: &str) -> Node {
    let mut root = Node::from(root);
    close(&mut root, text);
    root
}

/// Sets the ends of objects and arrays: the reader only knows where they start. Returns the end of the node.
fn close(node: &mut Node, text: &str) -> usize {
    let Span { start, mut end } = node.origin.value();
    match &mut node.value {
        NodeValue::Array(list) => list.iter_mut().for_each(|node| end = end.max(close(node, text))),
        NodeValue::Object(table) => {
            for node in table.values_mut() {
                let key = node.origin.key().map_or(0, |key| key.end);
                end = end.max(close(node, text)).max(key);
            }
        }
        _ => return end,
    }
    if text[start..].starts_with(['{', '[']) {
        end += closing_bracket(&text[end..]);
    }
    node.set_end(end);
    end
}

/// The number of bytes from the last value of an object or array in brackets to its end.
fn closing_bracket(rest: &str) -> usize {
    let mut length = 0;
    for line in rest.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        if let Some(bracket) = code.find(['}', ']']) {
            return length + bracket + 1;
        }
        length += line.len();
    }
    length
}
