//! The codes of sources that cannot be read, and what the readers of all languages report alike.

use crate::diagnostics::source::Span;
use crate::diagnostics::{Code, Diagnostic, Location};

crate::diagnostics::declare_code! {
    NOT_UTF8: Error = "not-utf-8",
    what: "The file contains bytes that are not UTF-8.",
    why: "TOML, YAML and JSON are UTF-8. In another encoding, wigen would read characters that the author never wrote.",
    example: "[googleServiceAccount]\ndisplayName = \"B\u{fffd}cher\"   # saved as Latin-1",
    instead: "[googleServiceAccount]\ndisplayName = \"Bücher\"   # saved as UTF-8",
    source: "TOML v1.1.0: https://toml.io/en/v1.1.0",
}

crate::diagnostics::declare_code! {
    SYNTAX: Error = "syntax",
    what: "The file is not valid TOML, YAML or JSON. The file extension decides which of them it should be.",
    why: "A spec that cannot be parsed cannot be checked, so this is the only finding. The merge key of YAML (`<<`) is refused in a spec.",
    example: "name = fastapi-books",
    instead: "name = \"fastapi-books\"",
    source: "TOML v1.1.0: https://toml.io/en/v1.1.0",
}

crate::diagnostics::declare_code! {
    DUPLICATE_KEY: Error = "duplicate-key",
    what: "The same key appears twice in one table.",
    why: "Parsers that accept duplicates keep one of the values, and not all keep the same one.",
    example: "name = \"books\"\nname = \"fastapi-books\"",
    instead: "name = \"fastapi-books\"",
    source: "TOML v1.1.0, Keys: https://toml.io/en/v1.1.0#keys",
}

crate::diagnostics::declare_code! {
    UNSUPPORTED_VALUE: Error = "unsupported-value",
    what: "A date, a number that is not finite, or an integer of more than 64 bits.",
    why: "No key of a spec takes such a value, and JSON cannot represent it.",
    example: "[labels]\nsince = 2026-01-31",
    instead: "[labels]\nsince = \"2026-01-31\"",
}

/// Adds to a diagnostic about a duplicate key where the key is first, and where again.
pub(super) fn duplicate(found: Diagnostic, places: Option<(Span, Span)>) -> Diagnostic {
    match places {
        Some((first, again)) => Diagnostic { place: Location::text(again), ..found }
            .related(Location::text(first), "the first time")
            .help("keep one"),
        None => found,
    }
}

pub(super) fn unsupported(place: Location, what: &str) -> Diagnostic {
    Diagnostic::new(Code::UNSUPPORTED_VALUE, place, format!("{what} has no place in a spec"))
        .help("to mean a string, put it in quotes")
}

pub(super) fn too_deep(place: Location) -> Diagnostic {
    Diagnostic::new(Code::SYNTAX, place, "nested too deep to be read")
}
