//! A document whose nodes have their positions in the text.

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use crate::diagnostics::source::Span;
use crate::diagnostics::{Part, pointer};

/// A map that keeps the order of its entries, with a fast hasher.
pub type OrderedMap<V> = IndexMap<String, V, foldhash::fast::RandomState>;

/// The entries of an object, in the order of the text.
pub type Table = OrderedMap<Node>;

/// A value of a document, and where it comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// The value.
    pub value: NodeValue,
    /// Where it comes from.
    pub origin: Origin,
}

/// A value as JSON has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum NodeValue {
    /// `null`.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// The elements of an array.
    Array(Vec<Node>),
    /// The entries of an object.
    Object(Table),
}

/// Where a node comes from: which document, and which bytes of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin {
    /// The document.
    pub layer: Layer,
    key: Option<Bytes>,
    value: Bytes,
}

/// One of the documents that are merged into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layer {
    /// The document itself.
    #[default]
    Own,
    /// An environment in it.
    OwnEnvironment,
    /// The defaults that it is merged over.
    Defaults,
    /// An environment in the defaults.
    DefaultsEnvironment,
    /// The settings that are merged over it.
    Setting,
    /// The settings, in an environment.
    SettingEnvironment,
}

impl Layer {
    /// Whether a node comes from the defaults.
    pub fn is_default(self) -> bool {
        matches!(self, Self::Defaults | Self::DefaultsEnvironment)
    }

    /// Whether a node comes from a setting.
    pub fn is_setting(self) -> bool {
        matches!(self, Self::Setting | Self::SettingEnvironment)
    }

    /// The layer of a node that is in an environment.
    #[must_use]
    pub fn in_environment(self) -> Self {
        match self {
            Self::Own | Self::OwnEnvironment => Self::OwnEnvironment,
            Self::Defaults | Self::DefaultsEnvironment => Self::DefaultsEnvironment,
            Self::Setting | Self::SettingEnvironment => Self::SettingEnvironment,
        }
    }

    /// Whether a node is in an environment.
    pub fn is_in_environment(self) -> bool {
        self == self.in_environment()
    }
}

/// A range in half the space: no text has 4 GiB.
type Bytes = (u32, u32);

fn bytes(span: &Span) -> Bytes {
    let number = |byte| u32::try_from(byte).unwrap_or(u32::MAX);
    (number(span.start), number(span.end))
}

fn span((start, end): Bytes) -> Span {
    start as usize..end as usize
}

impl Origin {
    /// A range of a document.
    pub fn new(layer: Layer, value: &Span) -> Self {
        Self { layer, key: None, value: bytes(value) }
    }

    /// The range of the key; `None` for the root and the elements of arrays.
    pub fn key(&self) -> Option<Span> {
        self.key.map(span)
    }

    /// The range of the value.
    pub fn value(&self) -> Span {
        span(self.value)
    }
}

/// The node at a pointer, or the nearest one above it that exists.
#[derive(Debug, Clone, Copy)]
pub struct Nearest<'a> {
    /// The last node on the way.
    pub node: &'a Node,
    /// The last node on the way that is not from the defaults.
    pub own: &'a Node,
    /// Whether the first is the node at the pointer itself.
    pub is_exact: bool,
    /// Whether it is in an array, which no other document can add to.
    pub is_in_array: bool,
}

impl Node {
    /// A value that stands at a range of the text.
    pub fn new(value: NodeValue, at: &Span) -> Self {
        Self { value, origin: Origin::new(Layer::Own, at) }
    }

    /// Sets the range of the key that has this value.
    pub fn set_key(&mut self, key: &Span) {
        self.origin.key = Some(bytes(key));
    }

    /// The entries of an object.
    pub fn as_object(&self) -> Option<&Table> {
        match &self.value {
            NodeValue::Object(table) => Some(table),
            _ => None,
        }
    }

    /// The entries of an object, mutable.
    pub fn as_object_mut(&mut self) -> Option<&mut Table> {
        match &mut self.value {
            NodeValue::Object(table) => Some(table),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(string) => Some(string),
            _ => None,
        }
    }

