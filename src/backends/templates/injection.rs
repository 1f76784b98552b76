//! Checks that a template prints each value as a whole YAML scalar or bash word. Inside another string
//! (`"{{ name }}"`) the value could change its meaning, or become a command.

use minijinja::{Environment, Error as TemplateError, ErrorKind, OutputSpan, OutputSpanKind};

use super::error::Fault;
use super::provenance::Printed;
use super::set::is_yaml;
use crate::backends::gcloud::quote::is_bare;
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::text;
use crate::text::shell::is_word_at;

/// A value that is printed inside another string.
#[derive(Debug)]
pub(super) struct UnquotedValue {
    span: OutputSpan,
    message: String,
    help: &'static str,
}

crate::diagnostics::declare_code! {
    TEMPLATE_VALUE: Error = "template-value",
    what: "A template prints a value inside another string: in quotes, glued to other characters, or where bash does not read a word.",
    why: "In *.yaml.j2 every value is rendered as one complete scalar, in *.sh.j2 as one complete word, quoted as needed. Inside other quotes it would become another value, or a command. Join strings with `~` before you print them.",
    example: "{# settings.yaml.j2 #}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"{{ workload.name }}-settings\"",
    instead: "{# settings.yaml.j2 #}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ workload.name ~ \"-settings\" }}",
    source: "",
}

impl UnquotedValue {
    /// The error that stops the template, at the expression that prints the value.
    pub(super) fn into_error(self, environment: &Environment<'_>) -> TemplateError {
        let text = environment
            .get_template(self.span.name())
            .map_or(String::new(), |template| template.source().to_owned());
        let template = Source::new(self.span.name(), text);
        let place = Place::text(template.clamp(self.span.source_range()));
        let diagnostic = Diagnostic::new(Code::TEMPLATE_VALUE, place, self.message).help(self.help);
        TemplateError::new(ErrorKind::BadSerialization, diagnostic.message.clone())
            .with_source(Fault { template, diagnostic })
    }
}

/// Finds the first value in the output of a template that is printed inside another string.
pub(super) fn check(template: &str, printed: &Printed) -> Option<UnquotedValue> {
    let expressions = printed.spans.iter().filter(|span| span.kind() == OutputSpanKind::Expression);
    if is_yaml(template) {
        yaml(&printed.text, expressions)
    } else {
        shell(&printed.text, expressions)
    }
}

fn unquoted(span: &OutputSpan, text: &str, place: &str, help: &'static str) -> UnquotedValue {
    let shown = quoted(text[span.output_range()].trim());
    UnquotedValue { span: span.clone(), message: format!("{shown} is printed {place}"), help }
}

fn yaml<'a>(
    text: &str,
    expressions: impl Iterator<Item = &'a OutputSpan>,
) -> Option<UnquotedValue> {
    const HELP: &str = "print a value alone, without quotes: `key: {{ value }}`; join strings with `~`, as in `{{ name ~ \"-cache\" }}`";
    // Text that is not YAML is reported when the whole artifact is read back.
    let scalars = text::scalars(&Source::new("part.yaml", text))?;
    for span in expressions {
        let range = span.output_range();
        let printed = &text[range.clone()];
        let is_whole = if printed.starts_with(['\n', ' ']) {
            // A block scalar follows a colon or hyphen.
            let before = text[..range.start].chars().next_back();
            let after = text[range.end..].chars().next();
            before.is_none_or(|c| c == ':' || c == '-') && after.is_none_or(|c| c == '\n')
        } else {
            scalars
                .binary_search_by_key(&range.start, |scalar| scalar.start)
                .is_ok_and(|index| scalars[index].end == range.end)
                || is_in_comment(text, &range, &scalars)
        };
        if !is_whole {
            return Some(unquoted(span, text, "inside another string", HELP));
        }
    }
    None
}

/// Whether a range is in a comment.
fn is_in_comment(text: &str, range: &Span, scalars: &[Span]) -> bool {
    let line = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..range.start];
    let marks = before.match_indices('#').map(|(at, _)| at);
    let mut marks =
        marks.filter(|at| before[..*at].chars().next_back().is_none_or(char::is_whitespace));
    // In a scalar, `#` starts no comment: the last scalar before it must have ended.
    marks.any(|at| {
        let at = line + at;
        let next = scalars.partition_point(|scalar| scalar.start <= at);
        next.checked_sub(1).is_none_or(|last| scalars[last].end <= at)
    })
}

fn shell<'a>(
    text: &str,
    expressions: impl Iterator<Item = &'a OutputSpan>,
) -> Option<UnquotedValue> {
    const HELP: &str = "print a value as a word, without quotes: `NAME={{ value }}`, and then \"$NAME\" in quotes; join strings with `~`";
    let expressions: Vec<&OutputSpan> = expressions.collect();
    let starts = expressions.iter().map(|span| span.output_range().start);
    let words = is_word_at(text, starts);
    let mut values = expressions.into_iter().zip(words);
    // Bare words mean the same everywhere.
    values
        .find(|(span, is_word)| !is_word && !is_bare(&text[span.output_range()]))
        .map(|(span, _)| unquoted(span, text, "where bash reads no word", HELP))
}
