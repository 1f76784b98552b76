//! What comes out: named texts, in their order.

/// What an artifact is; the order is the order in which artifacts come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The script for the Google Cloud side.
    Gcloud,
    /// The `ServiceAccount` manifest.
    ServiceAccount,
    /// The manifest of the workload.
    Workload,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 3] = [Self::Gcloud, Self::ServiceAccount, Self::Workload];

    /// Whether it is a Kubernetes manifest.
    pub fn is_manifest(self) -> bool {
        self != Self::Gcloud
    }
}

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What it is.
    pub kind: Kind,
    /// Its file name.
    pub name: &'static str,
    /// Its text, ending with a newline.
    pub text: String,
}

/// The words by which every artifact of wigen, and no other file, is known; they stand in its
/// first two lines.
pub const MARK: &str = "# Rendered by wigen from ";

/// Whether a file was written by wigen.
pub fn is_ours(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n').take(2).any(|line| line.starts_with(MARK.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_looked_for_in_the_first_two_lines() {
        assert!(is_ours(b"# Rendered by wigen from app.toml\n"));
        assert!(is_ours(b"#!/usr/bin/env bash\n# Rendered by wigen from app.toml\n"));
        assert!(!is_ours(b"a: 1\nb: 2\n# Rendered by wigen from app.toml\n"));
        assert!(!is_ours(b"apiVersion: v1\n"));
        assert!(!is_ours(b"\xff\xfe"));
    }
}