    /// The value of a key; `None` if there is no such key, or no object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// The child that a part of a pointer names.
    pub fn child(&self, step: &str) -> Option<&Self> {
        match &self.value {
            NodeValue::Object(table) => table.get(step),
            NodeValue::Array(list) => list.get(step.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The node at a pointer.
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        pointer::steps(pointer).try_fold(self, |node, step| node.child(&step))
    }

    /// The node at a pointer, or the nearest one above it that exists.
    pub fn nearest(&self, pointer: &str) -> Nearest<'_> {
        let mut found = Nearest { node: self, own: self, is_exact: true, is_in_array: false };
        for step in pointer::steps(pointer) {
            let Some(below) = found.node.child(&step) else {
                return Nearest { is_exact: false, ..found };
            };
            found.is_in_array |= matches!(found.node.value, NodeValue::Array(_));
            found.node = below;
            if !below.origin.layer.is_default() {
                found.own = below;
            }
        }
        found
    }

    /// The value without its origins.
    pub fn to_value(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(boolean) => Value::Bool(*boolean),
            NodeValue::Number(number) => Value::Number(number.clone()),
            NodeValue::String(string) => Value::String(string.clone()),
            NodeValue::Array(list) => list.iter().map(Self::to_value).collect(),
            NodeValue::Object(table) => {
                let mut map = Map::with_capacity(table.len());
                map.extend(table.iter().map(|(key, node)| (key.clone(), node.to_value())));
                Value::Object(map)
            }
        }
    }

    /// Like [`Node::to_value`], without copying strings.
    pub fn into_value(self) -> Value {
        match self.value {
            NodeValue::String(string) => Value::String(string),
            NodeValue::Array(list) => list.into_iter().map(Self::into_value).collect(),
            NodeValue::Object(table) => {
                let mut map = Map::with_capacity(table.len());
                map.extend(table.into_iter().map(|(key, node)| (key, node.into_value())));
                Value::Object(map)
            }
            _ => self.to_value(),
        }
    }

    /// Changes the origins of the node and of all below it.
    pub fn each_origin(&mut self, change: &impl Fn(&mut Origin)) {
        change(&mut self.origin);
        match &mut self.value {
            NodeValue::Array(list) => list.iter_mut().for_each(|node| node.each_origin(change)),
            NodeValue::Object(table) => {
                table.values_mut().for_each(|node| node.each_origin(change));
            }
            _ => {}
        }
    }

    /// The range of its key, if it has one, or of its value.
    pub fn span(&self, target: Part) -> Span {
        let key = self.origin.key().filter(|_| target == Part::Key);
        key.unwrap_or_else(|| self.origin.value())
    }

    /// Sets one origin for the node and all below it: `value` for all, `key` for the node itself.
    pub fn set_origin(&mut self, layer: Layer, key: &Span, value: &Span) {
        self.each_origin(&|origin| *origin = Origin::new(layer, value));
        self.origin.key = Some(bytes(key));
    }

    /// Sets the range of the value.
    pub(super) fn set_end(&mut self, end: usize) {
        let start = self.origin.value().start;
        self.origin.value = bytes(&(start..end));
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        let value = match value {
            Value::Null => NodeValue::Null,
            Value::Bool(boolean) => NodeValue::Bool(boolean),
            Value::Number(number) => NodeValue::Number(number),
            Value::String(string) => NodeValue::String(string),
            Value::Array(list) => NodeValue::Array(list.into_iter().map(Self::from).collect()),
            Value::Object(map) => NodeValue::Object(
                map.into_iter().map(|(key, value)| (key, Self::from(value))).collect(),
            ),
        };
        Self { value, origin: Origin::default() }
    }
}

impl<'a> Nearest<'a> {
    /// The node that is shown: what the defaults lack is missing from the document, which could have it.
    pub fn shown(&self) -> &'a Node {
        if self.is_exact || self.is_in_array { self.node } else { self.own }
    }

    /// The range that shows it. A node that is missing is shown by the key of the object around it.
    pub fn span(&self, target: Part) -> Span {
        let target = if self.is_exact { target } else { Part::Key };
        self.shown().span(target)
    }
}
