//! What is wrong with a template, told at its line.

use std::error::Error as _;
use std::fmt;

use minijinja::{Error, ErrorKind};

use super::set::{self, BUILT_IN, Template};
use super::variables::variables;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Place, quoted, similar};

/// A template, and what is wrong with it or with what it makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The template.
    pub template: Source,
    /// What is wrong, at a place in it.
    pub diagnostic: Diagnostic,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.template.name(), self.diagnostic.message)
    }
}

impl std::error::Error for Fault {}

crate::diagnostics::declare_code! {
    TEMPLATE: Error = "template",
    what: "One of your templates cannot be rendered: its syntax is wrong, it prints an undefined variable, includes a missing template, or takes too many steps.",
    why: "A misspelled variable would be missing in production. `wigen templates variables` lists what a template can print.",
    example: "{# budget.yaml.j2 #}\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {{ workload.nmae }}",
    instead: "{# budget.yaml.j2 #}\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {{ workload.name }}",
    source: "",
}

/// An error of the engine; one that carries a fault, as those of parts do, is that fault.
pub(super) fn of_error(error: &Error, own: &[Template]) -> Fault {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(fault) = inner.downcast_ref::<Fault>() {
            let template = set::source(own, fault.template.name());
            return Fault { template, ..fault.clone() };
        }
        if let Some(inner) = inner.downcast_ref::<Error>() {
            return of_error(inner, own);
        }
        cause = inner.source();
    }
    let template = set::source(own, error.name().unwrap_or_default());
    let span = error.range().unwrap_or_else(|| {
        let start = template.byte_at(error.line().unwrap_or(1), 1);
        start..start
    });
    let place = Place::text(template.clamp(span.clone()));
    let (message, help) = words(error);
    let diagnostic = Diagnostic::new(Code::TEMPLATE, place, message);
    let said = template.text().get(span).unwrap_or_default();
    let diagnostic = match (meant(error, said, own), help) {
        (Some(meant), _) => diagnostic.help(format!("there is {}", quoted(&meant))),
        (None, Some(help)) => diagnostic.help(help),
        (None, None) => diagnostic,
    };
    Fault { template, diagnostic }
}

/// What was probably meant by a name that there is not.
fn meant(error: &Error, said: &str, own: &[Template]) -> Option<String> {
    match error.kind() {
        ErrorKind::UndefinedError => {
            let variables = variables();
            let paths = variables.iter().map(|variable| variable.path.as_str());
            similar(said, paths).filter(|path| *path != said).map(str::to_owned)
        }
        ErrorKind::TemplateNotFound => {
            let named = said.split(['"', '\'']).nth(1)?;
            let own = own.iter().map(|template| template.name.as_str());
            similar(named, own.chain(BUILT_IN.iter().map(|(name, ..)| *name))).map(str::to_owned)
        }
        _ => None,
    }
}

fn words(error: &Error) -> (String, Option<&'static str>) {
    let detail = || error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.kind() {
        ErrorKind::UndefinedError => {
            let message = match error.detail() {
                Some(detail) => format!("there is no such value: {detail}"),
                None => "there is no such value".to_owned(),
            };
            (message, Some("`wigen templates variables` lists what there is"))
        }
        ErrorKind::TemplateNotFound => (
            detail(),
            Some(
                "a template is named by its path below the directory of templates, and may not leave it",
            ),
        ),
        ErrorKind::OutOfFuel => (
            "the template takes too many steps".to_owned(),
            Some("is there a loop in a loop, or a text that grows and grows?"),
        ),
        ErrorKind::UnknownFilter => {
            (detail(), Some("the filters are `block`, `items` and `reverse`"))
        }
        ErrorKind::UnknownFunction => (detail(), Some("the function is `part`")),
        ErrorKind::UnknownTest => (detail(), Some("the tests are `none` and the operators")),
        _ => (detail(), None),
    }
}
