//! Checks that a template prints each value as a whole YAML scalar, a whole bash word or a whole expression
//! of HCL. Inside another string (`"{{ name }}"`) the value could change its meaning, or become a command.

use minijinja::{Environment, Error, ErrorKind, OutputSpan, OutputSpanKind};

use super::error::TemplateError;
use super::provenance::TaggedOutput;
use super::sources::Language;
use crate::backends::gcloud::quote::is_bare;
use crate::backends::terraform;
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::text;
use crate::text::hcl::parse_hcl;
use crate::text::shell::{evaluates, is_word_at};

/// A value that is printed inside another string.
#[derive(Debug)]
pub(super) struct UnquotedValue {
    span: OutputSpan,
    message: String,
    help: &'static str,
}

crate::diagnostics::declare_code! {
    TEMPLATE_VALUE: Error = "template-value",
    what: "A template prints a value inside another string: in quotes, glued to other characters, where bash does not read a word, or where it evaluates words again.",
    why: "In *.yaml.j2 every value is rendered as one complete scalar, in *.sh.j2 as one complete word, in *.tf.j2 as one complete expression, quoted as needed. Inside other quotes it would become another value, or a command. Join strings with `~` before you print them.",
    example: "{# settings.yaml.j2 #}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"{{ workload.name }}-settings\"",
    instead: "{# settings.yaml.j2 #}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ workload.name ~ \"-settings\" }}",
}

impl UnquotedValue {
    fn new(span: &OutputSpan, text: &str, place: &str, help: &'static str) -> Self {
        let printed = quoted(text[span.output_range()].trim());
        Self { span: span.clone(), message: format!("{printed} is printed {place}"), help }
    }

    /// Converts it to an error of the engine, at its place in the template.
    pub(super) fn into_engine(self, environment: &Environment<'_>) -> Error {
        let template = environment.get_template(self.span.name());
        let text = template.map_or(String::new(), |template| template.source().to_owned());
        let template = Source::new(self.span.name(), text);
        let place = Location::text(template.clamp(self.span.source_range()));
        let diagnostic = Diagnostic::new(Code::TEMPLATE_VALUE, place, self.message).help(self.help);
        TemplateError { template, diagnostic }.into_engine(ErrorKind::BadSerialization)
    }
}

/// Finds the first value in the output of a template that is printed inside another string.
pub(super) fn check(template: &str, output: &TaggedOutput) -> Option<UnquotedValue> {
    let expressions = output.spans.iter().filter(|span| span.kind() == OutputSpanKind::Expression);
    match Language::from_name(template)? {
        Language::Yaml => check_yaml(&output.text, expressions),
        Language::Bash => check_bash(&output.text, expressions),
        Language::Hcl => check_hcl(&output.text, expressions),
    }
}

fn check_yaml<'a>(
    text: &str,
    expressions: impl Iterator<Item = &'a OutputSpan>,
) -> Option<UnquotedValue> {
    const HELP: &str = "print a value alone, without quotes: `key: {{ value }}`; join strings with `~`, as in `{{ name ~ \"-cache\" }}`";
    // Syntax errors are reported when the whole artifact is read back.
    let scalars = text::scalars(&Source::new("part.yaml", text))?;
    let mut comment = 0..0;
    for span in expressions {
        let range = span.output_range();
        let printed = &text[range.clone()];
        let scalar_at = |start: usize| {
            let index = scalars.binary_search_by_key(&start, |scalar| scalar.start).ok()?;
            scalars.get(index)
        };
        let is_whole = if let Some(first) = printed.find(|c| c != '\n' && c != ' ')
            && first > 0
        {
            // A block follows a colon or hyphen, or the fields above its own, and ends its line.
            let before = text[..range.start].chars().next_back();
            let after = text[range.end..].chars().next();
            after.is_none_or(|c| c == '\n')
                && (before.is_none_or(|c| c == ':' || c == '-')
                    || scalar_at(range.start + first).is_some())
        } else {
            // An object without fields prints nothing.
            printed.is_empty()
                || scalar_at(range.start).is_some_and(|scalar| scalar.end == range.end)
                || comment.contains(&range.start)
                || comment_around(text, &range, &scalars).is_some_and(|found| {
                    comment = found;
                    true
                })
        };
        if !is_whole {
            return Some(UnquotedValue::new(span, text, "inside another string", HELP));
        }
    }
    None
}

/// The comment that a range is in.
fn comment_around(text: &str, range: &Span, scalars: &[Span]) -> Option<Span> {
    let line = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..range.start];
    let marks = before.match_indices('#').map(|(at, _)| at);
    let mut marks =
        marks.filter(|at| before[..*at].chars().next_back().is_none_or(char::is_whitespace));
    // A `#` inside a scalar starts no comment.
    let mark = marks.find(|at| {
        let at = line + at;
        let next = scalars.partition_point(|scalar| scalar.start <= at);
        next.checked_sub(1).is_none_or(|last| scalars[last].end <= at)
    })?;
    let end = text[range.start..].find('\n').map_or(text.len(), |end| range.start + end);
    Some(line + mark..end)
}

fn check_bash<'a>(
    text: &str,
    expressions: impl Iterator<Item = &'a OutputSpan> + Clone,
) -> Option<UnquotedValue> {
    const HELP: &str = "print a value as a word, without quotes: `NAME={{ value }}`, and then \"$NAME\" in quotes; join strings with `~`";
    const AGAIN: &str = "what bash evaluates must not come from a spec: print the value as a word of another command";
    let spans: Vec<Span> = expressions.clone().map(OutputSpan::output_range).collect();
    let words = is_word_at(text, spans.iter().map(|span| span.start));
    let evaluated = evaluates(text, &spans);
    for (expression, (is_word, is_evaluated)) in expressions.zip(words.into_iter().zip(evaluated)) {
        let printed = &text[expression.output_range()];
        // A bare word means the same everywhere.
        if !is_word && !is_bare(printed) {
            let place = "where bash reads no word";
            return Some(UnquotedValue::new(expression, text, place, HELP));
        }
        if is_evaluated && !printed.bytes().all(|byte| byte.is_ascii_digit()) {
            let place = "where bash evaluates it again";
            return Some(UnquotedValue::new(expression, text, place, AGAIN));
        }
    }
    None
}

fn check_hcl<'a>(
    text: &str,
    expressions: impl Iterator<Item = &'a OutputSpan>,
) -> Option<UnquotedValue> {
    const HELP: &str = "print a value alone, without quotes: `name = {{ value }}`; join strings with `~`, as in `{{ name ~ \"-cache\" }}`";
    let nodes = parse_hcl(&Source::new("part.tf", text)).ok();
    for span in expressions {
        let mut range = span.output_range();
        // Spaces align the values of arguments.
        let printed = text[range.clone()].trim_end_matches(' ');
        if terraform::quote::is_bare(printed) {
            continue;
        }
        range.end = range.start + printed.len();
        let is_whole = if let Some(nodes) = &nodes {
            nodes.is_node(&range) || nodes.is_in_comment(&range)
        } else {
            // The syntax error is reported when the whole artifact is read back, unless this causes it.
            let before = text[..range.start].chars().next_back();
            let after = text[range.end..].chars().next();
            before.is_none_or(|c| c.is_whitespace() || "=([{,:!".contains(c))
                && after.is_none_or(|c| c.is_whitespace() || ")]},:.".contains(c))
        };
        if !is_whole {
            return Some(UnquotedValue::new(span, text, "inside another string", HELP));
        }
    }
    None
}
