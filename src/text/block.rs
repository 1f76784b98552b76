//! The little of YAML that wigen writes itself, and that many specs are written in, read without the
//! reader of all of it: tables and lists in block style with scalars of one line, lists of such scalars in
//! brackets, and texts behind `|`. What is anything else, or not certain to be read the same by every
//! reader, is left to that one.

use std::borrow::Cow;

use serde_json::Number;

use super::written::Written;

/// So deep is read; what is deeper is left to the other reader.
const DEEPEST: usize = 48;

/// Longest key; the other reader has a limit for them.
const LONGEST_KEY: usize = 512;

/// Longest text; the other reader has a limit for what a text makes.
const LONGEST: usize = 256 * 1024;

/// So few keys are compared with each other.
const FEW: usize = 16;

/// The one document of a text, a table; `None` where the other reader has to look at it.
pub(super) fn parse(text: &str) -> Option<Written<'_>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut reader = Reader { text, at: 0, indent: 0, depth: 0 };
    while reader.rest().first() == Some(&b'#') {
        let line = reader.line();
        if !line.iter().copied().all(is_visible) {
            return None;
        }
        reader.at += line.len() + 1;
    }
    let document = reader.table(0)?;
    (reader.at >= text.len()).then_some(document)
}

struct Reader<'a> {
    text: &'a str,
    /// The next byte: of what a line has behind its indent, or behind what was read of it.
    at: usize,
    /// The spaces before it, where a line begins.
    indent: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// What is left of the line.
    fn line(&self) -> &'a [u8] {
        let rest = self.rest();
        &rest[..rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())]
    }

    /// Goes over spaces; returns how many.
    fn spaces(&mut self) -> usize {
        let spaces = self.rest().iter().take_while(|byte| **byte == b' ').count();
        self.at += spaces;
        spaces
    }

    /// Whether the line ends here; then goes to what stands in the next one.
    fn ends(&mut self) -> bool {
        match self.rest() {
            [] => self.indent = 0,
            [b'\n', ..] => {
                self.at += 1;
                self.indent = self.spaces();
            }
            _ => return false,
        }
        true
    }

    /// A table whose keys have this indent, from its first key on.
    fn table(&mut self, indent: usize) -> Option<Written<'a>> {
        let mut table = Vec::new();
        self.deeper()?;
        loop {
            let key = self.key()?;
            table.push((key, self.value(indent)?));
            if self.indent < indent || self.rest().is_empty() {
                self.depth -= 1;
                return (!has_twice(&table)).then_some(Written::Table(table));
            }
            if self.indent > indent {
                return None;
            }
        }
    }

    /// A list whose hyphens have this indent, from its first hyphen on.
    fn list(&mut self, indent: usize) -> Option<Written<'a>> {
        let mut list = Vec::new();
        self.deeper()?;
        loop {
            self.at += 1;
            // The first key of a table stands behind the hyphen.
            let element = match self.rest() {
                [b' ', ..] if self.is_key(1) => {
                    self.at += 1;
                    self.table(indent + 2)?
                }
                _ => self.value(indent)?,
            };
            list.push(element);
            if self.indent < indent || self.rest().is_empty() {
                self.depth -= 1;
                return Some(Written::List(list));
            }
            if self.indent > indent || !self.is_hyphen() {
                return None;
            }
        }
    }

    fn deeper(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth < DEEPEST).then_some(())
    }

    fn is_hyphen(&self) -> bool {
        matches!(self.rest(), [b'-', b' ' | b'\n', ..])
    }

    /// Whether a key stands so many bytes further on: a word or a text in quotes, and a colon.
    fn is_key(&self, over: usize) -> bool {
        let mut ahead = Reader { at: self.at + over, ..*self };
        ahead.key().is_some()
    }

    /// A key with its colon.
    fn key(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        let key = if self.rest().first() == Some(&b'"') {
            let key = self.quoted()?;
            self.at += 1;
            // To some readers it merges.
            (key != "<<" && self.text.as_bytes().get(self.at - 1) == Some(&b':')).then_some(key)
        } else {
            let word = self.word().strip_suffix(':')?;
            (is_text(word) && !is_special(word)).then_some(word.into())
        };
        let ends = matches!(self.rest(), [b' ' | b'\n', ..]);
        key.filter(|_| ends && self.at - start <= LONGEST_KEY)
    }

    /// What stands behind the colon of a key, or behind a hyphen, that has this indent.
    fn value(&mut self, indent: usize) -> Option<Written<'a>> {
        if self.ends() {
            // A block of its own.
            return match self.rest() {
                [] => None,
                _ if self.indent <= indent => None,
                _ if self.is_hyphen() => self.list(self.indent),
                _ => self.table(self.indent),
            };
        }
        let [b' ', rest @ ..] = self.rest() else { return None };
        self.at += 1;
        let value = match rest {
            [b'{', b'}', ..] => {
                self.at += 2;
                Written::Table(Vec::new())
            }
            [b'[', b']', ..] => {
                self.at += 2;
                Written::List(Vec::new())
            }
            [b'"', ..] => Written::Text(self.quoted()?),
            [b'[', ..] => self.words()?,
            [b'|', b'\n', ..] => {
                self.at += 2;
                return self.literal(indent);
            }
            _ => scalar(self.word())?,
        };
        self.ends().then_some(value)
    }

    /// `[a, "b"]`: scalars on one line, at least one.
    fn words(&mut self) -> Option<Written<'a>> {
        let mut words = Vec::new();
        loop {
            self.at += 1;
            self.spaces();
            words.push(match self.rest() {
                [b'"', ..] => Written::Text(self.quoted()?),
                _ => scalar(self.word())?,
            });
            match self.rest() {
                [b',', ..] => {}
                [b']', ..] => {
                    self.at += 1;
                    return Some(Written::List(words));
                }
                _ => return None,
            }
        }
    }

    /// The longest run of bytes that a plain scalar may have here.
    fn word(&mut self) -> &'a str {
        let start = self.at;
        let length = self.rest().iter().take_while(|byte| is_plain(**byte)).count();
        self.at += length;
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// A text in double quotes, on one line.
    fn quoted(&mut self) -> Option<Cow<'a, str>> {
        self.at += 1;
        let mut start = self.at;
        // What stands before `start`, where that has escapes.
        let mut text = String::new();
        loop {
            let plain = |byte: &&u8| is_visible(**byte) && **byte != b'"' && **byte != b'\\';
            self.at += self.rest().iter().take_while(plain).count();
            match self.rest() {
                [b'"', ..] => {
                    let last = self.text.get(start..self.at)?;
                    self.at += 1;
                    return Some(if text.is_empty() { last.into() } else { (text + last).into() });
                }
                [b'\\', escape, ..] => {
                    text.push_str(self.text.get(start..self.at)?);
                    self.at += 2;
                    text.push(self.escaped(*escape)?);
                    start = self.at;
                }
                [0x80..=0xff, ..] => {
                    let c = self.text.get(self.at..)?.chars().next().filter(|c| is_letter(*c))?;
                    self.at += c.len_utf8();
                }
                _ => return None,
            }
        }
    }

    fn escaped(&mut self, escape: u8) -> Option<char> {
        let digits = match escape {
            b'"' | b'\\' => return Some(char::from(escape)),
            b'n' => return Some('\n'),
            b'r' => return Some('\r'),
            b't' => return Some('\t'),
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => return None,
        };
        let code = self.text.get(self.at..self.at + digits)?;
        self.at += digits;
        let is_hex = code.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(code, 16)
            .ok()
            .filter(|code| is_hex && *code != 0)
            .and_then(char::from_u32)
    }

    /// The lines behind `|`, below a key or hyphen of this indent, each with its break.
    fn literal(&mut self, indent: usize) -> Option<Written<'a>> {
        let own = self.rest().iter().take_while(|byte| **byte == b' ').count();
        let mut text = String::new();
        if own <= indent {
            return None;
        }
        loop {
            let line = self.line();
            if !line.iter().copied().all(is_visible) || self.rest().len() == line.len() {
                return None;
            }
            let spaces = line.iter().take_while(|byte| **byte == b' ').count();
            if spaces == line.len() {
                return None;
            }
            if spaces < own {
                break;
            }
            text.push_str(self.text.get(self.at + own..self.at + line.len())?);
            text.push('\n');
            self.at += line.len() + 1;
            if self.rest().is_empty() {
                break;
            }
        }
        self.indent = self.spaces();
        Some(Written::Text(text.into()))
    }
}

