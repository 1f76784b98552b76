//! JUnit XML, for the test reports of CI systems: one suite for each file, one test for each finding, and
//! one that passes for a file without any. Warnings pass. The crates that write JUnit need seven more;
//! one that writes XML would save the function `escaped`, except what XML cannot hold.
//! Source: the schema of Jenkins' xUnit plugin, `junit-10.xsd`.

use std::fmt::Write;

use super::json::Range;
use crate::diagnostics::source::{Source, is_hidden};
use crate::diagnostics::{Diagnostic, Severity};

/// Writes the report of a run over these sources, in order.
pub fn junit(found: &[(Source, Vec<Diagnostic>)]) -> String {
    let counts = found.iter().map(|(_, all)| (all.len().max(1), failures(all)));
    let (tests, failed) = counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, r#"<testsuites name="wigen" tests="{tests}" failures="{failed}">"#);
    for (source, all) in found {
        let name = escaped(source.name());
        let (tests, failed) = (all.len().max(1), failures(all));
        let _ = writeln!(xml, r#"  <testsuite name="{name}" tests="{tests}" failures="{failed}">"#);
        if all.is_empty() {
            let _ = writeln!(xml, r#"    <testcase classname="{name}" name="valid"/>"#);
        }
        for one in all {
            test_case(&mut xml, source, one);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml + "</testsuites>\n"
}

fn failures(found: &[Diagnostic]) -> usize {
    found.iter().filter(|one| one.severity == Severity::Error).count()
}

fn test_case(xml: &mut String, source: &Source, found: &Diagnostic) {
    let file = found.source(source).name();
    let code = found.code.as_str();
    let place = match Range::from_location(source, &found.place) {
        Some(range) => format!("{file}:{}:{}", range.line, range.column),
        None => file.to_owned(),
    };
    let help = found.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let text = escaped(&format!("{place}: {}{help}\nmore: wigen explain {code}", found.message));
    let name = escaped(&format!("{code} {place}"));
    let message = escaped(&found.message);
    let (open, close) = match found.severity {
        Severity::Error => (format!(r#"failure type="{code}" message="{message}""#), "failure"),
        Severity::Warning => ("system-out".to_owned(), "system-out"),
    };
    let file = escaped(file);
    let _ = writeln!(
        xml,
        "    <testcase classname=\"{file}\" name=\"{name}\">\n      <{open}>{text}</{close}>\n    </testcase>"
    );
}

/// Escapes text for an element or an attribute. XML 1.0 cannot hold control characters at all.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if is_hidden(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{Code, Location};

    #[test]
    fn nothing_in_a_text_is_markup() {
        let source = Source::new("a<&\">.toml", "x");
        let found = Diagnostic::new(Code::SYNTAX, Location::text(0..1), "]]></failure>\u{0}\u{7}");
        let xml = junit(&[(source, vec![found])]);
        assert!(xml.contains(r#"message="]]&gt;&lt;/failure&gt;��""#), "{xml}");
        assert!(xml.contains(r#"<testsuite name="a&lt;&amp;&quot;&gt;.toml" tests="1""#), "{xml}");
        assert_eq!(xml.matches("</failure>").count(), 1);
    }
}
