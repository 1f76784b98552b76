//! Renders users' templates: within limits, and with the origin of all output.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Object, Value};
use minijinja::{Environment, Error, ErrorKind, State};

use super::context::{Context, NAMES};
use super::error::TemplateError;
use super::limits::{MAX_BYTES, MAX_PARTS, PRINTED, Printed, above_limit};
use super::provenance::{Output, Part, TaggedOutput};
use super::{injection, yaml};
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Location};

/// How deep parts may nest.
const MAX_DEPTH: u8 = 8;

/// Hidden variables of the context: the parts so far, and how deep this one is.
const PARTS: &str = "__parts";
const DEPTH: &str = "__depth";

/// The parts that an artifact has printed so far.
#[derive(Debug)]
struct Parts {
    /// Whether to check nothing but the limits.
    limits_only: bool,
    printed: Mutex<Vec<Part>>,
}

impl Object for Parts {}

/// Renders a template twice: first to check the limits, then to record the origin of all output.
pub(super) fn render(
    environment: &Environment<'_>,
    name: &str,
    context: &Context,
) -> Result<Output, Error> {
    let with_parts = |limits_only| {
        let parts = Arc::new(Parts { limits_only, printed: Mutex::default() });
        let context = context
            .clone()
            .with(PARTS, Value::from_dyn_object(parts.clone()))
            .with(PRINTED, Value::from_object(Printed::default()));
        (parts, Value::from_object(context))
    };
    let (_, context_of_dry_run) = with_parts(true);
    render_within_limits(environment, name, context_of_dry_run)?;
    let (parts, context) = with_parts(false);
    let whole = render_tagged(environment, name, context)?;
    let mut printed = parts.printed.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Output { whole, parts: std::mem::take(&mut printed) })
}

/// The function `part(template, indent)`: prints another template with the same values, as a block below
/// a key. It takes only the name of a template, so nothing bypasses the escapers.
pub(super) fn part(state: &State<'_, '_>, name: &str, indent: usize) -> Result<Value, Error> {
    let depth = state.lookup(DEPTH).and_then(|depth| u8::try_from(depth).ok()).unwrap_or(0);
    if depth == MAX_DEPTH {
        let message = "parts nest too deep: does a template print itself?";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let values = NAMES.into_iter().chain([PARTS, PRINTED]);
    let context: Context = values.filter_map(|name| Some((name, state.lookup(name)?))).collect();
    let parts = state.lookup(PARTS).as_ref().and_then(Value::downcast_object::<Parts>);
    let context = Value::from_object(context.with(DEPTH, Value::from(depth + 1)));
    let block = match parts {
        Some(parts) => parts.print(state, name, context, indent)?,
        None => {
            yaml::indent_lines(state, &state.env().get_template(name)?.render(context)?, indent)?
        }
    };
    Ok(Value::from_object(yaml::Block(block)))
}

impl Parts {
    /// Renders a part, and returns its block.
    fn print(
        &self,
        state: &State<'_, '_>,
        name: &str,
        context: Value,
        indent: usize,
    ) -> Result<String, Error> {
        let environment = state.env();
        let output = if self.limits_only {
            let (text, steps) = render_within_limits(environment, name, context)?;
            state.consume_fuel(steps)?;
            TaggedOutput { text, spans: Vec::new() }
        } else {
            render_tagged(environment, name, context)?
        };
        let block = yaml::indent_lines(state, &output.text, indent)?;
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.push(Part { block: block.clone(), indent, output });
        if printed.len() > MAX_PARTS {
            return Err(above_limit());
        }
        Ok(block)
    }
}

/// An error that has no place, at the start of a template.
fn at_start(name: &str, error: &Error) -> Error {
    let message = error.detail().unwrap_or_default();
    let diagnostic = Diagnostic::new(Code::TEMPLATE, Location::text(0..0), message);
    TemplateError { template: Source::new(name, ""), diagnostic }
        .into_engine(ErrorKind::InvalidOperation)
}

/// Renders a template, and counts its steps.
fn render_within_limits(
    environment: &Environment<'_>,
    name: &str,
    context: Value,
) -> Result<(String, u64), Error> {
    let mut out = LimitedWriter(Vec::new());
    let template = environment.get_template(name)?;
    let rendered = template.render_captured_to(context, &mut out).map_err(|error| {
        if error.kind() == ErrorKind::WriteFailure { at_start(name, &above_limit()) } else { error }
    })?;
    let steps = rendered.state().fuel_levels().map_or(0, |(steps, _)| steps);
    drop(rendered);
    Ok((String::from_utf8_lossy(&out.0).into_owned(), steps))
}

fn render_tagged(
    environment: &Environment<'_>,
    name: &str,
    context: Value,
) -> Result<TaggedOutput, Error> {
    let (text, spans) = environment.get_template(name)?.render_with_spans(context)?;
    let output = TaggedOutput { text, spans };
    match injection::check(name, &output) {
        Some(unquoted) => Err(unquoted.into_engine(environment)),
        None => Ok(output),
    }
}

/// Accepts [`MAX_BYTES`], and no more.
struct LimitedWriter(Vec<u8>);

impl io::Write for LimitedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