/// A character of ASCII that is seen, or a space.
fn is_visible(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// A letter, a digit or an emoji. Of other characters some are breaks of lines, or none at all.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || ('\u{1f300}'..='\u{1faff}').contains(&c)
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'-'..=b':' | b'_' | b'@' | b'+' | b'=')
}

/// Whether a run of plain bytes is one text to every reader, unless it is a word of YAML.
fn is_text(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && !word.ends_with(':')
}

/// Whether some reader of YAML takes a text for a boolean, for null or for a number.
fn is_special(word: &str) -> bool {
    const WORDS: [&str; 12] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan", "infinity"];
    word.len() <= 8 && WORDS.iter().any(|special| word.eq_ignore_ascii_case(special))
}

/// Whether a key stands twice in a table.
fn has_twice(table: &[(Cow<'_, str>, Written<'_>)]) -> bool {
    if table.len() <= FEW {
        let before = |at: usize| table[..at].iter();
        return (1..table.len()).any(|at| before(at).any(|(key, _)| *key == table[at].0));
    }
    let mut keys: Vec<&str> = table.iter().map(|(key, _)| &**key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|two| two[0] == two[1])
}

fn scalar(word: &str) -> Option<Written<'_>> {
    match word {
        "true" => return Some(Written::Bool(true)),
        "false" => return Some(Written::Bool(false)),
        "null" => return Some(Written::Null),
        _ => {}
    }
    if is_text(word) {
        return (!is_special(word)).then(|| Written::Text(word.into()));
    }
    number(word).map(Written::Number)
}

