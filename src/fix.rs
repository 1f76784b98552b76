//! The corrections that are certain, made in the text of a spec: everything else of it, comments
//! and layout included, stays as it is.

use crate::diagnostic::Diagnostic;
use crate::locate;
use crate::source::Source;

/// The source with every correction of these diagnostics that is certain; `None` where there is
/// none, or where the text would be no better to read.
pub fn apply(source: &Source, diagnostics: &[Diagnostic]) -> Option<Source> {
    let mut edits: Vec<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.fix.as_ref().is_some_and(|fix| fix.certain))
        .filter_map(|found| Some((found.place.span.clone()?, found.replacement_in(source)?)))
        // A text of several lines is a block, whose layout would have to change with it.
        .filter(|(span, _)| !source.text()[span.clone()].contains('\n'))
        .collect();
    edits.sort_by_key(|(span, _)| span.start);
    let mut text = String::new();
    let mut done = 0;
    for (span, replacement) in edits {
        // The same place twice, as an alias of YAML makes it: the first stands.
        if span.start >= done {
            text.push_str(&source.text()[done..span.start]);
            text.push_str(&replacement);
            done = span.end;
        }
    }
    if done == 0 {
        return None;
    }
    text.push_str(&source.text()[done..]);
    let fixed = Source::new(source.name(), text);
    let unreadable = |source| locate::parse(source).err().map_or(0, |errors| errors.len());
    let left = unreadable(&fixed);
    (left == 0 || left < unreadable(source)).then_some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn fixed(name: &str, text: &str) -> Option<String> {
        let source = Source::new(name, text);
        let found = crate::check(&source, &Options::default()).diagnostics;
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
            fixed("a.toml", &text.replace("007", "0x7")).unwrap(),
            "name = 'a' # é\r\n[cluster]\r\nsetup = \"Create\"  # x\r\n\"region\" = \"US\"\n[container]\nport = 80\nenv = { A = \"0x7\", B = \"1.10\" }\n"
        );
        assert_eq!(
            fixed("a.yaml", "cluster: {setup: Create}\n").unwrap(),
            "cluster: {setup: \"create\"}\n"
        );
    }

    #[test]
    fn a_key_that_is_there_already_is_not_made_twice() {
        assert_eq!(fixed("a.toml", "name = 'a'\nnmae = 'b'\n"), None);
        assert_eq!(fixed("a.toml", "nmae = 'a'\nnaem = 'b'\n"), None);
    }
}
