//! Documents in three languages.

use wigen::Source;
use wigen::diagnostics::{Code, Diagnostic, Location};
use wigen::text::{Format, locate, parse_located};

use crate::support::trials::{Trial, trials};

pub(super) fn all() -> Vec<Trial> {
    trials![
        errors_are_in_the_order_of_the_text,
        the_same_places_in_three_languages,
        standard_input_is_recognised,
    ]
}

fn at(name: &str, text: &str, place: Location) -> String {
    let source = Source::new(name, text);
    let mut found = vec![Diagnostic::new(Code::SYNTAX, place, "m")];
    locate(&source, &parse_located(&source).unwrap(), &mut found);
    text[found[0].place.span.clone().unwrap()].to_owned()
}

fn errors_are_in_the_order_of_the_text() {
    let source = Source::new("wigen.toml", "[defaults\nenv = { A = {\"1\" }\n[a]\nb = 1\n");
    let found = parse_located(&source).unwrap_err();
    let starts: Vec<usize> =
        found.iter().filter_map(|it| Some(it.place.span.as_ref()?.start)).collect();
    assert!(starts.len() > 1 && starts.is_sorted(), "{starts:?}");
}

fn the_same_places_in_three_languages() {
    let toml = "name = \"é\"\n[cluster]\nname = \"c\"\n[[grants]]\nroles = [\"a\", \"b\"]\n[labels]\n\"a/b~c\" = \"x\"\n";
    let yaml = "name: é\ncluster:\n  name: c\ngrants:\n- roles: [a, b]\nlabels:\n  a/b~c: x\n";
    let json = "{\"name\": \"é\",\n\t\"cluster\": {\"name\": \"c\"},\n\"grants\": [{\"roles\": [\"a\", \"b\"]}], \"labels\": {\"a/b~c\": \"x\"}}";
    for (name, text) in [("a.toml", toml), ("a.yaml", yaml), ("a.json", json)] {
        let bare = |s: String| s.trim_matches('"').to_owned();
        assert_eq!(bare(at(name, text, Location::key("/name"))), "name", "{name}");
        assert_eq!(bare(at(name, text, Location::value("/name"))), "é", "{name}");
        assert_eq!(bare(at(name, text, Location::value("/cluster/name"))), "c", "{name}");
        assert_eq!(bare(at(name, text, Location::value("/grants/0/roles/1"))), "b", "{name}");
        assert_eq!(bare(at(name, text, Location::key("/labels/a~1b~0c"))), "a/b~c", "{name}");
        assert_eq!(bare(at(name, text, Location::value("/labels/a~1b~0c"))), "x", "{name}");
        // What is missing is shown by the key of the table around it.
        assert_eq!(bare(at(name, text, Location::value("/cluster/region"))), "cluster", "{name}");
    }
}

fn standard_input_is_recognised() {
    let guess = |text: &str| Format::from_source(&Source::new("<stdin>", text));
    assert_eq!(guess("# c\nname = \"a:b\"\n"), Format::Toml);
    assert_eq!(guess("\"name\" = 1"), Format::Toml);
    assert_eq!(guess("[cluster]\n"), Format::Toml);
    assert_eq!(guess("\n# c\nname: x = y\n"), Format::Yaml);
    assert_eq!(guess("---\n\"name\": x\n"), Format::Yaml);
    assert_eq!(guess("  {\"name\": 1}"), Format::Json);
    assert_eq!(guess(""), Format::Toml);
}
