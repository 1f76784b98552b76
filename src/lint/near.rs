//! Which names are a slip of another.

/// How many characters of two names may differ by a slip.
pub(super) fn slips(one: &str, other: &str) -> usize {
    one.len().max(other.len()) / 5
}

/// Whether one name is probably the other: `worker-1` and `worker-2` are two, and so are `app-a` and
/// `app-b`.
pub(super) fn is_slip(one: &str, other: &str) -> bool {
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let parts = |name: &str| name.split(['-', '.']).map(str::to_owned).collect::<Vec<_>>();
    let (ours, theirs) = (parts(one), parts(other));
    let is_letter = ours.len() == theirs.len()
        && ours
            .iter()
            .zip(&theirs)
            .any(|(one, other)| one != other && one.len().max(other.len()) < 3);
    one != other
        && digits(one) == digits(other)
        && !is_letter
        && strsim::damerau_levenshtein(one, other) <= slips(one, other)
}

/// The characters of a name, as a set: what tells most names apart without comparing them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters {
    length: usize,
    alphabet: u32,
    digits: u32,
}

impl Letters {
    pub(super) fn of(name: &str) -> Self {
        let set = |first: u8, last: u8| {
            name.bytes()
                .filter(|byte| (first..=last).contains(byte))
                .fold(0, |set, byte| set | 1 << (byte - first))
        };
        Self { length: name.len(), alphabet: set(b'a', b'z'), digits: set(b'0', b'9') }
    }

    /// One slip takes away one letter and brings another.
    pub(super) fn may_be_near(self, other: Self, slips: usize) -> bool {
        self.length.abs_diff(other.length) <= slips
            && self.digits == other.digits
            && (self.alphabet ^ other.alphabet).count_ones() as usize <= 2 * slips
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_small() {
        let near = |one: &str, other: &str| {
            let may_be = Letters::of(one).may_be_near(Letters::of(other), slips(one, other));
            assert!(may_be || !is_slip(one, other), "{one} {other}");
            is_slip(one, other)
        };
        for (one, other) in [("autonge", "autoneg"), ("book", "books"), ("boks", "books")] {
            assert!(near(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("api", "app"),
            ("worker-1", "worker-2"),
            ("worker1", "worker"),
            ("worker-a", "worker-b"),
            ("reader", "writer"),
            ("a", "a"),
        ] {
            assert!(!near(one, other), "{one} {other}");
        }
    }
}
