//! Where each value of a merged spec comes from: the defaults of the workspace, the spec itself, an
//! environment in one of the two, or a setting of the command line.

use std::fmt;

use serde_json::Value;

use crate::Options;
use crate::diagnostics::pointer::join;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Diagnostic, Place};
use crate::spec::envelope::Form;
use crate::spec::environments::{ENVIRONMENT, Environments};
use crate::spec::layers::Layers;
use crate::spec::merge::Overlay;
use crate::spec::schema;
use crate::text;

/// A leaf of a merged spec: a scalar, a list as a whole, or an empty table.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Where it stands in the flat, merged spec: the keys of the tables around it, and its own.
    pub path: Vec<String>,
    /// What it is.
    pub value: Value,
    /// Where it comes from: with its range, and the text that it is in.
    pub place: Place,
    /// Which document it comes from.
    pub layer: Layer,
}

/// A document of those that lie one over another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The defaults of the workspace.
    Defaults,
    /// An environment there, by its name.
    DefaultsEnvironment(String),
    /// The spec.
    Spec,
    /// An environment there, by its name.
    Environment(String),
    /// A setting of the command line; of a list, also one for an element of it.
    Setting,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => f.write_str("defaults"),
            Self::DefaultsEnvironment(name) => write!(f, "defaults, environments.{name}"),
            Self::Spec => f.write_str("spec"),
            Self::Environment(name) => write!(f, "environments.{name}"),
            Self::Setting => f.write_str("command line"),
        }
    }
}

impl Origin {
    /// The path as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        pointer(&self.path)
    }
}

/// The leaves of the merged spec, in its order, without the table `environments`. The error is what
/// [`crate::check`] finds in the text and the shape, at its place; what the rules find is none here.
pub fn of(source: &Source, options: &Options<'_>) -> Result<Vec<Origin>, Vec<Diagnostic>> {
    let document = text::parse(source).map_err(|found| placed(source, found))?;
    let (document, layers) =
        Layers::merged(document, options.workspace, options.settings, options.version)
            .map_err(|found| placed(source, found))?;
    let form = Form::of(&document);
    let wrong = |mut found: Vec<Diagnostic>| {
        layers.trace(&mut found);
        placed(source, found)
    };
    let found = schema::check(form, &document, options.version);
    if !found.is_empty() {
        return Err(wrong(found));
    }
    let mut spec = form.open(document);
    let environments = Environments::take(&mut spec);
    let in_form = |mut found: Vec<Diagnostic>| {
        for place in found.iter_mut().flat_map(Diagnostic::places_mut) {
            place.pointer = form.pointer(&place.pointer);
        }
        wrong(found)
    };
    let overlay = match environments.chosen(&spec, options.environment) {
        Ok(overlay) => overlay,
        Err(unknown) => return Err(in_form(vec![*unknown])),
    };
    let merged = overlay.as_ref().map_or_else(|| spec.clone(), Overlay::merged);
    if let Some(overlay) = &overlay {
        let found = crate::shape(overlay, &merged, options);
        if !found.is_empty() {
            return Err(in_form(found));
        }
    }
    let name = options.environment.map(str::to_owned);
    let name = name.or_else(|| spec.get(ENVIRONMENT)?.as_str().map(str::to_owned));
    let mut origins = Vec::new();
    leaves(merged, &mut Vec::new(), &mut |path, value| {
        let flat = pointer(&path);
        let traced = overlay.as_ref().map_or_else(|| flat.clone(), |one| one.origin(&flat));
        let environment = name.clone().filter(|_| traced != flat);
        let mut place = Place::value(form.pointer(&traced));
        if let Some(place) = layers.setting(&place.pointer) {
            origins.push(Origin { path, value, place, layer: Layer::Setting });
            return;
        }
        layers.trace_place(&mut place);
        let layer = match (place.source.is_some(), environment) {
            (true, None) => Layer::Defaults,
            (true, Some(name)) => Layer::DefaultsEnvironment(name),
            (false, None) => Layer::Spec,
            (false, Some(name)) => Layer::Environment(name),
        };
        origins.push(Origin { path, value, place, layer });
    });
    text::place_each(source, origins.iter_mut().map(|origin| &mut origin.place));
    for origin in &mut origins {
        origin.place.source.get_or_insert_with(|| source.clone());
    }
    Ok(origins)
}

fn placed(source: &Source, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    text::place(source, &mut found);
    found
}

/// Takes a document apart, in its order.
fn leaves(node: Value, path: &mut Vec<String>, leaf: &mut impl FnMut(Vec<String>, Value)) {
    match node {
        Value::Object(table) if !table.is_empty() => {
            for (key, below) in table {
                path.push(key);
                leaves(below, path, leaf);
                path.pop();
            }
        }
        value => leaf(path.clone(), value),
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().fold(String::new(), |pointer, step| join(&pointer, step))
}
