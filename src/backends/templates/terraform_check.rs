//! Reads rendered Terraform files back.

use super::error::TemplateError;
use super::provenance::{Origin, Output};
use super::set::Templates;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location};
use crate::text::hcl::parse_hcl;

/// What is wrong with the syntax of the file `name`, the output of a template.
pub(super) fn check(
    templates: &Templates,
    template: &str,
    name: &str,
    output: &Output,
) -> Option<TemplateError> {
    let rendered = Source::new(format!("rendered {name}"), output.whole.text.as_str());
    let found = parse_hcl(&rendered).err()?;
    let at = found.place.span.clone().unwrap_or_default();
    let (template, range) = match output.origin(at.start) {
        Some(Origin { template, range, .. }) => (template, range),
        None => (template.to_owned(), 0..0),
    };
    let template = templates.source(&template);
    let place = Location::text(template.clamp(range));
    let diagnostic = Diagnostic::new(Code::TEMPLATE, place, found.message)
        .related(found.place.in_source(&rendered), "rendered here");
    debug_assert!(templates.has_own(), "{name}: {diagnostic:?}\n{}", rendered.text());
    Some(TemplateError { template, diagnostic })
}
