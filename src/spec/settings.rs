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
    /// in JSON where the key takes one, and the string as it is where the key takes a string. The error says
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
    /// All of them, one after the other.
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

    /// Their text, one per line.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Applies them to a document. The error is each path that does not exist, at its place.
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
