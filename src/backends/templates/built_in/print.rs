//! What a template does, done: the facts of an app to the text of an artifact.

use std::borrow::Cow;

use minijinja::Error as TemplateError;

use super::fact::Fact;
use super::parse::{Expression, Loop, Node, Step};
use crate::backends::gcloud::quote;
use crate::backends::templates::set::is_yaml;
use crate::backends::templates::yaml;
use crate::backends::templates::yaml::{Block, Kind, Node as YamlNode};

/// Prints one template.
pub(super) struct Printer<'a> {
    out: String,
    /// Names and their values, the inner ones last.
    scope: Vec<(&'a str, Fact<'a>)>,
    /// Of each loop around: which element this is, and of how many.
    loops: Vec<(usize, usize)>,
    facts: &'a [(&'a str, Fact<'a>)],
    language: Language,
}

/// What is printed, which says how values are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Bash,
}

impl<'a> Printer<'a> {
    /// What a template makes of the facts.
    pub(super) fn print(name: &str, facts: &'a [(&'a str, Fact<'a>)]) -> Option<String> {
        let language = if is_yaml(name) { Language::Yaml } else { Language::Bash };
        Self::run(super::template(name)?, language, facts)
    }

    /// What it makes, which has been read.
    pub(super) fn run(
        nodes: &'static [Node],
        language: Language,
        facts: &'a [(&'a str, Fact<'a>)],
    ) -> Option<String> {
        let scope = facts.to_vec();
        let mut printer = Self { out: String::new(), scope, loops: Vec::new(), facts, language };
        printer.out.reserve(match language {
            Language::Yaml => 2 * 1024,
            Language::Bash => 24 * 1024,
        });
        printer.all(nodes)?;
        Some(printer.out)
    }

