//! Checks values against the definitions of Kubernetes.

use serde_json::Value;

use super::definitions::{Definition, resolved};
use super::field_schema::FieldSchema;
use super::problem::{Problem, ProblemKind};
use super::stored::is_replaced;
use super::version::Version;
use crate::diagnostics::pointer::join;

/// Everything in a value that the definition of this name does not allow in a version. `pointer` is the
/// place of the value.
pub fn problems<'a>(
    definition: &str,
    value: &'a Value,
    pointer: &str,
    version: Version,
) -> Vec<Problem<'a>> {
    let mut checker = Checker { version, found: Vec::new() };
    if let Some(definition) = Definition::named(definition) {
        let path = Path::Root(pointer, definition);
        checker.check(definition.table(), Some(definition), value, &path);
    }
    checker.found
}

/// As [`problems`], for one key of a table and its value; `None` if the definition has no such key in any
/// version. `pointer` is the place of the table.
pub fn problems_of_key<'a>(
    definition: &str,
    key: &'a str,
    value: &'a Value,
    pointer: &str,
    version: Version,
) -> Option<Vec<Problem<'a>>> {
    let definition = Definition::named(definition)?;
    let mut checker = Checker { version, found: Vec::new() };
    let path = Path::Root(pointer, definition);
    let is_known = checker.check_key(definition.table(), Some(definition), key, value, &path);
    is_known.then_some(checker.found)
}

/// The path of a value, linked on the stack: only a problem needs it as a pointer.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root(&'p str, &'static Definition),
    Key(&'p Path<'p>, &'p str),
    Element(&'p Path<'p>, usize),
}

impl Path<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root(pointer, _) => (*pointer).to_owned(),
            Self::Key(table, key) => join(&table.pointer(), key),
            Self::Element(list, index) => format!("{}/{index}", list.pointer()),
        }
    }

    fn definition(&self) -> &'static Value {
        match self {
            Self::Root(_, definition) => definition.json(),
            Self::Key(table, key) => {
                let table = table.definition();
                resolved(table["properties"].get(key).unwrap_or(&table["additionalProperties"]))
            }
            Self::Element(list, _) => resolved(&list.definition()["items"]),
        }
    }
}

struct Checker<'a> {
    version: Version,
    found: Vec<Problem<'a>>,
}

impl<'a> Checker<'a> {
    fn add(&mut self, kind: ProblemKind<'a>, value: &'a Value, path: &Path<'_>) {
        let (pointer, definition) = (path.pointer(), path.definition());
        self.found.push(Problem { pointer, value, definition, kind });
    }

    fn check_field(&mut self, field: &'static FieldSchema, value: &'a Value, path: &Path<'_>) {
        match Definition::of_field(field) {
            Some(definition) => self.check(definition.table(), Some(definition), value, path),
            None => self.check(field, None, value, path),
        }
    }

    /// Checks a value of a definition, or of a field that says itself what it takes.
    fn check(
        &mut self,
        schema: &'static FieldSchema,
        definition: Option<&'static Definition>,
        value: &'a Value,
        path: &Path<'_>,
    ) {
        if !schema.has_type_of(value) {
            return self.add(ProblemKind::Type, value, path);
        }
        if !schema.has_value(value) {
            self.add(ProblemKind::Value, value, path);
        }
        if let Some(problem) = schema.format_problem(value) {
            self.add(problem, value, path);
        }
        match value {
            Value::Object(entries) => {
                for key in schema.required(self.version) {
                    if entries.get(key).is_none_or(Value::is_null) {
                        self.add(ProblemKind::MissingKey(key), value, path);
                    }
                }
                for (key, below) in entries {
                    if !self.check_key(schema, definition, key, below, path) {
                        self.add(ProblemKind::UnknownKey(key), value, path);
                    }
                }
            }
            Value::Array(elements) => {
                let Some(items) = &schema.items else { return };
                for (index, element) in elements.iter().enumerate() {
                    self.check_field(items, element, &Path::Element(path, index));
                }
            }
            _ => {}
        }
    }

    /// Checks a key of a table, and its value. Whether there is such a key.
    fn check_key(
        &mut self,
        schema: &'static FieldSchema,
        definition: Option<&'static Definition>,
        key: &'a str,
        value: &'a Value,
        table: &Path<'_>,
    ) -> bool {
        let path = Path::Key(table, key);
        // A key without a value is left out.
        if value.is_null() {
            let is_known = definition.is_none_or(|it| !it.has_fields() || it.field(key).is_some());
            return is_known || schema.map_values.is_some();
        }
        match definition.and_then(|definition| definition.field(key)) {
            Some(field) if field.versions().contains(self.version) => {
                let is_left_out = definition.is_some_and(|owner| is_replaced(owner, key, value))
                    && !schema.required(self.version).any(|required| required == key);
                if !is_left_out {
                    self.check_field(field, value, &path);
                }
            }
            Some(field) => {
                let kind = ProblemKind::OtherVersion(key, field.versions(), self.version);
                // The problem is one of the table: its value is not looked at.
                self.add(kind, value, table);
            }
            None => match &schema.map_values {
                Some(values) => self.check_field(values, value, &path),
                // An object without known keys may have any.
                None => return definition.is_none_or(|definition| !definition.has_fields()),
            },
        }
        true
    }
}
