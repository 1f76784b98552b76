//! What a template made, what each byte of it comes from, and the bounds of a user's templates.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Object, Value};
use minijinja::{Environment, Error as TemplateError, ErrorKind, OutputSpan, OutputSpanKind};

use super::context::Context;
use super::environment::PARTS;
use super::error::Fault;
use super::{injection, yaml};
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Place};

/// Bytes that the templates of a user may make of one artifact.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Parts that the templates of a user may print in one artifact.
const MOST_PRINTED: usize = 200;

/// What a template made, and what each range of it comes from; nothing for those inside the program.
#[derive(Debug, Clone)]
pub(super) struct Printed {
    pub(super) text: String,
    pub(super) spans: Vec<OutputSpan>,
}

/// What a template made, with its parts.
#[derive(Debug)]
pub(super) struct Output {
    printed: Printed,
    parts: Option<Arc<Parts>>,
}

/// What a place of an output comes from.
#[derive(Debug)]
pub(super) struct Origin {
    /// The template.
    pub(super) template: String,
    /// The place in it: the very one, or the expression that printed it.
    pub(super) at: Range<usize>,
    /// Whether that is an expression.
    pub(super) is_expression: bool,
}

impl Output {
    /// What a template inside the program made.
    pub(super) fn of(text: String) -> Self {
        Self { printed: Printed { text, spans: Vec::new() }, parts: None }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.printed.text
    }

    /// The same, no longer looked at.
    pub(super) fn into_text(self) -> String {
        self.printed.text
    }

    /// What a byte of the text comes from.
    pub(super) fn origin(&self, at: usize) -> Option<Origin> {
        self.origin_in(&self.printed, at)
    }

    fn origin_in(&self, printed: &Printed, at: usize) -> Option<Origin> {
        let span = printed.spans.iter().find(|span| span.output_range().contains(&at))?;
        let output = span.output_range();
        let block = &printed.text[output.clone()];
        let part = self.parts.as_ref().and_then(|parts| parts.of(block));
        if let Some(part) = part {
            return self.origin_in(&part.printed, part.inner(at - output.start));
        }
        let is_expression = span.kind() == OutputSpanKind::Expression;
        let source = span.source_range();
        let start = source.start + at - output.start;
        Some(Origin {
            template: span.name().to_owned(),
            at: if is_expression { source } else { start..start + 1 },
            is_expression,
        })
    }
}

/// The parts that were printed as blocks, each with the text that stands in the whole.
#[derive(Debug)]
pub(super) struct Parts {
    /// Whether this is only to see that the templates stay within bounds.
    dry: bool,
    printed: Mutex<Vec<Part>>,
}

/// A part that was printed.
#[derive(Debug, Clone)]
struct Part {
    block: String,
    indent: usize,
    printed: Printed,
}

impl Part {
    /// The byte of the part itself that stands at a byte of the block.
    fn inner(&self, at: usize) -> usize {
        let before = &self.block[..at];
        let line = before.matches('\n').count().saturating_sub(1);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = (at - start).saturating_sub(self.indent);
        let above = self.printed.text.split_inclusive('\n').take(line).map(str::len);
        above.sum::<usize>() + column
    }
}

impl Object for Parts {}

impl Parts {
    fn new(dry: bool) -> Arc<Self> {
        Arc::new(Self { dry, printed: Mutex::default() })
    }

    /// The part that made a text.
    fn of(&self, block: &str) -> Option<Part> {
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.iter().find(|part| part.block == block).cloned()
    }

    /// Renders a part; returns the block that stands in the whole.
    pub(super) fn print(
        &self,
        environment: &Environment<'_>,
        name: &str,
        context: Value,
        indent: usize,
    ) -> Result<String, TemplateError> {
        let printed = if self.dry {
            Printed { text: bounded(environment, name, context)?, spans: Vec::new() }
        } else {
            looked_at(environment, name, context)?
        };
        let block = yaml::Block::lines(&printed.text, indent);
        let part = Part { block: block.clone(), indent, printed };
        if self.add(part) { Ok(block) } else { Err(too_much(name)) }
    }

    /// Whether it is not too much.
    fn add(&self, part: Part) -> bool {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.push(part);
        let bytes: usize = printed.iter().map(|part| part.block.len()).sum();
        bytes <= MOST_BYTES && printed.len() <= MOST_PRINTED
    }
}

fn too_much(template: &str) -> TemplateError {
    let message = format!(
        "the templates make more than {MOST_BYTES} bytes of one artifact, or more than {MOST_PRINTED} parts"
    );
    let fault = Fault {
        template: Source::new(template, ""),
        diagnostic: Diagnostic::new(Code::TEMPLATE, Place::text(0..0), message),
    };
    TemplateError::new(ErrorKind::InvalidOperation, fault.to_string()).with_source(fault)
}

/// Renders a template of a user: once to see that it stays within bounds, and once to know what comes
/// from where and to look at how it prints values.
pub(super) fn print(
    environment: &Environment<'_>,
    name: &str,
    context: &Context,
) -> Result<Output, TemplateError> {
    let with = |parts: &Arc<Parts>| {
        let mut context = context.clone();
        context.insert(PARTS, Value::from_dyn_object(parts.clone()));
        Value::from(context)
    };
    bounded(environment, name, with(&Parts::new(true)))?;
    let parts = Parts::new(false);
    let printed = looked_at(environment, name, with(&parts))?;
    Ok(Output { printed, parts: Some(parts) })
}

fn bounded(env: &Environment<'_>, name: &str, context: Value) -> Result<String, TemplateError> {
    let mut out = Bounded(Vec::new());
    env.get_template(name)?.render_captured_to(context, &mut out).map_err(|error| {
        if error.kind() == ErrorKind::WriteFailure { too_much(name) } else { error }
    })?;
    Ok(String::from_utf8_lossy(&out.0).into_owned())
}

fn looked_at(env: &Environment<'_>, name: &str, context: Value) -> Result<Printed, TemplateError> {
    let (text, spans) = env.get_template(name)?.render_with_spans(context)?;
    let printed = Printed { text, spans };
    match injection::check(name, &printed) {
        Some(value) => Err(value.into_error(env)),
        None => Ok(printed),
    }
}

/// Takes so many bytes, and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
