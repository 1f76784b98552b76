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
    // A text of several lines is a block, whose layout would have to change with it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::levels::Levels;
    use crate::spec::load::{LoadOptions, Spec};

    fn fixed(name: &str, text: &str) -> Option<String> {
        let source = Source::new(name, text);
        let spec = Spec::load(&source, &LoadOptions::default());
        let found = match spec.and_then(|spec| spec.check(None, &Levels::default())) {
            Ok(checked) => checked.warnings().to_vec(),
            Err(found) => found.into_vec(),
        };
        apply(&source, &found).map(|source| source.text().to_owned())
    }

    #[test]
    fn what_is_certain_is_corrected_and_the_rest_is_left() {
        let text = "nmae = 'a' # é\r\n[cluster]\r\nSetup = \"Create\"  # x\r\n\"regoin\" = \"US\"\n[container]\nport = \"80\"\nenv = { A = 007, B = 1.10 }\n";
        // TOML has no 007: nothing can be read, and nothing is corrected.
        assert_eq!(fixed("a.toml", text), None);
        assert_eq!(
            fixed("a.toml", "name = my-app\nport = 007\n").unwrap(),
            "name = \"my-app\"\nport = 007\n"
        );
        assert_eq!(
            fixed("a.toml", &text.replace("007", "7")).unwrap(),
            "name = 'a' # é\r\n[cluster]\r\nsetup = \"Create\"  # x\r\n\"region\" = \"US\"\n[container]\nport = 80\nenv = { A = \"7\", B = \"1.10\" }\n"
        );
        assert_eq!(
            fixed("a.yaml", "cluster: {setup: Create}\n").unwrap(),
            "cluster: {setup: \"create\"}\n"
        );
    }

    #[test]
    fn what_may_be_meant_otherwise_is_left() {
        let base = "name = 'a'\n";
        for uncertain in [
            // Renamed in one place, the table would be two.
            "[[Grants]]\nroles = ['roles/a.b']\n[[Grants]]\nroles = ['roles/a.c']\n",
            "[Cluster]\nname = 'c'\n[Cluster.x]\n",
            "[container.env]\nP = 1_000\nQ = 0x1F\nR = 1e3\n",
            "[container.env]\nP = a#b\n",
            "[container.env]\nP = say \"hi\"\n",
            "[container.env]\nP = https://x.y/z?a=b\n",
            "[container.env]\nP = a\\tb\n",
            "[container]\nend = 'x'\n",
            "[pod]\nhostIP = true\n",
            "[[grants]]\ntopics = ['abc']\nroles = ['roles/a.b']\n",
        ] {
            assert_eq!(fixed("a.toml", &format!("{base}{uncertain}")), None, "{uncertain}");
        }
        // Of an alias, what it stands for is corrected.
        assert_eq!(
            fixed("a.yaml", "container: {env: {A: &x 5, B: *x, C: !!int '5'}}\n").unwrap(),
            "container: {env: {A: &x \"5\", B: *x, C: !!int '5'}}\n"
        );
        assert_eq!(
            fixed("a.toml", "[serviceAccount]\ncreate = True # x\n").unwrap(),
            "[serviceAccount]\ncreate = true # x\n"
        );
    }

    #[test]
    fn a_key_that_is_there_already_is_not_made_twice() {
        assert_eq!(fixed("a.toml", "name = 'a'\nnmae = 'b'\n"), None);
        assert_eq!(fixed("a.toml", "nmae = 'a'\nnaem = 'b'\n"), None);
    }
}