    fn all(&mut self, nodes: &'static [Node]) -> Option<()> {
        nodes.iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &'static Node) -> Option<()> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Print(value) => {
                let value = self.value(value)?;
                match (self.language, value) {
                    (Language::Yaml, _) => self.out.push_str(&value.scalar()?),
                    (Language::Bash, Fact::Text(text)) => self.out.push_str(&quote::word(text)),
                    (Language::Bash, _) => return None,
                }
            }
            Node::Block(value, indent) if self.language == Language::Yaml => {
                let value = self.value(value)?;
                yaml::write_block(&value, *indent, &mut self.out).ok()?;
            }
            Node::Part(name, indent) if self.language == Language::Yaml => {
                let part = Printer::print(name, self.facts)?;
                Block::write_lines(&part, *indent, &mut self.out);
            }
            Node::If(branches, otherwise) => {
                for (condition, nodes) in branches {
                    if self.is_true(condition)? {
                        return self.all(nodes);
                    }
                }
                self.all(otherwise)?;
            }
            Node::For(repeated) => self.repeat(repeated)?,
            Node::Set(name, value) => {
                let value = self.value(value)?;
                self.scope.push((name, value));
            }
            Node::With(set, nodes) => {
                let outside = self.scope.len();
                for (name, value) in set {
                    let value = self.value(value)?;
                    self.scope.push((name, value));
                }
                self.all(nodes)?;
                self.scope.truncate(outside);
            }
            // It sees what is seen here, and prints in the same language.
            Node::Include(name) if is_yaml(name) == (self.language == Language::Yaml) => {
                self.all(super::template(name)?)?;
            }
            Node::Block(..) | Node::Part(..) | Node::Include(_) => return None,
        }
        Some(())
    }

    fn repeat(&mut self, repeated: &'static Loop) -> Option<()> {
        let outside = self.scope.len();
        let over = self.value(&repeated.over)?;
        let length = match over {
            Fact::List(list) => list.len(),
            Fact::Table(table) => table.len(),
            _ => return None,
        };
        let mut elements: Vec<usize> = (0..length).collect();
        if repeated.reverse {
            elements.reverse();
        }
        if let Some(condition) = &repeated.condition {
            let mut taken = Vec::with_capacity(length);
            for index in elements {
                self.bind(repeated, over, index)?;
                if self.is_true(condition)? {
                    taken.push(index);
                }
                self.scope.truncate(outside);
            }
            elements = taken;
        }
        if elements.is_empty() {
            return self.all(&repeated.otherwise);
        }
        let many = elements.len();
        for (number, index) in elements.into_iter().enumerate() {
            self.bind(repeated, over, index)?;
            self.loops.push((number, many));
            self.all(&repeated.body)?;
            self.loops.pop();
            self.scope.truncate(outside);
        }
        Some(())
    }

    /// Gives an element, or the key and value of an entry, their names.
    fn bind(&mut self, repeated: &'static Loop, over: Fact<'a>, index: usize) -> Option<()> {
        match (over, repeated.names) {
            (Fact::List(list), (name, None)) => self.scope.push((name, list.at(index)?)),
            (Fact::Table(table), (key, Some(name))) => {
                let (entry, value) = table.at(index)?;
                self.scope.extend([(key, Fact::Text(entry)), (name, value)]);
            }
            _ => return None,
        }
        Some(())
    }

    fn value(&self, expression: &'static Expression) -> Option<Fact<'a>> {
        Some(match expression {
            Expression::Text(text) => Fact::Text(text),
            Expression::Path(name, steps) => {
                let is_it = |known: &&str| {
                    known.as_bytes().first() == name.as_bytes().first() && *known == *name
                };
                let (_, mut value) = *self.scope.iter().rev().find(|(known, _)| is_it(known))?;
                for step in steps {
                    value = match (value, step) {
                        (Fact::Table(table), Step::Key(key)) => table.get(key)?,
                        (Fact::List(list), Step::Index(index)) => list.at(*index)?,
                        _ => return None,
                    };
                }
                value
            }
            Expression::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                return self.value(if self.is_true(condition)? { then } else { otherwise });
            }
            _ => Fact::Bool(self.is_true(expression)?),
        })
    }

    fn is_true(&self, expression: &'static Expression) -> Option<bool> {
        match expression {
            Expression::First => self.loops.last().map(|(number, _)| *number == 0),
            Expression::Last => self.loops.last().map(|(number, many)| number + 1 == *many),
            Expression::Same(sides) => self.value(&sides[0])?.is_same(self.value(&sides[1])?),
            Expression::And(sides) => Some(self.is_true(&sides[0])? && self.is_true(&sides[1])?),
            Expression::Or(sides) => Some(self.is_true(&sides[0])? || self.is_true(&sides[1])?),
            Expression::Not(negated) => Some(!self.is_true(negated)?),
            Expression::IsNone(value) => Some(matches!(self.value(value)?, Fact::None)),
            Expression::If(_) | Expression::Path(..) | Expression::Text(_) => {
                self.value(expression)?.is_true()
            }
        }
    }
}

impl YamlNode for Fact<'_> {
    fn kind(&self) -> Kind {
        match self {
            Self::None => Kind::Null,
            Self::List(list) => Kind::List { is_empty: list.len() == 0 },
            Self::Table(table) => Kind::Table { is_empty: table.len() == 0 },
            Self::Bool(_) | Self::Number(_) | Self::Text(_) => Kind::Scalar,
        }
    }

    fn scalar(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Text(text) => yaml::scalar(text),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            // Without an exponent, which readers of YAML 1.1 take for a text.
            Self::Number(number) if number.is_f64() => number.as_f64()?.to_string().into(),
            Self::Number(number) => number.to_string().into(),
            Self::None | Self::List(_) | Self::Table(_) => return None,
        })
    }

    fn each(
        &self,
        mut tell: impl FnMut(&str, Self) -> Result<(), TemplateError>,
    ) -> Result<(), TemplateError> {
        match self {
            Self::List(list) => (0..list.len())
                .filter_map(|index| list.at(index))
                .try_for_each(|element| tell("", element)),
            Self::Table(table) => (0..table.len())
                .filter_map(|index| table.at(index))
                .try_for_each(|(key, value)| tell(key, value)),
            _ => Ok(()),
        }
    }
}
