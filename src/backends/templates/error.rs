//! Errors of templates, at the line of the template.

use std::error::Error as _;
use std::fmt;

use minijinja::{Error, ErrorKind};

use super::metering::original_range;
use super::sources::{BUILT_IN, Template, source};
use super::variables::variables;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location, quoted, similar};

/// An error of a template, or of what it renders.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateError {
    /// The template.
    pub template: Source,
    /// What is wrong, at a place in the template.
    pub diagnostic: Diagnostic,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.template.name(), self.diagnostic.message)
    }
}

impl std::error::Error for TemplateError {}

crate::diagnostics::declare_code! {
    TEMPLATE: Error = "template",
    what: "One of your templates cannot be rendered: its syntax is wrong, it prints an undefined variable, includes a missing template, or takes too many steps.",
    why: "A misspelled variable would be missing in production. `wigen templates variables` lists what a template can print.",
    example: "{# budget.yaml.j2 #}\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {{ workload.nmae }}",
    instead: "{# budget.yaml.j2 #}\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {{ workload.name }}",
}

impl TemplateError {
    /// Wraps the error, to pass it through the engine.
    pub(super) fn into_engine(self, kind: ErrorKind) -> Error {
        Error::new(kind, self.to_string()).with_source(self)
    }

    /// Converts an error of the engine. One that wraps a [`TemplateError`], as those of parts do, is
    /// that error.
    pub(super) fn from_engine(error: &Error, own: &[Template]) -> Self {
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(wrapped) = inner.downcast_ref::<Self>() {
                let template = source(own, wrapped.template.name());
                let mut diagnostic = wrapped.diagnostic.clone();
                let span = diagnostic.place.span.take();
                diagnostic.place.span = span.map(|span| original_range(template.text(), span));
                return Self { template, diagnostic };
            }
            if let Some(inner) = inner.downcast_ref::<Error>() {
                return Self::from_engine(inner, own);
            }
            cause = inner.source();
        }
        let template = source(own, error.name().unwrap_or_default());
        let range = error.range().map(|range| original_range(template.text(), range));
        let span = range.unwrap_or_else(|| {
            let start = template.byte_at(error.line().unwrap_or(1), 1);
            start..start
        });
        let text = template.text().get(span.clone()).unwrap_or_default();
        let (message, help) = message_and_help(error);
        let help = suggestion(error, text, own)
            .map(|name| format!("there is {}", quoted(&name)))
            .or(help.map(str::to_owned));
        let place = Location::text(template.clamp(span));
        let diagnostic = Diagnostic::new(Code::TEMPLATE, place, message);
        let diagnostic = match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        };
        Self { template, diagnostic }
    }
}

/// A name similar to an unknown one.
fn suggestion(error: &Error, text: &str, own: &[Template]) -> Option<String> {
    match error.kind() {
        ErrorKind::UndefinedError => {
            let variables = variables();
            let paths = variables.iter().map(|variable| variable.path.as_str());
            similar(text, paths).filter(|path| *path != text).map(str::to_owned)
        }
        ErrorKind::TemplateNotFound => {
            let unknown = text.split(['"', '\'']).nth(1)?;
            let own = own.iter().map(|template| template.name.as_str());
            similar(unknown, own.chain(BUILT_IN.iter().map(|(name, ..)| *name))).map(str::to_owned)
        }
        _ => None,
    }
}

fn message_and_help(error: &Error) -> (String, Option<&'static str>) {
    let detail = || error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.kind() {
        ErrorKind::UndefinedError => {
            let message = match error.detail() {
                Some(detail) => format!("there is no such value: {detail}"),
                None => "there is no such value".to_owned(),
            };
            (message, Some("`wigen templates variables` lists the values"))
        }
        ErrorKind::TemplateNotFound => (
            detail(),
            Some("name a template by its path below the directory of templates, and inside it"),
        ),
        ErrorKind::OutOfFuel => (
            "the template takes too many steps".to_owned(),
            Some("is there a loop in a loop, or a string or a list that grows and grows?"),
        ),
        ErrorKind::UnknownFilter => {
            (detail(), Some("the filters are `block`, `fields`, `items` and `reverse`"))
        }
        ErrorKind::UnknownFunction => (detail(), Some("the function is `part`")),
        ErrorKind::UnknownTest => (detail(), Some("the tests are `none` and the operators")),
        _ => (detail(), None),
    }
}
