//! Diagnostics for people, in the style of rustc.

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet,
};

use super::excerpt::{Excerpt, without_middle};
use super::style::{Style, plain, plain_lines};
use crate::diagnostics::source::{Position, Source, Span};
use crate::diagnostics::{Diagnostic, Location, Severity};

/// A related location more lines away gets a snippet of its own.
const FAR: usize = 100;

/// Shows each diagnostic with its source lines, followed by an empty line.
pub fn human(source: &Source, diagnostics: &[Diagnostic], style: Style) -> String {
    diagnostics.iter().map(|one| human_with_note(source, one, None, style)).collect()
}

/// As [`human`], for one diagnostic and a note about it.
pub fn human_with_note(
    source: &Source,
    diagnostic: &Diagnostic,
    note: Option<&str>,
    style: Style,
) -> String {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let mut groups = groups(source, diagnostic);
    if let (Some(note), Some(first)) = (note, groups.first_mut()) {
        let group = std::mem::replace(first, Group::with_level(Level::NOTE));
        *first = group.element(Level::NOTE.message(note));
    }
    renderer.term_width(style.width).render(&groups) + "\n\n"
}

fn groups<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(plain_lines(&diagnostic.message)).id(diagnostic.code.as_str());
    let Some(span) = &diagnostic.place.span else {
        // Without a source, show only the path of the field.
        let field = Level::NOTE.message(format!("at {}", plain(&diagnostic.place.pointer)));
        let help = diagnostic.help.as_deref().map(|help| Level::HELP.message(plain_lines(help)));
        return vec![title.element(field).elements(help)];
    };
    // A related location far away or in another source gets a snippet of its own.
    let (own, source) = (source, diagnostic.source(source));
    let is_near = |place: &Location, other: &Span| {
        place.source.as_ref().unwrap_or(own) == source
            && source.line_at(other.start).abs_diff(source.line_at(span.start)) <= FAR
    };
    let related = diagnostic
        .related
        .iter()
        .filter_map(|(place, label)| Some((place, place.span.as_ref()?, label.as_str())));
    let (near, far): (Vec<_>, Vec<_>) =
        related.partition(|(place, other, _)| is_near(place, other));
    let label = Some(diagnostic.label.as_str()).filter(|label| !label.is_empty());
    let mut places = vec![span];
    places.extend(near.iter().map(|(_, other, _)| *other));
    let excerpt = Excerpt::new(source, &places);
    let mut annotations = vec![AnnotationKind::Primary.span(excerpt.span(span)).label(label)];
    for (_, other, label) in near {
        annotations.push(AnnotationKind::Context.span(excerpt.span(other)).label(label));
    }
    let mut group = title.elements(annotated(source, span, excerpt, annotations));
    for (place, other, label) in far {
        let source = place.source.as_ref().unwrap_or(own);
        let excerpt = Excerpt::new(source, &[other]);
        let annotation = AnnotationKind::Context.span(excerpt.span(other)).label(label);
        group = group.elements(annotated(source, other, excerpt, vec![annotation]));
    }
    match (&diagnostic.help, diagnostic.replacement_in(own)) {
        (Some(help), Some(replacement)) => {
            let excerpt = Excerpt::new(source, &[span]);
            let patch = Patch::new(excerpt.span(span), without_middle(&replacement));
            let snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line);
            vec![
                group,
                Level::HELP
                    .secondary_title(plain_lines(help))
                    .element(snippet.path(plain(source.name())).patch(patch)),
            ]
        }
        (Some(help), None) => vec![group.element(Level::HELP.message(plain_lines(help)))],
        (None, _) => vec![group],
    }
}

/// An excerpt with its annotations. If lines were shortened, the renderer needs the column.
fn annotated<'a>(
    source: &'a Source,
    span: &Span,
    excerpt: Excerpt,
    annotations: Vec<Annotation<'a>>,
) -> Vec<Element<'a>> {
    let snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line);
    let snippet = snippet.annotations(annotations);
    if excerpt.cut {
        let Position { line, column } = source.position(span.start);
        let origin = Origin::path(plain(source.name())).line(line).char_column(column);
        vec![origin.into(), snippet.into()]
    } else {
        vec![snippet.path(plain(source.name())).into()]
    }
}
