//! Workflow commands of GitHub Actions, which annotate the lines of a pull request.
//! Source: GitHub, Workflow commands for GitHub Actions, Setting an error message.

use super::json::Range;
use super::style::plain;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::source::Source;

/// Writes each diagnostic on one line, in order.
pub fn github(source: &Source, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| command(source, diagnostic)).collect()
}

fn command(source: &Source, diagnostic: &Diagnostic) -> String {
    let file = property(diagnostic.source(source).name());
    let place = match Range::from_location(source, &diagnostic.place) {
        None => format!("file={file}"),
        Some(Range { line, column, end_line, end_column }) => {
            // GitHub accepts columns only for a range on one line.
            let columns = if line == end_line {
                format!(",col={column},endColumn={end_column}")
            } else {
                String::new()
            };
            format!("file={file},line={line},endLine={end_line}{columns}")
        }
    };
    let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let code = diagnostic.code.as_str();
    let text = format!("{}{help}\nmore: wigen explain {code}", diagnostic.message);
    let severity = diagnostic.severity.as_ref();
    plain(&format!("::{severity} {place},title={code}::{}", data(&text))).into_owned() + "\n"
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{Code, Location};

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        let source = Source::new("a,b:c%.toml", "x");
        let found = Diagnostic::new(Code::SYNTAX, Location::text(0..1), "50%\n::error::x");
        assert_eq!(
            github(&source, &[found]),
            "::error file=a%2Cb%3Ac%25.toml,line=1,endLine=1,col=1,endColumn=2,title=syntax::50%25%0A::error::x%0Amore: wigen explain syntax\n"
        );
    }
}
