//! Whether a template prints values as whole scalars of YAML and whole words of bash: what is glued
//! to a text around it (`"{{ name }}"`) would be another value, or a command.

use minijinja::{Environment, Error as TemplateError, ErrorKind, OutputSpan, OutputSpanKind};

use super::error::Fault;
use super::provenance::Printed;
use super::set::is_yaml;
use crate::backends::gcloud::quote::is_bare;
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Place, quoted};
use crate::text;
use crate::text::shell::is_word_at;

/// A value that is not whole where it is printed.
#[derive(Debug)]
pub(super) struct Wrong {
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

impl Wrong {
    /// The same at its place in the template, as an error that stops it.
    pub(super) fn at(self, environment: &Environment<'_>) -> TemplateError {
        let text = environment
            .get_template(self.span.name())
            .map_or(String::new(), |template| template.source().to_owned());
        let template = Source::new(self.span.name(), text);
        let place = Place::text(template.clamp(self.span.source_range()));
        let diagnostic = Diagnostic::new(Code::TEMPLATE_VALUE, place, self.message).help(self.help);
        let what = diagnostic.message.clone();
        TemplateError::new(ErrorKind::BadSerialization, what)
            .with_source(Fault { template, diagnostic })
    }
}

/// The first value of a template's output that is not whole.
pub(super) fn check(template: &str, printed: &Printed) -> Option<Wrong> {
    let expressions = printed.spans.iter().filter(|span| span.kind() == OutputSpanKind::Expression);
    if is_yaml(template) {
        yaml(&printed.text, expressions)
    } else {
        shell(&printed.text, expressions)
    }
}

fn wrong(span: &OutputSpan, text: &str, what: &str, help: &'static str) -> Wrong {
    let shown = text[span.output_range()].trim();
    Wrong { span: span.clone(), message: format!("{} is printed {what}", quoted(shown)), help }
}

fn yaml<'a>(text: &str, expressions: impl Iterator<Item = &'a OutputSpan>) -> Option<Wrong> {
    const HELP: &str = "print a value alone, without quotes: `key: {{ value }}`; join texts with `~`, as in `{{ name ~ \"-cache\" }}`";
    // What cannot be read is told when the whole artifact is read back.
    let scalars = text::scalars(&Source::new("part.yaml", text))?;
    for span in expressions {
        let range = span.output_range();
        let printed = &text[range.clone()];
        let is_whole = if printed.starts_with(['\n', ' ']) {
            // A block stands behind the colon or hyphen of what it is the value of.
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
            return Some(wrong(span, text, "inside of another text", HELP));
        }
    }
    None
}

/// Whether a range stands behind the `#` of a comment.
fn is_in_comment(text: &str, range: &Span, scalars: &[Span]) -> bool {
    let line = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..range.start];
    let marks = before.match_indices('#').map(|(at, _)| at);
    let mut marks =
        marks.filter(|at| before[..*at].chars().next_back().is_none_or(char::is_whitespace));
    // A mark in a text is none: the last scalar that begins before it must have ended.
    marks.any(|at| {
        let at = line + at;
        let next = scalars.partition_point(|scalar| scalar.start <= at);
        next.checked_sub(1).is_none_or(|last| scalars[last].end <= at)
    })
}

fn shell<'a>(text: &str, expressions: impl Iterator<Item = &'a OutputSpan>) -> Option<Wrong> {
    const HELP: &str = "print a value as a word, without quotes: `NAME={{ value }}`, and then \"$NAME\" in quotes; join texts with `~`";
    let expressions: Vec<&OutputSpan> = expressions.collect();
    let starts = expressions.iter().map(|span| span.output_range().start);
    let words = is_word_at(text, starts);
    let wrongly = expressions.into_iter().zip(words).find(|(span, is_word)| {
        // What is bare is the same text everywhere.
        !is_word && !is_bare(&text[span.output_range()])
    });
    wrongly.map(|(span, _)| wrong(span, text, "where bash reads no word", HELP))
}
