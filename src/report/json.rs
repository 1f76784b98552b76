//! For programs: one JSON object a line.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::source::{Position, Source};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    code: &'a str,
    severity: &'a str,
    file: &'a str,
    #[serde(flatten)]
    range: Option<Range>,
    pointer: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<&'a str>,
}

/// Lines and columns count from 1, columns in characters; the end is the column after the last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Range {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// Writes diagnostics one a line, in their order.
pub fn json(source: &Source, diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .filter_map(|diagnostic| serde_json::to_string(&line(source, diagnostic)).ok())
        .map(|line| line + "\n")
        .collect()
}

fn line<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Line<'a> {
    let range = diagnostic.place.span.as_ref().map(|span| {
        let (start, end): (Position, Position) =
            (source.position(span.start), source.position(span.end));
        Range { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    });
    Line {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity().as_str(),
        file: source.name(),
        range,
        pointer: &diagnostic.place.pointer,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        replacement: diagnostic.replacement.as_deref(),
    }
}