/// A number as wigen writes it: without a plus, needless zeros, or an exponent.
fn number(word: &str) -> Option<Number> {
    let (whole, part) = word.split_once('.').unwrap_or((word, "0"));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = [digits, part]
        .iter()
        .all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let is_short = word.len() < 18 && (digits == "0" || !digits.starts_with('0')) && word != "-0";
    if !is_number || !is_short {
        None
    } else if whole.len() == word.len() {
        word.parse::<i64>().ok().map(Number::from)
    } else {
        word.parse().ok().and_then(Number::from_f64)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{fs, iter};

    use fastrand::Rng;
    use serde_json::Value;

    use super::*;
    use crate::diagnostics::source::Source;
    use crate::text::yaml;

    /// What a change may put into a manifest.
    const PIECES: [&str; 60] = [
        "\"",
        "'",
        "\\",
        "\n",
        "\r",
        "\t",
        " ",
        "  ",
        "-",
        "- ",
        ":",
        ": ",
        "#",
        " #",
        "*a",
        "&a ",
        "!!str ",
        "<<: ",
        "\"<<\": ",
        "---\n",
        "...\n",
        "%",
        "|",
        "|\n",
        "|-\n",
        ">\n",
        "? ",
        "{}",
        "[]",
        "{",
        "}",
        "[",
        "]",
        ",",
        "~",
        "null",
        "Null",
        "true",
        "True",
        "yes",
        "inf",
        "nan",
        ".inf",
        "0",
        "-1",
        "007",
        "0x1F",
        "1e3",
        "1_0",
        "9223372036854775807",
        "\\x00",
        "\\ud800",
        "\\U0010ffff",
        "\\xZZ",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{fffe}",
        "é",
        "😀",
    ];

    #[expect(clippy::disallowed_methods, reason = "what was rendered stands in files")]
    fn manifests(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                manifests(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                found.extend(fs::read_to_string(&path).ok());
            }
        }
    }

    fn change(rng: &mut Rng, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..rng.usize(1..=3) {
            let at = rng.usize(0..=chars.len());
            let end = (at + rng.usize(0..12)).min(chars.len());
            match rng.u8(0..5) {
                0 => drop(chars.drain(at..end)),
                1 => {
                    let copy: Vec<char> = chars[at..end].to_vec();
                    let to = rng.usize(0..=chars.len());
                    chars.splice(to..to, copy);
                }
                // The indent of a line.
                2 => {
                    let line =
                        chars[..at].iter().rposition(|c| *c == '\n').map_or(0, |line| line + 1);
                    chars.splice(line..line, iter::repeat_n(' ', rng.usize(1..4)));
                }
                3 => drop(chars.splice(at..end, rng.choice(PIECES).unwrap().chars())),
                _ => drop(chars.splice(at..at, rng.choice(PIECES).unwrap().chars())),
            }
        }
        chars.into_iter().collect()
    }

    /// Whether a text is read here; if so, the other reader reads the same.
    fn is_read(text: &str) -> bool {
        let Some(found) = parse(text) else { return false };
        let found = Value::from(found);
        let source = Source::new("a.yaml", text);
        let other = yaml::parse_rendered(&source).map(|documents| format!("{documents:?}"));
        assert_eq!(other, Ok(format!("{:?}", [&found])), "{text}");
        let alone = yaml::parse(&source).map(|document| format!("{:?}", document.into_value()));
        assert_eq!(alone, Ok(format!("{found:?}")), "{text}");
        true
    }

    #[test]
    fn what_is_read_here_the_reader_of_all_yaml_reads_the_same() {
        let mut all = Vec::new();
        manifests(Path::new("golden"), &mut all);
        let mut rendered: Vec<&String> = all.iter().filter(|text| is_read(text)).collect();
        assert!(rendered.len() > 80, "{} of {}", rendered.len(), all.len());
        rendered.sort();
        rendered.dedup();
        let mut rng = Rng::with_seed(20_261_125);
        let count = 60_000;
        let read = (0..count)
            .filter(|_| {
                let text = rng.choice(&rendered).unwrap();
                // Little of it, so that little is changed often.
                let lines: Vec<&str> = text.split_inclusive('\n').collect();
                let from = rng.usize(0..lines.len());
                let text = lines[from..lines.len().min(from + rng.usize(1..12))].concat();
                let indent = text.len() - text.trim_start_matches(' ').len();
                let text = text.replace(&format!("\n{}", " ".repeat(indent)), "\n");
                is_read(&change(&mut rng, text.trim_start_matches(' ')))
            })
            .count();
        assert!(read > count / 20 && read < count / 2, "{read} of {count}");
    }

    #[test]
    fn our_own_manifests_are_read_here() {
        let mut rendered = Vec::new();
        manifests(Path::new("golden/cases"), &mut rendered);
        rendered.retain(|text| text.starts_with("# Rendered by wigen"));
        let others = rendered.iter().filter(|text| parse(text).is_none()).count();
        assert!(rendered.len() > 50 && others < 5, "{others} of {}", rendered.len());
    }
}
