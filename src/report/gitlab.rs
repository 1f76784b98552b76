//! The Code Quality report of GitLab, which marks the lines of a merge request.
//! Source: GitLab, Code Quality, Code Quality report format.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::json::Range;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Diagnostic, Severity};

/// Writes the report of a run over these sources, in order.
pub fn gitlab(found: &[(Source, Vec<Diagnostic>)]) -> String {
    let mut repeated = HashMap::new();
    let all = found.iter().flat_map(|(source, all)| all.iter().map(move |one| (source, one)));
    let issues: Vec<Value> = all.map(|(source, one)| issue(source, one, &mut repeated)).collect();
    serde_json::to_string_pretty(&issues).unwrap_or_default() + "\n"
}

/// `repeated` counts the findings that only differ in their line, by fingerprint.
fn issue(source: &Source, found: &Diagnostic, repeated: &mut HashMap<String, u32>) -> Value {
    let path = found.source(source).name();
    let path = path.strip_prefix("./").unwrap_or(path);
    let code = found.code.as_str();
    let (begin, end) = Range::from_location(source, &found.place)
        .map_or((1, 1), |range| (range.line, range.end_line));
    let help = found.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    let place = crc32fast::hash([path, &found.place.pointer].join("\n").as_bytes());
    let message = crc32fast::hash(found.message.as_bytes());
    // It stays when lines move, so that GitLab knows the finding again.
    let mut fingerprint = format!("{code}-{place:08x}{message:08x}");
    let count = repeated.entry(fingerprint.clone()).or_insert(0);
    if *count > 0 {
        fingerprint = format!("{fingerprint}-{count}");
    }
    *count += 1;
    json!({
        "description": format!("{}{help}", found.message),
        "check_name": code,
        "fingerprint": fingerprint,
        "severity": match found.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
        },
        "location": { "path": path, "lines": { "begin": begin, "end": end } },
    })
}
