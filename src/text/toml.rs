//! TOML: one parse gives both the values and where they stand.

use serde_json::Number;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::codes::{too_deep, unsupported};
use super::node::{Node, NodeValue};
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic, Edit, Location, quoted, shortened};

/// Above this size, in bytes, report only the first syntax error; other input would give thousands.
const LONG: usize = 64 * 1024;

/// Most errors to report for one source. Further errors mostly follow from them.
const MOST_ERRORS: usize = 100;

pub(super) fn parse(source: &Source) -> Result<Node, Vec<Diagnostic>> {
    let mut found = Vec::new();
    match DeTable::parse(source.text()) {
        Ok(table) => {
            let root = Node::new(from_table(table.get_ref(), &mut found), &(0..0));
            if found.is_empty() { Ok(root) } else { Err(found) }
        }
        Err(first) => {
            if source.text().len() > LONG {
                return Err(vec![unreadable(source, &first)]);
            }
            let (table, errors) = DeTable::parse_recoverable(source.text());
            found.extend(errors.iter().take(MOST_ERRORS).map(|error| unreadable(source, error)));
            if let Some(next) = errors.get(MOST_ERRORS) {
                let message = format!("{} more errors follow", errors.len() - MOST_ERRORS);
                let place = Location::text(next.span().unwrap_or_default());
                found.push(Diagnostic::new(Code::SYNTAX, place, message));
                return Err(found);
            }
            for one in found.iter_mut().filter(|one| one.code == Code::DUPLICATE_KEY) {
                first_place(source, table.get_ref(), one);
            }
            let mut unsupported = Vec::new();
            from_table(table.get_ref(), &mut unsupported);
            // A place with a syntax error has no second finding.
            let start = |found: &Diagnostic| found.place.span.as_ref().map(|span| span.start);
            unsupported.retain(|one| found.iter().all(|error| start(error) != start(one)));
            found.extend(unsupported);
            Err(found)
        }
    }
}

/// Adds the first occurrence of a duplicate key, if no other table before has the key.
fn first_place(source: &Source, table: &DeTable<'_>, found: &mut Diagnostic) {
    let Some(again) = found.place.span.clone() else { return };
    let mut keys = Vec::new();
    keys_of_table(table, &mut keys);
    let name = source.text().get(again.clone());
    let is_before = |key: &Span| key.start < again.start && source.text().get(key.clone()) == name;
    let mut before = keys.into_iter().filter(is_before);
    if let (Some(first), None) = (before.next(), before.next()) {
        found.related.push((Location::text(first), "the first time".to_owned()));
        found.help = Some("keep one".to_owned());
    }
}

fn keys_of_table(table: &DeTable<'_>, keys: &mut Vec<Span>) {
    for (key, value) in table {
        keys.push(key.span());
        keys_of_value(value.get_ref(), keys);
    }
}

fn keys_of_value(value: &DeValue<'_>, keys: &mut Vec<Span>) {
    match value {
        DeValue::Table(table) => keys_of_table(table, keys),
        DeValue::Array(array) => {
            array.iter().for_each(|element| keys_of_value(element.get_ref(), keys));
        }
        _ => {}
    }
}

fn unreadable(source: &Source, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or_default();
    if error.message().contains("duplicate key") {
        let key = source.text().get(span.clone()).unwrap_or_default();
        let message = format!("duplicate key {}", quoted(key.trim_matches(['"', '\''])));
        return Diagnostic::new(Code::DUPLICATE_KEY, Location::text(span), message);
    }
    let message = shortened(&error.message().lines().collect::<Vec<_>>().join(", "));
    if message.contains("recursion limit") || message.contains("max recursion depth") {
        return too_deep(Location::text(span));
    }
    let place = Location::text(span.clone());
    let is_bare = ["string values must be quoted", "invalid boolean"]
        .into_iter()
        .find(|words| message.starts_with(words));
    match is_bare {
        Some(words) => bare(source.text(), &span, Diagnostic::new(Code::SYNTAX, place, words)),
        None => Diagnostic::new(Code::SYNTAX, place, message),
    }
}

