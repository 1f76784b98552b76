//! A value of YAML as it stands in its text, to be looked at once and without copies.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

/// A value as it stands in its text, of which no more is copied than has to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Written<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text; its own where it has escapes or lines.
    Text(Cow<'a, str>),
    /// The elements of a list.
    List(Vec<Written<'a>>),
    /// The keys of a table and their values, in the order of the text. No key stands twice.
    Table(Vec<(Cow<'a, str>, Written<'a>)>),
}

impl Written<'_> {
    /// The value of a key; `None` where there is none, or no table.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Table(entries) = self else { return None };
        entries.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<Written<'_>> for Value {
    fn from(written: Written<'_>) -> Self {
        match written {
            Written::Null => Self::Null,
            Written::Bool(boolean) => Self::Bool(boolean),
            Written::Number(number) => Self::Number(number),
            Written::Text(text) => Self::String(text.into_owned()),
            Written::List(elements) => elements.into_iter().map(Self::from).collect(),
            Written::Table(entries) => {
                let mut table = Map::with_capacity(entries.len());
                table.extend(entries.into_iter().map(|(key, it)| (key.into_owned(), it.into())));
                Self::Object(table)
            }
        }
    }
}
