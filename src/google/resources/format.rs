//! How resources are named: by a project ID, a number, an email, or a path.

use std::net::Ipv4Addr;

#[derive(Debug, Clone, Copy)]
pub(super) enum NameFormat {
    ProjectId,
    /// A number, with or without this collection in front: `folders/123`.
    Number(&'static str),
    /// A bucket name, unique in all of Google Cloud.
    Bucket,
    AccountEmail,
    /// A path below a project, in one of these forms.
    Path(&'static [&'static [PathPart]]),
}

/// One part of a path: `secrets/NAME`.
#[derive(Debug)]
pub(super) struct PathPart {
    pub(super) collection: &'static str,
    /// What messages call it.
    pub(super) noun: &'static str,
    pub(super) name: NameRule,
}

/// What a name in a path may contain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NameRule {
    /// Characters allowed besides lower case letters and digits.
    pub(super) punctuation: &'static str,
    pub(super) upper_case: bool,
    pub(super) letter_first: bool,
    pub(super) min: usize,
    pub(super) max: usize,
    /// A prefix that is reserved for Google.
    pub(super) reserved: Option<&'static str>,
}

impl NameRule {
    /// Lower case letters, digits and this punctuation, starting with a letter.
    pub(super) const fn lower(punctuation: &'static str, min: usize, max: usize) -> Self {
        Self { punctuation, upper_case: false, letter_first: true, min, max, reserved: None }
    }

    /// Letters, digits and this punctuation.
    pub(super) const fn any_case(punctuation: &'static str, min: usize, max: usize) -> Self {
        Self { punctuation, upper_case: true, letter_first: false, min, max, reserved: None }
    }

    pub(super) fn allows(&self, name: &str) -> bool {
        let letter =
            |c: char| c.is_ascii_lowercase() || (self.upper_case && c.is_ascii_uppercase());
        (self.min..=self.max).contains(&name.len())
            && name.chars().all(|c| letter(c) || c.is_ascii_digit() || self.punctuation.contains(c))
            && (!self.letter_first || name.starts_with(letter))
            // A program would take it for an option.
            && !name.starts_with('-')
    }

    /// The rule as a part of a sentence.
    pub(super) fn describe(&self) -> String {
        let letters = if self.upper_case { "letters" } else { "lower case letters" };
        let mut punctuation = String::new();
        for c in self.punctuation.chars() {
            punctuation.extend([", `", c.encode_utf8(&mut [0; 4]), "`"]);
        }
        let first = match self.letter_first {
            true => ", starting with a letter",
            false if self.punctuation.contains('-') => ", not starting with `-`",
            false => "",
        };
        format!("{} to {} {letters}, digits{punctuation}{first}", self.min, self.max)
    }
}

impl PathPart {
    /// The singular of the collection, as a placeholder: `SECRET` for `secrets`.
    fn placeholder(&self) -> String {
        let singular = match self.collection.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => self.collection.trim_end_matches('s').to_owned(),
        };
        singular.to_uppercase()
    }
}

impl NameFormat {
    /// How to write such a name.
    pub(super) fn help(self) -> String {
        match self {
            Self::ProjectId => "write the ID of the project".to_owned(),
            Self::Number(collection) => format!("write the number, or `{collection}/NUMBER`"),
            Self::Bucket => "write its name alone: 3 to 222 lower case letters, digits, `-`, `_` and `.`, starting and ending with a letter or digit".to_owned(),
            Self::AccountEmail => "write its email, `ID@PROJECT.iam.gserviceaccount.com`".to_owned(),
            Self::Path(forms) => {
                let ways = forms.iter().flat_map(|parts| {
                    let short: Vec<String> = parts.iter().map(PathPart::placeholder).collect();
                    let long = parts
                        .iter()
                        .map(|part| format!("{}/{}", part.collection, part.placeholder()));
                    let long: Vec<String> = long.collect();
                    [
                        format!("`{}`", short.join("/")),
                        format!("`projects/PROJECT/{}`", long.join("/")),
                    ]
                });
                format!("write {}", ways.collect::<Vec<_>>().join(" or "))
            }
        }
    }
}

/// A path split into the project that it begins with, if any, and its names.
pub(super) struct SplitPath<'a> {
    pub(super) project: Option<&'a str>,
    pub(super) names: Vec<(&'static PathPart, &'a str)>,
}

/// Splits a path from `projects/` on, or the names alone, by the first form that fits.
pub(super) fn split_path<'a>(
    text: &'a str,
    forms: &'static [&'static [PathPart]],
) -> Option<SplitPath<'a>> {
    let words: Vec<&str> = text.split('/').collect();
    for parts in forms {
        if let ["projects", project, rest @ ..] = words.as_slice()
            && rest.len() == parts.len() * 2
            && rest.chunks(2).zip(*parts).all(|(pair, part)| pair[0] == part.collection)
        {
            let names = rest.chunks(2).zip(*parts).map(|(pair, part)| (part, pair[1])).collect();
            return Some(SplitPath { project: Some(project), names });
        }
        let is_collection = |word: &&str| parts.iter().any(|part| part.collection == *word);
        if words.len() == parts.len() && words[0] != "projects" && !words.iter().any(is_collection)
        {
            return Some(SplitPath { project: None, names: parts.iter().zip(words).collect() });
        }
    }
    None
}

/// Prefix of bucket, topic and subscription names that is reserved for Google. Sources: Cloud
/// Storage, "Bucket names"; googleapis, `google/pubsub/v1/pubsub.proto`.
pub(super) const RESERVED: &str = "goog";

/// Source: Cloud Storage, "Bucket names".
pub(super) fn is_bucket(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=222).contains(&name.len())
        && name.split('.').all(|part| (1..=63).contains(&part.len()))
        && name.starts_with(edge)
        && name.ends_with(edge)
        && name.chars().all(|c| edge(c) || "-_.".contains(c))
        && !name.starts_with(RESERVED)
        && name.parse::<Ipv4Addr>().is_err()
}
