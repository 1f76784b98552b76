//! For people: the way rustc shows its errors.

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Source;

/// What people read on.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether it has colours.
    pub colour: bool,
    /// Columns that a line may take; longer lines of the source are shown in part.
    pub width: usize,
}

impl Style {
    /// A file or a pipe.
    pub const PLAIN: Self = Self { colour: false, width: 140 };
}

/// Shows diagnostics with the lines of text they are about, one after the other, each followed by
/// an empty line.
pub fn human(source: &Source, diagnostics: &[Diagnostic], style: Style) -> String {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width);
    diagnostics
        .iter()
        .map(|diagnostic| renderer.render(&groups(source, diagnostic)) + "\n\n")
        .collect()
}

fn groups<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.as_str());
    let Some(span) = &diagnostic.place.span else {
        // Without text there is only the path of the field to show.
        let field = Level::NOTE.message(format!("at {}", diagnostic.place.pointer));
        let help = diagnostic.help.as_deref().map(|help| Level::HELP.message(help));
        return vec![title.element(field).elements(help)];
    };
    let annotation = AnnotationKind::Primary
        .span(span.clone())
        .label(Some(diagnostic.label.as_str()).filter(|label| !label.is_empty()));
    let related = |elsewhere: bool| {
        let related = diagnostic.related.iter();
        related.filter(move |(place, _)| place.source.is_some() == elsewhere).filter_map(
            |(place, label)| {
                let span = place.span.clone()?;
                Some((place, AnnotationKind::Context.span(span).label(label.as_str())))
            },
        )
    };
    let snippet = Snippet::source(source.text()).path(source.name());
    let here = related(false).map(|(_, annotation)| annotation);
    let others = related(true).filter_map(|(place, annotation)| {
        let other = place.source.as_ref()?;
        Some(Snippet::source(other.text()).path(other.name()).annotation(annotation))
    });
    let group = title.element(snippet.annotation(annotation).annotations(here)).elements(others);
    match (&diagnostic.help, diagnostic.replacement_in(source)) {
        (Some(help), Some(replacement)) => vec![
            group,
            Level::HELP.secondary_title(help).element(
                Snippet::source(source.text())
                    .path(source.name())
                    .patch(Patch::new(span.clone(), replacement)),
            ),
        ],
        (Some(help), None) => vec![group.element(Level::HELP.message(help))],
        (None, _) => vec![group],
    }
}
