//! Patterns of names: a regular expression for the schema and the program, words for people, and how to
//! repair a name that does not match.

use std::sync::OnceLock;

use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::DFA;
use regex_automata::{Anchored, Input};

use crate::diagnostics::Code;

/// Which strings are a valid name of some kind.
///
/// Limits on the length are not part of the pattern, because counted repetition makes a pattern slow to
/// compile.
#[derive(Debug)]
pub struct NamePattern {
    /// What the schema calls it, in `$comment`.
    pub name: &'static str,
    /// The code of the diagnostic for a string that does not match.
    pub code: Code,
    /// What the thing is called in a sentence, with its article.
    pub noun: &'static str,
    /// Regular expression (the common subset of ECMA 262 and RE2), anchored at both ends. The build script
    /// compiles it: it stands on one line, in a file that the script lists.
    pub pattern: &'static str,
    /// Fewest characters.
    pub min: usize,
    /// Most characters, where there is a limit.
    pub max: Option<usize>,
    /// The rule in words.
    pub words: &'static str,
    /// How a valid name can be made from an invalid one.
    pub repair: Repair,
    /// The compiled pattern.
    pub matcher: Matcher,
}

/// How a valid name can be made from an invalid one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Only the user can tell.
    None,
    /// Lower case, with hyphens for everything except letters and digits.
    Kebab {
        /// Whether the name must start with a letter.
        letter_first: bool,
        /// Most characters.
        max: usize,
    },
    /// Lower case, if that is all.
    LowerCase,
    /// A capital first.
    Capital,
    /// `roles/` before the name of a predefined role.
    RolePrefix,
}

crate::diagnostics::declare_code! {
    NUL_CHARACTER: Error = "nul-character",
    what: "A NUL character in a string that goes to a command line or into an environment variable.",
    why: "Neither can contain it: everything after it would be lost.",
    example: "[googleServiceAccount]\ndisplayName = \"books\\u0000api\"",
    instead: "[googleServiceAccount]\ndisplayName = \"books api\"",
    source: "POSIX, execve: https://pubs.opengroup.org/onlinepubs/9799919799/functions/exec.html",
}

/// The string of any kind that a command line or an environment can carry.
pub static NUL_FREE: NamePattern = NamePattern {
    name: "text",
    code: Code::NUL_CHARACTER,
    noun: "a string without NUL characters",
    pattern: r"^[^\u0000]*$",
    min: 0,
    max: None,
    words: "remove it: command lines and environments cannot contain it",
    repair: Repair::None,
    matcher: Matcher::new(),
};

impl NamePattern {
    /// Whether a string matches the pattern and has an allowed length.
    pub fn matches(&self, string: &str) -> bool {
        // Bytes are characters here: patterns with a limit match only ASCII.
        let is_short = self.max.is_none_or(|max| string.len() <= max);
        self.min <= string.len() && is_short && self.matcher.matches(self.pattern, string)
    }

    /// A valid name close to the invalid one, if there is an obvious one.
    pub fn suggest(&self, invalid: &str) -> Option<String> {
        match self.repair {
            Repair::None => None,
            Repair::LowerCase => {
                let lower = invalid.to_ascii_lowercase();
                (lower != invalid && !lower.contains([' ', '_'])).then_some(lower)
            }
            Repair::Capital => {
                let (first, rest) = invalid.split_at_checked(1)?;
                let is_word = invalid.bytes().all(|b| b.is_ascii_alphanumeric());
                let fits = is_word && first.bytes().all(|b| b.is_ascii_lowercase());
                fits.then(|| first.to_ascii_uppercase() + rest)
            }
            Repair::RolePrefix => {
                let (prefix, rest) = invalid.split_once('/').unwrap_or(("roles", invalid));
                let is_prefix = ["role", "roles"].iter().any(|it| prefix.eq_ignore_ascii_case(it));
                let role = if is_prefix { rest } else { invalid };
                let is_word = |part: &str| {
                    !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                };
                // A permission has three parts.
                let is_role = role.split('.').count() == 2 && role.split('.').all(is_word);
                is_role.then(|| format!("roles/{role}"))
            }
            Repair::Kebab { letter_first, max } => {
                let mut name = String::new();
                for c in invalid.trim().chars() {
                    match c.to_ascii_lowercase() {
                        c @ ('a'..='z' | '0'..='9') => name.push(c),
                        _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
                        _ => {}
                    }
                }
                name.truncate(max);
                let name = name.trim_end_matches('-');
                let starts_well =
                    !letter_first || name.starts_with(|c: char| c.is_ascii_lowercase());
                (starts_well && name.len() >= self.min && name != invalid).then(|| name.to_owned())
            }
        }
    }
}

/// A compiled pattern. The build script compiles all of them.
#[derive(Debug)]
pub struct Matcher(OnceLock<Option<DFA<&'static [u32]>>>);

impl Matcher {
    /// A matcher that is loaded when it is first used.
    #[expect(clippy::new_without_default, reason = "only statics are made of it")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn matches(&self, pattern: &str, string: &str) -> bool {
        let load = || Some(DFA::from_bytes(compiled(pattern)?).ok()?.0);
        debug_assert!(compiled(pattern).is_some(), "the build script has not compiled {pattern}");
        self.0.get_or_init(load).as_ref().is_some_and(|dfa| {
            let input = Input::new(string).anchored(Anchored::Yes);
            dfa.try_search_fwd(&input).is_ok_and(|end| end.is_some())
        })
    }
}

/// Bytes where a number may begin.
#[repr(align(4))]
struct Aligned<const N: usize>([u8; N]);

/// The compiled form of a pattern.
fn compiled(pattern: &str) -> Option<&'static [u8]> {
    Some(include!(concat!(env!("OUT_DIR"), "/patterns.rs")))
}
