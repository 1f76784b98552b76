//! Checks values against the definitions of Kubernetes.

use serde_json::Value;

use super::definitions::{Definition, resolved};
use super::field_schema::FieldSchema;
use super::problem::{Problem, ProblemKind};
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

#[cfg(test)]
pub(crate) use tests::any_value;

struct Checker<'a> {
    version: Version,
    found: Vec<Problem<'a>>,
}

impl<'a> Checker<'a> {
    fn add(&mut self, kind: ProblemKind<'a>, value: &'a Value, path: &Path<'_>) {
        let (pointer, definition) = (path.pointer(), path.definition());
        self.found.push(Problem { pointer, value, definition, kind });
    }

    /// Checks a value that a field may have.
    fn check_field(&mut self, field: &'static FieldSchema, value: &'a Value, path: &Path<'_>) {
        match field.definition().and_then(Definition::named) {
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
                    if !entries.contains_key(key) {
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
        match definition.and_then(|definition| definition.field(key)) {
            Some(field) if field.versions().contains(self.version) => {
                self.check_field(field, value, &path);
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

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::json;

    use super::*;
    use crate::kubernetes::{definition, types};

    fn of(name: &str, value: &Value) -> Vec<(String, String)> {
        let found = problems(name, value, "", Version::NEWEST);
        found.into_iter().map(|p| (p.pointer, format!("{:?}", p.kind))).collect()
    }

    #[test]
    fn every_problem_has_its_place() {
        let found = of(
            "PodSpec",
            &json!({
                "containers": [{"name": "a", "ports": [{"containerPort": "80"}], "resources": {"limits": {"cpu": 0.5, "memory": "1Gb"}}}],
                "volumes": [{"emptyDir": {}}],
                "terminationGracePeriodSeconds": 30.0,
                "dnsPolicy": "Cluster",
                "nodeSelector": {"a/b": 1},
                "hostNetwrk": true,
                "tolerations": null,
            }),
        );
        let expected = [
            ("/containers/0/ports/0/containerPort", "Type"),
            ("/containers/0/resources/limits/memory", "Quantity"),
            ("/volumes/0", "MissingKey(\"name\")"),
            ("/terminationGracePeriodSeconds", "Type"),
            ("/dnsPolicy", "Value"),
            ("/nodeSelector/a~1b", "Type"),
            ("", "UnknownKey(\"hostNetwrk\")"),
            ("/tolerations", "Type"),
        ];
        assert_eq!(found, expected.map(|(pointer, kind)| (pointer.into(), kind.into())));
    }

    /// A value that a node mostly accepts.
    fn any(rng: &mut Rng, node: &'static Value, depth: usize) -> Value {
        let node = if rng.u8(0..150) > 0 { resolved(node) } else { definition("PodSpec") };
        let names: Vec<&str> = types(node).collect();
        match *rng.choice(&names).unwrap_or(&"string") {
            _ if rng.u8(0..200) == 0 => Value::Null,
            "object" => {
                let mut table = serde_json::Map::new();
                for (key, node) in node["properties"].as_object().into_iter().flatten() {
                    if rng.usize(0..4 + depth * depth) == 0 {
                        table.insert(key.clone(), any(rng, node, depth + 1));
                    }
                }
                for key in node["required"].as_array().into_iter().flatten() {
                    let key = key.as_str().unwrap();
                    if rng.u8(0..60) > 0 {
                        table.insert(key.to_owned(), any(rng, &node["properties"][key], depth + 1));
                    }
                }
                if node["additionalProperties"].is_object() {
                    table.insert("a/b".to_owned(), any(rng, &node["additionalProperties"], depth));
                }
                if rng.u8(0..60) == 0 {
                    table.insert("x".to_owned(), json!(1));
                }
                Value::Object(table)
            }
            "array" => (0..rng.usize(0..2)).map(|_| any(rng, &node["items"], depth + 1)).collect(),
            "integer" | "number" => {
                rng.choice([json!(1), json!(0.5), json!(1_u64 << 40), json!(u64::MAX)]).unwrap()
            }
            "boolean" => json!(rng.bool()),
            _ => match node["enum"].as_array().filter(|_| rng.u8(0..20) > 0) {
                Some(values) => rng.choice(values).unwrap().clone(),
                None => json!(rng.choice(["1Gi", "1Gi", "1GB"]).unwrap()),
            },
        }
    }

    /// A value that the definition of this name mostly accepts; the deeper, the smaller.
    pub(crate) fn any_value(rng: &mut Rng, name: &str, depth: usize) -> Value {
        any(rng, definition(name), depth)
    }

    #[test]
    fn keys_depend_on_the_version() {
        let in_version = |name: &str, value: &Value, minor: &str| {
            let version = Version::parse(minor).unwrap();
            let found = problems(name, value, "", version);
            found.into_iter().map(|p| format!("{:?}", p.kind)).collect::<Vec<_>>()
        };
        let spec = json!({"selector": {}, "template": {"spec": {"containers": [], "hostnameOverride": "a"}}});
        assert_eq!(in_version("StatefulSetSpec", &spec, "1.34"), Vec::<String>::new());
        assert_eq!(
            in_version("StatefulSetSpec", &spec, "1.32"),
            [
                "MissingKey(\"serviceName\")",
                "OtherVersion(\"hostnameOverride\", VersionRange { since: Some(Version(34)), until: None }, Version(32))"
            ]
        );
        assert_eq!(
            in_version("PodSpec", &json!({"containers": [], "workloadRef": {}}), "1.36").len(),
            1
        );
    }

    #[test]
    fn integers_have_the_bits_that_kubernetes_gives_them() {
        assert_eq!(of("DeploymentStrategy", &json!({"rollingUpdate": {"maxSurge": "25%"}})), []);
        let found = of("ContainerPort", &json!({"containerPort": 2_147_483_648_u64}));
        assert_eq!(found, [("/containerPort".into(), "Range(32)".into())]);
        let found = of("PodSpec", &json!({"containers": [], "activeDeadlineSeconds": u64::MAX}));
        assert_eq!(found, [("/activeDeadlineSeconds".into(), "Range(64)".into())]);
    }
}
