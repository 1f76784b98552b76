//! SARIF 2.1.0, for code scanning and editors: one log for all files.
//! Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::json::Range;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, Severity};

/// Writes the log of a run over these sources, in order.
pub fn sarif(found: &[(Source, Vec<Diagnostic>)]) -> String {
    let mut codes: Vec<Code> = found.iter().flat_map(|(_, all)| all).map(|one| one.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": "wigen",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            } }),
            column_kind: "unicodeCodePoints",
            results: Results { found, codes: &codes },
        }],
    };
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    column_kind: &'a str,
    results: Results<'a>,
}

/// Serialized one by one: ten thousand results as JSON values would take ten times the memory of the log.
struct Results<'a> {
    found: &'a [(Source, Vec<Diagnostic>)],
    codes: &'a [Code],
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.found.iter().flat_map(|(source, diagnostics)| {
            diagnostics.iter().map(|diagnostic| result(source, diagnostic, self.codes))
        }))
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A code with its page, for readers without wigen.
fn rule(code: Code) -> Value {
    let page = code.explanation();
    let text = format!("{} {}", page.what, page.why);
    let origin =
        if page.source.is_empty() { String::new() } else { format!("\nSource: {}\n", page.source) };
    let markdown = format!(
        "{}\n\n{}\n\nWrong:\n\n```{}\n{}\n```\n\nRight:\n\n```{}\n{}\n```\n{origin}",
        page.what,
        page.why,
        page.language(),
        page.example,
        page.language(),
        page.instead,
    );
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": page.what },
        "help": { "text": text, "markdown": markdown },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(source: &Source, diagnostic: &Diagnostic, codes: &[Code]) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": [location(source, &diagnostic.place)],
    });
    if !diagnostic.related.is_empty() {
        let others = diagnostic.related.iter().enumerate().map(|(index, (place, label))| {
            let mut other = location(source, place);
            other["id"] = json!(index + 1);
            other["message"] = json!({ "text": label });
            other
        });
        result["relatedLocations"] = others.collect();
    }
    if let Some((replacement, range)) =
        diagnostic.replacement_in(source).zip(region(source, &diagnostic.place))
    {
        result["fixes"] = json!([{
            "description": { "text": diagnostic.help },
            "artifactChanges": [{
                "artifactLocation": { "uri": uri(diagnostic.source(source).name()) },
                "replacements": [{
                    "deletedRegion": range,
                    "insertedContent": { "text": replacement },
                }],
            }],
        }]);
    }
    result
}

fn location(source: &Source, place: &Location) -> Value {
    let name = place.source.as_ref().unwrap_or(source).name();
    let mut physical = json!({ "artifactLocation": { "uri": uri(name) } });
    if let Some(region) = region(source, place) {
        physical["region"] = region;
    }
    json!({
        "physicalLocation": physical,
        "logicalLocations": [{ "fullyQualifiedName": place.pointer }],
    })
}

fn region(source: &Source, place: &Location) -> Option<Value> {
    let range = Range::from_location(source, place)?;
    Some(json!({
        "startLine": range.line,
        "startColumn": range.column,
        "endLine": range.end_line,
        "endColumn": range.end_column,
    }))
}

/// A path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let encoded = |byte: u8| match byte {
        b if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    path.replace('\\', "/").bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("apps/a b/ä%.toml"), "apps/a%20b/%C3%A4%25.toml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }
}
