//! Which specs, and which `wigen.toml`, are of the right shape for certain: most are, and are told so
//! without a pattern. For any other the published schema is asked, which alone says what is wrong.
//! Nothing is accepted here that it does not accept; a test holds the two together.

mod shapes;

use serde_json::{Map, Value};

use crate::diagnostics::Code;
use crate::google::names;
use crate::kubernetes::{self, CONTAINER, OWNED, Version};
use crate::spec::envelope::{API_VERSION, Form, KIND, METADATA};
use shapes::Shape::{
    self, Allowances, Container, Defaults, Flag, List, Name, Named, Native, Number, OneOf, Table,
    Text,
};
use shapes::{OF_DEFAULTS, OF_WHOLE, SHARED, SPEC, WORKSPACE, find};

/// Most environments of a spec.
const MOST_ENVIRONMENTS: usize = 100;

/// Whether a document is of the right shape for certain. `false` says nothing.
pub(super) fn fits(form: Form, document: &Value, version: Version) -> bool {
    let Value::Object(document) = document else { return false };
    let whole = Asked { version, is_part: false };
    match form {
        Form::Flat => whole.spec(document, true),
        Form::Krm => {
            let [Some(Value::Object(metadata)), Some(Value::Object(spec))] =
                ["metadata", "spec"].map(|key| document.get(key))
            else {
                return false;
            };
            let is = |key: &str, text: &str| document.get(key).is_some_and(|value| value == text);
            let is_name = |name: &Value| whole.fits(&Name(&names::DNS_LABEL), name);
            document.len() == 4
                && is("apiVersion", API_VERSION)
                && is("kind", KIND)
                && metadata.contains_key("name")
                && metadata
                    .iter()
                    .all(|(key, value)| METADATA.contains(&key.as_str()) && is_name(value))
                && !spec.keys().any(|key| key == "$schema" || METADATA.contains(&key.as_str()))
                && whole.spec(spec, false)
        }
    }
}

/// Whether a `wigen.toml` is of the right shape for certain. `false` says nothing.
pub(super) fn fits_workspace(document: &Value) -> bool {
    // Native fields of an older version are judged with each spec.
    let whole = Asked { version: Version::NEWEST, is_part: false };
    whole.fits(&Table(WORKSPACE, 1), document)
}

/// How a value is looked at.
#[derive(Clone, Copy)]
struct Asked {
    version: Version,
    /// Whether it is of an environment, of which no key must be there, but in lists.
    is_part: bool,
}

impl Asked {
    /// A spec; with its name, unless that stands in the envelope.
    fn spec(self, spec: &Map<String, Value>, is_named: bool) -> bool {
        let part = Self { is_part: true, ..self };
        let required = if is_named { &SPEC[..3] } else { &SPEC[1..3] };
        required.iter().all(|(key, _)| spec.contains_key(*key))
            && spec.iter().all(|(key, value)| match find(SPEC, key) {
                Some(shape) => self.fits(shape, value),
                None => find(OF_WHOLE, key).is_some_and(|shape| part.fits(shape, value)),
            })
            && has_few_environments(spec)
    }

    fn fits(self, shape: &Shape, value: &Value) -> bool {
        match (shape, value) {
            (Text, Value::String(_)) | (Flag, Value::Bool(_)) => true,
            (Name(grammar), Value::String(text)) => grammar.certainly_fits(text),
            (OneOf(texts), Value::String(text)) => texts.contains(&text.as_str()),
            (Number(most), value) => {
                value.as_u64().is_some_and(|number| (1..=*most).contains(&number))
            }
            (List(element, least), Value::Array(elements)) => {
                let whole = Self { is_part: false, ..self };
                elements.len() >= *least && elements.iter().all(|it| whole.fits(element, it))
            }
            (Named(names, below), Value::Object(entries)) => entries
                .iter()
                .all(|(key, value)| names.certainly_fits(key) && self.fits(below, value)),
            (Table(keys, required), Value::Object(table)) => {
                self.has(&keys[..*required], table)
                    && table.iter().all(|(key, value)| {
                        find(keys, key).is_some_and(|shape| self.fits(shape, value))
                    })
            }
            (Native(at, definition, required), Value::Object(table)) => {
                (self.is_part || required.iter().all(|key| table.contains_key(*key)))
                    && table.iter().all(|(key, value)| self.is_native(at, definition, key, value))
            }
            (Container(own), Value::Object(table)) => {
                self.has(&own[..1], table)
                    && table.iter().all(|(key, value)| match find(own, key) {
                        Some(shape) => self.fits(shape, value),
                        None => self.is_native("container", CONTAINER, key, value),
                    })
            }
            (Shape::Variable(_), Value::String(text)) => names::TEXT.certainly_fits(text),
            (Shape::Variable(sources), Value::Object(variable)) => {
                let source = variable.get("valueFrom").and_then(Value::as_object);
                variable.len() == 1
                    && source.is_some_and(|source| {
                        source.len() == 1
                            && source.iter().all(|(key, value)| {
                                find(sources, key).is_some_and(|shape| self.fits(shape, value))
                            })
                    })
            }
            (Allowances, Value::Object(codes)) => codes.iter().all(|(code, why)| {
                Code::warnings().any(|warning| warning.as_str() == code)
                    && why.as_str().is_some_and(|why| !why.is_empty())
            }),
            (Defaults, Value::Object(defaults)) => {
                let part = Self { is_part: true, ..self };
                has_few_environments(defaults)
                    && defaults.iter().all(|(key, value)| {
                        let shape = find(SHARED, key).or_else(|| find(OF_DEFAULTS, key));
                        shape.is_some_and(|shape| part.fits(shape, value))
                    })
            }
            _ => false,
        }
    }

