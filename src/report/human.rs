//! For people: the way rustc shows its errors.

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Source;

/// Shows diagnostics with the lines of text they are about, one after the other, each followed by
/// an empty line.
pub fn human(source: &Source, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    diagnostics
        .iter()
        .map(|diagnostic| renderer.render(&groups(source, diagnostic)) + "\n\n")
        .collect()
}

fn groups<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity() {
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
    let snippet = Snippet::source(source.text()).path(source.name()).annotation(annotation);
    let group = title.element(snippet);
    match (&diagnostic.help, &diagnostic.replacement) {
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
