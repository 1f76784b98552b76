//! JSON Lines: one JSON object for each diagnostic.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use strum::VariantArray;

use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, Severity};

/// Version of every JSON that the program prints, in each line. A new key keeps it; a key that goes, or
/// means something else, raises it.
pub const JSON_VERSION: u8 = 1;

/// One diagnostic, as a line of `wigen check --format json`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    /// Version of this format.
    #[schemars(extend("const" = JSON_VERSION))]
    version: u8,
    /// Stable code of the finding.
    #[schemars(schema_with = "codes")]
    code: &'a str,
    /// Severity. An error stops rendering.
    #[schemars(schema_with = "words::<Severity>")]
    severity: &'a str,
    /// File path, as given.
    file: &'a str,
    #[serde(flatten)]
    range: Option<Range>,
    /// JSON Pointer (RFC 6901) to the key or value in the document.
    pointer: &'a str,
    /// What is wrong, in one sentence.
    message: &'a str,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    /// Suggested correction, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
    /// Other locations that explain the finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'a>>,
    /// Command that explains the code.
    explain: String,
}

/// The correction of a diagnostic.
#[derive(Serialize, JsonSchema)]
struct Fix {
    /// String that replaces the range of the diagnostic.
    replacement: String,
    /// Whether `wigen check --fix` applies it.
    certain: bool,
}

/// Another location of a diagnostic.
#[derive(Serialize, JsonSchema)]
struct Related<'a> {
    /// File path, if it differs from the diagnostic's.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(flatten)]
    range: Option<Range>,
    /// JSON Pointer (RFC 6901) into the document.
    pointer: &'a str,
    /// How it relates to the diagnostic.
    message: &'a str,
}

/// Range in the file; absent for input without a file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Range {
    /// Line, from 1.
    #[schemars(range(min = 1))]
    pub(super) line: usize,
    /// Column of the first character, from 1, in Unicode characters.
    #[schemars(range(min = 1))]
    pub(super) column: usize,
    /// Line of the end, from 1.
    #[schemars(range(min = 1))]
    pub(super) end_line: usize,
    /// Column after the last character, from 1.
    #[schemars(range(min = 1))]
    pub(super) end_column: usize,
}

impl Range {
    pub(super) fn from_location(source: &Source, place: &Location) -> Option<Self> {
        let source = place.source.as_ref().unwrap_or(source);
        let span = place.span.as_ref()?;
        let (start, end) = (source.position(span.start), source.position(span.end));
        Some(Self {
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        })
    }
}

/// Writes each diagnostic on one line, in order.
pub fn json(source: &Source, diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .filter_map(|diagnostic| serde_json::to_string(&line(source, diagnostic)).ok())
        .map(|line| line + "\n")
        .collect()
}

/// The JSON Schema (draft 2020-12) of a line: `schemas/diagnostic.schema.json`.
pub fn json_schema() -> Value {
    schema::<Line>("wigen diagnostic")
}

/// The JSON Schema (draft 2020-12) of a line.
pub(super) fn schema<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".into(), title.into());
    schema.to_value()
}

fn codes(_: &mut SchemaGenerator) -> schemars::Schema {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    schemars::json_schema!({ "type": "string", "enum": codes })
}

/// The variants of an enum.
pub(super) fn words<T: VariantArray + AsRef<str>>(_: &mut SchemaGenerator) -> schemars::Schema {
    let words: Vec<&str> = T::VARIANTS.iter().map(AsRef::as_ref).collect();
    schemars::json_schema!({ "type": "string", "enum": words })
}

fn line<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Line<'a> {
    let certain = diagnostic.is_certain_in(source);
    let fix = diagnostic.replacement_in(source).map(|replacement| Fix { replacement, certain });
    let related = diagnostic.related.iter().map(|(place, message)| Related {
        file: Some(place.source.as_ref().unwrap_or(source).name())
            .filter(|name| *name != diagnostic.source(source).name()),
        range: Range::from_location(source, place),
        pointer: &place.pointer,
        message,
    });
    Line {
        version: JSON_VERSION,
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_ref(),
        file: diagnostic.source(source).name(),
        range: Range::from_location(source, &diagnostic.place),
        pointer: &diagnostic.place.pointer,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        fix,
        related: related.collect(),
        explain: format!("wigen explain {}", diagnostic.code.as_str()),
    }
}