    fn has(self, required: &[(&str, Shape)], table: &Map<String, Value>) -> bool {
        self.is_part || required.iter().all(|(key, _)| table.contains_key(*key))
    }

    /// Whether a key of a native table is one that Kubernetes has, and wigen does not write itself.
    fn is_native(self, at: &str, definition: &str, key: &str, value: &Value) -> bool {
        let is_owned = OWNED.iter().any(|owned| {
            let below = [at, key].into_iter().try_fold(owned.pointer, |pointer, step| {
                pointer.strip_prefix('/')?.strip_prefix(step)
            });
            below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        });
        !is_owned && kubernetes::fits_key(definition, key, value, self.version)
    }
}

fn has_few_environments(spec: &Map<String, Value>) -> bool {
    let environments = spec.get("environments").and_then(Value::as_object);
    environments.is_none_or(|environments| environments.len() <= MOST_ENVIRONMENTS)
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::json;

    use super::*;
    use crate::google::names::Grammar;
    use crate::kubernetes::any_value;
    use crate::spec::schema::{WORKSPACE_VALIDATOR, kubernetes_fields, published};

    /// What a grammar may take, and what looks like it.
    const NAMES: [&str; 41] = [
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

    struct Maker {
        rng: Rng,
        version: Version,
    }

    impl Maker {
        fn text(&mut self) -> String {
            let mut text: Vec<char> = self.rng.choice(NAMES).unwrap().chars().collect();
            if self.rng.u8(0..6) == 0 {
                let at = self.rng.usize(0..=text.len());
                text.insert(
                    at,
                    self.rng
                        .choice(['-', '.', '_', '/', '@', ':', '0', 'A', ' ', '\0', 'é', '\n'])
                        .unwrap(),
                );
            }
            let times = if self.rng.u8(0..20) == 0 { 40 } else { 1 };
            text.into_iter().collect::<String>().repeat(times)
        }

        /// Mostly what the grammar takes: what it does not is tried again a few times.
        fn name(&mut self, grammar: &Grammar) -> String {
            let tries = if self.rng.u8(0..8) == 0 { 1 } else { 60 };
            let mut texts = (0..tries).map(|_| self.text());
            let mut last = String::new();
            texts
                .find(|text| {
                    last.clone_from(text);
                    grammar.certainly_fits(text)
                })
                .unwrap_or(last)
        }

        fn value(&mut self, shape: &Shape) -> Value {
            if self.rng.u8(0..100) == 0 {
                let wrong = [
                    json!(null),
                    json!(1),
                    json!(1.0),
                    json!(true),
                    json!([]),
                    json!({}),
                    json!("a"),
                ];
                return self.rng.choice(wrong).unwrap();
            }
            match shape {
                Text => json!(self.text()),
                Name(grammar) => json!(self.name(grammar)),
                OneOf(texts) => json!(self.rng.choice(*texts).unwrap()),
                Flag => json!(self.rng.bool()),
                Number(_) => json!(self.rng.choice([0_u64, 1, 8000, 65535, 65536]).unwrap()),
                List(element, _) => {
                    (0..self.rng.usize(0..3)).map(|_| self.value(element)).collect()
                }
                Named(names, below) => (0..self.rng.usize(0..3))
                    .map(|_| (self.name(names), self.value(below)))
                    .collect(),
                Table(keys, required) => self.table(keys, *required, 3),
                Native(_, definition, required) => {
                    let mut table = any_value(&mut self.rng, definition, 1);
                    for key in *required {
                        if table[*key].is_null() && self.rng.u8(0..20) > 0 {
                            table[*key] = json!("a");
                        }
                    }
                    table
                }
                Container(own) => {
                    let mut table = any_value(&mut self.rng, CONTAINER, 2);
                    for (key, value) in self.table(own, 1, 2).as_object().into_iter().flatten() {
                        table[key] = value.clone();
                    }
                    table
                }
                Shape::Variable(sources) => match self.rng.u8(0..3) {
                    0 => json!({"valueFrom": self.table(sources, 0, sources.len())}),
                    _ => json!(self.text()),
                },
                Allowances => {
                    json!({self.rng.choice(["key-file", "key-fil"]).unwrap(): self.rng.choice(["", "a"]).unwrap()})
                }
                Defaults => {
                    let keys = if self.rng.u8(0..8) == 0 { SPEC } else { SHARED };
                    let mut defaults = self.table(keys, 0, 6);
                    for (key, value) in
                        self.table(OF_DEFAULTS, 0, 3).as_object().into_iter().flatten()
                    {
                        defaults[key] = value.clone();
                    }
                    defaults
                }
            }
        }

        /// Mostly the required keys, and one in so many of the others.
        fn table(&mut self, keys: &[(&str, Shape)], required: usize, rare: usize) -> Value {
            let mut table = Map::new();
            for (place, (key, shape)) in keys.iter().enumerate() {
                let is_there = if place < required {
                    self.rng.u8(0..40) > 0
                } else {
                    self.rng.usize(0..rare) == 0
                };
                if is_there {
                    table.insert((*key).to_owned(), self.value(shape));
                }
            }
            if self.rng.u8(0..100) == 0 {
                table.insert("x".to_owned(), json!("a"));
            }
            Value::Object(table)
        }

        fn spec(&mut self) -> Value {
            let mut spec = self.table(SPEC, 3, 6);
            for (key, value) in self.table(OF_WHOLE, 0, 6).as_object().into_iter().flatten() {
                spec[key] = value.clone();
            }
            spec
        }
    }

    /// What the published schema and the definitions of Kubernetes say.
    fn is_valid(form: Form, document: &Value, version: Version) -> bool {
        let mut found = Vec::new();
        kubernetes_fields::check(form, document, version, &mut found);
        published(form).is_valid(document) && found.is_empty()
    }

    #[test]
    fn what_is_right_for_certain_the_published_schema_accepts() {
        let mut maker = Maker { rng: Rng::with_seed(20_261_125), version: Version::NEWEST };
        let count = 40_000;
        let mut certain = 0;
        for number in 0..count {
            let spec = maker.spec();
            let minor = maker.rng.u8(30..=37);
            maker.version = Version::parse(&format!("1.{minor}")).unwrap();
            let (form, document) = if number % 4 > 0 {
                (Form::Flat, spec)
            } else {
                (Form::Krm, crate::spec::envelope::closed(spec))
            };
            if fits(form, &document, maker.version) {
                certain += 1;
                assert!(is_valid(form, &document, maker.version), "{document}");
            }
        }
        assert!(certain > count / 20 && certain < count / 2, "{certain} of {count}");
    }

    #[test]
    fn the_published_schema_accepts_a_workspace_that_is_right_for_certain() {
        let mut maker = Maker { rng: Rng::with_seed(20_261_129), version: Version::NEWEST };
        let count = 20_000;
        let mut certain = 0;
        for _ in 0..count {
            let document = maker.table(WORKSPACE, 1, 2);
            if fits_workspace(&document) {
                certain += 1;
                assert!(WORKSPACE_VALIDATOR.is_valid(&document), "{document}");
            }
        }
        assert!(certain > count / 20 && certain < count * 9 / 10, "{certain} of {count}");
    }

    #[test]
    fn the_pattern_of_quantities_takes_what_kubernetes_does() {
        let schema = json!({ "pattern": names::QUANTITY.pattern });
        let schema = jsonschema::validator_for(&schema).unwrap();
        let mut rng = Rng::with_seed(20_261_129);
        let mut quantities = 0;
        for _ in 0..20_000 {
            let length = rng.usize(0..6);
            let letter = |_| char::from(*rng.choice(b"01.+-eEiKMkmn \n").unwrap());
            let text: String = (0..length).map(letter).collect();
            let is_quantity = names::is_quantity(&text);
            assert_eq!(schema.is_valid(&json!(text)), is_quantity, "{text:?}");
            quantities += usize::from(is_quantity);
        }
        assert!(quantities > 500, "{quantities}");
    }

    #[test]
    fn every_grammar_of_a_spec_takes_something_for_certain() {
        for grammar in names::ALL.iter().filter(|grammar| grammar.name != names::KIND.name) {
            assert!(NAMES.iter().any(|name| grammar.certainly_fits(name)), "{}", grammar.name);
        }
    }
}
