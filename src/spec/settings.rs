//! Settings: values of the command line for keys of a spec, `container.image=books:2`. They go before
//! the spec, before its environments and before the defaults of its workspace.

use serde_json::{Map, Value};

use crate::diagnostics::pointer::join;
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Place, Target, quoted};
use crate::kubernetes::Version;
use crate::spec::envelope::{Form, METADATA};
use crate::spec::environments::ENVIRONMENTS;
use crate::spec::merge::make_way;
use crate::spec::schema;
use crate::text;

/// What settings are called where something is wrong with them.
const NAME: &str = "--set";

/// Longest path in bytes.
const LONGEST_PATH: usize = 1024;

/// A key of the flat spec, and the value it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    text: String,
    steps: Vec<Step>,
    /// Where the value begins.
    value: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    name: String,
    at: Span,
}

impl Setting {
    /// Reads `PATH=VALUE`. The path is a dotted key as TOML has them, `labels."example.com/team"`; an
    /// element of a list is a number, from 0 on. The value is a number, `true`, `false`, a list or a table
    /// in JSON where the key takes one, and the text as it is where the key takes a text. The error says
    /// what is no path.
    pub fn parse(text: &str) -> Result<Self, String> {
        // Between quotes, `=` may be part of a key.
        let ends = text.match_indices('=').map(|(end, _)| end);
        for end in ends.clone().take_while(|end| *end <= LONGEST_PATH) {
            if let Some(steps) = text::dotted_key(&text[..end]) {
                let steps = steps.into_iter().map(|(name, at)| Step { name, at }).collect();
                return Ok(Self { text: text.to_owned(), steps, value: end + 1 });
            }
        }
        Err(match ends.count() {
            0 => "it has no `=`, as in container.image=books:2".to_owned(),
            _ => "before `=` stands no key, as in labels.\"example.com/team\"=books".to_owned(),
        })
    }

    /// The path as a JSON pointer into the flat spec.
    fn pointer(&self) -> String {
        self.steps.iter().fold(String::new(), |pointer, step| join(&pointer, &step.name))
    }

    /// What the value may be meant to be, the likelier first.
    fn values(&self) -> impl Iterator<Item = Value> {
        let text = &self.text[self.value..];
        let read = text::parse(&Source::new("value.json", text)).ok();
        read.into_iter().chain([Value::from(text)])
    }
}

/// The settings of a run, the last one for a key before the others.
#[derive(Debug, Clone)]
pub struct Settings {
    /// All of them, one behind the other.
    source: Source,
    /// Each, and where its text begins there.
    all: Vec<(usize, Setting)>,
}

impl Settings {
    /// Settings in the order in which they were asked for.
    pub fn new(settings: &[Setting]) -> Self {
        let (mut text, mut all) = (String::new(), Vec::new());
        for setting in settings {
            all.push((text.len(), setting.clone()));
            text.push_str(&setting.text);
            text.push('\n');
        }
        Self { source: Source::new(NAME, text), all }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Lays them over a document.
    pub(super) fn lay(
        &self,
        mut document: Value,
        version: Version,
    ) -> Result<(Value, Laid<'_>), Vec<Diagnostic>> {
        let form = Form::of(&document);
        let laid = Laid { settings: self, form, before: document.clone() };
        let mut found = Vec::new();
        for (start, setting) in &self.all {
            match with(&document, form, setting, version) {
                Ok(one) => document = one,
                Err((step, message)) => {
                    let at = &setting.steps[step].at;
                    let place = self.place(start + at.start..start + at.end);
                    found.push(Diagnostic::new(Code::UNKNOWN_KEY, place, message));
                }
            }
        }
        if found.is_empty() { Ok((document, laid)) } else { Err(found) }
    }

    fn place(&self, span: Span) -> Place {
        Place::text(span).of(&self.source)
    }
}

/// A document with a setting, whose value is of a type that the key takes; or else of the likelier one.
fn with(
    document: &Value,
    form: Form,
    setting: &Setting,
    version: Version,
) -> Result<Value, NoSuchStep> {
    let pointer = form.pointer(&setting.pointer());
    let mut all = Vec::new();
    for value in setting.values() {
        all.push(put_in(document, form, setting, &value)?);
    }
    let is_wrong = |found: &Diagnostic| {
        found.code == Code::WRONG_TYPE && is_at(&found.place.pointer, &pointer)
    };
    let fits = |one: &Value| !schema::check(form, one, version).iter().any(is_wrong);
    let first = all.iter().position(fits).unwrap_or(0);
    Ok(all.swap_remove(first))
}

/// Whether a node is another or stands below it.
fn is_at(pointer: &str, other: &str) -> bool {
    pointer.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A step of a path that does not go on, and why.
type NoSuchStep = (usize, String);

/// A document with a setting: in the spec, and in each of its environments that says something else.
fn put_in(
    document: &Value,
    form: Form,
    setting: &Setting,
    value: &Value,
) -> Result<Value, NoSuchStep> {
    let mut document = document.clone();
    let first = setting.steps[0].name.as_str();
    let table = match form {
        Form::Flat => None,
        Form::Krm if METADATA.contains(&first) => Some("metadata"),
        Form::Krm => Some("spec"),
    };
    put(table_in(&mut document, table), setting, 0, value)?;
    let spec = table_in(&mut document, table.map(|_| "spec"));
    if first != ENVIRONMENTS
        && let Some(Value::Object(environments)) = spec.get_mut(ENVIRONMENTS)
    {
        for (name, part) in environments {
            let within = |(step, message)| (step, format!("in `environments.{name}`, {message}"));
            put_over(part, setting, 0, value).map_err(within)?;
        }
    }
    Ok(document)
}

/// A table of the envelope, or the document itself.
fn table_in<'a>(document: &'a mut Value, table: Option<&str>) -> &'a mut Value {
    match (table, document) {
        (Some(table), Value::Object(document)) => {
            document.entry(table).or_insert_with(|| Map::new().into())
        }
        (_, document) => document,
    }
}

