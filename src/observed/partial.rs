//! Strings that are known in part.

/// Stands for a part that is not known.
const UNKNOWN: char = '\0';

/// A string of which parts may be unknown: what a script computes, or what a manifest leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Partial {
    text: String,
    /// Whether a part is a default, which a variable or an argument may replace.
    pub(crate) is_default: bool,
    /// Whether the file computes an unknown part. Others are set elsewhere.
    pub(crate) is_computed: bool,
}

impl Partial {
    pub(crate) fn known(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(crate) fn unknown() -> Self {
        Self::known(UNKNOWN)
    }

    /// What the file computes in a way that is not read.
    pub(crate) fn computed() -> Self {
        Self { is_computed: true, ..Self::unknown() }
    }

    /// The same with another string: a part of it.
    pub(crate) fn with_text(&self, text: &str) -> Self {
        Self { text: text.to_owned(), ..*self }
    }

    pub(crate) fn by_default(self) -> Self {
        Self { is_default: true, ..self }
    }

    /// A string with variables: `$PROJECT_ID`, `${_NAME}`, `$(NAME)`. `value` knows some of their values.
    pub(crate) fn with_variables(text: &str, value: impl Fn(&str) -> Option<Self>) -> Self {
        let mut partial = Self::default();
        for (index, part) in text.split('$').enumerate() {
            let end = match part.chars().next() {
                _ if index == 0 => Some(0),
                Some('{') => part.find('}').map(|end| end + 1),
                Some('(') => part.find(')').map(|end| end + 1),
                _ => part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_'),
            };
            let (name, rest) = part.split_at(end.unwrap_or(part.len()));
            if index > 0 {
                let name = name.trim_start_matches('{').trim_end_matches('}');
                partial.push(&value(name).unwrap_or_else(Self::unknown));
            }
            partial.push_known(rest);
        }
        partial
    }

    /// The string for people.
    pub(crate) fn shown(&self) -> String {
        self.text.replace(UNKNOWN, "…")
    }

    pub(crate) fn is_known(&self) -> bool {
        !self.text.contains(UNKNOWN)
    }

    /// The string, if all of it is known.
    pub(crate) fn as_known(&self) -> Option<&str> {
        self.is_known().then_some(self.as_str())
    }

    /// The string, with NUL in place of the unknown parts.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is this string, and all of it is known.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    /// Whether all of it up to this character is known.
    pub(crate) fn is_known_before(&self, end: char) -> bool {
        self.text.split(end).next().is_some_and(|start| !start.contains(UNKNOWN))
    }

    /// Whether it can be this string, whatever the unknown parts are.
    pub(crate) fn can_be(&self, text: &str) -> bool {
        let mut pieces = self.text.split(UNKNOWN);
        let first = pieces.next().unwrap_or_default();
        let Some(last) = pieces.next_back() else { return self.text == text };
        let between = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
        let Some(mut rest) = between else { return false };
        pieces.all(|piece| match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    }

    pub(crate) fn push_known(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends an unknown part. Two in a row are one.
    pub(crate) fn push_unknown(&mut self) {
        if !self.text.ends_with(UNKNOWN) {
            self.text.push(UNKNOWN);
        }
    }

    /// Puts another string in place of a part, wherever that is.
    pub(crate) fn replace(&self, part: &str, with: &Self) -> Self {
        let mut replaced = self.with_text("");
        for (index, text) in self.text.split(part).enumerate() {
            if index > 0 {
                replaced.push(with);
            }
            replaced.push_known(text);
        }
        replaced
    }

    pub(crate) fn push(&mut self, more: &Self) {
        let is_unknown_twice = self.text.ends_with(UNKNOWN) && more.text.starts_with(UNKNOWN);
        self.text.push_str(&more.text[usize::from(is_unknown_twice)..]);
        self.is_default |= more.is_default;
        self.is_computed |= more.is_computed;
    }

    /// The string if every character of it is known to be one of these, or is unknown; else nothing is
    /// known: a placeholder stands for any string.
    pub(crate) fn of_characters(text: &str, is_allowed: impl Fn(char) -> bool) -> Self {
        if !text.is_empty() && text.chars().all(|c| c == UNKNOWN || is_allowed(c)) {
            Self::known(text)
        } else {
            Self::unknown()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parts_can_be_any_string() {
        let can_be = |partial: &str, text: &str| Partial::known(partial).can_be(text);
        assert!(can_be("a", "a") && !can_be("a", "b"));
        assert!(can_be("\0", "a") && can_be("a\0", "a") && can_be("a\0c\0e", "abcde"));
        assert!(!can_be("a\0a", "a") && !can_be("a\0x\0e", "abcde"));
    }

    #[test]
    fn placeholders_are_unknown() {
        let name = |text| Partial::of_characters(text, |c| c.is_ascii_lowercase());
        assert_eq!(name("NAME"), Partial::unknown());
        assert_eq!(name(""), Partial::unknown());
        assert_eq!(name("a\0"), Partial::known("a\0"));
    }
}