/// A value without quotes. The fix is certain if nothing else can be meant.
fn bare(source: &str, span: &Span, found: Diagnostic) -> Diagnostic {
    let text = source.get(span.clone()).unwrap_or_default();
    let after = source.get(span.end..).unwrap_or_default().lines().next().unwrap_or_default();
    let after = after.trim_start_matches([' ', '\t']);
    let is_word = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_./:@-".contains(&b));
    let is_whole = is_word
        && match after.chars().next() {
            None => true,
            Some('#') => source[span.end..].starts_with([' ', '\t']),
            Some(next) => [',', ']', '}'].contains(&next),
        };
    match text.to_lowercase().as_str() {
        "yes" | "no" | "on" | "off" => found.help("TOML writes `true` and `false`"),
        boolean @ ("true" | "false") if is_whole => {
            found.help("TOML writes it in lower case").certainly(Edit::Text(boolean.to_owned()))
        }
        "" => Diagnostic { message: "there is no value".to_owned(), ..found },
        _ if is_whole => found.help("put it in quotes").certainly(Edit::Quotes),
        _ => found.help("put the text in quotes, all of it"),
    }
}

fn from_table(table: &DeTable<'_>, found: &mut Vec<Diagnostic>) -> NodeValue {
    let entries = table.iter().map(|(key, value)| {
        let mut node = from_value(value, found);
        node.set_key(&key.span());
        (key.get_ref().to_string(), node)
    });
    NodeValue::Object(entries.collect())
}

/// Converts a value. One that the spec language does not have becomes null and a finding.
fn from_value(value: &Spanned<DeValue<'_>>, found: &mut Vec<Diagnostic>) -> Node {
    let node = match value.get_ref() {
        DeValue::String(text) => Ok(NodeValue::String(text.to_string())),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map(|number| NodeValue::Number(number.into()))
            .map_err(|_| "an integer of more than 64 bits"),
        DeValue::Float(float) => (float.as_str().parse().ok().and_then(Number::from_f64))
            .map(NodeValue::Number)
            .ok_or("a number that is not finite"),
        DeValue::Boolean(boolean) => Ok(NodeValue::Bool(*boolean)),
        DeValue::Datetime(_) => Err("a date or time"),
        DeValue::Array(array) => {
            Ok(NodeValue::Array(array.iter().map(|value| from_value(value, found)).collect()))
        }
        DeValue::Table(table) => Ok(from_table(table, found)),
    };
    let node = node.unwrap_or_else(|what| {
        found.push(unsupported(Location::text(value.span()), what));
        NodeValue::Null
    });
    Node::new(node, &value.span())
}

/// The steps of a dotted key, each with its range.
pub(super) fn dotted_key(text: &str) -> Option<Vec<(String, Span)>> {
    let line = format!("{text} = 0");
    let document = DeTable::parse(&line).ok().filter(|_| !text.contains('\n'))?;
    let (mut steps, mut table) = (Vec::new(), document.get_ref());
    loop {
        let (key, value) = table.iter().next()?;
        steps.push((key.get_ref().to_string(), key.span()));
        match value.get_ref() {
            DeValue::Table(below) => table = below,
            _ => return Some(steps),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_a_hundred_syntax_errors_are_reported() {
        let errors = |text: String| parse(&Source::new("a.toml", text)).unwrap_err();
        let lines = |count: usize| {
            (0..count).map(|line| format!("a{line} = b")).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(errors(lines(100)).len(), 100);
        let many = errors(lines(120));
        assert_eq!((many.len(), many[100].message.as_str()), (101, "20 more errors follow"));
        assert_eq!(errors("=\n".repeat(LONG)).len(), 1);
    }
}
