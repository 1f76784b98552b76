//! Which documents are valid: those that deserialize, and whose Kubernetes fields Kubernetes accepts.

use serde::Deserialize;
use serde::de::Error as _;
use serde::de::value::MapDeserializer;
use serde_json::{Error, json};

use super::kubernetes_fields;
use crate::kubernetes::Version;
use crate::spec::deserialize::{StrictNode, deserialize as deserialize_strictly};
use crate::spec::envelope::{API_VERSION, Envelope, KIND, METADATA};
use crate::spec::environments::{ENVIRONMENT, ENVIRONMENTS};
use crate::spec::merge::{Shared, merge};
use crate::spec::types::App;
use crate::text::{Node, Table};

/// Deserializes a spec in either form.
pub(super) fn deserialize(form: Envelope, document: &Node) -> Result<App, Error> {
    match form {
        Envelope::Flat => deserialize_strictly(document),
        Envelope::Krm => deserialize_object(document),
    }
}

/// Deserializes a spec that is a Kubernetes object.
fn deserialize_object(document: &Node) -> Result<App, Error> {
    let table = |key: &str| document.get(key).and_then(Node::as_object);
    let (Some(object), Some(metadata), Some(spec)) =
        (document.as_object(), table("metadata"), table("spec"))
    else {
        return Err(Error::custom("the object has no metadata, or no spec"));
    };
    let is_known = |(key, node): (&String, &Node)| match key.as_str() {
        "labels" | "annotations" => node
            .as_object()
            .is_some_and(|entries| entries.values().all(|entry| entry.as_str().is_some())),
        key => METADATA.contains(&key),
    };
    let is_moved = |key: &String| key == "$schema" || METADATA.contains(&key.as_str());
    let text = |key: &str| document.get(key).and_then(Node::as_str);
    let is_object = object.len() == 4
        && text("apiVersion") == Some(API_VERSION)
        && text("kind") == Some(KIND)
        && metadata.iter().all(is_known)
        && !spec.keys().any(is_moved);
    if !is_object {
        return Err(Error::custom("the object is not an App"));
    }
    let metadata = metadata.iter().filter(|(key, _)| METADATA.contains(&key.as_str()));
    let entries = metadata.chain(spec).map(|(key, node)| (key.as_str(), StrictNode(node)));
    App::deserialize(MapDeserializer::new(entries))
}

/// Whether the Kubernetes fields and the environments of an app are valid.
pub(super) fn accepts(app: &App, form: Envelope, document: &Node, version: Version) -> bool {
    kubernetes_fields::accepts(app, version)
        && environments(document.pointer(&form.pointer("/environments"))).all(|environment| {
            complete(environment, &["$schema", ENVIRONMENT, ENVIRONMENTS])
                .is_some_and(|app| kubernetes_fields::accepts(&app, version))
        })
}

/// Whether the defaults of a workspace are valid, if there are any. Kubernetes fields that only an older
/// version has are checked with each spec.
pub(super) fn accepts_defaults(defaults: Option<&Node>) -> bool {
    let accepts = |part: &Node, without: &[&str]| {
        complete(part, without).is_some_and(|app| kubernetes_fields::accepts(&app, Version::NEWEST))
    };
    defaults.is_none_or(|defaults| {
        accepts(defaults, &["$schema", "name", ENVIRONMENT])
            && environments(defaults.get(ENVIRONMENTS))
                .all(|one| accepts(one, &["$schema", "name", ENVIRONMENT, ENVIRONMENTS]))
    })
}

fn environments(table: Option<&Node>) -> impl Iterator<Item = &Node> {
    table.and_then(Node::as_object).into_iter().flat_map(Table::values)
}

