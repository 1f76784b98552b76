//! The TOML in which specs are usually written, read without the reader of all of it: keys in tables,
//! texts on one line, whole numbers, booleans, lists and inline tables. What is anything else, or wrong,
//! is left to that one.

use serde_json::{Map, Value};

/// So deep is read; what is deeper is left to the other reader.
const DEEPEST: usize = 16;

/// The document of a text; `None` where the other reader has to look at it.
pub(super) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let mut document = Map::new();
    let mut made = Made(Vec::new());
    reader.entries(&mut document)?;
    while reader.at < text.len() {
        let (path, is_list) = reader.header()?;
        let table = made.table(&mut document, &path, is_list)?;
        reader.entries(table)?;
    }
    Some(Value::Object(document))
}

/// The tables that headers have made, by the path to each.
struct Made<'a>(Vec<(Vec<&'a str>, By)>);

/// How a header has made a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// It names it, or one below.
    Name,
    /// It begins a table in a list.
    List,
}

impl<'a> Made<'a> {
    /// The table that a header begins, which must be new.
    fn table<'m>(
        &mut self,
        document: &'m mut Map<String, Value>,
        path: &[&'a str],
        is_list: bool,
    ) -> Option<&'m mut Map<String, Value>> {
        let mut table = document;
        for (index, key) in path.iter().enumerate() {
            let (to_here, at_end) = (&path[..=index], index + 1 == path.len());
            let known = self.0.iter().find(|(path, _)| path == to_here).map(|(_, by)| *by);
            let value = match known {
                None => {
                    let by = if at_end && is_list { By::List } else { By::Name };
                    self.0.push((to_here.to_vec(), by));
                    let new = match by {
                        By::Name => Value::Object(Map::new()),
                        By::List => Value::Array(vec![Value::Object(Map::new())]),
                    };
                    // A value that a header did not make cannot be gone on with.
                    if table.contains_key(*key) {
                        return None;
                    }
                    table.entry(*key).or_insert(new)
                }
                Some(By::List) if at_end && is_list => {
                    self.0.retain(|(path, _)| {
                        path.len() <= to_here.len() || !path.starts_with(to_here)
                    });
                    let list = table.get_mut(*key)?;
                    list.as_array_mut()?.push(Value::Object(Map::new()));
                    list
                }
                Some(_) if at_end => return None,
                Some(_) => table.get_mut(*key)?,
            };
            table = match value {
                Value::Array(list) => list.last_mut()?.as_object_mut()?,
                value => value.as_object_mut()?,
            };
        }
        Some(table)
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes a byte, if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Goes over the bytes that are so; returns them.
    fn over(&mut self, is_so: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        self.at += rest.iter().position(|byte| !is_so(*byte)).unwrap_or(rest.len());
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.over(|byte| matches!(byte, b' ' | b'\t'));
    }

    /// Goes over blanks, comments and ends of lines.
    fn lines(&mut self) {
        loop {
            self.blanks();
            if self.take(b'#') {
                self.over(is_visible);
            }
            if !self.take(b'\n') {
                return;
            }
        }
    }

    /// Goes over what may stand behind something on its line, and the end of the line.
    fn end(&mut self) -> Option<()> {
        self.blanks();
        if self.take(b'#') {
            self.over(is_visible);
        }
        (self.at == self.text.len() || self.take(b'\n')).then_some(())
    }

    /// The keys of a table up to the next header, or up to the end.
    fn entries(&mut self, table: &mut Map<String, Value>) -> Option<()> {
        loop {
            self.lines();
            if matches!(self.next(), None | Some(b'[')) {
                return Some(());
            }
            self.entry(table)?;
            self.end()?;
        }
    }

    fn entry(&mut self, table: &mut Map<String, Value>) -> Option<()> {
        let key = self.key()?;
        self.blanks();
        if !self.take(b'=') {
            return None;
        }
        self.blanks();
        let value = self.value()?;
        table.insert(key.to_owned(), value).is_none().then_some(())
    }

    /// `[path]`, or `[[path]]` of a table in a list, and the end of its line.
    fn header(&mut self) -> Option<(Vec<&'a str>, bool)> {
        self.at += 1;
        let is_list = self.take(b'[');
        let mut path = Vec::new();
        loop {
            self.blanks();
            path.push(self.key()?);
            self.blanks();
            if !self.take(b'.') {
                break;
            }
        }
        let closed = self.take(b']') && (!is_list || self.take(b']'));
        if !closed || path.len() > DEEPEST {
            return None;
        }
        self.end()?;
        Some((path, is_list))
    }

    fn key(&mut self) -> Option<&'a str> {
        let quote = self.next()?;
        if matches!(quote, b'"' | b'\'') {
            self.at += 1;
            let key = self.over(|byte| is_visible(byte) && byte != quote && byte != b'\\');
            return self.take(quote).then_some(key);
        }
        let key = self.over(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        (!key.is_empty()).then_some(key)
    }

