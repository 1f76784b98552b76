//! Suggestions for misspelt names: "did you mean …?".

use strsim::damerau_levenshtein;

use super::quote::quoted;

/// The known word that a misspelt one most likely means. At most a third of it differs.
pub fn similar<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates = candidates(word, known).into_iter();
    candidates.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// The question whether the most similar known word is meant.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    similar(word, known).map(|known| format!("did you mean {}?", quoted(known)))
}

/// Whether a misspelt word can mean only one of the known words: it is one letter away, or two for a
/// long word, and no other is as near.
pub fn is_unmistakable<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> bool {
    let max = if word.chars().count() < 8 { 1 } else { 2 };
    let mut distances: Vec<usize> =
        candidates(word, known).into_iter().map(|(distance, _)| distance).collect();
    distances.sort_unstable();
    match distances.as_slice() {
        [] => false,
        [only] => *only <= max,
        [first, second, ..] => first <= &max && first < second,
    }
}

/// The one known word that differs in the fewest characters, and in no more than `max`. `None` if two
/// are equally near.
pub fn nearest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    max: usize,
) -> Option<&'a str> {
    let mut best = (max + 1, None);
    for known in known.into_iter().filter(|known| known.len().abs_diff(word.len()) <= max) {
        let distance = damerau_levenshtein(word, known);
        if distance < best.0 {
            best = (distance, Some(known));
        } else if distance == best.0 {
            best.1 = None;
        }
    }
    best.1
}

/// The known key of a label or annotation that a misspelt key means. More may differ if both have the
/// same prefix, and all punctuation may.
pub fn nearest_key<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    fn letters(key: &str) -> impl Iterator<Item = u8> {
        key.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase())
    }
    let prefix = key.split_once('/').map_or("", |(prefix, _)| prefix);
    let has_prefix =
        known.iter().any(|known| known.split_once('/').map_or("", |it| it.0) == prefix);
    let max = if has_prefix { key.len() / 3 } else { 4 };
    nearest(key, known.iter().copied(), max)
        .or_else(|| known.iter().copied().find(|known| letters(known).eq(letters(key))))
}

/// Whether two words differ only in case, underscores and hyphens.
pub fn same_but_for_case(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace(['_', '-'], "")
}

/// The known words of which at most a third differs, each with its distance.
fn candidates<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let misspelt = folded(word);
    let length = misspelt.chars().count();
    known
        .into_iter()
        .filter_map(|known| {
            let max = (known.len().max(word.len()) / 3).max(1);
            let candidate = folded(known);
            // Skips the comparison, which takes long for a long word.
            if candidate.chars().count().abs_diff(length) > max {
                return None;
            }
            let distance = damerau_levenshtein(&misspelt, &candidate);
            (distance <= max).then_some((distance, known))
        })
        .collect()
}

/// Whether one object name is probably the other one, misspelt: names are compared segment by segment, and
/// one letter of one segment differs. Other words are other names (`reader` and `writer`, `api` and `app`),
/// and so are other numbers.
fn is_slip(one: &str, other: &str) -> bool {
    one != other && misspelt_segments(one, other).is_some_and(|count| count <= 1)
}

/// How many segments of a name are misspelt in the other one; `None` if any is another word. Words in camel case are
/// segments too. A separator may be missing, or another one.
pub(crate) fn misspelt_segments(one: &str, other: &str) -> Option<usize> {
    let segments = |name: &str| -> Vec<String> {
        let mut spaced = String::new();
        for c in name.chars() {
            let is_separator = c.is_ascii_digit() || "-._".contains(c);
            if is_separator || c.is_ascii_uppercase() {
                spaced.push(' ');
            }
            spaced.extend((!is_separator).then_some(c.to_ascii_lowercase()));
        }
        spaced.split_whitespace().map(str::to_owned).collect()
    };
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let (ours, theirs) = (segments(one), segments(other));
    if ours.concat() == theirs.concat() {
        return (digits(one) == digits(other)).then_some(0);
    }
    let mut different = ours.iter().zip(&theirs).filter(|(one, other)| one != other);
    let is_same = ours.len() == theirs.len() && digits(one) == digits(other);
    let count = different.clone().count();
    (is_same && different.all(|(one, other)| is_misspelt(one, other))).then_some(count)
}

