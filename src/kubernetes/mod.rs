//! What Kubernetes says of manifests and of the native parts of a spec: their official shapes in each
//! of its versions, the kinds of workload, and the fields that are not free because wigen writes them.

mod definitions;
mod kind;
mod node;
mod owned;
mod version;

pub use definitions::{Known, definition, manifest, resolved, types};
pub use kind::{WorkloadKind, pod_template};
pub use owned::{OWNED, Owned};
pub use version::{Extent, Version};

use serde_json::Value;

use crate::google::names::is_quantity;
use crate::text::Written;
use definitions::{Definition, Shape};
#[cfg(test)]
pub(crate) use tests::any_value;

/// The native tables of a spec that are no kind of workload, and what Kubernetes calls them.
const TABLES: [(&str, &str); 2] = [("pod", "PodSpec"), ("sidecars", "Container")];

/// Name of the definition of the app's container.
pub const CONTAINER: &str = "Container";

/// What a value is not that its definition says it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem<'a> {
    /// Where the value stands.
    pub pointer: String,
    /// The value; of an unknown key the table.
    pub value: &'a Value,
    /// What the definition says of it.
    pub node: &'static Value,
    /// What is wrong.
    pub kind: ProblemKind<'a>,
}

/// What can be wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind<'a> {
    /// A key that the table does not have.
    UnknownKey(&'a str),
    /// A key that the table has in other versions.
    OtherVersion(&'a str, Extent, Version),
    /// A key that the table cannot do without, though it may be one that wigen writes.
    MissingKey(&'static str),
    /// Another type.
    Type,
    /// None of the few values it takes.
    Value,
    /// An integer beyond this many bits.
    Range(u32),
    /// A text that is no quantity.
    Quantity,
}

/// The native tables of a spec, each with the name of its definition; that of `sidecars` describes
/// one element of the list.
pub fn tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    let kinds = WorkloadKind::ALL.into_iter().map(|kind| (kind.key(), kind.definition()));
    TABLES.into_iter().chain(kinds)
}

/// Everything in a value that does not fit the definition of this name in a version.
pub fn problems<'a>(
    definition: &str,
    value: &'a Value,
    pointer: &str,
    version: Version,
) -> Vec<Problem<'a>> {
    match Definition::named(definition) {
        Some(definition) if !definition.fits(value, version) => {
            let mut checker = Checker { version, pointer: pointer.to_owned(), found: Vec::new() };
            checker.shape(Shape::defined(definition), value);
            checker.found
        }
        _ => Vec::new(),
    }
}

/// What of a key of a table does not fit the table's definition, unless that has no such key.
pub fn problems_of_key<'a>(
    definition: &str,
    key: &'a str,
    value: &'a Value,
    pointer: &str,
    version: Version,
) -> Vec<Problem<'a>> {
    match Definition::named(definition) {
        Some(definition) if !definition.fits_key(key, value, version) => {
            let mut checker = Checker { version, pointer: pointer.to_owned(), found: Vec::new() };
            checker.key(Shape::defined(definition), key, value);
            checker.found
        }
        _ => Vec::new(),
    }
}

/// Whether what was written fits the definition of this name in a version.
pub fn fits(definition: &str, written: &Written<'_>, version: Version) -> bool {
    Definition::named(definition).is_some_and(|definition| definition.fits(written, version))
}

/// Whether the table of this definition has a key in a version, and the key takes a value.
pub fn fits_key(definition: &str, key: &str, value: &Value, version: Version) -> bool {
    Definition::named(definition).is_some_and(|definition| definition.fits_key(key, value, version))
}

struct Checker<'a> {
    version: Version,
    /// Where the value stands that is checked.
    pointer: String,
    found: Vec<Problem<'a>>,
}

impl<'a> Checker<'a> {
    fn wrong(&mut self, shape: Shape, value: &'a Value, kind: ProblemKind<'a>) {
        let pointer = self.pointer.clone();
        self.found.push(Problem { pointer, value, node: shape.whole(), kind });
    }