/// Puts a value in its place, and makes the tables on the way there.
fn put(node: &mut Value, setting: &Setting, step: usize, value: &Value) -> Result<(), NoSuchStep> {
    let Some(Step { name, .. }) = setting.steps.get(step) else {
        value.clone_into(node);
        return Ok(());
    };
    if let Value::Array(list) = node {
        return put(element(list, name, step)?, setting, step + 1, value);
    }
    if !node.is_object() {
        *node = Map::new().into();
    }
    let Value::Object(table) = node else { return Ok(()) };
    make_way(table, &around(setting, step), name);
    put(table.entry(name).or_insert(Value::Null), setting, step + 1, value)
}

/// Puts a value where a part of a spec has another, or one that takes it away.
fn put_over(
    part: &mut Value,
    setting: &Setting,
    step: usize,
    value: &Value,
) -> Result<(), NoSuchStep> {
    let Some(Step { name, .. }) = setting.steps.get(step) else {
        value.clone_into(part);
        return Ok(());
    };
    match part {
        Value::Object(table) => {
            make_way(table, &around(setting, step), name);
            match table.get_mut(name) {
                Some(below) => put_over(below, setting, step + 1, value),
                None => Ok(()),
            }
        }
        Value::Array(list) => put_over(element(list, name, step)?, setting, step + 1, value),
        _ => put(part, setting, step, value),
    }
}

/// The pointer of the table in which a step is taken.
fn around(setting: &Setting, step: usize) -> String {
    setting.steps[..step].iter().fold(String::new(), |at, step| join(&at, &step.name))
}

fn element<'a>(
    list: &'a mut [Value],
    name: &str,
    step: usize,
) -> Result<&'a mut Value, NoSuchStep> {
    let count = list.len();
    name.parse::<usize>().ok().and_then(|index| list.get_mut(index)).ok_or_else(|| {
        let count = match count {
            1 => "one element, 0".to_owned(),
            count => format!("{count} elements, from 0 on"),
        };
        (step, format!("there is no element {}: the list has {count}", quoted(name)))
    })
}

/// Settings over a document.
#[derive(Debug)]
pub(super) struct Laid<'a> {
    settings: &'a Settings,
    form: Form,
    /// The document without them.
    before: Value,
}