/// Whether one word is the other with one letter more, less or replaced, or two swapped. Short words
/// with another letter, and words that begin otherwise, are other words; so are `serve` and `server`, `mail` and `main`.
fn is_misspelt(one: &str, other: &str) -> bool {
    const SHORTEST: usize = 4;
    const SHORTEST_REPLACED: usize = 6;
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let prefix = short.bytes().zip(long.bytes()).take_while(|(one, other)| one == other).count();
    let (short_end, long_end) = (&short.as_bytes()[prefix..], &long.as_bytes()[prefix..]);
    let both = short_end.iter().rev().zip(long_end.iter().rev());
    let suffix = both.take_while(|(one, other)| one == other).count();
    let rest = |end: &[u8]| end[..end.len() - suffix].to_vec();
    let (short_rest, long_rest) = (rest(short_end), rest(long_end));
    prefix > 0
        && match (short_rest.as_slice(), long_rest.as_slice()) {
            ([], [added]) => short.len() >= SHORTEST && (suffix > 0 || !b"rd".contains(added)),
            ([_], [_]) => short.len() >= SHORTEST_REPLACED,
            ([a, b], [c, d]) => (a, b) == (d, c),
            _ => false,
        }
}

/// Whether two similar names may be two words all the same: singular and plural, or one letter replaced, as in
/// `loader` and `leader`.
pub(crate) fn can_be_other_words(one: &str, other: &str) -> bool {
    let mut different = one.bytes().zip(other.bytes()).filter(|(one, other)| one != other);
    let is_replaced = one.len() == other.len()
        && different.next().is_some_and(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_lowercase())
        && different.next().is_none();
    let is_plural_of = |many: &str, single: &str| {
        many.match_indices('s').any(|(at, _)| {
            let (start, rest) = (&many[..at], &many[at + 1..]);
            !rest.starts_with(char::is_alphanumeric) && single.strip_prefix(start) == Some(rest)
        })
    };
    is_replaced || is_plural_of(one, other) || is_plural_of(other, one)
}

/// An object name with the set of its characters, which tells most names apart without a comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameSketch<'a> {
    pub(crate) name: &'a str,
    letters: u32,
    digits: u32,
}

impl<'a> NameSketch<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        let set = |first: u8, last: u8| {
            let bytes = name.bytes().filter(|byte| (first..=last).contains(byte));
            bytes.fold(0, |set, byte| set | 1 << (byte - first))
        };
        Self { name, letters: set(b'a', b'z'), digits: set(b'0', b'9') }
    }

    /// Whether one name is probably the other one, misspelt.
    pub(crate) fn is_slip_of(self, other: NameSketch<'_>) -> bool {
        self.can_be_slip_of(other) && is_slip(self.name, other.name)
    }

    /// A mistake removes one letter and adds another.
    fn can_be_slip_of(self, other: NameSketch<'_>) -> bool {
        self.digits == other.digits && (self.letters ^ other.letters).count_ones() <= 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_words_differ_little() {
        let known = ["region", "zone", "setup", "displayName"];
        assert_eq!(similar("regoin", known), Some("region"));
        assert_eq!(similar("display_name", known), Some("displayName"));
        assert_eq!(similar("colour", known), None);
        assert_eq!(similar(&"x".repeat(1 << 20), known), None);
        assert_eq!(did_you_mean("regoin", known).as_deref(), Some("did you mean `region`?"));
        assert!(is_unmistakable("regoin", known));
        assert!(!is_unmistakable("ac", ["ab", "ad"]));
        assert_eq!(nearest("zoen", known, 2), Some("zone"));
        assert_eq!(nearest("ac", ["ab", "ad"], 2), None);
        assert!(same_but_for_case("display_Name", "displayName"));
        assert!(!same_but_for_case("displayNames", "displayName"));
    }

    #[test]
    fn other_words_may_be_similar() {
        for (one, other) in [("order", "orders"), ("books-api", "book-api"), ("loader", "leader")] {
            assert!(can_be_other_words(one, other), "{one} {other}");
        }
        for (one, other) in
            [("boks", "books"), ("extarct", "extract"), ("payments_sa", "payments-sa")]
        {
            assert!(!can_be_other_words(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_slip_is_small() {
        let is_slip_of = |one: &str, other: &str| {
            let found = NameSketch::new(one).is_slip_of(NameSketch::new(other));
            assert_eq!(found, is_slip(one, other), "{one} {other}");
            found
        };
        for (one, other) in [
            ("autonge", "autoneg"),
            ("book", "books"),
            ("boks", "books"),
            ("shop-boks-1", "shop-books-1"),
            ("bookreader", "book-reader"),
            ("book_reader", "book-reader"),
            ("spark-elt", "spark-etl"),
            ("extarct", "extract"),
        ] {
            assert!(is_slip_of(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("api", "app"),
            ("worker-1", "worker-2"),
            ("worker1", "worker"),
            ("worker-a", "worker-b"),
            ("reader", "writer"),
            ("orders-reader", "orders-writer"),
            ("ingress", "egress"),
            ("prod", "test"),
            ("import", "export"),
            ("internal", "external"),
            ("encoder", "decoder"),
            ("books-api", "books-app"),
            ("book-reader", "books-readers"),
            ("serve", "server"),
            ("mail", "main"),
            ("east", "west"),
            ("reader", "leader"),
            ("a", "a"),
        ] {
            assert!(!is_slip_of(one, other), "{one} {other}");
        }
    }
}
