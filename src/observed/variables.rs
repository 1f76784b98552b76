//! The variables of a script, as far as their values are known.

use indexmap::{IndexMap, IndexSet};

use super::partial::Partial;
use super::translation::COMPUTED;
use crate::diagnostics::source::Span;
use crate::text::shell::{Command, Piece, Word};

/// The longest value that is read. Nobody relies on a longer one.
pub(super) const MAX_VALUE: usize = 64 * 1024;

/// The most that all expansions together may add.
const MAX_EXPANDED: usize = 1024 * 1024;

/// The most rounds of a loop, and elements of an array.
pub(super) const MAX_ELEMENTS: usize = 256;

/// A word of a command: where it stands, and its string when it runs.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) span: Span,
    pub(super) text: Partial,
}

/// The values of variables; `None` for those that are set to something that is not read.
pub(super) type Values = IndexMap<String, Option<Partial>>;

/// The variables of a script at some command.
pub(super) struct Variables<'t> {
    text: &'t str,
    pub(super) values: Values,
    /// The elements of arrays, as far as they are known. `@` has the arguments of the function that runs.
    arrays: IndexMap<String, Vec<Argument>>,
    reassigned: IndexSet<String>,
    /// The reassigned ones that are set where it is not known whether it runs.
    uncertain: IndexSet<String>,
    /// For each function that runs, the variables that it declares, and their values in the caller.
    locals: Vec<Values>,
    /// How many loops, conditions and functions are open.
    pub(super) depth: usize,
    /// How much expansions have added.
    expanded: usize,
}

/// The variables before something that may run at any time.
pub(super) struct Suspended {
    values: Values,
    uncertain: IndexSet<String>,
    depth: usize,
}

/// The names of variables that are set more than once.
pub(super) fn reassigned(text: &str, commands: &[Command]) -> IndexSet<String> {
    let (mut set, mut reassigned) = (IndexSet::new(), IndexSet::new());
    for command in commands {
        let mut before = "";
        for word in &command.words {
            let word = &text[word.span.clone()];
            let is_loop = ["for", "select"].contains(&before);
            if let Some(name) = assigned_name(word).or(is_loop.then_some(word))
                && !set.insert(name)
            {
                reassigned.insert(name.to_owned());
            }
            before = word;
        }
    }
    reassigned
}

/// The variable that a word sets.
pub(super) fn assigned_name(word: &str) -> Option<&str> {
    let name = word.split_once('=')?.0;
    let name = name.strip_suffix('+').unwrap_or(name);
    is_name(name).then_some(name)
}

pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl<'t> Variables<'t> {
    pub(super) fn new(text: &'t str, commands: &[Command], values: Values) -> Self {
        Self {
            text,
            values,
            arrays: IndexMap::new(),
            reassigned: reassigned(text, commands),
            uncertain: IndexSet::new(),
            locals: Vec::new(),
            depth: 0,
            expanded: 0,
        }
    }

    pub(super) fn source(&self, word: &Word) -> &'t str {
        &self.text[word.span.clone()]
    }

    /// The values that are certain.
    pub(super) fn certain(&self) -> Values {
        let certain = self.values.iter().filter(|(name, _)| !self.uncertain.contains(*name));
        certain.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Begins something that may run at any time: the values of other variables are unknown there. Returns the
    /// state before.
    pub(super) fn suspend(&mut self) -> Suspended {
        let values = self.values.clone();
        for name in &self.reassigned {
            self.values.insert(name.clone(), Some(Partial::unknown()));
        }
        Suspended {
            values,
            uncertain: std::mem::take(&mut self.uncertain),
            depth: std::mem::take(&mut self.depth),
        }
    }

    /// Ends it: what it has set is not certain.
    pub(super) fn resume(&mut self, before: Suspended) {
        (self.depth, self.uncertain) = (before.depth, before.uncertain);
        for (name, value) in std::mem::replace(&mut self.values, before.values) {
            if !self.reassigned.contains(&name) {
                self.values.insert(name, value);
            } else if value.is_some_and(|value| value != Partial::unknown()) {
                self.uncertain.insert(name);
            }
        }
    }

    /// Enters a function with its arguments. Returns those of the caller.
    pub(super) fn enter(&mut self, arguments: Vec<Argument>) -> Option<Vec<Argument>> {
        self.locals.push(Values::new());
        self.set_arguments(Some(arguments))
    }

    /// Leaves a function.
    pub(super) fn leave(&mut self, arguments: Option<Vec<Argument>>) {
        self.set_arguments(arguments);
        self.values.extend(self.locals.pop().unwrap_or_default());
    }

    /// Removes the first argument of a function, if it is certain.
    pub(super) fn shift(&mut self, is_certain: bool) {
        let arguments = self.arrays.get("@").filter(|all| is_certain && !all.is_empty());
        let rest = arguments.map(|all| all[1..].to_vec());
        self.set_arguments(rest);
    }

    fn set_arguments(&mut self, arguments: Option<Vec<Argument>>) -> Option<Vec<Argument>> {
        self.values.retain(|name, _| is_name(name));
        for (index, argument) in arguments.iter().flatten().enumerate() {
            self.values.insert((index + 1).to_string(), Some(argument.text.clone()));
        }
        match arguments {
            Some(arguments) => self.arrays.insert("@".to_owned(), arguments),
            None => self.arrays.swap_remove("@"),
        }
    }

    /// Notes the values of the variables that a function declares for itself.
    pub(super) fn hide(&mut self, words: &[Word]) {
        for word in words {
            let source = self.source(word);
            let name = assigned_name(source).unwrap_or(source);
            let value = self.values.get(name).cloned().flatten();
            if let Some(locals) = self.locals.last_mut() {
                locals.entry(name.to_owned()).or_insert(value);
            }
        }
    }

    /// Forgets the values of the variables that words name.
    pub(super) fn unset(&mut self, words: &[Word], is_conditional: bool) {
        for word in words {
            let name = self.source(word);
            if is_name(name) {
                self.set(name, None, is_conditional);
            }
        }
    }

    pub(super) fn assign(&mut self, words: &[Word], is_conditional: bool) {
        for word in words {
            let Some(name) = assigned_name(self.source(word)) else { continue };
            if let [Piece::Text(start), Piece::Array(elements)] = word.pieces.as_slice() {
                self.set(name, None, is_conditional);
                let elements = elements.iter().flat_map(|word| self.expand_word(word));
                let elements: Vec<_> = elements.collect();
                let array = self.arrays.entry(name.to_owned()).or_default();
                if !start.ends_with("+=") {
                    array.clear();
                }
                array.extend(elements);
                if array.len() > MAX_ELEMENTS {
                    self.arrays.swap_remove(name);
                }
                continue;
            }
            let text = self.expand(&word.pieces);
            let value = text.as_str().split_once('=').and_then(|(before, value)| {
                let is_whole = !before.ends_with('+') && value.len() <= MAX_VALUE;
                is_whole.then(|| text.with_text(value))
            });
            self.set(name, value, is_conditional);
        }
    }

    pub(super) fn set(&mut self, name: &str, value: Option<Partial>, is_conditional: bool) {
        if is_conditional && self.reassigned.contains(name) {
            self.uncertain.insert(name.to_owned());
        }
        self.values.insert(name.to_owned(), value);
    }

    /// The arguments that a word becomes: bash splits a variable without quotes.
    pub(super) fn expand_word(&mut self, word: &Word) -> Vec<Argument> {
        let text = self.expand(&word.pieces);
        let argument = |text| Argument { span: word.span.clone(), text };
        if let [Piece::Variable { name, .. }] | [Piece::Text(_), Piece::Variable { name, .. }] =
            word.pieces.as_slice()
            && text.as_str() == "\0"
            && let Some(name) = name.strip_suffix("[@]").filter(|name| !self.is_uncertain(name))
            && let Some(array) = self.arrays.get(name)
        {
            return array.clone();
        }
        if let [Piece::Variable { is_quoted: false, .. }] = *word.pieces {
            let parts = text.as_str().split_whitespace();
            return parts.map(|part| argument(text.with_text(part))).collect();
        }
        vec![argument(text)]
    }

    fn expand(&mut self, pieces: &[Piece]) -> Partial {
        let mut text = Partial::default();
        let (mut expanded, computed) = (self.expanded, Partial::computed());
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_known(part),
                Piece::Unknown | Piece::Array(_) => text.push(&Partial::computed()),
                Piece::Variable { name, default, .. } => {
                    // An empty default is for `set -u`; the value is set elsewhere.
                    let default = default.as_ref().filter(|(text, _)| !text.is_empty());
                    let value = self.value(name);
                    let value = value.filter(|it| default.is_none() || !it.as_str().is_empty());
                    let value = value.or_else(|| {
                        let (text, sets) = default?;
                        let value = Partial::with_variables(text, |name| self.value(name));
                        let value = value.by_default();
                        sets.then(|| self.values.insert(name.clone(), Some(value.clone())));
                        Some(value)
                    });
                    let value = value.unwrap_or_else(Partial::unknown);
                    expanded += value.as_str().len();
                    text.push(if expanded < MAX_EXPANDED { &value } else { &computed });
                }
            }
            if text.as_str().len() > MAX_VALUE {
                text = Partial::computed();
                break;
            }
        }
        self.expanded = expanded;
        text
    }

    /// The value of a variable, if the script sets it.
    fn value(&self, name: &str) -> Option<Partial> {
        if name == COMPUTED {
            return Some(Partial::computed());
        }
        let (array, index) = name.split_once('[').unwrap_or((name, ""));
        if self.is_uncertain(array) {
            return Some(Partial::unknown());
        }
        let elements = self.arrays.get(array).filter(|_| !index.is_empty());
        let element =
            elements.and_then(|all| all.get(index.trim_end_matches(']').parse::<usize>().ok()?));
        let value = element.map(|one| Some(one.text.clone()));
        let is_read = |value: &Option<Partial>| index.is_empty() || value.is_none();
        let value = value.or_else(|| self.values.get(array).filter(|it| is_read(it)).cloned())?;
        Some(value.unwrap_or_else(Partial::computed))
    }

    /// Whether a variable can have another value than the last one: the next round of a loop can see what is set
    /// further down.
    fn is_uncertain(&self, name: &str) -> bool {
        self.uncertain.contains(name) || (self.depth > 0 && self.reassigned.contains(name))
    }
}
