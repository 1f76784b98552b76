//! The corrections that are certain, made in the text of a spec: everything else of it, comments
//! and layout included, stays as it is.

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Diagnostic, Edit, Part};
use crate::text;

/// A correction, and what it is to make of the document.
struct Correction<'a> {
    span: Span,
    text: String,
    diagnostic: &'a Diagnostic,
}

/// The source with every correction of these diagnostics that is certain; `None` where there is none. A
/// correction that would not make of the document what it is meant to is left out: a table that is
/// written in several places, for example, has its name in all of them.
pub fn apply(source: &Source, diagnostics: &[Diagnostic]) -> Option<Source> {
    let mut corrections: Vec<Correction<'_>> =
        diagnostics.iter().filter_map(|found| correction(source, found)).collect();
    corrections.sort_by_key(|correction| correction.span.start);
    // The same place twice, as an alias of YAML makes it: the first stands.
    let mut done = 0;
    corrections.retain(|correction| {
        let is_behind = correction.span.start >= done;
        done = done.max(correction.span.end);
        is_behind
    });
    // Two keys that would both become one: who knows which is meant.
    let mut times: IndexMap<(String, String), usize> = IndexMap::new();
    for renamed in corrections.iter().filter_map(Correction::renamed) {
        *times.entry(renamed).or_default() += 1;
    }
    corrections.retain(|one| one.renamed().is_none_or(|renamed| times[&renamed] == 1));
    let before = errors(source);
    while !corrections.is_empty() {
        let fixed = corrected(source, &corrections);
        let count = corrections.len();
        match text::parse(&fixed) {
            Ok(document) => corrections.retain(|one| one.is_made(source, &document)),
            Err(left) if left.len() < before => {}
            // Those that break the text by themselves, or else the first.
            Err(_) => {
                corrections.retain(|one| {
                    errors(&corrected(source, std::slice::from_ref(one))) < before.max(1)
                });
                if corrections.len() == count {
                    corrections.remove(0);
                }
            }
        }
        if corrections.len() == count {
            return Some(fixed);
        }
    }
    None
}

fn correction<'a>(source: &Source, found: &'a Diagnostic) -> Option<Correction<'a>> {
    let span = found.place.span.clone()?;
    // A string of several lines is a block, whose layout would have to change with it.
    let is_certain = found.is_certain_in(source) && !source.text()[span.clone()].contains('\n');
    let text = found.replacement_in(source).filter(|_| is_certain)?;
    Some(Correction { span, text, diagnostic: found })
}

fn corrected(source: &Source, corrections: &[Correction<'_>]) -> Source {
    let mut text = String::new();
    let mut done = 0;
    for correction in corrections {
        text.push_str(&source.text()[done..correction.span.start]);
        text.push_str(&correction.text);
        done = correction.span.end;
    }
    text.push_str(&source.text()[done..]);
    Source::new(source.name(), text)
}

fn errors(source: &Source) -> usize {
    text::parse(source).err().map_or(0, |errors| errors.len())
}

impl Correction<'_> {
    /// The table and the key that this makes of another one.
    fn renamed(&self) -> Option<(String, String)> {
        let place = &self.diagnostic.place;
        match (&self.diagnostic.fix.as_ref()?.edit, place.target) {
            (Edit::Text(name), Part::Key) => {
                let (table, _) = place.pointer.rsplit_once('/')?;
                Some((table.to_owned(), name.clone()))
            }
            _ => None,
        }
    }

    /// Whether a document has become what was meant.
    fn is_made(&self, source: &Source, document: &Value) -> bool {
        let place = &self.diagnostic.place;
        let Some(fix) = &self.diagnostic.fix else { return false };
        if place.pointer.is_empty() {
            // What could not be read has no pointer; now it can.
            return true;
        }
        let now = document.pointer(&place.pointer);
        match (&fix.edit, place.target) {
            (Edit::Text(_), Part::Key) => {
                let is_there = |(table, name): (String, String)| {
                    document.pointer(&table).is_some_and(|table| table.get(name).is_some())
                };
                now.is_none() && self.renamed().is_some_and(is_there)
            }
            (Edit::Text(text), Part::Value) => now == serde_json::from_str(text).ok().as_ref(),
            (Edit::Quotes, _) => {
                now.and_then(Value::as_str) == source.text().get(self.span.clone())
            }
        }
    }
}
