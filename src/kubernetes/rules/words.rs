//! The rules in words, for people.

use super::findings::range;
use super::rule::{Check, Rule};
use crate::diagnostics::quoted;

impl Rule {
    /// The rule in words, for people.
    pub(in crate::kubernetes) fn words(&self) -> String {
        format!("{}{}", self.check.words(), self.when.words())
    }
}

impl Check {
    fn words(self) -> String {
        let keys =
            |keys: &[&str]| keys.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ");
        match self {
            Self::Range(min, max) => range(min, max),
            Self::Mode => "0 to 0o777".to_owned(),
            Self::Port(_) => "a port, or the name of one".to_owned(),
            Self::Required => "required".to_owned(),
            Self::Forbidden => "not allowed".to_owned(),
            Self::NotEmpty => "not empty".to_owned(),
            Self::Only(values) => keys(values),
            Self::Name(name) => name.words.to_owned(),
            Self::Keys(name) => format!("keys: {}", name.words),
            Self::Values(name) => format!("values: {}", name.words),
            Self::Form(form) => form.words.to_owned(),
            Self::OneOf(of) => format!("exactly one of {}", keys(of)),
            Self::AtMostOneOf(of) => format!("at most one of {}", keys(of)),
            Self::AtLeastOneOf(of) => format!("at least one of {}", keys(of)),
            Self::AtMost(most) => format!("at most {most} characters or entries"),
            Self::Unique([]) => "no duplicates".to_owned(),
            Self::Unique(of) => format!("no two with the same {}", keys(of)),
            Self::NotNegative => "0 or more".to_owned(),
            Self::In(key, check) => format!("{}: {}", quoted(key), check.words()),
            Self::Code(words, _) => words.to_owned(),
        }
    }
}
