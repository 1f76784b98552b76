//! What is said of a call: as results for the orchestrator, and a line each for people.

use serde_json::{Map, Value, json};

use super::resource::Item;
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Edit, Severity, Target, shown};

/// Something to say, of an object or of the call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    severity: Severity,
    code: Code,
    message: String,
    /// `apiVersion`, `kind`, `name` and `namespace` of the object.
    object: Option<Value>,
    /// The field, as JSON path, its value and the value it should have.
    field: Option<(String, Value, Value)>,
    /// The file that the object is in, and which object of it.
    file: Option<(String, u64)>,
    /// `FILE:LINE:COLUMN`, of what was read from a file.
    at: Option<String>,
}

impl Told {
    /// An error of the call.
    pub(super) fn error(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            severity: Severity::Error,
            code,
            message,
            object: None,
            field: None,
            file: None,
            at: None,
        }
    }

    /// Of this object.
    #[must_use]
    pub(super) fn of(mut self, item: &Item) -> Self {
        if item.kind().is_empty() && item.name().is_empty() {
            return self;
        }
        let mut object = Map::new();
        for (key, text) in [
            ("apiVersion", item.api_version()),
            ("kind", item.kind()),
            ("name", item.name()),
            ("namespace", item.namespace()),
        ] {
            if key != "namespace" || !text.is_empty() {
                object.insert(key.to_owned(), text.into());
            }
        }
        self.object = Some(Value::Object(object));
        let index = item.annotation(super::resource::INDEX).and_then(|index| index.parse().ok());
        self.file = item.path().map(|path| (path.to_owned(), index.unwrap_or(0)));
        self
    }

    /// Of this field of it; a value that is null is not told.
    #[must_use]
    pub(super) fn field(mut self, path: &str, current: Value, proposed: Value) -> Self {
        self.field = Some((path.to_owned(), current, proposed));
        self
    }

    /// At this place of a file.
    #[must_use]
    pub(super) fn at(self, source: &Source, found: &Diagnostic) -> Self {
        let start = found.place.span.as_ref().map_or(0, |span| span.start);
        let position = source.position(start);
        let at = format!("{}:{}:{}", source.name(), position.line, position.column);
        Self { at: Some(at), file: Some((source.name().to_owned(), 0)), ..self }
    }

    /// What was found in an app spec.
    pub(super) fn found(item: &Item, source: &Source, found: &Diagnostic) -> Self {
        let message = match &found.help {
            Some(help) => format!("{}; {}", found.message, help.replace('\n', " ")),
            None => found.message.clone(),
        };
        let pointer = &found.place.pointer;
        let told = Self { severity: found.severity, ..Self::error(found.code, message).of(item) };
        // What is wrong with the defaults of a workspace is no field of the object.
        if pointer.is_empty() || found.place.source.is_some() {
            return told;
        }
        let current = item.value().pointer(pointer).filter(|value| {
            found.place.target == Target::Value && !value.is_object() && !value.is_array()
        });
        let proposed = match found.fix.as_ref().map(|fix| &fix.edit) {
            // As it would stand in the text: with its quotes.
            Some(Edit::Text(text)) if current.is_some() => {
                serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into())
            }
            Some(Edit::Quotes) => {
                found.place.span.clone().and_then(|span| source.text().get(span)).into()
            }
            _ => Value::Null,
        };
        told.field(&path(pointer), current.cloned().unwrap_or_default(), proposed)
    }

    /// Not as bad as its code.
    #[must_use]
    pub(super) fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(super) fn code(&self) -> Code {
        self.code
    }

    pub(super) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// One of the `results`. Source: KRM Functions Specification.
    pub(super) fn result(&self) -> Value {
        let severity = self.severity.as_str();
        let mut result = json!({"message": self.message, "severity": severity});
        if let Some(object) = &self.object {
            result["resourceRef"] = object.clone();
        }
        if let Some((path, current, proposed)) = &self.field {
            result["field"] = json!({"path": path});
            for (key, value) in [("currentValue", current), ("proposedValue", proposed)] {
                if !value.is_null() {
                    result["field"][key] = value.clone();
                }
            }
        }
        if let Some((path, index)) = &self.file {
            result["file"] = json!({"path": path, "index": index});
        }
        result["tags"] = json!({"code": self.code.as_str()});
        result
    }

    /// A line for people.
    pub(super) fn line(&self) -> String {
        let mut line = self.at.as_ref().map_or(String::new(), |at| format!("{at}: "));
        line.extend([self.severity.as_str(), "[", self.code.as_str(), "]: "]);
        let of_object = |key| self.object.as_ref().and_then(|object| object[key].as_str());
        if let (Some(kind), Some(name)) = (of_object("kind"), of_object("name"))
            && !kind.is_empty()
            && self.at.is_none()
        {
            line.extend([&shown(kind), " ", &shown(name), ": "]);
        }
        if let Some((path, ..)) = &self.field {
            line.extend([&shown(path), ": "]);
        }
        line + &self.message
    }
}

/// A JSON pointer as the path of a field: `spec.grants[0].roles`.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        let key = step.replace("~1", "/").replace("~0", "~");
        let is_index = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
        if is_index {
            path.extend(["[", &key, "]"]);
        } else if key.contains('.') {
            path.extend(["[", &Value::from(key).to_string(), "]"]);
        } else {
            path.extend([if path.is_empty() { "" } else { "." }, &key]);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_as_people_name_them() {
        assert_eq!(path("/spec/grants/0/roles"), "spec.grants[0].roles");
        assert_eq!(path("/metadata/annotations/a.b~1c"), "metadata.annotations[\"a.b/c\"]");
        assert_eq!(path("/spec"), "spec");
    }
}
