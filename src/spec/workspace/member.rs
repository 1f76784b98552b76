//! A spec over the defaults of its workspace: what the two are together, and which of the two each
//! part comes from.

use serde_json::{Map, Value};

use super::Workspace;
use crate::diagnostics::{Code, Diagnostic, Place};
use crate::spec::envelope::{Form, METADATA};
use crate::spec::merge::Overlay;

/// A spec of a workspace, in the form in which it is written.
#[derive(Debug)]
pub struct Member<'a> {
    workspace: &'a Workspace,
    form: Form,
    spec: Value,
    /// The defaults in the form of the spec.
    defaults: Value,
}

impl<'a> Member<'a> {
    /// Takes a spec for one of a workspace.
    pub fn new(workspace: &'a Workspace, spec: Value) -> Self {
        let form = Form::of(&spec);
        let defaults = in_form(form, &workspace.defaults, &spec);
        Self { workspace, form, spec, defaults }
    }

    /// The defaults with the spec laid over them: a document in the form of the spec.
    pub fn merged(&self) -> Value {
        let at = String::new();
        Overlay { base: &self.defaults, over: &self.spec, at }.merged()
    }

    /// Tells where what was found in the merged document comes from: for what the defaults brought, that
    /// is their file. What is missing altogether is told of the spec.
    ///
    /// What the defaults allow need not come in every spec: that is no finding.
    pub fn trace(&self, found: &mut Vec<Diagnostic>) {
        for one in found.iter_mut() {
            let gap = is_gap(one).then(|| one.place.pointer.clone());
            one.places_mut().for_each(|place| self.trace_place(place));
            if let Some(pointer) = gap
                && one.place.source.is_some()
                && !self.is_in_list(&pointer)
            {
                let table = std::mem::replace(&mut one.place, Place::key(pointer));
                one.related.insert(0, (table, "what there is of it comes from here".to_owned()));
            }
        }
        found.retain(|one| one.code != Code::UNUSED_ALLOWANCE || one.place.source.is_none());
    }

    /// As [`Member::trace`], for one place.
    pub fn trace_place(&self, place: &mut Place) {
        if place.source.is_none() && place.span.is_none() && self.is_default(&place.pointer) {
            place.pointer = format!("/defaults{}", self.flat(&place.pointer));
            place.source = Some(self.workspace.source.clone());
        }
    }

    /// The pointer without the envelope.
    fn flat<'p>(&self, pointer: &'p str) -> &'p str {
        let below = ["/spec", "/metadata"].iter().find_map(|table| pointer.strip_prefix(table));
        match self.form {
            Form::Krm => below.unwrap_or(pointer),
            Form::Flat => pointer,
        }
    }

    /// Whether a node of the merged document comes from the defaults alone.
    fn is_default(&self, pointer: &str) -> bool {
        let (mut spec, mut default) = (Some(&self.spec), Some(&self.defaults));
        for step in pointer.split('/').skip(1) {
            let below = spec.and_then(|spec| child(spec, step));
            if below.is_none() && spec.is_some_and(|spec| !spec.is_object()) {
                // What is no table replaces what the defaults have, whole.
                return false;
            }
            spec = below;
            default = default.and_then(|default| child(default, step));
            if spec.is_none() && default.is_none() {
                break;
            }
        }
        spec.is_none() && (default.is_some() || self.is_in_list(pointer))
    }

    /// Whether a place is in a list of the defaults, to which a spec can add nothing.
    fn is_in_list(&self, pointer: &str) -> bool {
        let mut node = &self.defaults;
        for step in pointer.split('/').skip(1) {
            match child(node, step) {
                Some(_) if node.is_array() => return true,
                Some(below) => node = below,
                None => return false,
            }
        }
        false
    }
}

/// Whether something is missing from the table that a finding is about.
fn is_gap(found: &Diagnostic) -> bool {
    found.code == Code::MISSING_KEY
        || (found.code == Code::CLUSTER_LOCATION && found.related.is_empty())
}

fn child<'a>(node: &'a Value, step: &str) -> Option<&'a Value> {
    match node {
        Value::Object(table) => table.get(&step.replace("~1", "/").replace("~0", "~")),
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Defaults as a spec of this form would have them. The tables of the envelope are for the spec itself
/// to bring.
fn in_form(form: Form, defaults: &Map<String, Value>, spec: &Value) -> Value {
    if form == Form::Flat {
        return Value::Object(defaults.clone());
    }
    let (metadata, below): (Map<_, _>, Map<_, _>) = defaults
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .partition(|(key, _)| METADATA.contains(&key.as_str()));
    let tables = [("metadata", metadata), ("spec", below)];
    let tables = tables.into_iter().filter(|(key, _)| spec.get(key).is_some());
    Value::Object(tables.map(|(key, table)| (key.to_owned(), table.into())).collect())
}
