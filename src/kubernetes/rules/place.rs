//! Where a value is.

use crate::diagnostics::Location;
use crate::diagnostics::pointer::join;

/// The place of a value, linked on the stack: only a finding needs it as a pointer.
#[derive(Debug, Clone, Copy)]
pub(in crate::kubernetes) enum Place<'p> {
    Root(&'p str),
    Key(&'p Place<'p>, &'p str),
    Element(&'p Place<'p>, usize),
}

impl<'p> Place<'p> {
    /// The place of a key of this table.
    pub(in crate::kubernetes) fn at<'q>(&'q self, key: &'q str) -> Place<'q>
    where
        'p: 'q,
    {
        Place::Key(self, key)
    }

    pub(in crate::kubernetes) fn element<'q>(&'q self, index: usize) -> Place<'q>
    where
        'p: 'q,
    {
        Place::Element(self, index)
    }

    /// Whether the value is in a list, where empty strings are not left out.
    pub(super) fn is_element(&self) -> bool {
        matches!(self, Self::Element(..))
    }

    pub(in crate::kubernetes) fn pointer(&self) -> String {
        match self {
            Self::Root(pointer) => (*pointer).to_owned(),
            Self::Key(table, key) => join(&table.pointer(), key),
            Self::Element(list, index) => format!("{}/{index}", list.pointer()),
        }
    }

    pub(in crate::kubernetes) fn value(&self) -> Location {
        Location::value(self.pointer())
    }

    pub(in crate::kubernetes) fn key(&self) -> Location {
        Location::key(self.pointer())
    }

    /// The key of the value; for an element of a list, the key of the list.
    pub(in crate::kubernetes) fn name(&self) -> &str {
        match self {
            Self::Root(pointer) => {
                let mut steps = pointer.rsplit('/');
                let is_index = |step: &&str| !step.bytes().all(|b| b.is_ascii_digit());
                steps.find(is_index).unwrap_or_default()
            }
            Self::Key(_, key) => key,
            Self::Element(list, _) => list.name(),
        }
    }
}
