//! Reads TOML, YAML and JSON into located documents, and edits and writes YAML. No other folder names a
//! parser.

mod codes;
pub(crate) mod edit;
pub(crate) mod hcl;
mod json;
mod name_pattern;
mod node;
pub(crate) mod shell;
mod toml;
mod value;
mod yaml;
pub mod yaml_writer;

pub use name_pattern::{Matcher, NUL_FREE, NamePattern, Repair};
pub use node::{Layer, Node, NodeValue, OrderedMap, Origin, Table};
pub use yaml::{Entry, Outline};

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Location};

/// The language a spec is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML 1.1.
    Toml,
    /// YAML 1.2, with the scalars of its core schema.
    Yaml,
    /// JSON (RFC 8259).
    Json,
}

impl Format {
    /// The language of a source: by the ending of its name, or else (standard input) by its first
    /// significant character and line.
    pub fn from_source(source: &Source) -> Self {
        let (_, ending) = source.file_name().rsplit_once('.').unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "toml" => Self::Toml,
            "yaml" | "yml" => Self::Yaml,
            "json" => Self::Json,
            _ => Self::guess(source.text()),
        }
    }

    fn guess(text: &str) -> Self {
        let first = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or_default();
        let key = first.split(['=', '"', '\'']).next().unwrap_or_default();
        if first.starts_with('{') {
            Self::Json
        } else if key.contains(':') || first.starts_with("---") || first.starts_with('%') {
            Self::Yaml
        } else {
            Self::Toml
        }
    }
}

/// Decodes the bytes of a spec. The error has the text around bytes that are not UTF-8, to show their place.
pub fn decode(name: impl Into<String>, bytes: &[u8]) -> Result<Source, Box<(Source, Diagnostic)>> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match str::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => {
            let source = Source::new(name, String::from_utf8_lossy(bytes));
            let place = Location::text(source.clamp(error.valid_up_to()..error.valid_up_to() + 1));
            Err(Box::new((
                source,
                Diagnostic::new(Code::NOT_UTF8, place, "the file is not UTF-8 here"),
            )))
        }
    }
}

/// Reads a document.
pub fn parse(source: &Source) -> Result<Value, Vec<Diagnostic>> {
    parse_located(source).map(Node::into_value)
}

/// Parses a document whose nodes have their positions. Errors are in the order of the text.
pub fn parse_located(source: &Source) -> Result<Node, Vec<Diagnostic>> {
    let mut root = match Format::from_source(source) {
        Format::Toml => toml::parse(source),
        Format::Yaml => yaml::parse(source),
        Format::Json => json::parse(source),
    }
    .map_err(|mut errors| {
        crate::diagnostics::sort(&mut errors);
        errors
    })?;
    // The whole document is shown where it begins.
    root.set_end(root.origin.value().start);
    Ok(root)
}

/// Parses a dotted key of TOML, such as `labels."example.com/team"`, into its parts and their ranges.
/// `None` if it is not one.
pub fn dotted_key(text: &str) -> Option<Vec<(String, Span)>> {
    toml::dotted_key(text)
}

/// Reads manifests: every YAML document that is not empty, or the one of JSON. In places
/// the first step of a pointer is the number of the document, from 0.
pub fn parse_stream(source: &Source) -> Result<Vec<Value>, Vec<Diagnostic>> {
    match Format::from_source(source) {
        Format::Json => json::parse(source).map(|document| vec![document.into_value()]),
        Format::Toml | Format::Yaml => yaml::parse_stream(source),
    }
}

/// As [`locate`], for the places of [`parse_stream`].
pub fn place_in_stream(source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    place_all(Some(source), diagnostics.iter_mut().flat_map(Diagnostic::places_mut));
    crate::diagnostics::sort(diagnostics);
}

/// Gives every place of [`parse_stream`] its range of the text; those without a source are in `own`.
/// Streams can be long and places are needed only for what is reported, so they are read again for it.
pub fn place_all<'a>(own: Option<&Source>, places: impl Iterator<Item = &'a mut Location>) {
    let mut streams: IndexMap<String, Option<Node>> = IndexMap::new();
    for place in places {
        let Some(source) = place.source.as_ref().or(own) else { continue };
        let span = place.span.take().unwrap_or_else(|| {
            let name = source.name().to_owned();
            let stream = streams.entry(name).or_insert_with(|| parse_stream_located(source));
            let nearest = stream.as_ref().map(|stream| stream.nearest(&place.pointer));
            nearest.map_or(0..0, |nearest| nearest.span(place.target))
        });
        place.span = Some(shown(source, span));
    }
}

/// The documents of a stream as one array; `None` where they cannot be read.
pub(crate) fn parse_stream_located(source: &Source) -> Option<Node> {
    let documents = match Format::from_source(source) {
        Format::Json => json::parse(source).map(|document| vec![document]),
        Format::Toml | Format::Yaml => yaml::parse_stream_located(source),
    };
    Some(Node::new(NodeValue::Array(documents.ok()?), &(0..0)))
}

/// The top level of a YAML document, whatever is below. `None` if it is not a mapping, or not YAML.
pub fn outline(source: &Source) -> Option<Outline> {
    yaml::outline(source)
}

/// The ranges of the scalars of a YAML text, in ascending order; `None` if it cannot be parsed.
pub fn scalars(source: &Source) -> Option<Vec<Span>> {
    yaml::scalars(source)
}

/// Reads what was rendered: every YAML document that is not empty, strictly.
pub fn parse_rendered(source: &Source) -> Result<Vec<Value>, Vec<Diagnostic>> {
    yaml::parse_rendered(source)
}

/// Sets the range of every diagnostic in `source`, which `document` was parsed from, and sorts them by it. A
/// missing node is shown at the nearest node around it.
pub fn locate(source: &Source, document: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let places = diagnostics.iter_mut().flat_map(Diagnostic::places_mut);
    for place in places.filter(|place| place.span.is_none()) {
        let span = document.nearest(&place.pointer).span(place.target);
        place.span = Some(shown(source, span));
    }
    crate::diagnostics::sort(diagnostics);
}

/// The part of a range that is shown.
pub fn shown(source: &Source, span: Span) -> Span {
    source.clamp(first_line(source.text(), span))
}

/// The first line of a list or table that spans several lines.
fn first_line(text: &str, span: Span) -> Span {
    let shown = text.get(span.clone()).unwrap_or_default();
    let is_text = shown.starts_with(['"', '\'', '|', '>']);
    match shown.find('\n').filter(|_| !is_text) {
        Some(end) => span.start..span.start + shown[..end].trim_end().len(),
        None => span,
    }
}
