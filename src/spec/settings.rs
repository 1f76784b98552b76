//! Settings: values on the command line for keys of a spec, such as `container.image=books:2`. They
//! override the spec, its environments and the defaults of its workspace.

use crate::diagnostics::pointer::{is_at_or_below, join};
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Location, quoted};
use crate::kubernetes::Version;
use crate::spec::envelope::{Envelope, METADATA};
use crate::spec::environments::ENVIRONMENTS;
use crate::spec::merge::TableKind;
use crate::spec::schema;
use crate::text::{self, Layer, Node, NodeValue, Table};

/// The file name of settings in diagnostics.
const NAME: &str = "--set";

/// Longest path in bytes.
const LONGEST_PATH: usize = 1024;

/// A key of the flat spec and its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    text: String,
    steps: Vec<PathSegment>,
    /// Where the value begins.
    value: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PathSegment {
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
                let steps = steps.into_iter().map(|(name, at)| PathSegment { name, at }).collect();
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

    /// The possible values, the likeliest first.
    fn values(&self) -> impl Iterator<Item = Node> {
        let text = &self.text[self.value..];
        let read = text::parse_located(&Source::new("value.json", text)).ok();
        let string = Node::new(NodeValue::String(text.to_owned()), &(0..0));
        read.into_iter().chain([string])
    }
}

/// The settings of a run. The last one for a key wins.
#[derive(Debug, Clone)]
pub struct Settings {
    /// All of them, one behind the other.
    source: Source,
    /// Each, and where its text begins there.
    all: Vec<(usize, Setting)>,
}

impl Settings {
    /// Settings in the order of the command line.
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

    /// Their texts, one in each line.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Changes a document by them. The error is each path that does not go on, at its place.
    pub(super) fn apply(
        &self,
        mut document: Node,
        form: Envelope,
        version: Version,
    ) -> Result<Node, Vec<Diagnostic>> {
        let mut found = Vec::new();
        for (start, setting) in &self.all {
            let one = Applied { setting, start: *start, form };
            match one.apply(&document, version) {
                Ok(changed) => document = changed,
                Err((step, message)) => {
                    let place = Location::text(one.step(step)).in_source(&self.source);
                    found.push(Diagnostic::new(Code::UNKNOWN_KEY, place, message));
                }
            }
        }
        if found.is_empty() { Ok(document) } else { Err(found) }
    }
}

/// A step of a path that the document does not have, and why.
type NoSuchStep = (usize, String);

/// A setting that is applied to a document.
struct Applied<'a> {
    setting: &'a Setting,
    /// Where its text begins in that of all settings.
    start: usize,
    form: Envelope,
}