/// A part of a spec as an app, with the required keys that it leaves out; `None` if it has one of the
/// keys that it must not have, or is not valid.
fn complete(part: &Node, without: &[&str]) -> Option<App> {
    let keys = part.as_object()?;
    if without.iter().any(|key| keys.contains_key(*key)) {
        return None;
    }
    let mut required = json!({"name": "a", "project": "my-project", "cluster": {"name": "a"}});
    if keys.contains_key("container") {
        required["container"] = json!({"image": "a"});
    }
    if keys.contains_key("cronJob") {
        required["cronJob"] = json!({"schedule": ""});
    }
    let mut spec = Node::from(required);
    merge(&mut spec, part.clone(), Shared::Base);
    deserialize_strictly(&spec).ok()
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::{Map, Value};

    use super::*;
    use crate::kubernetes::any_value;
    use crate::spec::names::{StringRule, pattern_named};
    use crate::spec::schema;
    use crate::spec::schema::files::{WORKSPACE_VALIDATOR, as_value, validator_of};
    use crate::spec::workspace::Workspace;

    /// Strings that match one of the patterns, and strings that nearly do.
    const STRINGS: [&str; 43] = [
        "books",
        "books-api",
        "my-project",
        "a",
        "0a",
        "a-",
        "-a",
        "A",
        "a.b",
        "a..b",
        "example.com:books",
        "example.com/books",
        "us-central1",
        "us-central1-a",
        "europe-west10-b1",
        "us",
        "my-project.svc.id.goog",
        ".svc.id.goog",
        "books@my-project.iam.gserviceaccount.com",
        "roles/secretmanager.secretAccessor",
        "roles/a..b",
        "projects/my-project/roles/books.Reader",
        "organizations/1/roles/a",
        "us-docker.pkg.dev/my-project/books/api:1.4.2",
        "localhost:5000/a__b/c-d",
        "a/b@sha256:0123abc",
        "a___b",
        "a._b:x",
        "a:-x",
        "A/b",
        "A_B",
        "512Mi",
        "1e+3",
        "key-file",
        "_x.y-z",
        "..x",
        "",
        "é",
        "a b",
        "a\nb",
        "\u{0}",
        "a\u{7f}",
        "x\n",
    ];

    /// Makes documents that a schema mostly accepts.
    struct Generator {
        rng: Rng,
    }

    impl Generator {
        fn is_rare(&mut self) -> bool {
            self.rng.u16(0..400) == 0
        }

        /// How many entries a table or list has.
        fn count(&mut self) -> usize {
            if self.is_rare() { 0 } else { self.rng.usize(1..3) }
        }

        fn string(&mut self) -> String {
            let mut string = self.rng.choice(STRINGS).unwrap().to_owned();
            if self.rng.u8(0..6) == 0 {
                let letter = ['-', '.', '_', '/', '@', ':', '0', 'A', ' ', '\0', 'é', '\n'];
                let letter = self.rng.choice(letter).unwrap();
                let at = self.rng.usize(0..=string.chars().count());
                let at = string.char_indices().nth(at).map_or(string.len(), |(at, _)| at);
                string.insert(at, letter);
            }
            if self.rng.u8(0..20) == 0 { string.repeat(40) } else { string }
        }

        /// A string that mostly matches the pattern of a node.
        fn name(&mut self, node: &Value) -> String {
            let string = self.string();
            let pattern = node["$comment"].as_str().and_then(pattern_named);
            let fits = |string: &str| match pattern {
                Some(pattern) => pattern.matches(string),
                None => node["minLength"].is_null() || !string.is_empty(),
            };
            if fits(&string) || self.rng.u8(0..100) == 0 {
                return string;
            }
            let rest = (0..400).map(|_| self.string());
            rest.into_iter().find(|string| fits(string)).unwrap_or_default()
        }

        /// A value of another type, for example the values of an object as a list.
        fn wrong_value(&mut self, node: &Value) -> Value {
            let right = match &node["enum"] {
                Value::Array(values) => json!({ values[0].as_str().unwrap_or_default(): null }),
                _ => self.table(node),
            };
            let values = right.as_object().into_iter().flat_map(|it| it.values()).cloned();
            let list = values.collect();
            let wrong =
                [json!(null), json!(1), json!(1.0), json!(true), json!([]), json!({}), right, list];
            self.rng.choice(wrong).unwrap()
        }

        fn value(&mut self, node: &Value) -> Value {
            if self.is_rare() {
                return self.wrong_value(node);
            }
            if let Some(values) = node["enum"].as_array() {
                return self.rng.choice(values).unwrap().clone();
            }
            let kinds: Vec<&str> = match &node["type"] {
                Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
                kind => kind.as_str().into_iter().collect(),
            };
            match self.rng.choice(kinds).unwrap_or("object") {
                "boolean" => json!(self.rng.bool()),
                "integer" => {
                    let numbers = [json!(0), json!(1), json!(1.5), json!(8000.0), json!(65_535)];
                    self.rng.choice(numbers).unwrap()
                }
                "array" => {
                    let count = self.count();
                    (0..count).map(|_| self.value(&node["items"])).collect()
                }
                "object" => self.table(node),
                _ => json!(self.name(node)),
            }
        }

        fn table(&mut self, node: &Value) -> Value {
            let kubernetes = node["$comment"].as_str().map(crate::kubernetes::definition);
            let kubernetes = kubernetes.filter(|definition| definition.is_object());
            let mut table = Map::new();
            if let (Some(_), Some(name)) = (kubernetes, node["$comment"].as_str()) {
                let native = any_value(&mut self.rng, name, 2);
                let native = native.as_object().cloned().unwrap_or_default();
                table.extend(native.into_iter().filter(|(key, _)| {
                    node["properties"].get(key).is_some_and(|node| node["description"].is_null())
                }));
            }
            for (key, below) in node["properties"].as_object().into_iter().flatten() {
                let is_required =
                    node["required"].as_array().is_some_and(|keys| keys.contains(&json!(key)));
                let is_own = kubernetes.is_none() || !below["description"].is_null();
                let is_there = match (is_required, is_own) {
                    (true, _) => !self.is_rare(),
                    (false, true) => self.rng.u8(0..5) == 0,
                    (false, false) => false,
                };
                if is_there && !table.contains_key(key) {
                    table.insert(key.clone(), self.value(below));
                }
            }
            if node["additionalProperties"].is_object() {
                for _ in 0..self.count() {
                    let names = &node["propertyNames"];
                    let key = match names["enum"].as_array() {
                        Some(_) => self.string(),
                        None => self.name(names),
                    };
                    table.insert(key, self.value(&node["additionalProperties"]));
                }
            }
            if node["maxProperties"] == 1 && !self.is_rare() {
                let one = self.rng.usize(0..table.len().max(1));
                table = table.into_iter().skip(one).take(1).collect();
            }
            if self.is_rare() {
                table.insert("x".to_owned(), json!("a"));
            }
            Value::Object(table)
        }
    }

    /// What the published schema and the definitions of Kubernetes say of a spec.
    fn is_valid(form: Envelope, document: &Value, version: Version) -> bool {
        validator_of(form).is_valid(document) && {
            let mut found = Vec::new();
            kubernetes_fields::check(form, document, version, &mut found);
            found.is_empty()
        }
    }

    fn is_accepted(form: Envelope, document: &Value, version: Version) -> bool {
        let document = Node::from(document.clone());
        deserialize(form, &document).is_ok_and(|app| accepts(&app, form, &document, version))
    }

    #[test]
    fn the_types_and_the_published_schema_accept_the_same_specs() {
        let mut generator = Generator { rng: Rng::with_seed(20_261_125) };
        let count = 1_500;
        let mut accepted = 0;
        for number in 0..count {
            let version = Version::parse(&format!("1.{}", generator.rng.u8(30..=37))).unwrap();
            let form = if number % 4 > 0 { Envelope::Flat } else { Envelope::Krm };
            let document = generator.value(as_value(form));
            let (is_valid, is_accepted) =
                (is_valid(form, &document, version), is_accepted(form, &document, version));
            // An environment is checked as a part of its spec, and the published schema checks less.
            if document.pointer(&form.pointer("/environments")).is_some() {
                assert!(is_valid || !is_accepted, "{document}");
            } else {
                let error = deserialize(form, &document.clone().into()).err();
                assert_eq!(is_valid, is_accepted, "{version}: {document}: {error:?}");
            }
            accepted += usize::from(is_accepted);
        }
        assert!(accepted > count / 20 && accepted < count * 9 / 10, "{accepted} of {count}");
    }

    #[test]
    fn the_types_and_the_published_schema_accept_the_same_workspaces() {
        let mut generator = Generator { rng: Rng::with_seed(20_261_129) };
        let schema: Value = serde_json::from_str(schema::WORKSPACE).unwrap();
        let count = 1_500;
        let mut accepted = 0;
        for _ in 0..count {
            let document = generator.value(&schema);
            let node = Node::from(document.clone());
            let defaults = node.get("defaults");
            let is_accepted =
                deserialize_strictly::<Workspace>(&node).is_ok() && accepts_defaults(defaults);
            let is_valid = WORKSPACE_VALIDATOR.is_valid(&document);
            if defaults.is_some() {
                assert!(is_valid || !is_accepted, "{document}");
            } else {
                assert_eq!(is_valid, is_accepted, "{document}");
            }
            accepted += usize::from(is_accepted);
        }
        assert!(accepted > count / 20 && accepted < count * 9 / 10, "{accepted} of {count}");
    }

    #[test]
    fn tables_are_objects_and_their_words_are_strings() {
        let wrong = [
            json!({"deployment": null}),
            json!({"cluster": {"name": "a"}, "pod": null}),
            json!({"container": {"image": "a"}, "sidecars": [null]}),
            json!({"environments": {"prod": null}}),
            json!({"labels": null}),
            json!({"cluster": ["a"]}),
            json!({"cluster": {"name": "a", "setup": {"create": null}}}),
            json!({"googleServiceAccount": []}),
            json!({"grants": [[["roles/viewer"]]]}),
            json!({"container": {"image": "a", "env": {"A": {"valueFrom": {"fieldRef": [null, "a"]}}}}}),
        ];
        for keys in wrong {
            let mut spec = json!({"name": "a", "project": "my-project", "cluster": {"name": "a"}});
            spec.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
            assert!(!is_valid(Envelope::Flat, &spec, Version::NEWEST), "{spec}");
            assert!(!is_accepted(Envelope::Flat, &spec, Version::NEWEST), "{spec}");
        }
    }

    #[test]
    fn a_spec_has_at_most_a_hundred_environments() {
        let mut spec = json!({"name": "a", "project": "my-project", "cluster": {"name": "a"}});
        for (count, fits) in [(100, true), (101, false)] {
            let environments = (0..count).map(|number| (format!("e{number}"), json!({})));
            spec["environments"] = environments.collect();
            assert_eq!(is_accepted(Envelope::Flat, &spec, Version::NEWEST), fits);
            assert_eq!(is_valid(Envelope::Flat, &spec, Version::NEWEST), fits);
        }
    }

    #[test]
    fn every_pattern_matches_what_its_schema_accepts() {
        let mut generator = Generator { rng: Rng::with_seed(20_261_130) };
        let all = crate::google::names::ALL.into_iter().chain(crate::kubernetes::names::ALL);
        for pattern in all.chain([&crate::text::NUL_FREE]) {
            let schema = pattern.schema();
            let validator = jsonschema::validator_for(schema.as_value()).unwrap();
            let mut matching = 0;
            for _ in 0..1_000 {
                let string = generator.string();
                let is_match = pattern.matches(&string);
                assert_eq!(validator.is_valid(&json!(string)), is_match, "{string:?}");
                matching += usize::from(is_match);
            }
            assert!(matching > 0, "{}", pattern.name);
        }
    }
}
