//! Commands that a program runs: lists of strings, and strings that a shell runs.

use super::commands::{CommandLine, commands};
use super::gcloud::is_verb;
use super::partial::Partial;
use super::translation::{from_template, variable_name};
use super::variables::{Argument, Values};
use crate::diagnostics::source::Span;

/// A list of values between brackets.
#[derive(Default)]
struct List {
    arguments: Vec<Argument>,
    /// The value that is being read.
    value: Option<Argument>,
}

impl List {
    fn push(&mut self, span: &Span, text: &Partial) {
        let unread = || Argument { span: span.clone(), text: Partial::default() };
        let value = self.value.get_or_insert_with(unread);
        value.text.push(text);
        value.span.end = span.end;
    }

    fn end_value(&mut self) {
        self.arguments.extend(self.value.take());
    }
}

/// The commands in the text of a program.
pub(super) fn read(text: &str) -> Vec<CommandLine> {
    let constants = constants(text);
    let mut found = Vec::new();
    let mut open = vec![List::default()];
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let is_in_brackets = open.len() > 1;
        let Some(list) = open.last_mut() else { break };
        let rest = &text[at..];
        let mut length = c.len_utf8();
        match c {
            '#' => length = rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("//") => length = rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' | '`' => {
                let quotes = if rest.starts_with(&c.to_string().repeat(3)) { 3 } else { 1 };
                let end = closing_quote(&rest[quotes..], &rest[..quotes]);
                let inner = &rest[quotes..(quotes + end).min(rest.len())];
                length = (end + 2 * quotes).min(rest.len());
                add_string(list, inner, (at..at + length, at + quotes), &constants, &mut found);
            }
            '[' | '(' | '{' => open.push(List::default()),
            ']' | ')' | '}' if is_in_brackets => {
                let mut list = open.pop().unwrap_or_default();
                list.end_value();
                if list.arguments.iter().any(|one| is_verb(one.text.as_str())) {
                    found.push(CommandLine::new(list.arguments));
                } else if let Some(outer) = open.last_mut() {
                    outer.push(&(at..at + 1), &Partial::computed());
                }
            }
            ',' => list.end_value(),
            '+' => {}
            _ if c.is_whitespace() => {}
            // The prefix of a string: `f"…"`.
            'f' | 'r' | 'b' | '$' if rest[length..].starts_with(['"', '\'']) => {}
            _ => {
                let name = variable_name(rest);
                length = name.len().max(length);
                list.push(&(at..at + length), &value_of(&constants, name));
            }
        }
        at += length;
    }
    found
}

/// Adds a string to a list, and the commands in it.
fn add_string(
    list: &mut List,
    inner: &str,
    (span, at): (Span, usize),
    constants: &Values,
    found: &mut Vec<CommandLine>,
) {
    let made = from_template(inner, at);
    if inner.contains(char::is_whitespace) && inner.split_whitespace().any(is_verb) {
        let lines = commands(&made.text, constants.clone()).into_iter();
        found.extend(lines.map(|line| line.with_spans(|span| made.source_span(&span))));
    }
    let value = |name: &str| Some(value_of(constants, name));
    list.push(&span, &Partial::with_variables(&made.text, value));
}

/// The strings that a program gives to names, each on a line of its own: `NAME = "…"`.
fn constants(text: &str) -> Values {
    let mut values = Values::new();
    for line in text.lines() {
        let words = ["const ", "export ", "final ", "let ", "var "];
        let line = words.iter().fold(line.trim(), |line, word| line.trim_start_matches(word));
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim_end_matches([':', ' ']);
        let value = value.trim().trim_end_matches(';');
        let inner = value.trim_start_matches(['f', '$']).strip_prefix(['"', '\'', '`']);
        let inner = inner.and_then(|rest| rest.strip_suffix(['"', '\'', '`']));
        if variable_name(name) != name || name.is_empty() {
            continue;
        }
        let value = inner.filter(|it| !it.contains(['"', '\'', '`', '\\'])).map(|inner| {
            Partial::with_variables(&from_template(inner, 0).text, |name| {
                Some(value_of(&values, name))
            })
        });
        // With two values, the one that counts is not known.
        let is_known = values.contains_key(name);
        values.insert(name.to_owned(), value.filter(|_| !is_known));
    }
    values
}

fn value_of(constants: &Values, name: &str) -> Partial {
    constants.get(name).cloned().flatten().unwrap_or_else(Partial::computed)
}

/// Where a string ends.
fn closing_quote(text: &str, quotes: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(quotes) {
            return at;
        }
        let escaped = text[at + c.len_utf8()..].chars().next().filter(|_| c == '\\');
        at += c.len_utf8() + escaped.map_or(0, char::len_utf8);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_programs() {
        let verb = "add-iam-policy-binding";
        for (program, expected) in [
            (
                format!("run([\"gcloud\", \"{verb}\", f\"a@{{p}}.iam\", \"--member\", m])"),
                "gcloud V a@?.iam --member ?",
            ),
            (format!("exec(\"gcloud\", [\"{verb}\", `a@${{p}}`])"), "V a@?"),
            (format!("exec.Command(\"gcloud\", \"{verb}\", \"a\"+p)"), "gcloud V a?"),
            (format!("os.system('gcloud {verb} a@{{}}'.format(p)) # it's"), "gcloud V a@?"),
            (format!("x = \"\"\"it's\n gcloud {verb} a\n\"\"\""), "gcloud V a"),
        ] {
            let found = read(&program);
            let shown: Vec<String> = found
                .iter()
                .filter(|line| line.arguments.iter().any(|one| one.text.is(verb)))
                .map(|line| {
                    let words = line.arguments.iter().map(|one| one.text.as_str());
                    words.collect::<Vec<_>>().join(" ").replace('\0', "?").replace(verb, "V")
                })
                .collect();
            assert_eq!(shown, [expected], "{program}");
        }
    }
}