impl Applied<'_> {
    /// A document with the setting, whose value is of a type that the key takes; or else the likelier one.
    fn apply(&self, document: &Node, version: Version) -> Result<Node, NoSuchStep> {
        let pointer = self.form.pointer(&self.setting.pointer());
        let mut all = Vec::new();
        for mut value in self.setting.values() {
            let range = self.start + self.setting.value..self.start + self.setting.text.len();
            let key = self.step(self.setting.steps.len() - 1);
            value.set_origin(Layer::Setting, &key, &range);
            all.push(self.put_in(document.clone(), &value)?);
        }
        let is_wrong = |found: &Diagnostic| {
            found.code == Code::WRONG_TYPE && is_at_or_below(&found.place.pointer, &pointer)
        };
        let fits = |one: &Node| !schema::check(self.form, one, version).iter().any(is_wrong);
        let first = all.iter().position(fits).unwrap_or(0);
        Ok(all.swap_remove(first))
    }

    /// Where a step of the path is written.
    fn step(&self, step: usize) -> Span {
        let at = &self.setting.steps[step].at;
        self.start + at.start..self.start + at.end
    }

    /// Puts a value in the spec, and in each of its environments that says something else.
    fn put_in(&self, mut document: Node, value: &Node) -> Result<Node, NoSuchStep> {
        let first = self.setting.steps[0].name.as_str();
        let table = match self.form {
            Envelope::Flat => None,
            Envelope::Krm if METADATA.contains(&first) => Some("metadata"),
            Envelope::Krm => Some("spec"),
        };
        self.in_table(&mut document, table, |table| self.put(table, TableKind::Top, 0, value))?;
        self.in_table(&mut document, table.map(|_| "spec"), |spec| {
            let environments = spec.as_object_mut().and_then(|spec| spec.get_mut(ENVIRONMENTS));
            let environments = environments.and_then(Node::as_object_mut);
            for (name, part) in environments.into_iter().flatten().filter(|_| first != ENVIRONMENTS)
            {
                let within =
                    |(step, message)| (step, format!("in `environments.{name}`, {message}"));
                self.put_over(part, TableKind::Top, 0, value).map_err(within)?;
            }
            Ok(())
        })?;
        Ok(document)
    }

    /// Changes a table of the envelope, or the document itself.
    fn in_table(
        &self,
        document: &mut Node,
        table: Option<&str>,
        change: impl FnOnce(&mut Node) -> Result<(), NoSuchStep>,
    ) -> Result<(), NoSuchStep> {
        match (table, &mut document.value) {
            (Some(table), NodeValue::Object(tables)) => {
                change(tables.entry(table.to_owned()).or_insert_with(|| self.empty_table(0)))
            }
            _ => change(document),
        }
    }

    /// A table that a step of the path makes.
    fn empty_table(&self, step: usize) -> Node {
        let mut table = Node { value: NodeValue::Object(Table::default()), ..Node::default() };
        table.set_origin(Layer::Setting, &self.step(step), &self.step(step));
        table
    }

    /// Puts a value in its place, and makes the tables on the way there.
    fn put(
        &self,
        node: &mut Node,
        location: TableKind,
        step: usize,
        value: &Node,
    ) -> Result<(), NoSuchStep> {
        let Some(PathSegment { name, .. }) = self.setting.steps.get(step) else {
            value.clone_into(node);
            return Ok(());
        };
        if let NodeValue::Array(list) = &mut node.value {
            return self.put(element(list, name, step)?, TableKind::Other, step + 1, value);
        }
        if node.as_object().is_none() {
            node.value = NodeValue::Object(Table::default());
        }
        let Some(table) = node.as_object_mut() else { return Ok(()) };
        location.make_way(table, name);
        let below = table.entry(name.clone()).or_insert_with(|| self.empty_table(step));
        self.put(below, location.below(name), step + 1, value)
    }

    /// Puts a value where a part of a spec has another, or one that takes it away.
    fn put_over(
        &self,
        part: &mut Node,
        location: TableKind,
        step: usize,
        value: &Node,
    ) -> Result<(), NoSuchStep> {
        let Some(PathSegment { name, .. }) = self.setting.steps.get(step) else {
            value.clone_into(part);
            return Ok(());
        };
        match &mut part.value {
            NodeValue::Object(table) => {
                location.make_way(table, name);
                match table.get_mut(name) {
                    Some(below) => self.put_over(below, location.below(name), step + 1, value),
                    None => Ok(()),
                }
            }
            NodeValue::Array(list) => {
                self.put_over(element(list, name, step)?, TableKind::Other, step + 1, value)
            }
            _ => self.put(part, location, step, value),
        }
    }
}

fn element<'a>(list: &'a mut [Node], name: &str, step: usize) -> Result<&'a mut Node, NoSuchStep> {
    let count = list.len();
    name.parse::<usize>().ok().and_then(|index| list.get_mut(index)).ok_or_else(|| {
        let count = match count {
            1 => "one element, 0".to_owned(),
            count => format!("{count} elements, from 0 on"),
        };
        (step, format!("there is no element {}: the list has {count}", quoted(name)))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings(texts: &[&str]) -> Settings {
        let all: Result<Vec<Setting>, String> =
            texts.iter().map(|text| Setting::parse(text)).collect();
        Settings::new(&all.unwrap())
    }

    fn applied(document: &Value, texts: &[&str]) -> Result<Value, Vec<Diagnostic>> {
        let document = text::parse_located(&Source::new("a.json", document.to_string())).unwrap();
        let form = Envelope::from_document(&document);
        settings(texts).apply(document, form, Version::NEWEST).map(Node::into_value)
    }

    fn with(document: &Value, texts: &[&str]) -> Value {
        applied(document, texts).unwrap()
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
        let with = |texts: &[&str]| with(&spec, texts)["container"].clone();
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
        let set = with(&spec, &["container.image=k", "cluster.zone=y"]);
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
        let set = with(&spec, &["environments.test.container.image=k"]);
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
        let set = with(&spec, &["grants.0.roles=[\"roles/z\"]"]);
        assert_eq!(set["grants"], json!([{"roles": ["roles/z"]}, {"roles": ["roles/y"]}]));
        assert_eq!(set["environments"]["prod"]["grants"], json!([{"roles": ["roles/z"]}]));
        for (text, column) in
            [("grants.2.roles=[]", 7), ("grants.x=1", 7), ("grants.1.roles=[]", 7)]
        {
            let found = applied(&spec, &[text]).unwrap_err();
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
        let set = with(&spec, &["name=b", "container.image=k", "project=p"]);
        assert_eq!(set["metadata"], json!({"name": "b"}));
        assert_eq!(set["spec"], json!({"container": {"image": "k"}, "project": "p"}));
    }
}