impl Laid<'_> {
    /// Gives a place of the merged document that a setting brought the place of that setting.
    pub(super) fn trace(&self, place: &mut Place) {
        if place.source.is_some() || place.span.is_some() {
            return;
        }
        let flat = self.flat(&place.pointer);
        let is_new = self.before.pointer(&place.pointer).is_none();
        let span = self.settings.all.iter().rev().find_map(|(start, setting)| {
            let own = setting.pointer();
            let steps = || setting.steps.iter().map(|step| step.at.clone());
            let span = if is_at(flat, &own) {
                let is_key = flat == own && place.target == Target::Key;
                let value = setting.value..setting.text.len();
                steps().next_back().filter(|_| is_key).unwrap_or(value)
            } else if is_new && !flat.is_empty() && is_at(&own, flat) {
                // A table on the way there.
                steps().nth(flat.matches('/').count().checked_sub(1)?)?
            } else {
                return None;
            };
            Some(start + span.start..start + span.end)
        });
        if let Some(span) = span {
            place.source = Some(self.settings.source.clone());
            place.span = Some(span);
        }
    }

    /// Whether a node stands below a key that has a setting.
    pub(super) fn is_within(&self, pointer: &str) -> bool {
        let flat = self.flat(pointer);
        let mut all = self.settings.all.iter().map(|(_, setting)| setting.pointer());
        all.any(|own| flat != own && is_at(flat, &own))
    }

    /// The place of the last setting at or below a node.
    pub(super) fn setting(&self, pointer: &str) -> Option<Place> {
        let flat = self.flat(pointer);
        let mut all = self.settings.all.iter().rev();
        let (start, setting) = all.find(|(_, setting)| {
            let own = setting.pointer();
            is_at(&own, flat) || is_at(flat, &own)
        })?;
        Some(self.settings.place(start + setting.value..start + setting.text.len()))
    }

    /// A pointer without the envelope, and without the environment that it is in.
    fn flat<'p>(&self, pointer: &'p str) -> &'p str {
        let below = ["/spec", "/metadata"].iter().find_map(|table| pointer.strip_prefix(table));
        let flat = match self.form {
            Form::Krm => below.unwrap_or(pointer),
            Form::Flat => pointer,
        };
        let names_environment =
            |(_, setting): &(usize, Setting)| setting.steps[0].name == ENVIRONMENTS;
        match flat.strip_prefix("/environments/").and_then(|below| below.find('/')) {
            Some(end) if !self.settings.all.iter().any(names_environment) => {
                &flat["/environments/".len() + end..]
            }
            _ => flat,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(texts: &[&str]) -> Settings {
        let all: Result<Vec<Setting>, String> =
            texts.iter().map(|text| Setting::parse(text)).collect();
        Settings::new(&all.unwrap())
    }

    fn laid(document: Value, texts: &[&str]) -> Value {
        settings(texts).lay(document, Version::NEWEST).unwrap().0
    }

    #[test]
    fn paths() {
        let steps = |text: &str| {
            let steps = Setting::parse(text)?.steps.into_iter().map(|step| step.name);
            Ok::<_, String>(steps.collect::<Vec<_>>().join("|"))
        };
        assert_eq!(steps("a=").as_deref(), Ok("a"));
        assert_eq!(steps("a.0.b-c_D=x=y.z").as_deref(), Ok("a|0|b-c_D"));
        assert_eq!(steps("labels.\"a.b/c\".'d\"'=x").as_deref(), Ok("labels|a.b/c|d\""));
        for text in
            ["", "=", "a", "a.b", "a.=x", ".a=x", "a b=x", "é=x", "\"a=x", "\"a\"b=x", "a..b=x"]
        {
            assert!(steps(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_is_what_its_key_takes() {
        let spec = json!({"name": "a", "container": {"image": "i"}});
        let with = |texts: &[&str]| laid(spec.clone(), texts)["container"].clone();
        assert_eq!(with(&["container.image=1"]), json!({"image": "1"}));
        assert_eq!(with(&["container.port=1"]), json!({"image": "i", "port": 1}));
        assert_eq!(with(&["container.port=x"]), json!({"image": "i", "port": "x"}));
        assert_eq!(
            with(&["container.env.A=true", "container.args=[\"true\"]"]),
            json!({"image": "i", "env": {"A": "true"}, "args": ["true"]})
        );
        assert_eq!(with(&["container.image=\"j\"", "container.image=k"]), json!({"image": "k"}));
    }

    #[test]
    fn a_setting_goes_before_environments() {
        let spec = json!({
            "name": "a",
            "cluster": {"name": "c", "zone": "z"},
            "container": {"image": "i"},
            "environments": {
                "prod": {"container": {"image": "j"}, "cluster": {"region": "r"}},
                "test": {"labels": {"a": "b"}},
            },
        });
        let set = laid(spec.clone(), &["container.image=k", "cluster.zone=y"]);
        assert_eq!(
            set,
            json!({
                "name": "a",
                "cluster": {"name": "c", "zone": "y"},
                "container": {"image": "k"},
                "environments": {
                    "prod": {"container": {"image": "k"}, "cluster": {}},
                    "test": {"labels": {"a": "b"}},
                },
            })
        );
        let set = laid(spec, &["environments.test.container.image=k"]);
        assert_eq!(set["container"], json!({"image": "i"}));
        assert_eq!(set["environments"]["test"]["container"], json!({"image": "k"}));
    }

    #[test]
    fn elements_of_lists_are_there_already() {
        let spec = json!({
            "name": "a",
            "grants": [{"roles": ["roles/x"]}, {"roles": ["roles/y"]}],
            "environments": {"prod": {"grants": [{"roles": []}]}},
        });
        let set = laid(spec.clone(), &["grants.0.roles=[\"roles/z\"]"]);
        assert_eq!(set["grants"], json!([{"roles": ["roles/z"]}, {"roles": ["roles/y"]}]));
        assert_eq!(set["environments"]["prod"]["grants"], json!([{"roles": ["roles/z"]}]));
        for (text, column) in
            [("grants.2.roles=[]", 7), ("grants.x=1", 7), ("grants.1.roles=[]", 7)]
        {
            let found = settings(&[text]).lay(spec.clone(), Version::NEWEST).unwrap_err();
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].place.span.as_ref().unwrap().start, column, "{text}");
        }
    }

    #[test]
    fn the_envelope_keeps_its_form() {
        let spec = json!({
            "apiVersion": "wigen.dev/v1alpha1",
            "kind": "App",
            "metadata": {"name": "a"},
            "spec": {"container": {"image": "i"}},
        });
        let set = laid(spec, &["name=b", "container.image=k", "project=p"]);
        assert_eq!(set["metadata"], json!({"name": "b"}));
        assert_eq!(set["spec"], json!({"container": {"image": "k"}, "project": "p"}));
    }
}