    fn value(&mut self) -> Option<Value> {
        match self.next()? {
            b'"' => self.quoted().map(Value::String),
            b'\'' => {
                self.at += 1;
                let text = self.over(|byte| is_visible(byte) && byte != b'\'');
                let is_long = text.is_empty() && self.text[self.at..].starts_with("''");
                (!is_long && self.take(b'\'')).then(|| Value::from(text))
            }
            b'[' => self.list(),
            b'{' => self.inline(),
            b'-' | b'0'..=b'9' => self.number(),
            _ => match self.over(|byte| byte.is_ascii_lowercase()) {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
        }
    }

    /// A text in double quotes, on one line.
    fn quoted(&mut self) -> Option<String> {
        self.at += 1;
        if self.text[self.at..].starts_with("\"\"") {
            return None;
        }
        let mut text = String::new();
        loop {
            text.push_str(self.over(|byte| is_visible(byte) && byte != b'"' && byte != b'\\'));
            if self.take(b'"') {
                return Some(text);
            }
            if !self.take(b'\\') {
                return None;
            }
            text.push(match self.next()? {
                escaped @ (b'"' | b'\\') => char::from(escaped),
                b'n' => '\n',
                b't' => '\t',
                _ => return None,
            });
            self.at += 1;
        }
    }

    /// A whole number in decimal digits.
    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        self.take(b'-');
        let digits = self.over(|byte| byte.is_ascii_digit());
        let is_plain =
            matches!(digits.len(), 1..=18) && (digits == "0" || !digits.starts_with('0'));
        let number = self.text.get(start..self.at).filter(|number| is_plain && *number != "-0")?;
        // What goes on is a float, a date, or no number at all.
        let ends =
            matches!(self.next(), None | Some(b' ' | b'\t' | b'\n' | b',' | b']' | b'}' | b'#'));
        number.parse::<i64>().ok().filter(|_| ends).map(Value::from)
    }

    fn list(&mut self) -> Option<Value> {
        let mut list = Vec::new();
        self.deeper()?;
        loop {
            self.lines();
            if self.take(b']') {
                break;
            }
            list.push(self.value()?);
            self.lines();
            if !self.take(b',') {
                if self.take(b']') {
                    break;
                }
                return None;
            }
        }
        self.depth -= 1;
        Some(Value::Array(list))
    }

    /// `{ key = value, … }`, on one line.
    fn inline(&mut self) -> Option<Value> {
        let mut table = Map::new();
        self.deeper()?;
        self.blanks();
        if !self.take(b'}') {
            loop {
                self.blanks();
                self.entry(&mut table)?;
                self.blanks();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return None;
                }
            }
        }
        self.depth -= 1;
        Some(Value::Object(table))
    }

    /// Goes into a list or an inline table.
    fn deeper(&mut self) -> Option<()> {
        self.at += 1;
        self.depth += 1;
        (self.depth < DEEPEST).then_some(())
    }
}

/// What may stand in a text on one line, and in a comment.
fn is_visible(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use fastrand::Rng;

    use super::*;
    use crate::diagnostics::source::Source;

    /// What a change may put into a spec.
    const PIECES: [&str; 52] = [
        "\"",
        "'",
        "\\",
        "\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "=",
        " = ",
        ".",
        ",",
        "#",
        " # c",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "{}",
        "[]",
        "[a]\n",
        "[a.b]\n",
        "[[a]]\n",
        "[container]\n",
        "[cluster]\n",
        "[[grants]]\n",
        "[grants.condition]\n",
        "a = 1\n",
        "a.b = 1\n",
        "\"a\" = 1\n",
        "'a b' = 1\n",
        "{ a = 1 }",
        "\"\"\"",
        "'''",
        "true",
        "false",
        "True",
        "0",
        "-0",
        "+1",
        "007",
        "1_000",
        "0x1F",
        "1.5",
        "1e3",
        "inf",
        "1979-05-27",
        "9223372036854775807",
        "\u{7f}",
        "é",
    ];

    #[expect(clippy::disallowed_methods, reason = "specs stand in files")]
    fn specs(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                specs(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "toml") {
                found.extend(fs::read_to_string(&path).ok());
            }
        }
    }

    fn change(rng: &mut Rng, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..rng.usize(1..=3) {
            let at = rng.usize(0..=chars.len());
            let end = (at + rng.usize(0..12)).min(chars.len());
            match rng.u8(0..4) {
                0 => drop(chars.drain(at..end)),
                1 => {
                    let copy: Vec<char> = chars[at..end].to_vec();
                    let to = rng.usize(0..=chars.len());
                    chars.splice(to..to, copy);
                }
                // Where a line begins, more means something.
                2 => {
                    let line =
                        chars[..at].iter().rposition(|c| *c == '\n').map_or(0, |line| line + 1);
                    chars.splice(line..line, rng.choice(PIECES).unwrap().chars());
                }
                _ => drop(chars.splice(at..end, rng.choice(PIECES).unwrap().chars())),
            }
        }
        chars.into_iter().collect()
    }

    /// Whether a text is read here; if so, the other reader reads the same.
    fn is_read(text: &str) -> bool {
        let Some(found) = parse(text) else { return false };
        let other = super::super::parse_all(&Source::new("a.toml", text));
        let other = other.map(|document| format!("{document:?}"));
        assert_eq!(other, Ok(format!("{found:?}")), "{text}");
        true
    }

    #[test]
    fn what_is_read_here_the_reader_of_all_toml_reads_the_same() {
        let mut all = Vec::new();
        specs(Path::new("golden/cases"), &mut all);
        specs(Path::new("examples"), &mut all);
        all.retain(|text| !text.is_empty());
        all.sort();
        let usual: Vec<&String> = all.iter().filter(|text| is_read(text)).collect();
        assert!(usual.len() > all.len() / 2, "{} of {}", usual.len(), all.len());
        let mut rng = Rng::with_seed(20_261_129);
        let count = 60_000;
        let read = (0..count)
            .filter(|_| {
                let text = rng.choice(&usual).unwrap();
                // Little of it, so that little is changed often.
                let lines: Vec<&str> = text.split_inclusive('\n').collect();
                let from = rng.usize(0..lines.len());
                let text = lines[from..lines.len().min(from + rng.usize(1..12))].concat();
                is_read(&change(&mut rng, &text))
            })
            .count();
        assert!(read > count / 20 && read < count / 2, "{read} of {count}");
    }
}