    fn shape(&mut self, shape: Shape, value: &'a Value) {
        let head = shape.head;
        if !types(head).any(|name| is(value, name)) {
            return self.wrong(shape, value, ProblemKind::Type);
        }
        if let Some(values) = head["enum"].as_array()
            && !values.contains(value)
        {
            self.wrong(shape, value, ProblemKind::Value);
        }
        match head["format"].as_str() {
            Some("int32") if value.as_i64().is_none_or(|n| i32::try_from(n).is_err()) => {
                self.wrong(shape, value, ProblemKind::Range(32));
            }
            Some("int64") if value.as_i64().is_none() => {
                self.wrong(shape, value, ProblemKind::Range(64));
            }
            Some("quantity") if value.as_str().is_some_and(|text| !is_quantity(text)) => {
                self.wrong(shape, value, ProblemKind::Quantity);
            }
            _ => {}
        }
        match value {
            Value::Object(entries) => {
                for key in shape.required(self.version) {
                    if !entries.contains_key(key) {
                        self.wrong(shape, value, ProblemKind::MissingKey(key));
                    }
                }
                for (key, below) in entries {
                    if !self.key(shape, key, below) {
                        self.wrong(shape, value, ProblemKind::UnknownKey(key));
                    }
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.below(&head["items"], &index.to_string(), element);
                }
            }
            _ => {}
        }
    }

    /// A key of a table, and what stands under it. Whether there is such a key.
    fn key(&mut self, table: Shape, key: &'a str, value: &'a Value) -> bool {
        let others = &table.head["additionalProperties"];
        match table.key(key) {
            Some(node) => {
                let extent = Extent::of(node);
                if extent.has(self.version) {
                    self.below(node, key, value);
                } else {
                    let kind = ProblemKind::OtherVersion(key, extent, self.version);
                    self.wrong(table, value, kind);
                }
            }
            None if others.is_object() => self.below(others, key, value),
            // The definition of an object without keys says nothing of its keys.
            None if !table.has_keys() => {}
            None => return false,
        }
        true
    }

    fn below(&mut self, node: &'static Value, step: &str, value: &'a Value) {
        let end = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        self.shape(Shape::of(node), value);
        self.pointer.truncate(end);
    }
}

/// Whether a value is of a type of JSON Schema, as the API server reads it: `8000.0` is no integer there.
pub fn is(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || (name == "integer" && !number.is_f64()),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::json;

    use super::definitions::names;
    use super::*;

    fn of(name: &str, value: &Value) -> Vec<(String, String)> {
        let found = problems(name, value, "", Version::NEWEST);
        found.into_iter().map(|p| (p.pointer, format!("{:?}", p.kind))).collect()
    }

    #[test]
    fn what_is_wrong_is_found_where_it_is() {
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

    /// A value that mostly fits a node.
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

    fn written(value: &Value) -> Written<'_> {
        match value {
            Value::Null => Written::Null,
            Value::Bool(boolean) => Written::Bool(*boolean),
            Value::Number(number) => Written::Number(number.clone()),
            Value::String(text) => Written::Text(text.into()),
            Value::Array(elements) => Written::List(elements.iter().map(written).collect()),
            Value::Object(entries) => {
                Written::Table(entries.iter().map(|(key, it)| (key.into(), written(it))).collect())
            }
        }
    }

    /// A value that mostly fits the definition of this name; the deeper, the less is in it.
    pub(crate) fn any_value(rng: &mut Rng, name: &str, depth: usize) -> Value {
        any(rng, definition(name), depth)
    }

    #[test]
    fn what_fits_has_no_problems_and_nothing_else_has_none() {
        let mut rng = Rng::with_seed(20_261_125);
        let mut fitting = 0;
        let names = names();
        let rounds = 60;
        for name in names.iter().copied().cycle().take(names.len() * rounds) {
            let value = any(&mut rng, definition(name), 0);
            let version = Version::parse(&format!("1.{}", rng.u8(30..=37))).unwrap();
            let definition = Definition::named(name).unwrap();
            let mut checker = Checker { version, pointer: String::new(), found: Vec::new() };
            checker.shape(Shape::defined(definition), &value);
            let fits = definition.fits(&value, version);
            assert_eq!(fits, checker.found.is_empty(), "{name}: {value} {:?}", checker.found);
            assert_eq!(definition.fits(&written(&value), version), fits, "{name}: {value}");
            fitting += usize::from(fits);
        }
        let all = names.len() * rounds;
        assert!(fitting > all / 5 && fitting < all * 4 / 5, "{fitting} of {all}");
    }

    #[test]
    fn a_version_has_the_keys_that_it_has() {
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
                "OtherVersion(\"hostnameOverride\", Extent { since: Some(Version(34)), until: None }, Version(32))"
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
