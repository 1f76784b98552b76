//! Generated documents, which the types and the published schemas accept alike.

use fastrand::Rng;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value, json};
use wigen::diagnostics::Diagnostic;
use wigen::kubernetes::{Version, definition, resolved, types};
use wigen::spec::envelope::Envelope;
use wigen::spec::schema;
use wigen::text::NamePattern;
use wigen::{Source, Workspace};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        the_types_and_the_published_schema_accept_the_same_specs,
        the_types_and_the_published_schema_accept_the_same_workspaces,
        tables_are_objects_and_their_words_are_strings,
        a_spec_has_at_most_a_hundred_environments,
        every_pattern_matches_what_its_schema_accepts,
    ]
}

/// Strings that match one of the patterns, and strings that nearly do.
const STRINGS: [&str; 46] = [
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
    "10.0.0.10/32",
    "10.0.0.256/8",
    "private",
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

/// A value that a node mostly accepts.
fn any(rng: &mut Rng, node: &'static Value, depth: usize) -> Value {
    let node = if rng.u8(0..150) > 0 { resolved(node) } else { definition("PodSpec") };
    let names: Vec<&str> = types(node).collect();
    match *rng.choice(&names).unwrap_or(&"string") {
        _ if rng.u8(0..200) == 0 => Value::Null,
        "object" => {
            let mut table = Map::new();
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
pub(super) fn any_value(rng: &mut Rng, name: &str, depth: usize) -> Value {
    any(rng, definition(name), depth)
}

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
        let kubernetes = node["$comment"].as_str().map(definition);
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

/// The pattern of this name.
fn pattern_named(name: &str) -> Option<&'static NamePattern> {
    patterns().find(|pattern| pattern.name == name)
}

fn patterns() -> impl Iterator<Item = &'static NamePattern> {
    let all = wigen::google::names::ALL.into_iter().chain(wigen::kubernetes::names::ALL);
    all.chain([&wigen::text::NUL_FREE])
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .unwrap()
}

fn parsed(schema: &str) -> (Value, Validator) {
    let schema = serde_json::from_str(schema).unwrap();
    let validator = validator(&schema);
    (schema, validator)
}

/// Asserts that a document is accepted if its schema accepts it; what else is found is about a place in it,
/// such as a Kubernetes field, and no disagreement about the whole.
fn is_accepted<T>(
    read: Result<T, Vec<Diagnostic>>,
    validator: &Validator,
    document: &Value,
) -> bool {
    let is_valid = validator.is_valid(document);
    match read {
        Ok(_) => assert!(is_valid, "{document}"),
        Err(found) => {
            let is_placed = |one: &Diagnostic| !one.place.pointer.is_empty();
            assert!(!is_valid || found.iter().all(is_placed), "{document}: {found:?}");
            return false;
        }
    }
    true
}

fn the_types_and_the_published_schema_accept_the_same_specs() {
    let mut generator = Generator { rng: Rng::with_seed(20_261_125) };
    let (flat, krm) = (parsed(schema::APP), parsed(schema::KRM));
    let count = 1_500;
    let mut accepted = 0;
    for number in 0..count {
        let version = Version::parse(&format!("1.{}", generator.rng.u8(30..=37))).unwrap();
        let (form, (schema, validator)) =
            if number % 4 > 0 { (Envelope::Flat, &flat) } else { (Envelope::Krm, &krm) };
        let document = generator.value(schema);
        let read = schema::read(form, &document.clone().into(), version);
        accepted += usize::from(is_accepted(read, validator, &document));
    }
    assert!(accepted > count / 20 && accepted < count * 9 / 10, "{accepted} of {count}");
}

fn the_types_and_the_published_schema_accept_the_same_workspaces() {
    let mut generator = Generator { rng: Rng::with_seed(20_261_129) };
    let (schema, validator) = parsed(schema::WORKSPACE);
    let count = 1_500;
    let mut accepted = 0;
    for _ in 0..count {
        let document = generator.value(&schema);
        let read = Workspace::read(&Source::new("wigen.json", document.to_string()));
        accepted += usize::from(is_accepted(read, &validator, &document));
    }
    assert!(accepted > count / 20 && accepted < count * 99 / 100, "{accepted} of {count}");
}

/// Whether a flat spec is accepted, by the types and by the schema.
fn accepts(spec: &Value) -> bool {
    let read = schema::read(Envelope::Flat, &spec.clone().into(), Version::NEWEST);
    is_accepted(read, &parsed(schema::APP).1, spec)
}

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
        assert!(!accepts(&spec), "{spec}");
    }
}

fn a_spec_has_at_most_a_hundred_environments() {
    let mut spec = json!({"name": "a", "project": "my-project", "cluster": {"name": "a"}});
    for (count, fits) in [(100, true), (101, false)] {
        let environments = (0..count).map(|number| (format!("e{number}"), json!({})));
        spec["environments"] = environments.collect();
        assert_eq!(accepts(&spec), fits);
    }
}

fn every_pattern_matches_what_its_schema_accepts() {
    let mut generator = Generator { rng: Rng::with_seed(20_261_130) };
    for pattern in patterns() {
        let mut schema =
            json!({"type": "string", "pattern": pattern.pattern, "minLength": pattern.min});
        if let Some(max) = pattern.max {
            schema["maxLength"] = max.into();
        }
        let validator = validator(&schema);
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
