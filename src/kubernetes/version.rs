//! The versions of Kubernetes, and ranges of them.

use std::fmt;

/// A minor version of Kubernetes 1 that `schemas/kubernetes.json` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u8);

impl Version {
    /// The oldest known version.
    pub const OLDEST: Self = Self(30);
    /// The first that accepts any printable name of an environment variable.
    pub const RELAXED_ENV_NAMES: Self = Self(34);
    /// The newest known version, and the default.
    pub const NEWEST: Self = Self(37);

    /// The first one that lets the `revisionHistoryLimit` of a StatefulSet change.
    pub const HISTORY_LIMIT_IS_MUTABLE: Self = Self(33);
    /// The first one that lets a suspended Job change the resources of its containers.
    pub const RESOURCES_OF_JOBS_ARE_MUTABLE: Self = Self(36);
    pub(super) const fn from_minor(minor: u8) -> Self {
        Self(minor)
    }

    /// Parses `1.33`, or a whole version as GKE writes it, `1.33.5-gke.1080000`. The error is a message
    /// for people.
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

/// The versions that have a field: from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRange {
    /// The first; `None` if the oldest known version has it.
    pub since: Option<Version>,
    /// The last; `None` if the newest known version has it.
    pub until: Option<Version>,
}

impl VersionRange {
    pub(super) fn from_minors(since: Option<u8>, until: Option<u8>) -> Self {
        Self { since: since.map(Version), until: until.map(Version) }
    }

    /// Whether a version is one of them.
    pub fn contains(self, version: Version) -> bool {
        self.since.is_none_or(|since| since <= version)
            && self.until.is_none_or(|until| version <= until)
    }
}

impl fmt::Display for VersionRange {
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
