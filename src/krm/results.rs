//! The results of a call: as `results` of the ResourceList, and as lines for people.

use serde_json::{Map, Value, json};

use super::resource::{INDEX, Resource};
use crate::diagnostics::source::Source;
use crate::diagnostics::{Code, Diagnostic, Edit, Part, Severity, pointer, shown};

/// A result, about an object or about the call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FunctionResult {
    severity: Severity,
    code: Code,
    message: String,
    /// `apiVersion`, `kind`, `name` and `namespace` of the object.
    object: Option<Value>,
    /// The path of the field, its value, and the value that it should have.
    field: Option<(String, Value, Value)>,
    /// The file of the object, and the index of the object in the file.
    file: Option<(String, u64)>,
    /// `FILE:LINE:COLUMN`, for a spec that was read from a file.
    position: Option<String>,
}

impl FunctionResult {
    /// An error about the call.
    pub(super) fn error(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            severity: Severity::Error,
            code,
            message,
            object: None,
            field: None,
            file: None,
            position: None,
        }
    }

    #[must_use]
    pub(super) fn about(mut self, resource: &Resource) -> Self {
        if resource.kind().is_empty() && resource.name().is_empty() {
            return self;
        }
        let mut object = Map::new();
        for (key, value) in [
            ("apiVersion", resource.api_version()),
            ("kind", resource.kind()),
            ("name", resource.name()),
            ("namespace", resource.namespace()),
        ] {
            if key != "namespace" || !value.is_empty() {
                object.insert(key.to_owned(), value.into());
            }
        }
        self.object = Some(Value::Object(object));
        let index = resource.annotation(INDEX[0]).and_then(|index| index.parse().ok());
        self.file = resource.path().map(|path| (path.to_owned(), index.unwrap_or(0)));
        self
    }

    /// Sets the field; a value of null is left out.
    #[must_use]
    pub(super) fn field(mut self, path: &str, current: Value, proposed: Value) -> Self {
        self.field = Some((path.to_owned(), current, proposed));
        self
    }

    #[must_use]
    pub(super) fn at(self, source: &Source, found: &Diagnostic) -> Self {
        let start = found.place.span.as_ref().map_or(0, |span| span.start);
        let position = source.position(start);
        let at = format!("{}:{}:{}", source.name(), position.line, position.column);
        Self { position: Some(at), file: Some((source.name().to_owned(), 0)), ..self }
    }

    pub(super) fn from_diagnostic(
        resource: &Resource,
        source: &Source,
        found: &Diagnostic,
    ) -> Self {
        let message = match &found.help {
            Some(help) => format!("{}; {}", found.message, help.replace('\n', " ")),
            None => found.message.clone(),
        };
        let pointer = &found.place.pointer;
        let result =
            Self { severity: found.severity, ..Self::error(found.code, message).about(resource) };
        // Defaults of a workspace are not fields of the object.
        if pointer.is_empty() || found.place.source.is_some() {
            return result;
        }
        let current = resource.value().pointer(pointer).filter(|value| {
            found.place.target == Part::Value && !value.is_object() && !value.is_array()
        });
        let proposed = match found.fix.as_ref().map(|fix| &fix.edit) {
            // The edit has quotes, as in the text.
            Some(Edit::Text(text)) if current.is_some() => {
                serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into())
            }
            Some(Edit::Quotes) => {
                found.place.span.clone().and_then(|span| source.text().get(span)).into()
            }
            _ => Value::Null,
        };
        result.field(&field_path(pointer), current.cloned().unwrap_or_default(), proposed)
    }

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

    /// Converts it to an element of `results`. Source: KRM Functions Specification.
    pub(super) fn to_json(&self) -> Value {
        let severity = self.severity.as_ref();
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

    pub(super) fn to_line(&self) -> String {
        let mut line = self.position.as_ref().map_or(String::new(), |at| format!("{at}: "));
        line.extend([self.severity.as_ref(), "[", self.code.as_str(), "]: "]);
        let of_object = |key| self.object.as_ref().and_then(|object| object[key].as_str());
        if let (Some(kind), Some(name)) = (of_object("kind"), of_object("name"))
            && !kind.is_empty()
            && self.position.is_none()
        {
            line.extend([&shown(kind), " ", &shown(name), ": "]);
        }
        if let Some((path, ..)) = &self.field {
            line.extend([&shown(path), ": "]);
        }
        line + &self.message
    }
}

/// Converts a JSON pointer to a field path such as `spec.grants[0].roles`.
fn field_path(pointer: &str) -> String {
    let mut path = String::new();
    for key in pointer::steps(pointer) {
        let is_index = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
        if is_index {
            path.extend(["[", &key, "]"]);
        } else if key.contains('.') {
            path.extend(["[", &Value::from(&*key).to_string(), "]"]);
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
    fn pointers_become_field_paths() {
        assert_eq!(field_path("/spec/grants/0/roles"), "spec.grants[0].roles");
        assert_eq!(field_path("/metadata/annotations/a.b~1c"), "metadata.annotations[\"a.b/c\"]");
        assert_eq!(field_path("/spec"), "spec");
    }
}
