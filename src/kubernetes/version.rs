//! The versions of Kubernetes, and which of them have something.

use std::fmt;

use serde_json::Value;

/// A minor version of Kubernetes 1, of those that `schemas/kubernetes.json` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u8);

impl Version {
    /// The oldest that is known.
    pub const OLDEST: Self = Self(30);
    /// The newest that is known; what is meant where nobody says.
    pub const NEWEST: Self = Self(37);

    /// Reads `1.33`, or a whole version as GKE tells it, `1.33.5-gke.1080000`; what is wrong with it
    /// otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let (Some("1"), Some(Ok(minor))) = (parts.next(), parts.next().map(str::parse)) else {
            return Err("a version of Kubernetes is written as `1.33`".to_owned());
        };
        let known = Self::OLDEST..=Self::NEWEST;
        if known.contains(&Self(minor)) {
            Ok(Self(minor))
        } else {
            Err(format!("wigen knows Kubernetes {} to {}", Self::OLDEST, Self::NEWEST))
        }
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// The versions that have something: from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The first; none where the oldest known one has it.
    pub since: Option<Version>,
    /// The last; none where the newest known one has it.
    pub until: Option<Version>,
}

impl Extent {
    /// What a node of a definition says of its key.
    pub(super) fn of(node: &Value) -> Self {
        Self { since: version(&node["since"]), until: version(&node["until"]) }
    }

    /// From one minor version to another.
    pub(super) fn of_minors(since: Option<u8>, until: Option<u8>) -> Self {
        Self { since: since.map(Version), until: until.map(Version) }
    }

    /// A pair of minor versions.
    pub(super) fn between(pair: &Value) -> Self {
        Self { since: version(&pair[0]), until: version(&pair[1]) }
    }

    /// Whether a version is among them.
    pub fn has(self, version: Version) -> bool {
        self.since.is_none_or(|since| since <= version)
            && self.until.is_none_or(|until| version <= until)
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.since, self.until) {
            (None, None) => f.write_str("every version"),
            (Some(since), None) => write!(f, "{since} and later"),
            (None, Some(until)) => write!(f, "{until} and earlier"),
            (Some(since), Some(until)) if since == until => write!(f, "{since} alone"),
            (Some(since), Some(until)) => write!(f, "{since} to {until}"),
        }
    }
}

fn version(minor: &Value) -> Option<Version> {
    minor.as_u64().and_then(|minor| u8::try_from(minor).ok()).map(Version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_gke_tells_them() {
        assert_eq!(Version::parse("1.33"), Ok(Version(33)));
        assert_eq!(Version::parse("v1.30.1"), Ok(Version::OLDEST));
        assert_eq!(Version::parse("1.33.5-gke.1080000"), Ok(Version(33)));
        for wrong in ["", "1", "33", "1.x", "2.33", "1.300"] {
            assert_eq!(
                Version::parse(wrong),
                Err("a version of Kubernetes is written as `1.33`".to_owned()),
                "{wrong}"
            );
        }
        assert_eq!(Version::parse("1.29"), Err("wigen knows Kubernetes 1.30 to 1.37".to_owned()));
        assert!(Version::parse("1.38").is_err());
    }

    #[test]
    fn an_extent_is_told_in_words() {
        let extent = |since: Option<u8>, until: Option<u8>| {
            Extent { since: since.map(Version), until: until.map(Version) }.to_string()
        };
        assert_eq!(extent(Some(34), None), "1.34 and later");
        assert_eq!(extent(None, Some(30)), "1.30 and earlier");
        assert_eq!(extent(Some(35), Some(35)), "1.35 alone");
        assert_eq!(extent(Some(34), Some(35)), "1.34 to 1.35");
    }
}
